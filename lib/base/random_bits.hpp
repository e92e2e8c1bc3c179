#pragma once

#include <cstdint>

namespace profconv {

/// 64 bits that nobody can foresee, from the system.
std::uint64_t random_bits();

}  // namespace profconv
