#pragma once

#include <cstddef>

#include <profconv/profile.hpp>
#include <profconv/source.hpp>

namespace profconv {

struct RecoveredCalls {
  Profile profile;
  std::size_t edges = 0;
};

/// Finds the calls between functions of which only lines were profiled: a line on which a function's name is called has
/// made as many calls as it has hits (times the calls on it), or fewer where that depends, or more where it is a
/// comprehension; the function was called as often as its first line was hit, unless that begins a loop. Both together
/// tell who made how many (calls_of_sites); what no line made came from elsewhere. Of several functions with one name,
/// a call is one of that whose count fits alone. A line that took less time than its callee is no caller. Costs of the
/// calls are left unknown, for `settle_lines`. Calls whose count or cost is a share are marked as estimated: all but
/// those whose number hits alone tell and that are the only ones of their callee. Without sources nothing is found.
RecoveredCalls recover_calls(Profile&& profile, const SourceFiles* sources);

}  // namespace profconv
