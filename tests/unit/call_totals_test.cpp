// Inclusive costs of calls, and how what was not measured is shared.

#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>

#include "model/call_totals.hpp"
#include "model/call_tree.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

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
  const CallTotals totals(p);
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

TEST_CASE("call totals: in a circle, calls from outside have the cost, and from inside only other primitive ones") {
  // exec runs the script, whose imports have it run three modules: inside the one call that the top makes.
  const auto dump = [](int primitive) {
    return "profconv dump 1\nmetric time ns sum\n"
           "function 0 \"top\" file \"t.py\" line 1 calls 1 primitive 1 self 1 total 1000\n"
           "function 1 \"exec\" file \"t.py\" line 1 calls 4 primitive " +
           std::to_string(primitive) +
           " self 9 total 999\n"
           "function 2 \"script\" file \"t.py\" line 1 calls 1 primitive 1 self 390 total 990\n"
           "function 3 \"import\" file \"t.py\" line 1 calls 3 primitive 1 self 600 total 600\n"
           "call 0 1 line 1 calls 1 primitive - total -\n"
           "call 1 2 line 1 calls 1 primitive - total -\n"
           "call 2 3 line 1 calls 3 primitive - total -\n"
           "call 3 1 line 1 calls 3 primitive - total -\n";
  };
  const auto totals_of = [](const std::string& text) {
    const Profile p = read_text(text);
    const CallTotals totals(p);
    Values values;
    for (std::size_t i = 0; i < p.calls.size(); ++i) values.push_back(totals.row(i)[0]);
    return values;
  };
  CHECK(totals_of(dump(1)) == Values{999, 990, 600, 0});
  // Begun by someone else's call of a function of the circle: half of the primitive calls are from inside. But "import"
  // took no time in its calls.
  CHECK(totals_of(dump(2)) == Values{999, 990, 600, 0});
}

TEST_CASE("call totals: primitive calls from inside of a circle share the cost with those from outside") {
  // min(a, b) within what min(known, key=...) calls; min is called by others, too, who took little time.
  const Profile p = read_text(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 1000\n"
      "function 1 \"other\" file \"t.py\" line 1 calls 1 primitive 1 self 5 total 15\n"
      "function 2 \"min\" file \"t.py\" line 1 calls 200 primitive 20 self 200 total 900\n"
      "function 3 \"key\" file \"t.py\" line 1 calls 20 primitive 20 self 300 total 700\n"
      "call 0 1 line 1 calls 1 primitive - total -\n"
      "call 0 2 line 1 calls 5 primitive - total -\n"
      "call 0 3 line 1 calls 5 primitive - total -\n"
      "call 1 2 line 1 calls 5 primitive - total -\n"
      "call 2 3 line 1 calls 15 primitive - total -\n"
      "call 3 2 line 1 calls 190 primitive - total -\n");
  const CallTotals totals(p);
  const auto cost = [&](std::size_t call) { return totals.row(call)[0]; };
  CHECK(cost(1) + cost(3) + cost(5) == 900);
  CHECK(cost(3) == 10);   // what it spent
  CHECK(cost(5) == 400);  // and so here: its share would have been half of what is left
  CHECK(cost(1) == 490);
  CHECK(cost(2) == 175);
  CHECK(cost(4) == 525);
}

TEST_CASE("call totals: no caller's calls take more time than it spent, unless nothing else explains it") {
  const auto shared = [](const std::string& a, const std::string& b) {
    const Profile p = read_text(
        "profconv dump 1\nmetric time ns sum\nfunction 0 \"f\" file \"t.py\" line 1 calls 10 primitive 10 total 100\n" +
        ("function 1 \"a\" file \"t.py\" line 1 " + a) + "\nfunction 2 \"b\" file \"t.py\" line 1 " + b +
        "\ncall 1 0 line 3 calls 6 primitive - total -\n"
        "call 1 0 line 4 calls 3 primitive - total -\n"
        "call 2 0 line 1 calls 1 primitive - total -\n");
    const CallTotals totals(p);
    return Values{totals.row(0)[0], totals.row(1)[0], totals.row(2)[0]};
  };
  CHECK(shared("calls 1 primitive 1 self 1 total 500", "calls 1 primitive 1 self 1 total 500") == Values{60, 30, 10});
  CHECK(shared("calls 1 primitive 1 self 5 total 35", "calls 1 primitive 1 self 1 total 500") == Values{20, 10, 70});
  CHECK(shared("calls 1 primitive 1 self 0 total 0", "calls 1 primitive 1 self 1 total 500") == Values{0, 0, 100});
  CHECK(shared("calls 0 primitive 0 self 0 total 0", "calls 1 primitive 1 self 1 total 500") == Values{60, 30, 10});
  CHECK(shared("calls 1 primitive 1 self 0 total 9", "calls 1 primitive 1 self 0 total 1") == Values{60, 30, 10});
}

namespace {

// main calls a and b; both call f ten times, and a calls g as well, which b does not.
std::string two_callers(const std::string& time_in_f) {
  return "profconv dump 1\nmetric time ns sum\n"
         "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 100 total 1000\n"
         "function 1 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 50 total 700\n"
         "function 2 \"b\" file \"t.py\" line 1 calls 1 primitive 1 self 50 total 200\n"
         "function 3 \"f\" file \"t.py\" line 1 calls 20 primitive 20 self " +
         time_in_f + " total " + time_in_f +
         "\nfunction 4 \"g\" file \"t.py\" line 1 calls 4 primitive 4 self 200 total 200\n"
         "call 0 1 line 1 calls 1 primitive - total -\n"
         "call 0 2 line 1 calls 1 primitive - total -\n"
         "call 1 3 line 1 calls 10 primitive - total -\n"
         "call 1 4 line 1 calls 4 primitive - total -\n"
         "call 2 3 line 1 calls 10 primitive - total -\n";
}

Values totals_of(const std::string& dump) {
  const Profile p = read_text(dump);
  const CallTotals totals(p);
  Values values;
  for (std::size_t i = 0; i < p.calls.size(); ++i) values.push_back(totals.row(i)[0]);
  return values;
}

}  // namespace

TEST_CASE("call totals: calls of one function that took the callers different times fit both") {
  // 300 each by the counts; but b spent 150 in f, so a spent 450.
  CHECK(totals_of(two_callers("600")) == Values{700, 200, 450, 200, 150});
}

TEST_CASE("call totals: what callers spent is a bound alone where functions are missing") {
  // Four tenths of main's time are nobody's: who knows what else a called.
  CHECK(totals_of(two_callers("200")) == Values{700, 200, 100, 200, 100});
}

TEST_CASE("call totals: a function of a circle that never runs inside itself has calls that add up") {
  // exec runs a module inside a module; each module runs once, so what it spent is known of its calls; what outer's of
  // exec took is a part of what top's took.
  const Values costs = totals_of(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"top\" file \"t.py\" line 1 calls 1 primitive 1 self 0 total 1000\n"
      "function 1 \"exec\" file \"t.py\" line 1 calls 2 primitive 1 self 100 total 1000\n"
      "function 2 \"outer\" file \"t.py\" line 1 calls 1 primitive 1 self 100 total 900\n"
      "function 3 \"inner\" file \"t.py\" line 1 calls 1 primitive 1 self 100 total 300\n"
      "function 4 \"f\" file \"t.py\" line 1 calls 2 primitive 2 self 700 total 700\n"
      "call 0 1 line 1 calls 1 primitive - total -\n"
      "call 1 2 line 1 calls 1 primitive - total -\n"
      "call 1 3 line 1 calls 1 primitive - total -\n"
      "call 2 1 line 1 calls 1 primitive - total -\n"
      "call 2 4 line 1 calls 1 primitive - total -\n"
      "call 3 4 line 1 calls 1 primitive - total -\n");
  CHECK(costs == Values{1000, 900, 300, 300, 500, 200});
}

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
  // In a circle the counts are multiplied.
  const std::string most = std::to_string(largest);
  const Profile p = read_text(
      "profconv dump 1\nmetric time ns sum\nfunction 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 0 total " +
      most + "\nfunction 1 \"b\" file \"t.py\" line 1 calls " + most + " primitive " + most + " self 0 total " + most +
      "\nfunction 2 \"c\" file \"t.py\" line 1 calls " + most + " primitive " + most + " self 0 total " + most +
      "\ncall 0 1 line 1 calls " + std::to_string(largest / 4) + " primitive - total -" + "\ncall 1 2 line 1 calls " +
      most + " primitive - total -" + "\ncall 2 1 line 1 calls " + most + " primitive - total -\n");
  const CallTotals totals(p);
  CHECK(totals.row(0)[0] + totals.row(2)[0] == largest);
  CHECK(totals.row(0)[0] == doctest::Approx(static_cast<double>(largest) / 4));
  CHECK(totals.row(1)[0] == largest);
}

TEST_CASE("call totals: a profile whose calls were all measured is used as it is") {
  ProfileBuilder builder = time_builder();
  const FunctionId f = builder.function({.name = "f"}), g = builder.function({.name = "g"});
  const std::int64_t cost = 7;
  builder.add_call({f, g}, {1, 1}, {}, {&cost, 1});
  const Profile p = std::move(builder).finish();
  const CallTotals totals(p);
  CHECK(totals.estimated() == 0);
  CHECK(totals.row(0).data() == p.call_total.row(0).data());
}

TEST_CASE("call totals: hits are each call's where a line runs once at each, else as the times are; the tree agrees") {
  // f is called 3 times from a, once from b, for as long; its line 11 runs at each call, line 12 is in a loop.
  const Profile p = read_text(
      "profconv dump 1\nmetric time ns sum\nmetric hits count sum\n"
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 10 0 total 60 0\n"
      "function 1 \"b\" file \"t.py\" line 5 calls 1 primitive 1 self 10 0 total 60 0\n"
      "function 2 \"f\" file \"t.py\" line 10 calls 4 primitive 4 self 100 204 total 100 204\n"
      "call 0 2 line 0 calls 3 primitive 3 total 50 -\ncall 1 2 line 0 calls 1 primitive 1 total 50 -\n"
      "line 2 11 self - 4\nline 2 12 self - 200\n");
  const CallTotals totals(p);
  CHECK(totals.row(0)[1] == 103);
  CHECK(totals.row(1)[1] == 101);
  const CallTree tree = estimate_call_tree(p, {});
  std::int64_t hits = 0;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    if (tree.nodes[i].function != FunctionId{2}) continue;
    const bool from_a = tree.nodes[tree.nodes[i].parent].function == FunctionId{0};
    CHECK(tree.total.at(i, 1) == (from_a ? 103 : 101));
    CHECK_FALSE(tree.nodes[i].all_proved);  // of the hits nobody knows
    hits += tree.total.at(i, 1);
  }
  CHECK(hits == 204);
}
