#pragma once

#include <string>
#include <string_view>

namespace profconv {

/// One cell of a Markdown table: visible text with everything escaped that could mean something.
std::string markdown_text(std::string_view text);

}  // namespace profconv
