#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/first_touch.hpp"

using namespace profconv;

TEST_CASE("first touch: a table that is resized on all cores is an empty table resized") {
  for (const std::size_t rows : {std::size_t{0}, std::size_t{1}, std::size_t{2'000'000}, std::size_t{2'345'678}}) {
    std::vector<std::uint64_t> table;
    resize_on_cores(table, rows);
    CHECK(table.size() == rows);
    CHECK(std::ranges::count(table, 0u) == std::ssize(table));
  }
}
