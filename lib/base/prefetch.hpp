#pragma once

#include <cstddef>

namespace profconv {

/// Has memory fetched into the processor's cache that will be looked at soon: a table that is looked into in no order
/// that the processor could foresee costs a hundred instructions' time at each look. Any address will do.
[[gnu::always_inline]] inline void prefetch(const void* address) noexcept {
  // For GCC a function that only fetches does nothing, and calls of it are left out. This keeps them, and is no
  // instruction.
  asm volatile("" : : "r"(address));
  __builtin_prefetch(address);
}

/// The same for `bytes` bytes from there on, of which there are few.
[[gnu::always_inline]] inline void prefetch(const void* address, std::size_t bytes) noexcept {
  constexpr std::size_t line = 64;
  const auto* const begin = static_cast<const char*>(address);
  for (std::size_t at = 0; at < bytes; at += line) prefetch(begin + at);
  if (bytes != 0) prefetch(begin + bytes - 1);
}

}  // namespace profconv
