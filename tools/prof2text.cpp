// prof2text: reports of Python profiles, for people and, on request, to the byte as CPython's pstats prints them.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <profconv/error.hpp>
#include <profconv/formats.hpp>
#include <profconv/pstats_report.hpp>

#include "common/messages.hpp"
#include "common/names.hpp"
#include "common/options.hpp"
#include "common/run_tool.hpp"

namespace profconv::cli {
namespace {

constexpr const char* usage = "[OPTION]... [-i] [FILE]...";

constexpr const char* description =
    "Reports Python profiles (cProfile, profile) as text: what each function cost, who calls it, what it calls.\n"
    "Without any input it reads standard input. Several inputs are added up.";

constexpr const char* examples =
    "  prof2text -s tottime -n 10 run.prof     the 10 functions with the highest time of their own\n"
    "  prof2text --callers=loads run.prof      what calls the functions whose names have 'loads' in them\n"
    "\n"
    "Ends with 0 when done, 1 when it could not be done, 2 for wrong usage.";

struct Options {
  CommonOptions common;
  std::string style = "pstats";
  std::vector<std::string> sort_keys;
  bool reverse = false;
  std::vector<std::string> restrictions;
  std::optional<std::size_t> limit;
  bool strip_dirs = false;
  std::vector<std::string> callers,
      callees;  ///< Not empty: asked for; the last is the regular expression, "" is every function.
};

/// An option that stands alone or has a value after "=": it never takes the next word, which may be an input.
void add_with_optional_value(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                             const char* text) {
  app.add_flag(name + "{}", values, text)->option_text("[=REGEX]");
}

void add_options(CLI::App& app, Options& options) {
  add_common_options(app, options.common);
  app.add_option("--style", options.style,
                 "Reports in STYLE: pstats is to the byte what CPython's pstats prints for\nthe file as it stands.")
      ->take_last()
      ->check(CLI::IsMember({"pstats"}))
      ->option_text("STYLE");
  app.add_option("-s,--sort", options.sort_keys, "Sorts by KEY; repeat it for the order of equal ones.")
      ->allow_extra_args(false)
      ->option_text("KEY");
  app.add_flag("--reverse", options.reverse, "Turns the order round.");
  app.add_option("-n,--limit", options.limit, "Shows at most N functions; 0 is all.")->take_last()->option_text("N");
  app.add_option("--restrict", options.restrictions,
                 "Shows the first R functions (a number), that fraction of them (a number\nfrom 0 to 1 with a point), "
                 "or those whose file:line(name) the regular\n"
                 "expression R finds; several apply one after the other.")
      ->allow_extra_args(false)
      ->option_text("R");
  app.add_flag("--strip-dirs", options.strip_dirs,
               "Leaves out folders; with --style pstats, adds up what becomes equal.");
  add_with_optional_value(app, "--callers", options.callers,
                          "Shows what calls each function (or each that REGEX finds).");
  add_with_optional_value(app, "--callees", options.callees,
                          "Shows what each function (or each that REGEX finds) calls.");
}

void complete(Options& options) {
  CommonOptions& common = options.common;
  if (common.inputs.empty()) {
    if (::isatty(STDIN_FILENO) != 0) throw UsageError("no input", "prof2text FILE; -h lists the options");
    common.inputs.push_back("-");
  }
  if (common.output.empty() || common.output == "/dev/stdout") common.output = "-";
  for (const std::string& input : common.inputs) {
    if (same_file(common.output, input)) throw UsageError("the output " + common.output + " is the input " + input);
  }
}

bool to_terminal(const Options& options) { return options.common.output == "-" && ::isatty(STDOUT_FILENO) != 0; }

void report_as_pstats(const Options& options, const Messages& messages) {
  ReadOptions read_as = read_options(options.common);
  read_as.as_recorded = true;
  const std::vector<std::string>& inputs = options.common.inputs;
  if (std::count(inputs.begin(), inputs.end(), "-") > 1)
    throw UsageError("- is given more than once, and standard input can be read once");
  std::vector<Profile> profiles;
  for (const std::string& name : inputs) {
    Diagnostics diagnostics;
    Input input = Input::open(name, read_as.limits);
    profiles.push_back(read(input, read_as, diagnostics));
    messages.report(diagnostics);
  }
  PstatsReportOptions report;
  report.sort_keys = options.sort_keys;
  report.reverse = options.reverse;
  report.strip_dirs = options.strip_dirs;
  report.visible = to_terminal(options);
  report.sections.clear();
  using Part = PstatsReportOptions::Part;
  const auto add = [&](Part part, const std::string& pattern) {
    PstatsReportOptions::Section section{part, {}};
    if (!pattern.empty()) section.restrictions.push_back(pattern);
    section.restrictions.insert(section.restrictions.end(), options.restrictions.begin(), options.restrictions.end());
    if (options.limit.value_or(0) != 0) section.restrictions.push_back(std::to_string(*options.limit));
    report.sections.push_back(std::move(section));
  };
  if (!options.callers.empty()) add(Part::callers, options.callers.back());
  if (!options.callees.empty()) add(Part::callees, options.callees.back());
  if (report.sections.empty()) add(Part::stats, {});
  Output output = Output::file(options.common.output);
  write_pstats_report(profiles, report, output);
  output.finish();
}

int run(const std::vector<std::string>& arguments, Messages& messages) {
  CLI::App app(description, messages.program());
  Options options;
  prepare(app, {usage, examples});
  add_options(app, options);
  if (parse(app, split(arguments, app).own)) return exit_done;
  complete(options);
  messages.level = message_level(options.common);
  messages.strict = options.common.strict;
  report_as_pstats(options, messages);
  return exit_done;
}

}  // namespace
}  // namespace profconv::cli

int main(int argc, char** argv) { return profconv::cli::run_tool("prof2text", argc, argv, profconv::cli::run); }
