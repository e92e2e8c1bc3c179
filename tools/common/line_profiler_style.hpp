#pragma once

#include <string>
#include <vector>

#include "common/messages.hpp"

namespace profconv::cli {

/// `prof2text --style line_profiler`: the command line of `python -m line_profiler`, whose -u, -z, -t and -m mean other
/// things than elsewhere. Hence it has a list of options and a help of its own.

/// Whether a command line asks for it.
bool asks_for_line_profiler_style(const std::vector<std::string>& arguments);

/// The long names, without dashes, of options that mean nothing or something else in other styles.
std::vector<std::string> line_profiler_style_keys();

/// Does what the command line says; returns the exit code. Throws what reading and writing throw.
int run_line_profiler_style(const std::vector<std::string>& arguments, Messages& messages);

}  // namespace profconv::cli
