#include "model/namesakes.hpp"

namespace profconv {

std::size_t count_called_by_namesakes(const Profile& profile) {
  std::size_t count = 0;
  for (std::size_t call = 0; call < profile.calls.size(); ++call) count += is_by_namesake(profile, call) ? 1U : 0U;
  return count;
}

}  // namespace profconv
