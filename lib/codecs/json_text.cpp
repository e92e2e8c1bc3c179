#include "codecs/json_text.hpp"

#include <algorithm>

#include "base/hex.hpp"
#include "base/visible.hpp"

namespace profconv {
namespace {

void append_escape(std::string& out, char32_t c) { append_hexadecimal(out += "\\u", c, 4); }

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    char32_t c = 0;
    const std::size_t length = utf8_sequence(text, c);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(sequence.size());
    if (length == 0) {
      append_escape(out, 0xdc00u + static_cast<unsigned char>(sequence[0]));
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += sequence;
    } else if (visible(sequence) != sequence) {
      append_escape(out, c);
    } else {
      out += sequence;
    }
  }
  out += '"';
}

}  // namespace profconv
