// Decimal numbers to integers, exactly and once.

#include <cstdint>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "codecs/decimal.hpp"

using namespace profconv;

TEST_CASE("decimal: times a unit, to the nearest, halves away from zero") {
  CHECK(scaled_decimal("28.785", 1 << 20) == 30183260);  // 30183260.16
  CHECK(scaled_decimal("-152.6", 1 << 20) == -160012698);
  CHECK(scaled_decimal("0.5", 1) == 1);
  CHECK(scaled_decimal("-0.5", 1) == -1);
  CHECK(scaled_decimal("0.4", 1) == 0);
  CHECK(scaled_decimal("-0.0", 1 << 20) == 0);
  CHECK(scaled_decimal("7", 3) == 21);
}

TEST_CASE("decimal: what a double cannot hold") {
  CHECK(scaled_decimal("1795354090.1282", 1'000'000'000) == 1795354090128200000);
  CHECK(scaled_decimal("9223372036854775807", 1) == std::numeric_limits<std::int64_t>::max());
  CHECK(scaled_decimal("0.999999999999999999999999999999", 1'000'000'000) == 1'000'000'000);
  CHECK(scaled_decimal("0." + std::string(100000, '3'), 3) == 1);
}

TEST_CASE("decimal: what does not fit or is no number") {
  CHECK_FALSE(scaled_decimal("9223372036854775808", 1));
  CHECK_FALSE(scaled_decimal("9223372036854775807.5", 1));
  CHECK_FALSE(scaled_decimal("8796093022208", 1 << 20));
  CHECK_FALSE(scaled_decimal(std::string(100000, '9'), 1));
  for (const char* text : {"", "-", ".", "1.", ".5", "1e3", "nan", "inf", " 1", "1 ", "+1", "1.2.3", "--1"}) {
    CAPTURE(text);
    CHECK_FALSE(scaled_decimal(text, 1));
  }
}

TEST_CASE("decimal: the length of the number that a text starts with") {
  CHECK(decimal_length("28.785 MiB") == 6);
  CHECK(decimal_length("-1x") == 2);
  CHECK(decimal_length("3.x") == 1);
  CHECK(decimal_length("x") == 0);
  CHECK(decimal_length("-") == 0);
}
