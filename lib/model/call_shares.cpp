#include "model/call_shares.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <span>

#include <profconv/builder.hpp>

#include "model/apportion.hpp"

namespace profconv {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

std::int64_t known(std::int64_t count) { return std::max<std::int64_t>(count, 0); }
std::int64_t clamped(WideInt value) { return static_cast<std::int64_t>(std::clamp<WideInt>(value, 0, largest)); }

}  // namespace

CallShares::CallShares(const Profile& profile, const CallGraph& graph, const CallsTo& calls_to, Bounds bounds)
    : p_(profile),
      graph_(graph),
      calls_to_(calls_to),
      bounds_(bounds),
      time_(profile.metric(time_metric.name).value_or(profile.metrics.size())) {}

// Where nobody counted any calls, each row of the table is one.
std::int64_t CallShares::count(std::uint32_t call) const {
  return p_.call_counts.empty() ? 1 : known(p_.call_counts[call].calls);
}

std::int64_t CallShares::total(FunctionId function, std::size_t metric) const {
  return p_.total.empty() ? 0 : p_.total.at(index(function), metric);
}

// What the caller spent outside itself. Functions that stand there as callers alone have no costs that would tell.
std::int64_t CallShares::below(FunctionId caller, std::size_t metric) const {
  const std::int64_t all = known(total(caller, metric));
  const bool was_called = !p_.counts.empty() && p_.counts[index(caller)].calls > 0;
  if (all == 0 && !was_called) return largest;
  return p_.self.empty() ? all : all - std::min(known(p_.self.at(index(caller), metric)), all);
}

void CallShares::fill(FunctionId callee, std::size_t metric, CostTable& totals) {
  const std::span<const std::uint32_t> incoming = calls_to_[callee];
  const auto is_missing = [&](std::uint32_t call) { return totals.at(call, metric) == not_measured; };
  if (std::ranges::none_of(incoming, is_missing)) return;

  calls_.clear();
  inside_.clear();
  WideInt listed = 0, outside = 0;            // calls
  WideInt outside_cost = 0, inside_cost = 0;  // that were measured
  for (const std::uint32_t call : incoming) {
    const FunctionId caller = p_.calls[call].caller;
    listed += count(call);
    if (caller == callee) {
      if (is_missing(call)) totals.at(call, metric) = 0;
      continue;
    }
    const bool from_inside = graph_.component(caller) == graph_.component(callee);
    if (!from_inside) outside += count(call);
    if (is_missing(call)) {
      (from_inside ? inside_ : calls_).push_back(call);
    } else {
      (from_inside ? inside_cost : outside_cost) += totals.at(call, metric);
    }
  }
  const std::size_t first_inside = calls_.size();
  calls_.insert(calls_.end(), inside_.begin(), inside_.end());
  const Counts counts = p_.counts.empty() ? Counts{} : p_.counts[index(callee)];
  const std::int64_t uncalled = clamped(known(counts.calls) - listed);  // a merged file may list more than all
  outside += uncalled;

  primitive_.clear();
  inside_counts_.assign(first_inside, 0);
  for (const std::uint32_t call : calls_) {
    (primitive_.size() < first_inside ? primitive_ : inside_counts_).push_back(count(call));
  }
  primitive_.resize(calls_.size(), 0);
  primitive_.push_back(uncalled);
  inside_counts_.push_back(0);
  if (const std::int64_t rest = clamped(known(counts.primitive) - outside); rest > 0) {
    choose_primitive(first_inside, rest, metric);
  } else if (outside == 0) {
    primitive_ = inside_counts_;
  }

  const std::int64_t whole = total(callee, metric);
  const bool negative = whole < 0;  // a calibrated clock can go below zero
  // Measured calls may cost more than the function: then nothing is left. Those from inside may be parts of others.
  const WideInt left = whole - outside_cost - (outside == 0 ? inside_cost : 0);
  std::int64_t amount = clamped(negative ? -left : left);
  // Of time only: a function's hits are its own, and memory was not recorded for every function.
  const bool is_bounded = bounds_ == Bounds::callers && metric == time_ && !negative && !p_.total.empty();
  const Bounds bounds = is_bounded ? Bounds::callers : Bounds::none;
  cost_.assign(calls_.size(), 0);
  amount = share(amount, primitive_, metric, bounds);
  if (counts.primitive == not_counted) amount = share(amount, inside_counts_, metric, bounds);
  amount = share(amount, primitive_, metric, Bounds::none);
  share(amount, inside_counts_, metric, Bounds::none);
  for (std::size_t i = 0; i < calls_.size(); ++i) totals.at(calls_[i], metric) = negative ? -cost_[i] : cost_[i];
}

// Those with calls of a weight.
void CallShares::group_by_caller(std::size_t begin, const Row& weights) {
  callers_.clear();
  for (std::size_t end = begin; begin < calls_.size(); begin = end) {
    const FunctionId caller = p_.calls[calls_[begin]].caller;
    WideInt weight = 0;
    for (; end < calls_.size() && p_.calls[calls_[end]].caller == caller; ++end) weight += weights[end];
    if (weight != 0) callers_.push_back({begin, end, clamped(weight), 0});
  }
}

// Which calls from inside the circle are primitive.
void CallShares::choose_primitive(std::size_t first_inside, std::int64_t primitive, std::size_t metric) {
  group_by_caller(first_inside, inside_counts_);
  const std::size_t by = time_ < p_.metrics.size() ? time_ : metric;
  std::ranges::stable_sort(callers_, std::greater<>{},
                           [&](const Caller& c) { return total(p_.calls[calls_[c.begin]].caller, by); });
  for (const Caller& c : callers_) {
    const std::int64_t part = std::min(primitive, c.weight);
    apportion(part, std::span(inside_counts_).subspan(c.begin, c.end - c.begin),
              std::span(primitive_).subspan(c.begin, c.end - c.begin));
    primitive -= part;
  }
}

// Adds shares of `amount` to what the calls cost. Returns what they cannot have cost.
std::int64_t CallShares::share(std::int64_t amount, const Row& weights, std::size_t metric, Bounds bounds) {
  if (amount == 0) return 0;
  weights_ = weights;
  if (bounds == Bounds::callers) amount -= give_bounded_callers(amount, weights_, metric);
  parts_.resize(weights_.size());
  if (!apportion(amount, weights_, parts_)) return amount;
  for (std::size_t i = 0; i < calls_.size(); ++i) cost_[i] += parts_[i];
  return 0;
}

// Callers whose calls would get more than the caller spent: these get that much, and no longer weigh anything. Returns
// what they got together.
std::int64_t CallShares::give_bounded_callers(std::int64_t amount, Row& weights, std::size_t metric) {
  group_by_caller(0, weights);
  WideInt sum = weights.back();
  for (Caller& c : callers_) {
    WideInt most = below(p_.calls[calls_[c.begin]].caller, metric);
    for (std::size_t i = c.begin; i < c.end; ++i) most -= cost_[i];
    c.most = clamped(most);
    sum += c.weight;
  }
  // Those with the least per call first: each one that is bounded leaves more per call to the others, so the first one
  // that is not ends the search. Products of two numbers of 63 bits fit.
  std::ranges::stable_sort(callers_, [](const Caller& a, const Caller& b) {
    return WideInt{a.most} * b.weight < WideInt{b.most} * a.weight;
  });
  unsigned shift = 0;
  while ((sum >> shift) > largest) ++shift;
  std::int64_t left = amount;
  for (const Caller& c : callers_) {
    if (WideInt{c.most} * (sum >> shift) >= WideInt{left} * (c.weight >> shift)) break;
    sum -= c.weight;
    left -= c.most;
    const std::span<std::int64_t> its = std::span(weights).subspan(c.begin, c.end - c.begin);
    parts_.resize(its.size());
    apportion(c.most, its, parts_);
    for (std::size_t i = 0; i < its.size(); ++i) cost_[c.begin + i] += parts_[i];
    std::ranges::fill(its, 0);
  }
  return amount - left;
}

}  // namespace profconv
