#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <profconv/builder.hpp>
#include <profconv/transforms.hpp>

#include "model/apportion.hpp"
#include "model/origin.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

std::string folded(std::string_view dump, const FoldOptions& options, Diagnostics& diagnostics) {
  return dump_of(fold(read_text(dump), options, diagnostics));
}

std::string folded(std::string_view dump, const FoldOptions& options) {
  Diagnostics diagnostics;
  return folded(dump, options, diagnostics);
}

std::int64_t total_of(const Profile& p, std::string_view name) {
  for (std::size_t i = 0; i < p.functions.size(); ++i) {
    if (p.text(p.functions[i].name) == name) return p.total.at(i, 0);
  }
  return -1;
}

// A random call graph whose numbers fit together only loosely, as those of real recordings with recursion do.
Profile random_profile(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  const bool counted = below(4) != 0, with_self = below(3) != 0, with_total = below(5) != 0;
  ProfileBuilder builder(std::array{time_metric, samples_metric});
  const std::uint32_t n = 2 + below(12);
  std::vector<FunctionId> functions;
  for (std::uint32_t i = 0; i < n; ++i) {
    const bool builtin = below(2) == 0;
    const std::string name = "f" + std::to_string(i);
    functions.push_back(builder.function({.name = name, .file = builtin ? "~" : "t.py", .line = builtin ? 0 : i + 1}));
  }
  std::vector<std::int64_t> incoming(n, 0);
  const std::uint32_t calls = below(40);
  for (std::uint32_t c = 0; c < calls; ++c) {
    const std::uint32_t from = below(n), to = below(n), count = 1 + below(9);
    const std::int64_t total[] = {below(1000), below(10)},
                       self[] = {below(static_cast<std::uint32_t>(total[0]) + 1), 0};
    incoming[to] += count;
    builder.add_call(
        {functions[from], functions[to], below(3)}, counted ? Counts{count, 1} : Counts{},
        with_self && below(10) != 0 ? std::span<const std::int64_t>(self) : std::span<const std::int64_t>{},
        with_total && below(10) != 0 ? std::span<const std::int64_t>(total) : std::span<const std::int64_t>{});
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::int64_t self[] = {below(1000), below(10)}, total[] = {self[0] + below(2000), self[1] + below(20)};
    builder.add_self(functions[i], self);
    if (with_total) builder.add_total(functions[i], total);
    if (counted) builder.add_counts(functions[i], {incoming[i] + below(2), 1});
    if (below(3) == 0) builder.add_line({functions[i], i + 1}, self, {});
  }
  return std::move(builder).finish();
}

}  // namespace

TEST_CASE("fold: globs that no function matches are warned of when nothing else is folded") {
  const auto said = [](const FoldOptions& options) {
    Diagnostics diagnostics;
    folded("profconv dump 1\nmetric time ns sum\nfunction 0 \"f\" file \"a.py\" line 1 self 5 total 5\n", options,
           diagnostics);
    return text_of(diagnostics);
  };
  CHECK(said({.globs = {"g*", "h"}}) == "warning: nothing is folded: no function matches 'g*', 'h'\n");
  CHECK(said({.globs = {"g*", "f"}}).find("nothing") == std::string::npos);
  CHECK(said({.stdlib = true}).empty());
}

TEST_CASE("fold: the self cost goes to the callers that caused it, the calls by what each spent below") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 200\n"
      "function 1 \"a\" file \"t.py\" line 2 calls 1 primitive 1 self 5 total 95\n"
      "function 2 \"sort\" file \"~\" line 0 calls 4 primitive 4 self 100 total 170\n"
      "function 3 \"key\" file \"t.py\" line 3 calls 10 primitive 10 self 70 total 70\n"
      "call 0 1 line 0 calls 1 primitive 1 self 5 total 95\n"
      "call 0 2 line 0 calls 3 primitive 3 self 80 total 80\n"
      "call 1 2 line 0 calls 1 primitive 1 self 20 total 90\n"
      "call 2 3 line 0 calls 10 primitive 10 self 70 total 70\n";
  CHECK(folded(dump, {.builtins = true}) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 90 total 200\n"
        "function 1 \"a\" file \"t.py\" line 2 calls 1 primitive 1 self 25 total 95\n"
        "function 2 \"key\" file \"t.py\" line 3 calls 10 primitive 10 self 70 total 70\n"
        "call 0 1 line 0 calls 1 primitive 1 self 25 total 95 # \"main\" -> \"a\"\n"
        "call 1 2 line 0 calls 10 primitive 10 self 70 total 70 # \"a\" -> \"key\"\n");
}

TEST_CASE("fold: without recorded self costs per caller the inclusive cost decides, in whole units that add up") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 0 total 1\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 0 total 1\n"
      "function 2 \"c\" file \"t.py\" line 3 calls 1 primitive 1 self 0 total 1\n"
      "function 3 \"len\" file \"~\" line 0 calls 3 primitive 3 self 4 total 4\n"
      "call 0 3 line 7 calls 1 primitive 1 total 1\n"
      "call 1 3 line 8 calls 1 primitive 1 total 1\n"
      "call 2 3 line 9 calls 1 primitive 1 total 2\n";
  CHECK(folded(dump, {.builtins = true}) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 1 total 1\n"
        "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 1 total 1\n"
        "function 2 \"c\" file \"t.py\" line 3 calls 1 primitive 1 self 2 total 2\n");
}

TEST_CASE("fold: what does not fit into an inclusive cost raises it: one label of several functions") {
  // Two lambdas of a line: the cost is that of the last one, the calls are those of both.
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 100\n"
      "function 1 \"<lambda>\" file \"t.py\" line 2 calls 2 primitive 2 self 30 total 50\n"
      "function 2 \"abs\" file \"~\" line 0 calls 4 primitive 4 self 35 total 35\n"
      "call 0 1 line 0 calls 2 primitive 2 self 30 total 50\n"
      "call 1 2 line 0 calls 4 primitive 4 self 35 total 35\n";
  CHECK(folded(dump, {.builtins = true}) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 100\n"
        "function 1 \"<lambda>\" file \"t.py\" line 2 calls 2 primitive 2 self 65 total 65\n"
        "call 0 1 line 0 calls 2 primitive 2 self 65 total 65 estimated # \"main\" -> \"<lambda>\"\n");
}

TEST_CASE("fold: what was called without a recorded caller stays with its part") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 40\n"
      "function 1 \"exec\" file \"~\" line 0 calls 3 primitive 3 self 60 total 90\n"
      "function 2 \"g\" file \"t.py\" line 2 calls 3 primitive 3 self 30 total 30\n"
      "call 0 1 line 0 calls 1 primitive 1 self 20 total 30\n"
      "call 1 2 line 0 calls 3 primitive 3 self 30 total 30\n";
  CHECK(folded(dump, {.builtins = true}) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 30 total 40\n"
        "function 1 \"exec\" file \"~\" line 0 calls 2 primitive 2 self 40 total 60\n"
        "function 2 \"g\" file \"t.py\" line 2 calls 3 primitive 3 self 30 total 30\n"
        "call 0 2 line 0 calls 1 primitive 1 self 10 total 10 estimated # \"main\" -> \"g\"\n"
        "call 1 2 line 0 calls 2 primitive 2 self 20 total 20 estimated # \"exec\" -> \"g\"\n");
}

TEST_CASE("fold: a chain and a circle of folded functions end in the one that stays") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 1 total 100\n"
      "function 1 \"a\" file \"/usr/lib/python3.11/a.py\" line 1 calls 5 primitive 1 self 20 total 99\n"
      "function 2 \"b\" file \"/usr/lib/python3.11/b.py\" line 1 calls 4 primitive 1 self 30 total 90\n"
      "function 3 \"c\" file \"<frozen os>\" line 1 calls 9 primitive 9 self 49 total 49\n"
      "call 0 1 line 0 calls 1 primitive 1 self 10 total 99\n"
      "call 1 1 line 0 calls 1 primitive 0 self 1 total 5\n"
      "call 1 2 line 0 calls 4 primitive 1 self 30 total 90\n"
      "call 2 1 line 0 calls 3 primitive 0 self 9 total 60\n"
      "call 2 3 line 0 calls 9 primitive 9 self 49 total 49\n";
  CHECK(folded(dump, {.stdlib = true}) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 100 total 100\n");
}

TEST_CASE("fold: where a program begins inside a circle, its cost stays where it began") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"exec\" file \"~\" line 0 calls 2 primitive 1 self 10 total 90\n"
      "function 1 \"run\" file \"<frozen runpy>\" line 1 calls 1 primitive 1 self 5 total 85\n"
      "function 2 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 75 total 75\n"
      "call 0 1 line 0 calls 1 primitive 1 self 5 total 85\n"
      "call 0 2 line 0 calls 1 primitive 1 self 75 total 75\n"
      "call 1 0 line 0 calls 1 primitive 0 self 5 total 80\n";
  CHECK(folded(dump, {.builtins = true, .stdlib = true}) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"exec\" file \"~\" line 0 calls 2 primitive 1 self 15 total 90\n"
        "function 1 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 75 total 75\n"
        "call 0 0 line 0 calls 1 primitive 0 self 5 total 80 # \"exec\" -> \"exec\"\n"
        "call 0 1 line 0 calls 1 primitive 1 self 75 total 75 # \"exec\" -> \"main\"\n");
}

TEST_CASE("fold: calls to a function that recurs through what is folded cost no less than it") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 100\n"
      "function 1 \"format\" file \"/usr/lib/python3.11/ast.py\" line 1 calls 2 primitive 1 self 30 total 90\n"
      "function 2 \"join\" file \"~\" line 0 calls 2 primitive 1 self 60 total 80\n"
      "call 0 1 line 0 calls 1 primitive 1 self 15 total 90\n"
      "call 1 2 line 0 calls 2 primitive 1 self 60 total 80\n"
      "call 2 1 line 0 calls 1 primitive 0 self 15 total 50\n";
  const std::string result = folded(dump, {.stdlib = true});
  CAPTURE(result);
  const std::size_t call = result.find("call 0 1 ");
  REQUIRE(call != std::string::npos);
  CHECK(result.substr(call, result.find('\n', call) - call).find(" total 80 estimated #") != std::string::npos);
}

TEST_CASE("fold: a caller with line costs gets the folded cost on the line of the call") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 self 10 total 40\n"
      "function 1 \"len\" file \"~\" line 0 self 30 total 30\n"
      "call 0 1 line 3 total 30\n"
      "line 0 2 self 10\n";
  CHECK(folded(dump, {.builtins = true}) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"main\" file \"t.py\" line 1 self 40 total 40\n"
        "line 0 2 self 10 # \"main\"\n"
        "line 0 3 self 30 # \"main\"\n");
}

TEST_CASE("fold: how often lines ran stays theirs") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\nmetric hits count sum\n"
      "function 0 \"main\" file \"t.py\" line 1 self 10 5 total 40 5\n"
      "function 1 \"f\" file \"t.py\" line 9 self 30 700 total 30 700\n"
      "call 0 1 line 3 total 30 700\n"
      "line 0 3 self 10 5\n"
      "line 1 10 self 30 700\n";
  CHECK(folded(dump, {.globs = {"f"}}) ==
        "profconv dump 1\n"
        "metric time ns sum\nmetric hits count sum\n"
        "function 0 \"main\" file \"t.py\" line 1 self 40 5 total 40 5\n"
        "line 0 3 self 40 5 # \"main\"\n");
}

TEST_CASE("fold: stacks lose the folded frames, and the sample stays with the caller") {
  ProfileBuilder builder(std::array{time_metric});
  const FunctionId main = builder.function({.name = "main", .file = "t.py", .line = 1});
  const FunctionId map = builder.function({.name = "map", .file = "~"});
  const FunctionId key = builder.function({.name = "key", .file = "t.py", .line = 2});
  const std::int64_t one[] = {1};
  for (const FunctionId f : {main, map, key}) {
    builder.add_self(f, one);
    builder.add_total(f, one);
  }
  builder.add_call({main, map, 0}, {1, 1}, {}, one);
  builder.add_call({map, key, 0}, {1, 1}, {}, one);
  const NodeId at_main = builder.node(no_parent, main, 5), at_map = builder.node(at_main, map, 0),
               at_key = builder.node(at_map, key, 2);
  const LabelsId none = builder.labels("", "", 0);
  builder.add_sample({at_map, none}, one);
  builder.add_sample({at_key, none}, one);
  Diagnostics diagnostics;
  const Profile p = fold(std::move(builder).finish(), {.builtins = true}, diagnostics);
  REQUIRE(p.nodes.size() == 2);
  CHECK(p.text(p.function(p.nodes[1].function).name) == "key");
  CHECK(p.nodes[1].parent == NodeId{0});
  REQUIRE(p.samples.size() == 2);
  CHECK(p.samples[0].leaf == NodeId{0});
  CHECK(p.samples[1].leaf == NodeId{1});
}

TEST_CASE("fold: globs choose by name, qualified name or file") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 1 total 6\n"
      "function 1 \"log\" file \"/srv/log.py\" line 1 calls 1 primitive 1 self 2 total 2\n"
      "function 2 \"run\" qualified \"Task.run\" file \"t.py\" line 5 calls 1 primitive 1 self 3 total 3\n"
      "call 0 1 line 0 calls 1 primitive 1 self 2 total 2\n"
      "call 0 2 line 0 calls 1 primitive 1 self 3 total 3\n";
  for (const char* glob : {"l?g", "/srv/*", "[a-l]og"}) {
    const std::string text = folded(dump, {.globs = {glob}});
    CHECK_MESSAGE(text.find("\"log\"") == text.npos, glob);
    CHECK(text.find("\"main\" file \"t.py\" line 1 calls 1 primitive 1 self 3 total 6") != text.npos);
  }
  CHECK(folded(dump, {.globs = {"Task.*"}}).find("\"run\"") == std::string::npos);
  CHECK(folded(dump, {.globs = {"lo"}}) == folded(dump, {}));  // the whole name, not a part
}

TEST_CASE("fold: functions whose file nobody recorded are no built-ins") {
  Diagnostics diagnostics;
  const FoldOptions builtins{.builtins = true};
  const std::string mprof =
      "FUNC __main__.main 1.0000 10.0000 1.0000 15.0000 0\nFUNC __main__.work 1.5000 11.0000 2.0000 13.0000 1\n";
  CHECK(functions_and_calls(fold(read_text(mprof), builtins, diagnostics)) ==
        "__main__.main __main__.work | __main__.main>__main__.work");
  CHECK(functions_and_calls(fold(read_stacks("a;b;<built-in method time.sleep> 1\nmain (t.py:1);b 1\n"), builtins,
                                 diagnostics)) == "a b main | a>b main>b");
  CHECK(text_of(diagnostics).find("warning") == std::string::npos);
}

TEST_CASE("fold: a function whose fold would make too many calls stays, with a warning") {
  ProfileBuilder builder(std::array{time_metric});
  const FunctionId hub = builder.function({.name = "hub", .file = "~"});
  const std::int64_t one[] = {1}, hundred[] = {100};
  for (std::uint32_t i = 0; i < 10; ++i) {
    const std::string name = std::to_string(i);
    const FunctionId from = builder.function({.name = "from" + name, .file = "t.py", .line = 1});
    const FunctionId to = builder.function({.name = "to" + name, .file = "t.py", .line = 2});
    builder.add_call({from, hub, 0}, {10, 10}, {}, hundred);
    builder.add_call({hub, to, 0}, {10, 10}, {}, hundred);
    builder.add_self(to, one);
  }
  builder.add_counts(hub, {100, 100});
  builder.add_total(hub, hundred);
  const Profile p = std::move(builder).finish();
  Profile copy = p;
  Diagnostics diagnostics;
  const Profile same = fold(std::move(copy), {.builtins = true, .max_new_calls = 99}, diagnostics);
  CHECK(same.functions.size() == 21);
  CHECK(text_of(diagnostics) ==
        "note: folded 0 functions into their callers\n"
        "warning: 1 function not folded ('hub'): each would make more than 99 calls, or all together more than "
        "16000000\n");
  Diagnostics more;
  copy = p;
  CHECK(fold(std::move(copy), {.builtins = true, .max_new_calls = 100}, more).functions.size() == 20);
}

TEST_CASE("fold: generators and lambdas are called by what they stand in") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"quick\" file \"t.py\" line 1 calls 100 primitive 100 self 10 total 1000\n"
      "function 1 \"slow\" file \"t.py\" line 5 calls 1 primitive 1 self 10 total 9000\n"
      "function 2 \"sum\" file \"~\" line 0 calls 101 primitive 101 self 5000 total 9980\n"
      "function 3 \"<genexpr>\" qualified \"quick.<locals>.<genexpr>\" file \"t.py\" line 2 calls 1100 primitive 1100 "
      "self 500 total 500\n"
      "function 4 \"<genexpr>\" qualified \"slow.<locals>.<genexpr>\" file \"t.py\" line 6 calls 3001 primitive 3001 "
      "self 4480 total 4480\n"
      "call 0 2 line 2 calls 100 primitive 100 self 495 total 990\n"
      "call 1 2 line 6 calls 1 primitive 1 self 4505 total 8990\n"
      "call 2 3 line 0 calls 1100 primitive 1100 self 500 total 500\n"
      "call 2 4 line 0 calls 3001 primitive 3001 self 4480 total 4480\n";
  const std::string calls =
      "call 0 2 line 2 calls 1100 primitive 1100 self 500 total 500 # \"quick\" -> \"<genexpr>\"\n"
      "call 1 3 line 6 calls 3001 primitive 3001 self 4480 total 4480 # \"slow\" -> \"<genexpr>\"\n";
  const std::string named = folded(dump, {.builtins = true});
  CHECK(named.substr(named.find("call 0")) == calls);
  // Without sources, by their lines.
  std::string short_names(dump);
  for (const char* text : {" qualified \"quick.<locals>.<genexpr>\"", " qualified \"slow.<locals>.<genexpr>\""})
    short_names.erase(short_names.find(text), std::string_view(text).size());
  const std::string unnamed = folded(short_names, {.builtins = true});
  CHECK(unnamed.substr(unnamed.find("call 0")) == calls);
}

TEST_CASE("fold: the body of a class is called by code of its file, also where __build_class__ has copies") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"<module>\" file \"a.py\" line 1 calls 1 primitive 1 self 10 total 300\n"
      "function 1 \"<module>\" file \"b.py\" line 1 calls 1 primitive 1 self 10 total 2000\n"
      "function 2 \"make\" file \"b.py\" line 3 calls 1 primitive 1 self 10 total 510\n"
      "function 3 \"<built-in method builtins.__build_class__>\" file \"~\" line 0 context \"a\" calls 2 primitive 2 "
      "self "
      "90 total 1490\n"
      "function 4 \"<built-in method builtins.__build_class__>\" file \"~\" line 0 calls 1 primitive 1 self 10 total "
      "590\n"
      "function 5 \"A\" file \"a.py\" line 2 calls 1 primitive 1 self 200 total 200\n"
      "function 6 \"Inner\" file \"b.py\" line 4 calls 1 primitive 1 self 480 total 480\n"
      "function 7 \"B\" file \"b.py\" line 9 calls 1 primitive 1 self 1300 total 1300\n"
      "call 0 4 line 2 calls 1 primitive 1 self 10 total 290\n"
      "call 1 2 line 0 calls 1 primitive 1 self 10 total 510\n"
      "call 1 3 line 0 calls 1 primitive 1 self 70 total 1390\n"
      "call 2 3 line 0 calls 1 primitive 1 self 20 total 500\n"
      "call 3 5 line 0 calls 1 primitive 1 self 200 total 200\n"
      "call 3 7 line 0 calls 1 primitive 1 self 1300 total 1300\n"
      "call 4 6 line 0 calls 1 primitive 1 self 480 total 480\n";
  Diagnostics diagnostics;
  const std::string result = folded(dump, {.builtins = true}, diagnostics);
  CAPTURE(result);
  CHECK(result.find("call 0 3 line 2 calls 1 primitive 1 self 200 total 200 # \"<module>\" -> \"A\"\n") != result.npos);
  CHECK(result.find("call 1 5 line 0 calls 1 primitive 1 self 1300 total 1300 # \"<module>\" -> \"B\"\n") !=
        result.npos);
  CHECK(result.find("call 2 4 line 0 calls 1 primitive 1 self 480 total 480 # \"make\" -> \"Inner\"\n") != result.npos);
  CHECK(text_of(diagnostics) == "note: folded 1 function into their callers\n");
}

TEST_CASE("fold: nobody has more of what is folded than its inclusive cost leaves room for") {
  // load() imports mod1 for main and mod2 for mod1; nobody recorded its own time by caller.
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"a.py\" line 1 calls 1 primitive 1 self 1000 total 10000\n"
      "function 1 \"load\" file \"b.py\" line 1 calls 2 primitive 1 self 3500 total 9000\n"
      "function 2 \"mod1\" file \"c.py\" line 1 calls 1 primitive 1 self 2000 total 6000\n"
      "function 3 \"mod2\" file \"d.py\" line 1 calls 1 primitive 1 self 3500 total 3500\n"
      "call 0 1 line 0 calls 1 primitive 1 total 9000\n"
      "call 1 2 line 0 calls 1 primitive 1 total 6000\n"
      "call 2 1 line 0 calls 1 primitive 1 total 4000\n"
      "call 1 3 line 0 calls 1 primitive 1 total 3500\n";
  Diagnostics diagnostics;
  const Profile p = read_text(folded(dump, {.globs = {"load"}}, diagnostics));
  REQUIRE(p.functions.size() == 3);
  for (std::uint32_t f = 0; f < 3; ++f) {
    std::int64_t sum = p.self.at(f, 0);
    for (std::size_t c = 0; c < p.calls.size(); ++c)
      sum += p.calls[c].caller == FunctionId{f} ? p.call_total.at(c, 0) : 0;
    CHECK(sum <= p.total.at(f, 0) + 4);
  }
  CHECK(p.self.at(0, 0) + p.self.at(1, 0) + p.self.at(2, 0) == 10000);
  CHECK(p.total.at(1, 0) == 6000);
}

TEST_CASE("fold: what runs while a class is made and is no body is shared by who made classes") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"<module>\" file \"meta.py\" line 1 calls 1 primitive 1 self 10 total 110\n"
      "function 1 \"make\" file \"user.py\" line 3 calls 9 primitive 9 self 10 total 910\n"
      "function 2 \"<built-in method builtins.__build_class__>\" file \"~\" line 0 calls 10 primitive 10 self 0 "
      "total 1000\n"
      "function 3 \"__init_subclass__\" file \"meta.py\" line 5 calls 10 primitive 10 self 1000 total 1000\n"
      "call 0 2 line 0 calls 1 primitive 1 self 0 total 100\n"
      "call 1 2 line 0 calls 9 primitive 9 self 0 total 900\n"
      "call 2 3 line 0 calls 10 primitive 10 self 1000 total 1000\n";
  Diagnostics diagnostics;
  const std::string result = folded(dump, {.builtins = true}, diagnostics);
  CAPTURE(result);
  CHECK(result.find("call 0 2 line 0 calls 1 primitive 1 self 100 total 100 estimated # \"<module>\" -> "
                    "\"__init_subclass__\"\n") != result.npos);
  CHECK(result.find("call 1 2 line 0 calls 9 primitive 9 self 900 total 900 estimated # \"make\" -> "
                    "\"__init_subclass__\"\n") != result.npos);
}

TEST_CASE("fold: what may be of several callers is shared in whole calls, and is an estimate from then on") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 0 total 10\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 0 total 80\n"
      "function 2 \"c\" file \"t.py\" line 3 calls 1 primitive 1 self 0 total 10\n"
      "function 3 \"map\" file \"~\" line 0 calls 3 primitive 3 self 0 total 100\n"
      "function 4 \"once\" file \"u.py\" line 1 calls 1 primitive 1 self 60 total 60\n"
      "function 5 \"often\" file \"u.py\" line 9 calls 40 primitive 40 self 40 total 40\n"
      "call 0 3 line 0 calls 1 primitive 1 self 0 total 10\n"
      "call 1 3 line 0 calls 1 primitive 1 self 0 total 80\n"
      "call 2 3 line 0 calls 1 primitive 1 self 0 total 10\n"
      "call 3 4 line 0 calls 1 primitive 1 self 60 total 60\n"
      "call 3 5 line 0 calls 40 primitive 40 self 40 total 40\n";
  Diagnostics diagnostics;
  const std::string result = folded(dump, {.builtins = true}, diagnostics);
  CHECK(result.substr(result.find("call 0")) ==
        "call 0 4 line 0 calls 10 primitive 10 self 10 total 10 estimated # \"a\" -> \"often\"\n"
        "call 1 3 line 0 calls 1 primitive 1 self 60 total 60 estimated # \"b\" -> \"once\"\n"
        "call 1 4 line 0 calls 20 primitive 20 self 20 total 20 estimated # \"b\" -> \"often\"\n"
        "call 2 4 line 0 calls 10 primitive 10 self 10 total 10 estimated # \"c\" -> \"often\"\n");
  CHECK(text_of(diagnostics) ==
        "note: folded 1 function into their callers\n"
        "note: 4 calls of what is folded might be of several callers: estimated, by what each of these spent\n");
  CHECK(dump_of(read_text(result)) == result);
}

TEST_CASE("fold: 100,000 folded functions in a chain need no stack") {
  ProfileBuilder builder(std::array{time_metric});
  constexpr std::uint32_t length = 100'000;
  std::vector<FunctionId> chain{builder.function({.name = "main", .file = "t.py", .line = 1})};
  const std::int64_t one[] = {1};
  for (std::uint32_t i = 1; i < length; ++i)
    chain.push_back(builder.function({.name = "f" + std::to_string(i), .file = "~"}));
  for (std::uint32_t i = 0; i < length; ++i) {
    const std::int64_t total[] = {length - i};
    builder.add_self(chain[i], one);
    builder.add_total(chain[i], total);
    builder.add_counts(chain[i], {1, 1});
    if (i != 0) builder.add_call({chain[i - 1], chain[i], 0}, {1, 1}, one, total);
  }
  Diagnostics diagnostics;
  const Profile p = fold(std::move(builder).finish(), {.builtins = true}, diagnostics);
  REQUIRE(p.functions.size() == 1);
  CHECK(p.self.at(0, 0) == length);
  CHECK(p.total.at(0, 0) == length);
}

TEST_CASE(
    "fold: random graphs keep the sum of self costs, and the totals (unless self costs need room) and counts of the "
    "others") {
  for (std::uint32_t seed = 1; seed <= 3000; ++seed) {
    CAPTURE(seed);
    const Profile before = random_profile(seed);
    Profile copy = before;
    Diagnostics diagnostics;
    const Profile after = fold(std::move(copy), {.builtins = true}, diagnostics);
    check(after);
    CHECK(total_cost(after) == total_cost(before));
    std::int64_t calls_to_own[2] = {0, 0};
    for (std::size_t i = 0; i < before.functions.size(); ++i) {
      const Function& f = before.functions[i];
      std::size_t found = 0;
      while (found < after.functions.size() && after.text(after.functions[found].name) != before.text(f.name)) ++found;
      const bool held_self =
          !before.total.empty() && !before.self.empty() && before.self.at(i, 0) <= before.total.at(i, 0);
      if (before.text(f.file) == "~") {  // what is left of it
        if (held_self && found < after.functions.size()) CHECK(after.total.at(found, 0) >= after.self.at(found, 0));
        continue;
      }
      REQUIRE(found < after.functions.size());
      if (!before.total.empty()) {
        const std::int64_t least = held_self ? after.self.at(found, 0) : 0;
        CHECK(total_of(after, before.text(f.name)) == std::max(before.total.at(i, 0), least));
      }
      if (!before.counts.empty()) CHECK(after.counts[found] == before.counts[i]);
    }
    // Calls to functions that stay are neither lost nor made.
    if (before.call_counts.empty()) continue;
    for (const auto& [profile, sum] : {std::pair(&before, &calls_to_own[0]), std::pair(&after, &calls_to_own[1])}) {
      for (std::size_t i = 0; i < profile->calls.size(); ++i) {
        if (profile->text(profile->function(profile->calls[i].callee).file) == "t.py")
          *sum += profile->call_counts[i].calls;
      }
    }
    CHECK(calls_to_own[0] == calls_to_own[1]);
  }
}

TEST_CASE("fold: nothing chosen, nothing changed") {
  const Profile p = random_profile(7);
  Profile copy = p;
  Diagnostics diagnostics;
  CHECK(dump_of(fold(std::move(copy), {}, diagnostics)) == dump_of(p));
  CHECK(diagnostics.all().empty());
}

TEST_CASE("fold: lists on the command line") {
  FoldOptions options;
  add_fold_list(options, "builtins,site");
  add_fold_list(options, "*.pyx");
  CHECK(options.builtins);
  CHECK_FALSE(options.stdlib);
  CHECK(options.site);
  CHECK(options.globs == std::vector<std::string>{"*.pyx"});
  CHECK(message_of([&] { add_fold_list(options, "stdlib,,x"); }) ==
        "bad list of what to fold 'stdlib,,x': an item is empty (hint: e.g. builtins,stdlib)");
}

TEST_CASE("apportion: parts add up to the value, whatever the weights") {
  const auto parts = [](std::int64_t value, std::vector<std::int64_t> weights) {
    std::vector<std::int64_t> result(weights.size());
    apportion(value, weights, result);
    return result;
  };
  using List = std::vector<std::int64_t>;
  CHECK(parts(10, {1, 1, 1}) == List{3, 3, 4});
  CHECK(parts(6, {1, 2, 3}) == List{1, 2, 3});
  CHECK(parts(-10, {1, 1, 1}) == List{-3, -3, -4});
  CHECK(parts(5, {0, -3, 0}) == List{0, 0, 0});
  CHECK(parts(5, {-1, 2}) == List{0, 5});
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const List large = parts(most, {most, most, most, most});
  CHECK(std::accumulate(large.begin(), large.end(), std::int64_t{0}) == most);
  CHECK(std::ranges::all_of(large, [](std::int64_t part) { return part >= most / 4 && part <= most / 4 + 2; }));
}

TEST_CASE("origin: whose code a path is") {
  CHECK(origin_of("~") == Origin::builtin);
  CHECK(origin_of("<built-in>") == Origin::builtin);  // pyinstrument
  CHECK(origin_of("") == Origin::own);
  CHECK(origin_of("<string>") == Origin::own);
  CHECK(origin_of("<frozen importlib._bootstrap>") == Origin::stdlib);
  CHECK(origin_of("/usr/lib/python3.11/json/decoder.py") == Origin::stdlib);
  CHECK(origin_of("/opt/py/lib/python3.13t/re/__init__.py") == Origin::stdlib);
  CHECK(origin_of("/usr/lib64/python2.7/os.py") == Origin::stdlib);
  CHECK(origin_of("C:\\Python311\\Lib\\json\\decoder.py") == Origin::stdlib);
  CHECK(origin_of("C:\\Users\\me\\AppData\\Local\\Programs\\Python\\Python39\\lib\\os.py") == Origin::stdlib);
  CHECK(origin_of("/opt/python311.zip/os.py") == Origin::stdlib);
  CHECK(origin_of("/opt/pypy3.9/lib/pypy3.9/functools.py") == Origin::stdlib);
  CHECK(origin_of("/opt/pypy/lib-python/2.7/os.py") == Origin::stdlib);
  CHECK(origin_of("/home/me/venv/lib/python3.11/site-packages/numpy/__init__.py") == Origin::site);
  CHECK(origin_of("/usr/lib/python3/dist-packages/yaml/__init__.py") == Origin::site);
  CHECK(origin_of("C:\\Python311\\Lib\\site-packages\\six.py") == Origin::site);
  CHECK(origin_of("site-packages/six.py") == Origin::site);
  CHECK(origin_of("/home/me/lib/python/app.py") == Origin::own);
  CHECK(origin_of("lib/python3.py") == Origin::own);
  CHECK(origin_of("/srv/python3.11/app.py") == Origin::own);
}

TEST_CASE("fold: who may have made a call that another one was given has an estimate, too") {
  // f6 spent a little below f7, and may have called f8 there; what f0 gets of f7 comes through f1, which nobody else
  // calls, and f7's callers share.
  const std::string text = folded(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"f0\" file \"d.py\" line 1 calls 1 primitive 1 self 73875 total 1054595\n"
      "function 1 \"f1\" file \"b.py\" line 2 calls 2 primitive 2 self 117127 total 923856\n"
      "function 2 \"f5\" file \"a.py\" line 6 calls 1 primitive 1 self 66846 total 331662\n"
      "function 3 \"f8\" file \"c.py\" line 9 calls 8 primitive 8 self 414499 total 414499\n"
      "function 4 \"f6\" file \"d.py\" line 7 calls 2 primitive 2 self 126334 total 226925\n"
      "function 5 \"f7\" file \"b.py\" line 8 calls 4 primitive 4 self 153846 total 345228\n"
      "function 6 \"f4\" file \"a.py\" line 5 calls 2 primitive 2 self 48252 total 179533\n"
      "function 7 \"f3\" file \"d.py\" line 4 calls 1 primitive 1 self 53816 total 284168\n"
      "call 0 1 line 0 calls 2 primitive 2 self 117127 total 923856\n"
      "call 0 6 line 0 calls 1 primitive 1 self 4814 total 56864\n"
      "call 1 2 line 0 calls 1 primitive 1 self 66846 total 331662\n"
      "call 1 3 line 0 calls 1 primitive 1 self 53560 total 53560\n"
      "call 1 5 line 0 calls 1 primitive 1 self 42310 total 137339\n"
      "call 1 7 line 0 calls 1 primitive 1 self 53816 total 284168\n"
      "call 2 3 line 0 calls 2 primitive 2 self 117122 total 117122\n"
      "call 2 4 line 0 calls 1 primitive 1 self 99538 total 147694\n"
      "call 4 3 line 0 calls 1 primitive 1 self 52435 total 52435\n"
      "call 4 5 line 0 calls 1 primitive 1 self 31193 total 48156\n"
      "call 5 3 line 0 calls 4 primitive 4 self 191382 total 191382\n"
      "call 6 4 line 0 calls 1 primitive 1 self 26796 total 79231\n"
      "call 6 5 line 0 calls 1 primitive 1 self 52050 total 52050\n"
      "call 7 5 line 0 calls 1 primitive 1 self 28293 total 107683\n"
      "call 7 6 line 0 calls 1 primitive 1 self 43438 total 122669\n",
      {.globs = {"f1", "f7"}});
  const auto is_estimated = [&](std::string_view call) {
    const std::size_t end = text.find(call);
    REQUIRE(end != std::string::npos);
    const std::size_t begin = text.rfind('\n', end) + 1;
    return text.substr(begin, end - begin).find(" estimated ") != std::string::npos;
  };
  CHECK(is_estimated("\"f6\" -> \"f8\""));
  CHECK(is_estimated("\"f3\" -> \"f8\""));
  CHECK_FALSE(is_estimated("\"f5\" -> \"f8\""));
}

TEST_CASE("fold: a call from a circle is inside no other where the function was never active twice") {
  // main -> f -> g -> h -> f: f ran twice, one after the other.
  const std::string text = folded(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"f\" file \"a.py\" line 1 calls 3 primitive 3 self 30 total 300\n"
      "function 1 \"g\" file \"a.py\" line 2 calls 1 primitive 1 self 10 total 150\n"
      "function 2 \"h\" file \"a.py\" line 3 calls 1 primitive 1 self 40 total 140\n"
      "function 3 \"k\" file \"a.py\" line 4 calls 1 primitive 1 self 120 total 120\n"
      "call 0 1 line 0 calls 1 primitive 1 self 10 total 150\n"
      "call 0 3 line 0 calls 1 primitive 1 self 120 total 120\n"
      "call 1 2 line 0 calls 1 primitive 1 self 40 total 140\n"
      "call 2 0 line 0 calls 1 primitive 1 self 10 total 100\n",
      {.globs = {"f"}});
  CHECK(text.find("\"f\" file \"a.py\" line 1 calls 2 primitive 2 self ") != std::string::npos);
  CHECK(text.find(" total 200\n") != std::string::npos);
}
