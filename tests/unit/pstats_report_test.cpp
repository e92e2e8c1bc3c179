// The report in the style of pstats. tests/reference/pstats_report_test.py compares it with CPython's own; here stands
// what a reader should see at a glance, and what CPython refuses.

#include <profconv/pstats_report.hpp>

#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/convert.hpp"
#include "support/marshal_writer.hpp"
#include "writers/pstats_report_text.hpp"

using namespace profconv;
using namespace profconv::test;
namespace m = profconv::marshal;
using Part = PstatsReportOptions::Part;

namespace {

std::string report(const std::vector<std::string>& dumps, const PstatsReportOptions& options = {}) {
  std::vector<Profile> profiles;
  Diagnostics diagnostics;
  for (const std::string& dump : dumps) profiles.push_back(read_text(dump, {.as_recorded = true}, diagnostics));
  std::string text;
  Output output = Output::string(text);
  write_pstats_report(profiles, options, output);
  output.finish();
  return text;
}

std::string fib() {
  const std::string main = m::key("t.py", 9, "main"), fib = m::key("t.py", 1, "fib"),
                    len = m::key("~", 0, "<built-in method builtins.len>");
  return m::dict(
      {main, m::entry(1, 1, 0.25, 1.5), fib,
       m::entry(2, 14, 1.125, 1.25, m::dict({fib, m::caller(12, 1, 1, 1), main, m::caller(2, 2, 0.125, 1.25)})), len,
       m::entry(3, 3, 0.0005, 0.0005, m::dict({main, m::caller(3, 3, 0.0005, 0.0005)}))});
}

std::string repr(double value) {
  std::string text;
  append_repr(text, value);
  return text;
}

std::string repr(std::string_view value) {
  std::string text;
  append_repr(text, value);
  return text;
}

std::string d(double value) {
  std::string text;
  append_as_d(text, Recorded::Number{value, 0, Recorded::Number::Kind::real});
  return text;
}

std::string fixed3(double value) {
  std::string text;
  append_fixed3(text, value, 8);
  return text;
}

std::string printed(std::string_view text, bool visible = false) {
  std::string out;
  append_printed(out, text, visible);
  return out;
}

}  // namespace

TEST_CASE("pstats report: a dump in its own order") {
  CHECK(report({fib()}) == R"(t.prof

         18 function calls (6 primitive calls) in 1.375 seconds

   Random listing order was used

   ncalls  tottime  percall  cumtime  percall filename:lineno(function)
        1    0.250    0.250    1.500    1.500 t.py:9(main)
     14/2    1.125    0.080    1.250    0.625 t.py:1(fib)
        3    0.001    0.000    0.001    0.000 {built-in method builtins.len}


)");
}

TEST_CASE("pstats report: sorted, restricted one after the other") {
  CHECK(report({fib()}, {.sections = {{Part::stats, {"py", "1"}}}, .sort_keys = {"tot", "nfl"}}) == R"(t.prof

         18 function calls (6 primitive calls) in 1.375 seconds

   Ordered by: internal time, name/file/line
   List reduced from 3 to 2 due to restriction <'py'>
   List reduced from 2 to 1 due to restriction <1>

   ncalls  tottime  percall  cumtime  percall filename:lineno(function)
     14/2    1.125    0.080    1.250    0.625 t.py:1(fib)


)");
}

TEST_CASE("pstats report: nothing but the totals when restrictions leave nothing") {
  CHECK(report({fib()}, {.sections = {{Part::stats, {"nobody"}}, {Part::callers, {"0"}}}}) ==
        "t.prof\n\n         18 function calls (6 primitive calls) in 1.375 seconds\n\n");
}

TEST_CASE("pstats report: callers and callees") {
  CHECK(report({fib()}, {.sections = {{Part::callers, {}}, {Part::callees, {"main"}}},
                         .sort_keys = {"cumulative"},
                         .reverse = true}) ==
        R"(   Ordered by: cumulative time

Function                        was called by...
                                    ncalls  tottime  cumtime
{built-in method builtins.len}  <-       3    0.001    0.001  t.py:9(main)
t.py:1(fib)                     <-    12/1    1.000    1.000  t.py:1(fib)
                                         2    0.125    1.250  t.py:9(main)
t.py:9(main)                    <- 


   Ordered by: cumulative time
   List reduced from 3 to 1 due to restriction <'main'>

Function      called...
                  ncalls  tottime  cumtime
t.py:9(main)  ->       2    0.125    1.250  t.py:1(fib)
                       3    0.001    0.001  {built-in method builtins.len}


)");
}

TEST_CASE("pstats report: bare counts of profile; a caller without an entry has no time") {
  const std::string f = m::key("t.py", 1, "f"), g = m::key("t.py", 2, "g");
  const std::string dump = m::dict({f, m::entry(2, 2, 0, 0.5, m::dict({g, m::i(1), m::key("", 0, "gone"), m::i(1)})), g,
                                    m::entry(1, 1, 0.25, 0.75)});
  CHECK(report({dump}, {.sections = {{Part::callers, {}}}}) == R"(   Random listing order was used

Function   was called by...
t.py:1(f)  <- :0(gone)(1)         
              t.py:2(g)(1)    0.750
t.py:2(g)  <- 


)");
}

TEST_CASE("pstats report: what the oldest profilers' root called stands on top, with and without recorded callers") {
  const std::string root = m::key("jprofile", 0, "profiler"), f = m::key("t.py", 1, "f"), g = m::key("t.py", 2, "g");
  const std::string dump = m::dict({root, m::entry(1, 1, 0, 1), g, m::entry(1, 1, 0.25, 0.25, m::dict({f, m::i(1)})), f,
                                    m::entry(1, 1, 0.5, 0.75, m::dict({root, m::i(1)}))});
  const std::string expected = R"(t.prof

         f
         3 function calls in 0.750 seconds
)";
  for (const Want want : {Want::none, Want::recorded_callers, Want::all}) {
    Diagnostics diagnostics;
    const Profile profile = read_text(dump, {.as_recorded = true, .want = want}, diagnostics);
    CHECK(profile.recorded->callers.size() == (want == Want::none ? 0 : 2));
    std::string text;
    Output output = Output::string(text);
    write_pstats_report({&profile, 1}, {}, output);
    output.finish();
    CHECK(text.starts_with(expected));
    if (want == Want::none)
      CHECK_THROWS_WITH_AS(write_pstats_report({&profile, 1}, {.sections = {{Part::callers, {}}}}, output),
                           doctest::Contains("the profile was read without its recorded callers"), UsageError);
  }
}

TEST_CASE("pstats report: several dumps are added as Stats(a, b, c) adds them") {
  const auto dump = [](const char* name, double self) {
    return m::dict({m::key("t.py", 1, name), m::entry(1, 1, self, self)});
  };
  CHECK(report({dump("a", 1), dump("b", 2), dump("c", 3), dump("a", 0.5)}) == R"(t.prof
t.prof
t.prof
t.prof

         4 function calls in 6.500 seconds

   Random listing order was used

   ncalls  tottime  percall  cumtime  percall filename:lineno(function)
        2    1.500    0.750    1.500    0.750 t.py:1(a)
        1    3.000    3.000    3.000    3.000 t.py:1(c)
        1    2.000    2.000    2.000    2.000 t.py:1(b)


)");
}

TEST_CASE("pstats report: strip_dirs adds equal entries, and equal callers of one entry replace each other") {
  const std::string f = m::key("/a/t.py", 1, "f"), g = m::key("/b/t.py", 1, "f"), h = m::key("/b/t.py", 5, "h");
  const std::string dump =
      m::dict({f, m::entry(1, 1, 1, 1), g, m::entry(2, 2, 2, 2), h,
               m::entry(3, 3, 3, 3, m::dict({f, m::caller(1, 1, 1, 1), g, m::caller(2, 2, 2, 2)}))});
  CHECK(report({dump}, {.sections = {{}, {Part::callers, {}}}, .strip_dirs = true}) == R"(t.prof

         6 function calls in 6.000 seconds

   Random listing order was used

   ncalls  tottime  percall  cumtime  percall filename:lineno(function)
        3    3.000    1.000    3.000    1.000 t.py:1(f)
        3    3.000    1.000    3.000    1.000 t.py:5(h)


   Random listing order was used

Function   was called by...
               ncalls  tottime  cumtime
t.py:1(f)  <- 
t.py:5(h)  <-       2    2.000    2.000  t.py:1(f)


)");
}

TEST_CASE("pstats report: columns are counted in code points, undecodable bytes are one each") {
  const std::string dump = m::dict({m::tuple({m::u("gr\xc3\xb6\xc3\x9f"), m::i(1), m::u("caf\xe9")}),
                                    m::entry(1, 1, 0, 0), m::key("0123456789", 1, "f"), m::entry(1, 1, 0, 0)});
  CHECK(report({dump}, {.sections = {{Part::callers, {}}}}) ==
        "   Random listing order was used\n\n"
        "Function         was called by...\n"
        "gr\xc3\xb6\xc3\x9f:1(caf\\udce9)     <- \n"
        "0123456789:1(f)  <- \n\n\n");
}

TEST_CASE("pstats report: control characters are pstats' own, and visible where that is asked for") {
  const std::string dump = m::dict({m::key("t.py", 1, "\x1b[2Jf\n"), m::entry(1, 1, 0, 0)});
  CHECK(report({dump}, {.sections = {{Part::callers, {}}}}).find("t.py:1(\x1b[2Jf\n)") != std::string::npos);
  CHECK(report({dump}, {.sections = {{Part::callers, {}}}, .visible = true}).find("t.py:1(\\x1b[2Jf\\n)") !=
        std::string::npos);
}

TEST_CASE("pstats report: an empty dump has an empty report") {
  CHECK(report({m::dict({})}) == "t.prof\n\n         0 function calls in 0.000 seconds\n\n");
}

TEST_CASE("pstats report: the marker of a sampled dump is left out") {
  const std::string dump =
      m::dict({m::key("t.py", 3, "f"), m::entry(0, 5, 0, 0.5), m::tuple({m::text("__sampled__")}), m::code('T')});
  CHECK(report({dump}).find("         5 function calls (0 primitive calls) in 0.000 seconds\n") != std::string::npos);
  CHECK(report({dump}).find("      5/0    0.000    0.000    0.500          t.py:3(f)\n") != std::string::npos);
}

TEST_CASE("pstats report: wrong usage is said before anything is printed") {
  const auto fails = [](const PstatsReportOptions& options) { return message_of([&] { report({fib()}, options); }); };
  CHECK(fails({.sort_keys = {"speed"}}) ==
        "unknown sort key 'speed', pstats has calls, ncalls, cumtime, cumulative, filename, line, module, name, "
        "nfl, pcalls, "
        "stdname, time, tottime");
  CHECK(fails({.sort_keys = {"cumtine"}}).ends_with(" (hint: did you mean cumtime?)"));
  CHECK(fails({.sort_keys = {"c"}}) == "the sort key 'c' could be any of calls, cumtime, cumulative");
  CHECK(fails({.sort_keys = {""}}).starts_with("unknown sort key ''"));
  CHECK(fails({.sort_keys = {"cum", "t"}}) == "");
  CHECK(fails({.sections = {{Part::stats, {"1.5"}}}}) == "the fraction '1.5' is not between 0 and 1");
  CHECK(fails({.sections = {{Part::stats, {"(?=x)"}}}}).starts_with("bad regular expression '(?=x)': "));
  const Profile profile = read_text(fib());
  std::string text;
  Output output = Output::string(text);
  CHECK(message_of([&] { write_pstats_report(std::span(&profile, 1), {}, output); }) ==
        "t.prof: only pstats dumps can be reported in the style of pstats (hint: use the default style)");
}

TEST_CASE("pstats report: numbers as Python prints them") {
  CHECK(repr(0.1) == "0.1");
  CHECK(repr(0.0) == "0.0");
  CHECK(repr(-0.0) == "-0.0");
  CHECK(repr(0.0001) == "0.0001");
  CHECK(repr(0.00001) == "1e-05");
  CHECK(repr(1.5e-7) == "1.5e-07");
  CHECK(repr(100.0) == "100.0");
  CHECK(repr(123456.75) == "123456.75");
  CHECK(repr(1e15) == "1000000000000000.0");
  CHECK(repr(1e16) == "1e+16");
  CHECK(repr(1e300) == "1e+300");
  CHECK(repr(-std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(repr(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(d(2.9) == "2");
  CHECK(d(-0.5) == "0");
  CHECK(d(1e20) == "100000000000000000000");
  CHECK(fixed3(0.0005) == "   0.001");
  CHECK(fixed3(0.0625) == "   0.062");  // half to even, as the double is exact
  CHECK(fixed3(-0.0001) == "  -0.000");
  CHECK(fixed3(123456.0) == "123456.000");
  CHECK(fixed3(std::numeric_limits<double>::infinity()) == "     inf");
}

TEST_CASE("pstats report: texts as Python prints and sorts them") {
  CHECK(repr("it") == "'it'");
  CHECK(repr("it's") == "\"it's\"");
  CHECK(repr("it's \"it\"") == "'it\\'s \"it\"'");
  CHECK(repr("a\\.b\n\x01\x7f\xc3\xb6\xe9") == "'a\\\\.b\\n\\x01\\x7f\xc3\xb6\\udce9'");
  CHECK(printed("a\xed\xa0\x80\xff\xf0\x9f\x90\x8d") == "a\\ud800\\udcff\xf0\x9f\x90\x8d");
  CHECK(columns("a\xed\xa0\x80\xff\xf0\x9f\x90\x8d") == 4);
  CHECK(compare_text("a", "a") == 0);
  CHECK(compare_text("a", "ab") == -1);
  CHECK(compare_text("b", "ab") == 1);
  CHECK(compare_text("\xff", "\xef\xbf\xbd") == -1);  // U+DCFF, U+FFFD
  CHECK(compare_text("\xf0\x9f\x90\x8d", "\xef\xbf\xbd") == 1);
  CHECK(compare_text("\xc3", "\xc3\xa9") == 1);  // U+DCC3, U+00E9
}

TEST_CASE("pstats report: sums keep the type and are exact for integers") {
  using Kind = Recorded::Number::Kind;
  const auto str = [](const PythonNumber& n) {
    std::string text;
    append_str(text, n);
    return text;
  };
  PythonNumber sum = Recorded::Number{1, 1, Kind::boolean};
  CHECK(str(sum) == "True");
  sum += Recorded::Number{1, 1, Kind::boolean};
  CHECK(str(sum) == "2");
  sum += Recorded::Number{0, std::numeric_limits<std::int64_t>::max(), Kind::integer};
  CHECK(str(sum) == "9223372036854775809");
  sum += Recorded::Number{0.5, 0, Kind::real};
  CHECK(str(sum) == "9.223372036854776e+18");
}

TEST_CASE("recorded numbers survive the dump with their types") {
  const std::string dump =
      m::dict({m::key("t.py", 1, "f"),
               m::tuple({m::code('T'), m::g(2), m::i(0), m::g(0.5), m::dict({m::key("t.py", 2, "g"), m::g(3)})})});
  const std::string text = dump_of(read_text(dump, {.as_recorded = true}));
  CHECK(text.find("\nentry 0 true 2.0 0 0.5\ncaller 1 3.0\n") != std::string::npos);
  CHECK(dump_of(read_text(text)) == text);
}
