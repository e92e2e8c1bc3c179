#include <doctest/doctest.h>
#include <profconv/diagnostics.hpp>

using namespace profconv;

TEST_CASE("diagnostics are kept in order with their severity") {
  Diagnostics diagnostics;
  CHECK_FALSE(diagnostics.has_warnings());
  diagnostics.note("a.prof", {}, "read as pstats");
  CHECK_FALSE(diagnostics.has_warnings());
  diagnostics.warn("a.prof", "byte 3", "2 numbers\nare odd");
  CHECK(diagnostics.has_warnings());
  REQUIRE(diagnostics.all().size() == 2);
  CHECK(to_string(diagnostics.all()[0]) == "a.prof: read as pstats");
  CHECK(to_string(diagnostics.all()[1]) == "a.prof: byte 3: 2 numbers\\nare odd");
}
