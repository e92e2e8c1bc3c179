#include "model/call_balance.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "base/wide_int.hpp"
#include "model/apportion.hpp"
#include "model/known.hpp"
#include "model/proportional_fit.hpp"

namespace profconv {
namespace {

constexpr double close_enough = 1e-6;  // of the whole time, what all callers together are off by
constexpr std::uint32_t not_shared = UINT32_MAX;
constexpr double no_bound = std::numeric_limits<double>::infinity();

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
    fit_.run(close_enough * whole_);
    write_back();
    if (is_complete_) add_nested();
  }

 private:
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
    const std::vector<std::uint32_t> column_of = choose_callees();
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
      const CallGraph::Range calls = graph_.calls_from(FunctionId{f});
      const double most = below(f);
      double kept = 0;
      bool is_exact = is_complete_ && most != no_bound && !may_be_nested(FunctionId{f});
      std::size_t chosen = calls_.size();
      for (std::size_t i = calls.begin; i < calls.end; ++i) {
        const Call& call = p_.calls[i];
        is_exact = is_exact && !(in_circle(call) && may_be_nested(call.callee));
        if (column_of[index(call.callee)] != not_shared && is_estimate(i)) {
          calls_.push_back(static_cast<std::uint32_t>(i));
        } else if (call.caller != call.callee && !is_alone(i)) {
          kept += static_cast<double>(known(totals_.at(i, metric_)));
        }
      }
      if (chosen == calls_.size()) continue;
      const std::uint32_t together = fit_.add_row(std::max(most - kept, 0.0), is_exact);
      for (; chosen < calls_.size(); ++chosen) {
        const std::uint32_t i = calls_[chosen];
        const std::uint32_t row = is_alone(i) ? fit_.add_row(most, false) : together;
        const std::uint32_t column = column_of[index(p_.calls[i].callee)];
        fit_.add(row, column, static_cast<double>(totals_.at(i, metric_)));
      }
    }
  }

  // Returns for each function its column.
  std::vector<std::uint32_t> choose_callees() {
    std::vector<std::uint32_t> column_of(p_.functions.size(), not_shared);
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
      const auto estimates =
          std::ranges::count_if(calls_to_[FunctionId{f}], [&](auto call) { return is_estimate(call); });
      if (estimates == 0) continue;
      const std::int64_t uncalled = cost_of_uncalled(FunctionId{f});
      if (estimates == 1 && uncalled == 0) continue;
      column_of[f] = fit_.add_column(static_cast<double>(uncalled));
      callees_.push_back(FunctionId{f});
    }
    return column_of;
  }

  // In whole units, which add up for each callee.
  void write_back() {
    std::vector<std::int64_t> parts;
    for (std::uint32_t column = 0; column < callees_.size(); ++column) {
      const std::span<const std::uint32_t> chosen = fit_.column(column);
      std::int64_t amount = cost_of_uncalled(callees_[column]);
      for (const std::uint32_t i : chosen) amount += totals_.at(calls_[i], metric_);
      if (!fit_.whole_units(column, amount, parts)) continue;  // no caller took any time: the estimates stay
      for (std::size_t i = 0; i < parts.size(); ++i) totals_.at(calls_[chosen[i]], metric_) = parts[i];
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
    const WideInt cost = WideInt{known(total(index(callee)))} * known(p_.call_counts[call].calls);
    return clamped((cost + calls - 1) / calls);
  }

  const Profile& p_;
  const CallGraph& graph_;
  const CallsTo& calls_to_;
  std::size_t metric_;
  CostTable& totals_;
  double whole_ = 0;
  bool is_complete_ = false;  // no function was left out

  ProportionalFit fit_;               // rows are callers, or calls alone; columns are callees
  std::vector<std::uint32_t> calls_;  // that are in it
  std::vector<FunctionId> callees_;   // per column
};

}  // namespace

void balance_calls(const Profile& profile, const CallGraph& graph, const CallsTo& calls_to, std::size_t metric,
                   CostTable& totals) {
  if (!profile.total.empty()) Balance(profile, graph, calls_to, metric, totals).run();
}

}  // namespace profconv
