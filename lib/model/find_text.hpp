#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <profconv/profile.hpp>

namespace profconv {

/// The id of a text among those of a profile, by a look at the lengths of all: for who would compare thousands of names
/// with it.
inline std::optional<StringId> find_text(const StringTable& strings, std::string_view text) {
  for (std::uint32_t i = 0; i < strings.size(); ++i) {
    if (strings[StringId{i}] == text) return StringId{i};
  }
  return std::nullopt;
}

}  // namespace profconv
