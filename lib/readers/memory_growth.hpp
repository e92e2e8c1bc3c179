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
  };
  std::int64_t bytes = not_measured;
  By by = By::recorded;
};

/// For each row, in the order of the text.
///
/// Which rows hold whole memories is told by their size. What they call is told by their source: a name of a listing
/// before a parenthesis. The first row of that listing has the memory at entry, added up over the calls, so the
/// difference is what memory changed by since; if the function is called on one row alone, or on others whose calls can
/// be told apart.
std::vector<MemoryGrowth> memory_growth(const MemoryListings& text);

}  // namespace profconv
