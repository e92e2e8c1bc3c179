#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Text as programs of Windows write it.

namespace profconv::test {

inline std::string with_utf8_mark(std::string_view text) { return "\xef\xbb\xbf" + std::string(text); }

/// UTF-8 as UTF-16 with its mark; nothing for what is not UTF-8.
inline std::optional<std::string> utf16(std::string_view text, bool big_endian) {
  std::string out;
  const auto put = [&](char32_t unit) {
    const char low = static_cast<char>(unit & 0xff), high = static_cast<char>(unit >> 8);
    out += big_endian ? high : low;
    out += big_endian ? low : high;
  };
  put(0xfeff);
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t size = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
    if (size == 0 || text.size() < size) return std::nullopt;
    char32_t c = size == 1 ? lead : lead & (0x7fu >> size);
    for (const char more : text.substr(1, size - 1)) {
      if ((more & 0xc0) != 0x80) return std::nullopt;
      c = c << 6 | (more & 0x3f);
    }
    text.remove_prefix(size);
    const bool is_short = (size == 3 && c < 0x800) || (size == 4 && c < 0x10000);
    if (is_short || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff) return std::nullopt;
    if (c >= 0x10000) put(0xd800 | ((c - 0x10000) >> 10));
    put(c >= 0x10000 ? 0xdc00 | ((c - 0x10000) & 0x3ff) : c);
  }
  return out;
}

}  // namespace profconv::test
