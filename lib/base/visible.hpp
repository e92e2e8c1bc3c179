#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace profconv {

/// Length of the valid UTF-8 sequence that `text` starts with, 0 when there is none (surrogates and overlong forms are
/// not valid). Stores its code point.
std::size_t utf8_sequence(std::string_view text, char32_t& code_point) noexcept;

/// Appends `text` with everything made visible that could change how a line reads or how a terminal behaves: control
/// characters, line and paragraph separators, direction overrides, bytes that are not UTF-8. Forms: \n \r \t \xHH
/// \uHHHH. Backslashes stay as they are: Windows paths are common, the forms are for people, not for reading back.
void append_visible(std::string& out, std::string_view text);

std::string visible(std::string_view text);

/// Whether the text is printable ASCII alone, so that nothing has to be made visible. Cheap.
bool is_plain_text(std::string_view text) noexcept;

/// A piece of the input for a message: visible, in single quotes, cut to 40 characters.
std::string quoted(std::string_view text);

}  // namespace profconv
