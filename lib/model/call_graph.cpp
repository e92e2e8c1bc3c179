#include "model/call_graph.hpp"

#include <algorithm>
#include <numeric>

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
  const std::size_t functions = profile.functions.size();
  first_call_.assign(functions + 1, 0);
  first_by_callee_.assign(functions + 1, 0);
  for (const Call& c : profile.calls) {
    ++first_call_[index(c.caller) + 1];
    ++first_by_callee_[index(c.callee) + 1];
  }
  std::partial_sum(first_call_.begin(), first_call_.end(), first_call_.begin());
  std::partial_sum(first_by_callee_.begin(), first_by_callee_.end(), first_by_callee_.begin());

  by_callee_.resize(profile.calls.size());
  std::vector<std::size_t> next(first_by_callee_.begin(), first_by_callee_.end() - 1);
  for (std::size_t i = 0; i < profile.calls.size(); ++i)
    by_callee_[next[index(profile.calls[i].callee)]++] = static_cast<std::uint32_t>(i);

  find_components(profile);
}

// Tarjan's algorithm with a stack of its own: a chain of 100,000 calls must not need 100,000 stack frames.
void CallGraph::find_components(const Profile& profile) {
  constexpr std::uint32_t unvisited = 0;
  const std::size_t n = profile.functions.size();
  std::vector<std::uint32_t> order(n, unvisited), low(n, 0);
  std::vector<std::uint32_t> open;  // visited, component not yet known
  struct Visit {
    std::uint32_t function;
    std::size_t next_call;
  };
  std::vector<Visit> path;
  constexpr std::uint32_t unknown = 0xffffffff;
  component_.assign(n, unknown);
  std::uint32_t visited = 0;

  const auto enter = [&](std::uint32_t f) {
    order[f] = low[f] = ++visited;
    open.push_back(f);
    path.push_back({f, first_call_[f]});
  };
  for (std::uint32_t start = 0; start < n; ++start) {
    if (order[start] != unvisited) continue;
    enter(start);
    while (!path.empty()) {
      const std::uint32_t f = path.back().function;
      if (path.back().next_call < first_call_[f + 1]) {
        const std::size_t call = path.back().next_call++;
        if (carries_nothing(profile, call)) continue;
        const auto callee = static_cast<std::uint32_t>(profile.calls[call].callee);
        if (order[callee] == unvisited) {
          enter(callee);
        } else if (component_[callee] == unknown) {
          low[f] = std::min(low[f], order[callee]);
        }
        continue;
      }
      path.pop_back();
      if (!path.empty()) low[path.back().function] = std::min(low[path.back().function], low[f]);
      if (low[f] != order[f]) continue;
      const auto number = static_cast<std::uint32_t>(component_size_.size());
      component_size_.push_back(0);
      std::uint32_t member = 0;
      do {
        member = open.back();
        open.pop_back();
        component_[member] = number;
        ++component_size_[number];
      } while (member != f);
    }
  }
}

}  // namespace profconv
