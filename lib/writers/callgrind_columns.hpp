#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>

namespace profconv {

/// A metric, and how callgrind files call it.
struct CallgrindEvent {
  std::string_view metric, name, title;
};

inline constexpr CallgrindEvent callgrind_events[] = {
    {time_metric.name, "ns", "Time (ns)"},
    {samples_metric.name, "samples", "Samples"},
    {hits_metric.name, "hits", "Line hits"},
    {mem_grow_metric.name, "mem_grow", "Memory growth (bytes)"},
    {mem_free_metric.name, "mem_free", "Memory release (bytes)"},
};

inline constexpr std::size_t most_callgrind_events = std::size(callgrind_events);
using CallgrindCosts = std::array<std::int64_t, most_callgrind_events>;  // one per column, the rest 0

/// The metrics of a profile that a callgrind file has, one per column of costs.
class CallgrindColumns {
 public:
  explicit CallgrindColumns(const Profile& profile);

  std::size_t size() const noexcept { return metrics_.size(); }
  bool empty() const noexcept { return metrics_.empty(); }
  const std::vector<std::size_t>& metrics() const noexcept { return metrics_; }
  const std::vector<const CallgrindEvent*>& events() const noexcept { return events_; }

  /// What is written of costs by metric: 0 for those that are negative or were not measured.
  CallgrindCosts clamped(std::span<const std::int64_t> row) const noexcept {
    CallgrindCosts costs{};
    for (std::size_t i = 0; i < size(); ++i) costs[i] = std::max<std::int64_t>(row[metrics_[i]], 0);
    return costs;
  }
  std::span<const std::int64_t> written(const CallgrindCosts& costs) const noexcept {
    return std::span(costs).first(size());
  }
  /// Costs of the profile for which 0 is written as they are negative.
  std::uint64_t count_negative(const Profile& profile) const noexcept;

 private:
  std::vector<std::size_t> metrics_;
  std::vector<const CallgrindEvent*> events_;
};

inline bool is_zero(std::span<const std::int64_t> costs) noexcept {
  for (const std::int64_t cost : costs) {
    if (cost != 0) return false;
  }
  return true;
}

}  // namespace profconv
