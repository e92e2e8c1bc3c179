#include "writers/callgrind_columns.hpp"

namespace profconv {

CallgrindColumns::CallgrindColumns(const Profile& profile) {
  for (std::size_t m = 0; m < profile.metrics.size(); ++m) {
    for (const CallgrindEvent& event : callgrind_events) {
      if (profile.text(profile.metrics[m].name) != event.metric) continue;
      metrics_.push_back(m);
      events_.push_back(&event);
    }
  }
}

std::uint64_t CallgrindColumns::count_negative(const Profile& profile) const noexcept {
  std::uint64_t negative = 0;
  for (const CostTable* table : {&profile.self, &profile.total, &profile.call_total, &profile.line_self}) {
    for (std::size_t row = 0; row < table->rows(); ++row) {
      for (const std::size_t metric : metrics_) {
        const std::int64_t cost = table->at(row, metric);
        if (cost < 0 && cost != not_measured) ++negative;
      }
    }
  }
  return negative;
}

}  // namespace profconv
