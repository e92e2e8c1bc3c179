// The reader of mprof's data files, rule by rule.

#include <string>

#include <doctest/doctest.h>

#include <profconv/formats.hpp>

#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

std::string rows(const std::string& text) {
  const std::string dump = dump_of(read_text(text));
  return dump.substr(dump.find("function 0"));
}

std::string diagnostics_of(const std::string& text) {
  Diagnostics diagnostics;
  read_text(text, {}, diagnostics);
  return text_of(diagnostics);
}

std::string refusal(const std::string& text) {
  ReadOptions options;
  options.format = "mprof";
  return message_of([&] { read_text(text, options); });
}

}  // namespace

// Costs: time, growth, release, peak. 1 MiB is 1048576 bytes, 1.5 are 1572864, 2 are 2097152, 4 are 4194304.

TEST_CASE("mprof: calls nest by time and level, readings between them say who grew") {
  // f enters at 1 MiB, calls g (1.5 -> 4 -> 2), leaves at 1
  CHECK(rows("FUNC __main__.f 1.0000 10.0000 1.0000 15.0000 0\n"
             "FUNC __main__.g 1.5000 11.0000 2.0000 13.0000 1\n"
             "CMDLINE python3 t.py\n"
             "MEM 8.000000 9.0000\n"
             "MEM 1.250000 10.5000\n"
             "MEM 4.000000 12.0000\n"
             "MEM 0.500000 14.0000\n") ==
        "function 0 \"__main__.f\" file \"\" line 0 calls 1 primitive 1 self 3000000000 524288 1048576 1310720 total "
        "5000000000 1048576 1048576 4194304\n"
        "function 1 \"__main__.g\" file \"\" line 0 calls 1 primitive 1 self 2000000000 524288 0 4194304 total "
        "2000000000 524288 0 4194304\n"
        "call 0 1 line 0 calls 1 primitive 1 self 2000000000 524288 0 4194304 total 2000000000 524288 0 4194304 # "
        "\"__main__.f\" -> \"__main__.g\"\n");
  CHECK(diagnostics_of("FUNC f 1.0000 10.0000 1.0000 15.0000 0\nMEM 8.000000 9.0000\n") ==
        "note: t.prof: 1 reading of memory lies outside every profiled function\n");
}

TEST_CASE("mprof: recursion counts inclusive cost once") {
  const std::string dump = rows(
      "FUNC r 1.0000 1.0000 4.0000 9.0000 0\n"
      "FUNC r 1.0000 2.0000 4.0000 8.0000 1\n"
      "FUNC r 1.0000 3.0000 4.0000 7.0000 2\n");
  CHECK(dump ==
        "function 0 \"r\" file \"\" line 0 calls 3 primitive 1 self 8000000000 3145728 0 4194304 total 8000000000 "
        "3145728 0 4194304\n"
        "call 0 0 line 0 calls 2 primitive 1 self 6000000000 3145728 0 4194304 total 6000000000 3145728 0 4194304 # "
        "\"r\" -> \"r\"\n");
}

TEST_CASE("mprof: a level lost with an exception does not lose the nesting") {
  // f caught an exception of g (level 1); the level stays 1, so h, called by f, has 2, and f2, called by nobody, has 1
  const std::string dump = rows(
      "FUNC f 1.0000 1.0000 1.0000 9.0000 0\n"
      "FUNC g 1.0000 2.0000 1.0000 3.0000 1\n"
      "FUNC h 1.0000 4.0000 1.0000 5.0000 2\n"
      "FUNC f2 1.0000 10.0000 1.0000 11.0000 1\n");
  CHECK(dump.find("\"f\" -> \"g\"") != std::string::npos);
  CHECK(dump.find("\"f\" -> \"h\"") != std::string::npos);
  CHECK(dump.find("-> \"f2\"") == std::string::npos);
}

TEST_CASE("mprof: calls of one moment are told apart by their level, those without one follow each other") {
  const std::string dump = rows(
      "FUNC g 1.0000 1.0000 1.0000 1.0000 1\n"
      "FUNC f 1.0000 1.0000 1.0000 1.0000 0\n");
  CHECK(dump.find("\"f\" -> \"g\"") != std::string::npos);
  // before 0.55 there were no levels
  const std::string old = rows(
      "FUNC f 1.0000 1.0000 1.0000 5.0000\n"
      "FUNC g 1.0000 2.0000 1.0000 3.0000\n"
      "FUNC h 1.0000 3.0000 1.0000 3.0000\n");
  CHECK(old.find("\"f\" -> \"g\"") != std::string::npos);
  CHECK(old.find("\"f\" -> \"h\"") != std::string::npos);
  CHECK(old.find("\"g\" -> \"h\"") == std::string::npos);
}

TEST_CASE("mprof: overlapping calls, calls that end before they begin, names with blanks") {
  const std::string text =
      "FUNC .a block 1.0000 1.0000 1.0000 5.0000 0\n"
      "FUNC g 1.0000 4.0000 1.0000 6.0000 1\n"
      "FUNC h 1.0000 8.0000 1.0000 7.0000 0\n";
  CHECK(rows(text).starts_with("function 0 \".a block\""));
  CHECK(diagnostics_of(text) ==
        "warning: t.prof: 1 call overlaps another one without being inside it (threads?); taken as its caller's\n"
        "warning: t.prof: 1 call ends before it begins; taken to last no time\n");
}

TEST_CASE("mprof: without functions, each command is one with its peak and what it grew by") {
  CHECK(rows("CMDLINE python3 a.py\nMEM 1.000000 1.0000\nMEM 4.000000 2.0000\nMEM 2.000000 3.0000\n"
             "CMDLINE python3 b.py\nMEM 2.000000 5.0000\nMEM 1.500000 4.0000\n") ==
        "function 0 \"python3 a.py\" file \"\" line 0 self 3145728 4194304 total 3145728 4194304\n"
        "function 1 \"python3 b.py\" file \"\" line 0 self 524288 2097152 total 524288 2097152\n");
  CHECK(rows("MEM 1.000000 1.0000\n") == "function 0 \"<program>\" file \"\" line 0 self 0 1048576 total 0 1048576\n");
}

TEST_CASE("mprof: what a program printed stands before, between and in front of calls") {
  const std::string f = "FUNC __main__.f 1.0000 10.0000 1.0000 15.0000 0\n",
                    g = "FUNC __main__.g 1.5000 11.0000 2.0000 13.0000 1\n";
  for (const std::string& text : {"hello\n" + f + g, "FUNC of the day\n" + f + "\nbye\n" + g, "99 % done" + f + g,
                                  f + "bye; FUNC: " + g, "MEM is low\n" + f + "CHLD\n" + g})
    CHECK(rows(text) == rows(f + g));
  CHECK(diagnostics_of("hello\n99 %" + f + "bye") ==
        "note: t.prof: line 1: 2 lines are no records of mprof; ignored\n");
  // Records without a level, before 0.55.
  CHECK(rows("x\nFUNC a.f 1.0000 10.0000 1.0000 15.0000\n").starts_with("function 0 \"a.f\""));
}

TEST_CASE("mprof: behind other text nothing is taken for a call but what memory_profiler writes") {
  for (const char* const text : {"x\nFUNC f 1.0000 10.0000 1.0000 15.0000 0\n", "x\nFUNC a.f 1 10 1 15 0\n",
                                 "x\nFUNC a.f 1.0000 10.0000 1.0000\n", "x\nFUNC a.f 1.0000 10.0000 1.0000 15.000 0\n",
                                 "x\nMEM 1.000000 10.0000\n", "x\nCMDLINE python3 t.py\n",
                                 "FUNC MEM 1.000000 10.0000\n", "x\nFUNC a.f 1.0000 -10.0000 1.0000 15.0000 0\n"})
    CHECK(message_of([&] { read_text(text); }).find("no known profile format") != std::string::npos);
}

TEST_CASE("mprof: bad, unknown and cut records are left out and counted") {
  CHECK(diagnostics_of("CMDLINE python x.py\nMEM abc 1.0\nFUNC a 1 2 3\nMEM 1.5 2.5\nMEM nan 3.0\nMEM 1.0 inf\n\n"
                       "HELLO\nCHLD 12 1.0 2.0\nMEM 1.000000 179535") ==
        "warning: t.prof: line 2: 4 records have wrong fields; left out\n"
        "warning: t.prof: line 10: 1 record at the end is cut off; left out\n"
        "note: t.prof: line 8: 1 line is no record of mprof; ignored\n"
        "note: t.prof: 1 reading of child processes left out\n");
}

TEST_CASE("mprof: nothing usable is an error") {
  CHECK(refusal("CMDLINE python x.py\n") ==
        "t.prof: no usable MEM or FUNC record of mprof was found (hint: was the program too short to be sampled? mprof "
        "run -T 0.01 samples more often)");
  CHECK(refusal("MEM 1 9223372037.0\n").starts_with("t.prof: no usable"));
  CHECK(
      refusal("FUNC f 8796093022207.0 1.0 0.0 2.0 0\nFUNC g 8796093022207.0 1.0 0.0 2.0 1\nFUNC g 8796093022207.0 3.0 "
              "0.0 4.0 1\n") == "t.prof: mem_free of function 'g' (:0) does not fit 64 bits");
}
