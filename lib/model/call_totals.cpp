#include "model/call_totals.hpp"

#include <algorithm>
#include <atomic>
#include <optional>

#include <profconv/builder.hpp>

#include "base/parallel.hpp"
#include "model/call_balance.hpp"
#include "model/call_graph.hpp"
#include "model/call_shares.hpp"
#include "model/calls_to.hpp"

namespace profconv {

bool CallTotals::all_measured(const Profile& profile) {
  if (profile.call_total.rows() != profile.calls.size()) return false;
  std::atomic<bool> all = true;
  run_on_stretches(profile.calls.size(), [&](std::size_t begin, std::size_t end) {
    bool all_here = true;
    for (std::size_t i = begin; i < end; ++i) {
      for (const std::int64_t cost : profile.call_total.row(i)) all_here &= cost != not_measured;
    }
    if (!all_here) all = false;
  });
  return all;
}

CallTotals::CallTotals(const Profile& profile) : costs_(&profile.call_total) {
  if (!all_measured(profile)) estimate(profile);
}

void CallTotals::estimate(const Profile& profile) {
  const std::size_t metrics = profile.metrics.size();
  filled_ = profile.call_total.empty() ? CostTable(metrics) : profile.call_total;
  filled_.resize(profile.calls.size(), not_measured);
  costs_ = &filled_;
  const std::optional<std::size_t> time = profile.metric(time_metric.name);
  for (std::size_t i = 0; i < profile.calls.size() && metrics != 0; ++i) {
    if (filled_.at(i, time.value_or(0)) == not_measured) ++estimated_;
  }
  const CallGraph graph(profile);
  const CallsTo calls_to(profile);
  CallShares shares(profile, graph, calls_to);
  const std::size_t hits = time ? profile.metric(hits_metric.name).value_or(metrics) : metrics;  // none: metrics
  for (std::uint32_t f = 0; f < profile.functions.size(); ++f) {
    for (std::size_t m = 0; m < metrics; ++m) {
      if (m != hits) shares.fill(FunctionId{f}, m, filled_);
    }
  }
  // Of time only: a function's hits are its own, and memory was not recorded of every function.
  if (time) balance_calls(profile, graph, calls_to, *time, filled_);
  for (std::uint32_t f = 0; f < profile.functions.size() && hits != metrics; ++f)
    shares.fill_hits(FunctionId{f}, hits, *time, filled_);
}

}  // namespace profconv
