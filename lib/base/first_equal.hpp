#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace profconv {

/// Per hash the place of the first one that is equal. Linear.
std::vector<std::uint32_t> first_equal(std::span<const std::uint64_t> hashes);

}  // namespace profconv
