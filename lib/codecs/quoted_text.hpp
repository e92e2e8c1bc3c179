#pragma once

#include <string>
#include <string_view>

namespace profconv {

/// Appends `text` in double quotes so that any bytes survive: `"` and `\` get a backslash, control characters and bytes
/// that are not UTF-8 become \xHH.
void append_quoted(std::string& out, std::string_view text);

/// Takes such a text off the front of `rest`; false when there is none.
bool take_quoted(std::string_view& rest, std::string& text);

}  // namespace profconv
