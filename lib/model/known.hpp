#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/wide_int.hpp"

namespace profconv {

/// A count or cost for sums and shares: nothing where it is negative, which it is where nobody took it.
constexpr std::int64_t known(std::int64_t value) noexcept { return std::max<std::int64_t>(value, 0); }

/// What was computed of such, as one again: from 0 to the largest number.
constexpr std::int64_t clamped(WideInt value) noexcept {
  return static_cast<std::int64_t>(std::clamp<WideInt>(value, 0, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace profconv
