#pragma once

#include <string>
#include <string_view>

namespace profconv {

/// What a terminal shows of a line: without colours and other control sequences (`ESC [ ... m`), and without the
/// commands around the text of a link (`ESC ] 8 ; ... ; FILE ESC \`). Returns a view of `line` or of `scratch`.
std::string_view without_control_sequences(std::string_view line, std::string& scratch);

}  // namespace profconv
