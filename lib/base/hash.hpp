#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace profconv {

/// A seed for hash tables, different in every process: nobody can prepare an input whose names collide.
std::uint64_t random_seed();

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) noexcept;

/// Mixes a number into a hash.
constexpr std::uint64_t hash_mix(std::uint64_t hash, std::uint64_t value) noexcept {
  // The finalizer of MurmurHash3 (public domain): every input bit reaches every output bit.
  hash ^= value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdu;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53u;
  hash ^= hash >> 33;
  return hash;
}

/// A hash function with a seed of its own, for the standard's containers.
struct SeededHash {
  using is_transparent = void;  // with std::equal_to<>, a table of strings can be asked for a view
  std::uint64_t seed = random_seed();
  std::size_t operator()(std::uint64_t value) const noexcept { return hash_mix(seed, value); }
  std::size_t operator()(std::string_view text) const noexcept { return hash_bytes(text, seed); }
};

}  // namespace profconv
