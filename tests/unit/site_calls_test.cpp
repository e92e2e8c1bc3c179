// How many calls of a function the lines made on which its name stands.

#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/profile.hpp>

#include "transforms/call_lines/site_calls.hpp"

using namespace profconv;

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
using Calls = std::vector<std::int64_t>;

Calls made(std::int64_t calls, const std::vector<SiteHits>& sites) { return calls_of_sites(calls, sites); }

}  // namespace

TEST_CASE("site calls: the sure ones first, the others share the rest, at most their hits") {
  CHECK(made(6, {{1, 0}, {1, 0}, {0, 7}}) == Calls{1, 1, 4});
  CHECK(made(6, {{2, 0}, {0, 2}, {0, 6}}) == Calls{2, 1, 3});
  CHECK(made(9, {{2, 0}, {0, 1}, {0, 3}}) == Calls{2, 1, 3});  // others made three
  CHECK(made(4, {{4, 0}, {0, 3}}) == Calls{4, 0});
}

TEST_CASE("site calls: a comprehension makes what no other line can have made") {
  CHECK(made(11, {{1, 0}, {0, 1, true}, {0, 1, false}}) == Calls{1, 9, 1});
  CHECK(made(2, {{1, 0}, {0, 5, true}}) == Calls{1, 1});
}

TEST_CASE("site calls: too many sure ones share by their hits, and unknown counts leave them as they are") {
  CHECK(made(10, {{15, 0}, {0, 5}}) == Calls{7, 3});
  CHECK(made(not_counted, {{15, 0}, {1, 5}}) == Calls{15, 6});
  CHECK(made(largest, {{largest, largest}, {0, largest, true}}) == Calls{largest, 0});
  CHECK(made(3, {}).empty());
}

TEST_CASE("site calls: weights say how often those that need not be made were, as far as hits allow") {
  const auto made = [](std::int64_t calls, const std::vector<SiteHits>& sites, const Calls& weights) {
    return open_calls(calls, sites, weights);
  };
  CHECK(made(3, {{0, 3}, {0, 3}}, {2001156, 1003483}) == Calls{2, 1});
  CHECK(made(9, {{2, 0}, {0, 1, true}, {0, 1}}, {10, 70, 20}) == Calls{2, 6, 1});
  CHECK(made(5, {{4, 0}, {1, 3}}, {1, 1000}) == Calls{4, 1});
  CHECK(made(2, {{4, 0}, {1, 3}}, {1, 1000}) == calls_of_sites(2, std::vector<SiteHits>{{4, 0}, {1, 3}}));
  CHECK(made(7, {{0, 2}, {0, 1}}, {0, 0}) == Calls{2, 1});
  CHECK(made(largest, {{0, 1, true}, {0, largest}}, {largest, largest}) == Calls{largest / 2, largest - largest / 2});
}

TEST_CASE("site calls: what hits tell is decided, and what all sites together must have made; shares are not") {
  using Decided = std::vector<bool>;
  const auto decided = [](std::int64_t calls, const std::vector<SiteHits>& sites) {
    return decided_sites(calls, sites);
  };
  CHECK(decided(6, {{2, 0}, {0, 6}}) == Decided{true, false});         // of the second one four of six
  CHECK(decided(8, {{2, 0}, {0, 6}}) == Decided{true, true});          // all that may have been
  CHECK(decided(11, {{1, 0}, {0, 1, true}}) == Decided{true, false});  // a comprehension, or somebody else
  CHECK(decided(4, {{0, 1, true}}) == Decided{true});                  // nobody else has the name
  CHECK(decided(10, {{15, 0}, {0, 5}}) == Decided{false, false});      // scaled
  CHECK(decided(not_counted, {{15, 0}, {1, 5}}) == Decided{true, false});
}
