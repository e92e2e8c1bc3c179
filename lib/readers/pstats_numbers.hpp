#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

namespace profconv {

/// A time of a dump in nanoseconds, rounded to nearest, halves away from zero. Empty: it does not fit 64 bits, or is no
/// finite number.
inline std::optional<std::int64_t> pstats_ns(double time, double ns_per_unit) noexcept {
  const double ns = time * ns_per_unit;
  constexpr double limit = 9223372036854774784.0;  // the largest double below 2^63
  if (!(std::fabs(ns) <= limit)) return std::nullopt;
  // std::llround without the call; what is cut off is exact.
  const auto whole = static_cast<std::int64_t>(ns);
  const double rest = ns - static_cast<double>(whole);
  return whole + static_cast<std::int64_t>(rest >= 0.5) - static_cast<std::int64_t>(rest <= -0.5);
}

/// 1e-9 * 1e9 is 1; a unit of 1 must not lose a bit.
inline double pstats_ns_per_unit(double time_unit_s) noexcept { return time_unit_s * 1e9; }

}  // namespace profconv
