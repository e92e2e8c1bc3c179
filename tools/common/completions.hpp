#pragma once

#include <string>

#include <CLI/CLI.hpp>

/// Scripts that teach a shell the options of a program, their values and the formats.

namespace profconv::cli {

std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace profconv::cli
