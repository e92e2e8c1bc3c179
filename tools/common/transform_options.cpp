#include "common/transform_options.hpp"

#include <cstdio>
#include <utility>

#include <profconv/error.hpp>
#include <profconv/prepare.hpp>
#include <profconv/transforms.hpp>

#include "common/options.hpp"

namespace profconv::cli {
namespace {

CLI::Option* add(CLI::App& app, const char* name, std::vector<std::string>& values, const char* help,
                 const char* value) {
  return takes(app.add_option(name, values, help), value)->allow_extra_args(false);
}

constexpr std::string_view states[] = {"gil", "cpu", "exception"};
constexpr std::string_view foldable[] = {"builtins", "stdlib", "site", "import"};

// " 12.0 % of their cost (34 calls) on lines with a call of that name"
std::vector<std::string> source_lines(const SourceReport& report) {
  constexpr const char* rules[] = {"on the line that the sources tell",
                                   "on lines with a call of that name",
                                   "on operators, loops, attributes and the like",
                                   "where the function is passed on",
                                   "where only this callee was left",
                                   "undecided, on the first line of the caller"};
  std::int64_t cost = 0, spread = 0;
  std::size_t edges = 0;
  for (const SourceReport::Sum& sum : report.by_rule) {
    cost += sum.cost;
    spread += sum.spread_cost;
    edges += sum.edges;
  }
  if (edges == 0) return {};
  std::vector<std::string> lines;
  const auto percent = [&](std::int64_t part) {
    char text[32];
    std::snprintf(text, sizeof text, "%5.1f %%",
                  cost == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(cost));
    return std::string(text);
  };
  lines.push_back(std::to_string(report.files_used) + " of " + std::to_string(report.files) + " source files used, " +
                  std::to_string(report.functions_found) + " of " + std::to_string(report.functions) +
                  " functions found");
  for (std::size_t i = 0; i < SourceReport::rules; ++i) {
    const SourceReport::Sum& sum = report.by_rule[i];
    if (sum.edges != 0)
      lines.push_back(percent(sum.cost) + " of their cost (" + std::to_string(sum.edges) + " calls) " + rules[i]);
  }
  lines.push_back(percent(spread) + " of their cost is spread over several lines");
  if (report.callers_found != 0)
    lines.push_back(std::to_string(report.callers_found) +
                    (report.callers_found == 1 ? " function is" : " functions are") +
                    " called by what stands around it: code of one line and name, one of which is lost");
  return lines;
}

SampleOptions::State state_named(const std::string& name) {
  using State = SampleOptions::State;
  if (name == "gil") return State::gil;
  if (name == "cpu") return State::cpu;
  if (name == "exception") return State::exception;
  throw UsageError("--only: expected gil, cpu or exception, found '" + name + "'");
}

}  // namespace

void add_transform_options(CLI::App& app, TransformOptions& options) {
  add(app, "--thread", options.threads,
      "Keeps only the samples of threads that match GLOB; main is the main\nthread where the recording says which that "
      "is.",
      "GLOB");
  offers(add(app, "--only", options.only,
             "Keeps only the samples of threads that held the GIL (gil), were on a CPU\n(cpu) or handled an exception "
             "(exception).",
             "STATE"),
         states);
  app.add_flag("--separate-threads", options.separate_threads,
               "Shows each thread below a function of its own instead of all together.");
  add(app, "--focus", options.focus,
      "Keeps only the functions that call a match of REGEX or are called by\none, directly or not; searched in "
      "file:line(name).",
      "REGEX");
  add(app, "--ignore", options.ignore, "Drops the functions that match REGEX, and what only they lead to.", "REGEX");
  if (options.split) {
    app.add_flag(
        "!--no-split,--split", options.split,
        "Leaves functions that mix unrelated callers in one piece, and with them\nfalse cycles: see docs/cycles.md.");
  } else {
    app.add_flag(
        "--split,!--no-split", options.split,
        "Splits functions that mix unrelated callers (exec, the import machinery,\nmap ...) by caller where the "
        "numbers prove who called what; so do --focus,\n--ignore and --fold, in prof2text --by and --format collapsed, "
        "but for\n--no-split.");
  }
  offers(
      add(app, "--fold", options.fold,
          "Merges functions into their callers: a list of builtins, stdlib,\nsite (site-packages), import (what runs "
          "imports) and globs for names "
          "or\nfiles.",
          "LIST"),
      foldable);
}

void split_by_default(const CLI::App& app, TransformOptions& options) {
  if (app.count("--split") == 0) options.split = true;
}

void add_names_option(CLI::App& app, std::string& names, const char* full) {
  const std::string help = "Names functions short, qualified (Class.method, by the sources) or\nfull, " +
                           std::string(full) + " (default " + names + ").";
  takes(app.add_option("--names", names, help), "FORM")
      ->take_last()
      ->check(CLI::IsMember({"short", "qualified", "full"}));
}

Profile transform(Profile&& profile, const TransformOptions& options, const SourceStep& sources,
                  const Messages& messages) {
  PrepareOptions steps;
  steps.samples.threads = options.threads;
  for (const std::string& name : options.only) steps.samples.only.push_back(state_named(name));
  steps.samples.separate_threads = options.separate_threads;
  steps.use = sources.use;
  steps.split = options.split;
  steps.focus = {options.focus, options.ignore};
  for (const std::string& list : options.fold) add_fold_list(steps.fold, list);
  steps.keep_call_self = options.shows_call_self;
  steps.mark_shares = options.shows_shares;
  Diagnostics diagnostics;
  PrepareReport report;
  profile = prepare(std::move(profile), sources.files, steps, diagnostics, &report);
  sources.report.add("Splitting", std::move(report.split));
  sources.report.add("Lines of calls", source_lines(report.sources));
  messages.report(diagnostics);
  return std::move(profile);
}

}  // namespace profconv::cli
