#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace profconv {

constexpr bool is_separator(char c) noexcept { return c == '/' || c == '\\'; }

/// Where the last one of two bytes is in a text, `npos` when neither is there. Eight bytes at a time: that of a path is
/// a dozen bytes before its end, at a place that no processor could foresee.
inline std::size_t find_last(std::string_view text, char a, char b) noexcept {
  std::size_t end = text.size();
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::uint64_t ones = 0x0101010101010101, tops = ones << 7;
    const auto marks = [](std::uint64_t bytes, char c) {  // the top bit of each byte that is c
      const std::uint64_t differing = bytes ^ ones * static_cast<unsigned char>(c);
      return ~(((differing & ~tops) + ~tops) | differing) & tops;
    };
    for (; end >= sizeof(std::uint64_t); end -= sizeof(std::uint64_t)) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, text.data() + end - sizeof bytes, sizeof bytes);
      if (const std::uint64_t found = marks(bytes, a) | marks(bytes, b); found != 0)
        return end - 1 - static_cast<std::size_t>(std::countl_zero(found)) / 8;
    }
  }
  while (end-- > 0) {
    if (text[end] == a || text[end] == b) return end;
  }
  return std::string_view::npos;
}

/// Where the last slash or backslash of a path is, `npos` when there is none.
inline std::size_t last_separator(std::string_view path) noexcept { return find_last(path, '/', '\\'); }

/// Where the last slash is.
inline std::size_t last_slash(std::string_view path) noexcept { return find_last(path, '/', '/'); }

}  // namespace profconv
