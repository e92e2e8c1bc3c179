#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "common/messages.hpp"

namespace profconv::cli {

/// What a command line leaves of the defaults.
struct DefaultsChoice {
  std::vector<std::string> moot = {};          ///< Options (`--name`) that mean nothing beside those that were given.
  std::vector<std::string> alternatives = {};  ///< Options of which only one means something: what is set first counts.
  std::vector<std::string> elsewhere = {};     ///< Keys for another style of the tool: they may stand in its section.
  bool is_part = false;  ///< The app has some of the tool's options: keys for others may stand in its section.
};

/// Gives options that the command line left out the values that the user set for good: first the environment
/// (PROFCONV_SOURCE_DIR for --source-dir), then the file of defaults. What excludes an option that was given stays out,
/// and so does what the choice says. Returns what was set.
///
/// The file is TOML; its keys are the long names of options, at the top for every tool that has them, below [TOOL] for
/// one. Throws UsageError for a key or a value that the tool does not take, with the file and the line, IoError when
/// the file named by PROFCONV_CONFIG cannot be read.
std::vector<DefaultValue> apply_defaults(CLI::App& app, const DefaultsChoice& choice = {});

/// Where the file of defaults is: $PROFCONV_CONFIG if set (empty: none), else profconv.toml in the current folder or
/// the nearest one above it, else in $XDG_CONFIG_HOME/profconv or ~/.config/profconv. A file that belongs to another
/// user than this one and root is passed over.
struct DefaultsFile {
  std::string path;
  bool personal = false;  ///< Chosen by the user, not just lying about: may name programs to start.
};
std::optional<DefaultsFile> find_defaults_file();

}  // namespace profconv::cli
