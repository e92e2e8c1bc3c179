#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <profconv/builder.hpp>

namespace profconv {

/// Ticks of a clock to nanoseconds, rounded to nearest. Exact where a tick is a whole number of nanoseconds.
class LineTimes {
 public:
  explicit LineTimes(double unit_s);

  /// Empty: does not fit 64 bits.
  std::optional<std::int64_t> ns_of_ticks(std::int64_t ticks) const noexcept;
  std::optional<std::int64_t> ns_of_ticks(double ticks) const noexcept;

 private:
  double ns_per_tick_;
  std::int64_t whole_ns_per_tick_ = 0;  // 0: it is none
};

/// The function that line profilers call `name`: a plain name or a qualified one, "Class.method", "f.<locals>.g".
FunctionKey key_of_recorded_name(std::string_view name, std::string_view file, std::uint32_t line);

}  // namespace profconv
