#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "common/options.hpp"

namespace profconv::cli {

/// The manual page of a program in the language of man(7), made from what its help says.
std::string manual_page(const CLI::App& app, const HelpTexts& texts);

}  // namespace profconv::cli
