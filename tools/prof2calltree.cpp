// prof2calltree: Python profiles for KCachegrind and QCacheGrind, in one command.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <unistd.h>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>
#include <profconv/formats.hpp>
#include <profconv/transforms.hpp>

#include "common/heap.hpp"
#include "common/inputs.hpp"
#include "common/messages.hpp"
#include "common/names.hpp"
#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/report.hpp"
#include "common/run_tool.hpp"
#include "common/script.hpp"
#include "common/signals.hpp"
#include "common/temporary_folder.hpp"
#include "common/terminal.hpp"
#include "common/transform_options.hpp"
#include "common/viewer.hpp"

namespace profconv::cli {
namespace {

constexpr const char* usage =
    "[OPTION]... [-i] [FILE]...\n"
    "[OPTION]... -r SCRIPT [ARGUMENT]...\n"
    "[OPTION]... -r -m MODULE [ARGUMENT]...";

constexpr const char* description =
    "Converts Python profiles (cProfile, profile) for KCachegrind and QCacheGrind. Profiles that different\n"
    "profilers made of one program are fused: cProfile's calls, line_profiler's lines, memory_profiler's growth.\n"
    "Without -o and -k it writes NAME.callgrind in the current folder, NAME being that of the first\n"
    "input, script or module; without any input it reads standard input and writes standard output.";

constexpr const char* examples =
    "  prof2calltree -k -i run.prof             opens a profile in the viewer\n"
    "  prof2calltree -k -r script.py --flag x   profiles a run of script.py and opens the result\n"
    "  prof2calltree -o all.callgrind *.prof    adds up profiles into one file\n"
    "  prof2calltree -k run.prof run.py.lprof run.mem.txt\n"
    "                                           shows calls, line times, hits and memory in one view";

constexpr const char* exit_status =
    "Ends with 0 when done, 1 when it could not be done, 2 for wrong usage, and after -r as the script ended.";

struct Options {
  CommonOptions common;
  InputOptions input;
  TransformOptions transforms{.split = true, .shows_shares = false};  // a callgrind file cannot tell them
  ReportOptions report;
  bool run = false;
  Script script;
  std::string python;
  bool sampling = false;
  bool view = false;
  std::string viewer;
  bool viewer_given = false;  ///< On the command line: as a default it waits for a -k.
  bool gzip = false;
  bool no_root = false;
  std::string names = "qualified";
};

void add_options(CLI::App& app, Options& options) {
  add_common_options(app, options.common);
  app.add_flag("-k,--kcachegrind", options.view,
               "Opens the result in the viewer and waits for its end; without -o the file is\ntemporary.");
  takes(app.add_option("--viewer", options.viewer, "Opens it with COMMAND (default: kcachegrind, else qcachegrind)."),
        "COMMAND")
      ->take_last();
  app.add_flag("-r,--run,--run-script", options.run,
               "Profiles a run of SCRIPT or -m MODULE; all that follows is the script's.\nEnds with its exit status.");
  takes(app.add_option("--python", options.python, "Runs the script with COMMAND (default python3)."), "COMMAND")
      ->take_last();
  app.add_flag("--sampling", options.sampling,
               "Runs the script under the sampling profiler of Python 3.15 and newer:\nlittle slower, and it knows the "
               "lines; --interval says how often.");
  app.add_flag(
      "--gzip", options.gzip,
      "Packs the output, as a name ending in .gz does; needs -o. KCachegrind reads\nit, QCacheGrind does not.");
  app.add_flag("--no-root", options.no_root, "Adds no function (root) that calls what has no recorded caller.");
  add_names_option(app, options.names, "with the module");
  add_transform_options(app, options.transforms);
  add_input_options(app, options.input);
  add_report_option(app, options.report);
}

/// Reads the command line; empty when it is answered already (-h, -V).
std::optional<Options> setup(const std::vector<std::string>& arguments, Messages& messages) {
  CLI::App app(description, messages.program());
  Options options;
  prepare(app, {.usage = usage, .examples = examples, .exit_status = exit_status});
  add_options(app, options);
  CommandLine line = split(arguments, app);
  const auto choose_defaults = [&] {
    DefaultsChoice choice;
    options.viewer_given = !options.viewer.empty();
    if (!options.run) choice.moot = {"--sampling", "--python"};
    if (options.common.output.empty()) choice.moot.emplace_back("--gzip");
    if (options.common.output == "-") choice.moot.emplace_back("--kcachegrind");
    return choice;
  };
  if (parse(app, std::move(line.own), messages, choose_defaults)) return std::nullopt;
  if (options.run) options.script = script_from(line.script);
  return options;
}

bool reads_stdin(const Options& options) {
  const auto& inputs = options.common.inputs;
  return std::find(inputs.begin(), inputs.end(), "-") != inputs.end();
}

/// Decides what depends on several options, and refuses what makes no sense.
void complete(Options& options) {
  CommonOptions& common = options.common;
  if (options.run && !common.inputs.empty()) {
    throw UsageError("an input and -r exclude each other", "save the profile with -o, then add up the files");
  }
  if (!options.run) require_inputs(common.inputs, "prof2calltree FILE, or prof2calltree -r SCRIPT");
  refuse_report_as_input(options.report, common.inputs);
  if (options.sampling && !options.run)
    throw UsageError("--sampling is for -r", "a recording is read without it: prof2calltree FILE");
  if (!options.python.empty() && !options.run)
    throw UsageError("--python is for -r", "prof2calltree -r SCRIPT runs one");
  if (options.python.empty()) options.python = "python3";
  if (options.viewer_given && !options.view) throw UsageError("--viewer is for -k", "-k opens the result");
  if (options.gzip && common.output.empty()) throw UsageError("--gzip needs -o FILE");
  if (is_stdout(common.output)) common.output = "-";
  if (common.output.empty() && !options.view && reads_stdin(options)) common.output = "-";
  if (common.output == "-" && options.view) throw UsageError("-k opens a file, and -o - writes none");
  options.script.writes_to_stderr = common.output == "-";
  if (is_packed_name(common.output)) options.gzip = true;
  if (options.gzip && is_terminal(common.output)) {
    throw UsageError("gzip is not for a terminal", "-o FILE or a pipe takes it");
  }
}

/// The files that nothing may overwrite.
std::vector<std::string> inputs_of(const Options& options) {
  std::vector<std::string> inputs = options.common.inputs;
  if (options.script && !options.script.module) inputs.push_back(options.script.name);
  return inputs;
}

/// `output`: where the result goes, "" for a temporary file.
void check_outputs(const Options& options, const std::string& output) {
  const std::vector<std::string> inputs = inputs_of(options);
  if (!output.empty()) refuse_overwriting(output, inputs);
  check_report(options.report, output, inputs);
}

std::string base_name(const Options& options) {
  if (options.script) return options.script.base_name();
  const std::string& first = options.common.inputs.front();
  return first == "-" ? "stdin" : base_of(first);
}

/// "12 functions, 0.123 s profiled"
std::string summary(const Profile& profile) {
  // Copies for callers are not counted, but for one where nothing is left of the function itself.
  const auto is_copy = [](const Function& f) { return index(f.context) != 0; };
  const auto key = [](const Function& f) { return std::tuple(f.name, f.qualified, f.file, f.line); };
  std::set<std::tuple<StringId, StringId, StringId, std::uint32_t>> copied;
  std::vector<bool> is_name_of_copy(profile.strings.size(), false);  // most functions have another name
  for (const Function& f : profile.functions) {
    if (!is_copy(f)) continue;
    copied.insert(key(f));
    is_name_of_copy[index(f.name)] = true;
  }
  std::size_t functions = copied.size();
  for (const Function& f : profile.functions)
    functions += !is_copy(f) && !(is_name_of_copy[index(f.name)] && copied.contains(key(f))) ? 1u : 0u;
  std::string text = std::to_string(functions) + (functions == 1 ? " function" : " functions");
  if (const auto time = profile.metric(time_metric.name)) {
    double spent = 0;  // negative times are written as none
    for (std::size_t i = 0; i < profile.self.rows(); ++i)
      spent += static_cast<double>(std::max<std::int64_t>(profile.self.at(i, *time), 0));
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, ", %.3f s profiled", spent / 1e9);
    text += seconds;
  }
  return text;
}

CallgrindOptions::Names names_of(const Options& options) {
  using Names = CallgrindOptions::Names;
  return options.names == "short" ? Names::shortest : options.names == "full" ? Names::full : Names::qualified;
}

void write_file(const Profile& profile, const Options& options, const std::string& name, const Messages& messages) {
  Output output = Output::file(name, options.gzip ? Output::Packing::gzip : Output::Packing::plain);
  Diagnostics diagnostics;
  {
    Progress progress(messages);
    progress.show("writing " + name);
    write(profile, "callgrind", {.callgrind = {.names = names_of(options), .root = !options.no_root}}, output,
          diagnostics);
  }
  messages.report(diagnostics);
  output.finish();
}

/// mprof reads the memory of the whole process; only with `--python` does it know of functions, and of their time.
void refuse_without_functions(const Profile& profile) {
  const bool only_mprof = std::ranges::all_of(
      profile.sources, [&](const Source& source) { return profile.text(source.format) == "mprof"; });
  if (profile.sources.empty() || !only_mprof || profile.metric(time_metric.name)) return;
  throw FormatError(Error::Parts{std::string(profile.text(profile.sources.front().name)),
                                 {},
                                 "the file holds no functions, only the memory of the whole process",
                                 "mprof run --python script.py records functions with @profile"});
}

/// One run of the tool, step by step.
class Conversion {
 public:
  Conversion(Options& options, const Messages& messages) : options_(options), messages_(messages) {}

  int run() {
    check_before();
    ReadOptions read = read_options(options_.common);
    if (options_.sampling) read.interval_ns = 0;  // was for the recorder
    read.want = options_.transforms.wants_call_self() ? Want::call_self : Want::none;
    if (options_.script && !run_script()) return script_ended_.well() ? exit_failed : script_ended_.shell_status();
    Report report;
    const Profile profile = transformed(read, report);
    save(profile);
    report.print(options_.report);
    if (options_.view) open();
    return script_ended_.shell_status();  // without a script: 0
  }

 private:
  /// The profile as it will be written. The sources are gone by then: they take memory.
  Profile transformed(const ReadOptions& read, Report& report) {
    const SourceFiles sources = source_files(options_.input, options_.common.inputs);
    const FuseOptions fuse_options{.sources = &sources, .recover_calls = options_.input.recover_calls};
    Profile profile = options_.script
                          ? read_dump(read)
                          : read_inputs(options_.common.inputs, read, path_mappings(options_.input.path_map),
                                        fuse_options, messages_, report);
    refuse_without_functions(profile);
    const SourceStep step{sources, {.calls = true, .names = options_.names != "short"}, report};
    profile = transform(std::move(profile), options_.transforms, step, messages_);
    Diagnostics diagnostics;
    sources.report(diagnostics);
    messages_.report(diagnostics);
    return profile;
  }

  /// The name of the file that stays, "" when there is none.
  std::string kept_name() const {
    if (!keeps_file()) return {};
    const std::string& output = options_.common.output;
    return output.empty() ? callgrind_name(base_name(options_)) : output;
  }

  bool keeps_file() const { return !options_.common.output.empty() || !options_.view; }

  TemporaryFolder& folder() {
    if (!folder_) folder_.emplace();
    return *folder_;
  }

  /// What can be known before the work is known before it: a script may run for hours.
  void check_before() {
    if (!keeps_file()) viewer_ = find_viewer(options_.viewer);
    const std::string name = kept_name();
    check_outputs(options_, name);
    if (options_.script && !name.empty()) check_writable(name);
  }

  /// Runs the script; whether it left a profile.
  bool run_script() {
    dump_ = folder().file("dump.prof");
    if (options_.sampling) {
      const std::string& interval = options_.common.interval;
      script_ended_ = run_sampled(options_.script, options_.python, dump_, folder().file("version"),
                                  interval.empty() ? 0 : duration_ns("--interval", interval));
    } else {
      script_ended_ = run_profiled(options_.script, options_.python, dump_);
    }
    if (::access(dump_.c_str(), R_OK) == 0) return true;
    messages_.error(
        Error(Error::Parts{options_.script.base_name(), {}, "no profile was written: " + script_ended_.text(), {}})
            .what());
    return false;
  }

  Profile read_dump(ReadOptions read_options) const {
    const Script& script = options_.script;
    read_options.command = script.command_line();
    Diagnostics diagnostics;
    prepare_heap({dump_});
    Input file = Input::open(dump_, read_options.limits);
    Input input = Input::view(file.bytes(), script.base_name(),
                              read_options.limits);  // the dump's own name tells nobody anything
    Profile profile =
        map_paths(read(input, read_options, diagnostics), path_mappings(options_.input.path_map), diagnostics);
    messages_.report(diagnostics);
    return profile;
  }

  void save(const Profile& profile) {
    if (!keeps_file()) {
      file_ = folder().file(base_name(options_) + ".callgrind");
      write_file(profile, options_, file_, messages_);
      messages_.say("opening " + viewer_->arguments.front() + " (" + summary(profile) + ")");
      return;
    }
    file_ = kept_name();
    check_outputs(options_, file_);
    const bool may_be_opened = !is_special(file_);
    if (may_be_opened) check_name();
    write_file(profile, options_, file_, messages_);
    if (file_ == "-" || messages_.level == Messages::Level::quiet) return;
    const bool says_how = may_be_opened && !options_.view;
    messages_.say("wrote " + file_ + " (" + summary(profile) +
                  (says_how ? "; open it with kcachegrind " + shell_line({as_argument(file_)}) + ")" : ")"));
  }

  // Standard output, a pipe, a device.
  static bool is_special(const std::string& file) {
    std::error_code error;
    const auto type = std::filesystem::status(file, error).type();
    return file == "-" ||
           (type != std::filesystem::file_type::not_found && type != std::filesystem::file_type::regular);
  }

  void check_name() const {
    const auto other = loaded_with(file_);
    if (!other) return;
    Diagnostics diagnostics;
    diagnostics.warn(file_, {}, "KCachegrind will load " + *other + " as well, since its name starts the same");
    messages_.report(diagnostics);
  }

  void open() {
    if (!viewer_) viewer_ = find_viewer(options_.viewer);
    view(*viewer_, file_, messages_);
    if (asked_to_end() == 0) return;
    folder_.reset();
    end_by(asked_to_end());
  }

  Options& options_;
  const Messages& messages_;
  std::optional<TemporaryFolder> folder_;
  std::optional<Command> viewer_;
  std::string dump_, file_;
  Ended script_ended_;
};

int run(const std::vector<std::string>& arguments, Messages& messages) {
  std::optional<Options> options = setup(arguments, messages);
  if (!options) return exit_done;
  complete(*options);
  messages.level = message_level(options->common);
  messages.strict = options->common.strict;
  warn_of_ending(options->common.output, messages);
  return Conversion(*options, messages).run();
}

}  // namespace
}  // namespace profconv::cli

int main(int argc, char** argv) { return profconv::cli::run_tool("prof2calltree", argc, argv, profconv::cli::run); }
