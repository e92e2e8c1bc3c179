#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <profconv/profile.hpp>

#include "model/call_graph.hpp"
#include "model/calls_to.hpp"

namespace profconv {

/// Shares the inclusive cost of a function over those calls to it that nobody measured, in whole units that add up.
///
/// Inclusive cost is counted once per outermost activation, so primitive calls are what shares it, and every one of
/// them is taken to cost the same. Calls from outside the function's circle are primitive: whoever makes one finds no
/// function of the circle running. If the counts leave more primitive calls, they were made inside by those callers
/// that cost most: a call that is not primitive is a part of one that is, and so is its caller as a rule. What a
/// function calls of itself never gets anything. Calls without a recorded caller come from outside, and take their
/// part. Gauges are not shared: each call is taken to have the callee's.
class CallShares {
 public:
  /// All of these outlive it.
  CallShares(const Profile& profile, const CallGraph& graph, const CallsTo& calls_to);

  /// Fills in what `totals`, the inclusive costs of all calls, does not know of the calls to `callee`. O(n log n) for n
  /// calls.
  void fill(FunctionId callee, std::size_t metric, CostTable& totals);
  /// The same of hits. Lines that were hit as often as the callee was called are hit by each call; the other hits are
  /// in proportion to the times of the calls, which are known: what takes longer goes round more often. O(n + lines).
  void fill_hits(FunctionId callee, std::size_t hits, std::size_t time, CostTable& totals);

 private:
  using Row = std::vector<std::int64_t>;
  struct Caller {
    std::size_t begin, end;  // its calls, which are neighbours
    std::int64_t weight;
  };

  std::int64_t count(std::uint32_t call) const;
  std::int64_t total(FunctionId function, std::size_t metric) const;
  std::int64_t hits_at_each_call(FunctionId function, std::size_t hits) const;
  void group_by_caller(std::size_t begin, const Row& weights);
  void choose_primitive(std::size_t first_inside, std::int64_t primitive, std::size_t metric);

  const Profile& p_;
  const CallGraph& graph_;
  const CallsTo& calls_to_;
  std::size_t time_;
  // Of the function that is looked at: its calls that nobody measured, but for those of itself; from outside the circle
  // first. Weights are one for each, and one for the calls without a recorded caller.
  std::vector<std::uint32_t> calls_, inside_;
  Row primitive_;      // weights: primitive calls
  Row inside_counts_;  // weights: all calls from inside the circle
  Row parts_;          // scratch, as is the next one
  std::vector<Caller> callers_;
};

}  // namespace profconv
