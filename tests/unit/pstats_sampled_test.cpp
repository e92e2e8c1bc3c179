// Dumps of Python 3.15's sampling profiler: an entry per line, samples in place of calls.

#include <cstdint>
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

namespace {

const std::string sampled_marker = m::tuple({m::Z("__sampled__")}) + "T";

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

TEST_CASE("pstats: sampled functions in a circle have no more samples than the circle") {
  // 5 samples of main -> f -> g -> f -> g, on two lines of each, and 2 of main alone
  const std::string main_line = m::key("a.py", 20, "main"), f2 = m::key("a.py", 2, "f"), f3 = m::key("a.py", 3, "f"),
                    g5 = m::key("a.py", 5, "g"), g6 = m::key("a.py", 6, "g");
  const std::string bytes = m::dict({g6, samples(5, 5, m::dict({f3, m::i(5)})), f3,
                                     samples(0, 5, m::dict({g5, m::i(5)})), g5, samples(0, 5, m::dict({f2, m::i(5)})),
                                     f2, samples(0, 5, m::dict({main_line, m::i(5)})), main_line, samples(2, 7)});
  Diagnostics diagnostics;
  const Profile p = read_text(bytes.substr(0, bytes.size() - 1) + sampled_marker + m::null(), {}, diagnostics);
  REQUIRE(p.functions.size() == 3);
  CHECK(p.total.at(0, 1) == 5);  // g: entered 10 times
  CHECK(p.total.at(1, 1) == 5);  // f: entered 10 times
  CHECK(p.total.at(2, 1) == 7);  // main
  std::string calls;
  for (std::size_t i = 0; i < p.calls.size(); ++i)
    calls += std::string(p.text(p.function(p.calls[i].caller).name)) + ":" + std::to_string(p.calls[i].line) + " " +
             std::to_string(p.call_total.at(i, 1)) + "\n";
  CHECK(calls == "g:5 5\nf:2 2\nf:3 3\nmain:20 5\n");  // f calls g in 5 samples
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

TEST_CASE("pstats: what is left of a cut dump is known to be sampled by its numbers") {
  const std::string main_line = m::key("a.py", 20, "main");
  const std::string entries = m::key("a.py", 5, "T.work") + samples(3, 3, m::dict({main_line, m::i(3)})) +
                              m::key("a.py", 6, "T.work") + samples(1, 1, m::dict({main_line, m::i(1)}));
  const std::string cut = "{" + entries + main_line.substr(0, main_line.size() / 2);
  ReadOptions options;
  options.salvage = true;
  Diagnostics diagnostics;
  const Profile p = read_text(cut, options, diagnostics);
  CHECK(p.call_counts.empty());
  CHECK(p.metric("samples").has_value());
  CHECK(text_of(diagnostics).find("taken for a sampled dump by its numbers: what says so comes last, and is missing") !=
        std::string::npos);

  // Python's own `profile` counts callers alone, too; what it measures is no number of samples.
  const std::string counted = "{" + m::key("a.py", 5, "f") + m::entry(3, 3, 0.25, 0.5, m::dict({main_line, m::i(3)})) +
                              m::key("a.py", 6, "g") + m::entry(1, 1, 0.5, 0.75, m::dict({main_line, m::i(1)})) +
                              main_line.substr(0, main_line.size() / 2);
  CHECK(!read_text(counted, options, diagnostics).call_counts.empty());

  const std::string uncounted = "{" + m::key("a.py", 5, "f") +
                                m::entry(-1, -1, 0.25, 0.5, m::dict({main_line, m::i(3)})) +
                                main_line.substr(0, main_line.size() / 2);
  CHECK(!read_text(uncounted, options, diagnostics).metric("samples").has_value());
}
