#include <profconv/measured.hpp>

#include <profconv/builder.hpp>

namespace profconv {

Measured::Measured(const Profile& profile)
    : p_(profile), has_lines_(profile.functions.size(), false), seen_(profile.metrics.size()) {
  for (const Line& line : p_.lines) has_lines_[index(line.function)] = true;
  for (std::size_t m = 0; m < seen_.size(); ++m) {
    const bool is_of_lines = p_.text(p_.metrics[m].name) == hits_metric.name || p_.metrics[m].combine == Combine::max;
    if (!is_of_lines) continue;
    seen_[m].assign(p_.functions.size(), false);
    for (std::size_t i = 0; i < p_.lines.size() && !p_.line_self.empty(); ++i) {
      if (p_.line_self.at(i, m) != not_measured) seen_[m][index(p_.lines[i].function)] = true;
    }
  }
}

std::int64_t Measured::operator()(FunctionId function, std::size_t metric, std::int64_t value) const {
  if (value != 0 || seen_[metric].empty() || seen_[metric][index(function)]) return value;
  // What never ran has no hits, and a line profiler lists it without lines.
  const bool is_peak = p_.metrics[metric].combine == Combine::max;
  const bool ran = has_lines_[index(function)] || (!p_.counts.empty() && p_.counts[index(function)].calls > 0);
  return is_peak || ran ? not_measured : value;
}

}  // namespace profconv
