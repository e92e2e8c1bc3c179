#include "model/short_paths.hpp"

#include <cstddef>
#include <utility>

#include "base/first_equal.hpp"
#include "base/hash.hpp"
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

// Which of some hashes are there more than once.
std::vector<bool> find_doubles(const std::vector<std::uint64_t>& hashes) {
  const std::vector<std::uint32_t> first = first_equal(hashes);
  std::vector<bool> is_double(hashes.size(), false);
  for (std::uint32_t i = 0; i < hashes.size(); ++i) {
    if (first[i] != i) is_double[i] = is_double[first[i]] = true;
  }
  return is_double;
}

}  // namespace

ShortPaths::ShortPaths(const Profile& profile) : paths_(profile.strings.size()) {
  std::vector<StringId> open = files_of(profile);  // whose ends may be those of others, too
  for (const StringId file : open) {
    const std::string_view path = profile.text(file);
    const bool special = path.starts_with('<') && path.ends_with('>');
    paths_[index(file)] = special ? path : file_name(path);
  }
  // Files with equal ends take a folder more, until none are equal; a whole path can equal the end of another one,
  // which then grows. What has grown is longer than all that has not.
  constexpr int most_folders = 256;  // deeper paths with equal ends are given whole
  const SeededHash hash;             // that of different ends is different: nobody finds two of one
  std::vector<std::uint64_t> hashes;
  for (int round = 0; !open.empty(); ++round) {
    hashes.clear();
    for (const StringId file : open) hashes.push_back(hash(paths_[index(file)]));
    const std::vector<bool> is_double = find_doubles(hashes);
    std::vector<StringId> grown;
    for (std::size_t i = 0; i < open.size(); ++i) {
      std::string_view& path = paths_[index(open[i])];
      const std::string_view whole = profile.text(open[i]);
      if (!is_double[i] || path.size() == whole.size()) continue;
      path = round < most_folders ? longer(whole, path) : whole;
      grown.push_back(open[i]);
    }
    open = std::move(grown);
  }
}

}  // namespace profconv
