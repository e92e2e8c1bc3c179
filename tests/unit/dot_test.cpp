#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <profconv/builder.hpp>
#include <profconv/dot.hpp>
#include <profconv/formats.hpp>

#include "base/hash.hpp"
#include "base/visible.hpp"
#include "codecs/dot_text.hpp"
#include "codecs/number_text.hpp"
#include "support/convert.hpp"
#include "writers/dot_names.hpp"
#include "writers/dot_theme.hpp"
#include "writers/dot_url.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

constexpr std::string_view dump =
    "profconv dump 1\n"
    "metric time ns sum\n"
    "function 0 \"main\" file \"/s/app.py\" line 1 calls 1 primitive 1 self 100000000 total 1000000000\n"
    "function 1 \"f\" file \"/s/cart/u.py\" line 2 calls 15 primitive 2 self 850000000 total 890000000\n"
    "function 2 \"f\" file \"/s/stock/u.py\" line 2 calls 2 primitive 2 self 47999999 total 49999999\n"
    "function 3 \"<built-in method builtins.len>\" file \"~\" line 0 calls 4 primitive 4 self 2000001 total 2000001\n"
    "call 0 1 line 0 calls 2 primitive 2 self 850000000 total 890000000\n"
    "call 1 1 line 0 calls 13 primitive 0 self 20000000 total 30000000\n"
    "call 1 2 line 3 calls 1 primitive 1 self 20000000 total 24000000\n"
    "call 1 2 line 4 calls 1 primitive 1 self 20000000 total 24000000\n"
    "call 2 3 line 0 calls 4 primitive 4 self 2000001 total 2000001\n";

std::string drawn(std::string_view text, const DotOptions& options, Diagnostics& diagnostics) {
  return written(read_text(text), "dot", {.callgrind = {}, .dot = options}, diagnostics);
}

std::string drawn(std::string_view text, const DotOptions& options = {}) {
  Diagnostics diagnostics;
  return drawn(text, options, diagnostics);
}

/// The values of an attribute, in the order of the statements, each in bars.
std::string values(const std::string& dot, const std::string& attribute) {
  std::string found;
  const std::string mark = " " + attribute + "=\"", other = "[" + attribute + "=\"";
  for (std::size_t at = 0; at < dot.size(); ++at) {
    if (dot.compare(at, mark.size(), mark) != 0 && dot.compare(at, other.size(), other) != 0) continue;
    std::size_t end = at + mark.size();
    while (dot[end] != '"') end += dot[end] == '\\' ? 2u : 1u;
    found += "|" + dot.substr(at + mark.size(), end - at - mark.size());
  }
  return found + "|";
}

std::string escaped(std::string_view text, std::size_t most = 4000) {
  std::string out;
  append_dot_text(out, text, most);
  return out;
}

}  // namespace

TEST_CASE("dot: one statement a line, functions numbered from the hottest, attributes in brackets") {
  CHECK(
      drawn(dump, {.node_percent = 80}) ==
      "digraph {\n"
      "\tgraph [fontcolor=\"#737373\", fontname=Arial, fontsize=10, label=\"2 of 4 functions (from 80%), 2 of 4 calls "
      "(from 0.1%)\", nodesep=0.125, ranksep=0.25, tooltip=\" \"];\n"
      "\tnode [fontname=Arial, height=0, shape=box, style=filled, width=0];\n"
      "\tedge [fontname=Arial];\n"
      "\t0 [color=\"#ff0000\", fontcolor=\"#ffffff\", fontsize=\"10.00\", "
      "label=\"app:1:main\\n100.00%\\n(10.00%)\\n1×\", "
      "tooltip=\"/s/app.py:1(main)\\ninclusive 1 s (100.00%)\\nself 0.1 s (10.00%)\\n1 call\"];\n"
      "\t1 [color=\"#ee6a03\", fontcolor=\"#000000\", fontsize=\"10.00\", label=\"u:2:f\\n89.00%\\n(85.00%)\\n15×\", "
      "peripheries=2, tooltip=\"/s/cart/u.py:2(f)\\ninclusive 0.89 s (89.00%)\\nself 0.85 s (85.00%)\\n15 calls, 2 of "
      "them primitive\\ncalls itself\"];\n"
      "\t0 -> 1 [arrowsize=\"0.94\", color=\"#ee6a03\", fontcolor=\"#bf5502\", fontsize=\"10.00\", label=\" 89.00% \\n "
      "2× "
      "\", labeldistance=\"3.56\", labeltooltip=\"app:1:main -> u:2:f\\n0.89 s (89.00%)\\n2 calls\", "
      "penwidth=\"3.56\", "
      "tooltip=\"app:1:main -> u:2:f\\n0.89 s (89.00%)\\n2 calls\"];\n"
      "\t1 -> 1 [arrowsize=\"0.35\", color=\"#0d1977\", fontcolor=\"#0d1977\", fontsize=\"10.00\", label=\" 3.00% \\n "
      "13× "
      "\", labeldistance=\"0.50\", labeltooltip=\"u:2:f -> u:2:f\\n0.03 s (3.00%)\\n13 calls, 0 of them primitive\", "
      "penwidth=\"0.50\", tooltip=\"u:2:f -> u:2:f\\n0.03 s (3.00%)\\n13 calls, 0 of them primitive\"];\n"
      "}\n");
}

TEST_CASE("dot: functions that would look alike take as much of their path as tells them apart") {
  const std::string text = drawn(dump, {.node_percent = 0, .edge_percent = 0});
  CHECK(text.find("label=\"cart/u.py:2:f\\n") != text.npos);
  CHECK(text.find("label=\"stock/u.py:2:f\\n") != text.npos);
  CHECK(text.find("label=\"<built-in method builtins.len>\\n") != text.npos);
  CHECK(text.find("functions") == text.npos);                 // nothing left out, nothing said
  CHECK(text.find("label=\" 4.80% \\n 2× \"") != text.npos);  // one edge for the calls of two lines
}

TEST_CASE("dot: C functions and functions without a file have no place and no box") {
  for (const char* const file : {"~", "<built-in>", ""}) {
    const std::string text = drawn("profconv dump 1\nmetric time ns sum\nfunction 0 \"acquire\" file \"" +
                                       std::string(file) + "\" line 0 calls 1 primitive 1 self 1 total 1\n",
                                   {.cluster = DotOptions::Cluster::module});
    CHECK(text.find("label=\"acquire\\n") != text.npos);
    CHECK(text.find("subgraph") == text.npos);
  }
}

TEST_CASE("dot: names are unique where some have numbers of their own") {
  std::string text = "profconv dump 1\nmetric time ns sum\n";
  const std::vector<std::string> names = {"f", "f", "f #2", "f", "f #4", "f #2"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string number = std::to_string(i);
    text += "function " + number + " \"" + names[i] + "\" file \"~\" line " + number + " self 1\n";
  }
  const Profile p = read_text(text);
  std::vector<FunctionId> shown;
  for (std::uint32_t i = 0; i < names.size(); ++i) shown.push_back(FunctionId{i});
  const DotNames found(p, shown);
  std::vector<std::string> unique;
  for (const FunctionId f : shown) unique.push_back(found.name(f));
  CHECK(unique == std::vector<std::string>{"f", "f #3", "f #2", "f #5", "f #4", "f #2 #2"});
}

TEST_CASE("dot: names that differ only where labels do not show it get a number, too") {
  const std::string start(300, 'x');
  const std::vector<std::string> recorded = {"f\\x1b", "f\\\\x1b", start + "a", start + "b", start + "a"};
  std::string text = "profconv dump 1\nmetric time ns sum\n";
  for (std::size_t i = 0; i < recorded.size(); ++i)
    text +=
        "function " + std::to_string(i) + " \"" + recorded[i] + "\" file \"~\" line " + std::to_string(i) + " self 1\n";
  const Profile p = read_text(text);
  std::vector<FunctionId> shown;
  for (std::uint32_t i = 0; i < recorded.size(); ++i) shown.push_back(FunctionId{i});
  const DotNames found(p, shown);
  std::vector<std::string> labels;
  for (const FunctionId f : shown) labels.push_back(visible(found.label(f, false)));
  const std::string cut = std::string(256, 'x') + "…";
  CHECK(labels == std::vector<std::string>{"f\\x1b", "f\\x1b #2", cut, cut + " #2", cut + " #3"});
  CHECK(found.name(FunctionId{3}) == start + "b #2");
  CHECK(found.chosen(start + "b #2") == std::vector{FunctionId{3}});
  CHECK(found.chosen("*xb") == std::vector{FunctionId{3}});  // gprof2dot's name
}

TEST_CASE("dot: a function or call on the threshold stays, below it goes") {
  const auto count = [](const std::string& text, std::string_view what) {
    std::size_t n = 0;
    for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  CHECK(count(drawn(dump, {.node_percent = 89, .edge_percent = 0}), "tooltip=\"/s/") == 2);
  CHECK(count(drawn(dump, {.node_percent = 89.01, .edge_percent = 0}), "tooltip=\"/s/") == 1);
  CHECK(count(drawn(dump, {.node_percent = 0, .edge_percent = 3}), " -> ") == 3 * 3);  // and twice in tooltips
  CHECK(count(drawn(dump, {.node_percent = 0, .edge_percent = 3.01}), " -> ") == 2 * 3);
}

TEST_CASE("dot: root, leaf, depth and paths choose as in gprof2dot") {
  const DotOptions all{.node_percent = 0, .edge_percent = 0};
  const auto functions = [&](DotOptions options) {
    options.node_percent = options.edge_percent = 0;
    const std::string tips = values(drawn(dump, options), "label");
    std::string names;
    for (const char* name : {"main", "cart/u.py", "stock/u.py", "u:2", "len"}) {
      if (tips.find(name) != tips.npos) names += std::string(name) + " ";
    }
    return names;
  };
  CHECK(functions({.root = "app:1:main"}) == "main cart/u.py stock/u.py len ");
  CHECK(functions({.root = "app:*", .depth = 1}) == "main u:2 ");
  CHECK(functions({.root = "app:*", .depth = 0}) == "main ");
  CHECK(functions({.root = "u:2:f"}) == "cart/u.py stock/u.py len ");  // gprof2dot's name, for both
  CHECK(functions({.root = "stock/u.py:2:f"}) == "u:2 len ");          // ours, for one
  CHECK(functions({.leaf = "cart/u.py:*"}) == "main u:2 ");
  CHECK(functions({.leaf = "*len*", .depth = 1}) == "u:2 len ");
  CHECK(functions({.leaf = "~:0:<built-in method builtins.len>", .depth = 1}) == "u:2 len ");
  CHECK(functions({.paths = {"/s/cart", "/s/app"}}) == "main u:2 ");
  CHECK(message_of([&] { drawn(dump, {.root = "nobody"}); }) ==
        "no root function matches 'nobody' (hint: --list-functions shows the names)");
  CHECK(message_of([&] { drawn(dump, {.leaf = "*len*"}); }) ==
        "no leaf function matches '*len*' (hint: it is below the thresholds: --node-thres 0 and --edge-thres 0 keep "
        "all)");
  CHECK(message_of([&] { drawn(dump, {.root = "stock*", .leaf = "*main"}); }) ==
        "no leaf function matches '*main' (hint: it is left out by the root, the paths or the thresholds: --node-thres "
        "0 and "
        "--edge-thres 0 keep all)");
}

TEST_CASE("dot: an empty graph says why it is") {
  const auto warning = [](const DotOptions& options) {
    Diagnostics diagnostics;
    written(read_text(dump), "dot", {.dot = options}, diagnostics);
    return text_of(diagnostics);
  };
  CHECK(warning({.paths = {"/nowhere"}})
            .find("the graph is empty: no function's file begins with what was given for that") != std::string::npos);
  CHECK(
      warning({.node_percent = 200}).find("the graph is empty: no function costs as much as the thresholds ask for") !=
      std::string::npos);
  CHECK(warning({.paths = {"/s/cart"}}).find("empty") == std::string::npos);
}

TEST_CASE("dot: a name from a list means that function, whatever it would match as a glob") {
  constexpr std::string_view copies =
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"exec\" file \"~\" line 0 context \"misc\" calls 1 primitive 1 self 1 total 3\n"
      "function 1 \"exec\" file \"~\" line 0 context \"main\" calls 1 primitive 1 self 2 total 2\n"
      "function 2 \"f*\" file \"t.py\" line 1 calls 1 primitive 1 self 1 total 1\n"
      "function 3 \"f\\x1b\" file \"t.py\" line 1 calls 1 primitive 1 self 1 total 1\n";
  CHECK(values(drawn(copies, {.root = "exec [misc]"}), "label").find("|exec\\n60.00%\\n(20.00%)\\n1×|") !=
        std::string::npos);
  CHECK(values(drawn(copies, {.leaf = "t:1:f*"}), "label").find("|t:1:f*\\n20.00%") != std::string::npos);
  CHECK(values(drawn(copies, {.leaf = "t:1:f\\x1b"}), "label").find("|t:1:f\\\\x1b\\n20.00%") != std::string::npos);
  CHECK(message_of([&] { drawn(copies, {.root = "exec [nobody]"}); }) ==
        "no root function matches 'exec [nobody]' (hint: --list-functions shows the names; in a glob [[] is a "
        "bracket)");
}

TEST_CASE("dot: the budget keeps the hottest functions and calls, and says so in the graph and in a warning") {
  Diagnostics diagnostics;
  const std::string text = drawn(dump, {.node_percent = 0, .edge_percent = 0, .max_nodes = 2}, diagnostics);
  CHECK(text.find("label=\"2 of 4 functions, 2 of 4 calls\\nleft out to keep to --max-nodes 2: 2 functions\"") !=
        text.npos);
  CHECK(text_of(diagnostics)
            .starts_with("warning: 2 functions not drawn, to keep to --max-nodes 2: those that cost least\n"));

  constexpr std::size_t huge = SIZE_MAX / 2 + 1;
  CHECK(drawn(dump, {.node_percent = 0, .edge_percent = 0, .max_nodes = huge}, diagnostics) ==
        drawn(dump, {.node_percent = 0, .edge_percent = 0, .max_nodes = 100}, diagnostics));

  CHECK(text_of([&] {
          Diagnostics d;
          drawn(dump, {.node_percent = 0, .leaf = "*len*", .max_nodes = 2}, d);
          return d;
        }())
            .starts_with("warning: 2 functions not drawn, to keep to --max-nodes 2: those that cost least, beside the "
                         "roots and leaves asked for\n"));

  // A star and everything calls everything: the costliest call to each function stays.
  ProfileBuilder builder(std::array{time_metric});
  std::vector<FunctionId> functions;
  for (std::uint32_t i = 0; i < 10; ++i)
    functions.push_back(builder.function({.name = "f" + std::to_string(i), .file = "t.py", .line = i + 1}));
  for (std::int64_t i = 0; i < 10; ++i) {
    const std::int64_t self[] = {10 - i}, total[] = {1000 - i};
    builder.add_self(functions[static_cast<std::size_t>(i)], self);
    builder.add_total(functions[static_cast<std::size_t>(i)], total);
    for (std::int64_t k = 0; k < 10; ++k) {
      const std::int64_t cost[] = {100 - 10 * k + i};
      builder.add_call({functions[static_cast<std::size_t>(i)], functions[static_cast<std::size_t>(k)], 0}, {1, 1}, {},
                       cost);
    }
  }
  const std::string dense = written(std::move(builder).finish(), "dot", {.callgrind = {}, .dot = {.max_nodes = 10}});
  CHECK(dense.find("20 of 100 calls (from 0.1%)\\nleft out to keep to --max-nodes 10: 80 calls\"") != dense.npos);
  for (int i = 0; i < 10; ++i) CHECK(dense.find(" -> " + std::to_string(i) + " [") != dense.npos);
}

TEST_CASE("dot: what the labels of functions show") {
  using Measure = DotOptions::Measure;
  const auto first = [](const DotOptions& options) {
    const std::string all = values(drawn(dump, options), "label");
    const std::size_t begin = all.find("app:1:main");
    return all.substr(begin, all.find('|', begin) - begin);
  };
  CHECK(first({.measures = {Measure::self, Measure::total}}) == "app:1:main\\n(0.1)\\n1\\n1×");
  CHECK(first({.measures = {Measure::total}, .time_format = "%.3f s"}) == "app:1:main\\n1.000 s\\n1×");
  CHECK(first({.measures = {}}) == "app:1:main\\n1×");
}

TEST_CASE("dot: sampled profiles show samples and no calls") {
  constexpr std::string_view sampled =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "metric samples count sum\n"
      "function 0 \"main\" file \"app.py\" line 0 self 1000 1 total 10000 10\n"
      "function 1 \"f\" qualified \"A.f\" file \"app.py\" line 0 self 9000 9 total 9000 9\n"
      "call 0 1 line 3 total 9000 9\n";
  CHECK(values(drawn(sampled), "label") ==
        "|app:main\\n100.00%\\n(10.00%)\\n10 samples|app:A.f\\n90.00%\\n(90.00%)\\n9 samples| 90.00% \\n 9 samples "
        "|");
  CHECK(values(drawn(sampled, {.show_samples = true}), "label").find("10 samples\\n(1 sample)") != std::string::npos);
  CHECK(drawn(sampled).find("×") == std::string::npos);

  constexpr std::string_view inclusive_only =
      "profconv dump 1\n"
      "metric samples count sum\n"
      "function 0 \"main\" file \"app.py\" line 0 total 10\n";
  CHECK(values(drawn(inclusive_only, {.show_samples = true}), "label").ends_with("10 samples|"));
}

TEST_CASE("dot: counts say what is counted, and samples are said once") {
  using Measure = DotOptions::Measure;
  constexpr std::string_view sampled =
      "profconv dump 1\n"
      "metric samples count sum\n"
      "function 0 \"main\" file \"app.py\" line 1 self 1 total 10\n"
      "function 1 \"f\" file \"app.py\" line 2 self 9 total 9\n"
      "call 0 1 line 3 total 9\n";
  const auto label = [&](std::string_view text, const DotOptions& options) {
    const std::string all = values(drawn(text, options), "label");
    return all.substr(0, all.find('|', 1));
  };
  CHECK(label(sampled, {.measures = {Measure::self, Measure::total}, .show_samples = true}) ==
        "|app:1:main\\n(1 sample)\\n10 samples");
  CHECK(label(sampled, {.measures = {Measure::self}}) == "|app:1:main\\n(1 sample)\\n10 samples");
  CHECK(label(sampled, {.measures = {Measure::total}, .time_format = "%.3f s", .show_samples = true}) ==
        "|app:1:main\\n10 samples\\n(1 sample)");
  CHECK(values(drawn(sampled), "tooltip") ==
        "| |app.py:1(main)\\ninclusive 10 samples (100.00%)\\nself 1 sample (10.00%)"
        "|app.py:2(f)\\ninclusive 9 samples (90.00%)\\nself 9 samples (90.00%)"
        "|app:1:main -> app:2:f\\n9 samples (90.00%)|");
  constexpr std::string_view hits =
      "profconv dump 1\nmetric hits count sum\nfunction 0 \"f\" file \"t.py\" line 1 calls - primitive - self 7 total "
      "7\n";
  CHECK(label(hits, {.measures = {Measure::total}}) == "|t:1:f\\n7 hits");
}

TEST_CASE("dot: a line or file that nobody knows is left out") {
  const auto shown = [](std::string_view place, std::string_view attribute) {
    const std::string found = values(drawn("profconv dump 1\nmetric time ns sum\nfunction 0 \"f\" " +
                                           std::string(place) + " calls 1 primitive 1 self 1 total 1\n"),
                                     std::string(attribute));
    return found.substr(1, found.find("\\n") - 1);
  };
  CHECK(shown("file \"/s/t.py\" line 0", "label") == "t:f");
  CHECK(shown("file \"/s/t.py\" line 0", "tooltip") == " |/s/t.py(f)");
  CHECK(shown("file \"\" line 0", "tooltip") == " |f");
  CHECK(shown("file \"\" line 3", "tooltip") == " |:3(f)");
  CHECK(shown("file \"~\" line 0", "tooltip") == " |~:0(f)");
}

TEST_CASE("dot: tooltips have slashes for backslashes, which old releases of Graphviz expand twice") {
  const std::string text = drawn(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"f\" file \"C:\\\\New\\\\t.py\" line 1 calls 1 primitive 1 self 1 total 2\n"
      "function 1 \"f\" file \"C:\\\\Good\\\\t.py\" line 1 context \"C:\\\\Even\" calls 1 primitive 1 self 1 total 1\n"
      "call 0 1 line 0 calls 1 primitive 1 total 1\n");
  CHECK(text.find("tooltip=\"C:/New/t.py:1(f)\\n") != text.npos);
  CHECK(text.find("tooltip=\"C:/Good/t.py:1(f)\\ncalled by C:/Even\\n") != text.npos);
  CHECK(text.find("tooltip=\"New/t.py:1:f -> Good/t.py:1:f [C:/Even]\\n") != text.npos);
  CHECK(text.find("label=\"New\\\\t.py:1:f\\n") != text.npos);  // as recorded
}

TEST_CASE(
    "dot: copies of a function are told apart by whom they are for, and those of which nothing is left not drawn") {
  const std::string text = drawn(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"a\" file \"/s/t.py\" line 1 calls 1 primitive 1 self 1 total 6\n"
      "function 1 \"f\" file \"/s/t.py\" line 5 calls 1 primitive 1 self 2 total 2\n"
      "function 2 \"f\" file \"/s/t.py\" line 5 context \"a\" calls 1 primitive 1 self 3 total 3\n"
      "function 3 \"f\" file \"/s/t.py\" line 5 context \"b\" calls 0 primitive 0 self 0 total 0\n"
      "call 0 1 line 0 calls 1 primitive 1 total 2\n"
      "call 0 2 line 0 calls 1 primitive 1 total 3\n"
      "call 0 3 line 0 calls 0 primitive 0 total 0\n");
  CHECK(text.find("label=\"t:5:f\\n") != text.npos);
  CHECK(text.find("label=\"t:5:f [a]\\n") != text.npos);
  CHECK(text.find("[b]") == text.npos);
}

TEST_CASE("dot: circles are dashed, calls of unknown cost stay without a percentage") {
  constexpr std::string_view circle =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"a\" file \"t.py\" line 1 calls 2 primitive 1 self 60 total 100\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 40 total 90\n"
      "call 0 1 line 0 calls 1 primitive 1 total 90\n"
      "call 1 0 line 0 calls 1 primitive 0 total 50\n";
  const std::string text = drawn(circle);
  CHECK(text.find("in a circle of 2 functions that call each other") != text.npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 9);
  CHECK(text.find("style=dashed") != text.npos);

  constexpr std::string_view unknown =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"a\" file \"t.py\" line 1 self 60\n"
      "function 1 \"b\" file \"t.py\" line 2 self 40\n"
      "call 0 1 line 0 calls 7 primitive 7\n";
  CHECK(values(drawn(unknown), "label") == "|t:1:a\\n(60.00%)|t:2:b\\n(40.00%)| 7× |");
}

TEST_CASE("dot: profiles of nothing are graphs, too") {
  CHECK(drawn("profconv dump 1\n").find("0 [") == std::string::npos);
  const std::string zeros = drawn(
      "profconv dump 1\nmetric time ns sum\nfunction 0 \"f\" file \"t.py\" line 1 calls 1 primitive 1 self 0 total "
      "0\n");
  CHECK(zeros.find("label=\"t:1:f\\n100.00%") != zeros.npos);
}

TEST_CASE("dot: boxes around modules and packages, C functions outside") {
  const std::string text = drawn(dump, {.node_percent = 0, .cluster = DotOptions::Cluster::module});
  CHECK(text.find("\tsubgraph cluster_0 {\n\t\tgraph [color=\"#737373\", fontsize=12, label=\"app\", tooltip=\" "
                  "\"];\n\t\t0 [") != text.npos);
  CHECK(text.find("\n\t3 [") != text.npos);
}

TEST_CASE("dot: clusters are ranked in Graphviz's newer way, which does not fail with trouble in init_rank") {
  for (const auto cluster : {DotOptions::Cluster::module, DotOptions::Cluster::package}) {
    const std::string text = drawn(dump, {.node_percent = 0, .cluster = cluster});
    CHECK(text.find("\n\tgraph [fontcolor=\"#737373\", fontname=Arial, newrank=true, nodesep=") != text.npos);
    CHECK(text.find("newrank") == text.rfind("newrank"));
  }
  CHECK(drawn(dump).find("newrank") == std::string::npos);
}

TEST_CASE("dot: lists of functions for root and leaf") {
  const Profile p = read_text(dump);
  Diagnostics diagnostics;
  const auto list = [&](std::string_view selector) {
    diagnostics = {};
    std::string text;
    Output output = Output::string(text);
    list_dot_functions(p, {.leaf = "not yet"}, selector, output, diagnostics);
    output.finish();
    return text;
  };
  CHECK(list("+") == "app:1:main\ncart/u.py:2:f\nstock/u.py:2:f\n");
  CHECK(list("u:*") == "cart/u.py:2:f\nstock/u.py:2:f\n");
  CHECK(list("%app*") ==
        "app:1:main file=/s/app.py line=1 calls=1 primitive=1 time=1 s self_time=0.1 s share=100.00%\n");
  CHECK(text_of(diagnostics).empty());
  CHECK(list("nobody").empty());
  CHECK(text_of(diagnostics) == "warning: no function matches 'nobody'\n");
  CHECK(list("*len*").empty());
  CHECK(text_of(diagnostics) ==
        "warning: no function that is drawn matches '*len*': 1 function left out, by --node-thres and --edge-thres, "
        "which 0 switches off, or by the paths or roots asked for\n");
}

TEST_CASE("dot: lists of functions say the share that is drawn, and no number that nobody knows") {
  const Profile p = read_text(
      "profconv dump 1\nmetric hits count sum\nmetric mem_grow bytes sum\n"
      "function 0 \"big\" file \"t.py\" line 1 calls 2 primitive - self 3 300 total 3 300\n"
      "function 1 \"loop\" file \"t.py\" line 5 calls - primitive - self 900 100 total 900 100\n");
  std::string text;
  Output output = Output::string(text);
  Diagnostics diagnostics;
  list_dot_functions(p, {}, "%*big", output, diagnostics);
  output.finish();
  CHECK(text ==
        "t:1:big file=t.py line=1 calls=2 hits=3 self_hits=3 mem_grow=300 B self_mem_grow=300 B share=75.00%\n");
}

TEST_CASE("dot text: no name ends the string, starts an escape or an entity, or breaks XML") {
  CHECK(escaped("a\"b") == "a\\\"b");
  CHECK(escaped("C:\\new\\") == "C:\\\\new\\\\");
  CHECK(escaped("&lt;&") == "&amp;lt;&amp;");
  CHECK(escaped("a\nb\tc") == "a\\\\nb\\\\tc");
  CHECK(escaped(std::string_view("a\0b", 3)) == "a\\\\x00b");
  CHECK(escaped("\xff\xc3") == "\\\\xff\\\\xc3");
  CHECK(escaped("größe <module>]; x [") == "größe <module>]; x [");
  CHECK(escaped("\xef\xbf\xbf") == "\xef\xbf\xbd");
  CHECK(escaped("abcdef", 3) == "abc…");
  CHECK(escaped("ab\"", 3) == "ab…");
  CHECK(escaped(std::string(10000, '"')).size() < 4100);
}

TEST_CASE("dot names: stripped and wrapped") {
  CHECK(stripped_name("ns::f(int, std::vector<int>) const") == "ns::f");
  CHECK(stripped_name("std::vector<std::pair<int, int>>::at(unsigned)") == "std::vector::at");
  CHECK(stripped_name("operator<<(std::ostream&, Foo<int>)") == "operator<<");
  CHECK(stripped_name("A<int>::operator()(int) const") == "A::operator()");
  CHECK(stripped_name("my_operator<int>(char)") == "my_operator");
  CHECK(stripped_name("f[abi:cxx11](int)") == "f[abi:cxx11]");
  CHECK(stripped_name("app:1:<module>") == "app:1:<module>");
  CHECK(stripped_name("t:3:f.<locals>.g") == "t:3:f.<locals>.g");
  CHECK(stripped_name("<built-in method builtins.len>") == "<built-in method builtins.len>");
  CHECK(stripped_name("f(broken") == "f(broken");

  using Lines = std::vector<std::string>;
  CHECK(wrapped_name("short") == Lines{"short"});
  CHECK(wrapped_name("<built-in method numpy.core._multiarray_umath.add>") ==
        Lines{"<built-in method", "numpy.core._multiarray_umath.", "add>"});
  CHECK(wrapped_name("package_one.package_two.package_three:1:f") ==
        Lines{"package_one.package_two.package_", "three:1:f"});
  CHECK(wrapped_name(std::string(50, 'x')) == Lines{std::string(50, 'x')});
  CHECK(wrapped_name("") == Lines{""});
}

TEST_CASE("dot theme: the colours of gprof2dot at both ends, and readable text") {
  const DotTheme color("color", 1), print("print", 1), gray("gray", 1);
  CHECK(color.node(0).fill == "#0d0d73");
  CHECK(color.node(0.5).fill == "#0ab60a");
  CHECK(color.node(1).fill == "#ff0000");
  CHECK(gray.node(0).fill == "#b2b2b2");
  CHECK(gray.node(0).text == "#000000");
  CHECK(print.node(0.5).text == "#000000");
  CHECK(print.font_size(1) == 30);
  CHECK(print.font_size(0) == 18);
  CHECK(color.pen_width(0) == 0.5);
  CHECK(color.pen_width(0.75) == 3);
  CHECK(DotTheme("color", 0.1).node(0.1).fill == "#0c8591");
  CHECK(DotTheme("pink", 1).node(0.3).fill == "#ff4747");
  CHECK(DotTheme("color", 0).node(0.1).fill == color.node(0.1).fill);
  CHECK(message_of([] { DotTheme("darc", 1); }) ==
        "unknown theme 'darc', known are color, pink, gray, bw, print, light, dark (hint: did you mean dark?)");
  CHECK(message_of([] { DotTheme("color", -1); }) == "the skew must be a number above 0");
}

TEST_CASE("dot url: presets, templates, and what is in no file") {
  CHECK(EditorUrl("vscode").url("/s/a b.py", 3) == "vscode://file/s/a%20b.py:3");
  CHECK(EditorUrl("idea").url("C:\\s\\a.py", 3) == "idea://open?file=/C:/s/a.py&line=3");
  CHECK(EditorUrl("file").url("/s/\"><script>.py", 3) == "file:///s/%22%3E%3Cscript%3E.py");
  CHECK(EditorUrl("vscode").url("a.py", 3).empty());
  CHECK(EditorUrl("my://{line}/{file}?{line}").url("a.py", 0) == "my://1/a.py?1");
  CHECK(EditorUrl("my://{file}").url("~", 0).empty());
  CHECK(EditorUrl("my://{file}").url("<string>", 1).empty());
  CHECK(EditorUrl("").url("/a.py", 1).empty());
  CHECK_THROWS_AS(EditorUrl("http://x"), UsageError);
  CHECK(message_of([] { EditorUrl("my://{file}?{func}"); }) ==
        "bad editor URL 'my://{file}?{func}': unknown is {func}, known are {file} and {line}");
  CHECK(EditorUrl("my://{file}?\"<{}>").url("a.py", 0) == "my://a.py?%22%3C{}%3E");
}

TEST_CASE("number format: one conversion of printf, and nothing else") {
  const auto text = [](std::string_view format, double value) { return NumberFormat(format).text(value); };
  CHECK(text("%.7g", 1.23456789) == "1.234568");
  CHECK(text("%.7g", 1e-9) == "1e-09");
  CHECK(text("%g", 0.0001) == "0.0001");
  CHECK(text("%8.2f s", -1.5) == "   -1.50 s");
  CHECK(text("%-8.2f|", 1.5) == "1.50    |");
  CHECK(text("%+08.2f", 1.5) == "+0001.50");
  CHECK(text("100%% %E", 12345.678) == "100% 1.234568E+04");
  CHECK(text("%.0f", 2.5) == "2");
  for (const char* bad : {"", "x", "%", "%s", "%n", "%d", "%.7g %g", "%*d", "%100f", "%.100f", "%#g", "%lf"}) {
    CHECK_THROWS_AS(NumberFormat{bad}, UsageError);
  }
  // Against the C library: ties, and numbers of all sizes.
  std::uint64_t state = 1;
  for (int i = 0; i < 20'000; ++i) {
    state = hash_mix(state, 1);
    const double tie = std::ldexp(static_cast<double>(state % 100'000), -static_cast<int>(state >> 60)),
                 any = std::ldexp(static_cast<double>(state >> 11), -static_cast<int>(state % 120));
    for (const double value : {tie, any, -any, tie / 1000, tie * 1e12}) {
      for (int decimals = 0; decimals < 5; ++decimals) {
        std::array<char, 400> expected;
        std::snprintf(expected.data(), expected.size(), "%7.*f", decimals, value);
        REQUIRE(text("%7." + std::to_string(decimals) + "f", value) == expected.data());
      }
    }
  }
  CHECK(message_of([] { NumberFormat("%n"); }) ==
        "bad number format '%n': expected a conversion e, f or g (hint: e.g. %.7g or '%.3f s')");
}
