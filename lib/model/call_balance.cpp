#include "model/call_balance.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "base/group_rows.hpp"
#include "base/wide_int.hpp"
#include "model/apportion.hpp"

namespace profconv {
namespace {

// Some programs' calls fit after ten rounds, others take hundreds; of large ones the last digits cost too much.
constexpr std::size_t most_rounds = 1000, fewest_rounds = 16, most_steps = std::size_t{1} << 24;
constexpr double close_enough = 1e-6;  // of the whole time, what all callers together are off by
constexpr std::uint32_t not_shared = UINT32_MAX;
constexpr double nothing = 1e-9;  // of a unit; who divides by less gets no number
constexpr double no_bound = std::numeric_limits<double>::infinity();

std::int64_t known(std::int64_t cost) { return std::max<std::int64_t>(cost, 0); }
std::int64_t whole_units(double cost) { return std::llround(std::min(cost, 0x1p63 - 0x1p10)); }

class Balance {
 public:
  Balance(const Profile& profile, const CallGraph& graph, const CallsTo& calls_to, std::size_t metric,
          CostTable& totals)
      : p_(profile), graph_(graph), calls_to_(calls_to), metric_(metric), totals_(totals) {
    std::int64_t largest = 0;
    WideInt self = 0;
    for (std::size_t f = 0; f < p_.functions.size(); ++f) {
      largest = std::max(largest, total(f));
      self += self_of(f);
    }
    whole_ = static_cast<double>(largest);
    is_complete_ = std::abs(static_cast<double>(self) - whole_) <= whole_ / 100;
  }

  void run() {
    choose_calls();
    const std::size_t rounds = std::clamp(most_steps / (calls_.size() + 1), fewest_rounds, most_rounds);
    for (std::size_t round = 0; round < rounds && fit_callers() > close_enough * whole_; ++round) fit_callees();
    write_back();
    if (is_complete_) add_nested();
  }

 private:
  // The calls of one function that are balanced: a range of `calls_`.
  struct Caller {
    std::uint32_t begin, end;
    bool is_exact;    // its calls add up to what they may take
    double together;  // what those may take that are not alone
    double alone;     // what each of those may take that are
  };
  // The calls to one function that are balanced: a range of `by_callee_`.
  struct Callee {
    FunctionId function;
    double cost;      // of them together
    double uncalled;  // the part of those without a recorded caller
  };

  std::int64_t total(std::size_t function) const { return p_.total.at(function, metric_); }
  std::int64_t self_of(std::size_t function) const {
    return p_.self.empty() ? 0 : known(p_.self.at(function, metric_));
  }
  bool is_measured(std::size_t call) const {
    return !p_.call_total.empty() && p_.call_total.at(call, metric_) != not_measured;
  }
  bool is_estimate(std::size_t call) const {
    return !is_measured(call) && p_.calls[call].caller != p_.calls[call].callee && totals_.at(call, metric_) > 0;
  }
  bool in_circle(const Call& call) const {
    return call.caller != call.callee && graph_.component(call.caller) == graph_.component(call.callee);
  }
  // Whether it may run inside itself, beyond calling itself.
  bool may_be_nested(FunctionId f) const {
    if (!graph_.in_cycle(f)) return false;
    return p_.counts.empty() || p_.counts[index(f)].calls != p_.counts[index(f)].primitive;
  }
  // What it cost may have cost its caller's other calls, too.
  bool is_alone(std::size_t call) const { return in_circle(p_.calls[call]) && may_be_nested(p_.calls[call].caller); }

  // Of the function's inclusive cost, the part of the calls whose callers nobody recorded.
  std::int64_t cost_of_uncalled(FunctionId f) const {
    WideInt calls = p_.counts.empty() ? 0 : known(p_.counts[index(f)].calls), left = known(total(index(f)));
    for (const std::uint32_t call : calls_to_[f]) {
      if (!p_.call_counts.empty()) calls -= known(p_.call_counts[call].calls);
      if (p_.calls[call].caller != f) left -= known(totals_.at(call, metric_));
    }
    return calls > 0 && left > 0 ? static_cast<std::int64_t>(left) : 0;
  }

  // What the function spent outside itself.
  double below(std::uint32_t f) const {
    const bool was_called = !p_.counts.empty() && p_.counts[f].calls > 0;
    const std::int64_t all = known(total(f));
    if (all == 0 && !was_called) return no_bound;  // there as a caller alone, without costs that would tell
    return static_cast<double>(all - std::min(self_of(f), all));
  }

  // Those who are the only one to have a share in what their callee cost keep it.
  void choose_calls() {
    const std::vector<std::uint32_t> callee_of = choose_callees();
    std::vector<std::uint32_t> callees;  // per chosen call
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
      const auto begin = static_cast<std::uint32_t>(calls_.size());
      const CallGraph::Range calls = graph_.calls_from(FunctionId{f});
      double kept = 0;
      bool is_exact = is_complete_ && !may_be_nested(FunctionId{f});
      for (std::size_t i = calls.begin; i < calls.end; ++i) {
        const Call& call = p_.calls[i];
        is_exact = is_exact && !(in_circle(call) && may_be_nested(call.callee));
        const std::uint32_t callee = callee_of[index(call.callee)];
        const auto cost = static_cast<double>(known(totals_.at(i, metric_)));
        if (callee == not_shared || !is_estimate(i)) {
          if (call.caller != call.callee && !is_alone(i)) kept += cost;
          continue;
        }
        calls_.push_back(static_cast<std::uint32_t>(i));
        is_alone_.push_back(is_alone(i));
        cost_.push_back(cost);
        callees.push_back(callee);
        callees_[callee].cost += cost;
      }
      if (calls_.size() == begin) continue;
      const double most = below(f);
      is_exact = is_exact && most != no_bound;
      callers_.push_back(
          {begin, static_cast<std::uint32_t>(calls_.size()), is_exact, std::max(most - kept, 0.0), most});
    }
    group_rows(
        calls_.size(), callees_.size(), [&](std::uint32_t i) { return callees[i]; }, first_by_callee_, by_callee_);
  }

  // Returns for each function its number in `callees_`.
  std::vector<std::uint32_t> choose_callees() {
    std::vector<std::uint32_t> number(p_.functions.size(), not_shared);
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
      const auto estimates =
          std::ranges::count_if(calls_to_[FunctionId{f}], [&](auto call) { return is_estimate(call); });
      if (estimates == 0) continue;
      const auto uncalled = static_cast<double>(cost_of_uncalled(FunctionId{f}));
      if (estimates == 1 && uncalled == 0) continue;
      number[f] = static_cast<std::uint32_t>(callees_.size());
      callees_.push_back({FunctionId{f}, uncalled, uncalled});
    }
    return number;
  }

  // Returns by how much the callers' calls were off.
  double fit_callers() {
    double off = 0;
    for (const Caller& caller : callers_) {
      double sum = 0;
      for (std::uint32_t i = caller.begin; i < caller.end; ++i) {
        if (is_alone_[i]) {
          off += std::max(cost_[i] - caller.alone, 0.0);
          cost_[i] = std::min(cost_[i], caller.alone);
        } else {
          sum += cost_[i];
        }
      }
      if (sum < nothing || (sum <= caller.together && !caller.is_exact)) continue;
      off += std::abs(sum - caller.together);
      for (std::uint32_t i = caller.begin; i < caller.end; ++i) cost_[i] *= is_alone_[i] ? 1 : caller.together / sum;
    }
    return off;
  }

  std::span<const std::uint32_t> calls_to(std::size_t callee) const {
    return std::span(by_callee_)
        .subspan(first_by_callee_[callee], first_by_callee_[callee + 1] - first_by_callee_[callee]);
  }

  void fit_callees() {
    for (std::size_t c = 0; c < callees_.size(); ++c) {
      Callee& callee = callees_[c];
      double sum = callee.uncalled;
      for (const std::uint32_t i : calls_to(c)) sum += cost_[i];
      if (sum < nothing) continue;
      for (const std::uint32_t i : calls_to(c)) cost_[i] *= callee.cost / sum;
      callee.uncalled *= callee.cost / sum;
    }
  }

  // In whole units, which add up for each callee.
  void write_back() {
    std::vector<std::int64_t> weights, parts;
    for (std::size_t c = 0; c < callees_.size(); ++c) {
      std::int64_t amount = cost_of_uncalled(callees_[c].function);
      weights.clear();
      for (const std::uint32_t i : calls_to(c)) {
        weights.push_back(whole_units(cost_[i]));
        amount += totals_.at(calls_[i], metric_);
      }
      weights.push_back(whole_units(callees_[c].uncalled));
      parts.resize(weights.size());
      if (!apportion(amount, weights, parts)) continue;  // no caller took any time: the estimates stay
      for (std::size_t k = 0; k + 1 < parts.size(); ++k) totals_.at(calls_[calls_to(c)[k]], metric_) = parts[k];
    }
  }

  // What callers spent in calls of functions that ran already. To a callee's calls these add nothing, as they are a
  // part of others; they have what their caller's calls lack.
  void add_nested() {
    std::vector<std::int64_t> weights, parts;
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
      if (!graph_.in_cycle(FunctionId{f}) || below(f) == no_bound) continue;
      const CallGraph::Range calls = graph_.calls_from(FunctionId{f});
      WideInt left = std::max<std::int64_t>(total(f) - self_of(f), 0);
      weights.clear();
      for (std::size_t i = calls.begin; i < calls.end; ++i) {
        if (index(p_.calls[i].callee) != f) left -= known(totals_.at(i, metric_));
        weights.push_back(weight_if_nested(i));
      }
      parts.resize(weights.size());
      if (left <= 0 || !apportion(static_cast<std::int64_t>(left), weights, parts)) continue;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i] == 0) continue;
        std::int64_t& cost = totals_.at(calls.begin + i, metric_);
        cost = std::max(cost, std::min(cost + parts[i], total(index(p_.calls[calls.begin + i].callee))));
      }
    }
  }

  // The calls at their callee's average cost.
  std::int64_t weight_if_nested(std::size_t call) const {
    const FunctionId callee = p_.calls[call].callee;
    if (is_measured(call) || p_.counts.empty() || p_.call_counts.empty()) return 0;
    if (!in_circle(p_.calls[call]) || !may_be_nested(callee)) return 0;
    const std::int64_t calls = known(p_.counts[index(callee)].calls);
    if (calls == 0) return 0;
    const double average = static_cast<double>(known(total(index(callee)))) / static_cast<double>(calls);
    return whole_units(std::ceil(average * static_cast<double>(known(p_.call_counts[call].calls))));
  }

  const Profile& p_;
  const CallGraph& graph_;
  const CallsTo& calls_to_;
  std::size_t metric_;
  CostTable& totals_;
  double whole_ = 0;
  bool is_complete_ = false;  // no function was left out

  // The calls that are balanced, and what they are thought to have cost.
  std::vector<std::uint32_t> calls_;
  std::vector<char> is_alone_;
  std::vector<double> cost_;
  std::vector<Caller> callers_;
  std::vector<Callee> callees_;
  std::vector<std::uint32_t> first_by_callee_, by_callee_;
};

}  // namespace

void balance_calls(const Profile& profile, const CallGraph& graph, const CallsTo& calls_to, std::size_t metric,
                   CostTable& totals) {
  if (!profile.total.empty()) Balance(profile, graph, calls_to, metric, totals).run();
}

}  // namespace profconv
