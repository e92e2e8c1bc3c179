#include "source/python_tokens.hpp"

#include <algorithm>
#include <array>

namespace profconv {
namespace {

// What bytes may be, a bit each.
enum : std::uint8_t { digit = 1, letter = 2, structure = 4, ends_string = 8 };

constexpr std::array<std::uint8_t, 256> make_byte_kinds() {
  std::array<std::uint8_t, 256> kinds{};
  for (std::size_t c = 0; c < kinds.size(); ++c) {
    if (c >= '0' && c <= '9') kinds[c] |= digit;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80) kinds[c] |= letter;
  }
  for (const char c : std::string_view("\n\r#\"'\\()[]{}")) kinds[static_cast<unsigned char>(c)] |= structure;
  for (const char c : std::string_view("\n\r\"'\\")) kinds[static_cast<unsigned char>(c)] |= ends_string;
  return kinds;
}
constexpr std::array<std::uint8_t, 256> byte_kinds = make_byte_kinds();

bool is_any(char c, unsigned kinds) { return (byte_kinds[static_cast<unsigned char>(c)] & kinds) != 0; }
bool is_digit(char c) { return is_any(c, digit); }
bool starts_name(char c) { return is_any(c, letter); }
bool continues_name(char c) { return is_any(c, letter | digit); }

}  // namespace

bool is_python_name(std::string_view text) noexcept {
  return !text.empty() && starts_name(text.front()) && std::ranges::all_of(text, continues_name);
}

bool is_python_keyword(std::string_view name) noexcept {
  const auto any = [&](auto... words) { return ((name == words) || ...); };
  switch (name.size()) {
    case 2: return any("as", "if", "in", "is", "or");
    case 3: return any("and", "def", "del", "for", "not", "try");
    case 4: return any("None", "True", "elif", "else", "from", "pass", "with");
    case 5: return any("False", "async", "await", "break", "class", "raise", "while", "yield");
    case 6: return any("assert", "except", "global", "import", "lambda", "return");
    case 7: return any("finally");
    case 8: return any("continue", "nonlocal");
    default: return false;
  }
}

PythonTokens::PythonTokens(std::string_view text) : text_(text) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) position_ = byte_order_mark.size();
}

Token PythonTokens::make(Token::Kind kind, std::size_t begin) {
  line_has_tokens_ = true;
  return {kind, line_, text_.substr(begin, position_ - begin)};
}

void PythonTokens::pass_newline() {
  if (at(position_) == '\r' && at(position_ + 1) == '\n') ++position_;
  ++position_;
  ++line_;
}

void PythonTokens::push(Mode mode) {
  if (modes_.size() < deepest) {
    modes_.push_back(mode);
  } else {
    too_deep_ = true;
    position_ = text_.size();
  }
}

// Blanks, comments and joined lines. True when it stopped at the end of a logical line.
bool PythonTokens::pass_blanks() {
  for (; position_ < text_.size(); ++position_) {
    const char c = text_[position_];
    if (c == ' ' || c == '\t' || c == '\f') continue;
    if (c == '#') {
      pass_comment();
      --position_;
      continue;
    }
    if (c == '\\' && (at(position_ + 1) == '\n' || at(position_ + 1) == '\r')) {
      ++position_;
      pass_newline();
      --position_;
      continue;
    }
    if (c != '\n' && c != '\r') return false;
    if (!in_brackets()) return true;
    pass_newline();
    --position_;
  }
  return !in_brackets();
}

void PythonTokens::pass_comment() {
  while (position_ < text_.size() && text_[position_] != '\n' && text_[position_] != '\r') ++position_;
}

// At the start of a physical line: passes lines without tokens and gives the column of the first token.
std::uint32_t PythonTokens::pass_indentation() {
  for (;;) {
    std::uint32_t column = 0;
    for (;; ++position_) {
      const char c = at(position_);
      if (c == ' ') {
        ++column;
      } else if (c == '\t') {
        column = (column / 8 + 1) * 8;
      } else if (c == '\f') {
        column = 0;
      } else {
        break;
      }
    }
    if (position_ >= text_.size()) return column;
    const char c = text_[position_];
    if (c == '#') {
      pass_comment();
      if (position_ >= text_.size()) return column;
      pass_newline();
    } else if (c == '\n' || c == '\r') {
      pass_newline();
    } else if (c == '\\' && (at(position_ + 1) == '\n' || at(position_ + 1) == '\r')) {
      ++position_;
      pass_newline();
    } else {
      return column;
    }
  }
}

// At the start of a physical line outside brackets: compares the indentation.
Token PythonTokens::begin_line() {
  std::uint32_t column = pass_indentation();
  at_line_start_ = false;
  line_has_tokens_ = false;
  if (position_ >= text_.size()) column = 0;
  if (column > indents_.back() && position_ < text_.size()) {
    if (indents_.size() > deepest) {
      too_deep_ = true;
      position_ = text_.size();
    } else {
      indents_.push_back(column);
      return {Token::Kind::indent, line_, {}};
    }
  }
  while (column < indents_.back()) {
    indents_.pop_back();
    ++dedents_;
  }
  return {};
}

Token PythonTokens::next() {
  if (!modes_.empty() && (modes_.back().kind == Mode::Kind::literal || modes_.back().kind == Mode::Kind::spec))
    return literal();
  if (at_line_start_ && !in_brackets()) {
    const Token token = begin_line();
    if (token.kind == Token::Kind::indent) return token;
  }
  if (dedents_ > 0) {
    --dedents_;
    return {Token::Kind::dedent, line_, {}};
  }
  if (pass_blanks() && (position_ < text_.size() || line_has_tokens_)) {
    const std::uint32_t line = line_;
    if (position_ < text_.size()) pass_newline();
    at_line_start_ = true;
    line_has_tokens_ = false;
    return {Token::Kind::newline, line, {}};
  }
  if (position_ >= text_.size()) {
    modes_.clear();
    if (line_has_tokens_) {
      line_has_tokens_ = false;
      at_line_start_ = true;
      return {Token::Kind::newline, line_, {}};
    }
    if (indents_.size() > 1) {
      indents_.pop_back();
      return {Token::Kind::dedent, line_, {}};
    }
    return {Token::Kind::end, line_, {}};
  }
  const std::size_t begin = position_;
  const char c = text_[begin];
  if (starts_name(c)) return name(begin);
  if (is_digit(c) || (c == '.' && is_digit(at(begin + 1)))) return number(begin);
  if (c == '"' || c == '\'') return quoted(begin, 0);
  return op(begin);
}

Token PythonTokens::name(std::size_t begin) {
  while (position_ < text_.size() && continues_name(text_[position_])) ++position_;
  const std::size_t length = position_ - begin;
  const char after = at(position_);
  if (length <= 3 && (after == '"' || after == '\'')) {
    constexpr std::string_view prefixes = "rRbBuUfFtT";
    bool prefix = true;
    for (std::size_t i = begin; i < position_; ++i)
      prefix = prefix && prefixes.find(text_[i]) != std::string_view::npos;
    if (prefix) return quoted(begin, length);
  }
  return make(Token::Kind::name, begin);
}

Token PythonTokens::number(std::size_t begin) {
  const auto pass = [&](auto test) {
    while (position_ < text_.size() && (test(text_[position_]) || text_[position_] == '_')) ++position_;
  };
  const char second = static_cast<char>(at(begin + 1) | 0x20);
  if (text_[begin] == '0' && (second == 'x' || second == 'o' || second == 'b')) {
    position_ += 2;
    pass([](char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); });
  } else {
    pass(is_digit);
    if (at(position_) == '.') {
      ++position_;
      pass(is_digit);
    }
    if ((at(position_) | 0x20) == 'e') {
      const char sign = at(position_ + 1);
      const std::size_t digits = position_ + (sign == '+' || sign == '-' ? 2 : 1);
      if (is_digit(at(digits))) {
        position_ = digits;
        pass(is_digit);
      }
    }
  }
  const char suffix = static_cast<char>(at(position_) | 0x20);
  if (suffix == 'j' || suffix == 'l') ++position_;
  return make(Token::Kind::number, begin);
}

// `prefix`: how many letters stand before the quote.
Token PythonTokens::quoted(std::size_t begin, std::size_t prefix) {
  bool fields = false, raw = false;
  for (std::size_t i = begin; i < begin + prefix; ++i) {
    const char c = static_cast<char>(text_[i] | 0x20);
    fields = fields || c == 'f' || c == 't';
    raw = raw || c == 'r';
  }
  position_ = begin + prefix;
  const char quote = text_[position_];
  const bool triple = at(position_ + 1) == quote && at(position_ + 2) == quote;
  position_ += triple ? 3 : 1;
  const std::uint32_t line = line_;
  if (fields) {
    const Token token = make(Token::Kind::fstring_begin, begin);
    push({Mode::Kind::literal, quote, triple, raw});
    return token;
  }
  pass_string(quote, triple);
  Token token = make(Token::Kind::string, begin);
  token.line = line;
  return token;
}

void PythonTokens::pass_string(char quote, bool triple) {
  std::size_t plain_upto = position_;
  while (position_ < text_.size()) {
    if (triple && position_ >= plain_upto) plain_upto = pass_plain(quote);
    if (position_ >= text_.size()) return;
    const char c = text_[position_];
    if (!is_any(c, ends_string)) {
      ++position_;
      continue;
    }
    if (c == '\\' && position_ + 1 < text_.size()) {
      ++position_;
      if (text_[position_] == '\n' || text_[position_] == '\r') {
        pass_newline();
      } else {
        ++position_;
      }
    } else if (c == quote) {
      if (!triple) {
        ++position_;
        return;
      }
      if (at(position_ + 1) == quote && at(position_ + 2) == quote) {
        position_ += 3;
        return;
      }
      ++position_;
    } else if (c == '\n' || c == '\r') {
      if (!triple) return;  // not closed
      pass_newline();
    } else {
      ++position_;
    }
  }
}

// Up to the next such quote, by what looks at many bytes at a time: docstrings are a large part of many sources. Where
// something between needs a closer look nothing is passed. Gives where that quote is.
std::size_t PythonTokens::pass_plain(char quote) {
  const std::size_t end = std::min(text_.find(quote, position_), text_.size());
  const std::string_view between = text_.substr(position_, end - position_);
  if (between.find('\\') != std::string_view::npos || between.find('\r') != std::string_view::npos) return end;
  line_ += static_cast<std::uint32_t>(std::ranges::count(between, '\n'));
  position_ = end;
  return end;
}

// Any string, and of an f-string what lies between its quotes; false when it has its quote in a field, too.
bool PythonTokens::pass_any_string() {
  const std::size_t begin = position_;
  const auto letter_before = [&](std::size_t back) {
    return begin >= back ? static_cast<char>(text_[begin - back] | 0x20) : '\0';
  };
  const auto has_fields = [](char c) { return c == 'f' || c == 't'; };
  const bool fields = has_fields(letter_before(1)) || (letter_before(1) == 'r' && has_fields(letter_before(2)));
  const char quote = text_[begin];
  const bool triple = at(begin + 1) == quote && at(begin + 2) == quote;
  position_ += triple ? 3 : 1;
  pass_string(quote, triple);
  if (!fields) return true;
  std::size_t depth = 0;
  for (const char c : text_.substr(begin, position_ - begin)) {
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
  }
  return depth == 0;
}

bool PythonTokens::skip_block(std::uint32_t before_line) {
  const std::size_t old_position = position_;
  const std::uint32_t old_line = line_, indent = indents_.back();
  std::uint32_t last = line_;
  bool whole = modes_.empty() && !at_line_start_ && dedents_ == 0 && passed_twice_ <= text_.size();
  while (whole) {
    // One logical line.
    std::size_t depth = 0;
    for (; position_ < text_.size(); ++position_) {
      const char c = text_[position_];
      if (!is_any(c, structure)) continue;
      if (c == '\n' || c == '\r') {
        if (depth == 0) break;
        pass_newline();
      } else if (c == '#') {
        pass_comment();
      } else if (c == '"' || c == '\'') {
        if (!pass_any_string()) {
          whole = false;
          break;
        }
      } else if (c == '\\') {
        ++position_;
        if (at(position_) != '\n' && at(position_) != '\r') continue;
        pass_newline();
      } else if (c == '(' || c == '[' || c == '{') {
        ++depth;
        continue;
      } else {
        depth -= depth > 0 ? 1 : 0;
        continue;
      }
      --position_;
    }
    last = line_;
    if (last >= before_line) whole = false;
    if (!whole || position_ >= text_.size()) break;
    pass_newline();
    // The next line that holds a token ends the block or does not.
    const std::size_t start = position_;
    const std::uint32_t start_line = line_;
    const std::uint32_t column = pass_indentation();
    if (position_ < text_.size() && column >= indent) continue;
    position_ = start;
    line_ = start_line;
    break;
  }
  if (!whole) {
    passed_twice_ += position_ - old_position;
    position_ = old_position;
    line_ = old_line;
    return false;
  }
  at_line_start_ = true;
  line_has_tokens_ = false;
  skipped_to_ = last;
  return true;
}

// The text of an f-string between its fields, and the format of a field (`spec`), which may hold fields too.
Token PythonTokens::literal() {
  const Mode mode = modes_.back();
  const bool spec = mode.kind == Mode::Kind::spec;
  while (position_ < text_.size()) {
    const std::size_t begin = position_;
    const char c = text_[begin];
    if (c == '{') {
      if (!spec && at(begin + 1) == '{') {
        position_ += 2;
        continue;
      }
      ++position_;
      const Token token = make(Token::Kind::field_begin, begin);
      push({Mode::Kind::field, mode.quote, mode.triple, mode.raw});
      return token;
    }
    if (c == '}' && spec) {
      ++position_;
      modes_.pop_back();  // the format
      modes_.pop_back();  // its field
      return make(Token::Kind::field_end, begin);
    }
    if (c == mode.quote && (!mode.triple || (at(begin + 1) == c && at(begin + 2) == c))) {
      if (spec) {  // the field was not closed
        modes_.pop_back();
        modes_.pop_back();
        return make(Token::Kind::field_end, begin);
      }
      position_ += mode.triple ? 3 : 1;
      modes_.pop_back();
      return make(Token::Kind::fstring_end, begin);
    }
    if (c == '\\') {
      ++position_;
      const char escaped = at(position_);
      if (escaped == 'N' && at(position_ + 1) == '{' && !mode.raw) {
        while (position_ < text_.size() && text_[position_] != '}' && text_[position_] != '\n') ++position_;
      } else if (escaped == '\n' || escaped == '\r') {
        pass_newline();
      } else if (escaped != '{' && escaped != '}' && position_ < text_.size()) {
        ++position_;
      }
      continue;
    }
    if (c == '\n' || c == '\r') {
      if (!mode.triple) {  // not closed
        modes_.pop_back();
        if (spec) modes_.pop_back();
        return make(spec ? Token::Kind::field_end : Token::Kind::fstring_end, begin);
      }
      pass_newline();
      continue;
    }
    ++position_;
  }
  modes_.pop_back();
  if (spec) modes_.pop_back();
  return make(spec ? Token::Kind::field_end : Token::Kind::fstring_end, position_);
}

Token PythonTokens::op(std::size_t begin) {
  const char c = text_[begin], second = at(begin + 1), third = at(begin + 2);
  ++position_;
  const bool in_field = !modes_.empty() && modes_.back().kind == Mode::Kind::field;
  switch (c) {
    case '(':
    case '[':
    case '{': {
      const Token token = make(Token::Kind::op, begin);
      push({Mode::Kind::bracket});
      return token;
    }
    case '}':
      if (in_field) {
        modes_.pop_back();
        return make(Token::Kind::field_end, begin);
      }
      [[fallthrough]];
    case ')':
    case ']':
      if (!modes_.empty() && modes_.back().kind == Mode::Kind::bracket) modes_.pop_back();
      return make(Token::Kind::op, begin);
    case '!':
      if (in_field && second != '=') {  // {x!r}
        while (continues_name(at(position_))) ++position_;
        return make(Token::Kind::op, begin);
      }
      break;
    case ':':
      if (in_field) {
        const Mode mode = modes_.back();
        const Token token = make(Token::Kind::op, begin);
        push({Mode::Kind::spec, mode.quote, mode.triple, mode.raw});
        return token;
      }
      break;
    default: break;
  }
  if (c == '.' && second == '.' && third == '.') {
    position_ += 2;
  } else if ((c == '*' || c == '/' || c == '<' || c == '>') && second == c) {
    position_ += third == '=' ? 2 : 1;
  } else if (((c == '-' || c == '<') && second == '>') ||
             // {x:=10} of an f-string was a format, and is taken above.
             (second == '=' && std::string_view("+-*/%@&|^<>=!:").find(c) != std::string_view::npos)) {
    ++position_;
  }
  return make(Token::Kind::op, begin);
}

}  // namespace profconv
