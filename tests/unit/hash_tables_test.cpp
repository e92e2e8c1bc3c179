#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include <doctest/doctest.h>

#include "base/hash.hpp"
#include "base/hash_tables.hpp"

using namespace profconv;

TEST_CASE("hash tables: numbers that share a bucket of the standard's own table are spread") {
  const auto fullest = [](const auto& table) {
    std::size_t most = 0;
    for (std::size_t i = 0; i < table.bucket_count(); ++i) most = std::max(most, table.bucket_size(i));
    return most;
  };
  constexpr std::size_t count = 10'000;
  std::unordered_map<std::uint64_t, int> known;
  NumberMap<int> seeded;
  known.reserve(count);
  seeded.reserve(count);
  const std::uint64_t buckets = known.bucket_count();
  for (std::uint64_t i = 0; i < count; ++i) {
    known[i * buckets] = 1;
    seeded[i * buckets] = 1;
  }
  CHECK(fullest(known) == count);
  CHECK(fullest(seeded) < 20);
}

TEST_CASE("hash tables: a text is found by a view") {
  TextMap<int> texts;
  texts["one"] = 1;
  REQUIRE(texts.contains(std::string_view("one")));
  CHECK(texts.find(std::string_view("one, two").substr(0, 3))->second == 1);
  CHECK(!texts.contains(std::string_view("two")));
}

TEST_CASE("hashes depend on seed and bytes") {
  CHECK(hash_bytes("a", 1) == hash_bytes("a", 1));
  CHECK(hash_bytes("a", 1) != hash_bytes("a", 2));
  CHECK(hash_bytes("a", 1) != hash_bytes("b", 1));
  CHECK(random_seed() == random_seed());
}
