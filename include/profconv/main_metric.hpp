#pragma once

#include <cstddef>

#include <profconv/profile.hpp>

namespace profconv {

/// The column of the cost tables that reports show first and sort by: the first one; hits only where nothing else is
/// added up. 0 where there are no metrics.
inline std::size_t main_metric(const Profile& profile) noexcept {
  const std::vector<Metric>& metrics = profile.metrics;
  const bool only_counted = !metrics.empty() && profile.text(metrics.front().name) == "hits";
  return only_counted && metrics.size() > 1 && metrics[1].combine == Combine::sum ? 1 : 0;
}

}  // namespace profconv
