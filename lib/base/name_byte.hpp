#pragma once

namespace profconv {

/// Whether a byte may stand in a Python name: a letter, a digit, an underscore, or of a letter beyond ASCII.
constexpr bool is_name_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace profconv
