#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace profconv {

/// Who called what through a hub: a function that calls one thing for one caller and another for the next, such as
/// `map`, `exec` or a dispatcher. A profile knows the calls to it and the calls that it made, not which led to which.
///
/// For every caller, inclusive time less self time is what the hub spent in callees for it, and the callees' times are
/// made up of these. Where a call recurses, the profiler recorded only the outermost activations: then the time is no
/// sum any more, but still a bound, since no activation takes longer than what it is part of.

inline constexpr std::size_t most_callees_in_sums = 12;  ///< 4096 sets: of more, no set is looked for.
inline constexpr std::int64_t hub_rounding = 2;          ///< Of the times of one caller and one callee.

/// Whether one of `tries` times may be as good as equal to this one and mean nothing: more than one in a hundred.
constexpr bool fits_by_chance(std::size_t tries, std::int64_t time, std::int64_t step) {
  return static_cast<double>(tries) * 2 * static_cast<double>(std::max(hub_rounding, step)) >
         0.01 * static_cast<double>(time);
}

struct HubCaller {
  std::int64_t calls;
  std::int64_t below;    ///< Inclusive time less self time: what was spent in callees.
  std::int64_t longest;  ///< No callee's activation took longer for this caller.
  bool exact;            ///< `below` is the sum over all calls: none of them was made while another one was active.
  bool bounded = false;  ///< `below` is no less than that sum.
  std::int64_t rounding =
      hub_rounding;  ///< The times may be off by as much: two rounded numbers, and that of a callee.
};

struct HubCallee {
  std::int64_t calls;
  std::int64_t total;
  bool exact;  ///< As in HubCaller.
  bool leads;  ///< It matters whose it is: it may lead back to a caller.
};

/// The function of the import machinery that calls what it is given, of which each caller gives it always the same.
inline constexpr std::string_view passes_calls_on = "_call_with_frames_removed";

struct HubOptions {
  /// The clock's step. Times are known to half a unit at best.
  std::int64_t step = 1;
  /// Every call of the hub makes one call, and each caller always has the same function called: so it is in the import
  /// machinery, by its source code. Then counts tell as well.
  bool one_callee_per_caller = false;
};

/// Callers and callees with the same number belong together and to nobody else.
struct HubSplit {
  static constexpr std::uint32_t idle = 0;  ///< Callers that called nothing that leads, and callees too short to tell.
  static constexpr std::uint32_t shared = 0xffffffff;  ///< Callees that do not lead, and whose is not known.
  std::vector<std::uint32_t> callers, callees;         ///< The group of each.
  std::uint32_t groups = 1;                            ///< With the idle one.
  std::vector<std::int64_t> left;  ///< Per group: time of its callers that only shared callees can account for.
};

/// Memory that dividing hubs takes, kept from one to the next: a program has as many as functions in circles.
struct HubWorkspace {
  struct Sum {
    std::int64_t time;
    std::uint32_t set;  // of callees, a bit for each
  };
  std::vector<std::int64_t> left;
  struct Timed {
    std::int64_t time;
    std::uint32_t index;                                            // of a caller or callee
    friend auto operator<=>(const Timed&, const Timed&) = default;  // NOLINT(modernize-use-nullptr): there is none
  };
  std::vector<std::uint32_t> active, open, owner, parts, once;
  std::vector<Timed> by_left, by_total, moved;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  std::vector<Sum> lower, upper, merged;
};

/// Divides a hub as far as the numbers prove it: callees that lead go with their callers, and if it is open whose they
/// are, with all that they may belong to.
///
/// - A caller with nothing below it (but for rounding) called nothing.
/// - A caller and a callee with the same time belong together if no other caller or callee has that time, and a set of
///   callees and a caller likewise, if chance is excluded: fewer than one in a hundred random times would fit as well.
/// - A callee that was called once belongs to the only caller that has time for it.
/// - What remains belongs to the only caller that remains.
///
/// Empty: the numbers contradict each other, are too large, or tell no caller from another. Near linear; what takes
/// long to be told apart stays together.
std::optional<HubSplit> split_hub(std::span<const HubCaller> callers, std::span<const HubCallee> callees,
                                  const HubOptions& options, HubWorkspace& workspace);

}  // namespace profconv
