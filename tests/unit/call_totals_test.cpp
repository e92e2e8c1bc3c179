// Inclusive costs of calls, and how what was not measured is shared.

#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>

#include "model/call_totals.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

struct Incoming {
  std::uint32_t caller;
  std::int64_t calls;
  std::int64_t total = not_measured;
};

// Function 0 is called by others; the inclusive costs of those calls.
std::vector<std::int64_t> shares(std::int64_t total, std::int64_t calls, const std::vector<Incoming>& incoming) {
  ProfileBuilder builder = time_builder();
  for (int i = 0; i < 10; ++i) builder.function({.name = "f" + std::to_string(i)});
  builder.add_total(FunctionId{0}, {&total, 1});
  if (calls >= 0) builder.add_counts(FunctionId{0}, {calls, calls});
  for (const Incoming& in : incoming) {
    builder.add_call({FunctionId{in.caller}, FunctionId{0}}, {in.calls, not_counted}, {},
                     in.total == not_measured ? std::span<const std::int64_t>{} : std::span(&in.total, 1));
  }
  const Profile p = std::move(builder).finish();
  const CallTotals totals(p);
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < p.calls.size(); ++i) values.push_back(totals.row(i)[0]);
  return values;
}

using Values = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("call totals: shares follow the counts and add up exactly") {
  CHECK(shares(100, 10, {{1, 3}, {2, 7}}) == Values{30, 70});
  CHECK(shares(10, 3, {{1, 1}, {2, 1}, {3, 1}}) == Values{3, 3, 4});
  CHECK(shares(100, 10, {{1, 3}, {2, 2}}) == Values{30, 20});   // the rest had no recorded caller
  CHECK(shares(100, 5, {{1, 10}, {2, 10}}) == Values{50, 50});  // more callers than calls
  CHECK(shares(100, -1, {{1, 1}, {2, 3}}) == Values{25, 75});
  CHECK(shares(0, 4, {{1, 4}}) == Values{0});
  CHECK(shares(100, 0, {{1, 0}}) == Values{0});
}

TEST_CASE("call totals: calling itself gets nothing") { CHECK(shares(100, 14, {{0, 13}, {1, 1}}) == Values{0, 100}); }

TEST_CASE("call totals: measured costs stay, the rest is shared") {
  CHECK(shares(100, 4, {{1, 2, 60}, {2, 1}, {3, 1}}) == Values{60, 20, 20});
  CHECK(shares(100, 4, {{1, 2, 160}, {2, 2}}) == Values{160, 0});
}

TEST_CASE("call totals: a negative cost is shared like any other") {
  CHECK(shares(-10, 3, {{1, 1}, {2, 2}}) == Values{-3, -7});
}

TEST_CASE("call totals: the largest numbers do not overflow") {
  const Values values = shares(largest, largest, {{1, largest}, {2, largest}, {3, largest}, {4, largest}});
  CHECK(values[0] + values[1] + values[2] + values[3] == largest);
  CHECK(values[0] == doctest::Approx(static_cast<double>(largest) / 4));
  CHECK(shares(-largest, largest, {{1, largest}, {2, 1}})[0] < 0);
}

TEST_CASE("call totals: a profile whose calls were all measured is used as it is") {
  ProfileBuilder builder = time_builder();
  const FunctionId f = builder.function({.name = "f"}), g = builder.function({.name = "g"});
  const std::int64_t cost = 7;
  builder.add_call({f, g}, {1, 1}, {}, {&cost, 1});
  const Profile p = std::move(builder).finish();
  const CallTotals totals(p);
  CHECK(totals.estimated() == 0);
  CHECK(totals.row(0).data() == p.call_total.row(0).data());
}
