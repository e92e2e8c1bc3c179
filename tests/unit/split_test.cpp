#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <profconv/builder.hpp>
#include <profconv/transforms.hpp>

#include "model/call_graph.hpp"
#include "support/convert.hpp"
#include "transforms/hub_survey.hpp"
#include "transforms/split_hub.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

constexpr std::string_view frozen = "<frozen importlib._bootstrap>";

/// A profile as cProfile would record it; functions are made by their first mention.
class Run {
 public:
  Run() : builder_(std::array{time_metric}) {}

  FunctionId function(std::string_view name, std::string_view file = "t.py") {
    return builder_.function({.name = name, .file = file, .line = file == "~" ? 0u : 1u});
  }
  void entry(FunctionId f, std::int64_t calls, std::int64_t self, std::int64_t total, std::int64_t primitive = 0) {
    builder_.mark_entry(f);
    builder_.add_counts(f, {calls, primitive == 0 ? calls : primitive});
    builder_.add_self(f, {&self, 1});
    builder_.add_total(f, {&total, 1});
  }
  void call(FunctionId caller, FunctionId callee, std::int64_t calls, std::int64_t self, std::int64_t total,
            std::int64_t primitive = 0, std::uint32_t line = 0) {
    builder_.add_call({caller, callee, line}, {calls, primitive == 0 ? calls : primitive}, {&self, 1}, {&total, 1});
  }
  Profile finish() { return std::move(builder_).finish(); }

 private:
  ProfileBuilder builder_;
};

Profile split_of(Profile&& profile) {
  Diagnostics diagnostics;
  return split(std::move(profile), {}, diagnostics);
}

/// "f" or "f'context"; -1 for "no such function".
std::int64_t find(const Profile& p, std::string_view name) {
  for (std::size_t i = 0; i < p.functions.size(); ++i) {
    std::string text(p.text(p.functions[i].name));
    if (index(p.functions[i].context) != 0) text.append("'").append(p.text(p.functions[i].context));
    if (text == name) return static_cast<std::int64_t>(i);
  }
  return -1;
}

bool in_cycle(const Profile& p, std::string_view name) {
  const std::int64_t f = find(p, name);
  REQUIRE(f >= 0);
  return CallGraph(p).in_cycle(FunctionId{static_cast<std::uint32_t>(f)});
}

/// "calls self total" of a call, "" when there is none.
std::string call_of(const Profile& p, std::string_view caller, std::string_view callee) {
  const std::int64_t from = find(p, caller), to = find(p, callee);
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    if (static_cast<std::int64_t>(index(p.calls[i].caller)) != from ||
        static_cast<std::int64_t>(index(p.calls[i].callee)) != to)
      continue;
    return std::to_string(p.call_counts[i].calls) + " " + std::to_string(p.call_self.at(i, 0)) + " " +
           std::to_string(p.call_total.at(i, 0));
  }
  return "";
}

// sort(key=...) is called by two functions that have nothing to do with each other but for one being called by a key.
//
//     main -> report -> sorted -> by_total -> parse -> sorted -> by_name
Profile two_sorts() {
  Run run;
  const FunctionId main = run.function("main"), report = run.function("report"), parse = run.function("parse"),
                   by_total = run.function("by_total"), by_name = run.function("by_name"),
                   sorted = run.function("sorted", "~");
  run.entry(main, 1, 10'000, 100'000);
  run.entry(report, 1, 5'000, 90'000);
  run.entry(sorted, 3, 9'000, 85'000, 1);
  run.entry(by_total, 1, 3'000, 80'000);
  run.entry(parse, 2, 20'000, 77'000);
  run.entry(by_name, 8, 50'003, 50'003);
  run.call(main, report, 1, 5'000, 90'000);
  run.call(report, sorted, 1, 5'000, 85'000);
  run.call(sorted, by_total, 1, 3'000, 80'000);
  run.call(by_total, parse, 2, 20'000, 77'000);
  run.call(parse, sorted, 2, 4'000, 54'003);
  run.call(sorted, by_name, 8, 50'003, 50'003);
  return run.finish();
}

}  // namespace

TEST_CASE("split: a hub is divided where the times leave one way") {
  CHECK(in_cycle(two_sorts(), "sorted"));
  const Profile p = split_of(two_sorts());
  CHECK(find(p, "sorted'report") >= 0);
  CHECK(call_of(p, "report", "sorted'report") == "1 5000 85000");
  CHECK(call_of(p, "sorted'report", "by_total") == "1 3000 80000");
  CHECK(call_of(p, "parse", "sorted") == "2 4000 54003");
  CHECK(call_of(p, "sorted", "by_name") == "8 50003 50003");
  for (const std::string_view name : {"sorted", "sorted'report", "by_total", "parse"}) CHECK_FALSE(in_cycle(p, name));
  const auto copy = static_cast<std::size_t>(find(p, "sorted'report"));
  CHECK(p.counts[copy] == Counts{1, 1});
  CHECK(p.self.at(copy, 0) == 5'000);
  CHECK(p.total.at(copy, 0) == 85'000);
}

TEST_CASE("split: a second time changes nothing") {
  const Profile once = split_of(two_sorts());
  CHECK(dump_of(split_of(split_of(two_sorts()))) == dump_of(once));
}

TEST_CASE("split: what has no circle, no times or no hub stays as it is") {
  Run tree;
  const FunctionId a = tree.function("a"), b = tree.function("b");
  tree.entry(a, 1, 10, 30);
  tree.entry(b, 2, 20, 20);
  tree.call(a, b, 2, 20, 20);
  Profile p = tree.finish();
  const std::string before = dump_of(p);
  CHECK(dump_of(split_of(std::move(p))) == before);
}

TEST_CASE("split: true recursion stays") {
  Run run;  // even -> odd -> even -> odd ...
  const FunctionId even = run.function("even"), odd = run.function("odd");
  run.entry(even, 5, 50, 100, 1);
  run.entry(odd, 5, 50, 90, 1);
  run.call(even, odd, 5, 50, 90, 1);
  run.call(odd, even, 4, 40, 80, 1);
  Profile p = run.finish();
  const std::string before = dump_of(p);
  CHECK(dump_of(split_of(std::move(p))) == before);
}

TEST_CASE("split: what fits two ways stays together") {
  // Both callers have time for either callee, and neither sum tells.
  Run run;
  const FunctionId x = run.function("x"), y = run.function("y"), hub = run.function("map", "~"), f = run.function("f"),
                   g = run.function("g");
  run.entry(x, 1, 1'000, 90'000);
  run.entry(hub, 4, 4'000, 80'000, 2);
  run.entry(f, 3, 30'000, 60'000);
  run.entry(g, 3, 30'000, 70'000);
  run.entry(y, 2, 2'000, 50'000);
  run.call(x, hub, 2, 2'000, 80'000);
  run.call(y, hub, 2, 2'000, 40'000);
  run.call(hub, f, 3, 30'000, 60'000);
  run.call(hub, g, 3, 30'000, 70'000);
  run.call(f, y, 1, 1'000, 25'000);
  run.call(g, y, 1, 1'000, 25'000);
  Profile p = run.finish();
  const std::string before = dump_of(p);
  CHECK(dump_of(split_of(std::move(p))) == before);
}

TEST_CASE("split: the program is not below what it imports") {
  // exec runs the program, then, through importlib, the body of a module that it imports.
  Run run;
  const FunctionId exec = run.function("<built-in method builtins.exec>", "~"),
                   main = run.function("<module>", "main.py"), find_and_load = run.function("_find_and_load", frozen),
                   removed = run.function("_call_with_frames_removed", frozen), a = run.function("<module>", "a.py"),
                   b = run.function("<module>", "b.py");
  run.entry(exec, 3, 3'000, 1'000'000, 1);
  run.entry(main, 1, 800'000, 999'000);
  run.entry(find_and_load, 2, 20'000, 199'000, 1);
  run.entry(removed, 2, 2'000, 189'000, 1);
  run.entry(a, 1, 100'000, 186'000);
  run.entry(b, 1, 75'000, 75'000);
  run.call(exec, main, 1, 800'000, 999'000);
  run.call(main, find_and_load, 1, 10'000, 199'000);
  run.call(a, find_and_load, 1, 10'000, 86'000);
  run.call(find_and_load, removed, 2, 2'000, 189'000, 1);
  run.call(removed, exec, 2, 2'000, 188'000, 1);
  run.call(exec, a, 1, 100'000, 186'000);
  run.call(exec, b, 1, 75'000, 75'000);

  SUBCASE("split by caller, and every importer has a machinery of its own") {
    const Profile p = split_of(run.finish());
    const CallGraph graph(p);
    for (std::uint32_t f = 0; f < p.functions.size(); ++f) CHECK_FALSE(graph.in_cycle(FunctionId{f}));
    CHECK(call_of(p, "<module>", "_find_and_load'main") == "1 10000 199000");
    const std::int64_t exec_of_a = find(p, "<built-in method builtins.exec>'a");
    REQUIRE(exec_of_a >= 0);
    std::int64_t self = 0, calls = 0;
    for (std::size_t i = 0; i < p.functions.size(); ++i) {
      self += p.self.at(i, 0);
      if (p.text(p.functions[i].name) == "_call_with_frames_removed") calls += p.counts[i].calls;
    }
    CHECK(self == 1'000'000);
    CHECK(calls == 2);
  }
  SUBCASE("folded, the importer calls the module") {
    Diagnostics diagnostics;
    const Profile p = fold(run.finish(), {.imports = true}, diagnostics);
    std::vector<std::string> edges;
    for (const Call& c : p.calls)
      edges.push_back(std::string(p.text(p.function(c.caller).file)) + " > " +
                      std::string(p.text(p.function(c.callee).file)));
    CHECK(edges == std::vector<std::string>{"~ > main.py", "main.py > a.py", "a.py > b.py"});
    CHECK(total_cost(p)[0] == 1'000'000);
  }
}

TEST_CASE("split: a function that would share its callees with too many calls stays whole, with a note") {
  Run run;
  const FunctionId a = run.function("a"), b = run.function("b"), hub = run.function("map", "~"),
                   to_b = run.function("to_b"), other = run.function("other"), leaf = run.function("len", "~");
  run.entry(a, 1, 1'000, 107'000);
  run.entry(hub, 2, 2'000, 106'000, 1);
  run.entry(to_b, 1, 33'500, 100'000);
  run.entry(b, 1, 500, 66'500);
  run.entry(other, 1, 60'000, 60'000);
  run.entry(leaf, 1'000, 10'000, 10'000);
  run.call(a, hub, 1, 1'000, 106'000);
  run.call(b, hub, 1, 1'000, 66'000);
  run.call(hub, to_b, 1, 33'500, 100'000);
  run.call(hub, other, 1, 60'000, 60'000);
  run.call(hub, leaf, 1'000, 10'000, 10'000);
  run.call(to_b, b, 1, 500, 66'500);
  const Profile whole = run.finish();
  const auto split_with = [&](std::uint64_t most, std::string& notes) {
    Diagnostics diagnostics;
    Profile copy = read_text(dump_of(whole));
    Profile result = split(std::move(copy), {.max_new_calls = most}, diagnostics);
    notes = text_of(diagnostics);
    return result;
  };
  std::string notes;
  CHECK(find(split_with(2, notes), "map'a") >= 0);
  CHECK(notes == "note: split 1 function by caller\n");
  CHECK(find(split_with(1, notes), "map'a") < 0);
  CHECK(notes == "note: 1 function not split by caller: all together would make more than 1 calls\n");
}

TEST_CASE("split: what is left of the import machinery took no longer than the calls that are left to it") {
  // Only x had time for m; n may have been loaded for x or for y.
  Run run;
  const FunctionId main = run.function("main"), x = run.function("x"), y = run.function("y"),
                   import_module = run.function("import_module", "/usr/lib/python3.11/importlib/__init__.py"),
                   exec = run.function("<built-in method builtins.exec>", "~"), compile = run.function("compile", "~"),
                   m = run.function("<module>", "m.py"), n = run.function("<module>", "n.py");
  run.entry(main, 1, 10'000, 206'000);
  run.entry(x, 1, 10'000, 190'000);
  run.entry(y, 1, 1'000, 6'000);
  run.entry(import_module, 3, 3'000, 185'000);
  run.entry(exec, 3, 1'000, 182'000);
  run.entry(compile, 3, 29'000, 29'000);
  run.entry(m, 1, 150'000, 150'000);
  run.entry(n, 1, 2'000, 2'000);
  run.call(main, x, 1, 10'000, 190'000);
  run.call(main, y, 1, 1'000, 6'000);
  run.call(x, import_module, 1, 1'000, 180'000);
  run.call(y, import_module, 2, 2'000, 5'000);
  run.call(import_module, exec, 3, 1'000, 182'000);
  run.call(exec, compile, 3, 29'000, 29'000);
  run.call(exec, m, 1, 150'000, 150'000);
  run.call(exec, n, 1, 2'000, 2'000);
  const Profile p = split_of(run.finish());
  REQUIRE(find(p, "import_module'x") >= 0);
  for (std::size_t f = 0; f < p.functions.size(); ++f) {
    if (FunctionId{static_cast<std::uint32_t>(f)} == main) continue;
    std::int64_t called = 0;
    for (std::size_t i = 0; i < p.calls.size(); ++i)
      called += index(p.calls[i].callee) == f ? p.call_total.at(i, 0) : 0;
    CAPTURE(p.text(p.functions[f].name));
    CAPTURE(p.text(p.functions[f].context));
    CHECK(p.total.at(f, 0) <= called);
  }
}

namespace {

/// One importer; a chain of functions of importlib, each of which runs a module and calls the next one.
Profile chain_of_importlib(int functions) {
  Run run;
  const auto name = [](std::string_view before, int number) { return std::string(before) + std::to_string(number); };
  const auto total = [&](int number) { return std::int64_t{1'010} * (functions - number); };
  const FunctionId main = run.function("main");
  run.entry(main, 1, 1'000, 1'000 + total(0));
  FunctionId caller = main;
  for (int i = 0; i < functions; ++i) {
    const FunctionId f = run.function(name("f", i), frozen), body = run.function("<module>", name("m", i) + ".py");
    run.entry(f, 1, 10, total(i));
    run.entry(body, 1, 1'000, 1'000);
    run.call(caller, f, 1, 10, total(i));
    run.call(f, body, 1, 1'000, 1'000);
    caller = f;
  }
  return run.finish();
}

}  // namespace

TEST_CASE("split: the machinery of imports may be a long chain") {
  constexpr int functions = 900;
  const Profile p = split_of(chain_of_importlib(functions));
  CHECK(p.functions.size() == 1 + 3 * functions);
  CHECK(call_of(p, "main", "f0'main") == "1 10 909000");
  CHECK(call_of(p, "f898'main", "f899'main") == "1 10 1000");
  for (const Call& call : p.calls) {
    if (p.text(p.function(call.callee).name) != "<module>") continue;
    CHECK(p.text(p.function(call.caller).context) == "main");
  }
}

TEST_CASE("split: thousands of functions are no machinery, and take no time") {
  constexpr int functions = 5'000;
  Profile p = chain_of_importlib(functions);
  const std::string before = dump_of(p);
  CHECK(dump_of(split_of(std::move(p))) == before);
}

TEST_CASE("split: what the first function of the machinery calls is not looked at anew for each importer") {
  constexpr std::uint32_t importers = 15'000;
  Run run;
  const FunctionId first = run.function("_find_and_load", frozen), helper = run.function("helper", "h.py");
  std::int64_t all = 0;
  for (std::uint32_t i = 0; i < importers; ++i) {
    const FunctionId importer = run.function("i" + std::to_string(i)),
                     body = run.function("<module>", "m" + std::to_string(i) + ".py");
    const std::int64_t total = 1'000'000 + std::int64_t{10} * i;
    all += total;
    run.entry(importer, 1, 0, total);
    run.entry(body, 1, total - 5, total - 5);
    run.call(importer, first, 1, 1, total);
    run.call(first, body, 1, total - 5, total - 5);
    run.call(first, helper, 1, 1, 1, 1, i + 1);
  }
  run.entry(first, importers, importers, all);
  run.entry(helper, importers, importers, importers);
  const Profile p = split_of(run.finish());
  CHECK(call_of(p, "i14999", "_find_and_load'i14999") == "1 1 1149990");
}

TEST_CASE("split: sums of what the machinery calls may exceed 64 bits") {
  // Only x had time for m; n may have been loaded for x or for y.
  constexpr std::int64_t long_time = std::int64_t{1} << 45;
  constexpr std::uint32_t lines = 300'000;
  Run run;
  const FunctionId main = run.function("main"), x = run.function("x"), y = run.function("y"),
                   import_module = run.function("import_module", "/usr/lib/python3.11/importlib/__init__.py"),
                   removed = run.function("_call_with_frames_removed", frozen),
                   exec = run.function("<built-in method builtins.exec>", "~"), compile = run.function("compile", "~"),
                   m = run.function("<module>", "m.py"), n = run.function("<module>", "n.py");
  run.entry(main, 1, 10'000, 206'000);
  run.entry(x, 1, 10'000, 190'000);
  run.entry(y, 1, 1'000, 6'000);
  run.entry(import_module, 3, 3'000, 185'000);
  run.entry(removed, 3, 1'000, 182'000);
  run.entry(exec, 3, 1'000, 181'000);
  run.entry(compile, lines, 0, 29'000);
  run.entry(m, 1, 150'000, 150'000);
  run.entry(n, 1, 2'000, 2'000);
  run.call(main, x, 1, 10'000, 190'000);
  run.call(main, y, 1, 1'000, 6'000);
  run.call(x, import_module, 1, 1'000, 180'000);
  run.call(y, import_module, 2, 2'000, 5'000);
  run.call(import_module, removed, 3, 1'000, 182'000);
  run.call(removed, exec, 3, 1'000, 181'000);
  for (std::uint32_t line = 1; line <= lines; ++line) run.call(removed, compile, 1, 0, long_time, 1, line);
  run.call(exec, m, 1, 150'000, 150'000);
  run.call(exec, n, 1, 2'000, 2'000);
  const Profile p = split_of(run.finish());
  REQUIRE(find(p, "import_module'x") >= 0);
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    const std::int64_t total = p.call_total.at(i, 0);
    if (total >= 0 && total <= 190'000) continue;
    REQUIRE(total == long_time);
  }
}

TEST_CASE("split: calls of a function that was not recorded under its name stay out of the one that was") {
  // Two functions are called <string>:1(<module>): one ran the program and is lost, one is an eval of 500 ns.
  Run run;
  const FunctionId string = run.function("<module>", "<string>"), main = run.function("main"),
                   eval = run.function("eval", "~");
  run.entry(string, 1, 500, 500);
  run.entry(main, 1, 90'000, 100'000);
  run.entry(eval, 1, 9'500, 10'000);
  run.call(string, main, 1, 90'000, 100'000);
  run.call(main, eval, 1, 9'500, 10'000);
  run.call(eval, string, 1, 500, 500);
  const Profile p = split_of(run.finish());
  CHECK_FALSE(in_cycle(p, "main"));
  CHECK(call_of(p, "<module>", "main") == "1 90000 100000");
  CHECK(call_of(p, "eval", "<module>'eval") == "1 500 500");
}

TEST_CASE("split: the parts of a call that was not measured are not measured") {
  Run run;
  const FunctionId main = run.function("main"), report = run.function("report"), parse = run.function("parse"),
                   by_total = run.function("by_total"), by_name = run.function("by_name"),
                   helper = run.function("helper"), sorted = run.function("sorted", "~");
  run.entry(main, 1, 10'000, 101'003);
  run.entry(report, 1, 5'000, 91'003);
  run.entry(sorted, 3, 9'000, 86'003, 1);
  run.entry(by_total, 1, 3'000, 79'003);
  run.entry(parse, 2, 20'000, 76'003);
  run.entry(by_name, 8, 50'003, 50'003);
  run.entry(helper, 5, 4'000, 4'000);
  run.call(main, report, 1, 5'000, 91'003);
  run.call(report, sorted, 1, 5'000, 86'003);
  run.call(sorted, by_total, 1, 3'000, 79'003);
  run.call(by_total, parse, 2, 20'000, 76'003);
  run.call(parse, sorted, 2, 4'000, 56'003);
  run.call(sorted, by_name, 8, 50'003, 50'003);
  run.call(sorted, helper, 5, not_measured, not_measured);
  const Profile p = split_of(run.finish());
  REQUIRE(find(p, "sorted'report") >= 0);
  std::int64_t calls = 0;
  std::size_t parts = 0;
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    if (static_cast<std::int64_t>(index(p.calls[i].callee)) != find(p, "helper")) {
      CHECK(p.call_total.at(i, 0) >= 0);
      continue;
    }
    CHECK(p.call_self.at(i, 0) == not_measured);
    CHECK(p.call_total.at(i, 0) == not_measured);
    calls += p.call_counts[i].calls;
    ++parts;
  }
  CHECK(calls == 5);
  CHECK(parts == 2);
}

TEST_CASE("split_hub: equal times, the only caller with time, what remains") {
  const std::array callers{HubCaller{1, 50'000, 60'000, true}, HubCaller{1, 20'001, 30'000, true},
                           HubCaller{9, 900'000, 900'000, false}, HubCaller{4, 1, 4'000, true}};
  const std::array callees{HubCallee{1, 20'000, true, true}, HubCallee{1, 800'000, false, true},
                           HubCallee{3, 50'000, true, true}, HubCallee{7, 90'000, true, true}};
  HubWorkspace workspace;
  const auto split = split_hub(callers, callees, {}, workspace);
  REQUIRE(split);
  CHECK(split->callers[3] == HubSplit::idle);
  CHECK(split->callees[0] == split->callers[1]);
  CHECK(split->callees[1] == split->callers[2]);
  CHECK(split->callees[2] == split->callers[0]);
  CHECK(split->callees[3] == split->callers[2]);
  CHECK(split->groups == 4);
}

TEST_CASE("split_hub: a clock too coarse to tell proves nothing") {
  const std::array callers{HubCaller{1, 2'000, 3'000, true}, HubCaller{1, 4'000, 5'000, true}};
  const std::array callees{HubCallee{2, 2'000, true, true}, HubCallee{2, 4'000, true, true}};
  HubWorkspace workspace;
  CHECK(split_hub(callers, callees, {.step = 1}, workspace));
  CHECK_FALSE(split_hub(callers, callees, {.step = 1000}, workspace));
}

TEST_CASE("split_hub: what is open belongs to all that have time for it") {
  const std::array callers{HubCaller{1, 2'000, 3'000, true}, HubCaller{1, 4'000, 5'000, true},
                           HubCaller{1, 1, 300, true}};
  const std::array callees{HubCallee{2, 2'000, true, true}, HubCallee{2, 4'000, true, true}};
  HubWorkspace workspace;
  const auto split = split_hub(callers, callees, {.step = 1000}, workspace);
  REQUIRE(split);
  CHECK(split->callers[0] == split->callers[1]);
  CHECK(split->callers[2] == HubSplit::idle);
  CHECK(split->groups == 2);
}

TEST_CASE("split_hub: the callees of one caller add up to its time") {
  const std::array callers{HubCaller{2, 300'000, 310'000, true}, HubCaller{3, 700'123, 710'000, true}};
  const std::array callees{HubCallee{2, 100'017, true, true}, HubCallee{2, 199'983, true, true},
                           HubCallee{5, 700'123, true, true}};
  HubWorkspace workspace;
  const auto split = split_hub(callers, callees, {}, workspace);
  REQUIRE(split);
  CHECK(split->callees == std::vector<std::uint32_t>{split->callers[0], split->callers[0], split->callers[1]});
  CHECK(split->groups == 3);
}

TEST_CASE("split_hub: numbers that contradict each other are left alone") {
  const std::array callers{HubCaller{1, 10, 20, true}, HubCaller{1, 1, 20, true}};
  const std::array callees{HubCallee{1, 500'000, true, true}};
  HubWorkspace workspace;
  CHECK_FALSE(split_hub(callers, callees, {}, workspace));
}

TEST_CASE("split_hub: a callee that nobody has time for contradicts the callers") {
  const std::array callers{HubCaller{1, 30'000, 30'100, true}, HubCaller{2, 40'000, 40'100, true}};
  const std::array callees{HubCallee{1, 500'000, true, true}, HubCallee{3, 90'000, true, false}};
  HubWorkspace workspace;
  CHECK_FALSE(split_hub(callers, callees, {}, workspace));
}

// The survey may leave to the solver what that finds nothing in, but not the other way round.
TEST_CASE("HubTimes: of what a first look excludes no callers are told apart") {
  std::mt19937_64 random(20);  // NOLINT(cert-msc51-cpp): the same times in every run
  const auto below = [&](std::int64_t most) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
  };
  int excluded = 0, kept = 0;
  for (int round = 0; round < 20'000; ++round) {
    HubTimes times;
    times.callers = 2 + static_cast<std::size_t>(below(HubTimes::most_callees - 1));
    times.callees = 1 + static_cast<std::size_t>(below(HubTimes::most_callees));
    const std::int64_t scale = std::int64_t{10} << below(30);
    for (std::size_t j = 0; j < times.callees; ++j) times.callee[j] = {2 + below(scale), below(2) == 0, below(2) == 0};
    std::array<std::int64_t, HubTimes::most_callees> sums{};  // every callee is somebody's
    for (std::size_t j = 0; j < times.callees; ++j)
      sums[static_cast<std::size_t>(below(static_cast<std::int64_t>(times.callers)))] += times.callee[j].total;
    const bool random_times = below(2) == 0;
    for (std::size_t i = 0; i < times.callers; ++i)
      times.below[i] = std::max<std::int64_t>(random_times ? below(scale) : sums[i] + below(5) - 2, hub_rounding + 1);
    if (below(4) == 0) times.lost = 2 * hub_rounding + 1 + below(scale);

    std::vector<HubCaller> callers;
    std::vector<HubCallee> callees;
    for (std::size_t i = 0; i < times.callers; ++i) callers.push_back({1, times.below[i], times.below[i], true});
    if (times.lost != 0) callers.push_back({1, times.lost - hub_rounding, times.lost - hub_rounding, false, true});
    for (std::size_t j = 0; j < times.callees; ++j)
      callees.push_back({times.callee[j].once ? 1 : 2, times.callee[j].total, true, times.callee[j].leads});
    if (std::ranges::none_of(callees, &HubCallee::leads)) callees.front().leads = times.callee.front().leads = true;
    HubWorkspace workspace;
    const std::int64_t step = below(2) == 0 ? 1 : 100;
    const auto split = split_hub(callers, callees, {.step = step}, workspace);
    const bool is_told =
        split && std::ranges::adjacent_find(split->callers, std::not_equal_to()) != split->callers.end();
    if (times.may_tell()) {
      kept += is_told ? 1 : 0;
    } else {
      ++excluded;
      CHECK_FALSE(is_told);
    }
  }
  CHECK(excluded > 1'000);
  CHECK(kept > 1'000);
}
