#pragma once

#include <cstddef>
#include <cstdint>

#include <profconv/profile.hpp>

#include "model/call_graph.hpp"
#include "model/call_totals.hpp"

namespace profconv {

/// What a walk through a call graph has not met yet of the costs of functions in circles.
///
/// A walk meets such functions again and again, and what a call recorded holds what it led to of itself. But what the
/// functions cost themselves, and what they called outside the circle, happened once. Costs of functions that are in no
/// circle are not kept account of. The arguments outlive it; linear to build, when a circle is met first.
class CircleBudget {
 public:
  CircleBudget(const Profile& profile, const CallGraph& graph, const CallTotals& totals)
      : p_(profile), graph_(graph), totals_(totals) {}

  /// Of the function's self cost.
  std::int64_t self(FunctionId function, std::size_t metric) const;
  /// Of what a call costs, a row of Profile::calls: of `cost`, which it and its neighbours may have together.
  std::int64_t call(std::size_t call, std::size_t metric, std::int64_t cost) const;
  /// Of all that the function's circle cost itself and called outside. REQUIRES: it is in one.
  std::int64_t circle(FunctionId function, std::size_t metric);

  void spend_self(FunctionId function, std::size_t metric, std::int64_t cost);
  void spend_call(std::size_t call, std::size_t metric, std::int64_t cost);

 private:
  std::int64_t recorded_self(FunctionId function, std::size_t metric) const;
  void open();

  const Profile& p_;
  const CallGraph& graph_;
  const CallTotals& totals_;
  CostTable spent_self_, spent_calls_, left_;  // per function, call and circle
};

}  // namespace profconv
