// What is left of a call graph when functions are folded, as a profile.

#include <algorithm>
#include <numeric>

#include "base/wide_int.hpp"
#include "model/apportion.hpp"
#include "model/components.hpp"
#include "model/known.hpp"
#include "transforms/folding/folded_graph.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {

// What is folded may have called its caller again, and the cost of that is inside the calls from others: what these
// lost to it they get back, in proportion, so that together they cost no less than they did.
void FoldedGraph::restore_totals(FunctionId function) {
  if (!calls_.has_total() || p_.total.empty()) return;
  calls_.collect(function, in_, out_, own_);
  if (in_.empty()) return;
  for (std::size_t m = 0; m < metrics_; ++m) {
    if (combine(m) == Combine::max) continue;
    const WideInt total = p_.total.at(index(function), m);
    WideInt before = 0, now = 0;
    for (const std::uint32_t call : calls_to_[function]) {
      if (p_.calls[call].caller != function) before += std::max<std::int64_t>(totals_.row(call)[m], 0);
    }
    Row weights, of_shares;
    bool any_share = false;
    for (const std::uint32_t e : in_) {
      weights.push_back(std::max<std::int64_t>(calls_.total(e, m), 0));
      of_shares.push_back(calls_[e].estimated ? weights.back() : 0);
      now += weights.back();
      any_share = any_share || of_shares.back() > 0;
    }
    const WideInt lost = std::min(total, before) - now;
    if (lost <= 0 || now == 0) continue;
    // What was recorded stays, where there are shares.
    share(static_cast<std::int64_t>(lost), any_share ? of_shares : weights, Combine::sum, parts_);
    const bool is_rounding = lost <= static_cast<WideInt>(in_.size());
    for (std::size_t i = 0; i < in_.size(); ++i) {
      add(calls_.total(in_[i], m), parts_[i], Combine::sum, function);
      if (parts_[i] != 0 && !is_rounding) calls_[in_[i]].estimated = true;
    }
  }
}

// Where a label stands for several functions, what they called may cost more than their inclusive cost has room for. It
// is part of the self cost now, and an inclusive cost holds that, unless it did not before.
std::span<const std::int64_t> FoldedGraph::holding_self(FunctionId function, std::span<const std::int64_t> total) {
  total_.assign(total.begin(), total.end());
  for (std::size_t m = 0; m < metrics_ && !self_.empty(); ++m) {
    if (p_.self.at(index(function), m) <= p_.total.at(index(function), m))
      total_[m] = std::max(total_[m], self(function, m));
  }
  return total_;
}

// The same for a call.
void FoldedGraph::hold_self(std::uint32_t call) {
  for (std::size_t m = 0; m < metrics_ && calls_.has_self() && calls_.has_total(); ++m) {
    const bool held = call >= p_.calls.size() || p_.call_self.at(call, m) <= totals_.row(call)[m];
    if (!held || calls_.total(call, m) >= calls_.self(call, m)) continue;
    calls_.total(call, m) = calls_.self(call, m);
    calls_[call].estimated = true;
  }
}

/// Per function, whether it is in a circle of what is left.
std::vector<bool> FoldedGraph::in_circles() const {
  std::vector<std::uint32_t> first(gone_.size() + 1, 0), leads_to;
  const auto each_call = [&](auto visit) {
    for (std::uint32_t e = 0; e < calls_.size(); ++e) {
      if (calls_[e].alive) visit(index(calls_[e].call.caller), index(calls_[e].call.callee));
    }
  };
  each_call([&](std::size_t caller, std::size_t) { ++first[caller + 1]; });
  std::partial_sum(first.begin(), first.end(), first.begin());
  leads_to.resize(first.back());
  std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
  each_call(
      [&](std::size_t caller, std::size_t callee) { leads_to[next[caller]++] = static_cast<std::uint32_t>(callee); });
  const Components components(first, leads_to);
  std::vector<bool> is_in_circle(gone_.size());
  for (std::size_t f = 0; f < gone_.size(); ++f) is_in_circle[f] = components.size[components.of[f]] > 1;
  return is_in_circle;
}

// How much of what was folded is whose is a share, and a function's inclusive cost is not: where its self cost and its
// calls are more than that, it had too much, and those with room for it had too little.
void FoldedGraph::balance_self() {
  if (!calls_.has_total() || p_.total.empty() || added_.empty() || !p_.line_self.empty()) return;
  const std::vector<bool> in_circle = in_circles();
  for (std::size_t m = 0; m < metrics_; ++m) {
    if (combine(m) == Combine::sum && m != hits_) balance_self(m, in_circle);
  }
}

void FoldedGraph::balance_self(std::size_t m, const std::vector<bool>& in_circle) {
  const std::size_t n = gone_.size();
  std::vector<WideInt> given(n, 0);  // per function: what its calls cost before, less what they do now
  std::vector<std::size_t> calls(n, 0);
  const auto note = [&](const Call& call, WideInt cost) {
    if (call.caller == call.callee) return;
    given[index(call.caller)] += cost;
    ++calls[index(call.caller)];
  };
  for (std::size_t i = 0; i < p_.calls.size(); ++i) note(p_.calls[i], known(totals_.row(i)[m]));
  for (std::uint32_t e = 0; e < calls_.size(); ++e) {
    if (calls_[e].alive) note(calls_[e].call, -WideInt{known(calls_.total(e, m))});
  }
  std::vector<std::uint32_t> too_much, too_little;
  Row excess, room;
  for (std::uint32_t f = 0; f < n; ++f) {
    if (gone_[f] || remainders_.contains(f) || in_circle[f]) continue;
    const WideInt left = given[f] - added_[f * metrics_ + m], rounding = static_cast<WideInt>(calls[f]) + 1;
    if (left < -rounding && added_[f * metrics_ + m] > 0) {
      too_much.push_back(f);
      excess.push_back(clamped(std::min<WideInt>(-left, added_[f * metrics_ + m])));
    } else if (left > rounding) {
      too_little.push_back(f);
      room.push_back(clamped(left));
    }
  }
  const auto sum_of = [](const Row& row) {
    WideInt sum = 0;
    for (const std::int64_t value : row) sum += value;
    return sum;
  };
  const std::int64_t moved = clamped(std::min(sum_of(excess), sum_of(room)));
  const auto move = [&](const std::vector<std::uint32_t>& functions, const Row& weights, std::int64_t sign) {
    parts_.resize(weights.size());
    apportion(moved, weights, parts_);
    for (std::size_t i = 0; i < functions.size(); ++i) {
      self(FunctionId{functions[i]}, m) += sign * parts_[i];
      added_[functions[i] * metrics_ + m] += sign * parts_[i];
    }
  };
  move(too_much, excess, -1);
  move(too_little, room, 1);
}

Profile FoldedGraph::result() {
  balance_self();
  for (std::uint32_t i = 0; i < gone_.size(); ++i) {
    if (called_otherwise_[i] && !gone_[i] && !remainders_.contains(i)) restore_totals(FunctionId{i});
  }
  const auto was_added_to = [&](std::uint32_t i) {
    return std::ranges::any_of(std::span(added_).subspan(i * metrics_, metrics_), [](auto cost) { return cost != 0; });
  };
  for (std::uint32_t i = 0; i < gone_.size() && calls_.has_self() && !added_.empty(); ++i) {
    if (gone_[i] || !was_added_to(i)) continue;
    calls_.collect(FunctionId{i}, in_, out_, own_);
    find_uncalled(FunctionId{i});
    weigh(FunctionId{i});
  }
  Rebuild result(p_);
  const std::size_t n = p_.functions.size();
  for (std::uint32_t i = 0; i < n; ++i) {
    if (!gone_[i]) result.add_function(FunctionId{i});
  }
  ProfileBuilder& builder = result.builder();
  for (std::uint32_t i = 0; i < n; ++i) {
    const FunctionId old{i}, f = result[old];
    if (f == no_function) continue;
    const auto rest = remainders_.find(i);
    if (!self_.empty()) builder.add_self(f, std::span(self_).subspan(i * metrics_, metrics_));
    if (rest == remainders_.end()) {
      result.add_counts(old);
      if (!p_.total.empty()) builder.add_total(f, holding_self(old, p_.total.row(i)));
      result.add_lines(old);
    } else {  // its lines are those of all its calls: they say nothing about the rest
      if (!p_.counts.empty()) builder.add_counts(f, {rest->second.calls, rest->second.primitive});
      if (!p_.total.empty()) builder.add_total(f, holding_self(old, rest->second.total));
    }
  }
  for (std::uint32_t e = 0; e < calls_.size(); ++e) {
    const FoldedCalls::Entry& c = calls_[e];
    if (!c.alive) continue;
    hold_self(e);
    if (doubted_.contains(pair_key(c.call.caller, c.call.callee))) calls_[e].estimated = true;
    builder.add_call({result[c.call.caller], result[c.call.callee], c.call.line}, c.counts, calls_.self_row(e),
                     calls_.total_row(e), c.estimated);
  }

  // The lines of a caller add up to its self cost if it has lines with the metric measured.
  std::vector<bool> measured(p_.line_self.empty() ? 0 : n * metrics_, false);
  for (std::size_t i = 0; i < p_.line_self.rows(); ++i) {
    for (std::size_t m = 0; m < metrics_; ++m) {
      if (p_.line_self.at(i, m) != not_measured) measured[index(p_.lines[i].function) * metrics_ + m] = true;
    }
  }
  Row cost;
  for (const AddedLine& line : added_lines_) {
    const auto f = static_cast<std::uint32_t>(line.function);
    if (gone_[f] || remainders_.contains(f) || !measured[f * metrics_ + line.metric]) continue;
    cost.assign(metrics_, not_measured);
    cost[line.metric] = line.cost;
    builder.add_line({result[line.function], line.line}, cost, {});
  }
  result.add_stacks(Rebuild::Dropped::skip);
  return std::move(result).finish();
}

}  // namespace profconv
