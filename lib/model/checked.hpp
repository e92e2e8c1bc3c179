#pragma once

#include <cstdint>

#include <profconv/profile.hpp>

namespace profconv {

/// Adds to `sum`; returns false, leaving it alone, when the result does not fit 64 bits (or would read as
/// `not_measured`).
[[nodiscard]] inline bool add_checked(std::int64_t& sum, std::int64_t value) noexcept {
  std::int64_t result = 0;
  if (__builtin_add_overflow(sum, value, &result) || result == not_measured) return false;
  sum = result;
  return true;
}

/// Adds one cell of a cost table to another as the metric combines; `not_measured` is neutral. False: does not fit.
[[nodiscard]] inline bool combine_checked(std::int64_t& sum, std::int64_t value, Combine combine) noexcept {
  if (value == not_measured) return true;
  if (sum == not_measured) {
    sum = value;
    return true;
  }
  if (combine == Combine::max) {
    if (value > sum) sum = value;
    return true;
  }
  return add_checked(sum, value);
}

/// Adds counts; a count that nobody took makes the sum unknown. False: does not fit.
[[nodiscard]] inline bool add_counts_checked(Counts& sum, Counts counts) noexcept {
  const auto add = [](std::int64_t& a, std::int64_t b) {
    if (a == not_counted || b == not_counted) {
      a = not_counted;
      return true;
    }
    return add_checked(a, b);
  };
  return add(sum.calls, counts.calls) && add(sum.primitive, counts.primitive);
}

}  // namespace profconv
