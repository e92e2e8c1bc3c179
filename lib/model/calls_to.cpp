#include "model/calls_to.hpp"

#include "base/group_rows.hpp"

namespace profconv {

CallsTo::CallsTo(const Profile& profile) {
  group_rows(
      profile.calls.size(), profile.functions.size(), [&](std::uint32_t i) { return index(profile.calls[i].callee); },
      first_, rows_);
}

}  // namespace profconv
