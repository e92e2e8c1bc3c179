#include "model/apportion.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

using namespace profconv;

namespace {

using Row = std::vector<std::int64_t>;

Row nearest(std::int64_t value, const Row& weights) {
  Row parts(weights.size());
  apportion_nearest(value, weights, parts);
  return parts;
}

}  // namespace

TEST_CASE("apportion: parts add up, each by its weight, and what rounding leaves goes along") {
  Row parts(3);
  CHECK(apportion(10, Row{1, 1, 1}, parts));
  CHECK(parts == Row{3, 3, 4});
  CHECK_FALSE(apportion(10, Row{0, -1, 0}, parts));
}

TEST_CASE("apportion nearest: the largest rests get what rounding down leaves, the first of equal ones") {
  CHECK(nearest(1, {1, 3, 2}) == Row{0, 1, 0});
  CHECK(nearest(1, {2, 2, 2}) == Row{1, 0, 0});
  CHECK(nearest(7, {1, 1, 1}) == Row{3, 2, 2});
  CHECK(nearest(10, {6, 3, 1}) == Row{6, 3, 1});
  CHECK(nearest(5, {0, 4, -3}) == Row{0, 5, 0});
  CHECK(nearest(5, {0, -1}) == Row{0, 0});
  CHECK(nearest(0, {2, 1}) == Row{0, 0});
}

TEST_CASE("apportion nearest: no product is too large") {
  constexpr std::int64_t most = INT64_MAX;
  CHECK(nearest(most, {most, most}) == Row{most / 2 + 1, most / 2});
}

TEST_CASE("apportion: parts add up to the value, whatever the weights") {
  const auto parts = [](std::int64_t value, const Row& weights) {
    Row result(weights.size());
    apportion(value, weights, result);
    return result;
  };
  CHECK(parts(10, {1, 1, 1}) == Row{3, 3, 4});
  CHECK(parts(6, {1, 2, 3}) == Row{1, 2, 3});
  CHECK(parts(-10, {1, 1, 1}) == Row{-3, -3, -4});
  CHECK(parts(5, {0, -3, 0}) == Row{0, 0, 0});
  CHECK(parts(5, {-1, 2}) == Row{0, 5});
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const Row large = parts(most, {most, most, most, most});
  CHECK(std::accumulate(large.begin(), large.end(), std::int64_t{0}) == most);
  CHECK(std::ranges::all_of(large, [](std::int64_t part) { return part >= most / 4 && part <= most / 4 + 2; }));
}
