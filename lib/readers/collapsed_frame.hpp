#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace profconv {

/// A frame of a collapsed stack. Views of its text.
struct CollapsedFrame {
  std::string_view file;  ///< "~" for `<GC>`, `<native>` and C functions, "" when the text has none.
  std::string_view name;
  std::uint32_t line = 0;  ///< The line being executed, 0 when unknown.
};

/// Understands one frame; what is of no known form is a bare name. The forms:
///
///     main (app/t.py:12)      name (file:line)    py-spy
///     read (libc.so.6)        name (file)         py-spy --native; the file has a dot or a slash and no blank
///     /app/t.py:T.main:12     file:name:line      austin, Python 3.15; a drive letter belongs to the file
///     <GC>                    name
///     :GC:                    the same            austin
CollapsedFrame parse_collapsed_frame(std::string_view text);

/// What one of the first frames of a stack says about the thread when it is no function.
struct StackLabel {
  enum class Kind : std::uint8_t { process, thread };
  Kind kind;
  std::string_view text;
};

/// Understands `tid:3247` (Python 3.15), `P12` and `T34` (austin), `process 12:"t.py"` and `thread (0x7F): main`
/// (py-spy); empty for everything else. `is_first`: it is the stack's first frame.
std::optional<StackLabel> parse_stack_label(std::string_view text, bool is_first);

}  // namespace profconv
