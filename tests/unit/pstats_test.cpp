// The pstats reader, rule by rule; the dumps are written by hand so that the bytes can be seen. What is no dump, or a
// damaged one: pstats_damage_test.cpp; sampled ones: pstats_sampled_test.cpp.

#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>
#include <profconv/formats.hpp>

#include "support/convert.hpp"
#include "support/marshal_writer.hpp"
#include "support/pstats_reading.hpp"

using namespace profconv;
using namespace profconv::test;
using namespace profconv::test::pstats;
namespace m = profconv::marshal;
using namespace std::string_literals;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

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
