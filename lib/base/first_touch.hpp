#pragma once

#include <cstddef>
#include <vector>

namespace profconv {

/// Touches memory that is about to be written as a whole, on all cores. The system clears a page when it is touched for
/// the first time, which takes longer than most ways of filling a table.
void touch_on_cores(void* memory, std::size_t bytes);

/// `table.resize(rows)` for an empty table.
template <class T>
void resize_on_cores(std::vector<T>& table, std::size_t rows) {
  table.reserve(rows);
  touch_on_cores(table.data(), rows * sizeof(T));
  table.resize(rows);
}

}  // namespace profconv
