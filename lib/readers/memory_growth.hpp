#pragma once

#include <cstdint>
#include <vector>

#include "readers/memory_listings.hpp"

namespace profconv {

/// What memory changed by on one row of a listing, callees included. The increment says that, unless the row calls a
/// profiled function: memory_profiler looks for the reading before under the line number of the callee, finds none, and
/// takes it for 0, so that the increment holds the whole memory of the process for each such call.
struct MemoryGrowth {
  enum class By : std::uint8_t {
    recorded,      ///< The increment; where there are none, the difference to the executed row above.
    callee_entry,  ///< The increment less the memory at the entry of the function that the row calls. Exact.
    row_above,     ///< The difference to the executed row above.
    readings,      ///< What readings around it rose by and no other row accounts for.
    taken_back,    ///< Nothing: the recorded release never happened.
    shared,        ///< A share of what several rows grew by together: what each of them did is not known.
    unknown,       ///< Nothing tells; `bytes` are not_measured.
  };
  std::int64_t bytes = not_measured;
  By by = By::recorded;
};

/// For each row, in the order of the text.
///
/// Which rows hold whole memories is told by their size, or by their source: where rows name a function and were
/// executed as often as it was called, each holds some. What they grew by then is what readings tell (MemoryBalance).
std::vector<MemoryGrowth> memory_growth(const MemoryListings& text);

}  // namespace profconv
