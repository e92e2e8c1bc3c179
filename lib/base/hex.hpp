#pragma once

#include <cstdint>
#include <string>

namespace profconv {

/// Appends the last `digits` hexadecimal digits of a number, in small letters.
inline void append_hexadecimal(std::string& out, std::uint32_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[number >> shift & 15];
}

inline std::string hexadecimal(std::uint32_t number, int digits) {
  std::string text;
  append_hexadecimal(text, number, digits);
  return text;
}

}  // namespace profconv
