#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <profconv/profile.hpp>
#include <profconv/transforms.hpp>

#include "common/messages.hpp"
#include "common/report.hpp"

namespace profconv::cli {

/// What is done to a profile between reading and writing. Lists may be given several times.
struct TransformOptions {
  std::vector<std::string> threads = {}, only = {};  ///< Globs for threads; gil, cpu, exception.
  bool separate_threads = false;
  std::vector<std::string> focus = {}, ignore = {};  ///< Regular expressions.
  std::vector<std::string> fold = {};                ///< Lists of builtins, stdlib, site, import and globs.
  bool split = false;            ///< Hubs are split by caller. Set before the options are declared, it is the
                                 ///< default, and the help shows how to turn it off.
  bool shows_call_self = false;  ///< The tool prints the self costs of calls.
  bool shows_shares = true;      ///< The tool tells estimates apart.

  /// Whether a part of the call graph is chosen, or functions are put together: both go by who caused what, which
  /// functions with unrelated callers hide.
  bool goes_by_callers() const noexcept { return !focus.empty() || !ignore.empty() || !fold.empty(); }
  /// Whether the self costs of calls will be looked at.
  bool wants_call_self() const noexcept { return shows_call_self || split || !fold.empty(); }
};

/// Declares --names. `names` must outlive `app`; it has the default. `full` says what full names are.
void add_names_option(CLI::App& app, std::string& names, const char* full);

/// Declares --thread, --only, --separate-threads, --focus, --ignore, --split and --fold. `options` must
/// outlive `app`.
void add_transform_options(CLI::App& app, TransformOptions& options);

/// Has hubs split unless the command line says something else: where everything is called by one `exec`, a part of the
/// graph is all of it, and what is folded into `exec` is taken for the program's.
void split_by_default(const CLI::App& app, TransformOptions& options);

/// What source files add to a profile.
struct SourceStep {
  const SourceFiles& files;
  SourceUse use;
  Report& report;
};

/// Prepares a profile as the options say and reports what was odd. Throws UsageError and what the transforms throw.
Profile transform(Profile&& profile, const TransformOptions& options, const SourceStep& sources,
                  const Messages& messages);

}  // namespace profconv::cli
