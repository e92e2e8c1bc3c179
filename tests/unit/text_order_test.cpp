#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/text_order.hpp"

using namespace profconv;

namespace {

std::vector<std::uint32_t> order_by_comparing(const std::vector<std::string_view>& texts) {
  std::vector<std::uint32_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return texts[i]; });
  return order;
}

}  // namespace

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
