#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

/// What the fast ways through marshalled bytes have in common (codecs/marshal.hpp describes the format).

namespace profconv {

inline constexpr std::uint8_t marshal_reference_flag = 0x80;  ///< Of a type's byte.

/// A number as it stands in the bytes.
template <class T>
T load_marshalled(const char* bytes) noexcept {
  static_assert(std::endian::native == std::endian::little, "byte order of this host is not supported yet");
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// Where the bytes of a string are, from its type's byte on.
struct MarshalledText {
  static constexpr std::size_t longest_head = 5;
  std::size_t head = 0, size = 0;
};

/// False: it is no string of the commonest kinds, or does not end before `end`. REQUIRES: its longest head does.
inline bool find_marshalled_text(const char* next, const char* end, MarshalledText& text) noexcept {
  switch (static_cast<std::uint8_t>(*next) & ~marshal_reference_flag) {
    case 'z':
    case 'Z': text = {2, static_cast<std::uint8_t>(next[1])}; break;
    case 'a':
    case 'A':
    case 's':
    case 'u': text = {MarshalledText::longest_head, load_marshalled<std::uint32_t>(next + 1)}; break;
    default: return false;
  }
  return text.size <= static_cast<std::size_t>(end - next) - text.head;
}

}  // namespace profconv
