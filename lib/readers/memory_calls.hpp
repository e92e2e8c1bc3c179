#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "readers/memory_listings.hpp"

namespace profconv {

/// A row whose source names a function that has a listing.
struct MemoryCall {
  std::uint32_t listing = 0;
  std::size_t row = 0;  ///< Of the text.
};

/// The calls of one function.
struct MemoryCallee {
  std::vector<MemoryCall> calls;
  bool has_others = false;  ///< Calls that no row's increment can be told by.
};

/// Per listing, the rows that call its function first: the memory at its entry is what such a row began with. Functions
/// that share their name with another one have none, but of `super()`, where the counts leave one of them; nor are a
/// function's calls of itself any.
std::vector<MemoryCallee> memory_calls(const MemoryListings& text);

bool has_word(std::string_view source, std::string_view word);

}  // namespace profconv
