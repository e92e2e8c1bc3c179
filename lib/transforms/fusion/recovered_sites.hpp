#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <profconv/profile.hpp>

#include "transforms/call_lines/line_runs.hpp"
#include "transforms/call_lines/resolve.hpp"
#include "transforms/call_lines/site_calls.hpp"
#include "transforms/program.hpp"

namespace profconv {

/// A line that may call a function, as the source says.
struct RecoveredSite {
  FunctionId caller;
  std::size_t line;            ///< Row of Profile::lines.
  SiteHits hits;               ///< Of that row.
  bool is_guess = false;       ///< Other functions have the name.
  Program::Place likely = {};  ///< The function that the source names, where the object's own class may have another.
};

/// What hits say, per function.
struct RecordedRuns {
  std::vector<std::size_t> first_line;  ///< The first row of Profile::lines, and one behind the last function's.
  std::vector<LineRuns> runs;
  std::vector<std::int64_t> calls;  ///< How often it was called; not_counted.
};

/// The function whose lines a scope's are: comprehensions run within one. Its index is `Program::none` where it never
/// ran.
FunctionId function_of(const Program& program, Program::Place scope);

/// Whether it stands in the head of a loop or `with`. REQUIRES: that the file has a source.
bool is_head(const Program& program, std::uint32_t file, const PythonScan::Value& value);

/// Per function, the lines of profiled functions that may call it: by its name, as what operators, `with`, iteration
/// and subscripts stand for, as a property, or as what `map` and the like are given. Of several functions with one name
/// a line calls the one whose count fits; where none does all of them, if they were called no more often together; else
/// the one that the source names.
std::vector<std::vector<RecoveredSite>> recovered_sites(const Program& program, const Resolver& resolver,
                                                        const RecordedRuns& recorded);

}  // namespace profconv
