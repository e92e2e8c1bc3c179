// Rows grouped: in which order, and how they are looked at.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/group_rows.hpp"
#include "support/random_profile.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

struct Grouped {
  std::vector<std::uint32_t> first, rows;
};

Grouped group(const std::vector<std::uint32_t>& group_of, std::size_t groups) {
  Grouped made;
  group_rows(
      group_of.size(), groups, [&](std::uint32_t row) { return std::size_t{group_of[row]}; }, made.first, made.rows);
  return made;
}

// Each group's rows are its own, all of them, and in their order.
bool is_right(const Grouped& made, const std::vector<std::uint32_t>& group_of, std::size_t groups) {
  if (made.first.size() != groups + 1 || made.first[0] != 0 || made.first[groups] != group_of.size()) return false;
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::uint32_t i = made.first[g]; i < made.first[g + 1]; ++i) {
      if (group_of[made.rows[i]] != g) return false;
      if (i != made.first[g] && made.rows[i - 1] >= made.rows[i]) return false;
    }
  }
  return made.rows.size() == group_of.size();
}

}  // namespace

TEST_CASE("group rows: few and many, of few groups and many") {
  Random random(seed());
  for (const std::size_t rows : {0u, 1u, 10u, 65'535u, 65'536u, 300'001u}) {
    for (const std::size_t groups : {1u, 7u, 1'000u, 280'000u}) {
      CAPTURE(rows);
      CAPTURE(groups);
      std::vector<std::uint32_t> group_of(rows);
      for (std::uint32_t& g : group_of) g = static_cast<std::uint32_t>(random.below(groups));
      CHECK(is_right(group(group_of, groups), group_of, groups));
      std::ranges::sort(group_of);
      CHECK(is_right(group(group_of, groups), group_of, groups));
      if (rows > 1) std::swap(group_of.front(), group_of.back());
      CHECK(is_right(group(group_of, groups), group_of, groups));
    }
  }
}

TEST_CASE("group rows: each is looked at once, at its place") {
  struct Look {
    std::vector<std::uint32_t>& place_of;
    std::atomic<std::size_t>& looks;

    void fetch(std::uint32_t /*row*/, std::size_t /*place*/) const noexcept {}
    void look(std::uint32_t row, std::size_t place) const noexcept {
      place_of[row] = static_cast<std::uint32_t>(place);
      ++looks;
    }
  };
  constexpr std::size_t rows = 200'000, groups = 1'000;
  for (const std::uint32_t step : {1u, 77u}) {  // in order already, and not
    std::vector<std::uint32_t> place_of(rows);
    std::atomic<std::size_t> looks = 0;
    Grouped made;
    group_rows(
        rows, groups, [&](std::uint32_t row) { return std::size_t{row} * step / (rows / groups) % groups; }, made.first,
        made.rows, Look{place_of, looks});
    CHECK(looks == rows);
    bool all_there = true;
    for (std::uint32_t row = 0; row < rows; ++row) all_there = all_there && made.rows[place_of[row]] == row;
    CHECK(all_there);
  }
}
