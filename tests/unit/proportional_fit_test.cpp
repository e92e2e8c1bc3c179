// Numbers whose sums by row and by column are known.

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "model/proportional_fit.hpp"

using profconv::ProportionalFit;

namespace {

using Parts = std::vector<std::int64_t>;

Parts column(const ProportionalFit& fit, std::uint32_t number, std::int64_t sum) {
  Parts parts;
  fit.whole_units(number, sum, parts);
  return parts;
}

}  // namespace

TEST_CASE("proportional fit: rows and columns that are known fix a table of four numbers up to one, which stays near") {
  ProportionalFit fit;
  for (const double most : {600.0, 400.0}) fit.add_row(most, true);
  for (int c = 0; c < 2; ++c) fit.add_column(0);
  fit.add(0, 0, 250), fit.add(0, 1, 250), fit.add(1, 0, 250), fit.add(1, 1, 250);
  fit.run(1e-9);
  CHECK(column(fit, 0, 500) == Parts{300, 200});
  CHECK(column(fit, 1, 500) == Parts{300, 200});
}

TEST_CASE("proportional fit: a bound is no target unless it is exact") {
  for (const bool is_exact : {false, true}) {
    ProportionalFit fit;
    fit.add_row(90, is_exact);
    fit.add_row(std::numeric_limits<double>::infinity(), false);
    fit.add_column(0);
    fit.add(0, 0, 50), fit.add(1, 0, 50);
    fit.run(1e-9);
    CHECK(column(fit, 0, 100) == (is_exact ? Parts{90, 10} : Parts{50, 50}));
  }
}

TEST_CASE("proportional fit: what is in no row takes what rows have no room for") {
  ProportionalFit fit;
  fit.add_row(10, false);
  fit.add_column(25);
  fit.add(0, 0, 75);
  fit.run(1e-9);
  CHECK(column(fit, 0, 100) == Parts{10});
}

TEST_CASE("proportional fit: columns prevail where nothing fits, unless there is no room at all") {
  ProportionalFit fit;
  fit.add_row(10, false);
  fit.add_row(0, false);
  for (int c = 0; c < 2; ++c) fit.add_column(0);
  fit.add(0, 0, 60), fit.add(1, 0, 40), fit.add(1, 1, 7);
  fit.run(1e-9);
  CHECK(column(fit, 0, 100) == Parts{100, 0});
  Parts parts;
  CHECK_FALSE(fit.whole_units(1, 7, parts));
}

TEST_CASE("proportional fit: huge, tiny and no numbers stay numbers") {
  ProportionalFit fit;
  fit.add_row(0, true);
  fit.add_row(1e-300, true);
  fit.add_row(9e18, true);
  for (int c = 0; c < 2; ++c) fit.add_column(0);
  for (std::uint32_t r = 0; r < 3; ++r) fit.add(r, 0, 9e18), fit.add(r, 1, r == 0 ? 0 : 1e-300);
  fit.run(0);
  Parts parts;
  CHECK(fit.whole_units(0, std::numeric_limits<std::int64_t>::max(), parts));
  CHECK(parts[0] + parts[1] + parts[2] == std::numeric_limits<std::int64_t>::max());
  ProportionalFit().run(0);
}
