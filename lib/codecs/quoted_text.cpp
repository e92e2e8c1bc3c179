#include "codecs/quoted_text.hpp"

#include "base/hex.hpp"
#include "base/visible.hpp"

namespace profconv {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    char32_t c = 0;
    std::size_t length = utf8_sequence(text, c);
    const bool plain = length != 0 && c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) && c != 0x2028 && c != 0x2029;
    if (!plain) {
      append_hexadecimal(out += "\\x", static_cast<unsigned char>(text[0]), 2);
      length = 1;
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

bool take_quoted(std::string_view& rest, std::string& text) {
  text.clear();
  if (!rest.starts_with('"')) return false;
  std::size_t i = 1;
  for (;;) {
    if (i >= rest.size()) return false;
    const char c = rest[i++];
    if (c == '"') break;
    if (c != '\\') {
      text += c;
      continue;
    }
    if (i >= rest.size()) return false;
    const char escaped = rest[i++];
    if (escaped != 'x') {
      if (escaped != '"' && escaped != '\\') return false;
      text += escaped;
      continue;
    }
    if (rest.size() - i < 2) return false;
    const int high = hex_value(rest[i]), low = hex_value(rest[i + 1]);
    if (high < 0 || low < 0) return false;
    text += static_cast<char>(high * 16 + low);
    i += 2;
  }
  rest.remove_prefix(i);
  return true;
}

}  // namespace profconv
