#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "transforms/context_graph.hpp"

namespace profconv {

/// Whether callers of a function can be told apart.
enum class HubChance : std::uint8_t {
  some,
  none_yet,  ///< Not as things are.
  none,      ///< Nor when other hubs were split, as long as its calls have the times and counts that they have.
};

/// What can be told apart in a hub (transforms/split_hub.hpp) of which everything is known exactly: each caller's calls
/// led to some of the callees, and these took as long as it says. Made once for all hubs, as each takes memory.
class HubTimes {
 public:
  static constexpr std::size_t most_pairs = 4096;  ///< Of a caller and a callee: each is looked at.
  struct Callee {
    std::int64_t total;  ///< More than a unit.
    bool once;           ///< It was called once.
    bool leads;          ///< As in HubCallee.
  };

  /// Begins with another hub: its callers, at least one, of each HubCaller::below; and how many callees are added. The
  /// former are not copied. REQUIRES: no more than `most_pairs`.
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

/// A look at all functions of a graph that is not divided yet: which of them may be hubs? Most are excluded by few
/// numbers of their calls; these are put in a row first, since the calls to a function are anywhere in the profile.
class HubSurvey {
 public:
  /// Indexes the graph's callers, at the same look at each call.
  explicit HubSurvey(ContextGraph& graph);

  /// REQUIRES: the graph is indexed, and as the profile has it; the function is in a circle.
  HubChance chance(std::uint32_t function, HubTimes& times) const;

 private:
  // What a call spent below its callee, or why that is not looked at. Large graphs have many.
  using Below = std::int64_t;
  static constexpr Below is_odd = -1;     // not known exactly, out of range, or one of several by the same caller
  static constexpr Below is_itself = -2;  // the function's call of itself: less than any other

  class Look;  // at a call

  void count_calls();
  std::span<const Below> calls_to(std::uint32_t function) const;
  bool find_callees(std::uint32_t function, HubTimes& times) const;

  const ContextGraph& g_;
  const RecordedCalls calls_;
  std::vector<Below> incoming_;         // calls in the order of their callees
  std::vector<std::uint64_t> counted_;  // per function: how often these say that it was called
  std::optional<StringId> passing_on_;  // the name `passes_calls_on`
};

}  // namespace profconv
