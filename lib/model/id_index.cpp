#include "model/id_index.hpp"

#include <bit>
#include <utility>
#include <vector>

namespace profconv {

void IdIndex::reserve(std::size_t ids) {
  const std::size_t slots = std::bit_ceil(ids + ids / 2 + 1);
  if (slots > slots_.size()) resize(slots);
}

// `slots` is a power of two.
void IdIndex::resize(std::size_t slots) {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.id == empty) continue;
    std::size_t i = slot.hash & mask;
    while (slots_[i].id != empty) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

}  // namespace profconv
