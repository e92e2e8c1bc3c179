// The builder: what is added, and what becomes of it.

#include <array>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>
#include <profconv/profile.hpp>

#include "base/hash.hpp"
#include "model/checked.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

}  // namespace

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

TEST_CASE("builder: a function has one entry") {
  ProfileBuilder b = time_builder();
  const FunctionId f = b.function({.name = "f"});
  b.function({.name = "g"});
  CHECK(b.add_ordered_entries(2, [&](std::size_t) { return ProfileBuilder::Entry{f, {1, 1}, 1, 2}; }).empty());
}

TEST_CASE("builder: calls that are added in their order, with and without a time of their own") {
  for (const bool with_self : {true, false}) {
    for (const std::size_t count : {0u, 3u, 100'000u}) {
      CAPTURE(count);
      const auto functions = static_cast<std::uint32_t>(count + 1);
      ProfileBuilder one = time_builder(), other = time_builder();
      for (ProfileBuilder* builder : {&one, &other}) {
        for (std::uint32_t i = 0; i < functions; ++i) builder->function({.name = "f", .line = i});
      }
      for (std::uint32_t i = functions; i-- > 0;) {
        const std::int64_t self = 1, total = 2;
        other.mark_entry(FunctionId{i});
        other.add_counts(FunctionId{i}, {i, i});
        other.add_self(FunctionId{i}, {&self, 1});
        other.add_total(FunctionId{i}, {&total, 1});
      }
      const std::vector<FunctionId> renumbered = one.add_ordered_entries(functions, [&](std::size_t at) {
        const auto i = static_cast<std::uint32_t>(functions - 1 - at);
        return ProfileBuilder::Entry{FunctionId{i}, {i, i}, 1, 2};
      });
      REQUIRE(renumbered.size() == functions);
      CHECK(renumbered.front() == FunctionId{functions - 1});
      CHECK(renumbered.back() == FunctionId{0});
      one.add_ordered_calls(count, [&](std::size_t first, std::span<Call> calls, std::span<Counts> counts) {
        for (std::size_t i = 0; i < calls.size(); ++i) {
          const auto caller = static_cast<std::uint32_t>(first + i);
          calls[i] = {FunctionId{caller}, FunctionId{caller + 1}, 0};
          counts[i] = {caller + 2, caller + 1};
        }
      });
      one.add_ordered_times(with_self,
                            [&](std::size_t first, std::span<std::int64_t> self, std::span<std::int64_t> total) {
                              CHECK(self.size() == (with_self ? total.size() : 0));
                              for (std::size_t i = 0; i < total.size(); ++i) {
                                total[i] = static_cast<std::int64_t>(first + i);
                                if (with_self) self[i] = total[i] / 2;
                              }
                            });
      for (std::uint32_t i = 0; i < count; ++i) {
        const std::int64_t total = i, self = total / 2;
        other.add_call({FunctionId{functions - 1 - i}, FunctionId{functions - 2 - i}, 0}, {i + 2, i + 1},
                       std::span(&self, with_self ? 1 : 0), {&total, 1});
      }
      const Profile ordered = std::move(one).finish(), added = std::move(other).finish();
      CHECK(dump_of(ordered) == dump_of(added));
      CHECK(ordered.calls.size() == count);
      CHECK(ordered.call_self.empty() == (count == 0 || !with_self));
    }
  }
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

TEST_CASE("builder: few calls out of their order find their places, whether it is said which or not") {
  constexpr std::uint32_t functions = 40;
  const auto cost_of = [](const Call& c) {
    return std::int64_t{1'000'000} * static_cast<std::uint32_t>(c.caller) +
           1'000 * static_cast<std::uint32_t>(c.callee) + c.line;
  };
  bool is_said = false;
  SUBCASE("it is said") { is_said = true; }
  SUBCASE("it is not") {}
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
  if (is_said) changed.set_changed_calls({18, 0, 700, 17, 500});
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

TEST_CASE("builder: a few long names for many functions are refused, as who shows them writes each") {
  const std::string name(std::size_t{1} << 20, 'x');
  ProfileBuilder builder(std::array{time_metric}, {});
  const StringId known = builder.intern(name);
  for (std::uint32_t line = 1; line <= 400; ++line) builder.function(Function{known, {}, {}, {}, line});
  CHECK_THROWS_WITH_AS(
      std::move(builder).finish(),
      "the names of its functions take 419430400 bytes or more, of texts of 1048580: long ones are used "
      "again and again (hint: --max-string refuses long names)",
      Error);
  ProfileBuilder another(std::array{time_metric}, {});
  CHECK_THROWS_AS(
      [&] {
        for (std::uint32_t line = 1; line <= 800; ++line) another.function(FunctionKey{.name = name, .line = line});
      }(),
      Error);
  ProfileBuilder few(std::array{time_metric}, {});
  for (std::uint32_t line = 1; line <= 100; ++line) few.function(FunctionKey{.name = name, .line = line});
  CHECK(std::move(few).finish().functions.size() == 100);
}
