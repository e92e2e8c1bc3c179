#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace profconv {

/// Whether callers of a function can be told apart.
enum class HubChance : std::uint8_t {
  some,
  none_yet,  ///< Not as things are.
  none,      ///< Nor when other hubs were split, as long as its calls have the times and counts that they have.
};

/// What can be told apart in a hub (transforms/splitting/split_hub.hpp) of which everything is known exactly: each
/// caller's calls led to some of the callees, and these took as long as it says. Made once for all hubs, as each takes
/// memory.
class HubTimes {
 public:
  static constexpr std::size_t most_pairs = 4096;  ///< Of a caller and a callee: each is looked at.
  struct Callee {
    std::int64_t total;  ///< More than a unit.
    bool once;           ///< It was called once.
    bool leads;          ///< As in HubCallee.
  };

  /// Begins with another hub: its callers, of each HubCaller::below; and how many callees are added. The former are not
  /// copied. REQUIRES: no more than `most_pairs`.
  void begin(std::span<const std::int64_t> callers, std::size_t callees);
  void add(const Callee& callee) noexcept {
    callees_[added_++] = callee;
    total_ += callee.total;
    longest_once_ = std::max(longest_once_, least_of(callee));
    shortest_leading_ = std::min(shortest_leading_, callee.leads ? least_of(callee) : no_callee);
    longest_leading_ = std::max(longest_leading_, callee.leads ? least_of(callee) : 0);
  }

  std::int64_t least() const noexcept { return least_; }  ///< Of the callers' times. Others need more than rounding.
  std::int64_t below() const noexcept { return below_; }  ///< The callers' times together.
  std::int64_t total() const noexcept { return total_; }  ///< The callees'.
  bool any_leads() const noexcept { return shortest_leading_ != no_callee; }

  /// What `split_hub` can tell by these times, whatever the step of the clock. `lost`: what unrecorded callers account
  /// for at most, rounding included; 0: there are none. REQUIRES: all callees were added.
  HubChance chance(std::int64_t lost);

 private:
  static constexpr std::int64_t no_callee = std::numeric_limits<std::int64_t>::max();  // longer than any

  // What a callee takes at least of whoever's it is.
  static std::int64_t least_of(const Callee& c) noexcept { return c.once ? c.total : 0; }
  std::span<const Callee> callees() const noexcept { return std::span(callees_).first(added_); }
  void give_away(std::int64_t lost);
  bool any_match(std::int64_t lost, bool any_given);
  bool any_sum(std::span<const std::int64_t> times);

  std::span<const std::int64_t> callers_;
  std::vector<Callee> callees_;  // the first ones
  std::size_t added_ = 0;
  std::int64_t least_ = 0, second_ = 0, longest_ = 0, below_ = 0;  // of the callers
  std::int64_t total_ = 0, longest_once_ = 0;                      // of the callees
  // Of the callees that lead what they take at least; `no_callee`: of those that were given away.
  std::int64_t shortest_leading_ = no_callee, longest_leading_ = 0;
  std::vector<std::int64_t> left_, telling_, others_, parts_;
  std::vector<std::uint8_t> given_;  // per callee
};

}  // namespace profconv
