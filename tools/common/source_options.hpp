#pragma once

#include <CLI/CLI.hpp>
#include <profconv/source.hpp>

namespace profconv::cli {

/// Declares --source-dir and --no-source. `options` must outlive `app`.
void add_source_options(CLI::App& app, SourceOptions& options);

}  // namespace profconv::cli
