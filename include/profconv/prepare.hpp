#pragma once

#include <string>
#include <vector>

#include <profconv/diagnostics.hpp>
#include <profconv/profile.hpp>
#include <profconv/source.hpp>
#include <profconv/transforms.hpp>

/// From a profile as it was recorded to one that is worth a look: what the tools do between reading and writing.

namespace profconv {

/// What each step does; steps that are not asked for are left out.
struct PrepareOptions {
  SampleOptions samples = {};  ///< `select_samples`
  SourceUse use = {};          ///< `apply_sources`
  bool split = true;           ///< `split`. Folding imports does it in any case, then with estimated importers.
  FocusOptions focus = {};     ///< `focus`
  FoldOptions fold = {};       ///< `fold`
  /// Whether anybody will look at the self costs of calls afterwards; else splitting drops them, which saves memory.
  bool keep_call_self = false;
  bool mark_shares = true;  ///< Whether calls that splitting shared are marked as estimates.
};

/// What the steps decided, for people who want to trust the result.
struct PrepareReport {
  std::vector<std::string> split;  ///< What `split` said. The diagnostics have it, too.
  SourceReport sources;
};

/// Applies `select_samples`, `apply_sources`, `split`, `focus` and `fold`, in the one order in which they help one
/// another.
///
/// Names come first, as copies are called by them, and so does who called whom; then functions are split, as what leads
/// to a function, and what only the ignored lead to, is known only of copies; lines of calls come after that, as each
/// copy makes its own; functions are folded last, with the lines of their calls, but for those that run imports. Laws
/// are those of the steps, and so are the errors. What could not be read of the sources is left to
/// `SourceFiles::report`.
Profile prepare(Profile&& profile, const SourceFiles& sources, const PrepareOptions& options, Diagnostics& diagnostics,
                PrepareReport* report = nullptr);

}  // namespace profconv
