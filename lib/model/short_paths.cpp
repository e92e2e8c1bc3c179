#include "model/short_paths.hpp"

#include <cstddef>

#include "base/hash_tables.hpp"
#include "base/path.hpp"
#include "model/files_of.hpp"

namespace profconv {
namespace {

// The end of `path` with one more folder than `end` has; the whole path when there are no more.
std::string_view longer(std::string_view path, std::string_view end) {
  std::size_t begin = path.size() - end.size();
  if (begin == 0) return path;
  if (begin > 0 && is_separator(path[begin - 1])) --begin;
  while (begin > 0 && !is_separator(path[begin - 1])) --begin;
  return path.substr(begin == 1 ? 0 : begin);  // "/main.py" is whole
}

std::string_view file_name(std::string_view path) {
  std::size_t begin = path.size();
  while (begin > 0 && is_separator(path[begin - 1])) --begin;
  while (begin > 0 && !is_separator(path[begin - 1])) --begin;
  return path.substr(begin);
}

}  // namespace

ShortPaths::ShortPaths(const Profile& profile) : paths_(profile.strings.size()) {
  const std::vector<StringId> files = files_of(profile);
  for (const StringId file : files) {
    const std::string_view path = profile.text(file);
    const bool special = path.starts_with('<') && path.ends_with('>');
    paths_[index(file)] = special ? path : file_name(path);
  }
  // Files with equal ends take a folder more, until none are equal; a whole path can equal the end of another one,
  // which then grows.
  constexpr int most_folders = 256;  // deeper paths with equal ends are given whole
  for (int round = 0; !files.empty(); ++round) {
    TextViewMap<std::vector<StringId>> by_end;
    for (const StringId file : files) by_end[paths_[index(file)]].push_back(file);
    bool grown = false;
    for (const auto& [end, same] : by_end) {
      if (same.size() < 2) continue;
      for (const StringId file : same) {
        std::string_view& path = paths_[index(file)];
        const std::string_view whole = profile.text(file);
        if (path.size() == whole.size()) continue;
        path = round < most_folders ? longer(whole, path) : whole;
        grown = true;
      }
    }
    if (!grown) break;
  }
}

}  // namespace profconv
