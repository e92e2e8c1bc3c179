#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace profconv::cli {

/// One option, as manuals and completions see it.
struct OptionView {
  enum class Takes : std::uint8_t { nothing, choice, file, folder, command, other };

  std::vector<std::string> names;    ///< "-o", "--output"; further names that other tools gave it are left out.
  std::string value;                 ///< What stands for the value in help, e.g. "FILE" or "[=REGEX]"; "" for a flag.
  Takes takes = Takes::nothing;      ///< What follows as a word of its own.
  std::vector<std::string> choices;  ///< The values there are, for `choice`; may be a selection.
  std::string text;                  ///< One or more sentences, without line breaks.
  std::string first_sentence() const;
};

/// Whether it is a word of its own: --tree, and --callers[=REGEX], which may have a value behind the =.
bool is_flag(const CLI::Option& option);
/// Whether it is --callers[=REGEX].
bool has_optional_value(const CLI::Option& option);

/// The name by which an option was given: of a switch with a name for each of its values that one (--no-split,
/// --split). REQUIRES: it was given.
std::string given_name(const CLI::Option& option);

/// The options in the order of the help.
std::vector<OptionView> options_of(const CLI::App& app);

}  // namespace profconv::cli
