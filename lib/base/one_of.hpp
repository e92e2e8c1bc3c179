#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace profconv {

/// Whether a text is one of a few known ones.
constexpr bool is_one_of(std::string_view text, std::initializer_list<std::string_view> texts) noexcept {
  return std::ranges::find(texts, text) != texts.end();
}

}  // namespace profconv
