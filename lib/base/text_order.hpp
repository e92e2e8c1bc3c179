#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace profconv {

/// The order of texts, byte by byte: `result[i]` is the index of the text that comes i-th; equal texts stay in the
/// order of their indexes. Made for many texts with long common beginnings, such as paths: eight bytes are compared at
/// a time, as numbers, and bytes that all texts of a group share are looked at once. REQUIRES: fewer than 2^32 texts.
std::vector<std::uint32_t> order_of_texts(std::span<const std::string_view> texts);

}  // namespace profconv
