#pragma once

#include <cstddef>

#include <profconv/source.hpp>

namespace profconv {

/// How many lines the function or class has that begins on `first_line` (from 1; its decorators first): what Python
/// 3.11's `inspect.getblock` returns, which line_profiler prints. 0 when the file ends before.
///
/// `inspect` looks at tokens and not at syntax: the block ends before the first line that is indented no deeper than
/// its head, comments that are indented as its body belong to it, and what begins with neither a definition nor a
/// decorator runs on to the end of the first definition behind it.
/// Source: CPython 3.11 Lib/inspect.py (BlockFinder), Lib/tokenize.py.
std::size_t python_block_lines(const SourceFile& file, std::size_t first_line);

}  // namespace profconv
