#include "model/call_totals.hpp"

#include <algorithm>
#include <atomic>

#include "base/parallel.hpp"
#include "base/wide_int.hpp"
#include "model/calls_to.hpp"

namespace profconv {
namespace {

std::int64_t known(std::int64_t count) { return std::max<std::int64_t>(count, 0); }

}  // namespace

bool CallTotals::all_measured(const Profile& profile) {
  if (profile.call_total.rows() != profile.calls.size()) return false;
  std::atomic<bool> all = true;
  run_on_stretches(profile.calls.size(), [&](std::size_t begin, std::size_t end) {
    bool all_here = true;
    for (std::size_t i = begin; i < end; ++i) {
      for (const std::int64_t cost : profile.call_total.row(i)) all_here &= cost != not_measured;
    }
    if (!all_here) all = false;
  });
  return all;
}

CallTotals::CallTotals(const Profile& profile) : costs_(&profile.call_total) {
  if (!all_measured(profile)) estimate(profile);
}

void CallTotals::estimate(const Profile& profile) {
  const std::size_t metrics = profile.metrics.size();
  filled_ = profile.call_total.empty() ? CostTable(metrics) : profile.call_total;
  filled_.resize(profile.calls.size(), not_measured);
  costs_ = &filled_;
  for (std::size_t i = 0; i < profile.calls.size(); ++i) {
    if (std::ranges::count(filled_.row(i), not_measured) != 0) ++estimated_;
  }
  const CallsTo calls_to(profile);
  for (std::uint32_t f = 0; f < profile.functions.size(); ++f) {
    for (std::size_t m = 0; m < metrics; ++m) estimate(profile, calls_to[FunctionId{f}], FunctionId{f}, m);
  }
}

void CallTotals::estimate(const Profile& profile, std::span<const std::uint32_t> incoming, FunctionId callee,
                          std::size_t metric) {
  const auto missing = [&](std::uint32_t call) { return filled_.at(call, metric) == not_measured; };
  if (std::ranges::none_of(incoming, missing)) return;

  const auto counted = [&](std::uint32_t call) {
    return profile.call_counts.empty() ? 0 : known(profile.call_counts[call].calls);
  };
  // What is to be shared: the inclusive cost less what was measured, by the calls that were not.
  const std::int64_t total = profile.total.empty() ? 0 : profile.total.at(index(callee), metric);
  WideInt cost = total;
  WideInt calls = profile.counts.empty() ? 0 : known(profile.counts[index(callee)].calls);
  WideInt listed = 0;
  for (const std::uint32_t call : incoming) {
    const bool recursive = profile.calls[call].caller == callee;
    if (recursive || !missing(call)) {
      calls -= counted(call);
      if (!recursive) cost -= filled_.at(call, metric);
    } else {
      listed += counted(call);
    }
  }
  calls = std::max(calls, listed);  // a merged or filtered file may list more callers than calls
  WideInt passed = 0;               // calls shared out so far; rounding the running sum makes the parts add up
  const bool negative = total < 0;  // a calibrated clock can go below zero
  // Measured calls may cost more than the function, and a few odd counts more than 64 bits: then nothing is left to
  // share, and the counts are cut down together.
  const WideInt amount = std::clamp<WideInt>(negative ? -cost : cost, 0, INT64_MAX);
  const int shift = calls > INT64_MAX ? 32 : 0;
  const auto share = [&](WideInt part) {
    return static_cast<std::int64_t>(amount * (part >> shift) / (calls >> shift));
  };
  for (const std::uint32_t call : incoming) {
    if (!missing(call)) continue;
    std::int64_t& part = filled_.at(call, metric);
    part = 0;
    if (profile.calls[call].caller == callee || calls == 0) continue;
    const std::int64_t before = share(passed);
    passed += counted(call);
    part = share(passed) - before;
    if (negative) part = -part;
  }
}

}  // namespace profconv
