// Summing profiles.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/transforms.hpp>

#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

Profile profile_of(const std::string& rows, const std::string& metrics = "metric time ns sum\n") {
  return read_text("profconv dump 1\n" + metrics + rows);
}

Profile sum_of(const std::vector<std::string>& rows) {
  std::vector<Profile> profiles;
  for (const std::string& r : rows) profiles.push_back(profile_of(r));
  return merge(std::move(profiles));
}

// Without the sources.
std::string rows_of(const Profile& profile) {
  const std::string dump = dump_of(profile);
  return dump.substr(std::min(dump.find("function"), dump.size()));
}

const std::string a =
    "source \"a\" format \"pstats\"\n"
    "function 0 \"main\" file \"t.py\" line 9 calls 1 primitive 1 self 10 total 30\n"
    "function 1 \"f\" file \"t.py\" line 2 calls 4 primitive 3 self 20 total 20\n"
    "call 0 1 line 0 calls 4 primitive 3 self 20 total 20\n";
const std::string b =
    "source \"b\" format \"pstats\"\n"
    "function 0 \"f\" file \"t.py\" line 2 calls 6 primitive 6 self 5 total 6\n"
    "function 1 \"g\" file \"t.py\" line 7 calls 2 primitive 2 self 1 total 7\n"
    "call 1 0 line 0 calls 6 primitive 6 self 5 total 6\n";

}  // namespace

TEST_CASE("merge: functions and calls are added up, new ones come after the known") {
  CHECK(dump_of(sum_of({a, b})) ==
        "profconv dump 1\nmetric time ns sum\nsource \"a\" format \"pstats\"\nsource \"b\" format \"pstats\"\n"
        "function 0 \"main\" file \"t.py\" line 9 calls 1 primitive 1 self 10 total 30\n"
        "function 1 \"f\" file \"t.py\" line 2 calls 10 primitive 9 self 25 total 26\n"
        "function 2 \"g\" file \"t.py\" line 7 calls 2 primitive 2 self 1 total 7\n"
        "call 0 1 line 0 calls 4 primitive 3 self 20 total 20 # \"main\" -> \"f\"\n"
        "call 2 1 line 0 calls 6 primitive 6 self 5 total 6 # \"g\" -> \"f\"\n");
}

TEST_CASE("merge: a single profile passes through untouched, with what was recorded") {
  const std::string rows = a + "recorded\nkey 0 \"t.py\" 9 \"main\"\nentry 0 1 1 0.5 0.5\n";
  CHECK(dump_of(sum_of({rows})) == dump_of(profile_of(rows)));
  CHECK_FALSE(sum_of({rows, rows}).recorded.has_value());
}

TEST_CASE("merge: addresses in names are left out, and functions that had one are matched in order") {
  const auto with = [](const std::string& first, const std::string& second) {
    return "function 0 \"<built-in method __new__ of type object at " + first +
           ">\" file \"~\" line 0 calls 1 primitive 1 self 1 total 1\n" +
           "function 1 \"<built-in method __new__ of type object at " + second +
           ">\" file \"~\" line 0 calls 1 primitive 1 self 10 total 10\n";
  };
  CHECK(rows_of(sum_of({with("0x7f01", "0x7f02"), with("0xAA01", "0xaa02")})) ==
        "function 0 \"<built-in method __new__ of type object>\" file \"~\" line 0 calls 2 primitive 2 self 2 total 2\n"
        "function 1 \"<built-in method __new__ of type object> #2\" file \"~\" line 0 calls 2 primitive 2 self 20 "
        "total 20\n");
  CHECK(rows_of(sum_of({with("0x", "0xg")})).find(" at 0x>") != std::string::npos);  // no address
}

TEST_CASE("merge: a count that one profile does not know is unknown in the sum") {
  const std::string uncounted = "function 0 \"f\" file \"t.py\" line 2 self 1 total 1\n";
  const std::string counted =
      "function 0 \"f\" file \"t.py\" line 2 calls 3 primitive 3 self 1 total 1\nfunction 1 \"g\" file \"t.py\" line 9 "
      "calls 3 primitive 3 self 1 total 1\n";
  const std::string expected =
      "function 0 \"f\" file \"t.py\" line 2 calls - primitive - self 2 total 2\nfunction 1 \"g\" file \"t.py\" line 9 "
      "calls 3 primitive 3 self 1 total 1\n";
  CHECK(rows_of(sum_of({uncounted, counted})) == expected);
  CHECK(rows_of(sum_of({counted, uncounted})) == expected);
  CHECK(rows_of(sum_of({uncounted, uncounted})) == "function 0 \"f\" file \"t.py\" line 2 self 2 total 2\n");
}

TEST_CASE("merge: costs of calls that were only counted are estimated before they meet measured ones") {
  const std::string counted =
      "function 0 \"f\" file \"t.py\" line 2 calls 10 primitive 10 self 100 total 100\nfunction 1 \"g\" file \"t.py\" "
      "line 9 calls 1 primitive 1 self 0 total 30\n"
      "call 1 0 line 0 calls 3 primitive -\n";
  const std::string measured =
      "function 0 \"f\" file \"t.py\" line 2 calls 1 primitive 1 self 5 total 5\nfunction 1 \"g\" file \"t.py\" line 9 "
      "calls 1 primitive 1 self 0 total 5\n"
      "call 1 0 line 0 calls 1 primitive 1 self 5 total 5\n";
  CHECK(rows_of(sum_of({counted, measured}))
            .ends_with("call 1 0 line 0 calls 4 primitive - self 5 total 35 # \"g\" -> \"f\"\n"));
}

TEST_CASE("merge: a new metric makes a new column") {
  std::vector<Profile> profiles;
  profiles.push_back(profile_of("function 0 \"f\" file \"\" line 0 self 5 total 5\n"));
  profiles.push_back(profile_of("function 0 \"f\" file \"\" line 0 self 7 1 total 7 1\n",
                                "metric hits count sum\nmetric mem_grow bytes sum\n"));
  profiles.push_back(profile_of("function 0 \"f\" file \"\" line 0 self 9 total 9\n", "metric mem_peak bytes max\n"));
  profiles.push_back(profile_of("function 0 \"f\" file \"\" line 0 self 8 total 8\n", "metric mem_peak bytes max\n"));
  CHECK(dump_of(merge(std::move(profiles))) ==
        "profconv dump 1\nmetric time ns sum\nmetric hits count sum\nmetric mem_grow bytes sum\nmetric mem_peak bytes "
        "max\n"
        "function 0 \"f\" file \"\" line 0 self 5 7 1 9 total 5 7 1 9\n");
}

TEST_CASE("merge: a sampled profile and one that counted calls are not added up") {
  const auto sampled = [] {
    return profile_of("function 0 \"f\" file \"\" line 0 self 5 1 total 5 1\n",
                      "metric time ns sum\nmetric samples count sum\n");
  };
  for (const bool sampled_first : {true, false}) {
    Merger merger;
    merger.add(sampled_first ? sampled() : profile_of(a));
    CHECK(message_of([&] { merger.add(sampled_first ? profile_of(a) : sampled()); }) ==
          "a sampled profile and one that counted calls cannot be added up: samples are no calls");
  }
  Merger merger;
  merger.add(sampled());
  merger.add(sampled());
  CHECK(std::move(merger).finish().self.at(0, 1) == 2);
}

TEST_CASE("merge: lines still add up when one profile knows no lines of a function") {
  const std::string lined = "function 0 \"f\" file \"t.py\" line 2 self 5 total 5\nline 0 3 self 2\nline 0 4 self 3\n";
  const std::string unlined = "function 0 \"f\" file \"t.py\" line 2 self 7 total 7\n";
  const std::string expected =
      "function 0 \"f\" file \"t.py\" line 2 self 12 total 12\nline 0 0 self 7 # \"f\"\nline 0 3 self 2 # \"f\"\nline "
      "0 4 self 3 # \"f\"\n";
  CHECK(rows_of(sum_of({lined, unlined})) == expected);
  CHECK(rows_of(sum_of({unlined, lined})) == expected);
}

TEST_CASE("merge: stacks and labels find each other") {
  const std::string stacks =
      "function 0 \"f\" file \"\" line 0\nnode 0 parent - function 0 line 1\nnode 1 parent 0 function 0 line 2\nlabels "
      "1 process \"\" thread \"main\" status 0\nsample 1 labels 1 cost 3\n";
  CHECK(rows_of(sum_of({stacks, stacks})) ==
        "function 0 \"f\" file \"\" line 0\nnode 0 parent - function 0 line 1 # \"f\"\nnode 1 parent 0 function 0 line "
        "2 # \"f\"\n"
        "labels 1 process \"\" thread \"main\" status 0\nsample 1 labels 1 cost 6\n");
}

TEST_CASE("merge: sums beyond 64 bits are refused") {
  const std::string most = "function 0 \"f\" file \"t.py\" line 2 self 9223372036854775807 total 1\n";
  CHECK(message_of([&] { sum_of({most, most}); }) == "time of function 'f' (t.py:2) does not fit 64 bits");
}

TEST_CASE("merge: a sum to which a profile could not be added is not given out") {
  const std::string most =
      "function 0 \"f\" file \"t.py\" line 2 calls 1 primitive 1 self 9223372036854775807 total 1\n";
  Merger merger;
  merger.add(profile_of(a));
  const std::string not_whole = "the sum is not whole: a profile before could not be added to it";
  CHECK(message_of([&] { merger.add(profile_of(most)); }) != "");
  CHECK(message_of([&] { merger.add(profile_of(a)); }) == not_whole);
  CHECK(message_of([&] { std::move(merger).finish(); }) == not_whole);
}

TEST_CASE("merge: hundreds of equal profiles stay as small as one") {
  std::string rows = "function 0 \"f\" file \"t.py\" line 0 calls 1 primitive 1 self 1 total 1\n";
  for (int i = 1; i < 200; ++i)
    rows += "function " + std::to_string(i) + " \"f\" file \"t.py\" line " + std::to_string(i) +
            " calls 1 primitive 1 self 1 total 1\n";
  for (int i = 1; i < 200; ++i) rows += "call 0 " + std::to_string(i) + " line 0 calls 1 primitive 1 self 1 total 1\n";
  Merger merger;
  for (int i = 0; i < 300; ++i) merger.add(profile_of(rows));
  const Profile sum = std::move(merger).finish();
  CHECK(sum.functions.size() == 200);
  CHECK(sum.calls.size() == 199);
  CHECK(sum.call_counts[0].calls == 300);
  CHECK(sum.call_total.at(198, 0) == 300);
}
