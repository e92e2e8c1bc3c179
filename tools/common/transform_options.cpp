#include "common/transform_options.hpp"

#include <utility>

#include <profconv/transforms.hpp>

#include "common/options.hpp"

namespace profconv::cli {
namespace {

void add(CLI::App& app, const char* name, std::vector<std::string>& values, const char* help, const char* value) {
  takes(app.add_option(name, values, help), value)->allow_extra_args(false);
}

}  // namespace

void add_transform_options(CLI::App& app, TransformOptions& options) {
  add(app, "--focus", options.focus,
      "Keeps only the functions that call a match of REGEX or are called by\none, directly or not; searched in "
      "file:line(name).",
      "REGEX");
  add(app, "--ignore", options.ignore, "Drops the functions that match REGEX, and what only they lead to.", "REGEX");
  if (options.split) {
    app.add_flag(
        "!--no-split,--split", options.split,
        "Leaves functions that mix unrelated callers in one piece, and with them\nfalse cycles: see docs/cycles.md.");
  } else {
    app.add_flag(
        "--split,!--no-split", options.split,
        "Splits functions that mix unrelated callers (exec, the import machinery,\nmap ...) by caller where the "
        "numbers prove who called what.");
  }
  add(app, "--fold", options.fold,
      "Merges functions into their callers: a list of builtins, stdlib,\nsite (site-packages), import (what runs "
      "imports) and globs for names "
      "or\nfiles.",
      "LIST");
  add(app, "--path-map", options.path_map, "Shows paths that start with OLD with NEW instead.", "OLD=NEW");
}

Profile transform(Profile&& profile, const TransformOptions& options, const Messages& messages) {
  std::vector<PathMapping> mappings;
  for (const std::string& text : options.path_map) mappings.push_back(parse_path_mapping(text));
  FoldOptions fold_options;
  for (const std::string& list : options.fold) add_fold_list(fold_options, list);

  Diagnostics diagnostics;
  profile = map_paths(std::move(profile), mappings, diagnostics);
  profile = focus(std::move(profile), {options.focus, options.ignore}, diagnostics);
  if (options.split) profile = split(std::move(profile), {.estimate_importers = fold_options.imports}, diagnostics);
  profile = fold(std::move(profile), fold_options, diagnostics);
  messages.report(diagnostics);
  return std::move(profile);
}

}  // namespace profconv::cli
