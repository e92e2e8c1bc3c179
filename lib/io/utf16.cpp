#include "io/utf16.hpp"

#include <cstdint>

#include "base/utf8.hpp"

namespace profconv {
namespace {

constexpr std::size_t unit_size = 2;
constexpr char32_t replacement = 0xfffd;

bool is_high_surrogate(char32_t unit) { return (unit & 0xfc00) == 0xd800; }
bool is_low_surrogate(char32_t unit) { return (unit & 0xfc00) == 0xdc00; }

char32_t unit_at(const std::byte* bytes, Utf16 order) {
  const auto first = std::to_integer<std::uint32_t>(bytes[0]), second = std::to_integer<std::uint32_t>(bytes[1]);
  return order == Utf16::little_endian ? first | second << 8 : first << 8 | second;
}

}  // namespace

std::size_t append_as_utf8(GrowingBuffer& out, std::span<const std::byte> bytes, Utf16 order, bool is_end) {
  const std::size_t whole = bytes.size() / unit_size * unit_size;
  char* const begin = reinterpret_cast<char*>(out.space(bytes.size() + bytes.size() / 2 + 3).data());
  char* end = begin;
  std::size_t at = 0;
  while (at < whole) {
    char32_t c = unit_at(&bytes[at], order);
    at += unit_size;
    if (is_high_surrogate(c)) {
      if (at == whole && !is_end) {
        at -= unit_size;
        break;
      }
      const char32_t next = at < whole ? unit_at(&bytes[at], order) : 0;
      if (is_low_surrogate(next)) at += unit_size;
      c = is_low_surrogate(next) ? 0x10000 + ((c & 0x3ff) << 10) + (next & 0x3ff) : replacement;
    } else if (is_low_surrogate(c)) {
      c = replacement;
    }
    end += encode_utf8(c, end);
  }
  if (is_end && at < bytes.size()) {
    end += encode_utf8(replacement, end);
    at = bytes.size();
  }
  out.grew_by(static_cast<std::size_t>(end - begin));
  return at;
}

}  // namespace profconv
