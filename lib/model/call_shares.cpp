#include "model/call_shares.hpp"

#include <algorithm>
#include <functional>
#include <span>

#include <profconv/builder.hpp>

#include "model/apportion.hpp"
#include "model/known.hpp"

namespace profconv {

CallShares::CallShares(const Profile& profile, const CallGraph& graph, const CallsTo& calls_to)
    : p_(profile),
      graph_(graph),
      calls_to_(calls_to),
      time_(profile.metric(time_metric.name).value_or(profile.metrics.size())) {}

// Where nobody counted any calls, each row of the table is one.
std::int64_t CallShares::count(std::uint32_t call) const {
  return p_.call_counts.empty() ? 1 : known(p_.call_counts[call].calls);
}

std::int64_t CallShares::total(FunctionId function, std::size_t metric) const {
  return p_.total.empty() ? 0 : p_.total.at(index(function), metric);
}

void CallShares::fill(FunctionId callee, std::size_t metric, CostTable& totals) {
  const std::span<const std::uint32_t> incoming = calls_to_[callee];
  const auto is_missing = [&](std::uint32_t call) { return totals.at(call, metric) == not_measured; };
  if (std::ranges::none_of(incoming, is_missing)) return;
  if (p_.metrics[metric].combine == Combine::max) {  // no call has more than all, and one has as much
    for (const std::uint32_t call : incoming) {
      if (is_missing(call)) totals.at(call, metric) = total(callee, metric);
    }
    return;
  }

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
  const std::int64_t amount = clamped(negative ? -left : left);
  parts_.resize(primitive_.size());
  if (!apportion(amount, primitive_, parts_)) apportion(amount, inside_counts_, parts_);
  for (std::size_t i = 0; i < calls_.size(); ++i) totals.at(calls_[i], metric) = negative ? -parts_[i] : parts_[i];
}

// Its lines that were hit as often as it was called.
std::int64_t CallShares::hits_at_each_call(FunctionId function, std::size_t hits) const {
  const std::int64_t calls = p_.counts.empty() ? not_counted : p_.counts[index(function)].calls;
  if (calls <= 0 || p_.line_self.empty()) return 0;
  std::int64_t found = 0;
  auto line =
      static_cast<std::size_t>(std::ranges::lower_bound(p_.lines, function, {}, &Line::function) - p_.lines.begin());
  for (; line < p_.lines.size() && p_.lines[line].function == function; ++line)
    found += p_.line_self.at(line, hits) == calls ? 1 : 0;
  return found;
}

void CallShares::fill_hits(FunctionId callee, std::size_t hits, std::size_t time, CostTable& totals) {
  calls_.clear();
  Row counts, times;
  const Counts all = p_.counts.empty() ? Counts{} : p_.counts[index(callee)];
  WideInt hits_left = total(callee, hits), time_left = total(callee, time), calls_left = known(all.calls);
  for (const std::uint32_t call : calls_to_[callee]) {
    std::int64_t& value = totals.at(call, hits);
    calls_left -= count(call);
    if (p_.calls[call].caller == callee) {
      if (value == not_measured) value = 0;  // a part of those that led to it
      continue;
    }
    time_left -= known(totals.at(call, time));
    if (value != not_measured) {
      hits_left -= value;
      continue;
    }
    calls_.push_back(call);
    counts.push_back(count(call));
    times.push_back(known(totals.at(call, time)));
  }
  if (calls_.empty()) return;
  counts.push_back(clamped(calls_left));  // without a recorded caller
  times.push_back(clamped(time_left));
  WideInt at_each = 0;
  const std::int64_t lines = hits_at_each_call(callee, hits);
  for (const std::int64_t calls : counts) at_each += WideInt{calls} * lines;
  at_each = std::min<WideInt>(at_each, clamped(hits_left));
  Row by_time(times.size());
  if (!apportion(clamped(hits_left - at_each), times, by_time)) return fill(callee, hits, totals);
  parts_.resize(counts.size());
  apportion(clamped(at_each), counts, parts_);
  for (std::size_t i = 0; i < calls_.size(); ++i) totals.at(calls_[i], hits) = parts_[i] + by_time[i];
}

// Those with calls of a weight.
void CallShares::group_by_caller(std::size_t begin, const Row& weights) {
  callers_.clear();
  for (std::size_t end = begin; begin < calls_.size(); begin = end) {
    const FunctionId caller = p_.calls[calls_[begin]].caller;
    WideInt weight = 0;
    for (; end < calls_.size() && p_.calls[calls_[end]].caller == caller; ++end) weight += weights[end];
    if (weight != 0) callers_.push_back({begin, end, clamped(weight)});
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

}  // namespace profconv
