#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace profconv {

/// Text for the inside of a quoted DOT string that is a label, a tooltip or a URL: what Graphviz calls an escString.
///
/// Whatever the text, it is shown as it is: quotes cannot end the string, backslashes start none of Graphviz's escapes
/// (`\N`, `\l`),
/// `&` starts no entity, and what XML or a terminal would stumble over (control characters, bytes that are not UTF-8)
/// is made visible as in messages. Text that would need more than `most` bytes is cut at a character and ends in "…":
/// old Graphviz releases refuse strings of 16 KiB.
void append_dot_text(std::string& out, std::string_view text, std::size_t most = 4000);

}  // namespace profconv
