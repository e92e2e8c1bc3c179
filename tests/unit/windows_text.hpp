#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/visible.hpp"

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
    char32_t c = 0;
    const std::size_t size = utf8_sequence(text, c);
    if (size == 0) return std::nullopt;
    text.remove_prefix(size);
    if (c >= 0x10000) put(0xd800 | ((c - 0x10000) >> 10));
    put(c >= 0x10000 ? 0xdc00 | ((c - 0x10000) & 0x3ff) : c);
  }
  return out;
}

}  // namespace profconv::test
