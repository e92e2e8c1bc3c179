#pragma once

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>

namespace profconv {

/// Fills the tables that whole stacks determine: `self`, `total`, `calls`, `call_self`, `call_total`, `lines`,
/// `line_self` and `line_total`. What stood there before is replaced; there are no counts, for samples are no calls.
///
/// All numbers are exact. A sample counts once for each function, each line and each caller and callee that are on its
/// stack, so recursion inflates nothing; its self cost belongs to the innermost frame and that frame's line. The line
/// of a call is the one that the caller was executing. Where several lines of a caller have the callee on one stack,
/// the sample counts for the outermost of these calls, and for the others nothing: the lines of a call add up, as one
/// call with the inclusive time that cProfile would record. `call_self` is the self cost of the callee in the samples
/// in which this caller led to it, on the same line as the inclusive cost. A function of which no line is known has no
/// lines. Throws Error when a sum leaves the 64-bit range. Linear in the number of stack prefixes, but for sorting the
/// rows of the result. Throws Error for more lines or calls between functions than `limits` allows.
Profile derive_from_stacks(Profile&& stacks, const Limits& limits = Limits::of_tables());

/// Whether the stacks account for every self cost, so that all of the profile follows from them. False where there are
/// none, and for sums of profiles of which one kept no stacks. Linear in the size of the profile.
bool has_complete_stacks(const Profile& profile);

/// The same, and there are no call counts, which stacks do not hold: nothing is lost when all tables are derived anew.
bool follows_from_stacks(const Profile& profile);

/// What the samples in which each function is the outermost frame cost: a row per function. Throws Error when a sum
/// leaves the 64-bit range. Linear.
CostTable costs_as_outermost(const Profile& profile);

}  // namespace profconv
