#include "model/short_paths.hpp"

#include <algorithm>
#include <cstddef>

#include "base/hash_tables.hpp"

namespace profconv {
namespace {

bool is_separator(char c) { return c == '/' || c == '\\'; }

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
  std::vector<StringId> files;
  std::vector<bool> seen(profile.strings.size(), false);
  for (const Function& f : profile.functions) {
    if (seen[index(f.file)]) continue;
    seen[index(f.file)] = true;
    files.push_back(f.file);
    const std::string_view path = profile.text(f.file);
    const bool special = path.starts_with('<') && path.ends_with('>');
    paths_[index(f.file)] = special ? path : file_name(path);
  }
  // Files with equal ends take a folder more, until none are equal; a whole path can equal the end of another one,
  // which then grows.
  constexpr int most_folders = 256;  // deeper paths with equal ends are given whole
  for (int round = 0; !files.empty(); ++round) {
    TextViewMap<std::vector<StringId>> by_end;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      if (seen[i]) by_end[paths_[i]].push_back(StringId{static_cast<std::uint32_t>(i)});
    }
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
