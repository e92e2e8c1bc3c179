#include "codecs/number_text.hpp"

#include <array>
#include <bit>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>

#include <profconv/error.hpp>

#include "base/digits.hpp"
#include "base/visible.hpp"

namespace profconv {
namespace {

/// Writes a number from 0 on with up to three decimals, rounded as printf does: to nearest, halves to even. Returns
/// null for what it does not know: more decimals, numbers of 2^52 and more, infinity and NaN. REQUIRES: room for 20
/// characters. Takes a fraction of the time of `std::to_chars`, and numbers with few decimals are most of a report.
char* write_few_decimals(char* out, double value, int decimals) noexcept {
  constexpr std::array<std::uint64_t, 4> powers = {1, 10, 100, 1000};
  constexpr int mantissa_bits = 52, bias = 1023;
  if (decimals < 0 || static_cast<std::size_t>(decimals) >= powers.size()) return nullptr;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const int exponent = static_cast<int>(bits >> mantissa_bits);
  if (exponent >= bias + mantissa_bits) return nullptr;  // a sign too
  // The value is mantissa / 2^shift, exactly; times 1000 it still fits 63 bits.
  const std::uint64_t power = powers[static_cast<std::size_t>(decimals)], hidden = std::uint64_t{1} << mantissa_bits;
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
  if (decimals == 0) return out;
  *out++ = '.';
  std::uint64_t fraction = scaled % power;
  for (int i = decimals; i-- > 0; fraction /= 10) out[i] = static_cast<char>('0' + fraction % 10);
  return out + decimals;
}

/// The digits of one number. The largest double has 309 before the point.
class Digits {
 public:
  Digits(double value, std::chars_format format, int precision) {
    if (format == std::chars_format::fixed) {
      if (const char* const end = write_few_decimals(buffer_.data(), value, precision)) {
        size_ = static_cast<std::size_t>(end - buffer_.data());
        return;
      }
    }
    const auto [end, error] = std::to_chars(buffer_.data(), buffer_.data() + buffer_.size(), value, format, precision);
    if (error == std::errc()) size_ = static_cast<std::size_t>(end - buffer_.data());
  }

  void to_upper() {
    for (std::size_t i = 0; i < size_; ++i)
      buffer_[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(buffer_[i])));
  }
  std::string_view text() const { return {buffer_.data(), size_}; }

 private:
  std::array<char, 309 + 1 + 99 + 10> buffer_;  // filled as far as size_ says
  std::size_t size_ = 0;
};

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

void NumberFormat::append(std::string& out, double value) const {
  Digits digits(std::fabs(value), format_of(conversion_), precision_);
  if ((conversion_ & 0x20) == 0) digits.to_upper();
  std::string_view sign;
  if (std::signbit(value)) {
    sign = "-";
  } else if (plus_) {
    sign = "+";
  } else if (blank_) {
    sign = " ";
  }
  const std::size_t size = sign.size() + digits.text().size(), width = static_cast<std::size_t>(width_);
  const std::size_t padding = width > size ? width - size : 0;
  if (!before_.empty()) out += before_;
  if (padding != 0 && !left_ && !zero_) out.append(padding, ' ');
  if (!sign.empty()) out += sign;
  if (padding != 0 && !left_ && zero_) out.append(padding, '0');
  out += digits.text();
  if (padding != 0 && left_) out.append(padding, ' ');
  if (!after_.empty()) out += after_;
}

std::string NumberFormat::text(double value) const {
  std::string text;
  append(text, value);
  return text;
}

void append_fixed(std::string& out, double value, int decimals) {
  out += Digits(value, std::chars_format::fixed, decimals).text();
}

}  // namespace profconv
