#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/output.hpp>
#include <profconv/profile.hpp>

namespace profconv {

/// What CPython's `pstats` would print for the same dumps.
struct PstatsReportOptions {
  enum class Part : std::uint8_t { stats, callers, callees };
  struct Section {
    Part part = Part::stats;
    /// Applied one after the other: "12" keeps the first 12 functions, "0.1" a tenth of them, anything else is a
    /// regular expression (RE2) searched in `file:line(name)`.
    std::vector<std::string> restrictions = {};
  };
  std::vector<Section> sections = {{}};  ///< Printed in this order.
  /// Keys of `pstats.Stats.sort_stats` or unambiguous beginnings of them, most important first; none: the file's order.
  std::vector<std::string> sort_keys = {};
  bool reverse = false;  ///< Turns the sorted list round; no effect without sort keys.
  /// As `pstats.Stats.strip_dirs`: functions that are equal without their folders become one.
  bool strip_dirs = false;
  /// Makes control characters of names visible, for terminals. Otherwise names are printed as pstats prints them.
  bool visible = false;
};

/// Whether `PstatsReportOptions::sort_keys` may have this word.
bool is_pstats_sort_key(std::string_view word);

/// Prints the report of `pstats.Stats(FILE, ...)` of CPython 3.11, to the byte, computed from Profile::recorded alone.
///
/// Where pstats prints names that are not UTF-8 only with an error handler, the form is that of `backslashreplace`
/// (`\udce9`, counted as one column). Files that pstats refuses are reported as it would if it went on: an empty dump,
/// the marker of a sampled dump (left out), a caller without an entry in a dump that has only counts (its time is left
/// blank). Throws UsageError for a profile without recorded numbers, an unknown sort key, a bad restriction.
void write_pstats_report(std::span<const Profile> profiles, const PstatsReportOptions& options, Output& output);

}  // namespace profconv
