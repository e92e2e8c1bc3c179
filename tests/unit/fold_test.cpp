#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <profconv/builder.hpp>
#include <profconv/transforms.hpp>

#include "support/convert.hpp"
#include "support/folded.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

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
