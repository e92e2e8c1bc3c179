#pragma once

#include <cstddef>
#include <cstdint>
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
/// led to some of the callees, and these took as long as it says.
struct HubTimes {
  static constexpr std::size_t most_pairs = 4096;  ///< Of a caller and a callee: each is looked at.
  struct Callee {
    std::int64_t total;  ///< More than a unit.
    bool once;           ///< It was called once.
    bool leads;          ///< As in HubCallee.
  };
  /// Memory that looking takes, kept from one hub to the next.
  struct Room {
    std::vector<Callee> callees;
    std::vector<std::int64_t> left, telling, others;
    std::vector<std::uint8_t> given;
  };

  std::span<const std::int64_t> callers;  ///< As HubCaller::below; more than rounding.
  std::span<const Callee> callees;
  std::int64_t lost = 0;  ///< What unrecorded callers account for at most, rounding included; 0: no such.

  /// What `split_hub` can tell by these times, whatever the step of the clock.
  HubChance chance(Room& room) const;
};

/// A look at all functions of a graph that is not divided yet: which of them may be hubs? Most are excluded by few
/// numbers of their calls; these are put in a row first, since the calls to a function are anywhere in the profile.
class HubSurvey {
 public:
  /// Indexes the graph's callers, at the same look at each call.
  explicit HubSurvey(ContextGraph& graph);

  /// REQUIRES: the graph is indexed, and as the profile has it; the function is in a circle.
  HubChance chance(std::uint32_t function, HubTimes::Room& room) const;

 private:
  // What a call spent below its callee, or why that is not looked at. Large graphs have many.
  using Below = std::int64_t;
  static constexpr Below is_odd = -1;     // not known exactly, out of range, or one of several by the same caller
  static constexpr Below is_itself = -2;  // the function's call of itself

  class Look;  // at a call

  void count_calls();
  std::span<const Below> calls_to(std::uint32_t function) const;
  bool find_times(std::uint32_t function, HubTimes& times, HubTimes::Room& room) const;

  const ContextGraph& g_;
  const RecordedCalls calls_;
  std::vector<Below> incoming_;         // calls in the order of their callees
  std::vector<std::uint64_t> counted_;  // per function: how often these say that it was called
  std::optional<StringId> passing_on_;  // the name `passes_calls_on`
};

}  // namespace profconv
