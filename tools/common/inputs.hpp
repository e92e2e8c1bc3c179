#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <profconv/formats.hpp>
#include <profconv/fuse.hpp>
#include <profconv/source.hpp>
#include <profconv/transforms.hpp>

#include "common/messages.hpp"
#include "common/report.hpp"

namespace profconv::cli {

/// What is looked up and found beyond the inputs themselves.
struct InputOptions {
  SourceOptions sources = {};
  bool recover_calls = true;
  std::vector<std::string> path_map = {};  ///< OLD=NEW.
};

/// Declares --source-dir, --no-source, --no-recovered-calls and --path-map. `options` must outlive `app`.
void add_input_options(CLI::App& app, InputOptions& options);

/// Takes standard input, "-", where no input is named. Throws UsageError, with how the tool is called as a hint, where
/// that is a terminal; and when "-" stands twice.
void require_inputs(std::vector<std::string>& inputs, std::string_view call);

/// Those of --path-map. Throws UsageError.
std::vector<PathMapping> path_mappings(const std::vector<std::string>& path_map);

/// Where the sources of the inputs are: relative names are also looked for beside these.
SourceFiles source_files(const InputOptions& options, const std::vector<std::string>& inputs);

/// Reads the inputs, maps their paths, so that files of different machines are the same, adds up those of one kind and
/// fuses the kinds. Up to four small inputs are read ahead; a large one is in memory alone. "-" is standard input.
/// REQUIRES: at least one name, "-" once at most. Throws what `read` and `Fuser` throw, Error for warnings when strict.
Profile read_inputs(const std::vector<std::string>& names, const ReadOptions& options,
                    const std::vector<PathMapping>& mappings, const FuseOptions& fuse_options, const Messages& messages,
                    Report& report);

/// The inputs one by one, each with its own numbers (`Profile::recorded`), their paths mapped. As `read_inputs`
/// besides.
std::vector<Profile> read_as_recorded(const std::vector<std::string>& names, ReadOptions options,
                                      const std::vector<PathMapping>& mappings, const Messages& messages);

}  // namespace profconv::cli
