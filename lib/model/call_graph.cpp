#include "model/call_graph.hpp"

#include <algorithm>
#include <numeric>

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
  first_by_callee_.assign(profile.functions.size() + 1, 0);
  for (const Call& c : profile.calls) ++first_by_callee_[index(c.callee) + 1];
  std::partial_sum(first_by_callee_.begin(), first_by_callee_.end(), first_by_callee_.begin());
  by_callee_.resize(profile.calls.size());
  std::vector<std::uint32_t> next(first_by_callee_.begin(), first_by_callee_.end() - 1);
  for (std::size_t i = 0; i < profile.calls.size(); ++i)
    by_callee_[next[index(profile.calls[i].callee)]++] = static_cast<std::uint32_t>(i);
}

}  // namespace profconv
