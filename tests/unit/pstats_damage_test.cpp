// What the pstats reader says of files that are no dump, cut off, damaged, or made to cost much, and what it salvages.

#include <cstddef>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <profconv/formats.hpp>

#include "support/convert.hpp"
#include "support/marshal_writer.hpp"
#include "support/pstats_reading.hpp"

using namespace profconv;
using namespace profconv::test;
using namespace profconv::test::pstats;
namespace m = profconv::marshal;

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

TEST_CASE("pstats: a shared dict cannot make a small file a big profile") {
  std::string callers = m::code('{');
  for (int i = 0; i < 2000; ++i) callers += m::key("x.py", i, "x") + m::i(1);
  std::string bytes = m::code('{') + f + m::entry(1, 1, 0, 0, m::flag(callers + m::null()));
  for (int i = 0; i < 2000; ++i) bytes += m::key("b.py", i, "y") + m::entry(1, 1, 0, 0, m::r(0));
  CHECK(refusal(bytes + m::null())
            .ends_with("callers: objects that are referenced again and again hold more than eight times the file"));
}

TEST_CASE("pstats: nested too deep is refused at the limit that was asked for") {
  ReadOptions options;
  options.limits.max_depth = 2;
  CHECK(refusal(m::dict({f, m::entry(1, 1, 0, 0)}), options) ==
        "byte 47: values are nested more than 2 deep (hint: --max-depth raises the limit)");
  options.limits.max_depth = 3;
  CHECK(refusal(m::dict({f, m::entry(1, 1, 0, 0)}), options) == "");
}

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
