#include "model/from_stacks.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <unordered_map>
#include <utility>
#include <vector>

#include <profconv/error.hpp>

#include "base/hash.hpp"
#include "model/checked.hpp"
#include "model/require_at_most.hpp"

namespace profconv {
namespace {

void add(const Profile& p, std::span<std::int64_t> sums, std::span<const std::int64_t> costs) {
  for (std::size_t m = 0; m < sums.size(); ++m) {
    if (!combine_checked(sums[m], costs[m], p.metrics[m].combine))
      throw Error("the costs (" + std::string(p.text(p.metrics[m].name)) + ") of all stacks do not fit 64 bits");
  }
}

/// Numbers different values in the order in which they are met.
template <class Value>
class Numbering {
 public:
  std::uint32_t number(const Value& value) {
    const auto [found, is_new] = numbers_.try_emplace(value, static_cast<std::uint32_t>(values_.size()));
    if (is_new) values_.push_back(value);
    return found->second;
  }
  const std::vector<Value>& values() const { return values_; }

 private:
  struct Hash {
    std::uint64_t seed = random_seed();
    std::size_t operator()(const Call& c) const {
      return hash_mix(hash_mix(seed, (std::uint64_t{static_cast<std::uint32_t>(c.caller)} << 32) |
                                         static_cast<std::uint32_t>(c.callee)),
                      c.line);
    }
    std::size_t operator()(const Line& l) const {
      return hash_mix(seed, (std::uint64_t{static_cast<std::uint32_t>(l.function)} << 32) | l.line);
    }
  };
  struct Equal {
    bool operator()(const Call& a, const Call& b) const { return a == b; }
    bool operator()(const Line& a, const Line& b) const { return a.function == b.function && a.line == b.line; }
  };
  std::unordered_map<Value, std::uint32_t, Hash, Equal> numbers_;
  std::vector<Value> values_;
};

/// A cost per row that counts a stack once, however often the row is on it.
class OncePerStack {
 public:
  OncePerStack(std::size_t rows, std::size_t metrics) : costs_(metrics), on_path_(rows, 0) { costs_.resize(rows, 0); }

  void enter(const Profile& p, std::uint32_t row, std::span<const std::int64_t> cost) {
    if (on_path_[row]++ == 0) add(p, costs_.row(row), cost);
  }
  void leave(std::uint32_t row) { --on_path_[row]; }

  const CostTable& costs() const { return costs_; }

 private:
  CostTable costs_;
  std::vector<std::uint32_t> on_path_;
};

/// The costs of call edges. A stack counts once for a caller and callee, however many lines of the caller it has them
/// from: on the line of the outermost of these calls, which the others are inside of. Lines of one pair add up then.
class OncePerPair {
 public:
  OncePerPair(std::size_t pairs, std::size_t edges, std::size_t metrics)
      : self_(metrics), total_(metrics), pairs_(pairs) {
    self_.resize(edges, 0);
    total_.resize(edges, 0);
  }

  void enter(const Profile& p, std::uint32_t pair, std::uint32_t edge, std::span<const std::int64_t> self,
             std::span<const std::int64_t> total) {
    Pair& on_path = pairs_[pair];
    if (on_path.count++ == 0) {
      on_path.outermost = edge;
      add(p, total_.row(edge), total);
    }
    add(p, self_.row(on_path.outermost), self);
  }
  void leave(std::uint32_t pair) { --pairs_[pair].count; }

  const CostTable& self() const { return self_; }
  const CostTable& total() const { return total_; }

 private:
  struct Pair {
    std::uint32_t count = 0, outermost = 0;  // on the path; which edge
  };
  CostTable self_, total_;
  std::vector<Pair> pairs_;
};

constexpr std::uint32_t no_row = 0xffffffff;

class Derivation {
 public:
  explicit Derivation(Profile& profile) : p_(profile), n_(profile.nodes.size()), metrics_(profile.metrics.size()) {}

  void run() {
    clear();
    sum_nodes();
    number_rows();
    find_children();
    walk();
    fill_calls();
    fill_lines();
  }

 private:
  void clear();
  void sum_nodes();
  void number_rows();
  void find_children();
  void walk();
  void fill_calls();
  void fill_lines();

  Profile& p_;
  std::size_t n_, metrics_;
  CostTable self_, total_;                         // per node
  std::vector<std::uint32_t> call_, pair_, line_;  // per node: the edge that leads to it (no_row: none), its line
  Numbering<Call> calls_, pairs_;                  // a pair is an edge without its line
  Numbering<Line> lines_;
  std::vector<std::size_t> first_child_;
  std::vector<std::uint32_t> children_;            // grouped by parent; the outermost frames come last
  CostTable call_self_, call_total_, line_total_;  // per number
};

void Derivation::clear() {
  p_.counts.clear();
  p_.call_counts.clear();
  p_.calls.clear();
  p_.lines.clear();
  for (CostTable* table : {&p_.self, &p_.total, &p_.call_self, &p_.call_total, &p_.line_self, &p_.line_total})
    *table = CostTable(metrics_);
}

void Derivation::sum_nodes() {
  self_ = CostTable(metrics_);
  self_.resize(n_, 0);
  if (!p_.sample_cost.empty()) {
    for (std::size_t i = 0; i < p_.samples.size(); ++i)
      add(p_, self_.row(index(p_.samples[i].leaf)), p_.sample_cost.row(i));
  }
  total_ = self_;
  for (std::size_t i = n_; i-- > 0;) {  // children come after their parents
    if (p_.nodes[i].parent != no_parent) add(p_, total_.row(index(p_.nodes[i].parent)), total_.row(i));
  }
}

void Derivation::number_rows() {
  call_.resize(n_);
  pair_.resize(n_);
  line_.resize(n_);
  for (std::size_t i = 0; i < n_; ++i) {
    const Node& node = p_.nodes[i];
    line_[i] = lines_.number({node.function, node.line});
    if (node.parent == no_parent) {
      call_[i] = pair_[i] = no_row;
    } else {
      const Node& parent = p_.nodes[index(node.parent)];
      call_[i] = calls_.number({parent.function, node.function, parent.line});
      pair_[i] = pairs_.number({parent.function, node.function, 0});
    }
  }
}

void Derivation::find_children() {
  const auto slot = [&](std::size_t i) { return p_.nodes[i].parent == no_parent ? n_ : index(p_.nodes[i].parent); };
  first_child_.assign(n_ + 2, 0);
  for (std::size_t i = 0; i < n_; ++i) ++first_child_[slot(i) + 1];
  std::partial_sum(first_child_.begin(), first_child_.end(), first_child_.begin());
  std::vector<std::size_t> next(first_child_.begin(), first_child_.end() - 1);
  children_.resize(n_);
  for (std::size_t i = 0; i < n_; ++i) children_[next[slot(i)]++] = static_cast<std::uint32_t>(i);
}

// Goes through all stacks, from the outermost frames inwards, and adds up what each row is worth where it is met first.
void Derivation::walk() {
  p_.self.resize(p_.functions.size(), 0);
  OncePerStack functions(p_.functions.size(), metrics_), lines(lines_.values().size(), metrics_);
  OncePerPair calls(pairs_.values().size(), calls_.values().size(), metrics_);
  struct Level {
    std::size_t next, end;  // in children_
  };
  std::vector<Level> levels{{first_child_[n_], first_child_[n_ + 1]}};
  std::vector<std::uint32_t> path;
  while (!levels.empty()) {
    if (levels.back().next == levels.back().end) {
      levels.pop_back();
      if (path.empty()) continue;
      const std::uint32_t node = path.back();
      path.pop_back();
      functions.leave(static_cast<std::uint32_t>(p_.nodes[node].function));
      lines.leave(line_[node]);
      if (call_[node] != no_row) calls.leave(pair_[node]);
      continue;
    }
    const std::uint32_t node = children_[levels.back().next++];
    const FunctionId function = p_.nodes[node].function;
    add(p_, p_.self.row(index(function)), self_.row(node));
    functions.enter(p_, static_cast<std::uint32_t>(function), total_.row(node));
    lines.enter(p_, line_[node], total_.row(node));
    if (call_[node] != no_row) calls.enter(p_, pair_[node], call_[node], self_.row(node), total_.row(node));
    path.push_back(node);
    levels.push_back({first_child_[node], first_child_[node + 1]});
  }
  p_.total = functions.costs();
  call_self_ = calls.self();
  call_total_ = calls.total();
  line_total_ = lines.costs();
}

// The rows of a table in its order: new row -> number.
template <class Value, class Before>
std::vector<std::uint32_t> sorted(const std::vector<Value>& values, Before before) {
  std::vector<std::uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) { return before(values[a], values[b]); });
  return order;
}

void Derivation::fill_calls() {
  const std::vector<Call>& calls = calls_.values();
  for (const std::uint32_t row : sorted(calls, std::less<>())) {
    p_.calls.push_back(calls[row]);
    p_.call_self.append(call_self_.row(row));
    p_.call_total.append(call_total_.row(row));
  }
}

void Derivation::fill_lines() {
  const std::vector<Line>& lines = lines_.values();
  CostTable self(metrics_);
  self.resize(lines.size(), 0);
  std::vector<bool> has_lines(p_.functions.size(), false);
  for (std::size_t i = 0; i < n_; ++i) {
    add(p_, self.row(line_[i]), self_.row(i));
    if (p_.nodes[i].line != 0) has_lines[index(p_.nodes[i].function)] = true;
  }
  for (const std::uint32_t row : sorted(lines, [](const Line&a, const Line&b) {
         return a.function != b.function ? a.function < b.function : a.line < b.line;
       })) {
    if (!has_lines[index(lines[row].function)]) continue;
    p_.lines.push_back(lines[row]);
    p_.line_self.append(self.row(row));
    p_.line_total.append(line_total_.row(row));
  }
}

}  // namespace

// What is made is no more than there are stack prefixes, which are limited, too.
Profile derive_from_stacks(Profile&& stacks, const Limits& limits) {
  Derivation(stacks).run();
  require_at_most(limits.max_lines, stacks.lines.size(), "lines", "--max-lines");
  require_at_most(limits.max_calls, stacks.calls.size(), "calls between functions", "--max-calls");
  check(stacks);
  return std::move(stacks);
}

bool has_complete_stacks(const Profile& profile) {
  if (profile.samples.empty() || profile.sample_cost.empty() || profile.self.empty()) return false;
  std::vector<std::int64_t> of_stacks(profile.metrics.size(), 0);
  for (std::size_t i = 0; i < profile.sample_cost.rows(); ++i) {
    for (std::size_t m = 0; m < of_stacks.size(); ++m) {
      if (!combine_checked(of_stacks[m], profile.sample_cost.at(i, m), profile.metrics[m].combine)) return false;
    }
  }
  return of_stacks == total_cost(profile);
}

bool follows_from_stacks(const Profile& profile) {
  return profile.counts.empty() && profile.call_counts.empty() && has_complete_stacks(profile);
}

CostTable costs_as_outermost(const Profile& profile) {
  std::vector<FunctionId> outermost(profile.nodes.size());
  for (std::size_t i = 0; i < outermost.size(); ++i) {
    const Node& node = profile.nodes[i];
    outermost[i] = node.parent == no_parent ? node.function : outermost[index(node.parent)];
  }
  CostTable costs(profile.metrics.size());
  costs.resize(profile.functions.size(), 0);
  for (std::size_t i = 0; i < profile.sample_cost.rows(); ++i)
    add(profile, costs.row(index(outermost[index(profile.samples[i].leaf)])), profile.sample_cost.row(i));
  return costs;
}

}  // namespace profconv
