#pragma once

#include <cstddef>
#include <string>

namespace profconv::cli {

/// Whether an output goes to a terminal: standard output ("-"), or the name of a device (/dev/tty, /dev/stderr).
bool is_terminal(const std::string& output);

/// How many columns that terminal has; 0 where it is none or does not say.
std::size_t terminal_columns(const std::string& output);

}  // namespace profconv::cli
