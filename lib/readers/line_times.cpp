#include "readers/line_times.hpp"

#include <cmath>

namespace profconv {

LineTimes::LineTimes(double unit_s) : ns_per_tick_(unit_s * 1e9) {
  // 1e-7 * 1e9 is not 100 in binary fractions; nobody has a clock that differs so little from a whole number.
  const double whole = std::nearbyint(ns_per_tick_);
  constexpr double most = 1e15, tolerance = 1e-12;
  if (whole >= 1 && whole <= most && std::fabs(ns_per_tick_ - whole) <= tolerance * whole)
    whole_ns_per_tick_ = static_cast<std::int64_t>(whole);
}

std::optional<std::int64_t> LineTimes::ns_of_ticks(std::int64_t ticks) const noexcept {
  if (whole_ns_per_tick_ == 0) return ns_of_ticks(static_cast<double>(ticks));
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(ticks, whole_ns_per_tick_, &ns) || ns == not_measured) return std::nullopt;
  return ns;
}

std::optional<std::int64_t> LineTimes::ns_of_ticks(double ticks) const noexcept {
  const double ns = ticks * (whole_ns_per_tick_ != 0 ? static_cast<double>(whole_ns_per_tick_) : ns_per_tick_);
  constexpr double limit = 9223372036854774784.0;  // the largest double below 2^63
  if (!(std::fabs(ns) <= limit)) return std::nullopt;
  return std::llround(ns);
}

FunctionKey key_of_recorded_name(std::string_view name, std::string_view file, std::uint32_t line) {
  const std::size_t dot = name.rfind('.');
  // Names of code objects hold no dot.
  if (dot == std::string_view::npos || dot + 1 == name.size()) return {.name = name, .file = file, .line = line};
  return {.name = name.substr(dot + 1), .qualified = name, .file = file, .line = line};
}

}  // namespace profconv
