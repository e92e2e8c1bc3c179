#pragma once

#include <span>

#include <profconv/output.hpp>
#include <profconv/profile.hpp>

namespace profconv {

/// Prints the listings of memory_profiler 0.61's `show_results`, to the byte, from Profile::recorded_memory alone.
///
/// Listings that were recorded without occurrences, or without increments, are printed without them, as the versions
/// that know none print them. `visible` makes control characters of file names and sources visible, for terminals.
/// Throws UsageError for a profile without recorded listings.
void write_memory_profiler_report(std::span<const Profile> profiles, bool visible, Output& output);

}  // namespace profconv
