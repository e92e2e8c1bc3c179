#include "base/hash.hpp"

#include "base/random_bits.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace profconv {

std::uint64_t random_seed() {
  static const std::uint64_t seed = random_bits();
  return seed;
}

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace profconv
