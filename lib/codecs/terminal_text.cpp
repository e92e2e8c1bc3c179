#include "codecs/terminal_text.hpp"

#include <cstddef>

namespace profconv {
namespace {

constexpr char escape = '\x1b', bell = '\a';

bool is_in(char c, char first, char last) { return c >= first && c <= last; }

bool is_control(char c) { return static_cast<unsigned char>(c) < ' '; }

// ESC [, parameters, intermediates, a final byte (ECMA-48, 5.4).
std::size_t control_sequence_length(std::string_view text) {
  std::size_t at = 2;
  while (at < text.size() && is_in(text[at], '0', '?')) ++at;
  while (at < text.size() && is_in(text[at], ' ', '/')) ++at;
  return at < text.size() && is_in(text[at], '@', '~') ? at + 1 : 0;
}

// ESC ], a text, and ESC \ or, after xterm, BEL. The text has no control characters: where one stands before the end,
// this is no command, and what follows is looked at on its own, so that each byte is passed but twice.
std::size_t command_length(std::string_view text) {
  std::size_t at = 2;
  while (at < text.size() && !is_control(text[at])) ++at;
  if (at < text.size() && text[at] == bell) return at + 1;
  return text.substr(at).starts_with("\x1b\\") ? at + 2 : 0;
}

// 0: the text does not begin with a sequence that is whole.
std::size_t sequence_length(std::string_view text) {
  if (text.starts_with("\x1b[")) return control_sequence_length(text);
  if (text.starts_with("\x1b]")) return command_length(text);
  return 0;
}

}  // namespace

std::string_view without_control_sequences(std::string_view line, std::string& scratch) {
  std::size_t next = line.find(escape);
  if (next == std::string_view::npos) return line;
  scratch.clear();
  for (; next != std::string_view::npos; next = line.find(escape, next)) {
    scratch += line.substr(0, next);
    line.remove_prefix(next);
    const std::size_t length = sequence_length(line);
    line.remove_prefix(length);
    next = length == 0 ? 1 : 0;  // an ESC that begins nothing stays
  }
  return scratch += line;
}

}  // namespace profconv
