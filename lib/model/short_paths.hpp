#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <profconv/profile.hpp>

namespace profconv {

/// The end of each file's path that tells it apart from the profile's other files: whole folders, as few as that takes.
///
///     /srv/shop/cart/utils.py       cart/utils.py
///     /srv/shop/stock/utils.py      stock/utils.py
///     /srv/shop/main.py             main.py
///
/// Different files have different ends; a path that is the end of another one stays whole, as does the other.
class ShortPaths {
 public:
  explicit ShortPaths(const Profile& profile);

  /// A view of the profile's text. REQUIRES: a function of the profile has this file.
  std::string_view path(StringId file) const { return paths_[index(file)]; }

 private:
  std::vector<std::string_view> paths_;  // per string of the profile; good for strings that are files
};

}  // namespace profconv
