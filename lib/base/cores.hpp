#pragma once

#include <cstddef>

namespace profconv {

/// How many this process may use; 1 at least.
std::size_t usable_cores() noexcept;

}  // namespace profconv
