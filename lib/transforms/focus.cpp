#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <profconv/diagnostics.hpp>
#include <profconv/transforms.hpp>

#include "base/counted.hpp"
#include "base/pattern.hpp"
#include "model/call_graph.hpp"
#include "model/calls_to.hpp"
#include "model/from_stacks.hpp"
#include "model/searched_text.hpp"
#include "transforms/rebuild.hpp"
#include "transforms/stack_rebuild.hpp"

namespace profconv {
namespace {

using Marks = std::vector<bool>;  // one per function

Marks matches(const Profile& p, const std::vector<std::string>& expressions) {
  std::vector<Pattern> patterns;
  patterns.reserve(expressions.size());
  for (const std::string& expression : expressions) patterns.push_back(Pattern::regex(expression));
  Marks marks(p.functions.size(), false);
  for (std::size_t i = 0; i < marks.size(); ++i) marks[i] = any_matches(patterns, searched_text(p, p.functions[i]));
  return marks;
}

/// The calls of a profile, both ways.
struct Graph {
  const Profile& profile;
  CallGraph callees;
  CallsTo callers;

  explicit Graph(const Profile& p) : profile(p), callees(p), callers(p) {}
};

enum class Way : std::uint8_t { to_callees, to_callers };

// Marks what can be reached from the marked functions without entering those of `barred`.
void spread(const Graph& g, Way way, const Marks& barred, Marks& marks) {
  std::vector<FunctionId> open;
  for (std::uint32_t f = 0; f < marks.size(); ++f) {
    if (marks[f]) open.push_back(FunctionId{f});
  }
  const auto enter = [&](FunctionId f) {
    if (marks[index(f)] || barred[index(f)]) return;
    marks[index(f)] = true;
    open.push_back(f);
  };
  while (!open.empty()) {
    const FunctionId f = open.back();
    open.pop_back();
    if (way == Way::to_callees) {
      const CallGraph::Range calls = g.callees.calls_from(f);
      for (std::size_t i = calls.begin; i < calls.end; ++i) enter(g.profile.calls[i].callee);
    } else {
      for (const std::uint32_t i : g.callers[f]) enter(g.profile.calls[i].caller);
    }
  }
}

// Functions where the program's stacks begin: called without a recorded caller; in a circle that nothing leads to all,
// where counts do not tell which.
Marks roots(const Graph& g) {
  const Profile& p = g.profile;
  const CallGraph& graph = g.callees;
  Marks marks(p.functions.size(), false);
  std::vector<bool> entered(graph.components(), false);
  for (const Call& c : p.calls) {
    if (graph.component(c.caller) != graph.component(c.callee)) entered[graph.component(c.callee)] = true;
  }
  for (std::uint32_t f = 0; f < marks.size(); ++f) {
    if (p.counts.empty() || p.call_counts.empty() || p.counts[f].calls == not_counted) continue;
    std::int64_t uncalled = p.counts[f].calls;
    for (const std::uint32_t call : g.callers[FunctionId{f}])
      uncalled -= std::max<std::int64_t>(p.call_counts[call].calls, 0);
    marks[f] = uncalled > 0;
  }
  for (std::uint32_t f = 0; f < marks.size(); ++f) {
    if (marks[f]) entered[graph.component(FunctionId{f})] = true;
  }
  for (std::uint32_t f = 0; f < marks.size(); ++f) marks[f] = marks[f] || !entered[graph.component(FunctionId{f})];
  return marks;
}

// Drops the marked functions and what only they lead to.
void ignore(const Graph& g, const Marks& matched, Marks& kept) {
  Marks reached = roots(g);
  for (std::size_t f = 0; f < matched.size(); ++f) reached[f] = reached[f] && !matched[f];
  spread(g, Way::to_callees, matched, reached);
  kept = std::move(reached);
}

Profile focus_on_stacks(const Profile& p, const FocusOptions& options, Diagnostics& diagnostics) {
  const Marks all(p.functions.size(), true), none(p.functions.size(), false);
  Profile result = focus_stacks(p, options.focus.empty() ? all : matches(p, options.focus),
                                options.ignore.empty() ? none : matches(p, options.ignore));
  diagnostics.note({}, {},
                   "focus and ignore dropped " + std::to_string(p.samples.size() - result.samples.size()) + " of " +
                       counted(p.samples.size(), "stack"));
  if (result.samples.empty()) diagnostics.warn({}, {}, "focus and ignore left nothing");
  return result;
}

}  // namespace

Profile focus(Profile&& profile, const FocusOptions& options, Diagnostics& diagnostics) {
  if (!options.any()) return std::move(profile);
  warn_of_unknown_functions(profile, options.focus, diagnostics);
  warn_of_unknown_functions(profile, options.ignore, diagnostics);
  if (follows_from_stacks(profile)) return focus_on_stacks(profile, options, diagnostics);
  const Graph graph(profile);
  const std::size_t n = profile.functions.size();
  Marks kept(n, true);
  if (!options.ignore.empty()) ignore(graph, matches(profile, options.ignore), kept);

  // A call is on a path through a match if its callee leads to one, or its caller comes from one.
  Marks above(n, true), below(n, true);
  if (!options.focus.empty()) {
    Marks matched = matches(profile, options.focus);
    Marks barred(n);
    for (std::size_t f = 0; f < n; ++f) {
      matched[f] = matched[f] && kept[f];
      barred[f] = !kept[f];
    }
    above = below = matched;
    spread(graph, Way::to_callers, barred, above);
    spread(graph, Way::to_callees, barred, below);
    for (std::size_t f = 0; f < n; ++f) kept[f] = above[f] || below[f];
  }
  std::vector<bool> calls(profile.calls.size());
  std::size_t dropped_functions = 0, dropped_calls = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Call& c = profile.calls[i];
    calls[i] = kept[index(c.caller)] && kept[index(c.callee)] && (above[index(c.callee)] || below[index(c.caller)]);
    if (!calls[i]) ++dropped_calls;
  }
  for (std::size_t f = 0; f < n; ++f) {
    if (!kept[f]) ++dropped_functions;
  }
  if (dropped_functions == 0 && dropped_calls == 0) return std::move(profile);
  diagnostics.note({}, {},
                   "focus and ignore dropped " + std::to_string(dropped_functions) + " of " + counted(n, "function") +
                       " and " + std::to_string(dropped_calls) + " of " + counted(calls.size(), "call"));
  if (dropped_functions == n) diagnostics.warn({}, {}, "focus and ignore left nothing");
  return keep(profile, kept, calls);
}

}  // namespace profconv
