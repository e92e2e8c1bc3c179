#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace profconv {

/// Which functions reach each other: the strongly connected components of a graph of calls.
struct Components {
  static constexpr std::uint32_t leads_nowhere = 0xffffffff;

  std::vector<std::uint32_t> of;    ///< Per function; in reverse topological order: callees before callers.
  std::vector<std::uint32_t> size;  ///< Per component: its functions.

  Components() = default;
  /// The calls of function f are those numbered from `first_call[f]` to before `first_call[f + 1]`; `callee_of(call)`
  /// is the function that one leads to, or `leads_nowhere`.
  template <class CalleeOf>
  Components(const std::vector<std::uint32_t>& first_call, CalleeOf callee_of);
};

// Tarjan's algorithm with a stack of its own: a chain of 100,000 calls must not need 100,000 stack frames.
template <class CalleeOf>
Components::Components(const std::vector<std::uint32_t>& first_call, CalleeOf callee_of) {
  constexpr std::uint32_t unvisited = 0, unknown = 0xffffffff;
  const std::size_t n = first_call.size() - 1;
  std::vector<std::uint32_t> order(n, unvisited), low(n, 0);
  std::vector<std::uint32_t> open;  // visited, component not yet known
  struct Visit {
    std::uint32_t function, next_call;
  };
  std::vector<Visit> path;
  of.assign(n, unknown);
  std::uint32_t visited = 0;

  const auto enter = [&](std::uint32_t f) {
    order[f] = low[f] = ++visited;
    open.push_back(f);
    path.push_back({f, first_call[f]});
  };
  for (std::uint32_t start = 0; start < n; ++start) {
    if (order[start] != unvisited) continue;
    enter(start);
    while (!path.empty()) {
      const std::uint32_t f = path.back().function;
      if (path.back().next_call < first_call[f + 1]) {
        const std::uint32_t callee = callee_of(path.back().next_call++);
        if (callee == leads_nowhere) continue;
        if (order[callee] == unvisited) {
          enter(callee);
        } else if (of[callee] == unknown) {
          low[f] = std::min(low[f], order[callee]);
        }
        continue;
      }
      path.pop_back();
      if (!path.empty()) low[path.back().function] = std::min(low[path.back().function], low[f]);
      if (low[f] != order[f]) continue;
      const auto number = static_cast<std::uint32_t>(size.size());
      size.push_back(0);
      std::uint32_t member = 0;
      do {
        member = open.back();
        open.pop_back();
        of[member] = number;
        ++size[number];
      } while (member != f);
    }
  }
}

}  // namespace profconv
