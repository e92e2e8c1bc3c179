#pragma once

#include <span>

#include <profconv/output.hpp>
#include <profconv/profile.hpp>
#include <profconv/source.hpp>

namespace profconv {

/// What `python -m line_profiler` would print for the same files.
struct LineProfilerReportOptions {
  double output_unit_s = 1e-6;  ///< -u: seconds per unit of the columns Time and Per Hit; positive and finite.
  bool skip_zero = false;       ///< -z: leaves out functions that never ran.
  bool sort = false;            ///< -t: by ascending total time, else as recorded.
  bool summarize = false;       ///< -m: adds a line per function.
  /// Makes control characters of names and sources visible (tabs stay), for terminals.
  bool visible = false;
};

/// Prints the report of `python -m line_profiler` 5.0.2, to the byte, computed from Profile::recorded_lines; several
/// profiles are added up as there. Without recorded lines the times and hits of the model's lines are taken.
///
/// Source is shown as far as `sources` finds it, under the rules of SourceFiles: line_profiler itself opens whatever
/// file is named. Throws UsageError for a profile that has neither hits nor times of lines and for a unit that is none,
/// Error before anything is written where the lines of functions without source are so far apart that numbering them
/// would not end.
void write_line_profiler_report(std::span<const Profile> profiles, const LineProfilerReportOptions& options,
                                const SourceFiles& sources, Output& output);

}  // namespace profconv
