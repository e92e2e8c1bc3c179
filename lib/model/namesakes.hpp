#pragma once

#include <cstddef>
#include <cstdint>

#include <profconv/profile.hpp>

namespace profconv {

/// Whether a call was made by another function of the callee's file, line and name.
///
/// cProfile keeps one of several such functions (lambdas of one line, a comprehension in another one) and puts the
/// calls of all of them under that name. That shows where every call of a function comes from itself: the first call of
/// a function never does.
inline bool is_by_namesake(const Profile& profile, std::size_t call) {
  const Call& c = profile.calls[call];
  if (c.caller != c.callee || profile.counts.empty() || profile.call_counts.empty()) return false;
  const std::int64_t calls = profile.counts[index(c.callee)].calls;
  return calls > 0 && profile.call_counts[call].calls == calls;
}

/// How many functions seem to be called by themselves alone, so that nobody knows who called them.
std::size_t count_called_by_namesakes(const Profile& profile);

}  // namespace profconv
