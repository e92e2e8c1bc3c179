// What nobody measured of a function, beside a cost of 0.

#include <doctest/doctest.h>

#include <profconv/measured.hpp>

#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE(
    "measured: a function has no hits where the lines of a report have none, and those of another report have some") {
  // f and g are of reports with and without a column of hits; h never ran, as line_profiler lists it.
  const Profile p = read_text(
      "profconv dump 1\n"
      "metric hits count sum\n"
      "metric mem_grow bytes sum\n"
      "function 0 \"f\" file \"a.py\" line 1 self 3 8 total 3 8\n"
      "function 1 \"g\" file \"b.py\" line 1 self 0 9 total 0 9\n"
      "function 2 \"h\" file \"c.py\" line 1 self 0 0 total 0 0\n"
      "line 0 2 self 3 8\n"
      "line 1 2 self - 9\n");
  const Measured measured(p);
  CHECK(measured(FunctionId{0}, 0, 3) == 3);
  CHECK(measured(FunctionId{1}, 0, 0) == not_measured);
  CHECK(measured(FunctionId{1}, 1, 9) == 9);
  CHECK(measured(FunctionId{2}, 0, 0) == 0);
}
