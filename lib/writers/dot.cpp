// dot: a call graph for Graphviz.
//
//     digraph {
//         graph [fontcolor="#757575", fontname="Arial", label="5 of 9 functions, ...", nodesep=0.125, ranksep=0.25,
//         tooltip=" "]; node [fontname="Arial", height=0, shape=box, style=filled, width=0]; edge [fontname="Arial"];
//         0 [color="#ff0000", fontcolor="#000000", fontsize="10.00", label="t:9:main\n100.00%\n(19.22%)\n1×",
//         tooltip="..."]; 0 -> 1 [arrowsize="0.83", color="#ee6e03", ..., label="69.32%\n1×", labeldistance="2.77",
//         penwidth="2.77"];
//     }
//
// The form is gprof2dot's (gprof2dot.py, class DotWriter), which many scripts read: one statement a line, functions
// numbered from 0, attributes in brackets. The language: https://graphviz.org/doc/info/lang.html; text goes through
// append_dot_text only. What is drawn, and in which order, is decided in dot_graph.cpp. A function that calls itself
// has a double border; calls within a circle of functions are dashed.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/dot.hpp>
#include <profconv/error.hpp>

#include "base/counted.hpp"
#include "base/visible.hpp"
#include "codecs/dot_text.hpp"
#include "codecs/number_text.hpp"
#include "model/modules.hpp"
#include "model/origin.hpp"
#include "writers/dot_graph.hpp"
#include "writers/dot_names.hpp"
#include "writers/dot_theme.hpp"
#include "writers/dot_url.hpp"
#include "writers/text_units.hpp"
#include "writers/writers.hpp"

namespace profconv {
namespace {

constexpr std::string_view line_break = "\\n", times = "×";

std::string percent(double share) {
  std::string text;
  append_fixed(text, share * 100, 2);
  return text + "%";
}

/// "1.234567891 s", to the last digit.
std::string exact(std::int64_t value, Unit unit) {
  if (unit == Unit::count) return std::to_string(value);
  if (unit == Unit::bytes) return std::to_string(value) + " B";
  constexpr std::int64_t second = 1'000'000'000;
  std::string fraction = std::to_string(second + std::abs(value % second)).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  const std::string sign = value < 0 && value / second == 0 ? "-" : "";
  return sign + std::to_string(value / second) + (fraction.empty() ? "" : "." + fraction) + " s";
}

/// For tooltips: Graphviz expands `\N`, `\G`, `\E` and others in them a second time (seen in 2.43), so that no way to
/// write a backslash says in every release what it says in a label.
std::string with_slashes(std::string text) {
  std::ranges::replace(text, '\\', '/');
  return text;
}

/// One attribute list: `[a="1", b="2"]`. Names come in the order of the alphabet.
class Attributes {
 public:
  /// Text from outside, lines broken at the breaks between the pieces.
  void text(std::string_view name, const std::vector<std::string>& lines) {
    begin(name);
    text_ += '"';
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i != 0) text_ += line_break;
      append_dot_text(text_, lines[i]);
    }
    text_ += '"';
  }
  /// A word of ours without anything to escape.
  void quoted(std::string_view name, std::string_view value) {
    begin(name);
    text_ += '"';
    text_ += value;
    text_ += '"';
  }
  void plain(std::string_view name, std::string_view value) {
    begin(name);
    text_ += value;
  }
  void number(std::string_view name, double value) {
    std::string digits;
    append_fixed(digits, value, 2);
    quoted(name, digits);
  }
  std::string list() const { return " [" + text_ + "];\n"; }

 private:
  void begin(std::string_view name) {
    if (!text_.empty()) text_ += ", ";
    text_ += name;
    text_ += '=';
  }
  std::string text_;
};

std::vector<FunctionId> functions_of(const DotGraph& graph) {
  std::vector<FunctionId> functions;
  for (const DotGraph::Node& node : graph.nodes()) functions.push_back(node.function);
  return functions;
}

class DotWriter {
 public:
  DotWriter(const Profile& profile, const DotOptions& options, Output& out)
      : p_(profile),
        options_(options),
        out_(out),
        theme_(options.theme, options.skew),
        format_(options.time_format),
        url_(options.editor_url),
        graph_(profile, options),
        names_(profile, functions_of(graph_)),
        samples_(profile.metric(samples_metric.name)) {}

  void write(Diagnostics& diagnostics) {
    out_.write("digraph {\n");
    write_head();
    write_nodes();
    for (const DotGraph::Edge& edge : graph_.edges()) write_edge(edge);
    out_.write("}\n");
    report(diagnostics);
  }

 private:
  Unit unit() const { return p_.metrics.empty() ? Unit::count : p_.metrics[graph_.metric()].unit; }
  std::int64_t at(const CostTable& table, FunctionId f) const {
    return table.empty() ? 0 : table.at(index(f), graph_.metric());
  }

  bool is_over_budget() const { return graph_.nodes_over_budget() != 0 || graph_.edges_over_budget() != 0; }
  std::string over_budget() const {
    const std::size_t nodes = graph_.nodes_over_budget(), edges = graph_.edges_over_budget();
    if (nodes == 0) return counted(edges, "call");
    return counted(nodes, "function") + (edges == 0 ? "" : " and " + counted(edges, "more call"));
  }
  std::vector<std::string> caption() const;
  void write_head();
  void write_nodes();
  void write_node(std::uint32_t number, std::string_view indent);
  void write_edge(const DotGraph::Edge& edge);
  void report(Diagnostics& diagnostics) const;

  /// Whether samples are what is measured, so that costs say them already.
  bool measures_samples() const { return samples_ && *samples_ == graph_.metric(); }
  bool shows(DotOptions::Measure measure) const {
    return std::ranges::find(options_.measures, measure) != options_.measures.end();
  }
  std::string counted_metric(std::int64_t value) const;
  std::string exact_cost(std::int64_t value) const;
  std::string cost(std::int64_t value) const;
  std::vector<std::string> label(const DotGraph::Node& node) const;
  std::vector<std::string> tooltip(const DotGraph::Node& node) const;
  std::vector<std::string> label(const DotGraph::Edge& edge) const;
  std::vector<std::string> tooltip(const DotGraph::Edge& edge) const;
  std::int64_t samples(const DotGraph::Edge& edge) const;
  std::string counted_calls(Counts counts) const;
  std::string place_and_name(const Function& function) const;

  const Profile& p_;
  const DotOptions& options_;
  Output& out_;
  DotTheme theme_;
  NumberFormat format_;
  EditorUrl url_;
  DotGraph graph_;
  DotNames names_;
  std::optional<std::size_t> samples_;
};

// "1443 samples": counts have no unit but what is counted.
std::string DotWriter::counted_metric(std::int64_t value) const {
  std::string noun(p_.text(p_.metrics[graph_.metric()].name));
  if (value == 1 && noun.ends_with('s')) noun.pop_back();
  return std::to_string(value) + " " + noun;
}

std::string DotWriter::exact_cost(std::int64_t value) const {
  return unit() == Unit::count ? counted_metric(value) : exact(value, unit());
}

// Times as --time-format says, seconds without a unit, as gprof2dot; others with theirs.
std::string DotWriter::cost(std::int64_t value) const {
  constexpr double nanoseconds = 1e9;
  if (unit() == Unit::count) return counted_metric(value);
  if (unit() == Unit::nanoseconds) return format_.text(static_cast<double>(value) / nanoseconds);
  return fitting_unit(value, unit());
}

std::vector<std::string> DotWriter::caption() const {
  const std::size_t functions = graph_.nodes().size(), edges = graph_.edges().size();
  if (functions == p_.functions.size() && edges == graph_.all_edges()) return {};
  std::vector<std::string> lines;
  const auto part = [](std::size_t shown, std::size_t all, const char* noun, double threshold) {
    std::string text = std::to_string(shown) + " of " + counted(all, noun);
    if (threshold > 0 && shown != all) text += " (from " + NumberFormat("%g").text(threshold) + "%)";
    return text;
  };
  lines.push_back(part(functions, p_.functions.size(), "function", options_.node_percent) + ", " +
                  part(edges, graph_.all_edges(), "call", options_.edge_percent));
  if (is_over_budget()) {
    lines.push_back("left out to keep to --max-nodes " + std::to_string(options_.max_nodes) + ": " + over_budget());
  }
  return lines;
}

void DotWriter::write_head() {
  Attributes graph;
  if (theme_.draws_page()) graph.quoted("bgcolor", theme_.page_color());
  graph.quoted("fontcolor", theme_.page_text_color());
  graph.plain("fontname", "Arial");
  if (const std::vector<std::string> lines = caption(); !lines.empty()) {
    graph.plain("fontsize", "10");
    graph.text("label", lines);
  }
  // Graphviz's older way to rank clusters fails for many graphs ("trouble in init_rank": its issue 1213).
  if (options_.cluster != DotOptions::Cluster::none) graph.plain("newrank", "true");
  graph.plain("nodesep", "0.125");
  graph.plain("ranksep", "0.25");
  graph.quoted("tooltip", " ");  // Graphviz gives the graph the tooltip "%3" without it: its issue 1376
  out_.write("\tgraph" + graph.list());

  Attributes node;
  node.plain("fontname", "Arial");
  node.plain("height", "0");
  node.plain("shape", "box");
  node.plain("style", theme_.filled() ? "filled" : "solid");
  node.plain("width", "0");
  out_.write("\tnode" + node.list());
  Attributes edge;
  edge.plain("fontname", "Arial");
  out_.write("\tedge" + edge.list());
}

void DotWriter::write_nodes() {
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> clusters;
  const Modules modules(p_);
  for (std::uint32_t i = 0; i < graph_.nodes().size(); ++i) {
    const StringId file = p_.function(graph_.nodes()[i].function).file;
    const std::string_view path = p_.text(file);
    // C functions are in no module, of others nobody knows it; a box of theirs would lie across the whole graph.
    if (options_.cluster == DotOptions::Cluster::none || path.empty() || is_c_file(path)) {
      write_node(i, "\t");
    } else {
      const bool by_module = options_.cluster == DotOptions::Cluster::module;
      clusters[by_module ? modules.module(file) : std::string(modules.package(file))].push_back(i);
    }
  }
  std::size_t number = 0;
  for (const auto& [name, members] : clusters) {
    out_.write("\tsubgraph cluster_" + std::to_string(number++) + " {\n");
    Attributes box;
    box.quoted("color", theme_.page_text_color());
    box.plain("fontsize", "12");
    box.text("label", {name});
    box.quoted("tooltip", " ");
    out_.write("\t\tgraph" + box.list());
    for (const std::uint32_t i : members) write_node(i, "\t\t");
    out_.write("\t}\n");
  }
}

std::vector<std::string> DotWriter::label(const DotGraph::Node& node) const {
  const std::string name = names_.label(node.function, options_.strip);
  std::vector<std::string> lines = options_.wrap ? wrapped_name(name) : std::vector{name};
  const auto self = [](const std::string& text) { return "(" + text + ")"; };
  for (const DotOptions::Measure measure : options_.measures) {
    if (p_.metrics.empty()) break;
    switch (measure) {
      case DotOptions::Measure::total_percent:
        if (!p_.total.empty()) lines.push_back(percent(node.share));
        break;
      case DotOptions::Measure::self_percent: lines.push_back(self(percent(node.self_share))); break;
      case DotOptions::Measure::total:
        if (!p_.total.empty()) lines.push_back(cost(at(p_.total, node.function)));
        break;
      case DotOptions::Measure::self: lines.push_back(self(cost(at(p_.self, node.function)))); break;
    }
  }
  const std::size_t f = index(node.function);
  if (samples_) {
    const auto said = [&](DotOptions::Measure measure) { return measures_samples() && shows(measure); };
    if (!p_.total.empty() && !said(DotOptions::Measure::total))
      lines.push_back(counted(p_.total.at(f, *samples_), "sample"));
    if (options_.show_samples && !p_.self.empty() && !said(DotOptions::Measure::self))
      lines.push_back(self(counted(p_.self.at(f, *samples_), "sample")));
  } else if (!p_.counts.empty() && p_.counts[f].calls != not_counted) {
    lines.push_back(std::to_string(p_.counts[f].calls) + std::string(times));
  }
  return lines;
}

// "15 calls, 1 of them primitive"
std::string DotWriter::counted_calls(Counts counts) const {
  std::string text = counted(counts.calls, "call");
  if (counts.primitive != not_counted && counts.primitive != counts.calls)
    text += ", " + std::to_string(counts.primitive) + " of them primitive";
  return text;
}

// "/s/t.py:3(f)", without what nobody knows: "/s/t.py(f)", "f". C functions are as profilers record them: "~:0(len)".
std::string DotWriter::place_and_name(const Function& f) const {
  std::string name(p_.text(p_.text(f.qualified).empty() ? f.name : f.qualified));
  const std::string_view file = p_.text(f.file);
  const bool has_line = f.line != 0 || is_c_file(file);
  if (file.empty() && !has_line) return name;
  return std::string(file) + (has_line ? ":" + std::to_string(f.line) : "") + "(" + name + ")";
}

std::vector<std::string> DotWriter::tooltip(const DotGraph::Node& node) const {
  const Function& f = p_.function(node.function);
  const std::size_t i = index(node.function);
  std::vector<std::string> lines{with_slashes(place_and_name(f))};
  if (f.context != StringId{}) lines.push_back("called by " + with_slashes(std::string(p_.text(f.context))));
  if (!p_.metrics.empty()) {
    if (!p_.total.empty())
      lines.push_back("inclusive " + exact_cost(at(p_.total, node.function)) + " (" + percent(node.share) + ")");
    lines.push_back("self " + exact_cost(at(p_.self, node.function)) + " (" + percent(node.self_share) + ")");
  }
  if (samples_) {
    if (!p_.total.empty() && !measures_samples()) lines.push_back(counted(p_.total.at(i, *samples_), "sample"));
  } else if (!p_.counts.empty() && p_.counts[i].calls != not_counted) {
    lines.push_back(counted_calls(p_.counts[i]));
  }
  if (node.recursive) lines.emplace_back("calls itself");
  if (node.circle != 0)
    lines.push_back("in a circle of " + std::to_string(node.in_circle) + " functions that call each other");
  return lines;
}

void DotWriter::write_node(std::uint32_t number, std::string_view indent) {
  const DotGraph::Node& node = graph_.nodes()[number];
  const Function& f = p_.function(node.function);
  const DotTheme::Colors colors = theme_.node(node.weight);
  Attributes attributes;
  if (const std::string url = url_.url(p_.text(f.file), f.line); !url.empty()) attributes.text("URL", {url});
  attributes.quoted("color", colors.fill);
  attributes.quoted("fontcolor", colors.text);
  attributes.number("fontsize", theme_.font_size(node.weight));
  attributes.text("label", label(node));
  if (node.recursive) attributes.plain("peripheries", "2");
  attributes.text("tooltip", tooltip(node));
  out_.write(indent);
  out_.write_number(number);
  out_.write(attributes.list());
}

std::int64_t DotWriter::samples(const DotGraph::Edge& edge) const {
  std::int64_t sum = 0;
  for (std::size_t i = edge.first_call; i < edge.first_call + edge.calls && !p_.call_total.empty(); ++i) {
    const std::int64_t value = p_.call_total.at(i, *samples_);
    if (value != not_measured && __builtin_add_overflow(sum, value, &sum)) return 0;
  }
  return sum;
}

std::vector<std::string> DotWriter::label(const DotGraph::Edge& edge) const {
  std::vector<std::string> lines;
  if (edge.measured && !p_.metrics.empty()) lines.push_back(percent(edge.share));
  if (samples_) {
    lines.push_back(counted(samples(edge), "sample"));
  } else if (edge.counts.calls == 0 && edge.total > 0) {  // a share of a folded function's calls
    lines.push_back("<1" + std::string(times));
  } else if (edge.counts.calls != not_counted) {
    lines.push_back(std::to_string(edge.counts.calls) + std::string(times));
  }
  return lines;
}

std::vector<std::string> DotWriter::tooltip(const DotGraph::Edge& edge) const {
  std::vector<std::string> lines{with_slashes(names_.name(graph_.nodes()[edge.from].function) + " -> " +
                                              names_.name(graph_.nodes()[edge.to].function))};
  if (edge.measured && !p_.metrics.empty()) {
    lines.push_back(exact_cost(edge.total) + " (" + percent(edge.share) +
                    (edge.by_counts   ? ", estimated from call counts)"
                     : edge.estimated ? ", estimated)"
                                      : ")"));
  }
  if (samples_) {
    if (!measures_samples() || !edge.measured) lines.push_back(counted(samples(edge), "sample"));
  } else if (edge.counts.calls == 0 && edge.total > 0) {
    lines.emplace_back("less than 1 call");
  } else if (edge.counts.calls != not_counted) {
    lines.push_back(counted_calls(edge.counts));
  }
  return lines;
}

void DotWriter::write_edge(const DotGraph::Edge& edge) {
  const DotGraph::Node &from = graph_.nodes()[edge.from], &to = graph_.nodes()[edge.to];
  const DotTheme::Colors colors = theme_.edge(edge.share);
  const std::vector<std::string> tip = tooltip(edge);
  Attributes attributes;
  attributes.number("arrowsize", theme_.arrow_size(edge.share));
  attributes.quoted("color", colors.fill);
  attributes.quoted("fontcolor", colors.text);
  attributes.number("fontsize", theme_.font_size(edge.share));
  // Graphviz puts the label beside the middle of the line, however thick that is: blanks keep them apart.
  std::vector<std::string> lines = label(edge);
  for (std::string& line : lines) {
    line.insert(line.begin(), ' ');
    line += ' ';
  }
  attributes.text("label", lines);
  attributes.number("labeldistance", theme_.pen_width(edge.share));
  attributes.text("labeltooltip", tip);
  attributes.number("penwidth", theme_.pen_width(edge.share));
  if (edge.from != edge.to && from.circle != 0 && from.circle == to.circle) attributes.plain("style", "dashed");
  attributes.text("tooltip", tip);
  out_.write('\t');
  out_.write_number(edge.from);
  out_.write(" -> ");
  out_.write_number(edge.to);
  out_.write(attributes.list());
}

void DotWriter::report(Diagnostics& diagnostics) const {
  if (graph_.nodes().empty() && !p_.functions.empty()) {
    const bool is_elsewhere = std::ranges::none_of(p_.functions, [&](const Function& f) {
      return std::ranges::any_of(options_.paths, [&](const auto& path) { return p_.text(f.file).starts_with(path); });
    });
    diagnostics.warn(
        {}, {},
        std::string("the graph is empty: ") + (!options_.paths.empty() && is_elsewhere
                                                   ? "no function's file begins with what was given for that"
                                                   : "no function costs as much as the thresholds ask for"));
  }
  if (is_over_budget()) {
    diagnostics.warn(
        {}, {},
        over_budget() + " not drawn, to keep to --max-nodes " + std::to_string(options_.max_nodes) +
            ": those that cost least" +
            (options_.root.empty() && options_.leaf.empty() ? "" : ", beside the roots and leaves asked for"));
  }
  for (const std::string& line : caption()) diagnostics.note({}, {}, line);
  std::string others;
  for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
    if (m != graph_.metric() && m != samples_)
      others += (others.empty() ? "" : ", ") + std::string(p_.text(p_.metrics[m].name));
  }
  if (!others.empty())
    diagnostics.note({}, {},
                     "drawn by " + std::string(p_.text(p_.metrics[graph_.metric()].name)) + "; not shown: " + others);
  const auto estimated =
      std::ranges::count_if(graph_.edges(), [](const DotGraph::Edge& e) { return e.measured && e.by_counts; });
  if (estimated != 0) {
    diagnostics.note({}, {},
                     "the inclusive costs of " + std::to_string(estimated) +
                         " calls are estimated from call counts; the source has no times for calls");
  }
}

// Of all functions, drawn or not.
std::size_t count_chosen(const Profile& profile, std::string_view selector) {
  std::vector<FunctionId> all;
  for (std::uint32_t f = 0; f < profile.functions.size(); ++f) all.push_back(FunctionId{f});
  return DotNames(profile, all).chosen(selector).size();
}

}  // namespace

std::span<const std::string_view> dot_themes() { return DotTheme::names(); }

void list_dot_functions(const Profile& profile, const DotOptions& options, std::string_view selector, Output& output,
                        Diagnostics& diagnostics) {
  const bool details = selector.starts_with('%');
  if (details) selector.remove_prefix(1);
  const bool all = selector.empty() || selector == "+";
  const std::vector<FunctionId> functions = DotGraph::before_leaf(profile, options);
  const DotNames names(profile, functions);
  const std::size_t metric = main_metric(profile);
  const Shares shares(profile, metric);
  const std::vector<FunctionId> chosen = all ? functions : names.chosen(selector);
  // Names tell functions apart that are there: of all of them a selector may mean fewer.
  const std::size_t of_all = count_chosen(profile, all ? "*" : selector);
  const std::size_t not_drawn = of_all - std::min(of_all, chosen.size());
  const std::string others =
      counted(not_drawn, "function") +
      " left out, by --node-thres and --edge-thres, which 0 switches off, or by the paths or roots asked for";
  if (chosen.empty()) {
    diagnostics.warn({}, {},
                     (not_drawn == 0 ? "no function matches " : "no function that is drawn matches ") +
                         quoted(selector) + (not_drawn == 0 ? "" : ": " + others));
  } else if (not_drawn != 0) {
    diagnostics.note({}, {}, others);
  }
  for (const FunctionId id : chosen) {
    output.write(visible(names.name(id)));
    if (details) {
      const Function& f = profile.function(id);
      output.write(visible(" file=" + std::string(profile.text(f.file)) + " line=" + std::to_string(f.line)));
      const Counts counts = profile.counts.empty() ? Counts{} : profile.counts[index(id)];
      if (counts.calls != not_counted) output.write(" calls=" + std::to_string(counts.calls));
      if (counts.primitive != not_counted) output.write(" primitive=" + std::to_string(counts.primitive));
      for (std::size_t m = 0; m < profile.metrics.size(); ++m) {
        const std::string name(profile.text(profile.metrics[m].name));
        const Unit unit = profile.metrics[m].unit;
        if (!profile.total.empty()) output.write(" " + name + "=" + exact(profile.total.at(index(id), m), unit));
        if (!profile.self.empty()) output.write(" self_" + name + "=" + exact(profile.self.at(index(id), m), unit));
      }
      if (!profile.total.empty())
        output.write(" share=" + percent(shares.of_whole(profile.total.at(index(id), metric))));
    }
    output.write('\n');
  }
}

void write_dot(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics) {
  DotWriter(profile, options.dot, output).write(diagnostics);
}

}  // namespace profconv
