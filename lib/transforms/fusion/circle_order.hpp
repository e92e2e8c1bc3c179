#pragma once

#include <vector>

#include <profconv/profile.hpp>

#include "model/call_graph.hpp"
#include "model/calls_to.hpp"

namespace profconv {

/// Functions in an order in which callees come before their callers.
///
/// Where functions call each other in a circle there is none, unless some calls are taken to lead back: to a function
/// that is active already, so that what they cost is part of what another call to it costs. These are the calls to what
/// is being looked at in a search in depth, which begins with the function that is called from outside the circle and
/// costs most, and follows the costliest calls first. Linear, but for the sorting of each function's calls.
class CircleOrder {
 public:
  CircleOrder(const Profile& profile, const CallGraph& graph, const CallsTo& calls_to);

  /// All functions; those of a circle are neighbours.
  const std::vector<FunctionId>& callees_first() const noexcept { return callees_first_; }
  /// Whether the call, a row of Profile::calls, leads back; those of a function to itself do.
  bool leads_back(std::size_t call) const noexcept { return leads_back_[call]; }

 private:
  std::vector<FunctionId> callees_first_;
  std::vector<bool> leads_back_;  // per call
};

}  // namespace profconv
