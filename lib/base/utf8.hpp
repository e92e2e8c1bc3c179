#pragma once

#include <cstddef>
#include <string>

namespace profconv {

/// Puts the UTF-8 of a code point into `out`, which has room for four bytes; returns how many it took. Half a pair of
/// surrogates is encoded like any other, as Python keeps it in names.
inline std::size_t encode_utf8(char32_t c, char* out) noexcept {
  char* end = out;
  const auto lead = [&](char32_t mark, int shift) { *end++ = static_cast<char>(mark | c >> shift); };
  const auto more = [&](int shift) { *end++ = static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    lead(0, 0);
  } else if (c < 0x800) {
    lead(0xc0, 6);
    more(0);
  } else if (c < 0x10000) {
    lead(0xe0, 12);
    more(6);
    more(0);
  } else {
    lead(0xf0, 18);
    more(12);
    more(6);
    more(0);
  }
  return static_cast<std::size_t>(end - out);
}

inline void append_utf8(std::string& out, char32_t c) {
  char bytes[4];
  out.append(bytes, encode_utf8(c, bytes));
}

}  // namespace profconv
