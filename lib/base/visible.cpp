#include "base/visible.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/hex.hpp"

namespace profconv {
namespace {

bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x7f; }

constexpr std::size_t together = sizeof(std::uint64_t);

// Bits of eight bytes that tell whether any of them is not printable ASCII; which one, only the lowest.
std::uint64_t not_plain(const char* text) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101, tops = ones << 7;
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, text, together);
  const std::uint64_t below_blank = (bytes - ones * 0x20) & ~bytes;  // exact in the lowest such byte, enough here
  const std::uint64_t from_delete = (bytes + ones) | bytes;          // 0x7f and above; plain bytes do not carry
  return (below_blank | from_delete) & tops;
}

// How many bytes at the beginning are printable ASCII: nearly always all of them, so eight are looked at together.
std::size_t plain_run(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i + together <= text.size() && not_plain(&text[i]) == 0) i += together;
  while (i < text.size() && is_plain(static_cast<unsigned char>(text[i]))) ++i;
  return i;
}

// C1 controls are terminal commands, U+2028 and U+2029 end lines, the direction marks let a name pretend to be another
// one.
bool is_harmful(char32_t c) {
  return (c >= 0x80 && c <= 0x9f) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c;
}

void append_byte_escape(std::string& out, unsigned char c) { append_hexadecimal(out += "\\x", c, 2); }
void append_unicode_escape(std::string& out, char32_t c) { append_hexadecimal(out += "\\u", c, 4); }

}  // namespace

std::size_t utf8_sequence(std::string_view text, char32_t& code_point) noexcept {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) {
    code_point = first;
    return 1;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  char32_t c = first & (0x7f >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    c = (c << 6) | (byte(i) & 0x3f);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < smallest[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return 0;
  code_point = c;
  return length;
}

// The last eight may be some of those before again.
bool is_plain_text(std::string_view text) noexcept {
  if (text.size() < together) return plain_run(text) == text.size();
  const std::size_t last = text.size() - together;
  std::uint64_t found = not_plain(&text[last]);
  for (std::size_t i = 0; i < last; i += together) found |= not_plain(&text[i]);
  return found == 0;
}

void append_visible(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t run = plain_run(text);
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) break;

    char32_t c = 0;
    const std::size_t length = utf8_sequence(text, c);
    if (length == 0) {
      append_byte_escape(out, static_cast<unsigned char>(text[0]));
    } else if (length == 1) {  // a control character: plain ones are in the run
      switch (text[0]) {
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default: append_byte_escape(out, static_cast<unsigned char>(text[0]));
      }
    } else if (is_harmful(c)) {
      append_unicode_escape(out, c);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

std::string visible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_visible(out, text);
  return out;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t most = 40;
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size() && characters < most; ++characters) {
    char32_t c = 0;
    end += std::max<std::size_t>(utf8_sequence(text.substr(end), c), 1);
  }
  std::string out = "'";
  append_visible(out, text.substr(0, end));
  if (end < text.size()) out += "...";
  out += "'";
  return out;
}

}  // namespace profconv
