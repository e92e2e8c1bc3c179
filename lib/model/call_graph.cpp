#include "model/call_graph.hpp"

#include <algorithm>
#include <numeric>

#include "base/group_rows.hpp"
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

CallGraph::CallGraph(const Profile& profile) {
  run_both(
      profile.functions.size() + profile.calls.size(), [&] { find_callees(profile); }, [&] { find_callers(profile); });
}

void CallGraph::find_callees(const Profile& profile) {
  first_call_.assign(profile.functions.size() + 1, 0);
  for (const Call& c : profile.calls) ++first_call_[index(c.caller) + 1];
  std::partial_sum(first_call_.begin(), first_call_.end(), first_call_.begin());
  std::vector<std::uint32_t> leads_to;
  leads_to.reserve(profile.calls.size());
  for (std::size_t call = 0; call < profile.calls.size(); ++call) {
    leads_to.push_back(carries_nothing(profile, call) ? Components::leads_nowhere
                                                      : static_cast<std::uint32_t>(profile.calls[call].callee));
  }
  components_ = Components(first_call_, leads_to);
}

void CallGraph::find_callers(const Profile& profile) {
  group_rows(
      profile.calls.size(), profile.functions.size(), [&](std::uint32_t i) { return index(profile.calls[i].callee); },
      first_by_callee_, by_callee_);
}

}  // namespace profconv
