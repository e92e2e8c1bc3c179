#include "common/line_profiler_style.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include <profconv/error.hpp>
#include <profconv/formats.hpp>
#include <profconv/line_profiler_report.hpp>
#include <profconv/transforms.hpp>

#include "common/inputs.hpp"
#include "common/names.hpp"
#include "common/options.hpp"
#include "common/report_format.hpp"
#include "common/run_tool.hpp"
#include "common/source_options.hpp"
#include "common/terminal.hpp"

namespace profconv::cli {
namespace {

constexpr std::string_view style_option = "--style", style_name = "line_profiler";

constexpr const char* description =
    "Prints to the byte what `python -m line_profiler` 5.0.2 prints for dumps of line_profiler (.lprof).\n"
    "Without any input it reads standard input. Several inputs are added up.";

constexpr const char* examples =
    "  prof2text --style line_profiler script.py.lprof\n"
    "  prof2text --style line_profiler -z -t -m -u 1e-3 script.py.lprof";

struct Options {
  CommonOptions common;
  SourceOptions sources;
  std::vector<std::string> path_map;
  std::string style, unit;
  LineProfilerReportOptions report;
};

double seconds_of(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !(value > 0) || !std::isfinite(value))
    throw UsageError("--unit: expected a positive number of seconds, found '" + text + "'");
  return value;
}

/// What line_profiler has and other styles do not.
void declare_own(CLI::App& app, Options& options) {
  takes(app.add_option("-u,--unit", options.unit, "Shows times in units of SECONDS (default 1e-6)."), "SECONDS")
      ->take_last();
  app.add_flag("-z,--skip-zero", options.report.skip_zero, "Leaves out functions that never ran.");
  app.add_flag("-t,--sort", options.report.sort, "Sorts functions by ascending total time.");
  app.add_flag("-m,--summarize", options.report.summarize, "Adds a line per function with its total time.");
}

void declare(CLI::App& app, Options& options) {
  add_common_options(app, options.common);
  takes(app.add_option(std::string(style_option), options.style, "Reports in this style."), "line_profiler")
      ->take_last();
  declare_own(app, options);
  takes(app.add_option("--path-map", options.path_map, "Shows paths that start with OLD with NEW instead."), "OLD=NEW")
      ->allow_extra_args(false);
  add_source_options(app, options.sources);
}

}  // namespace

bool asks_for_line_profiler_style(const std::vector<std::string>& arguments) {
  std::string_view style;
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == style_option && i + 1 < arguments.size()) {
      style = arguments[++i];
    } else if (argument.starts_with(style_option) && argument.substr(style_option.size()).starts_with('=')) {
      style = argument.substr(style_option.size() + 1);
    }
  }
  return style == style_name;
}

std::vector<std::string> line_profiler_style_keys() {
  CLI::App app;
  app.set_help_flag();
  Options options;
  declare_own(app, options);
  std::vector<std::string> keys;
  for (const CLI::Option* option : app.get_options()) keys.push_back(option->get_lnames().front());
  return keys;
}

int run_line_profiler_style(const std::vector<std::string>& arguments, Messages& messages) {
  CLI::App app(description, messages.program());
  Options options;
  prepare(app, {.usage = "--style line_profiler [OPTION]... [-i] [FILE]...", .examples = examples});
  declare(app, options);
  if (parse(app, split(arguments, app).own, messages, [] { return DefaultsChoice{.is_part = true}; })) return exit_done;
  messages.level = message_level(options.common);
  messages.strict = options.common.strict;
  std::vector<std::string>& inputs = options.common.inputs;
  std::string& output_name = options.common.output;
  require_inputs(inputs, "prof2text --style line_profiler FILE");
  if (output_name.empty() || is_stdout(output_name)) output_name = "-";
  refuse_overwriting(output_name, inputs);
  refuse_format_for_style(output_name, std::string(style_name));
  warn_of_ending(output_name, messages);
  if (!options.unit.empty()) options.report.output_unit_s = seconds_of(options.unit);
  options.report.visible = is_terminal(output_name);
  const std::vector<Profile> profiles =
      read_as_recorded(inputs, read_options(options.common), path_mappings(options.path_map), messages);
  const SourceFiles sources(options.sources);  // relative names are those of the current folder, as for line_profiler
  Diagnostics diagnostics;
  Output output = open_output(output_name);
  write_line_profiler_report(profiles, options.report, sources, output);
  sources.report(diagnostics);
  messages.report(diagnostics);
  output.finish();
  return exit_done;
}

}  // namespace profconv::cli
