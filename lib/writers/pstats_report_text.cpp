#include "writers/pstats_report_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/hex.hpp"
#include "base/visible.hpp"
#include "codecs/number_text.hpp"

namespace profconv {
namespace {

void append_integer(std::string& out, WideInt value) {
  std::array<char, 40> digits;
  if (const auto narrow = static_cast<std::int64_t>(value); narrow == value) {
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), narrow).ptr);
    return;
  }
  if (value < 0) out += '-';
  auto next = digits.end();
  do {  // digit by digit with its sign: the smallest value has no positive counterpart
    const int digit = static_cast<int>(value % 10);
    *--next = static_cast<char>('0' + (digit < 0 ? -digit : digit));
    value /= 10;
  } while (value != 0);
  out.append(next, digits.end());
}

// "nan", "inf" or "-inf"; Python prints no sign of a NaN.
bool append_not_finite(std::string& out, double value) {
  if (std::isfinite(value)) return false;
  out += std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
  return true;
}

bool is_surrogate(char32_t c) { return c >= 0xd800 && c <= 0xdfff; }

// str.isprintable without the tables of Unicode: controls, separators, formats and private use.
bool is_printable(char32_t c) {
  if (c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xad) return false;
  struct Range {
    char32_t first, last;
  };
  constexpr Range hidden[] = {{0x0600, 0x0605}, {0x061c, 0x061c}, {0x06dd, 0x06dd},   {0x070f, 0x070f},
                              {0x1680, 0x1680}, {0x180e, 0x180e}, {0x2000, 0x200f},   {0x2028, 0x202f},
                              {0x205f, 0x206f}, {0x3000, 0x3000}, {0xd800, 0xf8ff},   {0xfeff, 0xfeff},
                              {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe00ff}, {0xf0000, 0x10ffff}};
  return std::ranges::none_of(hidden, [c](const Range& r) { return c >= r.first && c <= r.last; });
}

}  // namespace

PythonNumber::PythonNumber(const Recorded::Number& n)
    : is_real(n.kind == Recorded::Number::Kind::real),
      is_boolean(n.kind == Recorded::Number::Kind::boolean),
      integer(n.integer),
      real(n.value) {}

PythonNumber& PythonNumber::operator+=(const PythonNumber& other) {
  if (!is_real && !other.is_real) {
    integer += other.integer;  // 2^63 summands of 64 bits fit
  } else {
    real = as_double() + other.as_double();
    is_real = true;
  }
  is_boolean = false;
  return *this;
}

int compare(const PythonNumber& a, const PythonNumber& b) {
  if (!a.is_real && !b.is_real) return a.integer < b.integer ? -1 : a.integer > b.integer ? 1 : 0;
  const auto wide = [](const PythonNumber& n) {
    return n.is_real ? static_cast<long double>(n.real) : static_cast<long double>(n.integer);
  };
  return wide(a) < wide(b) ? -1 : wide(a) > wide(b) ? 1 : 0;
}

void append_str(std::string& out, const PythonNumber& number) {
  if (number.is_real) return append_repr(out, number.real);
  if (number.is_boolean) {
    out += number.integer != 0 ? "True" : "False";
    return;
  }
  append_integer(out, number.integer);
}

void append_as_d(std::string& out, const PythonNumber& number) {
  if (!number.is_real) return append_integer(out, number.integer);
  if (append_not_finite(out, number.real)) return;
  std::array<char, 320> digits;
  const double whole = std::trunc(number.real) + 0.0;  // no -0
  const auto end = std::to_chars(digits.begin(), digits.end(), whole, std::chars_format::fixed, 0).ptr;
  out.append(digits.begin(), end);
}

void append_fixed3(std::string& out, double value, int width) {
  std::string text;
  if (!append_not_finite(text, value)) append_fixed(text, value, 3);
  if (const auto wanted = static_cast<std::size_t>(width); text.size() < wanted) out.append(wanted - text.size(), ' ');
  out += text;
}

// The shortest digits that give the number again, with an exponent below 1e-4 and from 1e16 on.
void append_repr(std::string& out, double value) {
  if (append_not_finite(out, value)) return;
  std::array<char, 40> buffer;
  const auto end = std::to_chars(buffer.begin(), buffer.end(), value, std::chars_format::scientific).ptr;
  std::string_view text(buffer.begin(), static_cast<std::size_t>(end - buffer.begin()));
  if (text.starts_with('-')) {
    out += '-';
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  int exponent = 0;
  const std::size_t exponent_digits = text[e + 1] == '+' ? e + 2 : e + 1;
  std::from_chars(text.data() + exponent_digits, text.data() + text.size(), exponent);
  std::string digits(text.substr(0, 1));
  if (e > 2) digits += text.substr(2, e - 2);
  if (exponent < -4 || exponent >= 16) {
    out += text;  // both write at least two digits of the exponent
  } else if (exponent < 0) {
    out += "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  } else {
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() < whole) digits.append(whole - digits.size(), '0');
    out += digits.substr(0, whole) + "." + (digits.size() > whole ? digits.substr(whole) : "0");
  }
}

void append_repr(std::string& out, std::string_view text) {
  const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  out += quote;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = take_code_point(text);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\\' || c == static_cast<char32_t>(quote)) {
      out += '\\';
      out += static_cast<char>(c);
    } else if (is_printable(c)) {
      out += before.substr(0, before.size() - text.size());
    } else {
      out += c < 0x100 ? "\\x" : c < 0x10000 ? "\\u" : "\\U";
      append_hexadecimal(out, c, c < 0x100 ? 2 : c < 0x10000 ? 4 : 8);
    }
  }
  out += quote;
}

char32_t take_code_point(std::string_view& text) {
  char32_t c = 0;
  std::size_t length = utf8_sequence(text, c);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (length == 0 && text.size() >= 3 && byte(0) == 0xed && byte(1) >= 0xa0 && byte(1) <= 0xbf &&
      (byte(2) & 0xc0) == 0x80) {
    c = 0xd000u | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
    length = 3;
  } else if (length == 0) {
    c = 0xdc00u + byte(0);
    length = 1;
  }
  text.remove_prefix(length);
  return c;
}

std::size_t columns(std::string_view text) {
  if (is_plain_text(text)) return text.size();
  std::size_t count = 0;
  while (!text.empty()) {
    take_code_point(text);
    ++count;
  }
  return count;
}

int compare_text(std::string_view a, std::string_view b) {
  // Equal beginnings are passed over up to an ASCII character: behind one, both are at the beginning of a code point.
  std::size_t same = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  while (same > 0 && static_cast<unsigned char>(a[same - 1]) >= 0x80) --same;
  a.remove_prefix(same);
  b.remove_prefix(same);
  while (!a.empty() && !b.empty()) {
    const char32_t x = take_code_point(a), y = take_code_point(b);
    if (x != y) return x < y ? -1 : 1;
  }
  return a.empty() ? (b.empty() ? 0 : -1) : 1;
}

void append_printed(std::string& out, std::string_view text, bool visible) {
  if (is_plain_text(text)) {  // nearly always
    out += text;
    return;
  }
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = take_code_point(text);
    const std::string_view sequence = before.substr(0, before.size() - text.size());
    if (is_surrogate(c)) {
      out += "\\u";
      append_hexadecimal(out, c, 4);
    } else if (visible) {
      append_visible(out, sequence);
    } else {
      out += sequence;
    }
  }
}

}  // namespace profconv
