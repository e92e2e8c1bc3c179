// Builder, check(), call graph, call totals, modules: the model and its views.

#include <array>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>
#include <profconv/profile.hpp>

#include "base/hash.hpp"
#include "model/call_graph.hpp"
#include "model/call_totals.hpp"
#include "model/checked.hpp"
#include "model/modules.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

ProfileBuilder time_builder() { return ProfileBuilder(std::array{time_metric}); }

// Functions f0, f1, ... with calls between them; a call is (caller, callee).
Profile graph_of(std::size_t functions, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& calls) {
  ProfileBuilder builder = time_builder();
  for (std::size_t i = 0; i < functions; ++i) builder.function({.name = "f" + std::to_string(i)});
  for (const auto& [caller, callee] : calls) builder.add_call({FunctionId{caller}, FunctionId{callee}}, {1, 1}, {}, {});
  return std::move(builder).finish();
}

}  // namespace

// ---- builder ----

TEST_CASE("builder: equal strings have one id and 0 is the empty one") {
  ProfileBuilder builder = time_builder();
  CHECK(builder.intern("") == StringId{0});
  const StringId a = builder.intern("a");
  CHECK(builder.intern(std::string("a")) == a);
  CHECK(builder.intern("b") != a);
  CHECK(builder.intern(std::string_view("a\0", 2)) != a);
  CHECK(builder.text(a) == "a");
}

TEST_CASE("builder: many strings and functions are found again") {
  ProfileBuilder builder = time_builder();
  std::vector<StringId> ids;
  for (int i = 0; i < 20'000; ++i) ids.push_back(builder.intern("s" + std::to_string(i)));
  for (int i = 0; i < 20'000; ++i) CHECK(builder.intern("s" + std::to_string(i)) == ids[static_cast<std::size_t>(i)]);
  std::vector<FunctionId> functions;
  for (std::uint32_t i = 0; i < 20'000; ++i)
    functions.push_back(builder.function({.name = "f", .file = "a.py", .line = i}));
  for (std::uint32_t i = 0; i < 20'000; ++i)
    CHECK(builder.function({.name = "f", .file = "a.py", .line = i}) == functions[i]);
  CHECK(builder.function_count() == 20'000);
}

TEST_CASE("builder: every part of the key tells functions apart") {
  ProfileBuilder builder = time_builder();
  const FunctionKey key{.name = "n", .qualified = "q", .file = "f", .context = "c", .line = 1};
  const FunctionId first = builder.function(key);
  CHECK(builder.function(key) == first);
  for (int part = 0; part < 5; ++part) {
    FunctionKey other = key;
    if (part == 0) other.name = "x";
    if (part == 1) other.qualified = "x";
    if (part == 2) other.file = "x";
    if (part == 3) other.context = "x";
    if (part == 4) other.line = 2;
    CHECK(builder.function(other) != first);
  }
  CHECK(builder.function_count() == 6);
}

TEST_CASE("builder: functions with entries come first, in the order of the entries") {
  ProfileBuilder builder = time_builder();
  const FunctionId a = builder.function({.name = "a"}), b = builder.function({.name = "b"}),
                   c = builder.function({.name = "c"});
  const std::int64_t cost = 5;
  builder.add_self(b, {&cost, 1});
  builder.add_call({a, c}, {1, 1}, {}, {});
  builder.mark_entry(c);
  builder.mark_entry(b);
  builder.mark_entry(c);
  const Profile p = std::move(builder).finish();
  REQUIRE(p.functions.size() == 3);
  CHECK(p.text(p.functions[0].name) == "c");
  CHECK(p.text(p.functions[1].name) == "b");
  CHECK(p.text(p.functions[2].name) == "a");
  CHECK(p.self.at(1, 0) == 5);
  CHECK(p.self.at(0, 0) == 0);
  CHECK(p.calls[0] == Call{FunctionId{2}, FunctionId{0}, 0});
}

TEST_CASE("builder: equal calls are added up and sorted, lines of calls are told apart") {
  ProfileBuilder builder = time_builder();
  const FunctionId a = builder.function({.name = "a"}), b = builder.function({.name = "b"});
  const std::int64_t one = 1, two = 2;
  builder.add_call({b, a, 7}, {1, 1}, {&one, 1}, {&two, 1});
  builder.add_call({a, b, 9}, {5, 4}, {}, {&one, 1});
  builder.add_call({a, b, 3}, {1, 1}, {}, {});
  builder.add_call({a, b, 9}, {2, not_counted}, {&one, 1}, {&two, 1});
  const Profile p = std::move(builder).finish();
  CHECK(dump_of(p) ==
        "profconv dump 1\nmetric time ns sum\n"
        "function 0 \"a\" file \"\" line 0\n"
        "function 1 \"b\" file \"\" line 0\n"
        "call 0 1 line 3 calls 1 primitive 1 self - total - # \"a\" -> \"b\"\n"
        "call 0 1 line 9 calls 7 primitive - self 1 total 3 # \"a\" -> \"b\"\n"
        "call 1 0 line 7 calls 1 primitive 1 self 1 total 2 # \"b\" -> \"a\"\n");
}

TEST_CASE("builder: compacting now and then changes nothing") {
  const auto build = [](bool compact) {
    ProfileBuilder builder = time_builder();
    for (std::uint32_t i = 0; i < 50; ++i) {
      const FunctionId a = builder.function({.name = "a", .line = i % 3}),
                       b = builder.function({.name = "b", .line = i % 5});
      const std::int64_t cost = i;
      const auto self = i % 20 < 10 ? std::span<const std::int64_t>{} : std::span(&cost, 1);
      builder.add_call({a, b, i % 2}, {1, 1}, self, {&cost, 1});
      builder.add_self(a, {&cost, 1});
      builder.add_line({a, i % 4}, {&cost, 1}, {});
      if (compact && i % 7 == 0) builder.compact();
    }
    return dump_of(std::move(builder).finish());
  };
  CHECK(build(true) == build(false));
}

TEST_CASE("builder: a call that was there when the tables were compacted takes no further row") {
  ProfileBuilder builder = time_builder();
  const std::int64_t cost = 1;
  const FunctionId a = builder.function({.name = "a"}), b = builder.function({.name = "b"});
  const auto add = [&](Call call) { builder.add_call(call, {1, 1}, {}, {&cost, 1}); };
  add({b, a, 3});
  add({a, b, 2});
  builder.compact();
  add({a, b, 2});
  add({b, a, 3});
  add({b, a, 3});
  CHECK(builder.call_count() == 2);
  const FunctionId c = builder.function({.name = "c"});
  add({a, b, 1});
  add({c, b, 2});
  add({a, c, 2});
  CHECK(builder.call_count() == 5);
  const Profile p = std::move(builder).finish();
  REQUIRE(p.calls.size() == 5);
  CHECK(p.call_counts[1] == Counts{2, 2});  // a calls b in line 2
  CHECK(p.call_total.at(3, 0) == 3);        // b calls a
  CHECK(p.calls[4] == Call{c, b, 2});
}

TEST_CASE("builder: few calls out of their order find their places") {
  constexpr std::uint32_t functions = 40;
  const auto cost_of = [](const Call& c) {
    return std::int64_t{1'000'000} * static_cast<std::uint32_t>(c.caller) +
           1'000 * static_cast<std::uint32_t>(c.callee) + c.line;
  };
  ProfileBuilder builder = time_builder();
  for (std::uint32_t f = 0; f < functions; ++f) builder.function({.name = "f" + std::to_string(f)});
  const auto add = [&](ProfileBuilder& to, Call call) { to.add_call(call, {1, 1}, {}, std::array{cost_of(call)}); };
  for (std::uint32_t f = 0; f < functions; ++f) {
    for (std::uint32_t g = 0; g < functions; g += 2) add(builder, {FunctionId{f}, FunctionId{g}, 5});
  }
  Profile before = std::move(builder).finish();
  const std::size_t rows = before.calls.size();

  ProfileBuilder changed = ProfileBuilder::resume(std::move(before));
  const auto move_to = [&](std::size_t row, Call call) {
    changed.tables().calls[row] = call;
    changed.tables().call_total.at(row, 0) = cost_of(call);
  };
  move_to(0, {FunctionId{39}, FunctionId{39}, 1});    // from the first place to the last
  move_to(17, {FunctionId{30}, FunctionId{1}, 9});    // somewhere else
  move_to(18, {FunctionId{30}, FunctionId{1}, 2});    // and another one before it
  move_to(700, {FunctionId{0}, FunctionId{3}, 1});    // to the beginning
  move_to(500, {FunctionId{20}, FunctionId{20}, 5});  // there is one there
  add(changed, {FunctionId{2}, FunctionId{3}, 4});
  const Profile after = std::move(changed).finish();  // checks the order
  CHECK(after.calls.size() == rows);                  // one more, and two in one
  CHECK(after.calls.front() == Call{FunctionId{0}, FunctionId{2}, 5});
  CHECK(after.calls.back() == Call{FunctionId{39}, FunctionId{39}, 1});
  for (std::size_t i = 0; i < after.calls.size(); ++i) {
    const Call& call = after.calls[i];
    const bool doubled = call == Call{FunctionId{20}, FunctionId{20}, 5};
    CHECK(after.call_counts[i].calls == (doubled ? 2 : 1));
    CHECK(after.call_total.at(i, 0) == cost_of(call) * (doubled ? 2 : 1));
  }
}

TEST_CASE("builder: texts interned together are found among a profile's strings, or made, as one by one") {
  const auto make = [] {
    ProfileBuilder builder = time_builder();
    for (int f = 0; f < 200; ++f) builder.function({.name = "f" + std::to_string(f), .file = "a.py"});
    return std::move(builder).finish();
  };
  const std::vector<std::string> texts{"f7", "new", "", "f150", "other", "new", "a.py", "time"};  // one in 25 strings
  ProfileBuilder together = ProfileBuilder::resume(make()), one_by_one = ProfileBuilder::resume(make());
  const std::vector<StringId> ids = together.intern(texts);
  REQUIRE(ids.size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK(together.text(ids[i]) == texts[i]);
    CHECK(ids[i] == one_by_one.intern(texts[i]));
  }
  CHECK(together.intern("new") == ids[1]);
  CHECK(together.tables().strings.size() == one_by_one.tables().strings.size());
}

TEST_CASE("builder: a profile without counts goes on with calls that have some") {
  ProfileBuilder builder = time_builder();
  for (const char* name : {"f", "g", "h"}) builder.function({.name = name});
  builder.add_call({FunctionId{1}, FunctionId{2}}, {}, {}, std::array{std::int64_t{7}});
  Profile profile = std::move(builder).finish();
  CHECK(profile.call_counts.empty());
  ProfileBuilder more = ProfileBuilder::resume(std::move(profile));
  more.add_call({FunctionId{0}, FunctionId{1}}, {3, 3}, {}, std::array{std::int64_t{9}});
  const Profile both = std::move(more).finish();
  REQUIRE(both.call_counts.size() == 2);
  CHECK(both.call_counts[0].calls == 3);
  CHECK(both.call_counts[1].calls == not_counted);
}

TEST_CASE("builder: lines of a function are added up and sorted") {
  ProfileBuilder builder(std::array{time_metric, hits_metric});
  const FunctionId f = builder.function({.name = "f"});
  builder.add_self(f, std::array<std::int64_t, 2>{10, 3});
  builder.add_line({f, 9}, std::array<std::int64_t, 2>{4, 1}, {});
  builder.add_line({f, 2}, std::array<std::int64_t, 2>{1, not_measured}, {});
  builder.add_line({f, 9}, std::array<std::int64_t, 2>{5, 2}, {});
  CHECK(dump_of(std::move(builder).finish()).ends_with("line 0 2 self 1 - # \"f\"\nline 0 9 self 9 3 # \"f\"\n"));
}

TEST_CASE("builder: gauges keep the larger value") {
  ProfileBuilder builder(std::array{mem_peak_metric});
  const FunctionId f = builder.function({.name = "f"});
  for (const std::int64_t value : {3, 9, 4}) builder.add_self(f, {&value, 1});
  CHECK(std::move(builder).finish().self.at(0, 0) == 9);
}

TEST_CASE("builder: a cost not measured is neutral, a count not taken makes the sum unknown") {
  std::int64_t sum = not_measured;
  CHECK(combine_checked(sum, not_measured, Combine::sum));
  CHECK(sum == not_measured);
  CHECK(combine_checked(sum, 5, Combine::sum));
  CHECK(combine_checked(sum, not_measured, Combine::sum));
  CHECK(sum == 5);
  Counts counts{2, 1};
  CHECK(add_counts_checked(counts, {not_counted, 3}));
  CHECK(counts == Counts{not_counted, 4});
  CHECK(add_counts_checked(counts, {5, 5}));
  CHECK(counts == Counts{not_counted, 9});
}

TEST_CASE("builder: counts that nobody took make no table") {
  ProfileBuilder builder = time_builder();
  const FunctionId f = builder.function({.name = "f"});
  builder.add_counts(f, {});
  builder.add_call({f, f}, {}, {}, {});
  const Profile p = std::move(builder).finish();
  CHECK(p.counts.empty());
  CHECK(p.call_counts.empty());
}

TEST_CASE("builder: sums beyond 64 bits name the function") {
  const std::int64_t one = 1;
  ProfileBuilder builder = time_builder();
  const FunctionId f = builder.function({.name = "work\n", .file = "a.py", .line = 3});
  builder.add_self(f, {&largest, 1});
  CHECK(message_of([&] {
          builder.add_self(f, {&one, 1});
        }) == "time of function 'work\\n' (a.py:3) does not fit 64 bits");
  builder.add_counts(f, {largest, 0});
  CHECK(message_of([&] {
          builder.add_counts(f, {1, 0});
        }) == "the call count of function 'work\\n' (a.py:3) does not fit 64 bits");
  builder.add_call({f, f}, {1, 1}, {}, {&largest, 1});
  builder.add_call({f, f}, {1, 1}, {}, {&one, 1});
  CHECK(message_of([&] { builder.compact(); }) == "time of function 'work\\n' (a.py:3) does not fit 64 bits");
  std::int64_t lowest = -largest;
  CHECK_FALSE(add_checked(lowest, -1));  // would read as "not measured"
  CHECK(lowest == -largest);
}

TEST_CASE("builder: equal stack prefixes are one node, equal samples are added up") {
  ProfileBuilder builder(std::array{samples_metric});
  const FunctionId f = builder.function({.name = "f"});
  const NodeId outer = builder.node(no_parent, f, 1);
  CHECK(builder.node(no_parent, f, 1) == outer);
  CHECK(builder.node(no_parent, f, 2) != outer);
  const NodeId inner = builder.node(outer, f, 1);
  CHECK(inner != outer);
  CHECK(builder.labels("", "", 0) == LabelsId{0});
  const LabelsId main = builder.labels("1", "main", 37);
  CHECK(builder.labels("1", "main", 37) == main);
  CHECK(builder.labels("1", "main", 36) != main);
  const std::int64_t two = 2, three = 3;
  builder.add_sample({inner, main}, {&two, 1});
  builder.add_sample({inner, LabelsId{0}}, {&two, 1});
  builder.add_sample({inner, main}, {&three, 1});
  const Profile p = std::move(builder).finish();
  REQUIRE(p.samples.size() == 2);
  CHECK(p.sample_cost.at(0, 0) == 5);
  CHECK(p.sample_cost.at(1, 0) == 2);
}

TEST_CASE("hashes depend on seed and bytes") {
  CHECK(hash_bytes("a", 1) == hash_bytes("a", 1));
  CHECK(hash_bytes("a", 1) != hash_bytes("a", 2));
  CHECK(hash_bytes("a", 1) != hash_bytes("b", 1));
  CHECK(random_seed() == random_seed());
}

TEST_CASE("total_cost adds up the self costs and refuses to wrap") {
  ProfileBuilder builder(std::array{time_metric, mem_peak_metric});
  for (const std::uint32_t line : {1u, 2u})
    builder.add_self(builder.function({.name = "f", .line = line}), std::array<std::int64_t, 2>{4, 10 * line});
  CHECK(total_cost(std::move(builder).finish()) == std::vector<std::int64_t>{8, 20});

  ProfileBuilder too_much = time_builder();
  for (const std::uint32_t line : {1u, 2u})
    too_much.add_self(too_much.function({.name = "f", .line = line}), {&largest, 1});
  CHECK(message_of([&] {
          std::move(too_much).finish();
        }).starts_with("the self costs (time) of all functions together do not fit 64 bits"));
}

// ---- check ----

namespace {

// Something in every table.
Profile complete_profile() {
  ProfileBuilder builder(std::array{time_metric, hits_metric});
  builder.add_source("t", "dump", "", 0, 0);
  const FunctionId f = builder.function({.name = "f", .file = "a.py", .line = 1}),
                   g = builder.function({.name = "g", .file = "a.py", .line = 9});
  const std::array<std::int64_t, 2> cost{5, 1};
  for (const FunctionId function : {f, g}) {
    builder.add_counts(function, {1, 1});
    builder.add_self(function, cost);
    builder.add_total(function, cost);
    builder.add_line({function, 2}, cost, cost);
  }
  builder.add_call({f, g}, {1, 1}, cost, cost);
  builder.add_call({g, f}, {1, 1}, cost, cost);
  const NodeId outer = builder.node(no_parent, f, 1), inner = builder.node(outer, g, 1);
  const LabelsId labels = builder.labels("p", "t", 1);
  builder.add_sample({outer, labels}, cost);
  builder.add_sample({inner, labels}, cost);
  Recorded recorded;
  recorded.keys = {{f, StringId{0}, StringId{0}, 1}, {g, StringId{0}, StringId{0}, 9}};
  recorded.callers.resize(1);
  recorded.entries.resize(1);
  recorded.entries[0].callers = 1;
  builder.set_recorded(std::move(recorded));
  return std::move(builder).finish();
}

// What check() says once `spoil` was at the profile.
template <class Spoil>
std::string fault(Spoil spoil) {
  Profile p = complete_profile();
  spoil(p);
  const std::string message = message_of([&] { check(p); });
  constexpr std::string_view prefix = "broken profile: ";
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

constexpr StringId no_string{10'000};
constexpr FunctionId no_function{10'000};

}  // namespace

TEST_CASE("check: every invariant, broken once") {
  CHECK(fault([](Profile&) {}) == "");
  CHECK(fault([](Profile& p) { p.metrics[0].name = no_string; }) == "a metric's name is out of range (row 0)");
  CHECK(fault([](Profile& p) { std::swap(p.metrics[0], p.metrics[1]); }) ==
        "a metric is unknown, doubled or out of order (row 1)");
  CHECK(fault([](Profile& p) { p.metrics[1] = p.metrics[0]; }) ==
        "a metric is unknown, doubled or out of order (row 1)");
  CHECK(fault([](Profile& p) { p.metrics[0].unit = Unit::bytes; }) == "a metric has the wrong unit (row 0)");
  CHECK(fault([](Profile& p) { p.sources[0].command = no_string; }) == "a source's text is out of range");
  CHECK(fault([](Profile& p) {
          p.self = CostTable(1);
          p.self.resize(2, 0);
        }) == "self has the wrong size");
  CHECK(fault([](Profile& p) { p.total.resize(3, 0); }) == "total has the wrong size");
  CHECK(fault([](Profile& p) { p.call_self.resize(1, 0); }) == "call_self has the wrong size");
  CHECK(fault([](Profile& p) { p.call_total.resize(3, 0); }) == "call_total has the wrong size");
  CHECK(fault([](Profile& p) { p.line_self.resize(3, 0); }) == "line_self has the wrong size");
  CHECK(fault([](Profile& p) { p.line_total.resize(1, 0); }) == "line_total has the wrong size");
  CHECK(fault([](Profile& p) { p.sample_cost.resize(1, 0); }) == "sample_cost has the wrong size");
  CHECK(fault([](Profile& p) { p.functions[1].context = no_string; }) == "a function's text is out of range (row 1)");
  CHECK(fault([](Profile& p) { p.counts.pop_back(); }) == "counts has the wrong size");
  CHECK(fault([](Profile& p) { p.counts[1].calls = -2; }) == "a count is negative (row 1)");
  CHECK(fault([](Profile& p) { p.self.at(1, 0) = not_measured; }) == "a function's cost is not measured (row 1)");
  CHECK(fault([](Profile& p) { p.total.at(0, 1) = not_measured; }) == "a function's cost is not measured (row 0)");
  CHECK(fault([](Profile& p) { p.calls[1].caller = no_function; }) == "a call's function is out of range (row 1)");
  CHECK(fault([](Profile& p) { std::swap(p.calls[0], p.calls[1]); }) ==
        "calls are not sorted by caller, callee and line (row 1)");
  CHECK(fault([](Profile& p) { p.calls[1] = p.calls[0]; }) ==
        "calls are not sorted by caller, callee and line (row 1)");
  CHECK(fault([](Profile& p) { p.call_counts.pop_back(); }) == "call_counts has the wrong size");
  CHECK(fault([](Profile& p) { p.call_counts[0].primitive = -2; }) == "a call's count is negative (row 0)");
  CHECK(fault([](Profile& p) { p.lines[1].function = no_function; }) == "a line's function is out of range (row 1)");
  CHECK(fault([](Profile& p) { std::swap(p.lines[0], p.lines[1]); }) ==
        "lines are not sorted by function and line (row 1)");
  CHECK(fault([](Profile& p) { p.line_self.at(1, 0) = 4; }) ==
        "the lines of a function do not add up to its self cost (row 1)");
  CHECK(fault([](Profile& p) { p.nodes[0].parent = NodeId{0}; }) == "a node's parent does not precede it (row 0)");
  CHECK(fault([](Profile& p) { p.nodes[1].function = no_function; }) == "a node's function is out of range (row 1)");
  CHECK(fault([](Profile& p) { p.labels.clear(); }) == "samples without labels");
  CHECK(fault([](Profile& p) { p.labels[1].thread = no_string; }) == "a label's text is out of range (row 1)");
  CHECK(fault([](Profile& p) { p.samples[1].leaf = NodeId{10'000}; }) == "a sample's leaf is out of range (row 1)");
  CHECK(fault([](Profile& p) { p.samples[0].labels = LabelsId{10'000}; }) ==
        "a sample's labels are out of range (row 0)");
  CHECK(fault([](Profile& p) { p.recorded->keys[0].name = no_string; }) == "a recorded key is out of range (row 0)");
  CHECK(fault([](Profile& p) { p.recorded->entries[0].key = 9; }) == "a recorded entry is out of range (row 0)");
  CHECK(fault([](Profile& p) { p.recorded->entries[0].callers = 9; }) ==
        "a recorded entry's callers are out of range (row 0)");
  CHECK(fault([](Profile& p) { p.recorded->callers[0].key = 9; }) == "a recorded caller is out of range (row 0)");
}

TEST_CASE("check: lines need not say anything about a metric") {
  CHECK(fault([](Profile& p) {
          for (std::size_t row = 0; row < 2; ++row) p.line_self.at(row, 1) = not_measured;
        }) == "");
}

// ---- call graph ----

TEST_CASE("call graph: who calls and who is called") {
  const Profile p = graph_of(4, {{0, 1}, {0, 2}, {1, 2}, {2, 2}});
  const CallGraph graph(p);
  CHECK(graph.calls_from(FunctionId{0}).begin == 0);
  CHECK(graph.calls_from(FunctionId{0}).end == 2);
  CHECK(graph.calls_from(FunctionId{3}).begin == graph.calls_from(FunctionId{3}).end);
  const auto to = graph.calls_to(FunctionId{2});
  CHECK(std::vector(to.begin(), to.end()) == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(graph.calls_to(FunctionId{3}).empty());
}

TEST_CASE("call graph: components are numbered callees first") {
  const Profile p = graph_of(6, {{0, 1}, {1, 2}, {2, 1}, {2, 3}, {3, 4}, {4, 3}, {3, 5}});
  const CallGraph graph(p);
  CHECK(graph.components() == 4);
  CHECK(graph.component(FunctionId{1}) == graph.component(FunctionId{2}));
  CHECK(graph.component(FunctionId{3}) == graph.component(FunctionId{4}));
  CHECK(graph.component(FunctionId{0}) > graph.component(FunctionId{1}));
  CHECK(graph.component(FunctionId{2}) > graph.component(FunctionId{3}));
  CHECK(graph.component(FunctionId{3}) > graph.component(FunctionId{5}));
  CHECK(graph.in_cycle(FunctionId{1}));
  CHECK_FALSE(graph.in_cycle(FunctionId{0}));
}

TEST_CASE("call graph: calling itself is no cycle") {
  const Profile p = graph_of(2, {{0, 0}, {0, 1}});
  const CallGraph graph(p);
  CHECK_FALSE(graph.in_cycle(FunctionId{0}));
}

TEST_CASE("call graph: a call that nobody made closes no cycle") {
  ProfileBuilder builder = time_builder();
  const FunctionId a = builder.function({.name = "a"}), b = builder.function({.name = "b"});
  const std::int64_t zero = 0, one = 1;
  builder.add_call({a, b}, {1, 1}, {}, {&one, 1});
  builder.add_call({b, a}, {0, 0}, {}, {&zero, 1});
  const Profile p = std::move(builder).finish();
  CHECK_FALSE(CallGraph(p).in_cycle(a));
}

TEST_CASE("call graph: a chain of 200,000 calls needs no deep stack") {
  constexpr std::uint32_t n = 200'000;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> calls;
  for (std::uint32_t i = 0; i + 1 < n; ++i) calls.emplace_back(i, i + 1);
  CHECK(CallGraph(graph_of(n, calls)).components() == n);
  calls.emplace_back(n - 1, 0);
  CHECK(CallGraph(graph_of(n, calls)).components() == 1);
}

// ---- call totals ----

namespace {

struct Incoming {
  std::uint32_t caller;
  std::int64_t calls;
  std::int64_t total = not_measured;
};

// Function 0 is called by others; the inclusive costs of those calls.
std::vector<std::int64_t> shares(std::int64_t total, std::int64_t calls, const std::vector<Incoming>& incoming) {
  ProfileBuilder builder = time_builder();
  for (int i = 0; i < 10; ++i) builder.function({.name = "f" + std::to_string(i)});
  builder.add_total(FunctionId{0}, {&total, 1});
  if (calls >= 0) builder.add_counts(FunctionId{0}, {calls, calls});
  for (const Incoming& in : incoming) {
    builder.add_call({FunctionId{in.caller}, FunctionId{0}}, {in.calls, not_counted}, {},
                     in.total == not_measured ? std::span<const std::int64_t>{} : std::span(&in.total, 1));
  }
  const Profile p = std::move(builder).finish();
  const CallGraph graph(p);
  const CallTotals totals(p, graph);
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < p.calls.size(); ++i) values.push_back(totals.row(i)[0]);
  return values;
}

using Values = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("call totals: shares follow the counts and add up exactly") {
  CHECK(shares(100, 10, {{1, 3}, {2, 7}}) == Values{30, 70});
  CHECK(shares(10, 3, {{1, 1}, {2, 1}, {3, 1}}) == Values{3, 3, 4});
  CHECK(shares(100, 10, {{1, 3}, {2, 2}}) == Values{30, 20});   // the rest had no recorded caller
  CHECK(shares(100, 5, {{1, 10}, {2, 10}}) == Values{50, 50});  // more callers than calls
  CHECK(shares(100, -1, {{1, 1}, {2, 3}}) == Values{25, 75});
  CHECK(shares(0, 4, {{1, 4}}) == Values{0});
  CHECK(shares(100, 0, {{1, 0}}) == Values{0});
}

TEST_CASE("call totals: calling itself gets nothing") { CHECK(shares(100, 14, {{0, 13}, {1, 1}}) == Values{0, 100}); }

TEST_CASE("call totals: measured costs stay, the rest is shared") {
  CHECK(shares(100, 4, {{1, 2, 60}, {2, 1}, {3, 1}}) == Values{60, 20, 20});
  CHECK(shares(100, 4, {{1, 2, 160}, {2, 2}}) == Values{160, 0});
}

TEST_CASE("call totals: a negative cost is shared like any other") {
  CHECK(shares(-10, 3, {{1, 1}, {2, 2}}) == Values{-3, -7});
}

TEST_CASE("call totals: the largest numbers do not overflow") {
  const Values values = shares(largest, largest, {{1, largest}, {2, largest}, {3, largest}, {4, largest}});
  CHECK(values[0] + values[1] + values[2] + values[3] == largest);
  CHECK(values[0] == doctest::Approx(static_cast<double>(largest) / 4));
  CHECK(shares(-largest, largest, {{1, largest}, {2, 1}})[0] < 0);
}

TEST_CASE("call totals: a profile whose calls were all measured is used as it is") {
  ProfileBuilder builder = time_builder();
  const FunctionId f = builder.function({.name = "f"}), g = builder.function({.name = "g"});
  const std::int64_t cost = 7;
  builder.add_call({f, g}, {1, 1}, {}, {&cost, 1});
  const Profile p = std::move(builder).finish();
  const CallGraph graph(p);
  const CallTotals totals(p, graph);
  CHECK(totals.estimated() == 0);
  CHECK(totals.row(0).data() == p.call_total.row(0).data());
}

// ---- modules ----

namespace {

// The module and package of a path, among other files of the profile.
std::string names(std::string_view path, const std::vector<std::string>& others = {}) {
  ProfileBuilder builder = time_builder();
  builder.function({.name = "f", .file = path});
  for (const std::string& other : others) builder.function({.name = "f", .file = other});
  const Profile p = std::move(builder).finish();
  const Modules modules(p);
  const StringId file = p.functions[0].file;
  return std::string(modules.module(file)) + " in " + std::string(modules.package(file));
}

}  // namespace

TEST_CASE("modules: below a folder of modules every folder is a package") {
  CHECK(names("/usr/lib/python3.11/json/decoder.py") == "json.decoder in json");
  CHECK(names("/usr/lib/python3.11/json/__init__.py") == "json in json");
  CHECK(names("/usr/lib/python3.11/argparse.py") == "argparse in argparse");
  CHECK(names("/usr/lib64/python2.7/json/decoder.pyc") == "json.decoder in json");
  CHECK(names("/v/lib/python3.11/site-packages/numpy/core/numeric.py") == "numpy.core.numeric in numpy.core");
  CHECK(names("/usr/lib/python3/dist-packages/apt/cache.py") == "apt.cache in apt");
  CHECK(names("/opt/pypy3.9/lib/pypy3.9/json/decoder.py") == "json.decoder in json");
  CHECK(names("/opt/pypy/lib-python/2.7/json/decoder.py") == "json.decoder in json");
  CHECK(names("/app/bundle.zip/shop/cart.py") == "shop.cart in shop");
  CHECK(names("/usr/lib/python3.11/lib-dynload/x.py") == "x in x");
}

TEST_CASE("modules: Windows paths") {
  CHECK(names("C:\\Python311\\Lib\\json\\decoder.py") == "json.decoder in json");
  CHECK(names("C:\\Python311\\Lib\\site-packages\\numpy\\__init__.py") == "numpy in numpy");
  CHECK(names("C:\\Python311\\lib\\json\\decoder.py") == "json.decoder in json");
  CHECK(names("C:\\work\\t.py") == "t in t");
}

TEST_CASE("modules: elsewhere a folder is a package if the profile has its __init__.py") {
  CHECK(names("/srv/app/shop/cart/utils.py") == "utils in utils");
  CHECK(names("/srv/app/shop/cart/utils.py", {"/srv/app/shop/cart/__init__.py"}) == "cart.utils in cart");
  CHECK(names("/srv/app/shop/cart/utils.py", {"/srv/app/shop/cart/__init__.py", "/srv/app/shop/__init__.py"}) ==
        "shop.cart.utils in shop.cart");
  CHECK(names("/srv/app/shop/__init__.py") == "shop in shop");
  CHECK(names("C:\\w\\shop\\cart.py", {"C:\\w\\shop\\__init__.py"}) == "shop.cart in shop");
}

TEST_CASE("modules: relative paths begin at the folder the program was started in") {
  CHECK(names("t.py") == "t in t");
  CHECK(names("./t.py") == "t in t");
  CHECK(names("shop/cart.py") == "shop.cart in shop");
  CHECK(names("./shop/__init__.py") == "shop in shop");
  CHECK(names("__init__.py") == "__init__ in __init__");
  CHECK(names("../shop/cart.py") == "cart in cart");
  CHECK(names("a//b.py") == "a.b in a");
}

TEST_CASE("modules: what is no path") {
  CHECK(names("~") == "built-in in built-in");
  CHECK(names("") == "built-in in built-in");
  CHECK(names("<frozen importlib._bootstrap>") == "importlib._bootstrap in importlib");
  CHECK(names("<frozen zipimport>") == "zipimport in zipimport");
  CHECK(names("<string>") == "<string> in <string>");
  CHECK(names("<ipython-input-3-0123>") == "<ipython-input-3-0123> in <ipython-input-3-0123>");
  CHECK(names("builtins") == "builtins in builtins");
  CHECK(names("<") == "< in <");
  CHECK(names(">") == "> in >");
}

TEST_CASE("modules: odd paths have a name all the same") {
  for (const char* path :
       {"/", "//", ".", "..", "/.py", ".py", "/x/", "\\", "C:", "C:\\", "/a/__init__.py/", "~/x.py", "/\n.py"}) {
    const std::string text = names(path);
    CAPTURE(std::string(path));
    CHECK(text.find(" in ") != 0);
    CHECK_FALSE(text.ends_with(" in "));
  }
}
