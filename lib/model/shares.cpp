#include "model/shares.hpp"

#include <algorithm>
#include <limits>

#include "base/wide_int.hpp"

namespace profconv {

Shares::Shares(const Profile& profile, std::size_t metric) {
  if (metric >= profile.metrics.size()) return;
  self_sum_ = total_cost(profile)[metric];
  whole_ = self_sum_;
  WideInt spent = 0;
  for (std::size_t i = 0; i < profile.self.rows() && profile.metrics[metric].combine == Combine::sum; ++i)
    spent += std::max<std::int64_t>(profile.self.at(i, metric), 0);
  spent_ = spent == 0 ? self_sum_
                      : static_cast<std::int64_t>(std::min<WideInt>(spent, std::numeric_limits<std::int64_t>::max()));
  for (std::size_t i = 0; i < profile.total.rows(); ++i) whole_ = std::max(whole_, profile.total.at(i, metric));
}

double Shares::ratio(std::int64_t part, std::int64_t whole) noexcept {
  if (whole == 0) return 1;
  return std::clamp(static_cast<double>(part) / static_cast<double>(whole), 0.0, 1.0);
}

}  // namespace profconv
