#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "base/wide_int.hpp"
#include "readers/memory_calls.hpp"
#include "readers/memory_growth.hpp"
#include "readers/memory_listings.hpp"
#include "readers/memory_loops.hpp"

namespace profconv {

/// Finds what those rows grew by whose increments hold whole memories.
///
/// In a loop nothing can be read off the row above: both show the largest of their readings only. But readings add up
/// in several ways, and where one row is all that is missing in such a sum, it is known:
/// - the calls of a function: all that its callers' increments hold beyond the memory at its entries is growth;
/// - two rows of whole memories that follow each other as often: their difference is what happened in between;
/// - a loop of a function that was called once: its rows grew by what readings rose by from its begin to its end;
/// - a function: its rows grew by what the rows did that call it.
/// Each may settle what another one lacks, so they are asked in turns.
///
/// A row's increment is never more than what happened, but less where a reading before was larger. So what is left for
/// the row in question is exact as long as memory only grows, and else no less than what it changed by.
class MemoryBalance {
 public:
  /// `callees`, `loops`: per listing. `whole`: per row of the text, whether each execution has a whole memory in its
  /// increment. What is settled goes to `growth`, which must have the readings' part already. All outlive this.
  MemoryBalance(const MemoryListings& text, const std::vector<MemoryCallee>& callees,
                const std::vector<std::vector<MemoryLoop>>& loops, const std::vector<bool>& whole,
                std::vector<MemoryGrowth>& growth);

  /// Settles all rows that are the only ones missing in a sum.
  void settle();
  /// Shares sums over the rows that are missing in them, by their executions. Rows without such a sum stay unknown.
  void share_rest();
  /// Takes back the releases of functions whose callers show that there were none.
  void take_back_releases();

 private:
  /// What several rows grew by together, less what is known of each.
  struct Sum {
    WideInt rest = 0;
    std::vector<std::size_t> missing;  ///< Those that have the rest; rows of the text.
  };

  bool settle_callee(std::uint32_t callee);
  bool may_change(const MemoryListing& listing, WideInt change) const;
  bool settle_follower(const MemoryListing& listing, std::size_t i);
  bool settle_loops(std::uint32_t l);
  bool settle_function(std::uint32_t l);
  bool settle_missing(const Sum& sum, const MemoryListing& listing);
  void share(const Sum& sum);

  Sum sum_of_rows(const MemoryListing& listing, std::size_t begin, std::size_t end, WideInt all) const;
  std::optional<Sum> sum_of_loop(const MemoryListing& listing, const MemoryLoop& loop) const;
  std::optional<Sum> sum_of_calls(std::uint32_t callee) const;
  std::optional<WideInt> growth_by_callers(std::uint32_t callee) const;
  std::span<const MemoryLoop> loops(std::uint32_t l) const;
  WideInt entries(const MemoryListing& listing) const;
  bool is_known(std::size_t row) const;
  bool is_recursive(const MemoryListing& listing) const;
  bool set(std::size_t row, const MemoryListing& listing, WideInt bytes, MemoryGrowth::By by);
  std::int64_t calls_on(std::size_t i) const;

  const MemoryListings& text_;
  std::span<const MemoryListing> listings_;
  const std::vector<MemoryCallee>& callees_;
  const std::vector<std::vector<MemoryLoop>>& loops_;
  const std::vector<bool>& whole_;
  std::vector<MemoryGrowth>& growth_;
  std::int64_t least_ = std::numeric_limits<std::int64_t>::max(), most_ = 0;  // readings of the text
};

}  // namespace profconv
