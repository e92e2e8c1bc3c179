// The collapsed reader and writer: forms of frames, numbers, threads, what is refused.

#include <string>

#include <doctest/doctest.h>
#include <profconv/error.hpp>
#include <profconv/transforms.hpp>

#include "readers/collapsed_frame.hpp"
#include "readers/readers.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

std::string frame(std::string_view text) {
  const CollapsedFrame f = parse_collapsed_frame(text);
  return std::string(f.file) + "|" + std::string(f.name) + "|" + std::to_string(f.line);
}

ReadOptions collapsed() {
  ReadOptions options;
  options.format = "collapsed";
  return options;
}

/// The stacks as this format has them.
std::string again(std::string_view text, CollapsedOptions::Frames frames = CollapsedOptions::Frames::pyspy) {
  return written(read_text(text, collapsed()), "collapsed", {.collapsed = {.frames = frames}});
}

Match sniff(std::string_view text) { return sniff_collapsed(bytes_of(text)); }

}  // namespace

TEST_CASE("collapsed: frames as py-spy writes them") {
  CHECK(frame("main (app/t.py:12)") == "app/t.py|main|12");
  CHECK(frame("<module> (t.py:1)") == "t.py|<module>|1");
  CHECK(frame("f (/srv/my (old) files/t.py:3)") == "/srv/my (old) files/t.py|f|3");
  CHECK(frame("f (<string>:1)") == "<string>|f|1");
  CHECK(frame("read (libc.so.6)") == "libc.so.6|read|0");
}

TEST_CASE("collapsed: frames as Python 3.15 and austin write them") {
  CHECK(frame("t.py:T.main:12") == "t.py|T.main|12");
  CHECK(frame("/app/t.py:main:0") == "/app/t.py|main|0");
  CHECK(frame("<frozen runpy>:_run_code:87") == "<frozen runpy>|_run_code|87");
  CHECK(frame("<task>:Task-4:0") == "<task>|Task-4|0");
  CHECK(frame("C:\\app\\t.py:main:12") == "C:\\app\\t.py|main|12");
  CHECK(frame("t.py:a:b:7") == "t.py|a:b|7");
}

TEST_CASE("collapsed: everything else is a bare name") {
  CHECK(frame("main") == "|main|0");
  CHECK(frame("<GC>") == "~|<GC>|0");
  CHECK(frame("<native>") == "~|<native>|0");
  CHECK(frame("<built-in method time.sleep>") == "~|<built-in method time.sleep>|0");
  CHECK(frame("<method 'append' of 'list' objects>") == "~|<method 'append' of 'list' objects>|0");
  CHECK(frame("<module>") == "|<module>|0");
  CHECK(frame("std::swap:1") == "|std::swap:1|0");
  CHECK(frame("operator new (unsigned long)") == "|operator new (unsigned long)|0");
  CHECK(frame("(x)") == "|(x)|0");
  CHECK(frame(":12") == "|:12|0");
  CHECK(frame("t.py::12") == "|t.py::12|0");
  CHECK(frame("t.py:f:99999999999") == "|t.py:f:99999999999|0");
}

TEST_CASE("collapsed: the first frames may name process and thread") {
  const auto labels = [](std::string_view text) {
    const Profile p = read_text(text, collapsed());
    const Labels& l = p.labels[index(p.samples.at(0).labels)];
    return std::string(p.text(l.process)) + "|" + std::string(p.text(l.thread)) + "|" + std::to_string(p.nodes.size());
  };
  CHECK(labels("tid:3247;a;b 1\n") == "|3247|2");
  CHECK(labels("P12;T0:34;/t.py:f:1 1\n") == "12|0:34|1");
  CHECK(labels("process 12:\"python t.py\";thread (0x7F0A): main;f (t.py:1) 1\n") ==
        "12:\"python t.py\"|(0x7F0A): main|1");
  CHECK(labels("T1;a 1\n") == "||2");
  CHECK(labels("a;T1 1\n") == "||2");
}

TEST_CASE("collapsed: the number is what follows the last blank") {
  const Profile p = read_text("a;b c 12\na;b c 1\r\na;b c\t2\n\na; 3\n", collapsed());
  CHECK(p.text(p.functions[1].name) == "b c");
  CHECK(p.self.at(1, 0) == 15);
  CHECK(p.self.at(0, 0) == 3);
}

TEST_CASE("collapsed: oddities are said once, with a count and a place") {
  Diagnostics diagnostics;
  const Profile p = read_text("a;b 1\nhello\na;b 1.5\n;; 4\nworld wide\na 0\n", collapsed(), diagnostics, "x");
  CHECK(text_of(diagnostics) ==
        "warning: x: line 2: 2 lines have no number at their end and are left out\n"
        "warning: x: line 4: 1 line has no stack and is left out\n"
        "warning: x: line 3: 1 number has decimals and is rounded\n");
  CHECK(p.self.at(1, 0) == 3);
}

TEST_CASE("collapsed: numbers that are rounded to nothing are said to be") {
  Diagnostics diagnostics;
  CHECK(read_text("a;b 0.4\na;c 0.3\n", collapsed(), diagnostics, "x").samples.empty());
  CHECK(text_of(diagnostics) ==
        "warning: x: line 1: 2 numbers are below 0.5 and rounded to nothing: multiply all numbers, by 1000 for "
        "example\n");
}

TEST_CASE("collapsed: a last line that is cut off is left out, with a warning") {
  Diagnostics diagnostics;
  const Profile p = read_text("main (a.py:1);f (a.py:3) 5\nmain (a.py:1);h (a", {}, diagnostics, "x");
  CHECK(p.functions.size() == 2);
  CHECK(text_of(diagnostics) == "warning: x: line 2: the input looks cut off: its last line has no number; left out\n");
  CHECK(message_of([] { read_text("main;wo", collapsed()); }).find("expected lines of frames and a number") !=
        std::string::npos);
}

TEST_CASE("collapsed: what holds no stacks is refused, an empty recording is not") {
  CHECK(message_of([] { read_text("hello\n", collapsed()); }) ==
        "t.prof: expected lines of frames and a number such as 'main;work 12', found none");
  CHECK(message_of([] { read_text("a;b 99999999999999999999\n", collapsed()); }) ==
        "t.prof: line 1: expected a number that fits 64 bits, found '99999999999999999999'");
  Diagnostics diagnostics;
  CHECK(read_text("", collapsed(), diagnostics, "x").functions.empty());
  CHECK(text_of(diagnostics) == "warning: x: there are no samples in it\n");
}

TEST_CASE("collapsed: with an interval samples are time, too") {
  ReadOptions options = collapsed();
  options.interval_ns = 1000;
  const Profile p = read_text("a;b 3\n", options);
  CHECK(dump_of(p).find("metric time ns sum\nmetric samples count sum\n") != std::string::npos);
  CHECK(p.self.at(1, 0) == 3000);
  CHECK(p.self.at(1, 1) == 3);
  options.interval_ns = INT64_MAX;
  CHECK(message_of([&] { read_text("a;b 3\n", options); }) ==
        "t.prof: line 1: the time of 3 samples does not fit 64 bits of nanoseconds");
}

TEST_CASE("collapsed: austin's numbers are microseconds, a line a sample") {
  const Profile p = read_text("# austin: 3.6.0\n# mode: wall\nP1;T2;/t.py:f:1 100\nP1;T2;/t.py:f:1 50\n");
  CHECK(p.self.at(0, 0) == 150'000);
  CHECK(p.self.at(0, 1) == 2);
  CHECK(message_of([] {
          read_text("# austin: 3.6.0\n# mode: full\nP1;T2;/t.py:f:1 100,0,5\n");
        }).find("austin's mode 'full' is not read") != std::string::npos);
  CHECK(message_of([] { read_text("# austin: 3.6.0\n# mode: full\nP1;T2;/t.py:f:1 100,0,5\nP1;T2;a 1\n"); }) ==
        "t.prof: line 4: austin's mode 'full' is not read: versions of austin differ in what its numbers are (hint: "
        "record the time with austin, without -m and -f)");
}

TEST_CASE("collapsed: austin's lines may be frames of their own") {
  const Profile p =
      read_text("# mode: wall\nP1;T2;/t.py:f;L12;/u.py:g;L3 100\nP1;T2;/t.py:f;L13 50\nP1;T2;/t.py:f;L12;:GC: 10\n");
  REQUIRE(p.functions.size() == 3);
  CHECK(p.lines.size() == 3);
  CHECK(p.text(p.functions[0].name) == "f");
  CHECK(p.text(p.functions[1].file) == "/u.py");
  CHECK(p.text(p.functions[2].name) == "<GC>");
  CHECK(again("t.py:f;L12 5\n", CollapsedOptions::Frames::name) == "t.py:f;L12 5\n");  // of nobody knows what
}

TEST_CASE("collapsed: recordings of austin and others in one file are said to be") {
  CHECK(message_of([] { read_text("a;b 3\n# austin: 3\n# mode: wall\nP1;T2;/t.py:f:1 100\n", collapsed()); }) ==
        "t.prof: line 3: a recording of austin begins here, in microseconds; what is before it are samples (hint: give "
        "them as two files: they are added up)");
  Diagnostics diagnostics;
  read_text("# mode: wall\nP1;T2;/t.py:f:1 100\na;b 3\na;c 4\n", collapsed(), diagnostics, "x");
  CHECK(text_of(diagnostics) ==
        "warning: x: line 3: 2 stacks have no process as austin's do; their numbers are taken for microseconds, too\n");
}

TEST_CASE("collapsed: the command line of a process stands in quotes, whatever is in it") {
  const Profile p = read_text(
      "process 42:\"python -c from a import b; b(fd=6)\";thread (0x7F): MainThread;f (t.py:1) 5\n"
      "process 43:\"python\";g (t.py:9) 1\nprocess 43:\"python -c x=\"a\"; f()\";g (t.py:9) 1\nprocess 44:\"cut; h "
      "(t.py:10) 1\n");
  CHECK(p.text(p.labels[index(p.samples[0].labels)].process) == "42:\"python -c from a import b; b(fd=6)\"");
  CHECK(p.functions.size() == 3);
  Diagnostics diagnostics;
  for (const char* thread : {"main", "MainThread", "(0x7F)*"})
    CHECK(select_samples(read_text("thread (0x7F): MainThread;f 5\nthread (0x80): worker;g 1\n", collapsed()),
                         {.threads = {thread}}, diagnostics)
              .samples.size() == 1);
}

TEST_CASE("collapsed: a byte order mark in the middle is that of a file behind another one") {
  CHECK(again("\xef\xbb\xbf"
              "a;b 1\n\xef\xbb\xbf"
              "a;b 2\n") == "a;b 3\n");
}

TEST_CASE("collapsed: detection wants numbers on all lines and a stack on one") {
  CHECK(sniff("a;b 2\n \t\n") == Match::maybe);
  CHECK(sniff("tid:1;a 2\n") == Match::yes);
  CHECK(sniff("# austin: 3\n") == Match::yes);
  CHECK(sniff("a;b 2\nc 3\n") == Match::maybe);
  CHECK(sniff("a;b 2.5") == Match::maybe);
  CHECK(sniff("a 2\n") == Match::no);
  CHECK(sniff("a;b 2\nhello\n") == Match::no);
  CHECK(sniff("a;b 2\na;hel") == Match::maybe);
  CHECK(sniff("a 2\na;hel") == Match::no);
  CHECK(sniff("") == Match::no);
  std::string deep = "main";  // a first line that goes on behind what is looked at
  while (deep.size() < Input::head_size) deep += ";f (a.py:" + std::to_string(deep.size()) + ")";
  deep.resize(Input::head_size);
  CHECK(sniff(deep) == Match::maybe);
  CHECK(sniff("tid:1;" + deep.substr(6)) == Match::yes);
  CHECK(sniff(std::string(Input::head_size, 'a')) == Match::no);
  CHECK(sniff("\t" + deep.substr(1)) == Match::no);
  CHECK(sniff(std::string_view("a;b\0 2\n", 7)) == Match::no);
  std::string cut = "a;b 2\n" + std::string(Input::head_size, 'x');
  cut.resize(Input::head_size);
  CHECK(sniff(cut) == Match::maybe);
}

TEST_CASE("collapsed: written stacks are those that were read, the largest number first") {
  CHECK(again("a;b 1\nt.py:f:3;<GC> 5\na;b 1\n") == "f (t.py:3);<GC> 5\na;b 2\n");
  const std::string stacks = "<module> (/srv/t.py:9);T.f (/srv/t.py:3) 5\n<module> (/srv/t.py:9) 2\nx;y 2\n";
  CHECK(again(stacks) == stacks);
}

TEST_CASE("collapsed: samples that are worth different times are written as microseconds") {
  const std::string austin =
      "# austin: 3.6.0\n# mode: wall\n\nP1;T2;a.py:f:5 1200\nP1;T2;a.py:f:6 800\nP1;T2;a.py:g:4 ";
  Diagnostics diagnostics;
  CHECK(written(read_text(austin + "100\n"), "collapsed", {}, diagnostics) ==
        "f (a.py:5) 1200\nf (a.py:6) 800\ng (a.py:4) 100\n");
  CHECK(text_of(diagnostics) ==
        "note: not all samples are worth the same time: the numbers are microseconds, not samples\n"
        "note: collapsed does not hold all of the profile: several metrics\n");

  const auto of = [](std::int64_t first, std::int64_t second) {
    std::vector<Profile> profiles;
    for (const std::int64_t interval : {first, second}) {
      ReadOptions options;
      options.format = "collapsed";
      options.interval_ns = interval;
      profiles.push_back(read_text(profiles.empty() ? "a;b 2\n" : "a;c 1\n", options));
    }
    return written(merge(std::move(profiles)), "collapsed");
  };
  CHECK(of(1000000, 1000000) == "a;b 2\na;c 1\n");
  CHECK(of(1000000, 5000000) == "a;c 5000\na;b 2000\n");
  CHECK(of(1000000, 0) == "a;b 2\na;c 1\n");  // all that is known of the one
}

TEST_CASE("collapsed: recorded stacks that count nothing are not called estimated") {
  Diagnostics diagnostics;
  CHECK(written(read_stacks("a;b 0\n"), "collapsed", {}, diagnostics).empty());
  CHECK(text_of(diagnostics) == "warning: no stack is written: the profile has no cost\n");
}

TEST_CASE("collapsed: files without a line that are written are read") {
  for (const std::string frame_text :
       {"<module> of pt.py (profile)", "f (<string>)", "f (<frozen importlib._bootstrap>)", "f (/my app/x.py)"}) {
    CHECK(again(frame_text + " 3\n") == frame_text + " 3\n");
    CHECK(frame(frame_text).starts_with(frame_text.substr(frame_text.find(" (") + 2, 3)));
  }
  const Profile p = read_stacks("<module> of pt.py (profile);T.f (<string>) 3\n");
  CHECK(p.text(p.functions[0].name) == "<module> of pt.py");  // has no qualified name
  CHECK(p.text(p.functions[1].name) == "f");
  CHECK(frame("main (void)") == "|main (void)|0");
  CHECK(frame("f (std::vector<int>, int)") == "|f (std::vector<int>, int)|0");
}

TEST_CASE("collapsed: C functions are written by their names alone, whoever recorded them") {
  for (const std::string file : {"~", "<built-in>"}) {
    CHECK(written(read_text("profconv dump 1\nmetric time ns sum\nfunction 0 \"lock.acquire\" file \"" + file +
                            "\" line 0 calls 1 primitive 1 self 2000 total 2000\n"),
                  "collapsed") == "(estimated from a call graph);lock.acquire 2\n");
  }
}

TEST_CASE("collapsed: frames in the forms of others") {
  using Frames = CollapsedOptions::Frames;
  const std::string python = "tid:7;t.py:T.f:3;<GC> 5\ntid:8;t.py:T.f:3;<GC> 4\ntid:7;t.py:T.f:4;<GC> 1\n";
  CHECK(again(python, Frames::cpython) == python);
  CHECK(again(python, Frames::pyspy) == "T.f (t.py:3);<GC> 9\nT.f (t.py:4);<GC> 1\n");
  CHECK(again(python, Frames::name) == "T.f;<GC> 10\n");
}

TEST_CASE("collapsed: nothing in a name can break a line") {
  const Profile p = read_text(
      "profconv dump 1\nmetric samples count sum\nfunction 0 \"a;b\\x0a\\x1b 4\" file \"x;y.py\" line 0 self 2 total "
      "2\n"
      "node 0 parent - function 0 line 3\nsample 0 labels 0 cost 2\n");
  CHECK(written(p, "collapsed") == "a:b\\n\\x1b 4 (x:y.py:3) 2\n");
}

TEST_CASE("collapsed: of a memory profile the memory is written, not how often its lines ran") {
  const Profile p = read_text(
      "profconv dump 1\nmetric hits count sum\nmetric mem_grow bytes sum\n"
      "function 0 \"big\" file \"t.py\" line 1 self 3 1000 total 3 1000\n"
      "function 1 \"loop\" file \"t.py\" line 5 self 900 2 total 900 2\n");
  Diagnostics diagnostics;
  CHECK(written(p, "collapsed", {}, diagnostics) ==
        "(estimated from a call graph);big (t.py:1) 1000\n(estimated from a call graph);loop (t.py:5) 2\n");
}

TEST_CASE("collapsed: a call graph becomes stacks that say they are estimated, in microseconds that add up") {
  Diagnostics diagnostics;
  const Profile p = read_text(
      "profconv dump 1\nmetric time ns sum\nfunction 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 1400 total "
      "3400\nfunction 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 2000 total 2000\ncall 0 1 line 0 calls 1 "
      "primitive 1 self 2000 total 2000\n");
  CHECK(written(p, "collapsed", {}, diagnostics) ==
        "(estimated from a call graph);a (t.py:1);b (t.py:2) 2\n(estimated from a call graph);a (t.py:1) 1\n");
  CHECK(text_of(diagnostics) ==
        "warning: the stacks are estimated: a call graph does not say which there were; their outermost frame says so, "
        "too\nnote: collapsed does not hold all of the profile: counts\n");
}

TEST_CASE("collapsed: stacks whose time rounds to nothing are counted") {
  Diagnostics diagnostics;
  const Profile p = read_text(
      "profconv dump 1\nmetric time ns sum\nfunction 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 5100 total "
      "5400\nfunction 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 300 total 300\ncall 0 1 line 0 calls 1 "
      "primitive 1 self 300 total 300\n");
  CHECK(written(p, "collapsed", {}, diagnostics) == "(estimated from a call graph);a (t.py:1) 5\n");
  CHECK(text_of(diagnostics)
            .find("note: 1 stack is left out whose time rounds to 0 microseconds; the whole stays what it is\n") !=
        std::string::npos);
}

TEST_CASE("collapsed: an output without a stack is said to be one") {
  Diagnostics diagnostics;
  CHECK(written(
            read_text("profconv dump 1\nmetric time ns sum\nfunction 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 "
                      "self 300 total 300\n"),
            "collapsed", {}, diagnostics)
            .empty());
  CHECK(text_of(diagnostics).find("warning: no stack is written: the time of each rounds to 0 microseconds\n") !=
        std::string::npos);
  Diagnostics of_nothing;
  CHECK(written(read_text("a;b 0\nc 0\n", collapsed()), "collapsed", {}, of_nothing).empty());
  CHECK(text_of(of_nothing) == "warning: no stack is written: the profile has no cost\n");
}

TEST_CASE(
    "collapsed: estimated stacks add up to the whole, where nobody is known to have called a function for so long") {
  const Profile p = read_text(
      "profconv dump 1\nmetric time ns sum\nfunction 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 5000 total "
      "9000\nfunction 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 4000 total 4000\ncall 0 1 line 0 calls 1 "
      "primitive 1 self 3000 total 3000\n");
  CHECK(written(p, "collapsed") ==
        "(estimated from a call graph);a (t.py:1) 5\n"
        "(estimated from a call graph);a (t.py:1);b (t.py:2) 3\n"
        "(estimated from a call graph);(on no known path) 1\n");
}

TEST_CASE("collapsed: in Python's form threads have numbers, whatever they were called") {
  const std::string forked =
      "process 12:\"py\";thread (0x1F): MainThread;f 5\nprocess 13:\"py\";thread (0x1F): MainThread;g 11\n";
  CHECK(again(forked, CollapsedOptions::Frames::cpython) == "tid:32;g 11\ntid:31;f 5\n");
  CHECK(again("tid:7;f 5\ntid:8;f 4\n", CollapsedOptions::Frames::cpython) == "tid:7;f 5\ntid:8;f 4\n");
  // A number that is recorded is nobody else's, wherever it stands.
  CHECK(again("thread (0x1F): Main;f 5\ntid:31;g 4\ntid:32;g 3\n", CollapsedOptions::Frames::cpython) ==
        "tid:33;f 5\ntid:31;g 4\ntid:32;g 3\n");
}
