#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <profconv/formats.hpp>
#include <profconv/fuse.hpp>
#include <profconv/source.hpp>

#include "common/messages.hpp"
#include "common/report.hpp"

namespace profconv::cli {

/// What is looked up and found beyond the inputs themselves.
struct InputOptions {
  SourceOptions sources = {};
  bool recover_calls = true;
};

/// Declares --source-dir, --no-source and --no-recovered-calls. `options` must outlive `app`.
void add_input_options(CLI::App& app, InputOptions& options);

/// Reads the inputs, adds up those of one kind and fuses the kinds; each input is gone from memory before the next is
/// read. "-" is standard input. REQUIRES: at least one name. Throws what `read` and `Fuser` throw, UsageError when "-"
/// stands twice, Error for warnings when strict.
Profile read_inputs(const std::vector<std::string>& names, const ReadOptions& options, const FuseOptions& fuse_options,
                    const Messages& messages, Report& report);

}  // namespace profconv::cli
