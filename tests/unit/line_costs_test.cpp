// Self costs of lines, and how the callgrind writer shows them. Profiles are written as dumps: the numbers stand in the
// test.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/builder.hpp>

#include "model/line_costs.hpp"
#include "support/callgrind_reader.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

using Costs = std::vector<std::uint64_t>;

std::vector<std::int64_t> self_of_lines(const Profile& profile, std::size_t metric = 0) {
  const CallTotals totals(profile);
  const LineCosts lines(profile, totals);
  std::vector<std::int64_t> costs;
  for (std::size_t i = 0; i < profile.lines.size(); ++i) costs.push_back(lines.row(i)[metric]);
  return costs;
}

// As the reader of line_profiler leaves it: inclusive times, hits.
constexpr const char* inclusive =
    "profconv dump 1\nmetric time ns sum\nmetric hits count sum\n"
    "function 0 \"main\" file \"t.py\" line 1 self 100 3 total 100 3\n"
    "function 1 \"work\" file \"t.py\" line 9 self 60 8 total 60 8\n"
    "line 0 2 self - 1 total 90 -\n"
    "line 0 3 self - 2 total 10 -\n"
    "line 1 10 self - 8 total 60 -\n";

}  // namespace

TEST_CASE("line costs: what was recorded of a line inclusively is its self cost when nothing is called there") {
  const Profile p = read_text(inclusive);
  CHECK(self_of_lines(p, 0) == std::vector<std::int64_t>{90, 10, 60});
  CHECK(self_of_lines(p, 1) == std::vector<std::int64_t>{1, 2, 8});
}

TEST_CASE("line costs: calls on a line are taken from its inclusive cost") {
  const Profile p = read_text(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 self 40 total 100\n"
      "function 1 \"work\" file \"t.py\" line 9 self 60 total 60\n"
      "call 0 1 line 2 calls 1 primitive 1 total 60\n"
      "line 0 2 total 90\nline 0 3 total 10\n");
  CHECK(self_of_lines(p) == std::vector<std::int64_t>{30, 10});
}

TEST_CASE("line costs: a line's self cost is never below zero, and the lines add up to the function's") {
  const Profile p = read_text(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 self 41 total 101\n"
      "function 1 \"work\" file \"t.py\" line 9 self 60 total 60\n"
      "call 0 1 line 3 calls 1 primitive 1 total 60\n"
      "line 0 2 total 60\nline 0 3 total 10\nline 0 4 total 30\n");
  CHECK(self_of_lines(p) == std::vector<std::int64_t>{27, 0, 14});
}

TEST_CASE("line costs: recorded self costs stay as they are, beside inclusive ones") {
  const Profile p = read_text(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"f\" file \"t.py\" line 1 self 7 total 50\n"
      "line 0 2 self 7 total 50\nline 0 3 self - total 43\n");
  CHECK(self_of_lines(p) == std::vector<std::int64_t>{7, not_measured});
}

TEST_CASE("callgrind: one cost line per source line, one column per metric, no peaks") {
  const std::string text =
      written(read_text("profconv dump 1\nmetric time ns sum\nmetric hits count sum\nmetric mem_grow bytes sum\n"
                        "metric mem_free bytes sum\nmetric mem_peak bytes max\n"
                        "function 0 \"f\" file \"t.py\" line 1 self 30 3 4096 512 9999 total 30 3 4096 512 9999\n"
                        "line 0 2 self - 1 - - 5000 total 10 - 4096 0 -\n"
                        "line 0 3 self - 2 - - 9999 total 20 - 0 512 -\n"),
              "callgrind");
  CHECK(text.find("\nevents: ns hits mem_grow mem_free\nsummary: 30 3 4096 512\n") != std::string::npos);
  CHECK(text.find("fn=(2)\n2 10 1 4096 0\n3 20 2 0 512\n") != std::string::npos);
}

TEST_CASE("callgrind: nested line profiles stand on their lines, and every function is called by the root") {
  const Callgrind c(written(read_text(inclusive), "callgrind"));
  const CallgrindFunction& main = c.functions[c.function("main")];
  CHECK(main.lines == std::map<std::uint64_t, Costs>{{2, {90, 1}}, {3, {10, 2}}});
  CHECK(c.inclusive(c.function("main"), 0) == 100);
  CHECK(c.inclusive(c.function("work"), 1) == 8);
}

TEST_CASE("callgrind: what was not measured of calls is shared by their counts, in every column") {
  const Callgrind c(written(read_text("profconv dump 1\nmetric time ns sum\nmetric mem_grow bytes sum\n"
                                      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 5 100 total 15 "
                                      "410\n"
                                      "function 1 \"b\" file \"t.py\" line 5 calls 1 primitive 1 self 5 0 total 25 0\n"
                                      "function 2 \"f\" file \"t.py\" line 9 calls 3 primitive 3 self 30 1000 total 30 "
                                      "1000\n"
                                      "call 0 2 line 2 calls 1 primitive 1 total 10 -\n"
                                      "call 1 2 line 6 calls 2 primitive 2 total 20 -\n"
                                      "line 0 2 total - 410\n"),
                            "callgrind"));
  CHECK(c.call("a", "f")->cost == Costs{10, 333});
  CHECK(c.call("b", "f")->cost == Costs{20, 667});
  CHECK(c.inclusive(c.function("f"), 1) == 1000);
  const CallgrindFunction& a = c.functions[c.function("a")];
  CHECK(a.lines.at(2) == Costs{0, 100});
}
