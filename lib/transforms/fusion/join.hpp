#pragma once

#include <vector>

#include <profconv/fuse.hpp>
#include <profconv/profile.hpp>

namespace profconv {

/// The kinds of profiles that are joined, in the order in which one rules the next. `traced_memory` has calls, too, and
/// what memory these took, but no files: mprof's.
enum class ProfileKind : std::uint8_t { calls, lines, memory, traced_memory };
inline constexpr std::size_t profile_kinds = 4;
inline constexpr auto calls_kind = static_cast<std::size_t>(ProfileKind::calls),
                      lines_kind = static_cast<std::size_t>(ProfileKind::lines),
                      memory_kind = static_cast<std::size_t>(ProfileKind::memory),
                      traced_kind = static_cast<std::size_t>(ProfileKind::traced_memory);

ProfileKind kind_of(const Profile& profile);

struct Joined {
  Profile profile;
  /// Per function of `profile`: how it was found in each kind's profile; `seen` says whether it was.
  struct Origin {
    bool seen[profile_kinds] = {};
    FuseReport::Match match[profile_kinds] = {};
  };
  std::vector<Origin> origins;
};

/// Puts the tables of several profiles side by side, functions matched; no cost is changed and none is counted twice:
/// times are the call graph's where it has the function, hits the line profiler's, memory the one's that knows lines.
/// Of calls that two profilers saw the number is the call graph's. Inclusive times of lines stay as they were recorded
/// in `line_total`, for `settle_lines`. Null: there is no profile of that kind. REQUIRES: one is there.
Joined join(const Profile* const (&profiles)[profile_kinds], const SourceFiles* sources);

}  // namespace profconv
