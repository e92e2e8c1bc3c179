#pragma once

#include <string>
#include <vector>

#include "common/messages.hpp"

namespace profconv::cli {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;  ///< The input or the system made it impossible.
inline constexpr int exit_usage = 2;   ///< Wrong usage.

/// A tool from its arguments (without the program's name) to its exit code.
using Tool = int (*)(const std::vector<std::string>& arguments, Messages& messages);

/// The one rim of a program, to be called by `main`: signals, open standard streams, and every exception as one line on
/// standard error and an exit code. A closed pipe ends the tool without a word.
int run_tool(const char* name, int argc, char** argv, Tool tool);

}  // namespace profconv::cli
