// The hotshot reader, rule by rule; the logs are written by hand so that the bytes can be seen. Larger ones, and real
// ones, are in testdata/hotshot.

#include <string>

#include <doctest/doctest.h>

#include <profconv/formats.hpp>

#include "model/call_tree.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;
using namespace std::string_literals;

namespace {

const std::string version = "\x13\x0fhotshot-version\x00"s;
const std::string names =
    "\x23\x00\x04"
    "a.py"
    "\x43\x00\x01\x01"
    "f"
    "\x43\x00\x09\x01"
    "g"s;
const std::string header = version + "\x53\x01\x33\x00"s + names;        // frame times, no line times
const std::string header_lines = version + "\x53\x01\x33\x01"s + names;  // both

std::string rows(const std::string& log, const ReadOptions& options = {}) {
  const std::string dump = dump_of(read_text(log, options));
  std::string kept;
  for (std::size_t at = 0; at < dump.size();) {
    const std::size_t end = dump.find('\n', at) + 1;
    const std::string line = dump.substr(at, end - at);
    if (line.starts_with("function ") || line.starts_with("call ") || line.starts_with("line ")) kept += line;
    at = end;
  }
  return kept;
}

std::string diagnostics_of(const std::string& log, const ReadOptions& options = {}) {
  Diagnostics diagnostics;
  read_text(log, options, diagnostics);
  return text_of(diagnostics);
}

}  // namespace

TEST_CASE("hotshot: ticks belong to what was running before the event, those before the first call to nothing") {
  // enter f after 7, enter g after 2, leave g after 3, leave f after 1
  CHECK(rows(header + "\x00\x01\x07"
                      "\x00\x09\x02"
                      "\x0d"
                      "\x05"s) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 3000 total 6000\n"
        "function 1 \"g\" file \"a.py\" line 9 calls 1 primitive 1 self 3000 total 3000\n"
        "call 0 1 line 0 calls 1 primitive 1 self 3000 total 3000 # \"f\" -> \"g\"\n");
}

TEST_CASE("hotshot: line times make lines, and lines of calls") {
  // enter f; line 2 after 1; enter g after 2; line 10 after 3; leave g after 4; leave f after 5
  CHECK(rows(header_lines + "\x00\x01\x00"
                            "\x0a\x01"
                            "\x00\x09\x02"
                            "\x2a\x03"
                            "\x11"
                            "\x15"s) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 8000 1 total 15000 1\n"
        "function 1 \"g\" file \"a.py\" line 9 calls 1 primitive 1 self 7000 1 total 7000 1\n"
        "call 0 1 line 2 calls 1 primitive 1 self 7000 1 total 7000 1 # \"f\" -> \"g\"\n"
        "line 0 1 self 1000 0 # \"f\"\n"
        "line 0 2 self 7000 1 # \"f\"\n"
        "line 1 9 self 3000 0 # \"g\"\n"
        "line 1 10 self 4000 1 # \"g\"\n");
}

TEST_CASE("hotshot: hits are a function's own, in calls of calls and in the tree of its stacks, too") {
  // f on line 2 calls g, which on line 10 calls f again; its line 2 is hit a second time
  const std::string log = header_lines +
                          "\x00\x01\x00"
                          "\x0a\x01"
                          "\x00\x09\x02"
                          "\x2a\x03"
                          "\x00\x01\x01"
                          "\x0a\x01"
                          "\x05"
                          "\x11"
                          "\x15"s;
  CHECK(rows(log) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 2 primitive 1 self 10000 2 total 18000 2\n"
        "function 1 \"g\" file \"a.py\" line 9 calls 1 primitive 1 self 8000 1 total 10000 1\n"
        "call 0 1 line 2 calls 1 primitive 1 self 8000 1 total 10000 1 # \"f\" -> \"g\"\n"
        "call 1 0 line 10 calls 1 primitive 1 self 2000 1 total 2000 1 # \"g\" -> \"f\"\n"
        "line 0 1 self 2000 0 # \"f\"\n"
        "line 0 2 self 8000 2 # \"f\"\n"
        "line 1 9 self 3000 0 # \"g\"\n"
        "line 1 10 self 5000 1 # \"g\"\n");
  const Profile p = read_text(log);
  const CallTree tree = call_tree(p, {});
  REQUIRE(tree.nodes.size() == 3);
  for (std::size_t node = 0; node < 3; ++node) CHECK(tree.total.at(node, 1) == 1);
  CHECK(call_tree(p, {.max_depth = 1}).hidden.at(0, 1) == 0);
  CHECK(call_tree(p, {.metric = 1}).total.at(0, 1) == 3);  // here they are what is looked at
}

TEST_CASE("hotshot: numbers of several groups, alone and after a code") {
  // enter f after 300 ticks; leave after 45
  CHECK(rows(header + "\x00\x01\xac\x02"
                      "\xb5\x01"s) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 45000 total 45000\n");
}

TEST_CASE("hotshot: without flags there are frame times and no line times, as CPython assumes") {
  CHECK(rows(version + names + "\x00\x01\x00\x15"s) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 5000 total 5000\n");
}

TEST_CASE("hotshot: a call graph a hundred thousand deep needs no stack of ours") {
  std::string log = header;
  constexpr int depth = 100000;
  for (int i = 0; i < depth; ++i) log += "\x00\x01\x01"s;
  for (int i = 0; i < depth; ++i) log += "\x05";
  CHECK(rows(log) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 100000 primitive 1 self 199999000 total 199999000\n"
        "call 0 0 line 0 calls 99999 primitive 1 self 199997000 total 199997000 # \"f\" -> \"f\"\n");
}

TEST_CASE("hotshot: every stack keeps its own time") {
  const Profile p = read_text(header +
                              "\x00\x01\x00"
                              "\x00\x09\x02"
                              "\x0d"
                              "\x00\x09\x00"
                              "\x15"
                              "\x05"s);
  REQUIRE(p.nodes.size() == 2);
  CHECK(p.nodes[1].parent == NodeId{0});
  REQUIRE(p.samples.size() == 2);
  CHECK(p.sample_cost.at(0, 0) == 3000);
  CHECK(p.sample_cost.at(1, 0) == 8000);
}

TEST_CASE("hotshot: a log that was cut is refused, and salvaged on request") {
  const std::string log = header +
                          "\x00\x01\x00"
                          "\x00\x09\x80"s;
  CHECK(message_of([&] { read_text(log); }) ==
        "t.prof: byte 45: a value wants 1 byte, 0 left; 1 event before it is complete (hint: the file looks cut off; "
        "--salvage converts what is complete)");
  ReadOptions salvage;
  salvage.salvage = true;
  CHECK(rows(log, salvage) == "function 0 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 0 total 0\n");
  CHECK(diagnostics_of(log, salvage) ==
        "warning: t.prof: byte 45: a value wants 1 byte, 0 left; 1 event before it is complete and converted\n"
        "warning: t.prof: byte 42: 1 function was still running at the end of the log; taken as left there\n");
}

TEST_CASE("hotshot: an exit without an entry does not end the log") {
  const std::string log = header +
                          "\x00\x01\x00"
                          "\x05"
                          "\x0d"
                          "\x00\x09\x09"
                          "\x11"s;
  CHECK(rows(log) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 1000 total 1000\n"
        "function 1 \"<entered before start()>\" file \"\" line 0 calls 0 primitive 0 self 3000 total 3000\n"
        "function 2 \"g\" file \"a.py\" line 9 calls 1 primitive 1 self 4000 total 4000\n");
}

TEST_CASE("hotshot: ticks that are no whole nanoseconds add up exactly") {
  // 3 ticks a second: a third of a second is no whole number of nanoseconds, three of them are
  const std::string frequency =
      "\x13\x1ereported-performance-frequency\x01"
      "3";
  CHECK(rows(version + frequency + names +
             "\x00\x01\x00"
             "\x00\x09\x01"
             "\x05"
             "\x05"s) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 666666666 total 1000000000\n"
        "function 1 \"g\" file \"a.py\" line 9 calls 1 primitive 1 self 333333334 total 333333334\n"
        "call 0 1 line 0 calls 1 primitive 1 self 333333334 total 333333334 # \"f\" -> \"g\"\n");
}
