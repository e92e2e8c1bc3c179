#pragma once

#include <span>

#include <profconv/fuse.hpp>
#include <profconv/profile.hpp>

namespace profconv {

/// Makes self costs of what was recorded inclusively: of lines, and of functions of which only lines were recorded.
///
/// Where a call graph gives a function's time, the recorded times of its lines are proportions: they share out the
/// function's self time and calls together; a line's self time is its share less the calls on it, never below zero, and
/// the lines add up to the function's self time. What calls cost more than their lines is the residue; it is spread by
/// that. Any other metric is what was recorded: a call gets its callee's inclusive cost by the counts of the calls to
/// it, but no more than its line has (the callee's other calls get what that cuts off, if theirs have it), and the
/// line's self cost is the rest. A function without lines for such a metric has the calls below it as inclusive cost,
/// those inside its circle as well unless they lead back (CircleOrder). Hits are self only, and calls carry their
/// callee's own.
///
/// Law: a line's self cost and the calls on it are its inclusive cost in `line_total`. REQUIRES: one of
/// `functions` per function, which says whether a call graph has it; it is told times and residues.
void settle_lines(Profile& profile, std::span<FuseReport::Function> functions);

}  // namespace profconv
