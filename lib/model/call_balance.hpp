#pragma once

#include <cstddef>

#include <profconv/profile.hpp>

#include "model/call_graph.hpp"
#include "model/calls_to.hpp"

namespace profconv {

/// Changes what calls are estimated to cost, so that it fits what their callers spent.
///
/// A function spends its inclusive time in itself and in the calls that it makes, so both ends of a call tell of it:
/// calls of one callee add up to its inclusive time, as the estimates do before, and calls of one caller to what it
/// spent below itself. By turns the calls of every caller and those of every callee are scaled to that, which leads to
/// the costs nearest to the estimates that fit both (iterative proportional fitting). Callees' times hold to the unit.
/// Callers' are what their calls take at most; calls that take less are made larger only where no function was left out
/// of the profile, which its self times show. What a function that may run inside itself calls of its circle may be
/// part of its other calls: each of these alone takes no more than it spent.
///
/// At last, calls of a function that ran already, which carried nothing as they are a part of others, get what is left
/// of their caller's time.
///
/// `totals` are the inclusive costs of all calls; those that `profile` has measured stay. Passes over the calls: a
/// thousand at most, of large profiles fewer.
void balance_calls(const Profile& profile, const CallGraph& graph, const CallsTo& calls_to, std::size_t metric,
                   CostTable& totals);

}  // namespace profconv
