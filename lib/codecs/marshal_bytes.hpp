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

/// An int that 32 bits do not hold. Of the numbers of a dump few are such.
struct MarshalledLong {
  static constexpr std::size_t longest = 13;  ///< Of those that are found.
  std::size_t size = 0;                       ///< From its type's byte on.
  std::int64_t value = 0;
};

/// False: it is negative or of more than 60 bits, is not written as short as can be, or does not end before `end`.
inline bool find_marshalled_long(const char* next, const char* end, MarshalledLong& found) noexcept {
  constexpr std::size_t head = 5, digit_size = 2, digit_bits = 15;
  const auto room = static_cast<std::size_t>(end - next);
  if (room < head) return false;
  const auto digits = load_marshalled<std::uint32_t>(next + 1);
  if (digits == 0 || digits > (MarshalledLong::longest - head) / digit_size) return false;
  found = {head + digits * digit_size, 0};
  if (room < found.size) return false;
  for (std::size_t i = digits; i-- > 0;) {  // the most significant one is the last
    const auto digit = load_marshalled<std::uint16_t>(next + head + i * digit_size);
    if (digit >> digit_bits != 0 || (digit == 0 && found.value == 0)) return false;
    found.value = found.value << digit_bits | digit;
  }
  return true;
}

}  // namespace profconv
