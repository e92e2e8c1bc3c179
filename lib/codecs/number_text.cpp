#include "codecs/number_text.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include <profconv/error.hpp>

#include "base/visible.hpp"

namespace profconv {
namespace {

// The largest double has 309 digits before the point.
constexpr std::size_t longest = 309 + 1 + 99 + 10;

void append(std::string& out, double value, std::chars_format format, int precision) {
  std::array<char, longest> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision);
  if (error == std::errc()) out.append(buffer.data(), end);
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

std::string NumberFormat::text(double value) const {
  std::string digits;
  switch (conversion_ | 0x20) {
    case 'e': append(digits, std::fabs(value), std::chars_format::scientific, precision_); break;
    case 'f': append(digits, std::fabs(value), std::chars_format::fixed, precision_); break;
    default: append(digits, std::fabs(value), std::chars_format::general, precision_); break;
  }
  if ((conversion_ & 0x20) == 0) {
    for (char& c : digits) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  std::string sign;
  if (std::signbit(value)) {
    sign = "-";
  } else if (plus_) {
    sign = "+";
  } else if (blank_) {
    sign = " ";
  }
  const std::size_t size = sign.size() + digits.size(), width = static_cast<std::size_t>(width_);
  const std::string padding(width > size ? width - size : 0, zero_ && !left_ ? '0' : ' ');
  if (left_) return before_ + sign + digits + padding + after_;
  if (zero_) return before_ + sign + padding + digits + after_;
  return before_ + padding + sign + digits + after_;
}

void append_fixed(std::string& out, double value, int decimals) {
  append(out, value, std::chars_format::fixed, decimals);
}

}  // namespace profconv
