#include "codecs/pickle_scalars.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/utf8.hpp"

namespace profconv {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// What follows a backslash, `rest` without it; takes it off. False: the escape is broken.
bool take_escape(std::string_view& rest, std::string& out) {
  if (rest.empty()) return false;
  const char letter = rest.front();
  constexpr std::string_view letters = "abfnrtv\\'\"", meanings = "\a\b\f\n\r\t\v\\'\"";
  if (const std::size_t i = letters.find(letter); i != std::string_view::npos) {
    out += meanings[i];
    rest.remove_prefix(1);
  } else if (letter == 'x') {
    if (rest.size() < 3 || hex_digit(rest[1]) < 0 || hex_digit(rest[2]) < 0) return false;
    out += static_cast<char>(hex_digit(rest[1]) * 16 + hex_digit(rest[2]));
    rest.remove_prefix(3);
  } else if (is_octal(letter)) {
    int code = 0;
    for (int digits = 0; digits < 3 && !rest.empty() && is_octal(rest.front()); ++digits) {
      code = code * 8 + (rest.front() - '0');
      rest.remove_prefix(1);
    }
    out += static_cast<char>(code);
  } else {  // no escape: Python lets the backslash stand
    out += '\\';
  }
  return true;
}

}  // namespace

PickleNumber decode_long(std::string_view bytes) {
  using Kind = PickleNumber::Kind;
  if (bytes.empty()) return {};
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const auto has_sign = [&](std::size_t i) { return (byte(i) & 0x80) != 0; };
  const bool negative = has_sign(bytes.size() - 1);
  constexpr std::size_t small = sizeof(std::int64_t);
  std::size_t size = bytes.size();
  while (size > small && byte(size - 1) == (negative ? 0xff : 0)) --size;  // says nothing but the sign
  if (size > small || (size == small && has_sign(small - 1) != negative)) {
    constexpr std::size_t double_bytes = 130;  // more are beyond every double
    if (size > double_bytes) return {Kind::big, 0, negative ? -infinity : infinity};
    double real = negative ? -1 : 0;
    for (std::size_t i = size; i-- > 0;) real = real * 256 + byte(i);
    return {Kind::big, 0, real};
  }
  std::uint64_t integer = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = size; i-- > 0;) integer = (integer << 8) | byte(i);
  return {Kind::integer, static_cast<std::int64_t>(integer), 0};
}

std::optional<PickleNumber> decode_int(std::string_view text) {
  using Kind = PickleNumber::Kind;
  if (text == "00" || text == "01") return PickleNumber{Kind::boolean, text == "01" ? 1 : 0, 0};
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  if (text.size() == sign || text.find_first_not_of("0123456789", sign) != std::string_view::npos) return std::nullopt;
  const char* const end = text.data() + text.size();
  std::int64_t integer = 0;
  if (std::from_chars(text.data(), end, integer).ec == std::errc{}) return PickleNumber{Kind::integer, integer, 0};
  double real = 0;
  constexpr std::size_t double_digits = 310;  // more are beyond every double
  if (text.size() > double_digits || std::from_chars(text.data(), end, real).ec != std::errc{})
    real = sign == 1 ? -infinity : infinity;
  return PickleNumber{Kind::big, 0, real};
}

std::optional<PickleNumber> decode_long_text(std::string_view text) {
  if (text.ends_with('L')) text.remove_suffix(1);
  std::optional<PickleNumber> number = decode_int(text);
  if (number) number->kind = std::max(number->kind, PickleNumber::Kind::integer);  // 01L is no bool
  return number;
}

std::optional<PickleNumber> decode_float(std::string_view text) {
  double real = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, real);
  if (error == std::errc::invalid_argument || stop != end) return std::nullopt;
  // Out of range: from_chars leaves the value alone, and a tiny one would be written in the form of 1e-400 by nobody.
  if (error != std::errc{}) real = text.starts_with('-') ? -infinity : infinity;
  return PickleNumber{PickleNumber::Kind::real, 0, real};
}

std::optional<std::string> decode_quoted(std::string_view text) {
  while (text.ends_with('\r') || text.ends_with(' ')) text.remove_suffix(1);
  if (text.size() < 2 || (text.front() != '\'' && text.front() != '"') || text.back() != text.front())
    return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string out;
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\\'), text.size());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    text.remove_prefix(1);
    if (!take_escape(text, out)) return std::nullopt;
  }
  return out;
}

std::optional<std::string> decode_raw_unicode(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t digits = 0;
    if (text.starts_with("\\u")) digits = 4;
    if (text.starts_with("\\U")) digits = 8;
    if (digits == 0) {
      append_utf8(out, static_cast<std::uint8_t>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    const std::string_view hex = text.substr(2, digits);
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    constexpr std::uint32_t last = 0x10ffff;
    if (hex.size() != digits || error != std::errc{} || end != hex.data() + hex.size() || code > last)
      return std::nullopt;
    append_utf8(out, code);
    text.remove_prefix(2 + digits);
  }
  return out;
}

}  // namespace profconv
