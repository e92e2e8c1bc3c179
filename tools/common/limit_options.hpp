#pragma once

#include <array>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <profconv/input.hpp>

/// The options that raise or lower what one input may cost: one for each number of `Limits`.

namespace profconv::cli {

struct LimitOptions {
  static constexpr std::size_t count = 7;
  std::array<std::string, count> values;  ///< As they were given; "" leaves the default.
};

/// Declares them. `options` must outlive `app`.
void add_limit_options(CLI::App& app, LimitOptions& options);

/// The limits that were asked for. Throws UsageError that names the option.
Limits limits_of(const LimitOptions& options);

}  // namespace profconv::cli
