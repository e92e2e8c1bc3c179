#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/digits.hpp"
#include "base/first_touch.hpp"
#include "base/hash.hpp"
#include "base/hash_tables.hpp"
#include "base/path.hpp"
#include "base/text_buffer.hpp"
#include "base/text_order.hpp"
#include "base/visible.hpp"

using namespace profconv;

namespace {

template <class Number>
std::string decimal(Number value) {
  std::array<char, longest_decimal + 1> text{};
  const std::string written(text.data(), write_decimal(text.data(), value));
  CHECK(text.back() == 0);  // nothing is written behind the room that it asks for
  return written;
}

std::vector<std::uint32_t> order_by_comparing(const std::vector<std::string_view>& texts) {
  std::vector<std::uint32_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return texts[i]; });
  return order;
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

TEST_CASE("text order: the same as comparing whole texts, whatever they end with") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> owned;
    const std::string common(random() % 30, 'p');
    for (std::size_t i = random() % 60; i-- > 0;) {
      std::string text = random() % 4 != 0 ? common : "";
      for (std::size_t n = random() % 12; n-- > 0;) text += "ab\0\xff/"[random() % 5];
      owned.push_back(text);
    }
    const std::vector<std::string_view> texts(owned.begin(), owned.end());
    CHECK(order_of_texts(texts) == order_by_comparing(texts));
  }
}

TEST_CASE("text order: long common beginnings need no deep recursion") {
  const std::string long_text(1'000'000, 'x');
  std::vector<std::string> owned;
  for (std::size_t i = 0; i < 20; ++i) owned.push_back(long_text + std::to_string(i % 7));
  const std::vector<std::string_view> texts(owned.begin(), owned.end());
  CHECK(order_of_texts(texts) == order_by_comparing(texts));
}

TEST_CASE("text order: a few of many texts are the same for less long than all that were looked at first") {
  std::mt19937 random(2);
  for (const std::size_t count : {70u, 500u, 5'000u}) {
    std::vector<std::string> owned;
    for (std::size_t i = 0; i < count; ++i) owned.push_back(std::string(100, 'p') + std::to_string(random() % 1000));
    for (std::size_t i = 0; i < 6; ++i) {
      std::string& text = owned[random() % count];
      const std::size_t at = random() % 100;
      if (i % 2 == 0) {
        text.resize(at);
      } else {
        text[at] = i % 3 == 0 ? 'a' : 'z';
      }
    }
    const std::vector<std::string_view> texts(owned.begin(), owned.end());
    CHECK(order_of_texts(texts) == order_by_comparing(texts));
  }
}

TEST_CASE("path: the last separator, wherever it stands") {
  CHECK(last_separator("") == std::string_view::npos);
  std::mt19937 random(3);
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t last = 0; last <= size; ++last) {
      std::string path;  // bytes that differ from a separator in one bit are among these
      for (std::size_t i = 0; i < size; ++i) {
        const char other = ".\xaf\xdc\x2e]\0\xff"[random() % 7];
        path += i < last && random() % 4 == 0 ? '/' : other;
      }
      if (last < size) path[last] = size % 2 == 0 ? '\\' : '/';
      CAPTURE(size);
      CAPTURE(last);
      CHECK(last_separator(path) == path.find_last_of("/\\"));
      CHECK(last_slash(path) == path.rfind('/'));
    }
  }
}

TEST_CASE("visible: a text is plain if all of its bytes are") {
  for (std::size_t size = 0; size < 40; ++size) {
    std::string text(size, '~');
    CHECK(is_plain_text(text));
    for (std::size_t at = 0; at < size; ++at) {
      for (const char odd : {'\x1f', '\x7f', '\x80', '\xff', '\0'}) {
        text[at] = odd;
        CHECK_FALSE(is_plain_text(text));
      }
      text[at] = ' ';
      CHECK(is_plain_text(text));
    }
  }
}

TEST_CASE("visible: a byte that must be escaped is found wherever it stands") {
  for (const char odd : {'\x1f', '\x7f', '\x80', '\xff', '\0'}) {
    for (std::size_t size = 1; size < 20; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, '~');
        text[at] = odd;
        const std::string shown = visible(text);
        CHECK(shown.size() == size + 3);
        CHECK(shown.substr(at, 2) == "\\x");
      }
    }
  }
  CHECK(visible("        ~~~~~~~~") == "        ~~~~~~~~");
}

TEST_CASE("text buffer: short texts are copied whole, and nothing around them") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += static_cast<char>('!' + i % 90);
  for (std::size_t size = 8; size <= 80; ++size) {
    std::string room(100, '.');
    char* const begin = room.data() + 5;
    CHECK(TextBuffer::append_short(begin, std::string_view(text).substr(3, size)) == begin + size);
    CHECK(room == std::string(5, '.') + text.substr(3, size) + std::string(95 - size, '.'));
  }
}

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

TEST_CASE("first touch: a table that is resized on all cores is an empty table resized") {
  for (const std::size_t rows : {std::size_t{0}, std::size_t{1}, std::size_t{2'000'000}, std::size_t{2'345'678}}) {
    std::vector<std::uint64_t> table;
    resize_on_cores(table, rows);
    CHECK(table.size() == rows);
    CHECK(std::ranges::count(table, 0u) == std::ssize(table));
  }
}

TEST_CASE("hashes depend on seed and bytes") {
  CHECK(hash_bytes("a", 1) == hash_bytes("a", 1));
  CHECK(hash_bytes("a", 1) != hash_bytes("a", 2));
  CHECK(hash_bytes("a", 1) != hash_bytes("b", 1));
  CHECK(random_seed() == random_seed());
}
