#include "model/shares.hpp"

#include <algorithm>

namespace profconv {

Shares::Shares(const Profile& profile, std::size_t metric) {
  if (metric >= profile.metrics.size()) return;
  self_sum_ = total_cost(profile)[metric];
  whole_ = self_sum_;
  for (std::size_t i = 0; i < profile.total.rows(); ++i) whole_ = std::max(whole_, profile.total.at(i, metric));
}

double Shares::ratio(std::int64_t part, std::int64_t whole) noexcept {
  if (whole == 0) return 1;
  return std::clamp(static_cast<double>(part) / static_cast<double>(whole), 0.0, 1.0);
}

}  // namespace profconv
