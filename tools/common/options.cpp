#include "common/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <unistd.h>

#include <profconv/error.hpp>
#include <profconv/output.hpp>
#include <profconv/version.hpp>

#include "common/commit.hpp"
#include "common/completions.hpp"
#include "common/defaults.hpp"
#include "common/manual.hpp"
#include "common/option_list.hpp"
#include "common/refusal.hpp"

namespace profconv::cli {
namespace {

class HelpLayout : public CLI::Formatter {
 public:
  explicit HelpLayout(HelpTexts texts) : texts_(std::move(texts)) { column_width(26); }

  const HelpTexts& texts() const noexcept { return texts_; }

  std::string make_usage(const CLI::App*, std::string name) const override {
    std::string text = "\n";
    const std::string& usage = texts_.usage;
    for (std::size_t begin = 0; begin < usage.size();) {
      const std::size_t end = std::min(usage.find('\n', begin), usage.size());
      text += (begin == 0 ? "Usage: " : "       ") + name + " " + usage.substr(begin, end - begin) + "\n";
      begin = end + 1;
    }
    return text;
  }
  // The further names are those that users of other tools know; they need not be learnt.
  std::string make_option_name(const CLI::Option* option, bool) const override {
    const std::string long_name = "--" + option->get_lnames().front();
    return option->get_snames().empty() ? "    " + long_name : "-" + option->get_snames().front() + ", " + long_name;
  }

 private:
  HelpTexts texts_;
};

/// What --generate makes; thrown as CLI11 throws for -h, since nothing else on the command line matters then.
struct Generated {
  std::string text;
};

using Generator = std::string (*)(const CLI::App& app, const HelpTexts& texts);
struct Generation {
  std::string_view name;
  Generator make;
};
constexpr Generation generations[] = {
    {"man", manual_page},
    {"bash", [](const CLI::App& app, const HelpTexts&) { return bash_completion(app); }},
    {"zsh", [](const CLI::App& app, const HelpTexts&) { return zsh_completion(app); }},
    {"fish", [](const CLI::App& app, const HelpTexts&) { return fish_completion(app); }},
};

void generate(const CLI::App& app, const HelpTexts& texts, const std::string& what) {
  std::array<std::string_view, std::size(generations)> known;
  for (std::size_t i = 0; i < known.size(); ++i) {
    known[i] = generations[i].name;
    if (generations[i].name == what) throw Generated{generations[i].make(app, texts)};
  }
  throw UsageError("--generate: expected man, bash, zsh or fish, found '" + what + "'", did_you_mean(what, known));
}

void add_generate_option(CLI::App& app, const HelpTexts& texts) {
  std::array<std::string_view, std::size(generations)> what;
  std::ranges::transform(generations, what.begin(), &Generation::name);
  offers(takes(app.add_option_function<std::string>(
                   "--generate", [&app, &texts](const std::string& name) { generate(app, texts, name); },
                   "Prints the manual page (man) or the completions for a shell: bash, zsh or\nfish."),
               "WHAT"),
         what)
      ->trigger_on_parse();
}

std::string see_help(const CLI::App& app) { return app.get_name() + " -h lists the options"; }

bool takes_value(const CLI::Option* option) { return option != nullptr && !is_flag(*option); }

bool takes_value(const CLI::App& app, char letter) {
  return takes_value(app.get_option_no_throw(std::string{'-', letter}));
}

// Where -r ends in `-r`, `-kr`, `-rSCRIPT`, `--run`; npos when the argument does not have it.
std::size_t end_of_run(const std::string& argument, const CLI::App& app) {
  if (argument.starts_with("--"))
    return argument == "--run" || argument == "--run-script" ? argument.size() : std::string::npos;
  for (std::size_t at = 1; at < argument.size() && !takes_value(app, argument[at]); ++at) {
    if (argument[at] == 'r') return at + 1;
  }
  return std::string::npos;
}

// The option whose value is not in this argument (--output, --output=, -o, -qo); null when there is none.
const CLI::Option* option_without_value(const std::string& argument, const CLI::App& app) {
  if (argument.starts_with("--")) {
    const CLI::Option* option =
        app.get_option_no_throw(argument.ends_with('=') ? argument.substr(0, argument.size() - 1) : argument);
    return takes_value(option) ? option : nullptr;
  }
  for (std::size_t at = 1; at < argument.size(); ++at) {
    if (takes_value(app, argument[at]))  // unless it is the last one, the rest of the cluster is the value
      return at + 1 == argument.size() ? app.get_option_no_throw(std::string{'-', argument[at]}) : nullptr;
  }
  return nullptr;
}

// CLI11 takes --tree=no for something.
void refuse_value_of_flag(const std::string& argument, const CLI::App& app) {
  const std::size_t end = argument.find('=');
  if (!argument.starts_with("--") || end == std::string::npos) return;
  const CLI::Option* const option = app.get_option_no_throw(argument.substr(0, end));
  if (option != nullptr && is_flag(*option) && !has_optional_value(*option))
    throw UsageError(argument.substr(0, end) + " takes no value, found '" + argument.substr(end + 1) + "'",
                     see_help(app));
}

/// "-x.prof", which a shell may have made of *.prof, is no "-x" with something behind it.
void refuse_unknown_letter(const std::string& argument, const CLI::App& app) {
  if (argument.starts_with("--") || app.get_option_no_throw(argument.substr(0, 2)) != nullptr) return;
  const bool is_file = ::access(argument.c_str(), F_OK) == 0;
  throw UsageError("unknown option " + argument,
                   is_file ? "./" + argument + " is the file of that name" : see_help(app));
}

/// Long options that begin so, by the first of their names that does.
std::vector<std::string> options_with_prefix(const CLI::App& app, std::string_view prefix) {
  std::vector<std::string> found;
  for (const CLI::Option* option : app.get_options()) {
    const std::vector<std::string>& names = option->get_lnames();
    const auto name = std::ranges::find_if(names, [&](const std::string& n) { return ("--" + n).starts_with(prefix); });
    if (name != names.end()) found.push_back("--" + *name);
  }
  return found;
}

/// The argument with the whole name of the only option that it may be short for: "--out=x" -> "--output=x".
std::string with_whole_name(const std::string& argument, const CLI::App& app) {
  constexpr std::size_t shortest = 4;  // "--in"
  const std::string name = argument.substr(0, argument.find('='));
  if (name.size() < shortest || !name.starts_with("--") || app.get_option_no_throw(name) != nullptr) return argument;
  const std::vector<std::string> whole = options_with_prefix(app, name);
  return whole.size() == 1 ? whole.front() + argument.substr(name.size()) : argument;
}

/// What an unknown option may have been meant for: "--callers or --callees"; empty if nothing is near.
std::string nearest_option(const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  constexpr std::size_t most = 4, shortest = 3;
  if (const std::vector<std::string> begin_so = options_with_prefix(app, name);
      name.size() >= shortest && name.starts_with("--") && !begin_so.empty() && begin_so.size() <= most) {
    std::string text;
    for (std::size_t i = 0; i < begin_so.size(); ++i)
      text += (i == 0 ? "" : i + 1 == begin_so.size() ? " or " : ", ") + begin_so[i];
    return text;
  }
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& known : option->get_lnames()) names.push_back("--" + known);
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  return name.size() < shortest + 1 ? std::string() : std::string(nearest(name, known));
}

std::optional<double> seconds_in(const std::string& unit) {
  if (unit == "s") return 1;
  if (unit == "ms") return 1e-3;
  if (unit == "us") return 1e-6;
  if (unit == "ns") return 1e-9;
  double value = 0;
  const char* const end = unit.data() + unit.size();
  const auto [stop, error] = std::from_chars(unit.data(), end, value);
  if (error != std::errc() || stop != end || !(value > 0) || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// "prof2dot 0.1.0 (5e7d04a1c2)"
std::string version_line(const std::string& name) {
  const std::string from = commit();
  return name + " " PROFCONV_VERSION + (from.empty() ? "" : " (" + from + ")");
}

std::vector<std::string_view> readable_formats() {
  std::vector<std::string_view> names;
  for (const Format& format : formats()) {
    if (format.read != nullptr) names.push_back(format.name);
  }
  return names;
}

void print(const std::string& text) {
  Output output = Output::file("-");
  output.write(text);
  output.finish();
}

}  // namespace

CLI::Option* takes(CLI::Option* option, const char* value) { return option->type_name(value)->option_text(value); }

CLI::Option* offers(CLI::Option* option, std::span<const std::string_view> values) {
  std::string list;
  for (const std::string_view value : values) list += (list.empty() ? "{" : ",") + std::string(value);
  // The form that CLI::IsMember gives to what it checks; this one checks nothing.
  return option->check(CLI::Validator([](std::string&) { return std::string(); }, list + "}"));
}

void add_common_options(CLI::App& app, CommonOptions& options, const std::string& names_of_from) {
  takes(app.add_option("-i,--input,--infile", options.inputs,
                       "Reads FILE; repeat it to add up several; - is standard input."),
        "FILE")
      ->allow_extra_args(false);
  takes(app.add_option("-o,--output,--outfile", options.output, "Writes to FILE; - is standard output."), "FILE")
      ->take_last();
  offers(takes(app.add_option(names_of_from, options.from,
                              "Takes the inputs for FORMAT (default: look at their content)."),
               "FORMAT"),
         readable_formats())
      ->take_last();
  takes(app.add_option("--time-unit", options.time_unit,
                       "Takes recorded times in UNIT: s, ms, us, ns or a number of\nseconds (default s); for dumps "
                       "made with a timer of their own."),
        "UNIT")
      ->take_last();
  takes(app.add_option("--interval", options.interval,
                       "Takes TIME (500us, 1ms) for the time between two samples where an input\nhas samples and does "
                       "not say it."),
        "TIME")
      ->take_last();
  add_limit_options(app, options.limits);
  app.add_flag("--salvage", options.salvage, "Converts the complete part of an input that is cut off.");
  app.add_flag("--strict", options.strict, "Makes warnings errors.");
  // Their option text would be "Excludes: ...".
  CLI::Option* verbose = app.add_flag("-v,--verbose", options.verbose, "Says more.")->option_text(" ");
  app.add_flag("-q,--quiet", options.quiet, "Says nothing but errors.")->excludes(verbose)->option_text(" ");
}

void prepare(CLI::App& app, HelpTexts texts) {
  app.footer("Examples:\n" + texts.examples + "\n\n" + (texts.notes.empty() ? "" : texts.notes + "\n") +
             texts.exit_status);
  auto layout = std::make_shared<HelpLayout>(std::move(texts));
  layout->label("OPTIONS", "OPTION");
  const HelpTexts& kept = layout->texts();
  app.formatter(std::move(layout));
  app.set_help_flag("-h,--help", "Prints this help.");
  app.set_version_flag("-V,--version", version_line(app.get_name()), "Prints the version.");
  add_generate_option(app, kept);
  app.allow_extras();  // reported below, with a hint
}

bool parse(CLI::App& app, std::vector<std::string> arguments, Messages& messages,
           const std::function<DefaultsChoice()>& choose) {
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the end
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    print(app.help());
    return true;
  } catch (const CLI::CallForVersion&) {
    print(app.version() + "\n");
    return true;
  } catch (const Generated& generated) {
    print(generated.text);
    return true;
  } catch (const CLI::ValidationError& error) {
    Refusal refusal = why_refused(error.what(), see_help(app));
    throw UsageError(std::move(refusal.reason), std::move(refusal.hint));
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what(), see_help(app));
  }
  for (const std::string& extra : app.remaining()) {
    const std::string close = nearest_option(app, extra);
    throw UsageError("unknown option " + extra, close.empty() ? see_help(app) : "did you mean " + close + "?");
  }
  messages.defaults = apply_defaults(app, choose());
  return false;
}

CommandLine split(const std::vector<std::string>& arguments, const CLI::App& app) {
  CommandLine line;
  bool files_only = false;  // after --
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string argument = files_only ? arguments[i] : with_whole_name(arguments[i], app);
    if (argument.empty()) throw UsageError("the name of an input is empty", see_help(app));
    if (files_only || argument == "-" || !argument.starts_with("-")) {
      line.own.insert(line.own.end(), {"-i", argument});
      continue;
    }
    if (argument == "--") {
      files_only = true;
      continue;
    }
    refuse_unknown_letter(argument, app);
    const std::size_t run = end_of_run(argument, app);
    if (run != std::string::npos) {
      line.own.push_back(argument.substr(0, run));
      if (run < argument.size()) line.script.push_back(argument.substr(run));  // -rSCRIPT
      line.script.insert(line.script.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      break;
    }
    refuse_value_of_flag(argument, app);
    line.own.push_back(argument);
    const CLI::Option* const option = option_without_value(argument, app);
    if (option == nullptr) continue;
    // An empty one is what a variable of a shell leaves that is not set; CLI11 passes over it.
    if (argument.ends_with('=') || ++i == arguments.size() || arguments[i].empty())
      throw UsageError(option->get_name() + " needs a value: " + option->get_option_text(), see_help(app));
    line.own.push_back(arguments[i]);
  }
  return line;
}

std::int64_t duration_ns(const char* option, const std::string& text) {
  const char* const end = text.data() + text.size();
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  constexpr std::pair<std::string_view, double> units[] = {
      {"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  const std::string_view given(stop, static_cast<std::size_t>(end - stop));
  for (const auto& [unit, ns] : units) {
    if (error != std::errc() || given != unit) continue;
    const double rounded = std::round(value * ns);
    constexpr double most = 9.2e18;
    if (rounded >= 1 && rounded <= most) return static_cast<std::int64_t>(rounded);
  }
  throw UsageError(std::string(option) + ": expected a time such as 500us or 1ms, found '" + text + "'");
}

ReadOptions read_options(const CommonOptions& options) {
  ReadOptions read;
  if (!options.from.empty()) read.format = readable_format(options.from).name;
  read.salvage = options.salvage;
  if (!options.time_unit.empty()) {
    const auto seconds = seconds_in(options.time_unit);
    if (!seconds)
      throw UsageError("--time-unit: expected s, ms, us, ns or a positive number of seconds, found '" +
                       options.time_unit + "'");
    read.time_unit_s = *seconds;
  }
  if (!options.interval.empty()) read.interval_ns = duration_ns("--interval", options.interval);
  read.limits = limits_of(options.limits);
  return read;
}

Messages::Level message_level(const CommonOptions& options) {
  if (options.quiet) return Messages::Level::quiet;
  return options.verbose ? Messages::Level::verbose : Messages::Level::normal;
}

}  // namespace profconv::cli
