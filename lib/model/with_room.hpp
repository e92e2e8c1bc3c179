#pragma once

#include <cstddef>

namespace profconv {

/// Room in a table for some rows more, that takes no memory until it is filled: a transform that adds few need not copy
/// the table.
inline std::size_t with_room(std::size_t rows) noexcept { return rows + rows / 16; }

}  // namespace profconv
