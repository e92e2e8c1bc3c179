#pragma once

#include <string>
#include <string_view>

namespace profconv {

/// Appends `text` as a JSON string (RFC 8259) in double quotes, so that nothing is lost: control characters, line
/// separators and direction marks are `\uXXXX`; a byte that is not UTF-8 is `\udcXX`, as Python's "surrogateescape" has
/// it
/// (`os.fsencode(json.loads(...))` gives the byte again).
void append_json_text(std::string& out, std::string_view text);

}  // namespace profconv
