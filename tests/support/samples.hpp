#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <profconv/formats.hpp>

namespace profconv::test {

namespace fs = std::filesystem;

/// The profiles below testdata/, good and bad: what lies in the folder of a format, or below it, and is no output of
/// ours.
inline std::vector<fs::path> samples() {
  const char* source = std::getenv("PROFCONV_SOURCE");
  const fs::path top = fs::path(source == nullptr ? "." : source) / "testdata";
  std::vector<fs::path> files;
  for (const Format& format : formats()) {
    if (format.read == nullptr || !fs::exists(top / format.name)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(top / format.name)) {
      const std::string ending = entry.path().extension().string();
      const bool other = ending == ".md" || ending == ".json" || ending == ".py" || ending == ".callgrind" ||
                         ending == ".replay" || ending == ".stacks" || entry.path().filename() == "MESSAGES.txt";
      if (entry.is_regular_file() && !other) files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

/// The format of a good sample, by its folder; goldens beside it are dumps. "" for a bad one.
inline std::string format_of(const fs::path& sample) {
  const std::string folder = sample.parent_path().filename().string();
  const bool good = std::ranges::any_of(formats(), [&](const Format& f) { return f.name == folder; });
  return !good ? "" : sample.extension() == ".dump" ? "dump" : folder;
}

inline std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace profconv::test
