#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <profconv/transforms.hpp>

#include "support/convert.hpp"
#include "support/two_files.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE("group: by file, calls within a group vanish and what enters it counts") {
  Diagnostics diagnostics;
  CHECK(dump_of(group(read_text(two_files), GroupBy::file, diagnostics)) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"/s/app.py\" file \"/s/app.py\" line 0 calls 1 primitive 1 self 950 total 1000\n"
        "function 1 \"/s/u.py\" file \"/s/u.py\" line 0 calls 2 primitive 2 self 40 total 50\n"
        "function 2 \"~\" file \"~\" line 0 calls 4 primitive 4 self 10 total 10\n"
        "call 0 1 line 3 calls 1 primitive 1 total 25 # \"/s/app.py\" -> \"/s/u.py\"\n"
        "call 0 1 line 4 calls 1 primitive 1 total 25 # \"/s/app.py\" -> \"/s/u.py\"\n"
        "call 1 2 line 0 calls 4 primitive 4 total 10 # \"/s/u.py\" -> \"~\"\n");
  CHECK(text_of(diagnostics) == "note: made 3 groups of 4 functions\n");
}

TEST_CASE("group: files that call each other back and forth are not counted at each entry") {
  Diagnostics diagnostics;
  const Profile p = group(read_text("profconv dump 1\n"
                                    "metric time ns sum\n"
                                    "function 0 \"main\" file \"c.py\" line 1 calls 1 primitive 1 self 0 total 200\n"
                                    "function 1 \"get\" file \"a.py\" line 1 calls 1 primitive 1 self 5 total 110\n"
                                    "function 2 \"open\" file \"b.py\" line 1 calls 1 primitive 1 self 5 total 105\n"
                                    "function 3 \"open\" file \"a.py\" line 9 calls 1 primitive 1 self 100 total 100\n"
                                    "function 4 \"other\" file \"b.py\" line 9 calls 1 primitive 1 self 90 total 90\n"
                                    "call 0 1 line 0 calls 1 primitive 1 self 5 total 110\n"
                                    "call 0 4 line 0 calls 1 primitive 1 self 90 total 90\n"
                                    "call 1 2 line 0 calls 1 primitive 1 self 5 total 105\n"
                                    "call 2 3 line 0 calls 1 primitive 1 self 100 total 100\n"),
                          GroupBy::file, diagnostics);
  REQUIRE(p.functions.size() == 3);
  CHECK(p.total.at(0, 0) == 200);
  CHECK(p.total.at(1, 0) == 110);
  CHECK(p.total.at(2, 0) == 195);
}

TEST_CASE("group: a group costs no less than any of its functions, however often that is entered again") {
  // walk, which nobody recorded a caller of, and helper call each other.
  Diagnostics diagnostics;
  const Profile p = group(read_text("profconv dump 1\nmetric time ns sum\n"
                                    "function 0 \"walk\" file \"a.py\" line 1 calls 4 primitive 1 self 40 total 1000\n"
                                    "function 1 \"helper\" file \"a.py\" line 5 calls 3 primitive 1 self 30 total 760\n"
                                    "function 2 \"busy\" file \"b.py\" line 1 calls 7 primitive 7 self 930 total 930\n"
                                    "call 0 1 line 0 calls 3 primitive 1 self 30 total 760\n"
                                    "call 0 2 line 0 calls 4 primitive 4 self 530 total 530\n"
                                    "call 1 0 line 0 calls 3 primitive 1 self 30 total 740\n"
                                    "call 1 2 line 0 calls 3 primitive 3 self 400 total 400\n"),
                          GroupBy::file, diagnostics);
  REQUIRE(p.functions.size() == 2);
  CHECK(p.counts[0].calls == 1);
  CHECK(p.total.at(0, 0) == 1000);
  CHECK(p.total.at(1, 0) == 930);
}

TEST_CASE("group: where no calls were recorded all entered from outside") {
  Diagnostics diagnostics;
  const Profile p = group(read_text("profconv dump 1\nmetric time ns sum\n"
                                    "function 0 \"f\" file \"a.py\" line 1 calls 4 primitive 4 self 40 total 40\n"
                                    "function 1 \"g\" file \"a.py\" line 5 calls 3 primitive 3 self 30 total 30\n"),
                          GroupBy::file, diagnostics);
  REQUIRE(p.functions.size() == 1);
  CHECK(p.counts[0].calls == 7);
  CHECK(p.total.at(0, 0) == 70);
}

TEST_CASE("group: what has no file is in an unknown one, and no built-in") {
  for (const GroupBy by : {GroupBy::file, GroupBy::module, GroupBy::package}) {
    Diagnostics diagnostics;
    CHECK(functions_and_calls(group(read_stacks("a;b;<GC> 1\n"), by, diagnostics)) ==
          (by == GroupBy::file ? "<unknown> ~ | <unknown>>~" : "<unknown> built-in | <unknown>>built-in"));
    const Profile p = group(read_text("profconv dump 1\nmetric time ns sum\n"
                                      "function 0 \"a\" file \"\" line 0 calls 1 primitive 1 self 1 total 1\n"
                                      "function 1 \"b\" file \"\" line 3 calls 1 primitive 1 self 1 total 1\n"),
                            by, diagnostics);
    CHECK(functions_and_calls(p) == "<unknown> |");
  }
}

TEST_CASE("group: threads and processes stay apart") {
  for (const GroupBy by : {GroupBy::file, GroupBy::module, GroupBy::package}) {
    Diagnostics diagnostics;
    Profile p = read_stacks("process 1;thread (2);a 1\nprocess 1;thread (3);a 1\n");
    p = select_samples(std::move(p), {.separate_threads = true}, diagnostics);
    const std::string groups = functions_and_calls(group(std::move(p), by, diagnostics));
    CHECK(groups.find("thread (2)><unknown>") != std::string::npos);
    CHECK(groups.find("thread (3)><unknown>") != std::string::npos);
  }
}

TEST_CASE("group: by module and package, the sum of self costs stays") {
  for (const GroupBy by : {GroupBy::module, GroupBy::package}) {
    Diagnostics diagnostics;
    const Profile p = group(read_text(two_files), by, diagnostics);
    CHECK(total_cost(p) == total_cost(read_text(two_files)));
    CHECK(p.text(p.functions[2].name) == "built-in");
    CHECK(p.text(p.functions[0].name) == "app");
  }
}

TEST_CASE("group: calls in a circle of groups are in each other, and no longer than a group") {
  constexpr std::string_view dump =
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"main\" file \"a.py\" line 1 calls 1 primitive 1 self 10 total 100\n"
      "function 1 \"f\" file \"b.py\" line 1 calls 1 primitive 1 self 10 total 90\n"
      "function 2 \"g\" file \"a.py\" line 5 calls 1 primitive 1 self 10 total 80\n"
      "function 3 \"h\" file \"b.py\" line 5 calls 1 primitive 1 self 70 total 70\n"
      "call 0 1 line 0 calls 1 primitive 1 self 10 total 90\n"
      "call 1 2 line 0 calls 1 primitive 1 self 10 total 80\n"
      "call 2 3 line 0 calls 1 primitive 1 self 70 total 70\n";
  Diagnostics diagnostics;
  const Profile p = group(read_text(dump), GroupBy::file, diagnostics);
  REQUIRE(p.calls.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {  // a.py -> b.py twice, 160 in all, and b.py -> a.py
    CHECK(p.is_share(i));
    CHECK(p.call_total.at(i, 0) <= 90);
  }
}
