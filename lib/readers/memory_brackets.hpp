#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "readers/memory_listings.hpp"

namespace profconv {

/// Which rows of a listing stand in brackets that a row above opened.
///
/// Python comes back to the row that opened them when it has been through the others: to call what it named before, or
/// to store what they make. So that row shows a later reading than those below it.
class MemoryBrackets {
 public:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  /// O(length of the source).
  explicit MemoryBrackets(std::span<const MemoryRow> rows);

  /// The row that opened the innermost brackets in which this one begins.
  std::size_t opener(std::size_t row) const noexcept { return rows_[row].opener; }
  /// Behind the last row on which brackets end that this one opened.
  std::size_t end(std::size_t row) const noexcept { return rows_[row].end; }

 private:
  struct Row {
    std::size_t opener, end;
  };
  std::vector<Row> rows_;
};

}  // namespace profconv
