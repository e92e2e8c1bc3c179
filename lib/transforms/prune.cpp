#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <profconv/diagnostics.hpp>
#include <profconv/transforms.hpp>

#include "base/counted.hpp"
#include "model/call_totals.hpp"
#include "model/shares.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {

Profile prune(Profile&& profile, const PruneOptions& options, Diagnostics& diagnostics) {
  const Profile& p = profile;
  if (!options.any() || p.metrics.empty()) return std::move(profile);
  const std::size_t metric = main_metric(p);
  const Shares shares(p, metric);
  std::vector<bool> functions(p.functions.size()), calls(p.calls.size());
  std::size_t dropped_functions = 0, dropped_calls = 0;
  // Without inclusive costs the self cost decides.
  const CostTable& costs = p.total.empty() ? p.self : p.total;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    functions[i] = !(shares.of_whole(costs.empty() ? 0 : costs.at(i, metric)) < options.functions_percent / 100);
    if (!functions[i]) ++dropped_functions;
  }

  const CallTotals totals(p);
  const auto same_edge = [&](std::size_t a, std::size_t b) {
    return p.calls[a].caller == p.calls[b].caller && p.calls[a].callee == p.calls[b].callee;
  };
  for (std::size_t i = 0; i < calls.size();) {
    std::size_t end = i;
    std::int64_t cost = 0;  // of the same call on all lines
    for (; end < calls.size() && same_edge(i, end); ++end) {
      if (__builtin_add_overflow(cost, totals.row(end)[metric], &cost)) cost = shares.whole();
    }
    const bool kept = functions[index(p.calls[i].caller)] && functions[index(p.calls[i].callee)] &&
                      !(shares.of_whole(cost) < options.calls_percent / 100);
    for (; i < end; ++i) {
      calls[i] = kept;
      if (!kept) ++dropped_calls;
    }
  }
  if (dropped_functions == 0 && dropped_calls == 0) return std::move(profile);
  diagnostics.note({}, {},
                   "pruning dropped " + std::to_string(dropped_functions) + " of " +
                       counted(functions.size(), "function") + " and " + std::to_string(dropped_calls) + " of " +
                       counted(calls.size(), "call"));
  return keep(profile, functions, calls);
}

}  // namespace profconv
