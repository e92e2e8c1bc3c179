#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace profconv {

/// A decimal number such as "28.785" or "-0.0" times `unit`, rounded to the nearest integer, halves away from zero.
///
/// Exact: digits are never taken through floating point, so "1795354090.1282" seconds are 1795354090128200000 ns. Only
/// the first 18 digits after the point count. Empty: no such number (exponents, "nan" and blanks are none), or the
/// result does not fit 64 bits. REQUIRES: `unit` is positive.
std::optional<std::int64_t> scaled_decimal(std::string_view text, std::int64_t unit);

/// Length of the decimal number that `text` starts with: -?digits[.digits]; 0 when there is none.
std::size_t decimal_length(std::string_view text);

}  // namespace profconv
