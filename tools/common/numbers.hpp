#pragma once

#include <cstdint>
#include <limits>

#include <CLI/CLI.hpp>

/// What options that are numbers take, said in plain words. To be given to `CLI::Option::transform`.

namespace profconv::cli {

/// Whole numbers from `least` to `most`, always decimal: CLI11 alone takes 010 for eight.
CLI::Validator whole_number(std::int64_t least = 0, std::int64_t most = std::numeric_limits<std::int64_t>::max());

/// Numbers above 0; 0 itself passes, as what stands for the default.
CLI::Validator positive_number();

/// Percentages from 0 to 100.
CLI::Validator percentage();

}  // namespace profconv::cli
