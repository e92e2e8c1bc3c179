#include <random>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/path.hpp"

using namespace profconv;

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
