// Fusion: what happens to costs, lines and counts of functions that several profilers saw.

#include <algorithm>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "support/fused.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

using How = FuseReport::Match;

}  // namespace

TEST_CASE("fuse: what mprof traced is the memory of the call graph's calls, which are not counted twice") {
  const std::string rows = function_row("0", "<module>", "t.py", 1, "self 10 total 400") +
                           function_row("1", "main", "t.py", 4, "self 90 total 390") +
                           function_row("2", "work", "t.py", 9, "self 300 total 300") +
                           "call 0 1 line 0 calls 1 primitive 1 total 390\n"
                           "call 1 2 line 0 calls 1 primitive 1 total 300\n";
  const std::string traced =
      "profconv dump 1\nmetric time ns sum\nmetric mem_grow bytes sum\n"
      "function 0 \"__main__.main\" file \"\" line 0 calls 1 primitive 1 self 900 100 total 4000 700\n"
      "function 1 \"t.work\" file \"\" line 0 calls 1 primitive 1 self 3100 600 total 3100 600\n"
      "function 2 \"t.wrapper\" file \"\" line 0 calls 1 primitive 1 self 5 0 total 5 0\n"
      "call 0 1 line 0 calls 1 primitive 1 total 3100 600\n"
      "call 1 0 line 0 calls 1 primitive 1 total 7 8\n";  // one that the call graph does not have
  for (const bool calls_first : {true, false}) {
    const Fused f =
        calls_first ? fused(list(calls_of(rows), read_text(traced))) : fused(list(read_text(traced), calls_of(rows)));
    CHECK(missing(f.profile,
                  "function 1 \"main\" file \"t.py\" line 4 calls 1 primitive 1 self 90 100 total 390 700") == "");
    CHECK(missing(f.profile, "call 1 2 line 0 calls 1 primitive 1 total 300 600") == "");
    CHECK(missing(f.profile, "call 0 1 line 0 calls 1 primitive 1 total 390 700") == "");  // as the function below it
    CHECK(f.profile.total.at(0, 1) == 700);
    CHECK(f.profile.functions.size() == 4);
    CHECK(f.profile.calls.size() == 2);
    CHECK(total_cost(f.profile)[0] == 400);  // that of t.wrapper is in the others'
    REQUIRE(f.report.functions.size() == 3);
    CHECK(f.report.functions.front().memory_matched == How::module);
    CHECK(f.notes == "note: 1 function of the memory profile was seen by no other profiler; it keeps what is known\n");
  }
}

TEST_CASE("fuse: of a function that the call graph does not have mprof counts the calls") {
  const Fused f = fused(
      list(calls_of(function_row("0", "other", "u.py", 1)),
           memory_of("function 0 \"work\" file \"t.py\" line 9 self 1 1500 total 1 1500\nline 0 10 self 1 1500\n"),
           read_text("profconv dump 1\nmetric time ns sum\nmetric mem_grow bytes sum\n"
                     "function 0 \"t.work\" file \"\" line 0 calls 2 primitive 2 self 50 900 total 50 900\n")));
  REQUIRE(f.profile.functions.size() == 2);
  CHECK(f.profile.counts[1] == Counts{2, 2});
  CHECK(f.profile.total.at(1, *f.profile.metric("mem_grow")) == 1500);
}

TEST_CASE("fuse: what mprof traced alone has the lines of the memory profiler") {
  const Fused f = fused(
      list(read_text("profconv dump 1\nmetric time ns sum\nmetric mem_grow bytes sum\n"
                     "function 0 \"t.work\" file \"\" line 0 calls 2 primitive 2 self 50 900 total 50 900\n"),
           memory_of("function 0 \"work\" file \"t.py\" line 9 self 1 1500 total 1 1500\nline 0 10 self 1 1500\n")));
  REQUIRE(f.profile.functions.size() == 1);
  CHECK(f.profile.text(f.profile.functions[0].file) == "t.py");
  CHECK(f.profile.counts[0].calls == 2);
  CHECK(f.profile.total.at(0, *f.profile.metric("time")) == 50);
  CHECK(f.profile.total.at(0, *f.profile.metric("mem_grow")) == 1500);
  CHECK(f.report.functions.front().memory_matched == How::module);
}

TEST_CASE(
    "fuse: of a name that several functions have mprof's memory is not added to what the memory profiler says of "
    "them") {
  const std::string traced =
      "profconv dump 1\nmetric time ns sum\nmetric mem_grow bytes sum\n"
      "function 0 \"__main__.main\" file \"\" line 0 calls 1 primitive 1 self 10 100 total 60 2400\n"
      "function 1 \"__main__.run\" file \"\" line 0 calls 2 primitive 2 self 50 2300 total 50 2300\n"
      "call 0 1 line 0 calls 2 primitive 2 total 50 2300\n";
  const std::string lined =
      "function 0 \"run\" file \"t.py\" line 4 self 1 800 total 1 800\n"
      "function 1 \"run\" file \"t.py\" line 9 self 1 1500 total 1 1500\n"
      "function 2 \"main\" file \"t.py\" line 20 self 1 100 total 1 2400\n"
      "line 0 5 self 1 800 total - 800\nline 1 10 self 1 1500 total - 1500\nline 2 21 self 1 100 total - 2400\n";
  const Profile p = fused(list(read_text(traced), memory_of(lined))).profile;
  std::int64_t grown = 0;
  for (std::size_t f = 0; f < p.functions.size(); ++f) {
    const std::int64_t cost = p.self.at(f, *p.metric("mem_grow"));
    if (p.text(p.functions[f].name) == "run") grown += cost;
    if (p.text(p.functions[f].name).ends_with("__main__.run")) CHECK(cost <= 0);
  }
  CHECK(grown == 2300);
  // The call graph has their calls: mprof says what memory they took.
  const Profile called =
      fused(
          list(calls_of(function_row("0", "main", "t.py", 20, "self 10 total 60") +
                        function_row("1", "run", "t.py", 4, "self 20 total 20") +
                        function_row("2", "run", "t.py", 9, "self 30 total 30") +
                        "call 0 1 line 0 calls 1 primitive 1 total 20\ncall 0 2 line 0 calls 1 primitive 1 total 30\n"),
               read_text(traced)))
          .profile;
  std::int64_t calls = 0;
  for (const Counts& c : called.call_counts) calls += std::max<std::int64_t>(c.calls, 0);
  CHECK(calls == 2);
  CHECK(total_cost(called)[0] == 60);
  CHECK(total_cost(called)[*called.metric("mem_grow")] == 2400);
  // Where nobody else measured them it stays.
  const Profile alone = fused(list(read_text(traced), lines_of(lined))).profile;
  CHECK(total_cost(alone)[*alone.metric("mem_grow")] == 2400);
}

TEST_CASE("fuse: three profilers' functions are one, whatever each calls it") {
  const std::string work = function_row("0", "work", "t.py", 9);
  const Fused f =
      fused(list(calls_of(work), lines_of(lined_row("work", "t.py", 9)),
                 memory_of("function 0 \"work\" file \"t.py\" line 7 self 1 1500 total 1 1500\n"),
                 read_text("profconv dump 1\nmetric time ns sum\nmetric mem_grow bytes sum\n"
                           "function 0 \"t.work\" file \"\" line 0 calls 1 primitive 1 self 5 9 total 5 9\n")));
  REQUIRE(f.profile.functions.size() == 1);
  CHECK(f.profile.total.at(0, *f.profile.metric("time")) == 10);
  CHECK(f.profile.total.at(0, *f.profile.metric("mem_grow")) == 1500);
  CHECK(f.profile.counts[0].calls == 1);
}

TEST_CASE("fuse: line times are proportions of what the call graph knows") {
  // 100 ns of its own and 300 in work; the line profiler needed three times as long.
  const Fused f = fused(list(calls_of(function_row("0", "main", "t.py", 1, "self 100 total 400") +
                                      function_row("1", "work", "t.py", 9, "self 300 total 300") +
                                      "call 0 1 line 0 calls 1 primitive 1 total 300\n"),
                             lines_of("function 0 \"main\" file \"t.py\" line 1 self 1200 11 total 1200 11\n"
                                      "line 0 2 self - 1 total 1050 -\nline 0 3 self - 10 total 150 -\n")));
  // Only line 2 took long enough for the call.
  CHECK(missing(f.profile, "call 0 1 line 2 calls 1 primitive 1 total 300 0") == "");
  CHECK(missing(f.profile, "line 0 2 self 50 1 total 350 -") == "");
  CHECK(missing(f.profile, "line 0 3 self 50 10 total 50 -") == "");
  const FuseReport::Function& main = f.report.functions.front();
  CHECK(main.profiled_ns == 400);
  CHECK(main.lines_ns == 1200);
  CHECK(main.by_time == 1);
  CHECK(main.residue_ns == 0);
  CHECK(to_lines(f.report) ==
        std::vector<std::string>{"t.py:1(main): lines by file, line and name; the line profiler took 3.00 times as "
                                 "long (0.001 ms against 0.000 ms); 1 of 1 call on a line (1 by time)"});
}

TEST_CASE("fuse: a line of a recursive function has no more than the function") {
  const auto row = [](int id, const std::string& name, int line, const std::string& rest) {
    return "function " + std::to_string(id) + " \"" + name + "\" file \"t.py\" line " + std::to_string(line) + " " +
           rest + "\n";
  };
  // What fib calls of itself is in its own cost, and what even and odd call of each other partly. The lines that
  // recurse were recorded with all levels below.
  const Fused f =
      fused(list(calls_of(row(0, "main", 1, "calls 1 primitive 1 self 10 total 300") +
                          row(1, "fib", 10, "calls 9 primitive 1 self 100 total 120") +
                          row(2, "even", 20, "calls 5 primitive 1 self 90 total 170") +
                          row(3, "odd", 30, "calls 4 primitive 1 self 60 total 140") +
                          row(4, "leaf", 40, "calls 4 primitive 4 self 40 total 40") +
                          "call 0 1 line 0 calls 1 primitive 1 total 120\n"
                          "call 0 2 line 0 calls 1 primitive 1 total 170\n"
                          "call 1 1 line 12 calls 8 primitive 1 total 90\n"
                          "call 1 4 line 11 calls 2 primitive 2 total 20\n"
                          "call 2 3 line 22 calls 4 primitive 1 total 140\n"
                          "call 3 2 line 32 calls 4 primitive 1 total 110\n"
                          "call 3 4 line 31 calls 2 primitive 2 total 20\n"),
                 lines_of(row(0, "fib", 10, "self 240 18 total 240 18") +
                          row(1, "even", 20, "self 340 10 total 340 10") + row(2, "odd", 30, "self 280 8 total 280 8") +
                          "line 0 11 self - 9 total 60 -\nline 0 12 self - 9 total 180 -\n"
                          "line 1 21 self - 5 total 20 -\nline 1 22 self - 5 total 320 -\n"
                          "line 2 31 self - 4 total 80 -\nline 2 32 self - 4 total 200 -\n")));
  CHECK(missing(f.profile, "line 1 11 self 40 9 total 60 -") == "");
  CHECK(missing(f.profile, "line 1 12 self 60 9 total 60 -") == "");
  CHECK(missing(f.profile, "line 2 21 self 20 5 total 20 -") == "");
  CHECK(missing(f.profile, "line 2 22 self 70 5 total 150 -") == "");
  CHECK(missing(f.profile, "line 3 31 self 60 4 total 80 -") == "");
  CHECK(missing(f.profile, "line 3 32 self 0 4 total 60 -") == "");
}

TEST_CASE("fuse: a call that cost more than its line leaves a residue, taken from the other lines") {
  const Fused f = fused(list(calls_of(function_row("0", "main", "t.py", 1, "self 100 total 400") +
                                      function_row("1", "work", "t.py", 9, "self 300 total 300") +
                                      "call 0 1 line 2 calls 1 primitive 1 total 300\n"),
                             lines_of("function 0 \"main\" file \"t.py\" line 1 self 400 11 total 400 11\n"
                                      "line 0 2 self - 1 total 200 -\nline 0 3 self - 10 total 200 -\n")));
  CHECK(missing(f.profile, "line 0 2 self 0 1 total 300 -") == "");
  CHECK(missing(f.profile, "line 0 3 self 100 10 total 100 -") == "");
  CHECK(f.report.functions.front().residue_ns == 100);
}

TEST_CASE("fuse: memory of a call is no more than its line's; the rest has no recorded caller") {
  const Fused f = fused(list(
      calls_of(function_row("0", "main", "t.py", 1, "self 100 total 400") +
               function_row("1", "work", "t.py", 9, "self 300 total 300") +
               "call 0 1 line 2 calls 1 primitive 1 total 300\n"),
      memory_of(
          "function 0 \"main\" file \"t.py\" line 1 self 1 1000 total 1 1000\nline 0 2 self 1 - total - 1000\n"
          "function 1 \"work\" file \"t.py\" line 9 self 1 1500 total 1 1500\nline 1 10 self 1 - total - 1500\n")));
  CHECK(missing(f.profile, "call 0 1 line 2 calls 1 primitive 1 total 300 1 1000") == "");
  CHECK(missing(f.profile, "line 0 2 self - 1 0 total - - 1000") == "");
}

TEST_CASE("fuse: functions that the memory profiler did not see have what is below them") {
  const Fused f = fused(list(
      calls_of(function_row("0", "<module>", "t.py", 1, "self 100 total 400") +
               function_row("1", "work", "t.py", 9, "self 300 total 300") +
               "call 0 1 line 0 calls 1 primitive 1 total 300\n"),
      memory_of(
          "function 0 \"work\" file \"t.py\" line 9 self 1 1500 total 1 1500\nline 0 10 self 1 - total - 1500\n")));
  CHECK(f.profile.self.at(0, 2) == 0);
  CHECK(f.profile.total.at(0, 2) == 1500);
}

TEST_CASE("fuse: in a circle memory is in the calls that lead to it, not in those that lead back") {
  // A program that imports: exec runs it, then the body of the module. `work` was called by the program alone.
  const std::string calls =
      "function 0 \"exec\" file \"~\" line 0 calls 2 primitive 1 self 10 total 200\n"
      "function 1 \"<module>\" file \"t.py\" line 1 calls 1 primitive 1 self 20 total 190\n"
      "function 2 \"_find_and_load\" file \"<frozen>\" line 9 calls 1 primitive 1 self 30 total 80\n"
      "function 3 \"<module>\" file \"m.py\" line 1 calls 1 primitive 1 self 50 total 50\n"
      "function 4 \"work\" file \"t.py\" line 4 calls 1 primitive 1 self 90 total 90\n"
      "call 0 1 line 0 calls 1 primitive 1 total 190\ncall 0 3 line 0 calls 1 primitive 1 total 50\n"
      "call 1 2 line 0 calls 1 primitive 1 total 80\ncall 1 4 line 0 calls 1 primitive 1 total 90\n"
      "call 2 0 line 0 calls 1 primitive 1 total 50\n";
  const Fused f =
      fused(list(calls_of(calls), memory_of("function 0 \"work\" file \"t.py\" line 4 self 1 700 total 1 700\n"
                                            "line 0 5 self 1 - total 1 700\n")));
  CHECK(missing(f.profile, "function 0 \"exec\" file \"~\" line 0 calls 2 primitive 1 self 10 0 0 total 200 0 700") ==
        "");
  CHECK(missing(f.profile, "call 0 1 line 0 calls 1 primitive 1 total 190 0 700") == "");
  CHECK(missing(f.profile, "call 1 4 line 0 calls 1 primitive 1 total 90 1 700") == "");
  CHECK(missing(f.profile, "call 2 0 line 0 calls 1 primitive 1 total 50 - 0") == "");
}

TEST_CASE("fuse: memory that two profilers measured is there once, as the one with lines has it") {
  Profile calls = read_text(
      "profconv dump 1\nmetric time ns sum\nmetric mem_grow bytes sum\n"
      "function 0 \"work\" file \"t.py\" line 9 calls 1 primitive 1 self 300 900 total 300 900\n");
  const Fused f = fused(
      list(std::move(calls),
           memory_of("function 0 \"work\" file \"t.py\" line 9 self 1 1500 total 1 1500\nline 0 10 self 1 1500\n")));
  const std::size_t growth = *f.profile.metric("mem_grow");
  CHECK(f.profile.self.at(0, growth) == 1500);
  CHECK(f.profile.total.at(0, growth) == 1500);
  CHECK(f.profile.self.at(0, *f.profile.metric("time")) == 300);
}

TEST_CASE("fuse: what one profiler saw stays what it is") {
  const Fused f = fused(list(calls_of(function_row("0", "f", "a.py", 1)), lines_of(lined_row("g", "b.py", 4))));
  CHECK(f.profile.functions.size() == 2);
  CHECK(f.profile.counts[1] == Counts{});
  CHECK(f.notes ==
        "warning: no function of the line profile (1) was seen by another profiler: was it another file, or another "
        "version of it? Its costs are added to those of the others\n");
  CHECK(missing(f.profile, "line 1 5 self 20 1 total 20 -") == "");
}

TEST_CASE("fuse: what no other profiler saw is told, as a note where others were found") {
  const std::string lines =
      "function 0 \"g\" file \"b.py\" line 4 self 20 1 total 20 1\n"
      "function 1 \"f\" file \"a.py\" line 1 self 20 1 total 20 1\n"
      "line 0 5 self - 1 total 20 -\nline 1 2 self - 1 total 20 -\n";
  const Fused f = fused(list(calls_of(function_row("0", "f", "a.py", 1)), lines_of(lines)));
  CHECK(f.notes == "note: 1 function of the line profile was seen by no other profiler; it keeps what is known\n");
}

TEST_CASE("fuse: sampled profiles and others do not fuse, and the error says why") {
  const auto sampled = [] {
    return read_text(
        "profconv dump 1\nmetric time ns sum\nmetric samples count sum\n"
        "function 0 \"f\" file \"t.py\" line 1 self 1 1 total 1 1\n");
  };
  CHECK(message_of([&] { fused(list(sampled(), lines_of(lined_row("f", "t.py", 1)))); }) ==
        "a sampled profile and one that measured calls or lines cannot be fused: samples are no calls (hint: convert "
        "them one by one)");
  CHECK(fused(list(sampled(), sampled())).profile.self.at(0, 1) == 2);
}

TEST_CASE("fuse: samples without a time beside samples with one are a warning that says what helps") {
  ReadOptions timed;
  timed.format = "collapsed";
  timed.interval_ns = 1000;
  const auto notes = [](Profile&& a, Profile&& b) {
    std::vector<Profile> profiles;
    profiles.push_back(std::move(a));
    profiles.push_back(std::move(b));
    return fused(std::move(profiles)).notes;
  };
  CHECK(notes(read_text("a;b 5\n", timed), read_stacks("a;b 5\n")) ==
        "warning: t.prof: 1 input has samples without a time, and others have times: these samples weigh nothing in "
        "what is shown by time; --interval says what one is worth\n");
  CHECK(notes(read_text("a;b 5\n", timed), read_text("a;c 5\n", timed)).empty());
  CHECK(notes(read_stacks("a;b 5\n"), read_stacks("a;b 5\n")).empty());
}

TEST_CASE("fuse: profiles of one kind are added up first") {
  const Fused f = fused(list(lines_of(lined_row("f", "t.py", 4)), calls_of(function_row("0", "f", "t.py", 4)),
                             lines_of(lined_row("f", "t.py", 4))));
  CHECK(f.report.kinds == 2);
  CHECK(missing(f.profile, "line 0 5 self 10 2 total 10 -") == "");
}
