#pragma once

#include <cstddef>

#include <profconv/profile.hpp>

namespace profconv {

/// Whether a call was made by another function of the callee's file, line and name.
///
/// cProfile keeps one of several such functions (lambdas of one line, a comprehension in another one) and puts the
/// calls of all of them under that name. That shows where every call of a function comes from itself: the first call of
/// a function never does.
bool is_by_namesake(const Profile& profile, std::size_t call);

/// How many functions seem to be called by themselves alone, so that nobody knows who called them.
std::size_t count_called_by_namesakes(const Profile& profile);

}  // namespace profconv
