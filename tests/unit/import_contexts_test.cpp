// Copies of the import machinery, one for each importer.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <profconv/transforms.hpp>

#include "model/call_graph.hpp"
#include "support/convert.hpp"
#include "support/recorded_run.hpp"
#include "support/samples.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

/// Only x had time for m; n may have been loaded for x or for y. How import_module comes to call `exec`, in 182'000 ns,
/// is left to be added.
class TwoImporters : public RecordedRun {
 public:
  const FunctionId main = function("main"), x = function("x"), y = function("y"),
                   import_module = function("import_module", "/usr/lib/python3.11/importlib/__init__.py"),
                   exec = function("<built-in method builtins.exec>", "~"), compile = function("compile", "~"),
                   m = function("<module>", "m.py"), n = function("<module>", "n.py");

  TwoImporters() {
    entry(main, 1, 10'000, 206'000);
    entry(x, 1, 10'000, 190'000);
    entry(y, 1, 1'000, 6'000);
    entry(import_module, 3, 3'000, 185'000);
    entry(m, 1, 150'000, 150'000);
    entry(n, 1, 2'000, 2'000);
    call(main, x, 1, 10'000, 190'000);
    call(main, y, 1, 1'000, 6'000);
    call(x, import_module, 1, 1'000, 180'000);
    call(y, import_module, 2, 2'000, 5'000);
    call(exec, m, 1, 150'000, 150'000);
    call(exec, n, 1, 2'000, 2'000);
  }
};

/// One importer; a chain of functions of importlib, each of which runs a module and calls the next one.
Profile chain_of_importlib(int functions) {
  RecordedRun run;
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

TEST_CASE("split: the program is not below what it imports") {
  // exec runs the program, then, through importlib, the body of a module that it imports.
  RecordedRun run;
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

TEST_CASE("split: of programs that were added up exec keeps the time of those that it ran itself") {
  // One program ran twice, another one once: that imports two modules, one from the other.
  RecordedRun run;
  const FunctionId exec = run.function("<built-in method builtins.exec>", "~"),
                   twice = run.function("<module>", "twice.py"), once = run.function("<module>", "once.py"),
                   find_and_load = run.function("_find_and_load", frozen),
                   removed = run.function("_call_with_frames_removed", frozen), a = run.function("<module>", "a.py"),
                   b = run.function("<module>", "b.py");
  run.entry(exec, 5, 5'000, 3'000'000, 3);
  run.entry(twice, 2, 2'798'000, 2'798'000);
  run.entry(once, 1, 10'000, 199'000);
  run.entry(find_and_load, 2, 20'000, 189'000, 1);
  run.entry(removed, 2, 2'000, 179'000, 1);
  run.entry(a, 1, 90'000, 176'000);
  run.entry(b, 1, 75'000, 75'000);
  run.call(exec, twice, 2, 2'798'000, 2'798'000);
  run.call(exec, once, 1, 10'000, 199'000);
  run.call(once, find_and_load, 1, 10'000, 189'000);
  run.call(a, find_and_load, 1, 10'000, 86'000);
  run.call(find_and_load, removed, 2, 2'000, 179'000, 1);
  run.call(removed, exec, 2, 2'000, 178'000, 1);
  run.call(exec, a, 1, 90'000, 176'000);
  run.call(exec, b, 1, 75'000, 75'000);
  const Profile p = split_of(run.finish());
  const std::int64_t plain = find(p, "<built-in method builtins.exec>");
  REQUIRE(plain >= 0);
  CHECK(p.total.at(static_cast<std::size_t>(plain), 0) == 3'000'000);
}

TEST_CASE("split: calls that nobody counted leave no others without a caller") {
  TwoImporters run;
  run.entry(run.import_module, 0, 0, 0, -2);  // two of its three calls were made while it was active
  run.entry(run.exec, 3, 1'000, 182'000);
  run.entry(run.compile, 3, 29'000, 29'000);
  run.call(run.import_module, run.exec, 3, 1'000, 182'000);
  run.call(run.exec, run.compile, 3, 29'000, 29'000);
  run.call(run.main, run.import_module, not_counted, 0, 0);
  const Profile p = split_of(run.finish());
  const std::int64_t plain = find(p, "import_module");
  REQUIRE(plain >= 0);
  CHECK(p.total.at(static_cast<std::size_t>(plain), 0) == 23'000);
}

TEST_CASE("split: a function of the machinery may be counted less often than the calls to it") {
  for (const std::int64_t counted : {1, 2, 3}) {
    RecordedRun run;
    const FunctionId main = run.function("<module>", "main.py"), scanner = run.function("<module>", "scanner.py"),
                     json = run.function("<module>", "json.py"),
                     exec = run.function("<built-in method builtins.exec>", "~"),
                     find_and_load = run.function("_find_and_load", frozen),
                     removed = run.function("_call_with_frames_removed", frozen);
    run.entry(main, 1, 1'000, 3'000'000);
    run.entry(scanner, 1, 9'000, 900'000);
    run.entry(json, 1, 20'000, 2'300'000);
    run.entry(exec, 4, 10'000, 3'000'000);
    run.entry(find_and_load, counted, 20'000, 2'600'000);
    run.entry(removed, 5, 8'000, 2'300'000);
    run.call(main, find_and_load, 1, 10'000, 2'600'000);
    run.call(json, find_and_load, 2, 8'000, 2'200'000);
    run.call(exec, scanner, 1, 9'000, 900'000);
    run.call(exec, json, 1, 20'000, 2'300'000);
    run.call(find_and_load, removed, 5, 2'000, 4'000);
    run.call(removed, exec, 4, 10'000, 2'300'000);
    Diagnostics diagnostics;
    const Profile profile = split(run.finish(), {.estimate_importers = true}, diagnostics);
    std::int64_t calls = 0;
    for (std::size_t f = 0; f < profile.functions.size(); ++f) {
      if (profile.text(profile.functions[f].name) == "_find_and_load") calls += profile.counts[f].calls;
    }
    CHECK(calls == counted);
  }
}

TEST_CASE("split: a helper that was called once is called by one of the copies") {
  TwoImporters run;
  run.entry(run.exec, 3, 1'000, 182'000);
  run.entry(run.compile, 1, 29'000, 29'000);
  run.call(run.import_module, run.exec, 3, 1'000, 182'000);
  run.call(run.exec, run.compile, 1, 29'000, 29'000);
  const Profile p = split_of(run.finish());
  REQUIRE(find(p, "<built-in method builtins.exec>'x") >= 0);
  CHECK(call_of(p, "<built-in method builtins.exec>", "compile") == "1 29000 29000");
  CHECK(call_of(p, "<built-in method builtins.exec>'x", "compile").empty());
}

TEST_CASE("split: what is left of the import machinery took no longer than the calls that are left to it") {
  TwoImporters run;
  run.entry(run.exec, 3, 1'000, 182'000);
  run.entry(run.compile, 3, 29'000, 29'000);
  run.call(run.import_module, run.exec, 3, 1'000, 182'000);
  run.call(run.exec, run.compile, 3, 29'000, 29'000);
  const Profile p = split_of(run.finish());
  REQUIRE(find(p, "import_module'x") >= 0);
  for (std::size_t f = 0; f < p.functions.size(); ++f) {
    if (FunctionId{static_cast<std::uint32_t>(f)} == run.main) continue;
    std::int64_t called = 0;
    for (std::size_t i = 0; i < p.calls.size(); ++i)
      called += index(p.calls[i].callee) == f ? p.call_total.at(i, 0) : 0;
    CAPTURE(p.text(p.functions[f].name));
    CAPTURE(p.text(p.functions[f].context));
    CHECK(p.total.at(f, 0) <= called);
  }
}

TEST_CASE("split: of recorded programs the machinery that is left takes itself what its calls do not") {
  // Where it is in no circle any more. One call may be shown twice, which docs/cycles.md says of it.
  std::size_t looked_at = 0;
  for (const std::filesystem::path& sample : samples()) {
    if (sample.filename().string().find("cProfile-wordcount") == std::string::npos) continue;
    CAPTURE(sample);
    const Profile p = split_of(read_text(content_of(sample)));
    const CallGraph graph(p);
    std::vector<std::int64_t> spent(p.functions.size(), 0), called(p.functions.size(), 0);
    for (std::size_t f = 0; f < p.functions.size(); ++f) spent[f] = p.self.at(f, 0);
    for (std::size_t i = 0; i < p.calls.size(); ++i) {
      spent[index(p.calls[i].caller)] += p.call_total.at(i, 0);
      called[index(p.calls[i].callee)] += p.call_total.at(i, 0);
    }
    const std::int64_t whole = total_cost(p)[0];
    for (std::uint32_t f = 0; f < p.functions.size(); ++f) {
      CHECK(p.total.at(f, 0) >= p.self.at(f, 0));
      const bool is_machinery =
          p.text(p.functions[f].name) == "<built-in method builtins.exec>" || p.text(p.functions[f].file) == frozen;
      if (!is_machinery || graph.in_cycle(FunctionId{f}) || called[f] == 0) continue;
      ++looked_at;
      CAPTURE(p.text(p.functions[f].name));
      CAPTURE(p.text(p.functions[f].context));
      CHECK(called[f] <= spent[f] + whole / 200);
    }
  }
  CHECK(looked_at > 50);
}

TEST_CASE("split: of recorded programs what was taken apart altogether is gone") {
  std::size_t looked_at = 0;
  for (const std::filesystem::path& sample : samples()) {
    if (sample.filename().string().find("cProfile-wordcount") == std::string::npos) continue;
    CAPTURE(sample);
    const auto nothing = [](const Profile& p) {
      std::size_t count = 0;
      for (std::size_t f = 0; f < p.functions.size(); ++f) count += p.counts[f].calls == 0 && p.self.at(f, 0) == 0;
      for (const Counts& counts : p.call_counts) count += counts.calls == 0;
      return count;
    };
    Profile recorded = read_text(content_of(sample));
    const std::size_t before = nothing(recorded);
    const Profile p = split_of(std::move(recorded));
    looked_at += p.functions.size();
    CHECK(nothing(p) <= before);
  }
  CHECK(looked_at > 1000);
}

TEST_CASE("split: the way to a module is not that on which its package is imported") {
  RecordedRun run;
  const FunctionId main = run.function("main"), x = run.function("x"), y = run.function("y"),
                   load = run.function("_find_and_load", frozen),
                   unlocked = run.function("_find_and_load_unlocked", frozen),
                   load_unlocked = run.function("_load_unlocked", frozen),
                   removed = run.function("_call_with_frames_removed", frozen),
                   import = run.function("<built-in method builtins.__import__>", "~"),
                   exec = run.function("<built-in method builtins.exec>", "~"), m = run.function("<module>", "m.py"),
                   n = run.function("<module>", "n.py");
  run.entry(main, 1, 1'000, 202'000);
  run.entry(x, 1, 1'000, 181'000);
  run.entry(y, 1, 1'000, 20'000);
  run.entry(load, 3, 3'000, 199'000, 2);
  run.entry(unlocked, 3, 3'000, 196'000, 2);
  run.entry(load_unlocked, 3, 3'000, 190'000, 2);
  run.entry(removed, 4, 4'000, 187'000, 2);
  run.entry(import, 1, 1'000, 5'000);
  run.entry(exec, 3, 3'000, 185'000, 2);
  run.entry(m, 1, 170'000, 170'000);
  run.entry(n, 1, 10'000, 10'000);
  run.call(main, x, 1, 1'000, 181'000);
  run.call(main, y, 1, 1'000, 20'000);
  run.call(x, load, 1, 1'000, 180'000);
  run.call(y, load, 1, 1'000, 19'000);
  run.call(import, load, 1, 1'000, 4'000);
  run.call(load, unlocked, 3, 3'000, 196'000, 2);
  run.call(unlocked, load_unlocked, 3, 3'000, 190'000, 2);
  run.call(unlocked, removed, 1, 1'000, 6'000);
  run.call(load_unlocked, removed, 3, 3'000, 187'000, 2);
  run.call(removed, import, 1, 1'000, 5'000);
  run.call(removed, exec, 3, 3'000, 185'000, 2);
  run.call(exec, m, 1, 170'000, 170'000);
  run.call(exec, n, 1, 10'000, 10'000);
  const Profile p = split_of(run.finish());
  CHECK_FALSE(call_of(p, "_find_and_load_unlocked'x", "_load_unlocked'x").empty());
  CHECK_FALSE(call_of(p, "_load_unlocked'x", "_call_with_frames_removed'x").empty());
}

TEST_CASE("split: the machinery of imports may be a long chain") {
  constexpr int functions = 900;
  const Profile p = split_of(chain_of_importlib(functions));
  CHECK(p.functions.size() == 1 + 2 * functions);
  CHECK(call_of(p, "main", "f0'main") == "1 10 909000");
  CHECK(call_of(p, "f898'main", "f899'main") == "1 10 1010");
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
  RecordedRun run;
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
  constexpr std::int64_t long_time = std::int64_t{1} << 45;
  constexpr std::uint32_t lines = 300'000;
  TwoImporters run;
  const FunctionId removed = run.function("_call_with_frames_removed", frozen);
  run.entry(removed, 3, 1'000, 182'000);
  run.entry(run.exec, 3, 1'000, 181'000);
  run.entry(run.compile, lines, 0, 29'000);
  run.call(run.import_module, removed, 3, 1'000, 182'000);
  run.call(removed, run.exec, 3, 1'000, 181'000);
  for (std::uint32_t line = 1; line <= lines; ++line) run.call(removed, run.compile, 1, 0, long_time, 1, line);
  const Profile p = split_of(run.finish());
  REQUIRE(find(p, "import_module'x") >= 0);
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    const std::int64_t total = p.call_total.at(i, 0);
    if (total >= 0 && total <= 190'000) continue;
    REQUIRE(total == long_time);
  }
}
