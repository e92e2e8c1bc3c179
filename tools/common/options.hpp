#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <profconv/formats.hpp>

#include "common/defaults.hpp"
#include "common/limit_options.hpp"
#include "common/messages.hpp"

/// Options that have one meaning in every tool that has them, and the reading of command lines.

namespace profconv::cli {

struct CommonOptions {
  std::vector<std::string> inputs;  ///< "-" is standard input.
  std::string output;               ///< "-" is standard output; "" when none was given.
  std::string from;                 ///< Format of the inputs; "" detects it.
  std::string time_unit;
  std::string interval;
  LimitOptions limits;
  bool strict = false;
  bool salvage = false;
  bool verbose = false;
  bool quiet = false;
};

/// Declares them. `options` must outlive `app`.
void add_common_options(CLI::App& app, CommonOptions& options, const std::string& names_of_from = "-f,--from");

/// Names the value of an option, in the help and in messages. Returns the option.
CLI::Option* takes(CLI::Option* option, const char* value);

/// Says which values an option takes, for the help of shells; refusing others is the tool's own work, with a message of
/// its own. Returns the option.
CLI::Option* offers(CLI::Option* option, std::span<const std::string_view> values);

/// What a tool's help says above and below its list of options.
struct HelpTexts {
  std::string usage;       ///< One line for each form of the command, without the program's name.
  std::string examples;    ///< Real commands with a word each on what they do.
  std::string notes = {};  ///< What needs more than a sentence; "" for nothing.
  std::string exit_status = "Ends with 0 when done, 1 when it could not be done, 2 for wrong usage.";
};

/// An app with the project's layout of help, -h, -V and --generate (manual page and completions).
void prepare(CLI::App& app, HelpTexts texts);

/// Reads the command line, then fills in those of the user's defaults that `choose` leaves, which is asked when the
/// command line is read; `messages` will know their places. Returns true when the tool has nothing more to do: -h, -V
/// or --generate was given and answered on standard output. Throws UsageError, and IoError for a file of defaults.
bool parse(CLI::App& app, std::vector<std::string> arguments, Messages& messages,
           const std::function<DefaultsChoice()>& choose);

/// Who an argument is for.
struct CommandLine {
  std::vector<std::string> own;     ///< The tool's options, -r included; a FILE alone has become -i FILE.
  std::vector<std::string> script;  ///< What follows -r (also --run, --run-script, or -r in a cluster such as -kr).
};

/// Divides the command line before CLI11 sees it: what follows -r belongs to the script whatever it looks like. Values
/// of the app's options are no options, and what follows -- is a FILE. Throws UsageError where a value is missing or
/// empty.
CommandLine split(const std::vector<std::string>& arguments, const CLI::App& app);

/// "500us", "1ms", "0.01s" as nanoseconds, from 1 on. Throws UsageError that names `option`.
std::int64_t duration_ns(const char* option, const std::string& text);

/// The values of the options, checked. Throws UsageError.
ReadOptions read_options(const CommonOptions& options);
Messages::Level message_level(const CommonOptions& options);

}  // namespace profconv::cli
