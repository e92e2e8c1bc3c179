#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.hpp"

/// Hash tables for keys that an input chose. The standard's own hash functions are known to everybody: names and
/// numbers that all fall together would make a table a list, and the time quadratic. These have seeds.

namespace profconv {

/// Asked for a view, it makes no string.
template <class Value>
using TextMap = std::unordered_map<std::string, Value, SeededHash, std::equal_to<>>;

using TextSet = std::unordered_set<std::string, SeededHash, std::equal_to<>>;

/// The keys are views of texts that outlive the table.
template <class Value>
using TextViewMap = std::unordered_map<std::string_view, Value, SeededHash>;

using TextViewSet = std::unordered_set<std::string_view, SeededHash>;

template <class Value>
using NumberMap = std::unordered_map<std::uint64_t, Value, SeededHash>;

using NumberSet = std::unordered_set<std::uint64_t, SeededHash>;

/// Two ids as one key.
constexpr std::uint64_t pair_of(std::uint32_t a, std::uint32_t b) noexcept { return (std::uint64_t{a} << 32) | b; }

}  // namespace profconv
