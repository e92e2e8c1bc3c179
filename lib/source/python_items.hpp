#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace profconv {

/// How many items a loop over this expression goes through, if they are written there: `range` of plain numbers,
/// `a, b, c`, `(a, b, c)` and `[a, b, c]`, whatever the items are. Nothing for all else.
std::optional<std::uint32_t> written_items(std::string_view expression);

}  // namespace profconv
