#include "python/options.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

#include <profconv/error.hpp>

#include "python/arguments.hpp"

namespace profconv::python {
namespace {

namespace py = boost::python;

std::uint64_t at_least_1(const Argument& argument) {
  const std::size_t value = argument.size();
  if (value == 0) throw UsageError(argument.name() + ": expected an int above 0, found 0");
  return value;
}

double percent(const Argument& a) {
  const double value = a.number();
  if (!(value >= 0 && value <= 100)) throw UsageError(a.name() + ": expected a percentage from 0 to 100");
  return value;
}

std::uint32_t rows(const Argument& argument, std::uint32_t most) {
  const std::uint64_t value = at_least_1(argument);
  if (value > most)
    throw UsageError(argument.name() + ": expected at most " + std::to_string(most) + ", found " +
                     std::to_string(value));
  return static_cast<std::uint32_t>(value);
}

// Of all that looks at sources.
template <class Arguments>
constexpr Setter<Arguments> sources_setter{"sources",
                                           [](Arguments& o, const Argument& a) { o.sources.enabled = a.flag(); }};
template <class Arguments>
constexpr Setter<Arguments> source_dirs_setter{"source_dirs",
                                               [](Arguments& o, const Argument& a) { o.sources.folders = a.paths(); }};

constexpr Setter<ReadOptions> read_setters[] = {
    {"format", [](ReadOptions& o, const Argument& a) { o.format = readable_format(a.text()).name; }},
    {"command", [](ReadOptions& o, const Argument& a) { o.command = a.text(); }},
    {"time_unit",
     [](ReadOptions& o, const Argument& a) {
       o.time_unit_s = a.number();
       if (!(o.time_unit_s > 0) || !std::isfinite(o.time_unit_s))
         throw UsageError("time_unit: expected a number of seconds above 0");
     }},
    {"interval",
     [](ReadOptions& o, const Argument& a) {
       const double ns = a.number() * 1e9;
       if (!(ns >= 0 && ns < 9e18)) throw UsageError("interval: expected a number of seconds, not negative");
       o.interval_ns = std::llround(ns);
     }},
    {"salvage", [](ReadOptions& o, const Argument& a) { o.salvage = a.flag(); }},
    {"max_size", [](ReadOptions& o, const Argument& a) { o.limits.max_size = a.size(); }},
    {"max_ratio", [](ReadOptions& o, const Argument& a) { o.limits.max_ratio = at_least_1(a); }},
    {"max_depth", [](ReadOptions& o, const Argument& a) { o.limits.max_depth = rows(a, 10'000); }},
    {"max_string", [](ReadOptions& o, const Argument& a) { o.limits.max_string = a.size(); }},
    {"max_functions", [](ReadOptions& o, const Argument& a) { o.limits.max_functions = rows(a, 0xfffffffe); }},
    {"max_calls", [](ReadOptions& o, const Argument& a) { o.limits.max_calls = rows(a, 0xfffffffe); }},
    {"max_lines", [](ReadOptions& o, const Argument& a) { o.limits.max_lines = rows(a, 0xfffffffe); }},
    {"call_self", [](ReadOptions& o, const Argument& a) { o.want = a.flag() ? Want::all : Want::recorded_callers; }},
    {"as_recorded", [](ReadOptions& o, const Argument& a) { o.as_recorded = a.flag(); }},
};

using CallgrindNames = CallgrindOptions::Names;
constexpr std::pair<const char*, CallgrindNames> callgrind_names[] = {{"recorded", CallgrindNames::recorded},
                                                                      {"short", CallgrindNames::shortest},
                                                                      {"qualified", CallgrindNames::qualified},
                                                                      {"full", CallgrindNames::full}};

constexpr Setter<CallgrindOptions> callgrind_setters[] = {
    {"names", [](CallgrindOptions& o, const Argument& a) { o.names = a.choice<CallgrindNames>(callgrind_names); }},
    {"root", [](CallgrindOptions& o, const Argument& a) { o.root = a.flag(); }},
};

using Frames = CollapsedOptions::Frames;
constexpr std::pair<const char*, Frames> frames[] = {
    {"pyspy", Frames::pyspy}, {"cpython", Frames::cpython}, {"name", Frames::name}};

constexpr Setter<CollapsedOptions> collapsed_setters[] = {
    {"frames", [](CollapsedOptions& o, const Argument& a) { o.frames = a.choice<Frames>(frames); }},
};

using Cluster = DotOptions::Cluster;
using Measure = DotOptions::Measure;
constexpr std::pair<const char*, Cluster> clusters[] = {
    {"none", Cluster::none}, {"module", Cluster::module}, {"package", Cluster::package}};
constexpr std::pair<const char*, Measure> measures[] = {{"total_percent", Measure::total_percent},
                                                        {"self_percent", Measure::self_percent},
                                                        {"total", Measure::total},
                                                        {"self", Measure::self}};

constexpr Setter<DotOptions> dot_setters[] = {
    {"node_percent", [](DotOptions& o, const Argument& a) { o.node_percent = percent(a); }},
    {"edge_percent", [](DotOptions& o, const Argument& a) { o.edge_percent = percent(a); }},
    {"paths", [](DotOptions& o, const Argument& a) { o.paths = a.texts(); }},
    {"root", [](DotOptions& o, const Argument& a) { o.root = a.text(); }},
    {"leaf", [](DotOptions& o, const Argument& a) { o.leaf = a.text(); }},
    {"depth",
     [](DotOptions& o, const Argument& a) {
       const std::int64_t depth = a.integer();
       o.depth = depth < 0                                 ? -1
                 : depth > std::numeric_limits<int>::max() ? std::numeric_limits<int>::max()
                                                           : static_cast<int>(depth);
     }},
    {"max_nodes", [](DotOptions& o, const Argument& a) { o.max_nodes = a.size(); }},
    {"theme", [](DotOptions& o, const Argument& a) { o.theme = a.text(); }},
    {"skew", [](DotOptions& o, const Argument& a) { o.skew = a.number(); }},
    {"color_by_self", [](DotOptions& o, const Argument& a) { o.color_by_self = a.flag(); }},
    {"measures",
     [](DotOptions& o, const Argument& a) {
       o.measures.clear();
       for (const std::string& text : a.texts())
         o.measures.push_back(Argument("measures", py::object(text)).choice<Measure>(measures));
     }},
    {"time_format", [](DotOptions& o, const Argument& a) { o.time_format = a.text(); }},
    {"show_samples", [](DotOptions& o, const Argument& a) { o.show_samples = a.flag(); }},
    {"strip", [](DotOptions& o, const Argument& a) { o.strip = a.flag(); }},
    {"wrap", [](DotOptions& o, const Argument& a) { o.wrap = a.flag(); }},
    {"cluster", [](DotOptions& o, const Argument& a) { o.cluster = a.choice<Cluster>(clusters); }},
    {"editor_url", [](DotOptions& o, const Argument& a) { o.editor_url = a.text(); }},
};

using View = TextOptions::View;
using Names = TextOptions::Names;
constexpr std::pair<const char*, View> views[] = {{"functions", View::functions}, {"callers", View::callers},
                                                  {"callees", View::callees},     {"peek", View::peek},
                                                  {"tree", View::tree},           {"lines", View::lines}};
constexpr std::pair<const char*, Names> names[] = {
    {"short", Names::shortest}, {"qualified", Names::qualified}, {"full", Names::full}};

struct TextArguments {
  TextOptions text;
  SourceOptions sources;
};

constexpr Setter<TextArguments> text_setters[] = {
    {"view", [](TextArguments& o, const Argument& a) { o.text.view = a.choice<View>(views); }},
    {"pattern", [](TextArguments& o, const Argument& a) { o.text.pattern = a.text(); }},
    {"restrictions", [](TextArguments& o, const Argument& a) { o.text.restrictions = a.texts(); }},
    {"sort", [](TextArguments& o, const Argument& a) { o.text.sort_keys = a.texts(); }},
    {"reverse", [](TextArguments& o, const Argument& a) { o.text.reverse = a.flag(); }},
    {"limit", [](TextArguments& o, const Argument& a) { o.text.limit = a.size(); }},
    {"call_sort", [](TextArguments& o, const Argument& a) { o.text.call_sort_keys = a.texts(); }},
    {"call_limit", [](TextArguments& o, const Argument& a) { o.text.call_limit = a.size(); }},
    {"tree_percent", [](TextArguments& o, const Argument& a) { o.text.tree_threshold_percent = percent(a); }},
    {"tree_depth", [](TextArguments& o, const Argument& a) { o.text.tree_depth = a.size(); }},
    {"percent", [](TextArguments& o, const Argument& a) { o.text.percent = a.flag(); }},
    {"names", [](TextArguments& o, const Argument& a) { o.text.names = a.choice<Names>(names); }},
    {"noun", [](TextArguments& o, const Argument& a) { o.text.noun = a.text(); }},
    {"width", [](TextArguments& o, const Argument& a) { o.text.width = a.size(); }},
    {"color", [](TextArguments& o, const Argument& a) { o.text.color = a.flag(); }},
    sources_setter<TextArguments>,
    source_dirs_setter<TextArguments>,
};

constexpr Setter<SourceArguments> source_setters[] = {
    source_dirs_setter<SourceArguments>,
    {"calls", [](SourceArguments& o, const Argument& a) { o.use.calls = o.use.callers = a.flag(); }},
    {"names", [](SourceArguments& o, const Argument& a) { o.use.names = a.flag(); }},
};

constexpr Setter<SplitArguments> split_setters[] = {
    {"estimate_importers", [](SplitArguments& o, const Argument& a) { o.options.estimate_importers = a.flag(); }},
    {"max_new_calls", [](SplitArguments& o, const Argument& a) { o.options.max_new_calls = a.size(); }},
    sources_setter<SplitArguments>,
    source_dirs_setter<SplitArguments>,
};

constexpr Setter<CalltreeArguments> calltree_setters[] = {
    sources_setter<CalltreeArguments>,
    source_dirs_setter<CalltreeArguments>,
    {"split", [](CalltreeArguments& o, const Argument& a) { o.split = a.flag(); }},
    {"beside", [](CalltreeArguments& o, const Argument& a) { o.sources.beside = a.paths(); }},
    {"is_last", [](CalltreeArguments& o, const Argument& a) { o.is_last = a.flag(); }},
};

constexpr Setter<FuseArguments> fuse_setters[] = {
    sources_setter<FuseArguments>,
    source_dirs_setter<FuseArguments>,
    {"recover_calls", [](FuseArguments& o, const Argument& a) { o.recover_calls = a.flag(); }},
};

constexpr Setter<FoldOptions> fold_setters[] = {
    {"what",
     [](FoldOptions& o, const Argument& a) {
       for (const std::string& list : a.texts()) add_fold_list(o, list);
     }},
    {"max_new_calls", [](FoldOptions& o, const Argument& a) { o.max_new_calls = a.size(); }},
    {"max_new_calls_together", [](FoldOptions& o, const Argument& a) { o.max_new_calls_together = a.size(); }},
};

constexpr Setter<FocusOptions> focus_setters[] = {
    {"focus", [](FocusOptions& o, const Argument& a) { o.focus = a.texts(); }},
    {"ignore", [](FocusOptions& o, const Argument& a) { o.ignore = a.texts(); }},
};

constexpr Setter<PruneOptions> prune_setters[] = {
    {"functions", [](PruneOptions& o, const Argument& a) { o.functions_percent = percent(a); }},
    {"calls", [](PruneOptions& o, const Argument& a) { o.calls_percent = percent(a); }},
};

template <class Options>
Options filled(const py::dict& arguments, std::span<const Setter<Options>> setters,
               std::span<const std::string> others = {}) {
  Options options;
  fill(options, arguments, setters, others);
  return options;
}

}  // namespace

ReadOptions read_options(const py::dict& arguments) { return filled<ReadOptions>(arguments, read_setters); }

WriteArguments write_options(const std::string& format, const py::dict& arguments,
                             std::span<const std::string> others) {
  using Options = Format::Options;
  WriteArguments result;
  WriteOptions& options = result.options;
  switch (writable_format(format).options) {
    case Options::callgrind: fill<CallgrindOptions>(options.callgrind, arguments, callgrind_setters, others); break;
    case Options::collapsed: fill<CollapsedOptions>(options.collapsed, arguments, collapsed_setters, others); break;
    case Options::dot: fill<DotOptions>(options.dot, arguments, dot_setters, others); break;
    case Options::text: {
      const auto [text, sources] = filled<TextArguments>(arguments, text_setters, others);
      options.text = text;
      result.sources = sources;
      break;
    }
    case Options::none: fill<WriteOptions>(options, arguments, {}, others); break;
  }
  return result;
}

SourceArguments source_options(const py::dict& arguments) { return filled<SourceArguments>(arguments, source_setters); }
SplitArguments split_options(const py::dict& arguments) { return filled<SplitArguments>(arguments, split_setters); }
CalltreeArguments calltree_options(const py::dict& arguments) {
  return filled<CalltreeArguments>(arguments, calltree_setters);
}
FuseArguments fuse_options(const py::dict& arguments) { return filled<FuseArguments>(arguments, fuse_setters); }
FoldOptions fold_options(const py::dict& arguments) { return filled<FoldOptions>(arguments, fold_setters); }
FocusOptions focus_options(const py::dict& arguments) { return filled<FocusOptions>(arguments, focus_setters); }
PruneOptions prune_options(const py::dict& arguments) { return filled<PruneOptions>(arguments, prune_setters); }

}  // namespace profconv::python
