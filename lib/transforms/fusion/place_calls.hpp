#pragma once

#include <span>

#include <profconv/fuse.hpp>
#include <profconv/profile.hpp>

namespace profconv {

/// Puts calls without a line on the line that makes them, for callers whose lines were profiled.
///
/// What decides, in this order: the callee's name stands on one line that was executed, or on several whose hits add up
/// to the calls; only one line took long enough for the call; only one line's hits divide the calls and its time allows
/// them. Where the name stands on several lines and the hits do not add up, the calls are shared by the hits. Otherwise
/// the line stays unknown. Law: counts and costs of every edge, added up over its lines, are the same.
///
/// `functions` (one per function, or empty) is told how calls were placed.
Profile place_calls(Profile&& profile, const SourceFiles* sources, std::span<FuseReport::Function> functions);

}  // namespace profconv
