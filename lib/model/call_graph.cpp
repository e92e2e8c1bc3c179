#include "model/call_graph.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/parallel.hpp"

namespace profconv {

namespace {

// Python 3.12 and 3.13 record calls that nobody made and that took no time.
bool carries_nothing(const Profile& profile, std::size_t call) {
  if (profile.call_counts.empty() || profile.call_counts[call].calls != 0) return false;
  return profile.call_total.empty() ||
         std::ranges::all_of(profile.call_total.row(call), [](std::int64_t cost) { return cost <= 0; });
}

}  // namespace

CallGraph::CallGraph(const Profile& profile, CallsFrom calls_from) : calls_from_(std::move(calls_from)) {
  std::vector<std::uint32_t> leads_to(profile.calls.size());
  run_on_stretches(leads_to.size(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t call = begin; call < end; ++call) {
      leads_to[call] = carries_nothing(profile, call) ? Components::leads_nowhere
                                                      : static_cast<std::uint32_t>(profile.calls[call].callee);
    }
  });
  components_ = Components(calls_from_.first(), leads_to);
}

}  // namespace profconv
