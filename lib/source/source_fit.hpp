#pragma once

#include <cstdint>
#include <string_view>

#include <profconv/source.hpp>

namespace profconv {

/// The line on which a function's header names it: `first_line`, or one behind its decorators. 0 when another function
/// stands there: then the file is not the one that was profiled, and nothing of it may be shown or used. Names of
/// Python's own (`<lambda>`, `<listcomp>`) must have the character or word that makes them on the first line;
/// `<module>` fits any file. `name` is the bare name.
std::uint32_t header_line(const SourceFile& source, std::string_view name, std::uint32_t first_line);

/// The same for a function of which only a line is known that it ran: the nearest header above, at most 1,000 lines.
std::uint32_t header_above(const SourceFile& source, std::string_view name, std::uint32_t line);

}  // namespace profconv
