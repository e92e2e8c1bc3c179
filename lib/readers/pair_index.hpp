#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/hash.hpp"

namespace profconv {

/// Two ids as one key.
constexpr std::uint64_t pair_of(std::uint32_t a, std::uint32_t b) noexcept { return (std::uint64_t{a} << 32) | b; }

template <class Value>
using NumberMap = std::unordered_map<std::uint64_t, Value, SeededHash>;

}  // namespace profconv
