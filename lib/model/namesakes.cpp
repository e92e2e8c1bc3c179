#include "model/namesakes.hpp"

namespace profconv {

bool is_by_namesake(const Profile& profile, std::size_t call) {
  const Call& c = profile.calls[call];
  if (c.caller != c.callee || profile.counts.empty() || profile.call_counts.empty()) return false;
  const std::int64_t calls = profile.counts[index(c.callee)].calls;
  return calls > 0 && profile.call_counts[call].calls == calls;
}

std::size_t count_called_by_namesakes(const Profile& profile) {
  std::size_t count = 0;
  for (std::size_t call = 0; call < profile.calls.size(); ++call) count += is_by_namesake(profile, call) ? 1U : 0U;
  return count;
}

}  // namespace profconv
