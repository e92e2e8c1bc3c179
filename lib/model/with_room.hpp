#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <profconv/profile.hpp>

#include "base/first_touch.hpp"

namespace profconv {

/// Room in a table for some rows more, that takes no memory until it is filled: a transform that adds few need not copy
/// the table.
inline std::size_t with_room(std::size_t rows) noexcept { return rows + rows / 16; }

/// Makes such room in an empty table that is about to be filled. What the system has to clear of it is cleared on all
/// cores.
template <class T>
void make_room(std::vector<T>& table, std::size_t rows) {
  table.reserve(with_room(rows));
  touch_on_cores(table.data(), rows * sizeof(T));
}
inline void make_room(CostTable& table, std::size_t rows) {
  table.reserve(with_room(rows));
  touch_on_cores(table.row(0).data(), rows * table.columns() * sizeof(std::int64_t));
}

}  // namespace profconv
