#include "model/call_tree.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <utility>

#include <profconv/builder.hpp>

#include "base/wide_int.hpp"
#include "model/apportion.hpp"
#include "model/call_graph.hpp"
#include "model/call_totals.hpp"
#include "model/calls_to.hpp"
#include "model/circle_budget.hpp"
#include "model/shares.hpp"

namespace profconv {
namespace {

double part_of(std::int64_t part, std::int64_t whole) {
  return whole <= part ? 1 : static_cast<double>(part) / static_cast<double>(whole);
}

// `value` as far as `part` is the whole.
std::int64_t scaled(std::int64_t value, std::int64_t part, std::int64_t whole) {
  if (whole <= 0 || part >= whole) return value;
  return static_cast<std::int64_t>((WideInt{value} * std::max<std::int64_t>(part, 0) + whole / 2) / whole);
}

constexpr std::size_t most_metrics = std::size(all_metrics);
using Costs = std::array<std::int64_t, most_metrics>;

class TreeBuilder {
 public:
  TreeBuilder(const Profile& profile, const CallTreeOptions& options)
      : p_(profile),
        options_(options),
        metrics_(profile.metrics.size()),
        graph_(profile),
        calls_to_(profile),
        totals_(profile),
        shares_(profile, options.metric),
        budget_(profile, graph_, totals_) {
    for (CostTable* table : {&tree_.self, &tree_.total, &tree_.hidden, &tree_.unrecorded}) *table = CostTable(metrics_);
    for (std::size_t m = 0; m < metrics_; ++m) {
      const bool is_own = p_.text(p_.metrics[m].name) == hits_metric.name || p_.metrics[m].combine == Combine::max;
      stays_[m] = is_own && m != options_.metric;
    }
    find_costless();
    find_roots();
    find_single_callers();
  }

  CallTree build();

 private:
  // Of the metric that decides, and of all that are shared.
  struct Proof {
    bool main = false, all = false;

    static Proof both(bool proved) { return {proved, proved}; }
    friend Proof operator&(Proof a, Proof b) { return {a.main && b.main, a.all && b.all}; }
    friend Proof operator|(Proof a, Proof b) { return {a.main || b.main, a.all || b.all}; }
  };
  struct Pending {
    FunctionId function;
    std::uint32_t parent = CallTree::no_node;
    std::uint32_t depth = 0;
    Costs cost{};  // 0 for what stays with each function
    Proof proved;
    double calls = 1;  // how many of the function's calls these are, as a part of all
  };

  Costs total_of(FunctionId f) const {
    Costs costs{};
    std::ranges::copy(p_.total.row(index(f)), costs.begin());
    return costs;
  }
  Proof is_measured(std::size_t call) const {
    Proof measured{!p_.is_estimate(call, options_.metric), true};
    for (std::size_t m = 0; m < metrics_; ++m)
      measured.all = measured.all && (p_.metrics[m].combine == Combine::max || !p_.is_estimate(call, m));
    return measured;
  }
  // What a node at the top has of a metric that stays with its function: all of a gauge, of hits a part as large as
  // that of the function's cost.
  std::int64_t part_that_stays(FunctionId f, std::size_t m, std::int64_t cost) const {
    const std::int64_t value = p_.total.at(index(f), m);
    if (p_.metrics[m].combine == Combine::max) return value;
    return scaled(value, cost, p_.total.at(index(f), options_.metric));
  }
  // Not negative, and no more than 64 bits hold.
  void add_to(Costs& sum, std::span<const std::int64_t> costs) const {
    for (std::size_t m = 0; m < metrics_; ++m) {
      if (__builtin_add_overflow(sum[m], std::max<std::int64_t>(costs[m], 0), &sum[m])) sum[m] = most;
    }
  }
  std::int64_t uncalled(FunctionId f) const;
  void find_costless();
  void find_roots();
  void bound_by_circles(std::vector<Pending*> roots, const std::map<std::uint32_t, Costs>& from_outside);
  void find_single_callers();
  bool is_called(FunctionId f) const;
  struct Callee {
    FunctionId function;
    std::size_t call;  // its first row of Profile::calls
    std::int64_t calls = 0;
    Costs weight{}, cost{};  // as recorded; of the node that is expanded
    Costs left{};            // what of that may be on this path
    Costs stays{};           // as recorded or shared, of what stays with the callee
    Proof measured = Proof::both(true);
  };
  static constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

  bool called_once(FunctionId f) const { return !p_.counts.empty() && p_.counts[index(f)].calls == 1; }
  std::int64_t own(FunctionId f, std::size_t m) const {
    return p_.self.empty() ? 0 : std::max<std::int64_t>(p_.self.at(index(f), m), 0);
  }
  struct Own {
    std::int64_t self, unrecorded;
  };
  // Calls looked at for all nodes together: a function with many callees may stand in many paths. Of real programs some
  // millions are enough; behind this, what is below a path is hidden.
  static constexpr std::size_t most_looks = std::size_t{1} << 22;

  std::vector<Callee> callees_of(FunctionId f);
  Own share(FunctionId f, std::size_t m, std::int64_t total, std::vector<Callee>& callees) const;
  Own share_too_much(FunctionId f, std::size_t m, std::int64_t total, double calls, std::vector<Callee>& callees) const;
  bool is_within_left(FunctionId f, std::size_t m, const Own& given, std::span<const Callee> callees) const;
  double part_of_calls(FunctionId f, std::int64_t calls) const;
  void find_left(FunctionId f, std::vector<Callee>& callees);
  void expand(std::uint32_t node, double calls);
  void append(const Pending& pending);
  void hide(std::uint32_t parent, const Costs& cost);

  const Profile& p_;
  const CallTreeOptions& options_;
  std::size_t metrics_;
  CallGraph graph_;
  CallsTo calls_to_;
  CallTotals totals_;
  Shares shares_;
  std::size_t looks_ = 0;
  CallTree tree_;
  std::array<bool, most_metrics> stays_{};  // per metric: callees' are not part of their callers'
  std::vector<Pending> pending_;            // a stack
  std::vector<bool> costless_;              // per function: nobody called it, and it has no costs to hand down
  std::vector<bool> one_caller_;            // per function
  std::vector<Proof> complete_;             // per node: all that its function did was done on this path
  std::vector<std::uint32_t> on_path_;      // per function: how often
  std::vector<FunctionId> path_;
  CircleBudget budget_;
};

/// Calls without a recorded caller; -1: unknown.
std::int64_t TreeBuilder::uncalled(FunctionId f) const {
  if (p_.counts.empty() || p_.call_counts.empty() || p_.counts[index(f)].calls == not_counted) return -1;
  WideInt calls = p_.counts[index(f)].calls;
  for (const std::uint32_t call : calls_to_[f]) {
    if (costless_[index(p_.calls[call].caller)]) continue;
    if (p_.call_counts[call].calls == not_counted) return -1;
    calls -= p_.call_counts[call].calls;
  }
  return static_cast<std::int64_t>(std::clamp<WideInt>(calls, 0, most));
}

// Functions that stand in the profile as callers alone. `profile` says that "profiler" made the first call; a tree that
// began there would be empty.
void TreeBuilder::find_costless() {
  costless_.assign(p_.functions.size(), false);  // while callers are looked for
  std::vector<bool> found(p_.functions.size());
  for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
    const std::span<const std::int64_t> costs = p_.total.row(i);
    const auto none = [](std::int64_t cost) { return cost <= 0; };
    found[i] = std::ranges::all_of(costs, none) && !is_called(FunctionId{i});
  }
  costless_ = std::move(found);
}

// What was called without a recorded caller is at the top, with the part of its cost that no call accounts for; so is
// the costliest function of a circle that nothing leads to.
void TreeBuilder::find_roots() {
  std::vector<bool> entered(graph_.components(), false);
  std::vector<std::uint32_t> roots(graph_.components(), 0);
  std::map<std::uint32_t, Costs> from_outside;  // per circle: what the calls to it from elsewhere cost
  for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
    const FunctionId f{i};
    Costs rest = total_of(f);
    std::int64_t callers = 0, outside = 0;
    Proof measured = Proof::both(true);
    for (const std::uint32_t call : calls_to_[f]) {
      const FunctionId caller = p_.calls[call].caller;
      if (caller == f || costless_[index(caller)]) continue;
      ++callers;
      measured = measured & is_measured(call);
      if (graph_.component(caller) == graph_.component(f)) continue;  // inside the circle: its cost is there already
      ++outside;
      entered[graph_.component(f)] = true;
      for (std::size_t m = 0; m < metrics_; ++m) {
        if (__builtin_sub_overflow(rest[m], totals_.row(call)[m], &rest[m])) rest[m] = 0;
      }
      if (graph_.in_cycle(f)) add_to(from_outside[graph_.component(f)], totals_.row(call));
    }
    for (std::size_t m = 0; m < metrics_; ++m) rest[m] = stays_[m] ? 0 : std::max<std::int64_t>(rest[m], 0);
    const std::int64_t without_caller = uncalled(f);
    // Where calls were not counted, more than the rounding of each caller's cost must be left.
    const bool is_root = callers == 0 || (without_caller >= 0 ? without_caller > 0
                                                              : !graph_.in_cycle(f) && rest[options_.metric] > callers);
    if (!is_root) continue;
    ++roots[graph_.component(f)];
    const Proof alone = Proof::both(callers == 0), entered_here = Proof::both(outside == 0 || !graph_.in_cycle(f));
    pending_.push_back(
        {f, CallTree::no_node, 0, rest, alone | (measured & entered_here), part_of_calls(f, without_caller)});
  }
  std::vector<Pending*> shared;
  for (Pending& root : pending_) {  // a circle that is entered elsewhere as well leads to its root again
    const std::uint32_t component = graph_.component(root.function);
    if (!graph_.in_cycle(root.function) || (!entered[component] && roots[component] == 1)) continue;
    root.proved = {};
    shared.push_back(&root);
  }
  if (!p_.self.empty()) bound_by_circles(std::move(shared), from_outside);
  for (const Pending& root : pending_) entered[graph_.component(root.function)] = true;
  std::vector<FunctionId> first(graph_.components(), FunctionId{CallTree::no_node});
  for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
    const std::uint32_t component = graph_.component(FunctionId{i});
    if (entered[component]) continue;
    FunctionId& f = first[component];
    if (f == FunctionId{CallTree::no_node} || p_.total.at(i, options_.metric) > p_.total.at(index(f), options_.metric))
      f = FunctionId{i};
  }
  for (const FunctionId f : first) {
    if (f == FunctionId{CallTree::no_node}) continue;
    Costs cost = total_of(f);
    for (std::size_t m = 0; m < metrics_; ++m) cost[m] = stays_[m] ? 0 : cost[m];
    pending_.push_back({f, CallTree::no_node, 0, cost, {}});
  }
}

// What circles have for roots that are not alone is what the calls from outside leave, the costliest first: each may be
// a part of another.
void TreeBuilder::bound_by_circles(std::vector<Pending*> roots, const std::map<std::uint32_t, Costs>& from_outside) {
  std::ranges::stable_sort(roots, std::greater<>{}, [&](const Pending* root) { return root->cost[options_.metric]; });
  std::map<std::uint32_t, Costs> left;
  for (Pending* root : roots) {
    const std::uint32_t component = graph_.component(root->function);
    const auto [of_circle, is_new] = left.try_emplace(component);
    const auto entering = from_outside.find(component);
    for (std::size_t m = 0; m < metrics_; ++m) {
      if (stays_[m]) continue;
      std::int64_t& rest = of_circle->second[m];
      if (is_new) {
        const std::int64_t elsewhere = entering == from_outside.end() ? 0 : entering->second[m];
        rest = std::max<std::int64_t>(budget_.circle(root->function, m) - elsewhere, 0);
      }
      root->cost[m] = std::min(root->cost[m], rest);
      rest -= root->cost[m];
    }
  }
}

// Functions that one other function calls, and nothing else; circles have none.
void TreeBuilder::find_single_callers() {
  one_caller_.assign(p_.functions.size(), true);
  for (const Pending& root : pending_) one_caller_[index(root.function)] = false;
  for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
    const FunctionId f{i};
    FunctionId caller = f;
    for (const std::uint32_t call : calls_to_[f]) {
      const FunctionId other = p_.calls[call].caller;
      if (other == f || other == caller) continue;  // one caller may call from several lines
      if (caller != f) one_caller_[i] = false;
      caller = other;
    }
    if (graph_.in_cycle(f)) one_caller_[i] = false;
  }
}

bool TreeBuilder::is_called(FunctionId f) const {
  return std::ranges::any_of(calls_to_[f], [&](std::uint32_t call) {
    const FunctionId caller = p_.calls[call].caller;
    return caller != f && !costless_[index(caller)];
  });
}

void TreeBuilder::append(const Pending& pending) {
  while (path_.size() > pending.depth) {
    --on_path_[index(path_.back())];
    path_.pop_back();
  }
  const auto node = static_cast<std::uint32_t>(tree_.nodes.size());
  const bool recursion = on_path_[index(pending.function)] > 0;
  const Proof proved = pending.proved & Proof::both(!recursion);
  tree_.nodes.push_back({pending.function, pending.parent, pending.depth, proved.main, proved.all, recursion});
  const Proof all_from_parent = pending.parent == CallTree::no_node
                                    ? Proof::both(!is_called(pending.function))
                                    : Proof::both(one_caller_[index(pending.function)]) & complete_[pending.parent];
  complete_.push_back(proved & (Proof::both(called_once(pending.function)) | all_from_parent));
  Costs cost = pending.cost;
  const bool is_top = pending.parent == CallTree::no_node;
  for (std::size_t m = 0; m < metrics_; ++m) {
    if (stays_[m] && recursion) cost[m] = 0;
    if (stays_[m] && !recursion && (is_top || p_.metrics[m].combine == Combine::max))
      cost[m] = part_that_stays(pending.function, m, pending.cost[options_.metric]);
  }
  tree_.total.append(std::span(cost).first(metrics_));
  constexpr Costs nothing{};
  tree_.self.append(std::span(nothing).first(metrics_));
  tree_.hidden.append(std::span(nothing).first(metrics_));
  tree_.unrecorded.append(std::span(nothing).first(metrics_));
  ++on_path_[index(pending.function)];
  path_.push_back(pending.function);
  expand(node, pending.calls);
}

void TreeBuilder::hide(std::uint32_t parent, const Costs& cost) {
  if (parent == CallTree::no_node) return;
  for (std::size_t m = 0; m < metrics_; ++m) {
    if (!stays_[m]) tree_.hidden.at(parent, m) += cost[m];  // parts of one total: fits
  }
}

std::vector<TreeBuilder::Callee> TreeBuilder::callees_of(FunctionId f) {
  std::vector<Callee> callees;
  const CallGraph::Range range = graph_.calls_from(f);
  looks_ += range.end - range.begin;
  for (std::size_t call = range.begin; call < range.end; ++call) {
    const FunctionId callee = p_.calls[call].callee;
    if (callee == f) continue;
    if (callees.empty() || callees.back().function != callee)
      callees.push_back({callee, call});  // neighbours: sorted by callee
    callees.back().measured = callees.back().measured & is_measured(call);
    if (!p_.call_counts.empty()) callees.back().calls += std::max<std::int64_t>(p_.call_counts[call].calls, 0);
    for (std::size_t m = 0; m < metrics_; ++m) {
      std::int64_t& weight = stays_[m] ? callees.back().stays[m] : callees.back().weight[m];
      if (__builtin_add_overflow(weight, std::max<std::int64_t>(totals_.row(call)[m], 0), &weight)) weight = most;
    }
  }
  return callees;
}

// What of the calls of `f` a path may still have. Those into its circle hold what they led to of themselves, so they
// may be there again and again, as long as the circle has anything left; but what was called once, has run.
void TreeBuilder::find_left(FunctionId f, std::vector<Callee>& callees) {
  for (Callee& c : callees) {
    const bool once = called_once(c.function), is_on_path = on_path_[index(c.function)] > 0;
    const bool is_repeated = !once && graph_.component(c.function) == graph_.component(f);
    for (std::size_t m = 0; m < metrics_; ++m) {
      if (c.weight[m] == 0 || (once && is_on_path)) continue;
      const std::int64_t whole = is_on_path ? most : c.weight[m];
      c.left[m] = is_repeated ? std::min(budget_.circle(f, m), whole) : budget_.call(c.call, m, c.weight[m]);
    }
  }
}

// Shares `total` by the recorded costs. Returns the function's own part, and what neither it nor any callee accounts
// for.
TreeBuilder::Own TreeBuilder::share(FunctionId f, std::size_t m, std::int64_t total,
                                    std::vector<Callee>& callees) const {
  constexpr std::size_t self = 0, unrecorded = 1, first = 2;
  std::vector<std::int64_t> weights(callees.size() + first), parts(weights.size());
  WideInt called = 0;
  for (std::size_t i = 0; i < callees.size(); ++i) called += weights[i + first] = callees[i].weight[m];
  const WideInt rest = WideInt{p_.total.at(index(f), m)} - called - own(f, m);
  weights[self] = own(f, m);
  const bool is_rounding = rest <= static_cast<WideInt>(callees.size()) + 1 || p_.self.empty();
  if (rest > 0) weights[is_rounding ? self : unrecorded] += static_cast<std::int64_t>(std::min<WideInt>(rest, most));
  if (!apportion(total, weights, parts)) parts[self] = total;
  for (std::size_t i = 0; i < callees.size(); ++i) callees[i].cost[m] = parts[i + first];
  return {parts[self], parts[unrecorded]};
}

// In a circle, and where a label stands for several functions, callees cost more than their caller: some of their calls
// were made deeper down. Those that were called once are whole, the costliest first, as long as there is room; the
// others, and those for which there is none, share what is left, but get no more than what was recorded and is not in
// the tree yet. The function itself is taken to cost the same at each of its calls, of which these are a part. Returns
// its own part, and what is left then.
TreeBuilder::Own TreeBuilder::share_too_much(FunctionId f, std::size_t m, std::int64_t total, double calls,
                                             std::vector<Callee>& callees) const {
  std::int64_t rest = total;
  std::vector<Callee*> order;
  order.reserve(callees.size());
  for (Callee& c : callees) order.push_back(&c);
  std::ranges::stable_sort(order, std::greater<>{}, [m](const Callee* c) { return c->left[m]; });
  std::vector<std::int64_t> weights;
  std::vector<Callee*> others;
  std::vector<std::int64_t> left;
  for (Callee* c : order) {
    if (called_once(c->function) && c->left[m] <= rest) {
      c->cost[m] = c->left[m];
      rest -= c->cost[m];
    } else {
      others.push_back(c);
      weights.push_back(c->left[m] == 0 ? 0 : c->weight[m]);
      left.push_back(c->left[m]);
    }
  }
  const std::int64_t own_left = budget_.self(f, m);
  const bool is_part = calls < 1 && rest > own_left;
  const double of_these = is_part ? std::ceil(static_cast<double>(own(f, m)) * calls) : 0;
  const std::int64_t self = std::min({own_left, is_part ? static_cast<std::int64_t>(of_these) : most, rest});
  rest -= self;
  std::vector<std::int64_t> parts(weights.size());
  rest = apportion_within(rest, weights, left, parts);
  for (std::size_t i = 0; i < others.size(); ++i) others[i]->cost[m] = parts[i];
  // Whatever nobody takes is its own, as long as that is not more than was recorded.
  const std::int64_t more = p_.self.empty() ? rest : std::min(rest, own_left - self);
  const bool is_rounding = rest - more <= static_cast<std::int64_t>(callees.size()) + 1;
  return is_rounding ? Own{self + rest, 0} : Own{self + more, rest - more};
}

// Whether a function in a circle, and what it calls, have as much left as they were given.
bool TreeBuilder::is_within_left(FunctionId f, std::size_t m, const Own& given, std::span<const Callee> callees) const {
  return !graph_.in_cycle(f) || (given.self <= budget_.self(f, m) &&
                                 std::ranges::all_of(callees, [&](const Callee& c) { return c.cost[m] <= c.left[m]; }));
}

// 1 where calls were not counted.
double TreeBuilder::part_of_calls(FunctionId f, std::int64_t calls) const {
  const std::int64_t all = p_.counts.empty() ? not_counted : p_.counts[index(f)].calls;
  return all <= 0 || calls < 0 ? 1 : part_of(calls, all);
}

// Shares the node's cost over the function itself and its callees.
void TreeBuilder::expand(std::uint32_t node, double calls) {
  const FunctionId f = tree_.nodes[node].function;
  std::vector<Callee> callees = callees_of(f);
  find_left(f, callees);
  Proof fits = Proof::both(true);
  for (std::size_t m = 0; m < metrics_; ++m) {
    if (stays_[m]) {
      const bool is_gauge = p_.metrics[m].combine == Combine::max;
      tree_.self.at(node, m) = is_gauge ? own(f, m) : tree_.total.at(node, m);
      continue;
    }
    WideInt excess = WideInt{own(f, m)} - p_.total.at(index(f), m);
    for (const Callee& c : callees) excess += c.weight[m];
    const bool only_rounding = excess <= static_cast<WideInt>(callees.size()) + 1;
    fits = fits & Proof{only_rounding || m != options_.metric, only_rounding};
    const std::int64_t total = tree_.total.at(node, m);
    const bool whole = (only_rounding && !tree_.nodes[node].recursion) || total <= 0;
    Own own{};
    if (whole) own = share(f, m, total, callees);
    if (!whole || !is_within_left(f, m, own, callees)) own = share_too_much(f, m, total, calls, callees);
    tree_.self.at(node, m) = own.self;
    tree_.hidden.at(node, m) = tree_.unrecorded.at(node, m) = own.unrecorded;
    budget_.spend_self(f, m, own.self);
    for (const Callee& c : callees) budget_.spend_call(c.call, m, c.cost[m]);
  }
  const std::uint32_t depth = tree_.nodes[node].depth + 1;
  const Proof proves = fits & complete_[node];
  // What is called deeper down in a circle costs no more than the call at its top that leads there: the costliest one
  // is at the top.
  const bool proves_costliest = !fits.main && tree_.nodes[node].proved && tree_.nodes[node].parent == CallTree::no_node;
  std::int64_t costliest = 0;
  std::size_t how_many = 0;
  for (const Callee& c : callees) {
    const std::int64_t weight = c.weight[options_.metric];
    if (weight > costliest) how_many = 0;
    costliest = std::max(costliest, weight);
    if (weight == costliest) ++how_many;
  }
  std::ranges::stable_sort(callees, std::greater<>{}, [&](const Callee& c) { return c.cost[options_.metric]; });
  std::ranges::reverse(callees);  // the last one is popped first
  for (const Callee& c : callees) {
    const std::int64_t cost = c.cost[options_.metric];
    if (cost <= 0 || depth >= options_.max_depth || shares_.of_whole(cost) < options_.threshold) {
      hide(node, c.cost);
    } else {
      const bool is_costliest = proves_costliest && how_many == 1 && cost == costliest && called_once(c.function);
      Costs costs = c.cost;
      const double part = part_of(cost, c.weight[options_.metric]);
      for (std::size_t m = 0; m < metrics_; ++m)
        if (stays_[m]) costs[m] = scaled(c.stays[m], cost, c.weight[options_.metric]);
      const Proof by_cost{is_costliest && c.weight[options_.metric] == cost, is_costliest && c.weight == c.cost};
      pending_.push_back(
          {c.function, node, depth, costs, c.measured & (proves | by_cost), part_of_calls(c.function, c.calls) * part});
    }
  }
}

CallTree TreeBuilder::build() {
  on_path_.assign(p_.functions.size(), 0);
  std::ranges::stable_sort(pending_, std::greater<>{}, [&](const Pending& root) { return root.cost[options_.metric]; });
  std::ranges::reverse(pending_);
  while (!pending_.empty()) {
    const Pending next = pending_.back();
    pending_.pop_back();
    const bool root = next.parent == CallTree::no_node;
    if (tree_.nodes.size() >= options_.max_nodes || looks_ > most_looks) {
      hide(next.parent, next.cost);
    } else if (!root ||
               (next.cost[options_.metric] > 0 && shares_.of_whole(next.cost[options_.metric]) >= options_.threshold)) {
      append(next);
    }
  }
  return std::move(tree_);
}

}  // namespace

CallTree estimate_call_tree(const Profile& profile, const CallTreeOptions& options) {
  CallTree empty;
  if (profile.total.empty() || options.metric >= profile.metrics.size()) return empty;
  return TreeBuilder(profile, options).build();
}

}  // namespace profconv
