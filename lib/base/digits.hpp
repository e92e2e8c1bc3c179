#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace profconv {

inline constexpr std::size_t longest_decimal = 20;  ///< Characters of the largest 64-bit number, or of the smallest.

namespace detail {

/// The eight digits of a number below 10^8, a byte from 0 to 9 for each, the highest one in the lowest byte. All of
/// them at once: two numbers of four digits, then four of two, then eight of one.
constexpr std::uint64_t eight_digits(std::uint32_t value) noexcept {
  const std::uint64_t fours = value / 10'000 | std::uint64_t{value % 10'000} << 32;
  const std::uint64_t hundreds = (fours * 10'486 >> 20) & 0x0000'007f'0000'007f;  // 10486 / 2^20 is 1 / 100, nearly
  const std::uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
  const std::uint64_t tens = (twos * 103 >> 10) & 0x000f'000f'000f'000f;  // 103 / 2^10 is 1 / 10, nearly
  return tens | (twos - 10 * tens) << 8;
}

inline constexpr std::uint64_t zeros = 0x3030'3030'3030'3030;  // "00000000"

/// Writes a number below 10^8 without zeros before it; eight bytes, of which those behind the end mean nothing.
inline char* write_up_to_eight(char* out, std::uint32_t value) noexcept {
  static_assert(std::endian::native == std::endian::little, "byte order of this host is not supported yet");
  const std::uint64_t digits = eight_digits(value);
  const unsigned skipped = static_cast<unsigned>(std::countr_zero(digits | std::uint64_t{1} << 56)) / 8;
  const std::uint64_t text = (digits | zeros) >> 8 * skipped;
  std::memcpy(out, &text, sizeof text);
  return out + sizeof text - skipped;
}

}  // namespace detail

/// Writes a number in base 10 and returns where it ends, for the writers that print millions of them: without a branch
/// for each digit, which nobody could foresee. Bytes behind the end may be written to. REQUIRES: room for
/// `longest_decimal` characters.
inline char* write_decimal(char* out, std::uint64_t value) noexcept {
  constexpr std::uint64_t eight = 100'000'000;
  if (value < eight) return detail::write_up_to_eight(out, static_cast<std::uint32_t>(value));
  std::uint64_t above = value / eight;
  if (above >= eight) {
    out = detail::write_up_to_eight(out, static_cast<std::uint32_t>(above / eight));
    above %= eight;
    const std::uint64_t middle = detail::eight_digits(static_cast<std::uint32_t>(above)) | detail::zeros;
    std::memcpy(out, &middle, sizeof middle);
    out += sizeof middle;
  } else {
    out = detail::write_up_to_eight(out, static_cast<std::uint32_t>(above));
  }
  const std::uint64_t text = detail::eight_digits(static_cast<std::uint32_t>(value % eight)) | detail::zeros;
  std::memcpy(out, &text, sizeof text);
  return out + sizeof text;
}

inline char* write_decimal(char* out, std::int64_t value) noexcept {
  const auto bits = static_cast<std::uint64_t>(value);
  if (value >= 0) return write_decimal(out, bits);
  *out = '-';
  return write_decimal(out + 1, 0 - bits);
}

}  // namespace profconv
