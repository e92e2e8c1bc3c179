// Fusion: which functions are the same, on which lines calls stand, what happens to costs. Profiles are written as
// dumps: the numbers stand in the test.

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/fuse.hpp>

#include "support/convert.hpp"
#include "support/temporary_folder.hpp"
#include "transforms/function_matcher.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

using How = FuseReport::Match;

Profile calls_of(const std::string& rows) { return read_text("profconv dump 1\nmetric time ns sum\n" + rows); }
Profile lines_of(const std::string& rows) {
  return read_text("profconv dump 1\nmetric time ns sum\nmetric hits count sum\n" + rows);
}
Profile memory_of(const std::string& rows) {
  return read_text("profconv dump 1\nmetric hits count sum\nmetric mem_grow bytes sum\n" + rows);
}

struct Fused {
  Profile profile;
  FuseReport report;
  std::string notes;
};

Fused fused(std::vector<Profile> profiles, const SourceFiles* sources = nullptr, bool recover = true) {
  Fused result;
  Diagnostics diagnostics;
  result.profile = fuse(std::move(profiles), {sources, recover}, diagnostics, &result.report);
  result.notes = text_of(diagnostics);
  return result;
}

template <class... Profiles>
std::vector<Profile> list(Profiles... profiles) {
  std::vector<Profile> all;
  (all.push_back(std::move(profiles)), ...);
  return all;
}

// "" when the dump has this row, else the dump without its comments.
std::string missing(const Profile& profile, const std::string& row) {
  std::string rows;
  for (std::string rest = dump_of(profile); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string line = rest.substr(0, std::min(end, rest.find(" # ")));
    if (line == row) return {};
    rows += line + "\n";
    rest.erase(0, end + 1);
  }
  return rows;
}

// How the one line-profiled function was found among the call graph's.
How match_of(const std::string& calls, const std::string& lines, const SourceFiles* sources = nullptr) {
  const Fused f = fused(list(calls_of(calls), lines_of(lines)), sources);
  REQUIRE(!f.report.functions.empty());
  return f.report.functions.front().lines_matched;
}

std::string function_row(const std::string& id, const std::string& name, const std::string& file, int line,
                         const std::string& costs = "self 10 total 10") {
  return "function " + id + " \"" + name + "\" file \"" + file + "\" line " + std::to_string(line) +
         " calls 1 primitive 1 " + costs + "\n";
}
std::string lined_row(const std::string& name, const std::string& file, int line) {
  return "function 0 \"" + name + "\" file \"" + file + "\" line " + std::to_string(line) +
         " self 20 1 total 20 1\nline 0 " + std::to_string(line + 1) + " self - 1 total 20 -\n";
}

}  // namespace

TEST_CASE("fuse: functions are the same by file, first line and the last part of the name") {
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("m", "/srv/t.py", 4)) == How::exact);
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("K.m", "/srv/t.py", 4)) == How::exact);
  CHECK(match_of(function_row("0", "<lambda>", "/srv/t.py", 4), lined_row("f.<locals>.<lambda>", "/srv/t.py", 4)) ==
        How::exact);
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("n", "/srv/t.py", 4)) == How::none);
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("m", "/opt/t.py", 4)) == How::none);
}

TEST_CASE("fuse: one path may be the end of the other when the functions agree") {
  CHECK(match_of(function_row("0", "m", "/srv/app/t.py", 4), lined_row("m", "app/t.py", 4)) == How::path_end);
  CHECK(match_of(function_row("0", "m", "t.py", 4), lined_row("m", "/srv/t.py", 4)) == How::path_end);
  CHECK(match_of(function_row("0", "m", "C:\\\\srv\\\\t.py", 4), lined_row("m", "./t.py", 4)) == How::path_end);
  CHECK(match_of(function_row("0", "m", "/srv/at.py", 4), lined_row("m", "t.py", 4)) == How::none);
}

TEST_CASE("fuse: of several files that a path may be the end of, the one whose functions agree most") {
  const std::string both = function_row("0", "m", "/srv/a/t.py", 4) + function_row("1", "m", "/srv/b/t.py", 4);
  CHECK(match_of(both, lined_row("m", "t.py", 4)) == How::none);  // nobody knows
  const Fused f =
      fused(list(calls_of(both + function_row("2", "n", "/srv/b/t.py", 8)),
                 lines_of(lined_row("m", "t.py", 4) + "function 1 \"n\" file \"t.py\" line 8 self 1 1 total 1 1\n"
                                                      "line 1 9 self - 1 total 1 -\n")));
  CHECK(f.profile.functions.size() == 3);
  CHECK(f.report.functions.front().name == "/srv/b/t.py:4(m)");
}

TEST_CASE("fuse: a file may have two names on this machine") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py", "\n\n\ndef m():\n    pass\n");
  std::filesystem::create_symlink(file, folder / "link.py");
  const SourceFiles sources;
  CHECK(match_of(function_row("0", "m", file, 4), lined_row("m", folder / "link.py", 4), &sources) ==
        How::none);  // another base name: looked up by it
  std::filesystem::create_directory_symlink(folder.path(), folder / "folder");
  CHECK(match_of(function_row("0", "m", file, 4), lined_row("m", folder / "folder/t.py", 4), &sources) ==
        How::real_path);
}

TEST_CASE("fuse: a function without a name is found by its line, one whose decorators were not counted by its name") {
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("<function at line 4>", "/srv/t.py", 4)) ==
        How::line);
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("m", "/srv/t.py", 6)) == How::name);
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("m", "/srv/t.py", 60)) == How::none);
}

TEST_CASE("fuse: module and name find what has no file") {
  const Fused f = fused(list(calls_of(function_row("0", "m", "/srv/shop/cart.py", 4)),
                             memory_of("function 0 \"m\" qualified \"shop.cart.m\" file \"\" line 0 self 0 4096 total "
                                       "0 4096\n")));
  REQUIRE(f.profile.functions.size() == 1);
  CHECK(f.report.functions.front().memory_matched == How::module);
  CHECK(f.profile.self.at(0, 2) == 4096);
}

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
  CHECK(missing(f.profile, "call 2 0 line 0 calls 1 primitive 1 total 50 0 0") == "");
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

// f of a file calls g so many times, for 1000 in all; each of its lines with hits and what it took.
std::string calls_by_line(const std::string& text, std::int64_t calls, const std::vector<std::array<int, 3>>& lines,
                          bool with_source = true) {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py", text), count = std::to_string(calls);
  std::int64_t g = 1;
  for (std::string_view rest = text; !rest.starts_with("def g"); ++g) rest.remove_prefix(rest.find('\n') + 1);
  std::int64_t hits = 0, time = 0;
  std::string rows;
  for (const auto& [line, line_hits, line_time] : lines) {
    rows += "line 0 " + std::to_string(line) + " self - " + std::to_string(line_hits) + " total " +
            std::to_string(line_time) + " -\n";
    hits += line_hits;
    time += line_time;
  }
  const std::string costs = std::to_string(time) + " " + std::to_string(hits);
  const std::string f = "function 0 \"f\" file \"" + file + "\" line 1 ";
  const SourceFiles sources;
  const Profile p = fused(list(calls_of(f + "calls 10 primitive 10 self 100 total 1100\nfunction 1 \"g\" file \"" +
                                        file + "\" line " + std::to_string(g) + " calls " + count + " primitive " +
                                        count + " self 1000 total 1000\ncall 0 1 line 0 calls " + count +
                                        " primitive " + count + " total 1000\n"),
                               lines_of(f + "self " + costs + " total " + costs + "\n" + rows)),
                          with_source ? &sources : nullptr)
                        .profile;
  std::string found;
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    found += (i == 0 ? "" : " ") + std::to_string(p.calls[i].line) + "*" + std::to_string(p.call_counts[i].calls) +
             "=" + std::to_string(p.call_total.at(i, 0));
  }
  return found;
}

TEST_CASE("fuse: a line that comes back to its statement is hit more often than the statement runs") {
  CHECK(calls_by_line("def f():\n  g(\n    1,\n  )\n  g(2)\n  with m():\n    g(3)\ndef g(n): pass\ndef m(): pass\n", 30,
                      {{2, 20, 330}, {3, 10, 0}, {5, 10, 440}, {6, 20, 0}, {7, 10, 330}}) ==
        "2*10=300 5*10=400 7*10=300");
}

TEST_CASE("fuse: what need not be called when its line is hit gets what the others leave") {
  CHECK(calls_by_line("def f(x):\n  g(1)\n  y = x and g(2)\n  z = g(3) if x else 0\ndef g(n): pass\n", 14,
                      {{2, 10, 770}, {3, 10, 110}, {4, 10, 220}}) == "2*10=699 3*2=101 4*2=200");
  CHECK(calls_by_line("def f(x):\n  g(1)\n  assert g, g(2)\ndef g(n): pass\n", 10, {{2, 10, 1090}, {3, 10, 10}}) ==
        "2*10=1000");
}

TEST_CASE("fuse: more or fewer calls than hits are shared in proportion, not put on one line") {
  const std::string text = "def f(x):\n  g(1)\n  g(2)\ndef g(n): pass\n";
  CHECK(calls_by_line(text, 40, {{2, 10, 880}, {3, 10, 220}}) == "2*20=799 3*20=201");  // of two runs
  CHECK(calls_by_line(text, 10, {{2, 10, 880}, {3, 10, 220}}) == "2*5=799 3*5=201");
}

TEST_CASE("fuse: without the source a call is on the only line that took as long, or undecided") {
  const std::string text = "def f(x):\n  g(1)\n  g(2)\n  h()\ndef g(n): pass\ndef h(): pass\n";
  CHECK(calls_by_line(text, 20, {{2, 10, 700}, {3, 10, 300}}, false) == "0*20=1000");
  CHECK(calls_by_line(text, 10, {{2, 10, 1010}, {3, 10, 90}}, false) == "2*10=1000");
  CHECK(calls_by_line(text, 10, {{2, 10, 600}, {3, 3, 90}}, false) == "2*10=1000");
}

TEST_CASE("fuse: calls between line profiles are found in the source, and can be left out") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "def main():\n"
                                        "    for i in range(3):\n"
                                        "        work(i)\n"
                                        "def work(i):\n"
                                        "    # main(i) \"main()\"\n"
                                        "    return 'main()' * i\n");
  const std::string rows = "function 0 \"main\" file \"" + file +
                           "\" line 1 self 100 7 total 100 7\n"
                           "function 1 \"work\" file \"" +
                           file +
                           "\" line 4 self 60 3 total 60 3\n"
                           "line 0 2 self - 4 total 10 -\nline 0 3 self - 3 total 90 -\nline 1 6 self - 3 total 60 -\n";
  const SourceFiles sources;
  const Fused f = fused(list(lines_of(rows)), &sources);
  CHECK(f.profile.calls.size() == 1);
  CHECK(missing(f.profile, "call 0 1 line 3 calls 3 primitive - total 60 3") == "");
  CHECK(missing(f.profile, "line 0 3 self 30 3 total 90 -") == "");
  CHECK(f.profile.self.at(0, 0) == 40);
  CHECK(f.profile.total.at(0, 0) == 100);
  CHECK(f.report.recovered_calls == 1);
  CHECK(fused(list(lines_of(rows)), &sources, false).profile.calls.empty());
  CHECK(fused(list(lines_of(rows))).profile.calls.empty());
}

TEST_CASE("fuse: a function is called as often as its first statement runs") {
  TemporaryFolder folder;
  for (const auto& [body, hits] :
       {std::pair("d = list(\n    1\n  )", "line 1 5 self - 100 total 50 -\nline 1 6 self - 50 total 50 -\n"),
        std::pair("with l:\n    n()", "line 1 5 self - 100 total 50 -\nline 1 6 self - 50 total 50 -\n"),
        std::pair("d = 1", "line 1 5 self - 50 total 50 -\nline 1 6 self - 100 total 50 -\n")}) {
    const std::string file =
        folder.write("t.py", "def f():\n  for i in x:\n    g()\ndef g():\n  " + std::string(body) + "\n");
    const SourceFiles sources;
    const Profile p = fused(list(lines_of("function 0 \"f\" file \"" + file +
                                          "\" line 1 self 150 101 total 150 101\n"
                                          "function 1 \"g\" file \"" +
                                          file +
                                          "\" line 4 self 100 150 total 100 150\n"
                                          "line 0 2 self - 51 total 10 -\nline 0 3 self - 50 total 140 -\n" +
                                          hits)),
                            &sources)
                          .profile;
    CHECK(p.counts[1].calls == 50);
    REQUIRE(p.calls.size() == 1);
    CHECK(p.call_counts[0].calls == 50);
    CHECK(p.call_total.at(0, 0) == 100);
  }
}

TEST_CASE("fuse: a line that took less time than the function it names did not call it") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py", "def main():\n    work()\ndef work():\n    return 1\n");
  const SourceFiles sources;
  const Fused f = fused(list(lines_of("function 0 \"main\" file \"" + file +
                                      "\" line 1 self 10 1 total 10 1\n"
                                      "function 1 \"work\" file \"" +
                                      file +
                                      "\" line 3 self 60 1 total 60 1\n"
                                      "line 0 2 self - 1 total 10 -\nline 1 4 self - 1 total 60 -\n")),
                        &sources);
  CHECK(f.profile.calls.empty());
}

TEST_CASE("fuse: recovered calls are resolved, not compared as text") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "class Table:\n"
                                        "    def __init__(self): pass\n"
                                        "    def row(self): pass\n"
                                        "class Other:\n"
                                        "    def row(self): pass\n"
                                        "def main(row):\n"
                                        "    '''row(\n"
                                        "    row('''\n"
                                        "    t = Table()  # row()\n"
                                        "    a = t.row(t.row(\n"
                                        "        'row()'), f'{Other().row()}')\n"
                                        "    return [t[i] for i in a]\n"
                                        "def __getitem__(i): pass\n");
  const auto function = [&](const char* id, const char* name, int line, int calls) {
    return std::string("function ") + id + " \"" + name + "\" file \"" + file + "\" line " + std::to_string(line) +
           " self 1 " + std::to_string(calls) + " total 1 " + std::to_string(calls) + "\n" + "line " + id + " " +
           std::to_string(line) + " self - " + std::to_string(calls) + " total 1 -\n";
  };
  const SourceFiles sources;
  const Fused f =
      fused(list(lines_of("function 0 \"main\" file \"" + file + "\" line 6 self 100 4 total 100 4\n" +
                          "line 0 9 self - 1 total 20 -\nline 0 10 self - 1 total 20 -\nline 0 11 self - 1 total 20 -\n"
                          "line 0 12 self - 1 total 20 -\n" +
                          function("1", "__init__", 2, 1) + function("2", "row", 3, 2) + function("3", "row", 5, 1))),
            &sources);
  CHECK(missing(f.profile, "call 0 1 line 9 calls 1 primitive - total 1 1") == "");
  CHECK(missing(f.profile, "call 0 2 line 10 calls 2 primitive - total 1 2") == "");
  CHECK(missing(f.profile, "call 0 3 line 11 calls 1 primitive - total 1 1") == "");
  CHECK(f.profile.calls.size() == 3);
}

TEST_CASE("fuse: of a name that the source does not resolve the count decides") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "class A:\n    def run(self):\n        pass\n"
                                        "class B:\n    def run(self):\n        pass\n"
                                        "def main(x, y):\n    for i in x:\n        i.run()\n    y.run()\n");
  const std::string lines =
      "function 0 \"run\" file \"" + file + "\" line 2 self 1 5 total 1 5\nline 0 3 self - 5 total 1 -\n" +
      "function 1 \"run\" file \"" + file + "\" line 5 self 1 1 total 1 1\nline 1 6 self - 1 total 1 -\n" +
      "function 2 \"main\" file \"" + file + "\" line 7 self 100 12 total 100 12\nline 2 8 self - 6 total 10 -\n" +
      "line 2 9 self - 5 total 50 -\nline 2 10 self - 1 total 40 -\n";
  const SourceFiles sources;
  const Fused f = fused(list(lines_of(lines)), &sources);
  CHECK(missing(f.profile, "call 2 0 line 9 calls 5 primitive - total 1 5") == "");
  CHECK(missing(f.profile, "call 2 1 line 10 calls 1 primitive - total 1 1") == "");
}

TEST_CASE("fuse: calls are not recovered from a source that does not fit") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py", "\n\ndef other():\n    work()\ndef work(): pass\n");
  const SourceFiles sources;
  const Fused f = fused(list(lines_of("function 0 \"main\" file \"" + file +
                                      "\" line 3 self 10 1 total 10 1\nline 0 4 self - 1 total 10 -\n"
                                      "function 1 \"work\" file \"" +
                                      file + "\" line 5 self 1 1 total 1 1\nline 1 5 self - 1 total 1 -\n")),
                        &sources);
  CHECK(f.profile.calls.empty());
}

TEST_CASE("fuse: what a callee cost on a line is no more than that line's, and on the others the rest") {
  // Six calls, one by one 100 to 300 large; the last line is a comprehension, with more hits than calls.
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "def load(n):\n    return bytes(n)\n"
                                        "def main():\n    a = load(100)\n    b = load(300)\n"
                                        "    c = [load(50) for _ in range(4)]\n");
  const std::string rows = "function 0 \"load\" file \"" + file +
                           "\" line 1 self 6 600 total 6 600\nfunction 1 \"main\" file \"" + file +
                           "\" line 3 self 9 600 total 9 600\n"
                           "line 0 2 self 6 - total - 600\nline 1 4 self 1 - total - 100\n"
                           "line 1 5 self 1 - total - 300\nline 1 6 self 7 - total - 200\n";
  const SourceFiles sources;
  const Fused f = fused(list(memory_of(rows)), &sources);
  CHECK(missing(f.profile, "call 1 0 line 4 calls 1 primitive - total 1 100") == "");
  CHECK(f.profile.call_total.at(1, 1) == 300);
  CHECK(f.profile.call_total.at(2, 1) == 200);
  CHECK(f.profile.call_counts[2].calls == 4);
  CHECK(f.profile.self.at(1, 1) == 0);
}

TEST_CASE("fuse: a comprehension on a line that was hit once makes the calls that no other line made") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "def work(n):\n    return n\n"
                                        "def main(x):\n    a = x and work(1)\n    b = work(1)\n"
                                        "    for c in work(2):\n        pass\n"
                                        "    return sum(work(i) for i in x)\n");
  const std::string rows = "function 0 \"work\" file \"" + file +
                           "\" line 1 self 100 10 total 100 10\nfunction 1 \"main\" file \"" + file +
                           "\" line 3 self 100 7 total 100 7\n"
                           "line 0 2 self - 10 total 100 -\nline 1 4 self - 1 total 0 -\n"
                           "line 1 5 self - 1 total 10 -\nline 1 6 self - 4 total 20 -\nline 1 8 self - 1 total 70 -\n";
  const SourceFiles sources;
  const Profile p = fused(list(lines_of(rows)), &sources).profile;
  std::int64_t calls = 0, time = 0;
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    calls += p.call_counts[i].calls;
    time += p.call_total.at(i, 0);
    if (p.calls[i].line == 5) CHECK(p.call_counts[i].calls == 1);
    if (p.calls[i].line == 6) CHECK(p.call_counts[i].calls <= 4);
    if (p.calls[i].line == 8) CHECK(p.call_counts[i].calls >= 3);
  }
  CHECK(calls == 10);
  CHECK(time == 100);
}
