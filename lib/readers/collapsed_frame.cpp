#include "readers/collapsed_frame.hpp"

#include <algorithm>
#include <charconv>

namespace profconv {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

// Cuts ":12" off the end.
std::optional<std::uint32_t> take_line(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !all_digits(text.substr(colon + 1))) return std::nullopt;
  std::uint32_t line = 0;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data() + colon + 1, end, line).ec != std::errc{}) return std::nullopt;
  text = text.substr(0, colon);
  return line;
}

// What stands in the parentheses behind a name without a line: a file, or the arguments of a C++ function. Both
// "<string>" and "profile", where Python's profiler by that name has what it runs, are files; "unsigned long" is none.
bool is_file(std::string_view place) {
  if (place.find_first_of("()") != std::string_view::npos) return false;
  if (place == "profile" || place.ends_with(".py") || (place.starts_with('<') && place.ends_with('>'))) return true;
  return place.find_first_of("./") != std::string_view::npos && place.find(' ') == std::string_view::npos;
}

// name (file:line), name (file)
std::optional<CollapsedFrame> in_parentheses(std::string_view text) {
  const std::size_t open = text.find(" (");
  if (!text.ends_with(')') || open == std::string_view::npos || open == 0) return std::nullopt;
  CollapsedFrame frame{{}, text.substr(0, open), 0};
  std::string_view place = text.substr(open + 2, text.size() - open - 3);
  if (const auto line = take_line(place)) {
    frame.line = *line;
  } else if (!is_file(place)) {
    return std::nullopt;  // C++: "operator new (unsigned long)"
  }
  if (place.empty()) return std::nullopt;
  frame.file = place;
  return frame;
}

// file:name:line
std::optional<CollapsedFrame> with_colons(std::string_view text) {
  const auto line = take_line(text);
  if (!line) return std::nullopt;
  const bool drive = text.size() > 3 && text[1] == ':' && (text[2] == '\\' || text[2] == '/');
  const std::size_t colon = text.find(':', drive ? 2 : 0);
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return std::nullopt;
  const std::string_view name = text.substr(colon + 1);
  if (name.starts_with(':')) return std::nullopt;  // C++: "std::swap"
  return CollapsedFrame{text.substr(0, colon), name, *line};
}

// As CPython prints a C function; this library writes such frames of a cProfile dump.
bool is_c_name(std::string_view text) {
  return text.ends_with('>') && (text.starts_with("<built-in ") || text.starts_with("<method '"));
}

}  // namespace

CollapsedFrame parse_collapsed_frame(std::string_view text) {
  if (const auto frame = in_parentheses(text)) return *frame;
  if (const auto frame = with_colons(text)) return *frame;
  if (text == ":GC:") return {"~", "<GC>", 0};
  const bool marker = text == "<GC>" || text == "<native>";
  return {marker || is_c_name(text) ? "~" : "", text, 0};
}

std::optional<StackLabel> parse_stack_label(std::string_view text, bool is_first) {
  using Kind = StackLabel::Kind;
  const auto rest = [&](std::string_view prefix) { return text.substr(prefix.size()); };
  if (is_first && text.starts_with("tid:") && all_digits(rest("tid:"))) return StackLabel{Kind::thread, rest("tid:")};
  if (is_first && text.starts_with("P") && all_digits(rest("P"))) return StackLabel{Kind::process, rest("P")};
  if (is_first && text.starts_with("process ")) {
    const std::string_view number = rest("process ").substr(0, rest("process ").find(':'));
    if (all_digits(number)) return StackLabel{Kind::process, rest("process ")};
  }
  if (!is_first && text.size() > 1 && text[0] == 'T' && is_digit(text[1]) &&
      text.find_first_not_of("0123456789abcdefx:", 1) == std::string_view::npos) {
    return StackLabel{Kind::thread, rest("T")};
  }
  if (text.starts_with("thread (") && text.find(')') != std::string_view::npos) {
    const std::string_view id = rest("thread (").substr(0, rest("thread (").find(')'));
    if (id.find_first_not_of("0123456789abcdefABCDEFxX") == std::string_view::npos && !id.empty())
      return StackLabel{Kind::thread, rest("thread ")};
  }
  return std::nullopt;
}

}  // namespace profconv
