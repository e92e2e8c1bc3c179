#pragma once

#include <cstddef>
#include <string_view>

namespace profconv {

/// Where the last slash or backslash of a path is, `npos` when there is none.
inline std::size_t last_separator(std::string_view path) noexcept {
  for (std::size_t i = path.size(); i-- > 0;) {
    if (path[i] == '/' || path[i] == '\\') return i;
  }
  return std::string_view::npos;
}

}  // namespace profconv
