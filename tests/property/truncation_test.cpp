// Every sample cut short: a profile or a FormatError, nothing else.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/convert.hpp"
#include "support/random_profile.hpp"
#include "support/samples.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

void read_cut(std::string_view content, bool lenient) {
  ReadOptions options;
  options.salvage = options.as_recorded = lenient;
  // Exactly the input's size, on the heap: a sanitizer then sees the first byte read beyond the end.
  const std::vector<char> exact(content.begin(), content.end());
  try {
    const Profile profile = read_text({exact.data(), exact.size()}, options);
    check(profile);
  } catch (const FormatError& error) {
    REQUIRE_FALSE(error.reason().empty());
  }
}

}  // namespace

TEST_CASE("truncation: every sample, up to 4 KiB at every length, larger ones at 500 lengths") {
  const std::vector<fs::path> files = samples();
  REQUIRE(files.size() > 50);
  Random random(seed());
  for (const fs::path& path : files) {
    const std::string content = content_of(path);
    CAPTURE(path.string());
    std::vector<std::size_t> sizes;
    constexpr std::size_t small = 4096, many = 500;
    for (std::size_t i = 0; i < (content.size() <= small ? content.size() : many); ++i) {
      sizes.push_back(content.size() <= small ? i : random.below(content.size()));
    }
    for (const std::size_t size : sizes) {
      CAPTURE(size);
      read_cut(std::string_view(content).substr(0, size), false);
      read_cut(std::string_view(content).substr(0, size), true);
    }
  }
}

TEST_CASE("truncation: a byte changed anywhere in a small sample") {
  Random random(seed());
  for (const fs::path& path : samples()) {
    std::string content = content_of(path);
    if (content.empty() || content.size() > 2048) continue;
    CAPTURE(path.string());
    for (int i = 0; i < 200; ++i) {
      const std::size_t at = random.below(content.size());
      const char before = content[at];
      content[at] = static_cast<char>(random.bits());
      CAPTURE(at);
      read_cut(content, i % 2 == 0);
      content[at] = before;
    }
  }
}
