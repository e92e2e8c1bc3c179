#include "codecs/number_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include <profconv/error.hpp>

#include "base/digits.hpp"
#include "base/visible.hpp"

namespace profconv {
namespace {

/// Writes a number from 0 on with some decimals, rounded as printf does: to nearest, halves to even. Returns null for
/// what it does not know: numbers of 2^52 and more, infinity and NaN. REQUIRES: room for 20 characters. Takes a
/// fraction of the time of `std::to_chars`, and numbers with few decimals are most of a report.
template <int decimals>
char* write_decimals(char* out, double value) noexcept {
  static_assert(decimals <= 3);
  constexpr int mantissa_bits = 52, bias = 1023;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const int exponent = static_cast<int>(bits >> mantissa_bits);
  if (exponent >= bias + mantissa_bits) return nullptr;  // a sign too
  // The value is mantissa / 2^shift, exactly; times 1000 it still fits 63 bits.
  constexpr std::uint64_t powers_of_ten[] = {1, 10, 100, 1000};
  constexpr std::uint64_t power = powers_of_ten[decimals], hidden = std::uint64_t{1} << mantissa_bits;
  const std::uint64_t mantissa = exponent == 0 ? 0 : ((bits & (hidden - 1)) | hidden);  // what is subnormal prints as 0
  const int shift = bias + mantissa_bits - exponent;
  std::uint64_t scaled = 0;
  if (shift < 64) {
    const std::uint64_t product = mantissa * power, half = std::uint64_t{1} << (shift - 1);
    const std::uint64_t rest = product & (2 * half - 1);
    scaled = product >> shift;
    if (rest > half || (rest == half && (scaled & 1) != 0)) ++scaled;
  }
  out = write_decimal(out, scaled / power);
  if constexpr (decimals == 0) return out;
  *out++ = '.';
  std::uint64_t fraction = scaled % power;
  for (int i = decimals; i-- > 0; fraction /= 10) out[i] = static_cast<char>('0' + fraction % 10);
  return out + decimals;
}

char* write_few_decimals(char* out, double value, int decimals) noexcept {
  switch (decimals) {
    case 0: return write_decimals<0>(out, value);
    case 1: return write_decimals<1>(out, value);
    case 2: return write_decimals<2>(out, value);
    case 3: return write_decimals<3>(out, value);
    default: return nullptr;
  }
}

/// A number from 0 on. REQUIRES: room for `NumberFormat::longest` characters.
char* write_digits(char* out, double value, std::chars_format format, int precision) noexcept {
  if (format == std::chars_format::fixed) {
    if (char* const end = write_few_decimals(out, value, precision)) return end;
  }
  return std::to_chars(out, out + NumberFormat::longest, value, format, precision).ptr;
}

std::chars_format format_of(char conversion) {
  switch (conversion | 0x20) {
    case 'e': return std::chars_format::scientific;
    case 'f': return std::chars_format::fixed;
    default: return std::chars_format::general;
  }
}

}  // namespace

NumberFormat::NumberFormat(std::string_view format) {
  const auto refuse = [&](const char* why) -> void {
    throw UsageError("bad number format " + quoted(format) + ": " + why, "e.g. %.7g or '%.3f s'");
  };
  bool found = false;
  for (std::size_t i = 0; i < format.size();) {
    std::string& literal = found ? after_ : before_;
    if (format[i] != '%') {
      literal += format[i++];
      continue;
    }
    ++i;
    if (i < format.size() && format[i] == '%') {
      literal += format[i++];
      continue;
    }
    if (found) refuse("expected one conversion, found more");
    found = true;
    for (; i < format.size(); ++i) {
      if (format[i] == '-') {
        left_ = true;
      } else if (format[i] == '+') {
        plus_ = true;
      } else if (format[i] == ' ') {
        blank_ = true;
      } else if (format[i] == '0') {
        zero_ = true;
      } else {
        break;
      }
    }
    const auto number = [&] {
      int value = 0;
      for (int digits = 0; i < format.size() && std::isdigit(static_cast<unsigned char>(format[i])) != 0;
           ++i, ++digits) {
        if (digits == 2) refuse("width and precision go up to 99");
        value = 10 * value + (format[i] - '0');
      }
      return value;
    };
    width_ = number();
    if (i < format.size() && format[i] == '.') {
      ++i;
      precision_ = number();
    }
    if (i == format.size() || std::string_view("eEfFgG").find(format[i]) == std::string_view::npos) {
      refuse("expected a conversion e, f or g");
    }
    conversion_ = format[i++];
  }
  if (!found) refuse("expected a conversion such as %g, found none");
}

char* NumberFormat::write(char* const out, double value) const noexcept {
  char* digits = out;
  if (std::signbit(value)) {
    *digits++ = '-';
  } else if (plus_ || blank_) {
    *digits++ = plus_ ? '+' : ' ';
  }
  char* end = write_digits(digits, std::fabs(value), format_of(conversion_), precision_);
  if ((conversion_ & 0x20) == 0)
    std::transform(digits, end, digits, [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const std::size_t size = static_cast<std::size_t>(end - out), width = static_cast<std::size_t>(width_);
  if (size >= width) return end;
  const std::size_t padding = width - size;
  if (left_) {
    std::memset(end, ' ', padding);
  } else {
    char* const moved = zero_ ? digits : out;
    std::memmove(moved + padding, moved, static_cast<std::size_t>(end - moved));
    std::memset(moved, zero_ ? '0' : ' ', padding);
  }
  return end + padding;
}

void NumberFormat::append(std::string& out, double value) const {
  std::array<char, longest> number;  // filled as far as `write` says
  if (!before_.empty()) out += before_;
  out.append(number.data(), write(number.data(), value));
  if (!after_.empty()) out += after_;
}

std::string NumberFormat::text(double value) const {
  std::string text;
  append(text, value);
  return text;
}

void append_fixed(std::string& out, double value, int decimals) {
  std::array<char, NumberFormat::longest> number;
  char* digits = number.data();
  if (std::signbit(value)) *digits++ = '-';
  out.append(number.data(), write_digits(digits, std::fabs(value), std::chars_format::fixed, decimals));
}

}  // namespace profconv
