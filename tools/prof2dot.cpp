// prof2dot: Python profiles as call graphs for Graphviz.

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include <profconv/dot.hpp>
#include <profconv/error.hpp>
#include <profconv/formats.hpp>

#include "common/inputs.hpp"
#include "common/messages.hpp"
#include "common/names.hpp"
#include "common/numbers.hpp"
#include "common/options.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/run_tool.hpp"
#include "common/signals.hpp"
#include "common/temporary_folder.hpp"
#include "common/terminal.hpp"
#include "common/transform_options.hpp"

namespace profconv::cli {
namespace {

constexpr const char* usage =
    "[OPTION]... [FILE]... | dot -Tsvg > FILE.svg\n"
    "[OPTION]... -T FORMAT -o FILE [FILE]...\n"
    "[OPTION]... --view [FILE]...";

constexpr const char* description =
    "Draws Python profiles (cProfile, profile) as call graphs, in the language of Graphviz.\n"
    "Several files are added up; without any it reads standard input.";

constexpr const char* examples =
    "  prof2dot run.prof | dot -Tsvg > run.svg           the functions with most of the time\n"
    "  prof2dot -Tsvg -o run.svg --fold stdlib run.prof  what a file's own code costs\n"
    "  prof2dot -z 'app:*:main' --depth 3 --view x.prof  three calls from main, opened";

struct Options {
  CommonOptions common;
  InputOptions input;
  TransformOptions transforms;
  ReportOptions report;
  DotOptions dot;
  std::string names = "short";
  std::string list_functions;
  std::string render;  // a format of Graphviz's
  bool list = false;
  bool depth_given = false;
  bool view = false;
};

using Choice = std::pair<const char*, DotOptions::Measure>;
constexpr Choice measures[] = {{"total-time", DotOptions::Measure::total},
                               {"self-time", DotOptions::Measure::self},
                               {"total-time-percentage", DotOptions::Measure::total_percent},
                               {"self-time-percentage", DotOptions::Measure::self_percent}};

std::array<std::string_view, std::size(measures)> measure_names() {
  std::array<std::string_view, std::size(measures)> names;
  std::ranges::transform(measures, names.begin(), [](const auto& row) { return std::string_view(row.first); });
  return names;
}

DotOptions::Measure measure_named(const std::string& name) {
  std::string known;
  for (const auto& [text, measure] : measures) {
    if (name == text) return measure;
    known += std::string(known.empty() ? "" : ", ") + text;
  }
  throw UsageError("--node-label: unknown measure '" + name + "', known are " + known,
                   did_you_mean(name, measure_names()));
}

std::string theme_help() {
  std::string text = "Draws with THEME:";
  for (const std::string_view name : dot_themes()) text += (text.back() == ':' ? " " : ", ") + std::string(name);
  return text + ".";
}

void add_selection(CLI::App& app, Options& options) {
  DotOptions& dot = options.dot;
  takes(app.add_option("-n,--node-thres", dot.node_percent,
                       "Leaves out functions below PERCENT of the whole (default 0.5)."),
        "PERCENT")
      ->take_last()
      ->transform(percentage());
  takes(
      app.add_option("-e,--edge-thres", dot.edge_percent, "Leaves out calls below PERCENT of the whole (default 0.1)."),
      "PERCENT")
      ->take_last()
      ->transform(percentage());
  takes(app.add_option("--max-nodes", dot.max_nodes,
                       "Draws at most N functions, the hottest (default " + std::to_string(DotOptions{}.max_nodes) +
                           "); 0: no limit."),
        "N")
      ->take_last()
      ->transform(whole_number());
  takes(app.add_option("-z,--root", dot.root, "Draws only what functions that match GLOB lead to."), "GLOB")
      ->take_last();
  takes(app.add_option("-l,--leaf", dot.leaf, "Draws only what leads to functions that match GLOB."), "GLOB")
      ->take_last();
  takes(app.add_option("--depth", dot.depth, "Goes at most N calls away from those of -z and -l."), "N")
      ->take_last()
      ->transform(whole_number(-1, std::numeric_limits<int>::max()));  // gprof2dot takes -1 for no limit
  takes(app.add_option("-p,--path", dot.paths, "Draws only functions whose file starts with PREFIX."), "PREFIX")
      ->allow_extra_args(false);
  takes(app.add_option("--list-functions", options.list_functions,
                       "Prints the functions above the thresholds that GLOB matches, for -z\nand -l, and no graph; + "
                       "is all of these, a leading % adds details."),
        "GLOB")
      ->take_last()
      ->each([&options](const std::string&) { options.list = true; });
}

void add_appearance(CLI::App& app, Options& options, std::vector<std::string>& labels, std::string& cluster) {
  DotOptions& dot = options.dot;
  offers(takes(app.add_option("-c,--colormap", dot.theme, theme_help()), "THEME"), dot_themes())->take_last();
  takes(app.add_option("--skew", dot.skew,
                       "Bends the scale of colours: below 1 low percentages differ more,\nabove 1 less (default 1)."),
        "NUMBER")
      ->take_last()
      ->transform(positive_number());
  app.add_flag("--color-nodes-by-selftime,--colour-nodes-by-selftime", dot.color_by_self,
               "Colours functions by their self time.");
  offers(takes(app.add_option("--node-label", labels,
                              "Shows MEASURE on functions; repeat it for more: total-time, "
                              "self-time,\ntotal-time-percentage, self-time-percentage (default: the last two)."),
               "MEASURE"),
         measure_names())
      ->allow_extra_args(false);
  takes(
      app.add_option("--time-format", dot.time_format, "Shows times (seconds) with FORMAT, as printf (default %.7g)."),
      "FORMAT")
      ->take_last();
  app.add_flag("--show-samples", dot.show_samples, "Shows the samples of functions themselves, if there are any.");
  app.add_flag("-s,--strip", dot.strip, "Leaves out parameters and template arguments of C++ names.");
  app.add_flag("-w,--wrap", dot.wrap, "Breaks names of more than 32 characters.");
  constexpr std::string_view clusters[] = {"module", "package"};
  offers(
      takes(app.add_option("--cluster", cluster, "Draws boxes around modules or packages: module, package."), "WHAT"),
      clusters)
      ->take_last();
  constexpr std::string_view editors[] = {"vscode", "idea", "file"};
  offers(takes(app.add_option("--editor-url", dot.editor_url,
                              "Makes functions links: vscode, idea, file, or a template with {file}\nand {line}."),
               "URL"),
         editors)
      ->take_last();
}

/// What a picture's name says that it is: "png" of x.png. Empty where it says nothing.
std::string picture_format(const std::string& output) {
  const std::string ending = ending_of(output);
  return std::ranges::find(picture_endings, ending) != picture_endings.end() ? ending.substr(1) : "";
}

/// Whether the name of a file says what is in it: a picture or the graph itself.
bool says_format(const std::string& output) {
  return !picture_format(output).empty() || ending_of(output) == ".dot" || ending_of(output) == ".gv";
}

/// Reads the command line; empty when it is answered already (-h, -V).
std::optional<Options> setup(const std::vector<std::string>& arguments, Messages& messages) {
  CLI::App app(description, messages.program());
  Options options;
  std::vector<std::string> labels;
  std::string cluster;
  prepare(app, {.usage = usage, .examples = examples});
  add_selection(app, options);
  add_names_option(app, options.names, "which is qualified here: the module is always shown");
  add_transform_options(app, options.transforms);
  add_input_options(app, options.input);
  add_report_option(app, options.report);
  add_appearance(app, options, labels, cluster);
  takes(app.add_option(
            "-T,--render", options.render,
            "Has Graphviz make a picture: svg, png, pdf, ... (default: as the\nending of -o says, else the graph "
            "itself)."),
        "FORMAT")
      ->take_last();
  app.add_flag(
      "--view", options.view,
      "Opens the picture and does not wait; without -o it is a temporary file.\nWithout -T it is what -o says by its "
      "ending, else svg.");
  add_common_options(app, options.common, "-f,--from,--format");  // the last one is gprof2dot's
  const auto choose_defaults = [&] {
    DefaultsChoice choice;
    options.depth_given = app.count("--depth") != 0;
    if (app.count("--list-functions") != 0) choice.moot = {"--view", "--render"};
    if (options.common.output == "-") choice.moot.emplace_back("--view");
    if (says_format(options.common.output)) choice.moot.emplace_back("--render");
    return choice;
  };
  if (parse(app, split(arguments, app).own, messages, choose_defaults)) return std::nullopt;
  if (options.transforms.goes_by_callers()) split_by_default(app, options.transforms);

  if (!labels.empty()) options.dot.measures.clear();
  for (const std::string& label : labels) options.dot.measures.push_back(measure_named(label));
  if (cluster == "module") {
    options.dot.cluster = DotOptions::Cluster::module;
  } else if (cluster == "package") {
    options.dot.cluster = DotOptions::Cluster::package;
  } else if (!cluster.empty()) {
    constexpr std::array<std::string_view, 2> known = {"module", "package"};
    throw UsageError("--cluster: expected module or package, found '" + cluster + "'", did_you_mean(cluster, known));
  }
  return options;
}

bool is_text(const std::string& format) {
  for (const char* start :
       {"svg", "dot", "xdot", "gv", "canon", "plain", "json", "cmap", "imap", "fig", "ps", "eps", "pov", "vml", "tk"}) {
    if (format.starts_with(start) && !format.starts_with("svgz") && !format.starts_with("vmlz")) return true;
  }
  return false;
}

/// Decides what depends on several options, and refuses what makes no sense.
void complete(Options& options) {
  CommonOptions& common = options.common;
  require_inputs(common.inputs, "prof2dot FILE");
  if (is_stdout(common.output)) common.output = "-";
  if (options.view && common.output == "-") throw UsageError("--view opens a file, and -o - writes none");
  if (options.list && (options.view || !options.render.empty())) {
    throw UsageError("--list-functions draws nothing; -T and --view go without it");
  }
  if (options.depth_given && options.dot.depth >= 0 && options.dot.root.empty() && options.dot.leaf.empty())
    throw UsageError("--depth is for -z and -l", "it counts calls from the functions that they choose");
  if (options.render.empty() && !options.list) options.render = picture_format(common.output);
  if (options.render.empty() && options.view) options.render = "svg";
  for (const char c : options.render) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != ':' && c != '_' && c != '-') {
      throw UsageError("-T: expected a format of Graphviz such as svg or png, found '" + options.render + "'");
    }
  }
  if (common.output.empty() && !options.view) common.output = "-";
  if (!options.render.empty() && !is_text(options.render) && is_terminal(common.output)) {
    throw UsageError(options.render + " is not for a terminal", "-o FILE or a pipe takes it");
  }
  refuse_report_as_input(options.report, common.inputs);
  refuse_overwriting(common.output, common.inputs);
  check_report(options.report, common.output, common.inputs);
}

Command find_dot() {
  if (auto path = find_program("dot")) return {std::move(*path), {"dot"}};
  throw Error("dot, the program of Graphviz that draws graphs, is not installed",
              "install graphviz; with -o NAME.dot and without -T and --view prof2dot writes the graph itself");
}

Command find_opener() {
#ifdef __APPLE__
  constexpr const char* opener = "open";
#else
  constexpr const char* opener = "xdg-open";
#endif
  if (auto path = find_program(opener)) return {std::move(*path), {opener}};
  throw Error(std::string("--view needs ") + opener + ", which is not installed",
              "write a file with -o and open it yourself");
}

/// A folder for one file, which stays: who opens it has it for as long as they want. Without a file it is removed.
class LastingFolder {
 public:
  LastingFolder() {
    const char* variable = std::getenv("TMPDIR");
    std::string path = std::string(variable == nullptr || *variable == '\0' ? "/tmp" : variable) + "/prof2dot-XXXXXX";
    const SignalsBlocked blocked;  // mkdtemp chooses the name, so it cannot be registered before
    if (::mkdtemp(path.data()) == nullptr) throw IoError(path, "cannot make a folder", errno);
    removed_.emplace(std::move(path));
  }
  LastingFolder(const LastingFolder&) = delete;
  LastingFolder& operator=(const LastingFolder&) = delete;
  ~LastingFolder() { ::rmdir(removed_->path().c_str()); }  // fails when there is a file

  std::string file(const std::string& name) const { return removed_->path() + "/" + name; }

 private:
  std::optional<RemovedOnSignal> removed_;
};

void write_graph(const Profile& profile, const Options& options, Output& output, const Messages& messages) {
  Diagnostics diagnostics;
  write(profile, "dot", {.callgrind = {}, .dot = options.dot}, output, diagnostics);
  messages.report(diagnostics);
}

/// Has Graphviz draw `graph` and copies the picture to where it is wanted, so that it appears whole or not at all.
void draw(Command dot, const std::string& graph, const std::string& picture, const Options& options, Output& output) {
  dot.arguments.push_back("-T" + options.render);
  dot.arguments.push_back("-o" + picture);
  dot.arguments.push_back(graph);
  const Ended ended = run_helper(dot);
  if (!ended.well())
    throw Error("dot could not draw the graph: " + ended.text(),
                "dot -T" + options.render + " on what prof2dot writes shows why");
  std::ifstream file(picture, std::ios::binary);
  std::array<char, 1 << 16> buffer;
  while (file.read(buffer.data(), buffer.size()) || file.gcount() > 0) {
    output.write({buffer.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (!file.eof()) throw IoError(picture, "cannot read what dot wrote");
}

int run(const std::vector<std::string>& arguments, Messages& messages) {
  std::optional<Options> wanted = setup(arguments, messages);
  if (!wanted) return exit_done;
  Options& options = *wanted;
  complete(options);
  messages.level = message_level(options.common);
  messages.strict = options.common.strict;
  if (options.render.empty()) warn_of_ending(options.common.output, messages);
  if (options.list && says_format(options.common.output))
    messages.warning(options.common.output + " will hold names: --list-functions draws nothing");

  // What can be known before the work is known before it.
  std::optional<Command> dot, opener;
  if (!options.render.empty()) dot = find_dot();
  if (options.view) opener = find_opener();

  ReadOptions read = read_options(options.common);
  if (!options.transforms.wants_call_self()) read.want = Want::none;
  const SourceFiles sources = source_files(options.input, options.common.inputs);
  const FuseOptions fuse_options{.sources = &sources, .recover_calls = options.input.recover_calls};
  Report report;
  const SourceStep step{sources, {.calls = false, .names = options.names != "short"}, report};
  const Profile profile = transform(
      read_inputs(options.common.inputs, read, path_mappings(options.input.path_map), fuse_options, messages, report),
      options.transforms, step, messages);

  std::string name = options.common.output;
  std::optional<LastingFolder> shown;
  if (name.empty()) {
    const std::string ending = options.render.substr(0, options.render.find(':'));
    name = shown.emplace().file(base_of(options.common.inputs.front()) + "." + ending);
  }
  Output output = open_output(name);
  if (options.list) {
    Diagnostics diagnostics;
    list_dot_functions(profile, options.dot, options.list_functions, output, diagnostics);
    messages.report(diagnostics);
  } else if (!dot) {
    write_graph(profile, options, output, messages);
  } else {
    TemporaryFolder folder;
    const std::string graph = folder.file("graph.dot");
    Output text = Output::file(graph);
    write_graph(profile, options, text, messages);
    text.finish();
    draw(*dot, graph, folder.file("picture"), options, output);
  }
  output.finish();
  Diagnostics diagnostics;
  sources.report(diagnostics);
  messages.report(diagnostics);
  report.print(options.report);
  if (opener) {
    messages.say("opening " + name);
    opener->arguments.push_back(std::filesystem::absolute(name).string());
    start_detached(*opener);
  }
  return exit_done;
}

}  // namespace
}  // namespace profconv::cli

int main(int argc, char** argv) { return profconv::cli::run_tool("prof2dot", argc, argv, profconv::cli::run); }
