// Every sample cut short: a profile or a FormatError, nothing else.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/convert.hpp"
#include "support/random_profile.hpp"

using namespace profconv;
using namespace profconv::test;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> samples() {
  const char* source = std::getenv("PROFCONV_SOURCE");
  const fs::path folder = fs::path(source == nullptr ? "." : source) / "testdata";
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string ending = entry.path().extension().string();
    if (entry.is_regular_file() && (ending == ".prof" || ending == ".gz" || ending == ".dump"))
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

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
    std::ifstream in(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
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
    std::ifstream in(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
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
