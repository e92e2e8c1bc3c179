#include "writers/callgrind_balance.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/first_touch.hpp"
#include "base/parallel.hpp"
#include "base/release.hpp"
#include "model/from_stacks.hpp"

namespace profconv {

void CallgrindBalance::copy_costs() {
  const std::size_t calls = p_.calls.size(), columns = columns_.size();
  const std::span<const std::size_t> metrics = columns_.metrics();
  costs_ = std::make_unique_for_overwrite<std::int64_t[]>(calls * columns);
  run_on_stretches(calls, [&](std::size_t begin, std::size_t end) {
    std::int64_t* out = costs_.get() + begin * columns;
    for (std::size_t call = begin; call < end; ++call) {
      const std::span<const std::int64_t> row = totals_.row(call);
      for (const std::size_t metric : metrics) *out++ = std::max<std::int64_t>(row[metric], 0);
    }
  });
}

// In the order of the calls, so that only the callee's row is somewhere else in memory.
void CallgrindBalance::sum_incoming() {
  const std::size_t functions = p_.functions.size();
  called_.resize(functions);
  resize_on_cores(outside_, functions);
  for (std::uint32_t f = 0; f < functions; ++f) called_[f].component = graph_.component(FunctionId{f});
  more_outside_sums_.resize(functions * (columns_.size() - 1));
  // Of some calls at a time first what all are asked for, then what those from outside are: which ones these are nobody
  // could foresee.
  std::array<std::uint32_t, 1024> from_outside;
  const std::size_t calls = p_.calls.size();
  bool all_were_made = true;
  for (std::size_t begin = 0; begin < calls; begin += from_outside.size()) {
    const std::size_t end = std::min(begin + from_outside.size(), calls);
    std::size_t found = 0;
    for (std::size_t call = begin; call < end; ++call) {
      constexpr std::size_t ahead = 16;  // what the calls so many places on will look at is fetched meanwhile
      profconv::prefetch(&called_[index(p_.calls[std::min(call + ahead, calls - 1)].callee)]);
      const Call& c = p_.calls[call];
      Called& called = called_[index(c.callee)];
      add_count(called, count(call));
      all_were_made &= count(call) != 0;
      // What comes from the function's own cycle is inside another call already.
      from_outside[found] = static_cast<std::uint32_t>(call);
      found += graph_.component(c.caller) != called.component ? 1U : 0U;
    }
    for (std::size_t i = 0; i < found; ++i) {
      constexpr std::size_t ahead = 8;
      profconv::prefetch(&outside_[index(p_.calls[from_outside[std::min(i + ahead, found - 1)]].callee)]);
      add_from_outside(from_outside[i]);
    }
  }
  all_are_written_ = all_were_made;
}

[[gnu::always_inline]] inline void CallgrindBalance::add_count(Called& called, std::int64_t count) noexcept {
  if (count == not_counted) called.counts = Called::not_all_counted;
  if (called.counts != Called::not_all_counted && __builtin_add_overflow(called.counts, count, &called.counts))
    called.counts = std::numeric_limits<std::int64_t>::max();
}

[[gnu::always_inline]] inline void CallgrindBalance::add_from_outside(std::uint32_t call) {
  const std::size_t callee = index(p_.calls[call].callee);
  const std::span<const std::int64_t> costs = cost(call);
  if (count(call) == 0 && is_zero(costs)) return;  // is not written
  Outside& outside = outside_[callee];
  outside.sum += costs[0];
  for (std::size_t i = 1; i < costs.size(); ++i) more_outside_sums_[callee * (costs.size() - 1) + i - 1] += costs[i];
  ++outside.calls;
  if (costs[0] > outside.highest) {
    outside.highest = costs[0];
    outside.costliest = call;
  }
}

void CallgrindBalance::balance(bool root) {
  if (columns_.empty()) return;
  copy_costs();
  sum_incoming();
  if (follows_from_stacks(p_)) {
    if (root) add_outermost();
    return;
  }
  for (std::uint32_t f = 0; f < p_.functions.size(); ++f) balance(FunctionId{f}, root);
  release(called_);
  release(outside_);
  release(more_outside_sums_);
}

// Stacks say what was called by nobody: the outermost frames. A stack counts once for a caller and callee, and enters a
// function (or the circle that it is in) once, so calls and the root's calls add up as they are. A sample or two that
// they differ by is no rounding.
void CallgrindBalance::add_outermost() {
  const CostTable costs = costs_as_outermost(p_);
  std::vector<bool> is_outermost(p_.functions.size(), false);
  for (const Node& node : p_.nodes) {
    if (node.parent == no_parent) is_outermost[index(node.function)] = true;
  }
  for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
    if (is_outermost[f]) add_root_call(FunctionId{f}, 0, columns_.clamped(costs.row(f)));
  }
}

void CallgrindBalance::add_root_call(FunctionId callee, std::int64_t count, const CallgrindCosts& cost) {
  root_calls_.push_back({callee, static_cast<std::uint32_t>(root_calls_.size()), count});
  const std::span<const std::int64_t> written = columns_.written(cost);
  root_costs_.insert(root_costs_.end(), written.begin(), written.end());
}

// They were found in the order of the tables.
void CallgrindBalance::order_root_calls(std::span<const FunctionId> functions) {
  if (columns_.empty()) return;
  std::vector<std::uint32_t> call_of(p_.functions.size(), no_call);
  for (std::uint32_t i = 0; i < root_calls_.size(); ++i) call_of[index(root_calls_[i].callee)] = i;
  std::vector<RootCall> ordered;
  ordered.reserve(root_calls_.size());
  for (const FunctionId f : functions) {
    if (const std::uint32_t call = call_of[index(f)]; call != no_call) ordered.push_back(root_calls_[call]);
  }
  root_calls_ = std::move(ordered);
  bound_calls_into_cycles(functions);
  reach_all_cycles(functions);
}

// Makes the calls to a function add up to its inclusive cost.
void CallgrindBalance::balance(FunctionId function, bool root) {
  const std::size_t f = index(function);
  const Called& called = called_[f];
  const Outside& outside = outside_[f];
  const bool cycle = graph_.in_cycle(function);
  const bool counted =
      called.counts != Called::not_all_counted && !p_.counts.empty() && p_.counts[f].calls != not_counted;
  const std::int64_t uncalled = counted ? std::max<std::int64_t>(p_.counts[f].calls - called.counts, 0) : 0;
  if (p_.total.empty()) {  // the source knows no inclusive costs
    if (root && (uncalled > 0 || calls_to(function).empty())) add_root_call(function, uncalled, {});
    return;
  }

  const CallgrindCosts total = columns_.clamped(p_.total.row(f));
  CallgrindCosts uncovered{};
  bool needs_root = uncalled > 0;
  std::array<bool, most_callgrind_events> overfull{};
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const WideInt difference = total[i] - outside_sum(f, i);
    // each edge was rounded by half a unit, and the total too
    const WideInt edges = outside.calls;
    const bool rounding = difference >= -edges && difference <= edges;
    if (difference == 0) continue;
    if (!cycle && rounding && (uncalled == 0 || difference < 0) && cost(outside.costliest)[i] + difference >= 0) {
      cost(outside.costliest)[i] += static_cast<std::int64_t>(difference);
    } else if (difference > 0) {
      uncovered[i] = static_cast<std::int64_t>(difference);
      if (!cycle) needs_root = true;
    } else if (!cycle) {
      overfull[i] = true;
    }
  }
  if (std::ranges::count(overfull, true) != 0) {
    scale_calls(function, total, overfull);
    ++overfull_;
  }
  if (root && needs_root && !(counted && is_inside(function))) add_root_call(function, uncalled, uncovered);
}

std::span<const std::uint32_t> CallgrindBalance::calls_to(FunctionId callee) {
  if (!calls_to_) calls_to_.emplace(p_);
  return (*calls_to_)[callee];
}

// What is left of a function whose callers were told apart may have callers that nobody recorded. It was never called
// as far as counts tell, and its time is inside that of others: the root would have it twice. Readers take its self
// cost and the calls that it makes, where that says the same.
bool CallgrindBalance::is_inside(FunctionId function) const {
  const std::size_t f = index(function);
  const CallGraph::Range calls = graph_.calls_from(function);
  if (p_.counts[f].calls != 0 || outside_[f].calls != 0 || p_.self.empty() || calls.begin == calls.end) return false;
  const CallgrindCosts self = columns_.clamped(p_.self.row(f)), total = columns_.clamped(p_.total.row(f));
  WideCosts left{};
  for (std::size_t i = 0; i < columns_.size(); ++i) left[i] = static_cast<WideInt>(total[i]) - self[i];
  for (std::size_t call = calls.begin; call < calls.end; ++call) {
    for (std::size_t i = 0; i < columns_.size(); ++i) left[i] -= cost(call)[i];
  }
  return left == WideCosts{};
}

// cProfile adds up what functions of one label did (two lambdas on a line): calls may then cost more than their callee.
// The callee's time is right; each call gets its share of it, in whole units that add up.
void CallgrindBalance::scale_calls(FunctionId callee, const CallgrindCosts& total, std::span<const bool> columns) {
  WideCosts sum{};
  for (std::size_t i = 0; i < columns_.size(); ++i) sum[i] = outside_sum(index(callee), i);
  WideCosts passed{};
  for (const std::uint32_t call : calls_to(callee)) {
    if (p_.calls[call].caller == callee) continue;
    const std::span<std::int64_t> costs = cost(call);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!columns[i]) continue;
      // Two factors of 64 bits each fit; a sum beyond them is cut down together with its parts.
      const int shift = sum[i] > (WideInt{1} << 63) ? 32 : 0;
      const auto share = [&](WideInt part) {
        return static_cast<std::int64_t>(total[i] * (part >> shift) / (sum[i] >> shift));
      };
      const std::int64_t before = share(passed[i]);
      passed[i] += costs[i];
      costs[i] = share(passed[i]) - before;
    }
  }
}

// Time in a cycle is shared by its functions. What the root's calls into it cost together is no more than what the
// cycle costs (its self costs and the calls that leave it) less the calls into it from elsewhere.
void CallgrindBalance::bound_calls_into_cycles(std::span<const FunctionId> functions) {
  std::vector<std::size_t> into_cycles;
  for (std::size_t i = 0; i < root_calls_.size(); ++i) {
    if (graph_.in_cycle(root_calls_[i].callee)) into_cycles.push_back(i);
  }
  if (into_cycles.empty()) return;
  std::vector<WideCosts> left(graph_.components());  // per component: cost that nothing accounts for
  for (const FunctionId function : functions) {
    if (p_.self.empty() || !graph_.in_cycle(function)) continue;
    const CallgrindCosts self = columns_.clamped(p_.self.row(index(function)));
    for (std::size_t m = 0; m < columns_.size(); ++m) left[graph_.component(function)][m] += self[m];
  }
  for (std::uint32_t call = 0; call < p_.calls.size(); ++call) {
    const std::uint32_t from = graph_.component(p_.calls[call].caller), to = graph_.component(p_.calls[call].callee);
    if (from == to) continue;
    const std::span<const std::int64_t> costs = cost(call);
    for (std::size_t m = 0; m < columns_.size(); ++m) {
      left[from][m] += costs[m];
      left[to][m] -= costs[m];
    }
  }
  for (const std::size_t i : into_cycles) {
    auto& rest = left[graph_.component(root_calls_[i].callee)];
    for (std::size_t m = 0; m < columns_.size(); ++m) {
      std::int64_t& cost = root_costs_[root_calls_[i].row * columns_.size() + m];
      cost = static_cast<std::int64_t>(std::clamp<WideInt>(rest[m], 0, cost));
      rest[m] -= cost;
    }
  }
}

// Cycles that no path from the root leads to get a call of count and cost 0 from it.
void CallgrindBalance::reach_all_cycles(std::span<const FunctionId> functions) {
  const std::size_t components = graph_.components();
  if (components == p_.functions.size()) return;  // no cycles
  std::vector<bool> reached(components, false);
  std::size_t left = 0;  // cycles that are not reached
  for (std::uint32_t component = 0; component < components; ++component) left += graph_.is_cycle(component) ? 1U : 0U;
  const auto reach = [&](std::uint32_t component) {
    if (!reached[component] && graph_.is_cycle(component)) --left;
    reached[component] = true;
  };
  for (const RootCall& call : root_calls_) reach(graph_.component(call.callee));
  if (left == 0) return;  // nearly always

  // Each component's functions as a list, in the order of `functions`.
  constexpr std::uint32_t end = 0xffffffff;
  std::vector<std::uint32_t> first(components, end), next(p_.functions.size());
  for (std::size_t i = functions.size(); i-- > 0;) {
    const auto f = static_cast<std::uint32_t>(functions[i]);
    next[f] = std::exchange(first[graph_.component(functions[i])], f);
  }
  // Callers first, that is with falling numbers.
  for (auto component = static_cast<std::uint32_t>(components); component-- > 0 && left != 0;) {
    if (!reached[component] && graph_.is_cycle(component)) {
      reach(component);
      add_root_call(FunctionId{first[component]}, 0, {});
    }
    if (!reached[component]) continue;
    for (std::uint32_t f = first[component]; f != end; f = next[f]) {
      const CallGraph::Range calls = graph_.calls_from(FunctionId{f});
      for (std::size_t i = calls.begin; i < calls.end; ++i) {
        const std::uint32_t callee = graph_.component(p_.calls[i].callee);
        if (callee < component && is_written(i)) reach(callee);
      }
    }
  }
}

}  // namespace profconv
