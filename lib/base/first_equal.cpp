#include "base/first_equal.hpp"

#include <bit>
#include <cstddef>

namespace profconv {

std::vector<std::uint32_t> first_equal(std::span<const std::uint64_t> hashes) {
  constexpr std::uint32_t empty = 0xffffffff;
  std::vector<std::uint32_t> slots(std::bit_ceil(hashes.size() * 2 + 1), empty), first(hashes.size());
  const std::size_t mask = slots.size() - 1;
  for (std::uint32_t i = 0; i < hashes.size(); ++i) {
    std::size_t at = hashes[i] & mask;
    while (slots[at] != empty && hashes[slots[at]] != hashes[i]) at = (at + 1) & mask;
    if (slots[at] == empty) slots[at] = i;
    first[i] = slots[at];
  }
  return first;
}

}  // namespace profconv
