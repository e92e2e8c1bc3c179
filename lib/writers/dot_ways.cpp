#include "writers/dot_ways.hpp"

#include <cstddef>
#include <queue>
#include <tuple>

#include "base/group_rows.hpp"

namespace profconv {

// Prim's algorithm: the costliest call that leads on from what is reached is taken next. Of equal ones the one with the
// fewest calls before it, then by `order`, so that nothing depends on ids.
std::vector<std::uint32_t> costliest_callers(const std::vector<DotGraph::Edge>& edges,
                                             const std::vector<std::uint32_t>& order,
                                             const std::vector<bool>& is_start) {
  struct Step {
    std::uint32_t edge, level;
  };
  const std::size_t functions = is_start.size();
  std::vector<std::uint32_t> first, by_caller;
  group_rows(
      edges.size(), functions, [&](std::uint32_t e) { return edges[e].from; }, first, by_caller);
  std::vector<std::uint32_t> rank(functions);
  for (std::uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;

  const auto key = [&](const Step& step) {
    const DotGraph::Edge& e = edges[step.edge];
    return std::tuple(-e.share, step.level, rank[e.from], rank[e.to]);
  };
  const auto is_later = [&](const Step& a, const Step& b) { return key(a) > key(b); };
  std::priority_queue<Step, std::vector<Step>, decltype(is_later)> steps(is_later);
  std::vector<std::uint32_t> callers(functions, no_caller);
  std::vector<bool> reached(functions, false);
  const auto reach = [&](std::uint32_t f, std::uint32_t level) {
    reached[f] = true;
    for (std::uint32_t k = first[f]; k < first[f + 1]; ++k) {
      if (!reached[edges[by_caller[k]].to]) steps.push({by_caller[k], level + 1});
    }
  };
  const auto go_on = [&] {
    while (!steps.empty()) {
      const Step step = steps.top();
      steps.pop();
      const DotGraph::Edge& e = edges[step.edge];
      if (reached[e.to]) continue;
      callers[e.to] = e.from;
      reach(e.to, step.level);
    }
  };
  for (const std::uint32_t f : order) {
    if (is_start[f]) reach(f, 0);
  }
  go_on();
  for (const std::uint32_t f : order) {
    if (reached[f]) continue;
    reach(f, 0);
    go_on();
  }
  return callers;
}

}  // namespace profconv
