#include "model/line_costs.hpp"

#include <algorithm>

#include "model/apportion.hpp"

namespace profconv {

LineCosts::LineCosts(const Profile& p, const CallTotals& totals)
    : first_(p.functions.size() + 1, 0), costs_(&p.line_self) {
  for (const Line& line : p.lines) ++first_[index(line.function) + 1];
  for (std::size_t f = 0; f < p.functions.size(); ++f) first_[f + 1] += first_[f];
  if (p.line_total.empty()) return;

  std::size_t call = 0;
  for (std::uint32_t f = 0; f < p.functions.size(); ++f) {
    const FunctionId function{f};
    const std::size_t first_call = call;
    while (call < p.calls.size() && p.calls[call].caller == function) ++call;
    for (std::size_t m = 0; m < p.metrics.size(); ++m) {
      if (is_inclusive(p, rows(function), m)) share(p, totals, function, {first_call, call}, m);
    }
  }
}

bool LineCosts::is_inclusive(const Profile& p, Range lines, std::size_t metric) const {
  if (p.metrics[metric].combine != Combine::sum) return false;
  bool inclusive = false;
  for (std::size_t i = lines.begin; i < lines.end; ++i) {
    if (!p.line_self.empty() && p.line_self.at(i, metric) != not_measured) return false;
    inclusive = inclusive || p.line_total.at(i, metric) != not_measured;
  }
  return inclusive;
}

void LineCosts::share(const Profile& p, const CallTotals& totals, FunctionId function, Range calls,
                      std::size_t metric) {
  const Range lines = rows(function);
  if (filled_.empty()) {
    filled_ = p.line_self.empty() ? CostTable(p.metrics.size()) : p.line_self;
    filled_.resize(p.lines.size(), not_measured);
    costs_ = &filled_;
  }
  weights_.assign(lines.end - lines.begin, 0);
  parts_.assign(weights_.size(), 0);
  for (std::size_t i = lines.begin; i < lines.end; ++i)
    weights_[i - lines.begin] = std::max<std::int64_t>(p.line_total.at(i, metric), 0);  // not_measured too
  const auto begin = p.lines.begin() + static_cast<std::ptrdiff_t>(lines.begin),
             end = p.lines.begin() + static_cast<std::ptrdiff_t>(lines.end);
  for (std::size_t c = calls.begin; c < calls.end; ++c) {
    const auto line = std::ranges::lower_bound(begin, end, p.calls[c].line, {}, &Line::line);
    if (line == end || line->line != p.calls[c].line) continue;
    std::int64_t& weight = weights_[static_cast<std::size_t>(line - begin)];
    const std::int64_t cost = std::max<std::int64_t>(totals.row(c)[metric], 0);
    weight = cost < weight ? weight - cost : 0;
  }
  // Without a self cost of the function the lines are all there is to know.
  if (p.self.empty()) {
    parts_ = weights_;
  } else if (!apportion(p.self.at(index(function), metric), weights_, parts_)) {
    return;  // nothing is left of any line: what the function costs itself belongs to no line
  }
  for (std::size_t i = lines.begin; i < lines.end; ++i) {
    if (p.line_total.at(i, metric) != not_measured) filled_.at(i, metric) = parts_[i - lines.begin];
  }
}

}  // namespace profconv
