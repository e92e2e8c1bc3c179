#include "model/circle_budget.hpp"

#include <algorithm>
#include <limits>

namespace profconv {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

void add(std::int64_t& sum, std::int64_t cost) {
  if (__builtin_add_overflow(sum, std::max<std::int64_t>(cost, 0), &sum)) sum = most;
}

}  // namespace

std::int64_t CircleBudget::recorded_self(FunctionId function, std::size_t metric) const {
  return p_.self.empty() ? 0 : std::max<std::int64_t>(p_.self.at(index(function), metric), 0);
}

std::int64_t CircleBudget::self(FunctionId function, std::size_t metric) const {
  const std::int64_t spent = left_.empty() ? 0 : spent_self_.at(index(function), metric);
  return std::max<std::int64_t>(recorded_self(function, metric) - spent, 0);
}

std::int64_t CircleBudget::call(std::size_t call, std::size_t metric, std::int64_t cost) const {
  return left_.empty() ? cost : std::max<std::int64_t>(cost - spent_calls_.at(call, metric), 0);
}

std::int64_t CircleBudget::circle(FunctionId function, std::size_t metric) {
  open();
  return std::max<std::int64_t>(left_.at(graph_.component(function), metric), 0);
}

void CircleBudget::spend_self(FunctionId function, std::size_t metric, std::int64_t cost) {
  if (!graph_.in_cycle(function)) return;
  open();
  spent_self_.at(index(function), metric) += cost;
  left_.at(graph_.component(function), metric) -= cost;
}

void CircleBudget::spend_call(std::size_t call, std::size_t metric, std::int64_t cost) {
  const auto [caller, callee, line] = p_.calls[call];
  if (!graph_.in_cycle(caller)) return;
  open();
  spent_calls_.at(call, metric) += cost;
  if (graph_.component(caller) != graph_.component(callee)) left_.at(graph_.component(caller), metric) -= cost;
}

void CircleBudget::open() {
  if (!left_.empty()) return;
  const std::size_t metrics = p_.metrics.size();
  for (CostTable* table : {&spent_self_, &spent_calls_, &left_}) *table = CostTable(metrics);
  spent_self_.resize(p_.functions.size(), 0);
  spent_calls_.resize(p_.calls.size(), 0);
  left_.resize(graph_.components(), 0);
  for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
    const FunctionId f{i};
    if (!graph_.in_cycle(f)) continue;
    const CallGraph::Range calls = graph_.calls_from(f);
    for (std::size_t m = 0; m < metrics; ++m) {
      std::int64_t& left = left_.at(graph_.component(f), m);
      add(left, recorded_self(f, m));
      for (std::size_t call = calls.begin; call < calls.end; ++call) {
        if (graph_.component(p_.calls[call].callee) != graph_.component(f)) add(left, totals_.row(call)[m]);
      }
    }
  }
}

}  // namespace profconv
