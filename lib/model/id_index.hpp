#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <profconv/builder.hpp>

#include "base/prefetch.hpp"

/// What IdIndex is asked for most, to be put in place where it is asked.

namespace profconv {

template <class Equal>
std::uint32_t& IdIndex::find(std::uint64_t hash, Equal equal) {
  constexpr std::size_t least = 64;
  if (used_ + used_ / 2 >= slots_.size()) resize(std::max(slots_.size() * 2, least));  // at most two thirds full
  const auto half = static_cast<std::uint32_t>(hash);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = half & mask;; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.id == empty) {
      ++used_;  // the caller fills it
      slot.hash = half;
      return slot.id;
    }
    if (slot.hash == half && equal(slot.id)) return slot.id;
  }
}

inline void IdIndex::prefetch(std::uint64_t hash) const noexcept {
  if (!slots_.empty()) profconv::prefetch(&slots_[static_cast<std::uint32_t>(hash) & (slots_.size() - 1)]);
}

}  // namespace profconv
