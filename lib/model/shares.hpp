#pragma once

#include <cstddef>
#include <cstdint>

#include <profconv/profile.hpp>

namespace profconv {

/// The column that reports show first and sort by: the first one; hits only where nothing else is added up.
inline std::size_t main_metric(const Profile& profile) noexcept {
  const std::vector<Metric>& metrics = profile.metrics;
  const bool only_counted = !metrics.empty() && profile.text(metrics.front().name) == "hits";
  return only_counted && metrics.size() > 1 && metrics[1].combine == Combine::sum ? 1 : 0;
}

/// Costs of one metric as parts of the whole. The whole is the larger of the sum of the self costs and the largest
/// inclusive cost: recursion and labels that stand for several functions can make the second one larger.
class Shares {
 public:
  /// REQUIRES: metric < profile.metrics.size(), or the profile has no metrics; then every share is 1.
  Shares(const Profile& profile, std::size_t metric);

  std::int64_t whole() const noexcept { return whole_; }        ///< For inclusive costs.
  std::int64_t self_sum() const noexcept { return self_sum_; }  ///< For self costs.

  /// The same without the negative ones, of clocks that were set back, if any is positive: for reports.
  std::int64_t spent() const noexcept { return spent_; }

  /// A part of the whole, from 0 to 1. Of a whole of nothing every part is 1, as in gprof2dot: a graph of zeros is
  /// shown, not pruned away.
  double of_whole(std::int64_t cost) const noexcept { return ratio(cost, whole_); }
  double of_self(std::int64_t cost) const noexcept { return ratio(cost, self_sum_); }

 private:
  static double ratio(std::int64_t part, std::int64_t whole) noexcept;

  std::int64_t whole_ = 0, self_sum_ = 0, spent_ = 0;
};

}  // namespace profconv
