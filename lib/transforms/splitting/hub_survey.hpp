#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "transforms/splitting/context_graph.hpp"
#include "transforms/splitting/hub_times.hpp"

namespace profconv {

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
