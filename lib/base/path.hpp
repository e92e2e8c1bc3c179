#pragma once

#include <cstddef>
#include <string_view>

namespace profconv {

constexpr bool is_separator(char c) noexcept { return c == '/' || c == '\\'; }

/// Where the last slash or backslash of a path is, `npos` when there is none.
inline std::size_t last_separator(std::string_view path) noexcept {
  for (std::size_t i = path.size(); i-- > 0;) {
    if (is_separator(path[i])) return i;
  }
  return std::string_view::npos;
}

}  // namespace profconv
