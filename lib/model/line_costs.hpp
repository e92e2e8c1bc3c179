#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <profconv/profile.hpp>

#include "model/call_totals.hpp"

namespace profconv {

/// The self cost of every line, also where only an inclusive cost was recorded.
///
/// line_profiler and memory_profiler know what happened between a line's begin and its end, calls included. Then a
/// line's self cost is that less the calls that stand on it, never below zero; together the lines of a function are
/// given its self cost, in whole units that add up exactly. So nothing is counted on a line and in a call of that line.
class LineCosts {
 public:
  /// Linear. The profile outlives it.
  LineCosts(const Profile& profile, const CallTotals& totals);

  /// Rows of Profile::lines that belong to a function: a half-open range.
  struct Range {
    std::size_t begin, end;
  };
  Range rows(FunctionId function) const noexcept { return {first_[index(function)], first_[index(function) + 1]}; }
  /// One value per metric, `not_measured` where neither cost was recorded; REQUIRES: !empty().
  std::span<const std::int64_t> row(std::size_t line) const noexcept { return costs_->row(line); }
  /// No line has a cost.
  bool empty() const noexcept { return costs_->empty(); }

 private:
  bool is_inclusive(const Profile& profile, Range lines, std::size_t metric) const;
  void share(const Profile& profile, const CallTotals& totals, FunctionId function, Range calls, std::size_t metric);

  std::vector<std::size_t> first_;  // per function
  const CostTable* costs_;          // the profile's own when every line has its self cost
  CostTable filled_;
  std::vector<std::int64_t> weights_, parts_;  // scratch
};

}  // namespace profconv
