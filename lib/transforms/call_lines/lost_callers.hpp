#pragma once

#include <cstddef>
#include <vector>

#include <profconv/profile.hpp>
#include <profconv/source.hpp>

#include "transforms/program.hpp"

namespace profconv {

/// A function that seems to be called by itself alone, and whom those calls are inside of.
struct LostCaller {
  std::size_t call;  ///< The row of the calls of itself.
  FunctionId caller;
};

/// Whether there are any to look for: few profiles have some, and only for these are sources read. Linear.
bool may_find_lost_callers(const Profile& profile, const SourceFiles& sources);

/// Functions that were called by one of their own file, line and name, of which nothing else is known.
///
/// cProfile keeps one of several such functions: in `[[f(x) for x in row] for row in rows]` (Python 3.11 and older) the
/// inner comprehension, say, and that a `<listcomp>` called it, but not what called the outer one. That shows: the
/// first call of a function never comes from itself, so where all of its calls do, these are the other's. The other
/// ran inside the function that both stand in, as that function then has time for it that nothing else accounts for.
std::vector<LostCaller> find_lost_callers(const Program& program);

/// The same profile with these calls made by the callers that were found, marked as estimated: the number of calls,
/// their costs and those of all functions are as they were. What a function that is lost did itself stays its caller's
/// time below it that no call accounts for.
Profile with_lost_callers(const Profile& profile, const std::vector<LostCaller>& found);

}  // namespace profconv
