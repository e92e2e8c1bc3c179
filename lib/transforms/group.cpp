#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/diagnostics.hpp>
#include <profconv/transforms.hpp>

#include "base/counted.hpp"
#include "base/wide_int.hpp"
#include "model/call_graph.hpp"
#include "model/call_totals.hpp"
#include "model/call_tree.hpp"
#include "model/calls_to.hpp"
#include "model/from_stacks.hpp"
#include "model/modules.hpp"
#include "model/shares.hpp"
#include "transforms/rebuild.hpp"
#include "transforms/stack_rebuild.hpp"

namespace profconv {
namespace {

// A frame that stands for a thread or a process, as py-spy and `select_samples` name them.
bool stands_for_thread(std::string_view name) { return name.starts_with("thread (") || name.starts_with("process "); }

// In `made` where the profile has no such text.
FunctionKey group_key(const Profile& p, const Modules& modules, const Function& f, GroupBy by, std::string& made) {
  if (index(f.file) == 0 && stands_for_thread(p.text(f.name))) return {.name = p.text(f.name)};
  switch (by) {
    case GroupBy::function: break;
    case GroupBy::file: return {.name = index(f.file) == 0 ? Modules::unknown : p.text(f.file), .file = p.text(f.file)};
    case GroupBy::module: return {.name = made = modules.module(f.file), .file = p.text(f.file)};
    case GroupBy::package: return {.name = modules.package(f.file)};
  }
  return {.name = p.text(f.name)};
}

/// What enters each group from outside, in the result's numbering of functions.
class Entries {
 public:
  Entries(const Profile& profile, const Rebuild& result, std::size_t groups)
      : p_(profile),
        result_(result),
        graph_(profile),
        calls_to_(profile),
        totals_(profile),
        calls_(groups, 0),
        costs_(groups * profile.metrics.size(), 0) {
    for (std::uint32_t i = 0; i < p_.functions.size(); ++i) add_uncalled(FunctionId{i});
    for (std::size_t i = 0; i < p_.calls.size(); ++i) {
      const FunctionId to = result_[p_.calls[i].callee];
      if (result_[p_.calls[i].caller] == to) continue;
      if (!p_.call_counts.empty()) calls_[index(to)] += std::max<std::int64_t>(p_.call_counts[i].calls, 0);
      for (std::size_t m = 0; m < metrics(); ++m) cost(to, m) += std::max<std::int64_t>(totals_.row(i)[m], 0);
    }
  }

  const CallTotals& totals() const { return totals_; }
  std::int64_t calls(FunctionId group) const {
    return clamped(calls_[index(group)], std::numeric_limits<std::int64_t>::max());
  }
  std::int64_t total(FunctionId group, std::size_t m, std::int64_t most) const {
    return clamped(costs_[index(group) * metrics() + m], most);
  }

 private:
  std::size_t metrics() const { return p_.metrics.size(); }
  WideInt& cost(FunctionId group, std::size_t m) { return costs_[index(group) * metrics() + m]; }
  static std::int64_t clamped(WideInt value, std::int64_t most) {
    return value < most ? static_cast<std::int64_t>(value) : most;
  }

  void add_uncalled(FunctionId function) {
    const std::size_t f = index(function);
    const bool calls_are_counted = !p_.call_counts.empty() || p_.calls.empty();
    bool counted = !p_.counts.empty() && calls_are_counted && p_.counts[f].calls != not_counted;
    WideInt calls = counted ? p_.counts[f].calls : 0;
    for (const std::uint32_t i : calls_to_[function]) {
      counted = counted && p_.call_counts[i].calls != not_counted;
      if (counted) calls -= p_.call_counts[i].calls;
    }
    if (counted && calls <= 0) return;
    if (counted) calls_[index(result_[function])] += calls;
    if (p_.total.empty() || (!counted && graph_.in_cycle(function))) return;
    // If that many were made while no other was active, they took all of its time: that of others is inside theirs.
    const bool is_all = counted && p_.counts[f].primitive != not_counted && calls >= p_.counts[f].primitive;
    for (std::size_t m = 0; m < metrics(); ++m) {
      WideInt rest = p_.total.at(f, m);
      for (const std::uint32_t i : calls_to_[function]) {
        if (!is_all && p_.calls[i].caller != function) rest -= totals_.row(i)[m];
      }
      if (rest > 0) cost(result_[function], m) += rest;
    }
  }

  const Profile& p_;
  const Rebuild& result_;
  CallGraph graph_;
  CallsTo calls_to_;
  CallTotals totals_;
  std::vector<WideInt> calls_, costs_;
};

// Per group and metric: what it costs itself, or the costliest of its functions.
std::vector<std::int64_t> least_totals(const Profile& p, const Rebuild& result, std::size_t groups) {
  const std::size_t metrics = p.metrics.size();
  std::vector<std::int64_t> self(groups * metrics, 0), least(groups * metrics, 0);
  for (std::uint32_t i = 0; i < p.functions.size(); ++i) {
    const std::size_t begin = index(result[FunctionId{i}]) * metrics;
    for (std::size_t m = 0; m < metrics; ++m) {
      if (!p.self.empty() && p.metrics[m].combine != Combine::max) self[begin + m] += p.self.at(i, m);
      if (!p.total.empty()) least[begin + m] = std::max(least[begin + m], p.total.at(i, m));
    }
  }
  for (std::size_t i = 0; i < least.size(); ++i) least[i] = std::max(least[i], self[i]);
  return least;
}

// Per group and metric: what paths cost from where they enter the group for the first time, in the tree that the calls
// suggest.
std::vector<WideInt> costs_of_first_entries(const Profile& p, const Rebuild& result, std::size_t groups) {
  const std::size_t metrics = p.metrics.size();
  std::vector<WideInt> costs(groups * metrics, 0);
  const CallTree tree = estimate_call_tree(p, {.metric = main_metric(p)});
  std::vector<std::size_t> path;  // of groups
  std::vector<std::uint32_t> on_path(groups, 0);
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    for (; path.size() > tree.nodes[i].depth; path.pop_back()) --on_path[path.back()];
    const std::size_t g = index(result[tree.nodes[i].function]);
    for (std::size_t m = 0; m < metrics && on_path[g] == 0; ++m) costs[g * metrics + m] += tree.total.at(i, m);
    path.push_back(g);
    ++on_path[g];
  }
  return costs;
}

// Calls between groups of one circle are in each other: their costs together are no cost, but no call takes longer than
// its caller or callee.
void bound_calls(const CallGraph& graph, Profile& grouped) {
  if (grouped.call_total.empty()) return;
  grouped.call_estimated.resize(grouped.calls.size(), 0);
  for (std::size_t i = 0; i < grouped.calls.size(); ++i) {
    const Call& call = grouped.calls[i];
    if (graph.component(call.caller) != graph.component(call.callee)) continue;
    grouped.call_estimated[i] = 1;
    for (std::size_t m = 0; m < grouped.metrics.size(); ++m) {
      if (grouped.metrics[m].combine == Combine::max) continue;
      std::int64_t& total = grouped.call_total.at(i, m);
      total = std::min({total, grouped.total.at(index(call.caller), m), grouped.total.at(index(call.callee), m)});
    }
  }
}

// The inclusive cost of a group that calls itself by way of others: the sum of what enters it counts much twice. It is
// no more than that, and no less than `least`.
void estimate_circles(const Profile& p, const Rebuild& result, const std::vector<std::int64_t>& least,
                      Profile& grouped) {
  const std::size_t groups = grouped.functions.size(), metrics = p.metrics.size();
  const CallGraph graph(grouped);
  std::vector<FunctionId> circles;
  for (std::uint32_t g = 0; g < groups; ++g) {
    if (graph.in_cycle(FunctionId{g})) circles.push_back(FunctionId{g});
  }
  if (circles.empty() || grouped.total.empty()) return;
  const std::vector<WideInt> costs = costs_of_first_entries(p, result, groups);
  for (const FunctionId g : circles) {
    for (std::size_t m = 0; m < metrics; ++m) {
      if (p.metrics[m].combine == Combine::max || p.text(p.metrics[m].name) == hits_metric.name) continue;
      std::int64_t& total = grouped.total.at(index(g), m);
      const WideInt estimate = std::max<WideInt>(costs[index(g) * metrics + m], least[index(g) * metrics + m]);
      if (estimate < total) total = static_cast<std::int64_t>(estimate);
    }
  }
  bound_calls(graph, grouped);
}

}  // namespace

Profile group(Profile&& profile, GroupBy by, Diagnostics& diagnostics) {
  if (by == GroupBy::function) return std::move(profile);
  const Profile& p = profile;
  const Modules modules(p);
  std::string made;
  if (follows_from_stacks(p)) {
    Profile grouped = group_stacks(
        p, [&](const Function& f) { return group_key(p, modules, f, by, made); }, by == GroupBy::file);
    diagnostics.note(
        {}, {},
        "made " + counted(grouped.functions.size(), "group") + " of " + counted(p.functions.size(), "function"));
    return grouped;
  }
  Rebuild result(p);
  for (std::uint32_t i = 0; i < p.functions.size(); ++i)
    result.add_function(FunctionId{i}, group_key(p, modules, p.functions[i], by, made));
  ProfileBuilder& builder = result.builder();
  const std::size_t groups = builder.function_count();
  const Entries entries(p, result, groups);

  for (std::uint32_t i = 0; i < p.functions.size(); ++i) {
    const FunctionId f{i};
    if (!p.self.empty()) builder.add_self(result[f], p.self.row(i));
    if (by == GroupBy::file) {
      result.add_lines(f);
      result.add_missing_lines(f);
    }
  }
  // The bounds of a group's inclusive cost: `least`, and the whole.
  const std::vector<std::int64_t> least = least_totals(p, result, groups);
  std::vector<std::int64_t> total(p.metrics.size()), wholes;
  for (std::size_t m = 0; m < p.metrics.size(); ++m) wholes.push_back(Shares(p, m).whole());
  for (std::uint32_t g = 0; g < groups; ++g) {
    const FunctionId to{g};
    if (!p.counts.empty()) builder.add_counts(to, {entries.calls(to), entries.calls(to)});
    for (std::size_t m = 0; m < total.size(); ++m) {
      const bool gauge = p.metrics[m].combine == Combine::max;
      total[m] = gauge ? 0 : entries.total(to, m, wholes[m]);
      total[m] = std::max(total[m], least[g * total.size() + m]);
    }
    if (!p.total.empty()) builder.add_total(to, total);
  }
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    const FunctionId from = result[p.calls[i].caller], to = result[p.calls[i].callee];
    if (from == to) continue;
    const std::uint32_t line = by == GroupBy::file ? p.calls[i].line : 0;
    const bool known = !p.call_total.empty() || !p.total.empty();
    builder.add_call({from, to, line}, p.call_counts.empty() ? Counts{} : p.call_counts[i], {},
                     known ? entries.totals().row(i) : std::span<const std::int64_t>{}, p.is_share(i));
  }
  diagnostics.note({}, {}, "made " + counted(groups, "group") + " of " + counted(p.functions.size(), "function"));
  Profile grouped = std::move(builder).finish();
  estimate_circles(p, result, least, grouped);
  return grouped;
}

}  // namespace profconv
