#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <profconv/error.hpp>
#include <profconv/profile.hpp>

#include "base/prefetch.hpp"
#include "model/checked.hpp"
#include "model/line_costs.hpp"
#include "writers/callgrind_columns.hpp"

namespace profconv {

/// The self costs of functions as a callgrind file has them: a cost line per source line. What no line accounts for
/// stands on the first one.
class CallgrindSelfCosts {
 public:
  /// All of these outlive it. Linear. Throws Error where the total is more than 64 bits hold.
  CallgrindSelfCosts(const Profile& profile, const CallgrindColumns& columns, const LineCosts& lines);

  /// The function's own line, or the first that has a cost; 0: unknown.
  std::uint32_t first_line(FunctionId function) const noexcept { return first_line_[index(function)]; }
  const std::vector<std::uint32_t>& first_lines() const noexcept { return first_line_; }

  /// Calls visit(line, costs) for every cost line of the function, at least once.
  template <class Visit>
  void each_line(FunctionId function, Visit visit) const;

  /// Of all functions together.
  const CallgrindCosts& total() const noexcept { return total_; }

  /// Has fetched what `first_line` and `each_line` will look at soon.
  void prefetch(FunctionId function) const noexcept {
    profconv::prefetch(&first_line_[index(function)]);
    if (!p_.self.empty()) profconv::prefetch(p_.self.row(index(function)).data());
  }

 private:
  const Profile& p_;
  const CallgrindColumns& columns_;
  const LineCosts& lines_;
  std::vector<std::uint32_t> first_line_;  // per function
  CallgrindCosts total_{};
};

template <class Visit>
void CallgrindSelfCosts::each_line(FunctionId function, Visit visit) const {
  const std::size_t f = index(function);
  const std::uint32_t first_line = first_line_[f];
  CallgrindCosts rest = p_.self.empty() ? CallgrindCosts{} : columns_.clamped(p_.self.row(f));
  const LineCosts::Range lines = lines_.empty() ? LineCosts::Range{0, 0} : lines_.rows(function);
  for (std::size_t row = lines.begin; row < lines.end; ++row) {
    const CallgrindCosts costs = columns_.clamped(lines_.row(row));
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] = std::max<std::int64_t>(rest[i] - costs[i], 0);
  }
  // What belongs to no line stands with what the first line has itself: one cost line per source line.
  const auto stands_first = [&](std::size_t row) {
    return p_.lines[row].line == 0 || p_.lines[row].line == first_line;
  };
  for (std::size_t row = lines.begin; row < lines.end; ++row) {
    if (!stands_first(row)) continue;
    const CallgrindCosts costs = columns_.clamped(lines_.row(row));
    for (std::size_t i = 0; i < rest.size(); ++i) {
      if (!add_checked(rest[i], costs[i])) throw Error("the self costs of a function's lines do not fit 64 bits");
    }
  }
  bool visited = false;
  const auto visit_costs = [&](std::uint32_t line, const CallgrindCosts& costs) {
    if (is_zero(costs)) return;
    visit(line, costs);
    visited = true;
  };
  visit_costs(first_line, rest);
  for (std::size_t row = lines.begin; row < lines.end; ++row) {
    if (!stands_first(row)) visit_costs(p_.lines[row].line, columns_.clamped(lines_.row(row)));
  }
  if (!visited) visit(first_line, CallgrindCosts{});
}

}  // namespace profconv
