#include "codecs/decimal.hpp"

#include <limits>

#include "base/wide_int.hpp"

namespace profconv {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::size_t decimal_length(std::string_view text) {
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const std::size_t first = i;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i == first) return 0;
  if (i + 1 < text.size() && text[i] == '.' && is_digit(text[i + 1])) {
    for (++i; i < text.size() && is_digit(text[i]);) ++i;
  }
  return i;
}

std::optional<std::int64_t> scaled_decimal(std::string_view text, std::int64_t unit) {
  if (text.empty() || decimal_length(text) != text.size()) return std::nullopt;
  const bool negative = text.front() == '-';
  if (negative) text.remove_prefix(1);

  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  std::size_t i = 0;
  WideInt whole = 0;
  for (; i < text.size() && text[i] != '.'; ++i) {
    whole = whole * 10 + (text[i] - '0');
    if (whole > largest) return std::nullopt;
  }
  WideInt fraction = 0, divisor = 1;
  constexpr WideInt most = 1'000'000'000'000'000'000;  // times a unit of 63 bits it still fits 127
  for (++i; i < text.size() && divisor < most; ++i) {
    fraction = fraction * 10 + (text[i] - '0');
    divisor *= 10;
  }
  const WideInt value = whole * unit + (fraction * unit * 2 + divisor) / (divisor * 2);
  if (value > largest) return std::nullopt;
  return static_cast<std::int64_t>(negative ? -value : value);
}

}  // namespace profconv
