// The pstats reader, rule by rule; the dumps are written by hand so that the bytes can be seen.

#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <profconv/formats.hpp>

#include "support/convert.hpp"
#include "support/marshal_writer.hpp"

using namespace profconv;
using namespace profconv::test;
namespace m = profconv::marshal;
using namespace std::string_literals;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const std::string header = "profconv dump 1\nmetric time ns sum\nsource \"t.prof\" format \"pstats\"\n";
const std::string sampled_marker = m::tuple({m::Z("__sampled__")}) + "T";

// The rows of the dump, without its first lines.
std::string rows(const std::string& bytes, const ReadOptions& options = {}) {
  const std::string dump = dump_of(read_text(bytes, options));
  CHECK(dump.starts_with(header));
  return dump.substr(header.size());
}

std::string diagnostics_of(const std::string& bytes, const ReadOptions& options = {}) {
  Diagnostics diagnostics;
  read_text(bytes, options, diagnostics);
  return text_of(diagnostics);
}

std::string refusal(const std::string& bytes, const ReadOptions& options = {}) {
  ReadOptions forced = options;
  forced.format = "pstats";
  std::string message = message_of([&] { read_text(bytes, forced); });
  return message.starts_with("t.prof: ") ? message.substr(8) : message;
}

const std::string f = m::key("a.py", 1, "f");
const std::string g = m::key("a.py", 9, "g");

}  // namespace

TEST_CASE("pstats: an entry's counts begin with the primitive calls, a caller's with all calls") {
  CHECK(rows(m::dict({f, m::entry(1, 2, 0.5, 0.75, m::dict({g, m::caller(2, 1, 0.25, 0.5)})), g,
                      m::entry(1, 1, 0.125, 0.75)})) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 2 primitive 1 self 500000000 total 750000000\n"
        "function 1 \"g\" file \"a.py\" line 9 calls 1 primitive 1 self 125000000 total 750000000\n"
        "call 1 0 line 0 calls 2 primitive 1 self 250000000 total 500000000 # \"g\" -> \"f\"\n");
}

TEST_CASE("pstats: the worked example of Python 3.4 and later") {
  const std::string bytes =
      "\xfb\x29\x03\xfa\x04"
      "a.py\xe9\x01\x00\x00\x00\xda\x01"
      "f"
      "\x29\x05\x72\x02\x00\x00\x00\xe9\x02\x00\x00\x00\xe7\x00\x00\x00\x00\x00\x00\xe0\x3f\xe7\x00\x00\x00\x00\x00\x00"
      "\xe8\x3f"
      "\x7b\x29\x03\x72\x01\x00\x00\x00\xe9\x09\x00\x00\x00\xda\x01"
      "g"
      "\xa9\x04\x72\x04\x00\x00\x00\x72\x02\x00\x00\x00\x72\x05\x00\x00\x00\x72\x06\x00\x00\x00"
      "00"s;
  CHECK(rows(bytes) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 2 primitive 1 self 500000000 total 750000000\n"
        "function 1 \"g\" file \"a.py\" line 9 calls 0 primitive 0 self 0 total 0\n"
        "call 1 0 line 0 calls 2 primitive 1 self 500000000 total 750000000 # \"g\" -> \"f\"\n");
}

TEST_CASE("pstats: Python 2's counts of callers, interned strings and 64-bit ints") {
  CHECK(rows(m::dict({m::long_tuple({m::s("a.py"), m::i(1), m::t("f")}),
                      m::long_tuple({m::i(1), m::I(std::int64_t{1} << 40), m::f("0.5"), m::f("0.75"),
                                     m::dict({m::long_tuple({m::s("a.py"), m::i(9), m::R(0)}), m::i(2)})})})) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 1099511627776 primitive 1 self 500000000 total 750000000\n"
        "function 1 \"f\" file \"a.py\" line 9 calls 0 primitive 0 self 0 total 0\n"
        "call 1 0 line 0 calls 2 primitive - # \"f\" -> \"f\"\n");
}

TEST_CASE("pstats: yappi's exchanged counts are put right") {
  CHECK(rows(m::dict({f, m::entry(30, 2, 0.5, 0.75, m::dict({g, m::caller(28, 1, 0.25, 0.5)}))}))
            .starts_with("function 0 \"f\" file \"a.py\" line 1 calls 30 primitive 2 "));
}

TEST_CASE("pstats: a count of -1 says that nobody counted, and needs no warning") {
  const std::string bytes = m::dict({f, m::entry(-1, -1, 0.5, 0.75, m::dict({g, m::caller(-1, -1, 0.25, 0.5)}))});
  CHECK(rows(bytes) ==
        "function 0 \"f\" file \"a.py\" line 1 calls - primitive - self 500000000 total 750000000\n"
        "function 1 \"g\" file \"a.py\" line 9 calls 0 primitive 0 self 0 total 0\n"
        "call 1 0 line 0 self 250000000 total 500000000 # \"g\" -> \"f\"\n");
  CHECK(diagnostics_of(bytes) == "");
}

TEST_CASE("pstats: other negative counts are unknown, with a warning") {
  const std::string bytes = m::dict({f, m::entry(-7, 3, 0.5, 0.75)});
  CHECK(rows(bytes).starts_with("function 0 \"f\" file \"a.py\" line 1 calls 3 primitive - "));
  CHECK(diagnostics_of(bytes) == "warning: t.prof: byte 19: 1 call count is negative; taken as unknown\n");
}

TEST_CASE("pstats: any kind of number stands in any slot") {
  CHECK(rows(m::dict({f, m::tuple({m::g(2.9), "T", m::i(3), "F", m::dict({})})})) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 2 primitive 1 self 3000000000 total 0\n");
}

TEST_CASE("pstats: a number that was met before is the same by reference, in any slot and of any kind") {
  const std::string counts[] = {m::i(3), m::i(-1), m::I(4), m::l(1, {5}), m::g(6.0), m::f("7.0")};
  const std::string times[] = {m::g(0.25), m::f("0.5"), m::i(2), m::I(3)};
  const std::string after = m::entry(1, 1, 0.125, 0.75);  // the last bytes of a file are read with more care
  for (const std::string& calls : counts) {
    for (const std::string& primitive : counts) {
      for (const std::string& self : times) {
        for (const std::string& total : times) {
          const auto dump = [&](const std::string& caller) {
            return m::dict(
                {f, m::tuple({m::flag(primitive), m::flag(calls), m::flag(self), m::flag(total), m::dict({g, caller})}),
                 g, after});
          };
          CHECK(rows(dump(m::tuple({m::r(1), m::r(0), m::r(2), m::r(3)}))) ==
                rows(dump(m::tuple({calls, primitive, self, total}))));
          // Met first as a caller's.
          const std::string flagged = m::tuple({m::flag(calls), m::flag(primitive), m::flag(self), m::flag(total)});
          const std::string h = m::key("a.py", 20, "h");
          const auto again = [&](const std::string& caller) {
            return m::dict({f, m::entry(1, 1, 0.5, 0.75, m::dict({g, flagged, h, caller})), g, after});
          };
          CHECK(rows(again(m::tuple({m::r(0), m::r(1), m::r(2), m::r(3)}))) ==
                rows(again(m::tuple({calls, primitive, self, total}))));
        }
      }
    }
  }
}

TEST_CASE("pstats: of a large file the calls are added beside the reading, with what goes wrong in the file's order") {
  const std::int32_t functions = 2000, callers = 20;  // 1.4 MB
  const auto name = [](std::int32_t n) { return m::key("a.py", n + 1, "f"); };
  std::string entries;
  for (std::int32_t n = 0; n < functions; ++n) {
    std::string calls;
    for (std::int32_t k = 1; k <= callers; ++k) calls += name((n + k) % functions) + m::caller(k, k, 0.25, 0.5);
    entries += name(n) + m::entry(210, 210, 5, 10, m::dict({calls}));
  }
  const Profile profile = read_text(m::dict({entries}));
  REQUIRE(profile.calls.size() == std::size_t{functions} * callers);
  for (std::size_t i = 0; i < profile.calls.size(); ++i) {
    const auto k = (functions + static_cast<std::int32_t>(profile.functions[index(profile.calls[i].caller)].line) -
                    static_cast<std::int32_t>(profile.functions[index(profile.calls[i].callee)].line)) %
                   functions;
    REQUIRE(profile.call_counts[i] == Counts{k, k});
    REQUIRE(profile.call_self.at(i, 0) == 250'000'000);
    REQUIRE(profile.call_total.at(i, 0) == 500'000'000);
  }

  ReadOptions options;
  options.limits.max_calls = 30'000;
  const std::string damaged = m::dict({entries + name(0) + m::none()});
  const std::string limit = "has more than 30000 calls between functions (hint: --max-calls raises the limit)";
  CHECK(refusal(m::dict({entries}), options) == limit);
  CHECK(refusal(damaged, options) == limit);
  CHECK(refusal(damaged).find("entry 2000 value: expected a tuple of 5") != std::string::npos);
  options.limits.max_calls = std::uint64_t{functions} * callers;
  CHECK(refusal(m::dict({entries}), options) == "");
  CHECK(refusal(damaged, options) == refusal(damaged));
}

TEST_CASE("pstats: times are rounded to the nearest nanosecond") {
  CHECK(rows(m::dict({f, m::entry(1, 1, 4.9999999999999996e-06, 1.4e-09)})).ends_with(" self 5000 total 1\n"));
  CHECK(rows(m::dict({f, m::entry(1, 1, -2.5e-09, 1.6e-09)})).ends_with(" self -3 total 2\n"));
}

TEST_CASE("pstats: a time unit says what a custom timer counted") {
  ReadOptions options;
  options.time_unit_s = 1e-9;
  CHECK(rows(m::dict({f, m::tuple({m::i(1), m::i(1), m::I(INT64_MAX), m::I(INT64_MIN + 1), m::dict({})})}), options)
            .ends_with(" self 9223372036854775807 total -9223372036854775807\n"));
  options.time_unit_s = 1e-6;
  CHECK(rows(m::dict({f, m::entry(1, 1, 3, 4.5)}), options).ends_with(" self 3000 total 4500\n"));
}

TEST_CASE("pstats: a time that does not fit 64 bits names the function and --time-unit") {
  const std::string hint = " (hint: was a timer used that counts other units than seconds? --time-unit says which)";
  CHECK(refusal(m::dict({f, m::entry(1, 1, 1e10, 0)})) ==
        "byte 29: entry 0 self time: the time of function 'f' (a.py:1) does not fit 64 bits of nanoseconds" + hint);
  CHECK(refusal(m::dict({f, m::entry(1, 1, 0, -1e10)}))
            .starts_with("byte 38: entry 0 total time: the time of function 'f'"));
  CHECK(refusal(m::dict({g, m::entry(1, 1, 0, 0), f, m::entry(1, 1, 0, 0, m::dict({g, m::caller(1, 1, 0, 1e300)}))}))
            .find("entry 1 callers: the time of function 'g' (a.py:9) does not fit") != std::string::npos);
  ReadOptions nanoseconds;
  nanoseconds.time_unit_s = 1e-9;
  CHECK(refusal(m::dict({f, m::tuple({m::i(1), m::i(1), m::I(INT64_MIN), m::i(0), m::dict({})})}), nanoseconds)
            .find("does not fit 64 bits") != std::string::npos);
}

TEST_CASE("pstats: self times that do not fit together are refused, not wrapped") {
  const std::string message = refusal(m::dict({f, m::entry(1, 1, 9e9, 9e9), g, m::entry(1, 1, 9e9, 9e9)}));
  CHECK(message.starts_with("the self costs (time) of all functions together do not fit 64 bits"));
  CHECK(message.find("'g' (a.py:9)") != std::string::npos);
  CHECK(message.find("--time-unit") != std::string::npos);
}

TEST_CASE("pstats: a count that does not fit 64 bits names the function") {
  CHECK(refusal(m::dict({f, m::tuple({m::i(1), m::l(5, {0, 0, 0, 0, 8}), m::g(0), m::g(0), m::dict({})})})) ==
        "byte 24: entry 0 counts: a call count of function 'f' (a.py:1) does not fit 64 bits");
  CHECK(refusal(m::dict({f, m::tuple({m::i(1), m::g(1e19), m::g(0), m::g(0), m::dict({})})}))
            .ends_with("does not fit 64 bits"));
}

TEST_CASE("pstats: NaN and infinity become 0 with one warning for all") {
  const std::string bytes = m::dict({f, m::entry(1, 1, std::nan(""), infinity), g, m::entry(1, 1, -infinity, 0.5)});
  CHECK(rows(bytes) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 0 total 0\n"
        "function 1 \"g\" file \"a.py\" line 9 calls 1 primitive 1 self 0 total 500000000\n");
  CHECK(diagnostics_of(bytes) == "warning: t.prof: byte 29: 3 numbers are infinite or not a number; 0 is used\n");
}

TEST_CASE("pstats: a NaN as a count is unknown") {
  CHECK(rows(m::dict({f, m::tuple({m::g(std::nan("")), m::i(3), m::g(0), m::g(0), m::dict({})})}))
            .find("calls 3 primitive -") != std::string::npos);
}

TEST_CASE("pstats: lines that are no lines become 0, with a warning") {
  const std::string bytes =
      m::dict({m::key("a.py", -5, "f"), m::entry(1, 1, 0, 0),
               m::tuple({m::z("b.py"), m::I(std::int64_t{1} << 32), m::z("g")}), m::entry(1, 1, 0, 0)});
  CHECK(rows(bytes) ==
        "function 0 \"f\" file \"a.py\" line 0 calls 1 primitive 1 self 0 total 0\n"
        "function 1 \"g\" file \"b.py\" line 0 calls 1 primitive 1 self 0 total 0\n");
  CHECK(diagnostics_of(bytes) ==
        "warning: t.prof: byte 9: 2 line numbers are negative or too large; taken as unknown\n");
}

TEST_CASE("pstats: a key without file and line is a C function's, of Python's profile; as recorded it stays") {
  const std::string bytes = m::dict({m::key("", 0, "exec"), m::entry(1, 1, 1, 2), f,
                                     m::entry(1, 1, 1, 1, m::dict({m::key("", 0, "exec"), m::caller(1, 1, 1, 1)})),
                                     m::key("", 3, "g"), m::entry(1, 1, 0, 0)});
  CHECK(rows(bytes) ==
        "function 0 \"exec\" file \"~\" line 0 calls 1 primitive 1 self 1000000000 total 2000000000\n"
        "function 1 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 1000000000 total 1000000000\n"
        "function 2 \"g\" file \"\" line 3 calls 1 primitive 1 self 0 total 0\n"
        "call 0 1 line 0 calls 1 primitive 1 self 1000000000 total 1000000000 # \"exec\" -> \"f\"\n");
  for (const Want want : {Want::call_self, Want::all}) {  // both readers
    ReadOptions options;
    options.as_recorded = true;
    options.want = want;
    const Profile p = read_text(bytes, options);
    CHECK(p.text(p.recorded->keys[0].file) == "");
    CHECK(p.text(p.functions[0].file) == "~");
  }
}

TEST_CASE("pstats: of equal keys the last counts, at the first one's place") {
  const std::string bytes = m::dict({f, m::entry(1, 1, 9, 9, m::dict({g, m::caller(1, 1, 1, 1)})),
                                     m::key("b.py", 1, "h"), m::entry(1, 1, 1, 1), f, m::entry(2, 2, 3, 3)});
  CHECK(rows(bytes) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 2 primitive 2 self 3000000000 total 3000000000\n"
        "function 1 \"h\" file \"b.py\" line 1 calls 1 primitive 1 self 1000000000 total 1000000000\n");
  CHECK(diagnostics_of(bytes) ==
        "warning: t.prof: byte 143: 1 entry has a key that was there before; the last one counts\n");
}

TEST_CASE("pstats: the same name in every kind of string is one function") {
  CHECK(diagnostics_of(m::dict({m::tuple({m::u("a.py"), m::i(1), m::s("f")}), m::entry(1, 1, 1, 1),
                                m::tuple({m::t("a.py"), m::i(1), m::Z("f")}), m::entry(2, 2, 3, 3)})) ==
        "warning: t.prof: byte 55: 1 entry has a key that was there before; the last one counts\n");
}

TEST_CASE("pstats: of equal callers the last counts") {
  const std::string bytes =
      m::dict({f, m::entry(5, 5, 1, 1, m::dict({g, m::caller(1, 1, 1, 1), g, m::caller(4, 4, 0.5, 0.5)}))});
  CHECK(rows(bytes).ends_with("call 1 0 line 0 calls 4 primitive 4 self 500000000 total 500000000 # \"g\" -> \"f\"\n"));
  CHECK(diagnostics_of(bytes) == "warning: t.prof: byte 94: 1 caller stands twice in one dict; the last one counts\n");
}

TEST_CASE("pstats: callers without an entry come last and cost nothing") {
  CHECK(rows(m::dict(
            {f, m::entry(1, 1, 0, 0, m::dict({m::key("x.py", 3, "gone"), m::i(1)})), g, m::entry(1, 1, 0, 0)})) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 0 total 0\n"
        "function 1 \"g\" file \"a.py\" line 9 calls 1 primitive 1 self 0 total 0\n"
        "function 2 \"gone\" file \"x.py\" line 3 calls 0 primitive 0 self 0 total 0\n"
        "call 2 0 line 0 calls 1 primitive - # \"gone\" -> \"f\"\n");
}

TEST_CASE("pstats: a caller's tuple may hold several groups of four") {
  const std::string bytes = m::dict(
      {f, m::entry(5, 5, 1, 1,
                   m::dict({g, m::tuple({m::i(1), m::i(1), m::i(2), m::i(3), m::i(4), m::i(2), m::i(1), m::i(1)})}))});
  CHECK(
      rows(bytes).ends_with("call 1 0 line 0 calls 5 primitive 3 self 3000000000 total 4000000000 # \"g\" -> \"f\"\n"));
}

TEST_CASE("pstats: groups of four with unknown counts stay unknown") {
  const std::string bytes = m::dict(
      {f,
       m::entry(5, 5, 1, 1,
                m::dict({g, m::tuple({m::i(-1), m::i(-1), m::i(2), m::i(3), m::i(-1), m::i(-1), m::i(1), m::i(1)})}))});
  CHECK(rows(bytes).ends_with("call 1 0 line 0 self 3000000000 total 4000000000 # \"g\" -> \"f\"\n"));
}

TEST_CASE("pstats: groups of four that do not fit together are refused") {
  const std::string half = m::g(9e9);
  CHECK(refusal(m::dict({f, m::entry(5, 5, 1, 1,
                                     m::dict({g, m::tuple({m::i(1), m::i(1), half, m::i(3), m::i(1), m::i(1), half,
                                                           m::i(1)})}))}))
            .ends_with("entry 0 callers: the numbers of function 'g' (a.py:9) do not fit 64 bits"));
}

TEST_CASE("pstats: a code object is a function's name, in the layout that fits the whole file") {
  for (const std::string& code :
       {m::code_python_2("t.py", "<module>", 1), m::code_python_3_0("t.py", "<module>", 1),
        m::code_python_3_8("t.py", "<module>", 1), m::code_python_3_11("t.py", "<module>", 1)}) {
    const std::string bytes =
        m::dict({m::flag(m::tuple({m::z("profile"), m::i(0), m::flag(code)})), m::entry(1, 1, 0, 0.5), f,
                 m::entry(1, 1, 0.5, 0.5, m::dict({m::r(0), m::i(1)}))});
    CHECK(rows(bytes) ==
          "function 0 \"<module> of t.py\" file \"profile\" line 0 calls 1 primitive 1 self 0 total 500000000\n"
          "function 1 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 500000000 total 500000000\n"
          "call 0 1 line 0 calls 1 primitive - # \"<module> of t.py\" -> \"f\"\n");
  }
}

TEST_CASE("pstats: equal code objects are one, others are told apart by their line") {
  const std::string one = m::tuple({m::z("profile"), m::i(0), m::code_python_3_11("t.py", "f", 1)});
  const std::string other = m::tuple({m::z("profile"), m::i(0), m::code_python_3_11("t.py", "f", 5)});
  const std::string text =
      rows(m::dict({one, m::entry(1, 1, 0, 0, m::dict({one, m::i(1)})), other, m::entry(1, 1, 0, 0)}));
  CHECK(text.find("function 0 \"f of t.py\"") != std::string::npos);
  CHECK(text.find("function 1 \"f of t.py:5\"") != std::string::npos);
  CHECK(text.find("call 0 0 ") != std::string::npos);
  CHECK(text.find("function 2") == std::string::npos);
}

TEST_CASE("pstats: a file with code objects that fits no layout gives the error of the one that came furthest") {
  CHECK(refusal(m::dict({m::tuple({m::z("profile"), m::i(0), m::code_python_3_11("t.py", "<module>", 1)}),
                         m::entry(1, 1, 0, 0), m::i(3), m::i(3)})) ==
        "byte 135: entry 1 key: expected a tuple (file, line, function), found an int");
}

TEST_CASE("pstats: what follows the dict is ignored with a warning") {
  CHECK(diagnostics_of(m::dict({f, m::entry(1, 1, 0, 0)}) + "abc") ==
        "warning: t.prof: byte 50: 3 bytes follow the profile; ignored\n");
  CHECK(diagnostics_of(m::dict({f, m::entry(1, 1, 0, 0)}) + "a") ==
        "warning: t.prof: byte 50: 1 byte follows the profile; ignored\n");
}

TEST_CASE("pstats: an empty dict is an empty profile, an empty file is none") {
  CHECK(rows(m::dict({})) == "");
  CHECK(diagnostics_of(m::dict({})) == "warning: t.prof: the profile is empty\n");
  CHECK(refusal("") == "the file is empty (hint: the profiled program was killed before the profile was written?)");
}

TEST_CASE("pstats: shapes that are no profile say what was expected and found") {
  CHECK(refusal(m::list({})) == "byte 0: expected a dict of functions, found a list (hint: is this a cProfile dump?)");
  CHECK(refusal(m::dict({m::z("name"), m::i(1)})) ==
        "byte 1: entry 0 key: expected a tuple (file, line, function), found a string 'name'");
  CHECK(refusal(m::dict({m::tuple({m::z("a"), m::i(1)}), m::i(1)})) ==
        "byte 1: entry 0 key: expected a tuple (file, line, function), found a tuple of 2");
  CHECK(refusal(m::dict({m::tuple({m::i(1), m::i(1), m::z("f")}), m::i(1)})) ==
        "byte 3: entry 0 key: expected a file name, found an int");
  CHECK(refusal(m::dict({m::tuple({m::z("a"), m::g(1), m::z("f")}), m::i(1)})) ==
        "byte 6: entry 0 key: expected a line number, found a float");
  CHECK(refusal(m::dict({m::tuple({m::z("a"), m::i(1), m::none()}), m::i(1)})) ==
        "byte 11: entry 0 key: expected a function name, found None");
  CHECK(refusal(m::dict({f, m::i(1)})) ==
        "byte 17: entry 0 value: expected a tuple of 5 (calls, calls, self, total, callers), found an int");
  CHECK(refusal(m::dict({f, m::tuple({m::i(1), m::i(1), m::g(0), m::g(0)})})) ==
        "byte 17: entry 0 value: expected a tuple of 5 (calls, calls, self, total, callers), found a tuple of 4");
  CHECK(refusal(m::dict({f, m::tuple({m::i(1), m::z("two"), m::g(0), m::g(0), m::dict({})})})) ==
        "byte 24: entry 0 calls: expected a number, found a string 'two'");
  CHECK(refusal(m::dict({f, m::entry(1, 1, 0, 0, m::list({}))})) ==
        "byte 47: entry 0 callers: expected a dict, found a list");
  CHECK(refusal(m::dict({f, m::entry(1, 1, 0, 0, m::dict({m::z("g"), m::i(1)}))})) ==
        "byte 48: entry 0 callers: expected a tuple (file, line, function), found a string 'g'");
  CHECK(refusal(m::dict({f, m::entry(1, 1, 0, 0, m::dict({g, m::tuple({m::i(1), m::i(1), m::i(1)})}))})) ==
        "byte 64: entry 0 callers: expected a count or a tuple of 4 numbers, found a tuple of 3");
  CHECK(refusal(m::dict({f, m::entry(1, 1, 0, 0, m::dict({g, m::none()}))})) ==
        "byte 64: entry 0 callers: expected a count or a tuple of 4 numbers, found None");
  CHECK(refusal(m::dict({f, m::null()})) == "byte 17: entry 0 value: expected a value, found the end of a dict");
}

TEST_CASE("pstats: a dump cut short says how much of it is complete") {
  const std::string whole = m::dict({f, m::entry(1, 1, 0, 0), g, m::entry(1, 1, 0, 0)});
  CHECK(refusal(whole.substr(0, whole.size() - 1)) ==
        "byte 97: a value wants 1 byte, 0 left; 2 entries before it are complete (hint: the file looks cut off; "
        "--salvage converts what is complete)");
  CHECK(refusal(whole.substr(0, 60)) ==
        "byte 58: an int wants 4 bytes, 2 left; 1 entry before it is complete (hint: the file looks cut off; --salvage "
        "converts what is complete)");
  CHECK(refusal(whole.substr(0, 20)) ==
        "byte 17: a tuple of 5 items wants at least as many bytes, 1 left; 0 entries before it are complete (hint: the "
        "file looks cut off)");
}

TEST_CASE("pstats: salvage keeps the complete entries and nothing of the broken one") {
  ReadOptions salvage;
  salvage.salvage = true;
  const std::string whole =
      m::dict({f, m::entry(1, 1, 0.5, 0.5), g, m::entry(1, 1, 0, 0, m::dict({m::key("x.py", 1, "x"), m::i(1)}))});
  const std::string cut = whole.substr(0, whole.size() - 3);
  CHECK(rows(cut, salvage) ==
        "function 0 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 500000000 total 500000000\n");
  CHECK(diagnostics_of(cut, salvage) ==
        "warning: t.prof: byte 113: an int wants 4 bytes, 3 left; 1 entry before it is complete and converted\n");
  CHECK(diagnostics_of(whole, salvage) == "");
}

TEST_CASE("pstats: salvage brings back the complete one of two equal entries") {
  ReadOptions salvage;
  salvage.salvage = true;
  const std::string whole = m::dict({f, m::entry(1, 1, 0.5, 0.5), f, m::entry(2, 2, 0, 0, m::dict({g, m::i(1)}))});
  for (std::size_t size = 52; size < whole.size() - 1; ++size) {
    CHECK(rows(whole.substr(0, size), salvage) ==
          "function 0 \"f\" file \"a.py\" line 1 calls 1 primitive 1 self 500000000 total 500000000\n");
  }
}

TEST_CASE("pstats: salvage without one complete entry is refused") {
  ReadOptions salvage;
  salvage.salvage = true;
  CHECK(refusal("{", salvage) ==
        "byte 1: a value wants 1 byte, 0 left; 0 entries before it are complete (hint: the file looks cut off)");
}

TEST_CASE("pstats: salvage does not help against other faults") {
  ReadOptions salvage;
  salvage.salvage = true;
  CHECK(refusal(m::dict({f, m::entry(1, 1, 0, 0), m::i(1), m::i(1)}), salvage) ==
        "byte 49: entry 1 key: expected a tuple (file, line, function), found an int");
}

TEST_CASE("pstats: entries may share a dict of callers by reference") {
  const std::string callers = m::flag(m::dict({m::key("x.py", 1, "x"), m::caller(1, 1, 0.25, 0.25)}));
  const std::string text = rows(m::dict({f, m::entry(1, 1, 0.5, 0.5, callers), g, m::entry(1, 1, 0.5, 0.5, m::r(0))}));
  CHECK(text.find("call 2 0 line 0 calls 1 primitive 1 self 250000000 total 250000000") != std::string::npos);
  CHECK(text.find("call 2 1 line 0 calls 1 primitive 1 self 250000000 total 250000000") != std::string::npos);
}

TEST_CASE("pstats: all calls may share one tuple of numbers") {
  constexpr int functions = 300;
  std::string bytes = m::code('{');
  for (int callee = 0; callee < functions; ++callee) {
    std::string callers = m::code('{');
    for (int caller = 0; caller < functions; ++caller) {
      const bool is_first = callee == 0, is_very_first = is_first && caller == 0;
      callers += is_first ? m::flag(m::key("a.py", caller, "caller")) : m::r(caller == 0 ? 0 : caller + 1);
      callers += is_very_first ? m::flag(m::caller(1, 1, 0.25, 0.25)) : m::r(1);
    }
    bytes += m::key("b.py", callee, "callee") + m::entry(1, 1, 0, 0, callers + m::null());
  }
  const std::string text = rows(bytes + m::null());
  std::size_t calls = 0;
  for (std::size_t at = 0; (at = text.find("self 250000000 total 250000000", at)) != std::string::npos; ++at) ++calls;
  CHECK(calls == functions * functions);
}

TEST_CASE("pstats: a shared dict cannot make a small file a big profile") {
  std::string callers = m::code('{');
  for (int i = 0; i < 2000; ++i) callers += m::key("x.py", i, "x") + m::i(1);
  std::string bytes = m::code('{') + f + m::entry(1, 1, 0, 0, m::flag(callers + m::null()));
  for (int i = 0; i < 2000; ++i) bytes += m::key("b.py", i, "y") + m::entry(1, 1, 0, 0, m::r(0));
  CHECK(refusal(bytes + m::null())
            .ends_with("callers: objects that are referenced again and again hold more than eight times the file"));
}

TEST_CASE("pstats: a name of 1 MB is accepted") {
  const std::string name(1 << 20, 'x');
  const Profile profile = read_text(m::dict({m::tuple({m::u(name), m::i(1), m::u(name)}), m::entry(1, 1, 0, 0)}));
  CHECK(profile.text(profile.functions[0].name) == name);
}

TEST_CASE("pstats: names keep their bytes") {
  const Profile profile =
      read_text(m::dict({m::tuple({m::s("\xff\0x"s), m::i(1), m::u("\xed\xa0\x80")}), m::entry(1, 1, 0, 0)}));
  CHECK(profile.text(profile.functions[0].file) == "\xff\0x"s);
  CHECK(profile.text(profile.functions[0].name) == "\xed\xa0\x80");
}

TEST_CASE("pstats: nested too deep is refused at the limit that was asked for") {
  ReadOptions options;
  options.limits.max_depth = 2;
  CHECK(refusal(m::dict({f, m::entry(1, 1, 0, 0)}), options) ==
        "byte 47: values are nested more than 2 deep (hint: --max-depth raises the limit)");
  options.limits.max_depth = 3;
  CHECK(refusal(m::dict({f, m::entry(1, 1, 0, 0)}), options) == "");
}

TEST_CASE("pstats: self times of calls are left out when nobody wants them") {
  ReadOptions options;
  options.want = Want::none;
  CHECK(rows(m::dict({f, m::entry(1, 1, 0, 0, m::dict({g, m::caller(2, 1, 0.25, 0.5)}))}), options)
            .ends_with("call 1 0 line 0 calls 2 primitive 1 total 500000000 # \"g\" -> \"f\"\n"));
}

TEST_CASE("pstats: the file's own numbers are kept on request, with their types") {
  ReadOptions options;
  options.as_recorded = true;
  const std::string bytes =
      m::dict({f, m::tuple({m::i(30), "T", m::g(4.9999999999999996e-06), m::i(1),
                            m::dict({g, m::caller(1, 1, 0.5, 1), m::key("a.py", -3, "h"), m::g(2)})})});
  CHECK(rows(bytes, options)
            .find("recorded\n"
                  "key 0 \"a.py\" 1 \"f\"\n"
                  "key 1 \"a.py\" 9 \"g\"\n"
                  "key 2 \"a.py\" -3 \"h\"\n"
                  "entry 0 30 true 4.9999999999999996e-06 1\n"
                  "caller 1 1 1 0.5 1.0\n"
                  "caller 2 2.0\n") != std::string::npos);
}

// ---- sampled dumps ----

namespace {

std::string sampled_rows(const std::string& bytes) {
  const std::string dump = dump_of(read_text(bytes));
  return dump.substr(dump.find("function "));
}

// (direct, cumulative, direct * dt, cumulative * dt, {caller: count})
std::string samples(std::int32_t direct, std::int32_t cumulative, const std::string& callers = m::dict({})) {
  constexpr double interval = 0.001;
  return m::entry(direct, cumulative, direct * interval, cumulative * interval, callers);
}

}  // namespace

TEST_CASE("pstats: the lines of a sampled function are folded into one, with their costs") {
  const std::string main_line = m::key("a.py", 20, "main");
  const std::string bytes =
      m::dict({m::key("a.py", 5, "T.work"), samples(3, 3, m::dict({main_line, m::i(3)})), m::key("a.py", 6, "T.work"),
               samples(1, 1, m::dict({main_line, m::i(1)})), main_line, samples(0, 4)});
  const std::string marked = bytes.substr(0, bytes.size() - 1) + sampled_marker + m::null();
  CHECK(dump_of(read_text(marked)) ==
        "profconv dump 1\nmetric time ns sum\nmetric samples count sum\n"
        "source \"t.prof\" format \"pstats\" interval 1000000\n"
        "function 0 \"work\" qualified \"T.work\" file \"a.py\" line 0 self 4000000 4 total 4000000 4\n"
        "function 1 \"main\" qualified \"main\" file \"a.py\" line 0 self 0 0 total 4000000 4\n"
        "call 1 0 line 20 total 4000000 4 # \"main\" -> \"work\"\n"
        "line 0 5 self 3000000 3 total 3000000 3 # \"work\"\n"
        "line 0 6 self 1000000 1 total 1000000 1 # \"work\"\n"
        "line 1 20 self 0 0 total 4000000 4 # \"main\"\n");
}

TEST_CASE("pstats: a sampled function that calls itself counts each sample once") {
  // 10 samples of main -> f -> f: f's line 2 is on each stack twice, seen as 2 entries of callers
  const std::string main_line = m::key("a.py", 20, "main"), f2 = m::key("a.py", 2, "f"), f3 = m::key("a.py", 3, "f");
  const std::string text =
      sampled_rows(m::dict({f3, samples(10, 10, m::dict({f2, m::i(10)})), f2,
                            samples(0, 10, m::dict({main_line, m::i(10)})), main_line, samples(0, 10)})
                       .insert(1, sampled_marker));
  CHECK(text.find("function 0 \"f\" qualified \"f\" file \"a.py\" line 0 self 10000000 10 total 10000000 10\n") !=
        std::string::npos);
}

TEST_CASE("pstats: sampled functions in a circle have upper bounds, and a note says so") {
  // 4 samples of main -> f -> g -> f
  const std::string main_line = m::key("a.py", 20, "main"), f2 = m::key("a.py", 2, "f"), g5 = m::key("a.py", 5, "g");
  const std::string bytes = m::dict({f2, samples(4, 4, m::dict({g5, m::i(4), main_line, m::i(4)})), g5,
                                     samples(0, 4, m::dict({f2, m::i(4)})), main_line, samples(0, 4)});
  Diagnostics diagnostics;
  const Profile profile = read_text(bytes.substr(0, bytes.size() - 1) + sampled_marker + m::null(), {}, diagnostics);
  CHECK(profile.total.at(0, 1) == 4);
  CHECK(profile.total.at(1, 1) == 4);
  CHECK(text_of(diagnostics) ==
        "note: t.prof: the inclusive samples of 2 functions that call each other in circles are upper bounds: a "
        "sampled pstats dump keeps no stacks\n");
}

TEST_CASE("pstats: markers of a sampled dump are no qualified names") {
  CHECK(sampled_rows(m::dict({m::tuple({m::Z("__sampled__")}), "T", m::key("~", 0, "<GC>"), samples(1, 1)}))
            .starts_with("function 0 \"<GC>\" file \"~\" line 0 self 1000000 1"));
}

TEST_CASE("pstats: a sampled dump may be empty") {
  CHECK(dump_of(read_text(m::dict({m::tuple({m::Z("__sampled__")}), "T"}))) ==
        "profconv dump 1\nmetric time ns sum\nmetric samples count sum\nsource \"t.prof\" format \"pstats\"\n");
}

TEST_CASE("pstats: samples that do not fit are a FormatError like any other") {
  const std::string most = m::I(INT64_MAX);
  const std::string value = m::tuple({most, most, m::g(1e-9), m::g(1e-9), m::dict({})});
  const std::string message = refusal(
      m::dict({m::tuple({m::Z("__sampled__")}), "T", m::key("a.py", 1, "f"), value, m::key("a.py", 2, "f"), value}));
  CHECK(message.starts_with("samples of function 'f' (a.py:0) does not fit 64 bits"));
}

TEST_CASE("pstats: the marker among callers is refused") {
  CHECK(refusal(m::dict({f, m::entry(1, 1, 0, 0, m::dict({m::tuple({m::Z("__sampled__")}), "T"}))})) ==
        "byte 48: entry 0 callers: expected a tuple (file, line, function), found a tuple of 1");
}

// ---- detection ----

TEST_CASE("pstats: detection looks at the first two bytes") {
  const auto sniff = [](std::string_view bytes) { return format_named("pstats").sniff(bytes_of(bytes)); };
  CHECK(sniff(m::dict({f, m::i(1)})) == Match::yes);
  CHECK(sniff(m::flag(m::dict({m::flag(f), m::i(1)}))) == Match::yes);
  CHECK(sniff("{(") == Match::yes);
  CHECK(sniff("{0") == Match::yes);
  CHECK(sniff("{") == Match::maybe);
  CHECK(sniff("{\"a\": 1}") == Match::no);
  CHECK(sniff("") == Match::no);
  CHECK(sniff("import os\n") == Match::no);
}
