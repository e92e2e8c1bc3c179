#include "codecs/dot_text.hpp"

#include "base/visible.hpp"

namespace profconv {
namespace {

// U+FFFE and U+FFFF, in every plane, are no characters; XML forbids those of the first one.
bool is_forbidden(char32_t c) { return (c & 0xfffe) == 0xfffe; }

}  // namespace

void append_dot_text(std::string& out, std::string_view text, std::size_t most) {
  const std::size_t limit = out.size() + most;
  std::string piece;
  while (!text.empty()) {
    char32_t c = 0;
    std::size_t size = utf8_sequence(text, c);
    if (size == 0) size = 1;
    piece.clear();
    if (c == U'"') {
      piece = "\\\"";
    } else if (c == U'&') {
      piece = "&amp;";
    } else if (is_forbidden(c)) {
      piece = "\xef\xbf\xbd";  // U+FFFD, the replacement character
    } else {
      append_visible(piece, text.substr(0, size));
      for (std::size_t at = 0; (at = piece.find('\\', at)) != piece.npos; at += 2) piece.insert(at, 1, '\\');
    }
    if (out.size() + piece.size() > limit) {
      out += "…";
      return;
    }
    out += piece;
    text.remove_prefix(size);
  }
}

}  // namespace profconv
