// prof2text: reports of Python profiles, for people, for programs, and to the byte as CPython's pstats prints them.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include <profconv/error.hpp>
#include <profconv/formats.hpp>
#include <profconv/memory_profiler_report.hpp>
#include <profconv/pstats_report.hpp>
#include <profconv/transforms.hpp>

#include "common/heap.hpp"
#include "common/inputs.hpp"
#include "common/line_profiler_style.hpp"
#include "common/messages.hpp"
#include "common/names.hpp"
#include "common/numbers.hpp"
#include "common/option_list.hpp"
#include "common/options.hpp"
#include "common/report.hpp"
#include "common/report_format.hpp"
#include "common/run_tool.hpp"
#include "common/terminal.hpp"
#include "common/transform_options.hpp"

namespace profconv::cli {
namespace {

constexpr const char* usage = "[OPTION]... [-i] [FILE]...";

constexpr const char* description =
    "Reports Python profiles (cProfile, profile): which functions cost most, who calls them, what they call.\n"
    "Without any input it reads standard input. Several inputs are added up.";

constexpr const char* examples =
    "  prof2text run.prof                          the 25 functions with the highest inclusive time\n"
    "  prof2text --peek 'json.*loads' run.prof     callers and callees of the functions that match\n"
    "  prof2text --tree --fold builtins run.prof   where the time goes, from the top\n"
    "  prof2text --lines -n 3 run.py.lprof         the lines of the 3 costliest functions\n"
    "  prof2text --by package --format csv run.prof > packages.csv\n"
    "  prof2text --style pstats -s tottime -n 10 run.prof\n"
    "                                              what pstats prints\n"
    "  prof2text --style line_profiler script.py.lprof\n"
    "                                              what line_profiler prints";

constexpr const char* notes =
    "Sort keys: total (cumtime, cumulative), self (time, tottime), percall, selfpercall, calls (ncalls), pcalls,\n"
    "samples, hits, mem_grow, mem_free, mem_peak, name, file (filename, module), line, nfl (name, file, line),\n"
    "stdname (file:line(name)).";

struct Options {
  CommonOptions common;
  InputOptions input;
  TransformOptions transforms{.shows_call_self = true};
  ReportOptions report;
  std::string style = "default";
  std::string format = "text";
  std::string frames = "pyspy";
  std::vector<std::string> callers, callees;  ///< Not empty: asked for; the last is the pattern, "" is every function.
  std::string peek;
  bool tree = false, lines = false;
  std::vector<std::string> restrictions, sort_keys, call_sort_keys;
  bool reverse = false;
  std::optional<std::size_t> limit, call_limit;
  std::optional<double> threshold;
  std::optional<std::size_t> depth;
  std::string by = "function";
  bool percent = false, strip_dirs = false;
  std::string names = "short";
  std::string color = "auto";
  std::vector<std::string> given_beyond_style;  ///< Options that were given and mean nothing in the style.
  std::vector<std::string> given_beyond_view;   ///< The same of the view and the format.
};

/// An option that stands alone or has a value after "=": it never takes the next word, which may be an input.
void add_with_optional_value(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                             const char* text) {
  app.add_flag(name + "{}", values, text)->option_text("[=REGEX]");
}

void add_view_options(CLI::App& app, Options& options) {
  add_with_optional_value(app, "--callers", options.callers,
                          "Shows what calls each function, or each that REGEX finds.");
  add_with_optional_value(app, "--callees", options.callees,
                          "Shows what each function calls, or each that REGEX finds.");
  takes(app.add_option("--peek", options.peek, "Shows callers and callees of the functions that REGEX finds."), "REGEX")
      ->take_last();
  app.add_flag("--tree", options.tree,
               "Shows calls from the top; ~ marks what is estimated, since a profile of\ncalls does not say which "
               "stacks there were.");
  app.add_flag(
      "--lines", options.lines,
      "Shows the lines of each function with their hits, times and memory,\nand their source where it is found.");
  takes(app.add_option("--by", options.by,
                       "Makes one of all functions of a file, module or package, after --split\n(default function)."),
        "GROUP")
      ->take_last()
      ->check(CLI::IsMember({"function", "file", "module", "package"}));
}

constexpr std::int64_t deepest_tree = 1000;

void add_selection_options(CLI::App& app, Options& options) {
  offers(takes(app.add_option("-s,--sort", options.sort_keys,
                              "Sorts by KEY (default total); repeat it for the order of equal ones."),
               "KEY"),
         text_sort_keys())
      ->allow_extra_args(false);
  app.add_flag("--reverse", options.reverse, "Turns the order round.");
  takes(app.add_option(
            "-n,--limit", options.limit,
            "Shows at most N functions, 0 is all (default 25; all in csv, tsv, json\nand the style of pstats)."),
        "N")
      ->take_last()
      ->transform(whole_number());
  takes(app.add_option("--restrict", options.restrictions,
                       "Shows the first R functions (an integer), that fraction of them (0.1),\nor those whose "
                       "file:line(name) the regular "
                       "expression R finds; several\napply one after the other."),
        "R")
      ->allow_extra_args(false);
  offers(takes(app.add_option("--calls-sort", options.call_sort_keys,
                              "Sorts callers and callees by KEY (default: as --sort)."),
               "KEY"),
         text_sort_keys())
      ->allow_extra_args(false);
  takes(app.add_option("--calls-limit", options.call_limit,
                       "Shows at most N callers or callees of a function, 0 is all (default 10,\nor all as for -n)."),
        "N")
      ->take_last()
      ->transform(whole_number());
  takes(app.add_option("--threshold", options.threshold,
                       "Leaves calls that cost less than PERCENT of the whole out of the tree\n(default 1)."),
        "PERCENT")
      ->take_last()
      ->transform(percentage());
  takes(
      app.add_option("--depth", options.depth, "Shows at most N levels of the tree, 0 is all, up to 1000 (default 0)."),
      "N")
      ->take_last()
      ->transform(whole_number(0, deepest_tree));
}

void add_form_options(CLI::App& app, Options& options) {
  takes(
      app.add_option("--style", options.style,
                     "Reports in STYLE: default, or to the byte as another tool reports the file\nas it stands: pstats "
                     "(CPython's), memory_profiler (0.61), or line_profiler\n(5.0), which has options of its own: "
                     "--style line_profiler -h."),
      "STYLE")
      ->take_last()
      ->check(CLI::IsMember({"default", "pstats", "line_profiler", "memory_profiler"}));
  takes(app.add_option(
            "-t,--format", options.format,
            "Writes FORMAT: text, markdown, csv, tsv, json, collapsed, the stacks for\nflame graphs, or dump, all that "
            "was read (default: as the ending of -o\nsays, else text)."),
        "FORMAT")
      ->take_last()
      ->check(CLI::IsMember(report_formats()));
  takes(app.add_option("--frames", options.frames,
                       "Writes the frames of collapsed stacks as pyspy does, name (file:line),\nas cpython does, "
                       "file:name:line below the thread, or as name (default\npyspy)."),
        "FORM")
      ->take_last()
      ->check(CLI::IsMember({"pyspy", "cpython", "name"}));
  app.add_flag("--percent", options.percent, "Adds percentages where there are none by default.");
  app.add_flag("--strip-dirs", options.strip_dirs,
               "Leaves out folders that are not needed to tell files apart. In the style\nof pstats all of them: equal "
               "functions are added up.");
  add_names_option(app, options.names, "with the whole path");
  takes(app.add_option("--color", options.color,
                       "Uses colours and bars: auto (on a terminal, unless NO_COLOR is set),\nalways or never."),
        "WHEN")
      ->take_last()
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

constexpr const char* views[] = {"--callers", "--callees", "--peek", "--tree", "--lines"};

/// Options that mean nothing in the style.
std::vector<std::string> beyond_style(const Options& options) {
  std::vector<std::string> names;
  if (options.style == "default") return names;
  names = {"--peek",       "--tree",        "--lines",     "--by",
           "--calls-sort", "--calls-limit", "--threshold", "--depth",
           "--fold",       "--split",       "--focus",     "--ignore",
           "--path-map",   "--thread",      "--only",      "--separate-threads",
           "--frames",     "--format",      "--percent",   "--names",
           "--report",     "--time-unit",   "--interval"};
  for (const char* name : {"--source-dir", "--no-source", "--no-recovered-calls"}) names.emplace_back(name);
  if (options.color == "always") names.emplace_back("--color");
  if (options.style == "pstats") return names;
  for (const char* name : {"--callers", "--callees", "--sort", "--reverse", "--limit", "--restrict", "--strip-dirs"})
    names.emplace_back(name);
  return names;
}

/// Whether what is shown is groups of files, which have no lines.
bool groups_files(const Options& options) { return options.by == "module" || options.by == "package"; }

/// Whether the format has all functions, whatever is asked for.
bool has_no_view(const std::string& format) { return format == "collapsed" || format == "dump"; }

/// Options that mean nothing in the view or the format.
std::vector<std::string> beyond_view(const Options& options) {
  if (options.style != "default") return {};
  std::vector<std::string> names;
  if (options.format != "collapsed") names.emplace_back("--frames");
  const auto add = [&](std::initializer_list<const char*> more) {
    names.insert(names.end(), more.begin(), more.end());
  };
  if (has_no_view(options.format)) {
    add({"--callers", "--callees", "--peek", "--tree", "--lines", "--sort", "--reverse", "--limit", "--restrict",
         "--calls-sort", "--calls-limit", "--threshold", "--depth", "--percent"});
    return names;
  }
  if (options.tree) {
    add({"--restrict", "--sort", "--reverse"});
  } else {
    add({"--threshold", "--depth"});
  }
  if (options.callers.empty() && options.callees.empty() && options.peek.empty())
    add({"--calls-sort", "--calls-limit"});
  if (options.lines && groups_files(options)) add({"--by"});
  return names;
}

/// What is said instead of an option that means nothing beside others.
UsageError refusal_beyond_view(const Options& options) {
  const std::string& name = options.given_beyond_view.front();
  if (name == "--frames") return UsageError("--frames is for --format collapsed");
  if (options.format == "collapsed")
    return UsageError(name + " means nothing in collapsed stacks", "--focus, --ignore and --fold choose among them");
  if (options.format == "dump")
    return UsageError(name + " means nothing in a dump, which has all functions",
                      "--focus, --ignore and --fold choose among them");
  if (name == "--by")
    return UsageError("--by " + options.by + " means nothing in --lines: lines are those of a file",
                      "--by file adds up the functions of each");
  if (name == "--threshold" || name == "--depth") return UsageError(name + " is for --tree");
  if (options.tree && name == "--restrict")
    return UsageError("--restrict means nothing in --tree", "--focus REGEX shows the ways to some functions");
  if (options.tree) return UsageError(name + " means nothing in --tree, where the costliest call comes first");
  return UsageError(name + " is for --callers, --callees and --peek");
}

/// What the command line leaves of the defaults. `options` are as it says.
DefaultsChoice choose_defaults(const Options& options, const std::vector<std::string>& given) {
  const auto is_given = [&](const std::string& name) { return std::ranges::find(given, name) != given.end(); };
  DefaultsChoice choice{.moot = beyond_style(options),
                        .alternatives = {std::begin(views), std::end(views)},
                        .elsewhere = line_profiler_style_keys()};
  const auto format = format_of(options.common.output);
  if (format) choice.moot.emplace_back("--format");
  if (says_no_style(options.common.output) || !std::ranges::all_of(options.sort_keys, is_pstats_sort_key))
    choice.moot.emplace_back("--style");

  Options plain = options;
  if (!is_given("--format") && options.style == "default") plain.format = format.value_or("text");
  Options tree = plain, lines = plain;
  tree.tree = lines.lines = true;
  if (std::ranges::any_of(beyond_view(tree), is_given)) choice.moot.emplace_back("--tree");
  if (std::ranges::any_of(beyond_view(lines), is_given)) choice.moot.emplace_back("--lines");

  // A default may yet choose the view or the format that these are for.
  const bool is_open_format = !format && !is_given("--format"), is_open_view = std::ranges::none_of(views, is_given);
  for (const std::string& name : beyond_view(plain)) {
    const bool is_of_view = name == "--threshold" || name == "--depth" || name.starts_with("--calls-");
    if (!(is_open_format && name == "--frames") && !(is_open_view && is_of_view)) choice.moot.push_back(name);
  }
  return choice;
}

/// Reads the command line; empty when it is answered already (-h, -V).
std::optional<Options> setup(const std::vector<std::string>& arguments, Messages& messages) {
  CLI::App app(description, messages.program());
  Options options;
  prepare(app, {.usage = usage, .examples = examples, .notes = notes});
  add_common_options(app, options.common);
  add_view_options(app, options);
  add_selection_options(app, options);
  add_transform_options(app, options.transforms);
  add_input_options(app, options.input);
  add_report_option(app, options.report);
  add_form_options(app, options);
  std::vector<std::string> given;  // on the command line
  const auto choose = [&] {
    for (const CLI::Option* option : app.get_options())
      if (option->count() != 0) given.push_back(option->get_name());
    return choose_defaults(options, given);
  };
  if (parse(app, split(arguments, app).own, messages, choose)) return std::nullopt;
  if (options.style == "line_profiler")  // on the command line it was seen before
    throw UsageError("--style line_profiler cannot be a default, as it has options of its own",
                     "it is taken on the command line");
  const auto is_given = [&](const std::string& name) { return std::ranges::find(given, name) != given.end(); };
  if (!is_given("--style") && std::ranges::any_of(beyond_style(options), is_given)) options.style = "default";
  if (app.count("--format") == 0 && options.style == "default")
    options.format = format_of(options.common.output).value_or("text");
  const bool is_default_format = !is_given("--format") && !format_of(options.common.output);
  if (is_default_format && std::ranges::any_of(beyond_view(options), is_given)) options.format = "text";
  if (options.lines && groups_files(options) && !is_given("--by")) options.by = "function";
  if (options.style == "pstats" && !is_given("--sort"))
    std::erase_if(options.sort_keys, std::not_fn(is_pstats_sort_key));
  // Of stacks that are estimated, those are better that lead through fewer circles, and so it is with what groups have
  // in all; names are the same.
  if (options.format == "collapsed" || options.by != "function" || options.transforms.goes_by_callers())
    split_by_default(app, options.transforms);
  for (const std::string& name : beyond_style(options))
    if (is_given(name)) options.given_beyond_style.push_back(given_name(*app.get_option(name)));
  std::ranges::copy_if(beyond_view(options), std::back_inserter(options.given_beyond_view), is_given);
  return options;
}

/// "-3" is no expression; pstats, and so its style, takes it for all.
void refuse_negative_counts(const std::vector<std::string>& restrictions) {
  for (const std::string& text : restrictions) {
    const bool is_number = text.size() > 1 && text.find_first_not_of("0123456789", 1) == std::string::npos;
    if (is_number && text.front() == '-')
      throw UsageError("--restrict: expected a whole number from 0 on, found '" + text + "'",
                       "in an expression [-] is a minus");
  }
}

/// Decides what depends on several options, and refuses what makes no sense.
void complete(Options& options) {
  CommonOptions& common = options.common;
  require_inputs(common.inputs, "prof2text FILE");
  if (common.output.empty() || is_stdout(common.output)) common.output = "-";
  for (const auto& [name, values] :
       {std::pair("--callers", &options.callers), std::pair("--callees", &options.callees)}) {
    if (!values->empty() && values->back().empty()) refuse_as_input(name, common.inputs.front(), "an expression");
  }
  refuse_report_as_input(options.report, common.inputs);
  refuse_overwriting(common.output, common.inputs);
  check_report(options.report, common.output, common.inputs);
  if (!options.given_beyond_style.empty())
    throw UsageError(
        options.given_beyond_style.front() + " and --style " + options.style + " exclude each other",
        options.style == "pstats" ? "pstats has nothing like it" : "memory_profiler prints all of its listings");
  if (options.style != "default") refuse_format_for_style(common.output, options.style);
  if (options.style != "default") return;
  const int given = (options.callers.empty() ? 0 : 1) + (options.callees.empty() ? 0 : 1) +
                    (options.peek.empty() ? 0 : 1) + (options.tree ? 1 : 0) + (options.lines ? 1 : 0);
  if (given > 1)
    throw UsageError("--callers, --callees, --peek, --tree and --lines exclude each other",
                     "--peek REGEX shows callers and callees");
  if (!options.given_beyond_view.empty()) throw refusal_beyond_view(options);
  refuse_negative_counts(options.restrictions);
}

bool wants_color(const Options& options) {
  if (options.color != "auto") return options.color == "always";
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return is_terminal(options.common.output) && !dumb && (no_color == nullptr || *no_color == '\0');
}

/// Columns of the terminal: what $COLUMNS says, else what the terminal says, else 100.
std::size_t width_of_output(const Options& options) {
  if (const char* const columns = std::getenv("COLUMNS")) {
    const std::string_view text = columns;
    std::size_t width = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
    if (error == std::errc() && end == text.data() + text.size() && width > 0) return width;
  }
  const std::size_t columns = terminal_columns(options.common.output);
  constexpr std::size_t without_terminal = 100;
  return columns > 0 ? columns : without_terminal;
}

/// The inputs one by one, with their own numbers.
std::vector<Profile> read_as_recorded(const Options& options, Want want, const Messages& messages) {
  ReadOptions read_as = read_options(options.common);
  read_as.want = want;
  return read_as_recorded(options.common.inputs, read_as, {}, messages);
}

void report_as_memory_profiler(const Options& options, const Messages& messages) {
  const std::vector<Profile> profiles = read_as_recorded(options, Want::none, messages);
  Output output = open_output(options.common.output);
  write_memory_profiler_report(profiles, is_terminal(options.common.output), output);
  output.finish();
}

void report_as_pstats(const Options& options, const Messages& messages) {
  const bool shows_calls = !options.callers.empty() || !options.callees.empty();
  const std::vector<Profile> profiles =
      read_as_recorded(options, shows_calls ? Want::recorded_callers : Want::none, messages);
  PstatsReportOptions report;
  report.sort_keys = options.sort_keys;
  report.reverse = options.reverse;
  report.strip_dirs = options.strip_dirs;
  report.visible = is_terminal(options.common.output);
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
  Output output = open_output(options.common.output);
  write_pstats_report(profiles, report, output);
  output.finish();
}

TextOptions text_options(const Options& options) {
  TextOptions text;
  using View = TextOptions::View;
  if (!options.callers.empty()) {
    text.view = View::callers;
    text.pattern = options.callers.back();
  } else if (!options.callees.empty()) {
    text.view = View::callees;
    text.pattern = options.callees.back();
  } else if (!options.peek.empty()) {
    text.view = View::peek;
    text.pattern = options.peek;
  } else if (options.tree) {
    text.view = View::tree;
  } else if (options.lines) {
    text.view = View::lines;
  }
  text.noun = options.by;
  text.restrictions = options.restrictions;
  text.sort_keys = options.sort_keys;
  text.reverse = options.reverse;
  text.limit = options.limit;
  text.call_sort_keys = options.call_sort_keys;
  text.call_limit = options.call_limit;
  text.tree_threshold_percent = options.threshold.value_or(text.tree_threshold_percent);
  text.tree_depth = options.depth.value_or(0);
  text.calls_left_out = !options.transforms.focus.empty() || !options.transforms.ignore.empty();
  text.percent = options.percent;
  using Names = TextOptions::Names;
  text.names = options.names == "full"        ? Names::full
               : options.names == "qualified" ? Names::qualified
                                              : Names::shortest;
  text.color = wants_color(options);
  text.width = width_of_output(options);
  return text;
}

CollapsedOptions::Frames frames_of(const Options& options) {
  using Frames = CollapsedOptions::Frames;
  return options.frames == "cpython" ? Frames::cpython : options.frames == "name" ? Frames::name : Frames::pyspy;
}

/// Restrictions that are neither a number nor a fraction.
std::vector<std::string> expressions_of(std::vector<std::string> restrictions) {
  std::erase_if(restrictions,
                [](const std::string& text) { return text.find_first_not_of("0123456789.") == std::string::npos; });
  return restrictions;
}

void report(const Options& options, const Messages& messages) {
  WriteOptions write_as{.collapsed = {.frames = frames_of(options)}, .text = text_options(options)};
  const SourceFiles sources = source_files(options.input, options.common.inputs);
  write_as.text.sources = &sources;
  const FuseOptions fuse_options{.sources = &sources, .recover_calls = options.input.recover_calls};
  Report told;
  const SourceStep step{sources, {.calls = false, .names = options.names != "short"}, told};
  Profile profile = transform(read_inputs(options.common.inputs, read_options(options.common),
                                          path_mappings(options.input.path_map), fuse_options, messages, told),
                              options.transforms, step, messages);
  Diagnostics diagnostics;
  const GroupBy by = options.by == "file"      ? GroupBy::file
                     : options.by == "module"  ? GroupBy::module
                     : options.by == "package" ? GroupBy::package
                                               : GroupBy::function;
  const bool goes_by_folders = by == GroupBy::module || by == GroupBy::package;  // which are gone once it is stripped
  if (options.strip_dirs && !goes_by_folders) profile = strip_paths(std::move(profile));
  profile = group(std::move(profile), by, diagnostics);
  if (options.strip_dirs && goes_by_folders) profile = strip_paths(std::move(profile));
  warn_of_unknown_functions(profile, expressions_of(options.restrictions), diagnostics);
  if (!write_as.text.pattern.empty()) warn_of_unknown_functions(profile, {&write_as.text.pattern, 1}, diagnostics);
  Output output = open_output(options.common.output);
  write(profile, options.format, write_as, output, diagnostics);
  sources.report(diagnostics);
  messages.report(diagnostics);
  output.finish();
  told.print(options.report);
}

int run(const std::vector<std::string>& arguments, Messages& messages) {
  if (asks_for_line_profiler_style(arguments)) return run_line_profiler_style(arguments, messages);
  std::optional<Options> options = setup(arguments, messages);
  if (!options) return exit_done;
  complete(*options);
  messages.level = message_level(options->common);
  messages.strict = options->common.strict;
  warn_of_ending(options->common.output, messages);
  if (options->style == "pstats") {
    report_as_pstats(*options, messages);
  } else if (options->style == "memory_profiler") {
    report_as_memory_profiler(*options, messages);
  } else {
    report(*options, messages);
  }
  return exit_done;
}

}  // namespace
}  // namespace profconv::cli

int main(int argc, char** argv) { return profconv::cli::run_tool("prof2text", argc, argv, profconv::cli::run); }
