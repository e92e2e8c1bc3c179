// What line_profiler wrote, as a profile.

#include <array>
#include <limits>
#include <string>

#include <doctest/doctest.h>
#include <profconv/line_profiler_report.hpp>
#include <profconv/source.hpp>

#include "readers/line_times.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;
using namespace std::string_literals;

namespace {

// A LineStats with this dict of timings; the unit is 2**-20 s, which no power of ten divides.
std::string stats(const std::string& timings, const std::string& unit = "G\x3e\xb0\x00\x00\x00\x00\x00\x00"s) {
  return "\x80\x02"
         "cline_profiler.line_profiler\nLineStats\n)\x81}(U\x07timings" +
         timings + "U\x04unit" + unit + "ub.";
}

std::string dump_of_bytes(const std::string& bytes, const ReadOptions& options = {}) {
  Diagnostics diagnostics;
  const std::string dump = dump_of(read_text(bytes, options, diagnostics));
  return dump.substr(dump.find("function")) + text_of(diagnostics);
}

}  // namespace

TEST_CASE("line_profiler: times of lines are inclusive, hits their own; a function is the sum of its lines") {
  CHECK(dump_of_bytes(stats("}U\x04"
                            "a.pyK\x03U\x03K.m\x87](K\x04K\x02M\x00\x04\x87K\x05K\x01K\x01\x87"
                            "es"s)) ==
        "function 0 \"m\" qualified \"K.m\" file \"a.py\" line 3 self 977517 3 total 977517 3\n"
        "line 0 4 self - 2 total 976563 - # \"m\"\n"  // 1024 * 2**-20 s = 976562.5 ns
        "line 0 5 self - 1 total 954 - # \"m\"\n");
}

TEST_CASE("line_profiler: the numbers as they stood are kept on request") {
  ReadOptions options;
  options.as_recorded = true;
  const std::string dump =
      dump_of_bytes(stats("}U\x04"
                          "a.pyK\x03U\x01"
                          "f\x87](K\x05K\x02J\xff\xff\xff\xff\x87K\x04K\x01G\x3f\xe0\0\0\0\0\0\0\x87"
                          "es"s),
                    options);
  CHECK(dump.substr(dump.find("recorded-lines")) ==
        "recorded-lines 9.5367431640625e-07\ntimings 0 # \"f\"\ntiming 5 2 -1\ntiming 4 1 0.5\n"
        "warning: t.prof: byte 73: 1 number is negative; 0 is used\n");
}

TEST_CASE("line_profiler: a unit of its own needs no --time-unit") {
  ReadOptions options;
  options.time_unit_s = 1e-3;
  CHECK(dump_of_bytes(stats("}U\x04"
                            "a.pyK\x03U\x01"
                            "f\x87]s"s),
                      options) ==
        "function 0 \"f\" file \"a.py\" line 3 self 0 0 total 0 0\n"
        "warning: t.prof: the file says its unit of time itself; --time-unit is not used\n");
}

TEST_CASE("line_profiler: ticks become nanoseconds exactly where a tick is a whole number of them") {
  CHECK(LineTimes(1e-7).ns_of_ticks(std::int64_t{92233720368547758}) == 9223372036854775800);
  CHECK(LineTimes(1e-7).ns_of_ticks(std::int64_t{92233720368547759}) == std::nullopt);
  CHECK(LineTimes(1e-6).ns_of_ticks(std::int64_t{9007199254740993}) == 9007199254740993000);
  CHECK(LineTimes(1e-9).ns_of_ticks(0.5) == 1);
  CHECK(LineTimes(1 / 2343750.0).ns_of_ticks(std::int64_t{2343750}) == 1000000000);
  CHECK(LineTimes(1e300).ns_of_ticks(std::int64_t{1}) == std::nullopt);
}

TEST_CASE("line_profiler: a qualified name ends in the name") {
  CHECK(key_of_recorded_name("f.<locals>.<lambda>", "a.py", 1).name == "<lambda>");
  CHECK(key_of_recorded_name("f.<locals>.<lambda>", "a.py", 1).qualified == "f.<locals>.<lambda>");
  CHECK(key_of_recorded_name("f", "a.py", 1).qualified.empty());
  CHECK(key_of_recorded_name("odd.", "a.py", 1).name == "odd.");
}

TEST_CASE("line_profiler: other pickles are named") {
  CHECK(message_of([] {
          read_text("\x80\x04\x8c\x05yappi\x8c\x0aYFuncStats\x93.");
        }).find("the pickle wants yappi.YFuncStats") != std::string::npos);
  CHECK(message_of([] { read_text("(S'x'\nios.path\nexists\n."); }).find("the pickle wants os.path.exists") !=
        std::string::npos);
  CHECK(message_of([] { read_text("\x80\x02]."); }) ==
        "t.prof: byte 2: expected line_profiler's LineStats, found a list (hint: is this a file of line_profiler "
        "(kernprof -l)?)");
}

TEST_CASE("line_profiler: programs' own output is no pickle") {
  for (const char* text : {"call me\n", "count: 1\nitems\n", "(in progress)\n", "i\n", "c"}) {
    CAPTURE(text);
    CHECK(message_of([&] { read_text(text); }).find("pickle") == std::string::npos);
  }
}

TEST_CASE("line_profiler: a report's unit is a positive number") {
  const std::array profiles{
      read_text(stats("}U\x04"
                      "a.pyK\x03U\x01"
                      "f\x87]K\x04K\x02M\x00\x04\x87"
                      "as"s))};
  for (const double unit :
       {0.0, -1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    std::string text;
    Output output = Output::string(text);
    CHECK(message_of([&] { write_line_profiler_report(profiles, {.output_unit_s = unit}, SourceFiles(), output); }) ==
          "output_unit_s: expected a positive number of seconds");
  }
}
