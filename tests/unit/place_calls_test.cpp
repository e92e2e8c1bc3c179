// Fusion: on which lines calls stand.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/fused.hpp"
#include "support/temporary_folder.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

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

}  // namespace

TEST_CASE("fuse: a line that comes back to its statement is hit more often than the statement runs") {
  CHECK(calls_by_line("def f():\n  g(\n    1,\n  )\n  g(2)\n  with m():\n    g(3)\ndef g(n): pass\ndef m(): pass\n", 30,
                      {{2, 20, 330}, {3, 10, 0}, {5, 10, 440}, {6, 20, 0}, {7, 10, 330}}) ==
        "2*10=300 5*10=400 7*10=300");
}

TEST_CASE("fuse: what need not be called when its line is hit gets what the others leave") {
  CHECK(calls_by_line("def f(x):\n  g(1)\n  y = x and g(2)\n  z = g(3) if x else 0\ndef g(n): pass\n", 14,
                      {{2, 10, 770}, {3, 10, 110}, {4, 10, 220}}) == "2*10=699 3*1=101 4*3=200");
  CHECK(calls_by_line("def f(x):\n  g(1)\n  assert g, g(2)\ndef g(n): pass\n", 10, {{2, 10, 1090}, {3, 10, 10}}) ==
        "2*10=1000");
}

TEST_CASE("fuse: of conditions and loops on one line the time of the lines tells how often they called") {
  const std::string functions = "def g(n): pass\n";
  CHECK(calls_by_line("def f(x):\n  a = g(1) if x else 0\n  b = 0 if x else g(1)\n" + functions, 10,
                      {{2, 10, 880}, {3, 10, 220}}) == "2*8=799 3*2=201");
  CHECK(calls_by_line("def f(x):\n  for i in x: g(i)\n  g(1)\n  while g(0): pass\n" + functions, 90,
                      {{2, 20, 550}, {3, 10, 110}, {4, 30, 440}}) == "2*50=499 3*10=101 4*30=400");
  CHECK(calls_by_line("def f(x):\n  a = [g(i) for i in x]\n  b = [[g(i) for i in x] for j in x]\n" + functions, 120,
                      {{2, 10, 275}, {3, 10, 825}}) == "2*30=250 3*90=750");
}

TEST_CASE("fuse: a function that is called and given to something that calls it") {
  CHECK(calls_by_line("def f(x):\n  a = list(map(g, x))\n  b = [g(i) for i in x if g(i)]\ndef g(n): pass\n", 110,
                      {{2, 10, 550}, {3, 10, 660}}) == "2*50=455 3*60=545");
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

TEST_CASE("fuse: what mprof says of a name that several functions have is where that name is called") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "class S:\n  def load(self): pass\ndef load(n): pass\ndef main():\n"
                                        "  s = S()\n  x = load(1)\n");
  const std::string in_file = "\" file \"" + file + "\" line ";
  const Profile calls =
      calls_of("function 0 \"load" + in_file + "2 calls 1 primitive 1 self 5 total 5\nfunction 1 \"load" + in_file +
               "3 calls 1 primitive 1 self 20 total 20\nfunction 2 \"main" + in_file +
               "4 calls 1 primitive 1 self 10 total 30\n"
               "call 2 1 line 0 calls 1 primitive 1 total 20\n");
  const Profile memory = read_text(
      "profconv dump 1\nmetric mem_grow bytes sum\nfunction 0 \"__main__.load\" file \"\" line 0 self 700 total 700\n"
      "function 1 \"__main__.main\" file \"\" line 0 self 0 total 700\ncall 1 0 line 0 calls - primitive - total "
      "700\n");
  const Profile lines = lines_of("function 0 \"main" + in_file +
                                 "4 self 30 2 total 30 2\nline 0 5 self - 1 total 2 -\nline 0 6 self - 1 total 28 -\n");
  const SourceFiles sources;
  const Profile p = fused(list(calls, lines, memory), &sources).profile;
  std::size_t found = 0;
  for (const Call& call : p.calls) {
    if (p.text(p.function(call.callee).name) != "__main__.load") continue;
    ++found;
    CHECK(call.line == 6);
  }
  CHECK(found == 1);
}
