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

/// Those of the options. Throws UsageError.
std::vector<PathMapping> path_mappings(const InputOptions& options);

/// Where the sources of the inputs are: relative names are also looked for beside these.
SourceFiles source_files(const InputOptions& options, const std::vector<std::string>& inputs);

/// Reads the inputs, maps their paths, so that files of different machines are the same, adds up those of one kind and
/// fuses the kinds; each input is gone from memory before the next is
/// read. "-" is standard input. REQUIRES: at least one name. Throws what `read` and `Fuser` throw, UsageError when "-"
/// stands twice, Error for warnings when strict.
Profile read_inputs(const std::vector<std::string>& names, const ReadOptions& options,
                    const std::vector<PathMapping>& mappings, const FuseOptions& fuse_options, const Messages& messages,
                    Report& report);

}  // namespace profconv::cli
