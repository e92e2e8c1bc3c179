#pragma once

#include <cstddef>
#include <cstdint>

#include <profconv/main_metric.hpp>
#include <profconv/profile.hpp>

namespace profconv {

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
