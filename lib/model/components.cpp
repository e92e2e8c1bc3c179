#include "model/components.hpp"

#include <algorithm>

#include "base/prefetch.hpp"

namespace profconv {

// Tarjan's algorithm in the form of Pearce ("A space-efficient algorithm for finding strongly connected components",
// 2016), with a stack of its own: a chain of 100,000 calls must not need 100,000 stack frames. One number per function
// says all, so that a call is one look at its callee: 0 before it is visited; then the number of the earliest visited
// function that is known to be reached from it; and from the top down the component, once that is known, which is above
// all others.
Components::Components(std::span<const std::uint32_t> first_call, std::span<const std::uint32_t> leads_to) {
  const auto n = static_cast<std::uint32_t>(first_call.size() - 1);
  struct Visit {
    std::uint32_t function, next_call, order;
  };
  std::vector<Visit> path;
  std::vector<std::uint32_t> open;  // left, component not yet known
  of.assign(n, 0);
  std::uint32_t visited = 0;  // that are open or on the path
  const auto enter = [&](std::uint32_t f) {
    of[f] = ++visited;
    path.push_back({f, first_call[f], visited});
    // Callees are anywhere in memory: those looked at next are fetched together.
    constexpr std::uint32_t most = 12;
    for (const std::uint32_t callee :
         leads_to.subspan(first_call[f], std::min(most, first_call[f + 1] - first_call[f]))) {
      if (callee == leads_nowhere) continue;
      prefetch(&of[callee]);
      prefetch(&first_call[callee]);
    }
  };
  const auto close = [&](std::uint32_t f) {
    const auto number = static_cast<std::uint32_t>(size.size());
    size.push_back(1);
    --visited;
    for (; !open.empty() && of[open.back()] >= of[f]; open.pop_back()) {
      of[open.back()] = n + 1 - number;
      ++size[number];
      --visited;
    }
    of[f] = n + 1 - number;
  };
  for (std::uint32_t start = 0; start < n; ++start) {
    if (of[start] != 0) continue;
    enter(start);
    while (!path.empty()) {
      Visit& visit = path.back();
      const std::uint32_t f = visit.function;
      std::uint32_t earliest = of[f], unvisited = leads_nowhere;
      for (const std::uint32_t end = first_call[f + 1]; visit.next_call < end;) {
        const std::uint32_t callee = leads_to[visit.next_call++];
        if (callee == leads_nowhere) continue;
        if (of[callee] == 0) {
          unvisited = callee;
          break;
        }
        earliest = std::min(earliest, of[callee]);
      }
      of[f] = earliest;
      if (unvisited != leads_nowhere) {
        enter(unvisited);
        continue;
      }
      if (earliest == visit.order) {
        close(f);
      } else {
        open.push_back(f);
      }
      path.pop_back();
      if (!path.empty()) of[path.back().function] = std::min(of[path.back().function], of[f]);
    }
  }
  for (std::uint32_t& number : of) number = n + 1 - number;
}

}  // namespace profconv
