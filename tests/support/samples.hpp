#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace profconv::test {

namespace fs = std::filesystem;

/// The profiles below testdata/, good and bad.
inline std::vector<fs::path> samples() {
  const char* source = std::getenv("PROFCONV_SOURCE");
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(source == nullptr ? "." : source) / "testdata")) {
    const std::string ending = entry.path().extension().string();
    const bool profile = ending == ".prof" || ending == ".gz" || ending == ".dump";
    if (entry.is_regular_file() && profile) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

inline std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace profconv::test
