#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "readers/memory_listings.hpp"

namespace profconv {

/// A loop of a listing: its head and all rows in it, other loops included.
struct MemoryLoop {
  std::size_t head = 0, end = 0;  ///< Rows of the listing, half-open.
};

/// The outermost loops, in their order, as the source is indented.
std::vector<MemoryLoop> outermost_loops(std::span<const MemoryRow> rows);

/// Whether the row is in one of them, or its head. O(log n).
bool is_in_one_of(std::span<const MemoryLoop> loops, std::size_t row);

/// What a loop's last reading was, as far as one row shows it: that of the `break` which ended it, else of its head.
std::int64_t last_reading(std::span<const MemoryRow> rows, const MemoryLoop& loop);

/// Columns before a row's source.
std::size_t indentation(const MemoryRow& row) noexcept;

bool is_loop_head(const MemoryRow& row) noexcept;

bool is_with(const MemoryRow& row) noexcept;

/// Whether it begins a branch that runs instead of one above it.
bool is_branch_head(const MemoryRow& row) noexcept;

}  // namespace profconv
