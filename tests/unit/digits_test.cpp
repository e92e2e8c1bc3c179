#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/digits.hpp"

using namespace profconv;

namespace {

template <class Number>
std::string decimal(Number value) {
  std::array<char, longest_decimal + 1> text{};
  const std::string written(text.data(), write_decimal(text.data(), value));
  CHECK(text.back() == 0);  // nothing is written behind the room that it asks for
  return written;
}

}  // namespace

TEST_CASE("decimal: the digits are those of to_chars at every power of two and ten, and of numbers of any length") {
  std::vector<std::uint64_t> values = {0, std::numeric_limits<std::uint64_t>::max()};
  for (std::uint64_t power = 1; power != 0; power <<= 1) values.insert(values.end(), {power - 1, power, power + 1});
  for (std::uint64_t power = 1;; power *= 10) {
    values.insert(values.end(), {power - 1, power, power + 1, power * 5 / 3});
    if (power == 10'000'000'000'000'000'000u) break;
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) values.push_back(random() >> (random() % 64));
  for (std::uint64_t value = 0; value < 20'000; ++value) values.push_back(value);
  for (const std::uint64_t value : values) {
    CHECK(decimal(value) == std::to_string(value));
    const auto is_signed = static_cast<std::int64_t>(value);
    CHECK(decimal(is_signed) == std::to_string(is_signed));
  }
}
