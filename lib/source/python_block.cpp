#include "source/python_block.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/name_byte.hpp"

namespace profconv {
namespace {

enum class Kind : std::uint8_t { word, other, newline, blank_newline, indent, dedent, comment };

/// What inspect.BlockFinder makes of the tokens.
class BlockEnd {
 public:
  /// False: the block is complete.
  bool take(Kind kind, std::string_view text, std::size_t line, std::size_t column) {
    if (!started_ && !in_decorator_) {
      if (text == "@") in_decorator_ = true;
      // line_profiler adds Cython's words.
      for (const std::string_view word : {"def", "class", "lambda", "cdef", "cpdef", "property"}) {
        if (kind == Kind::word && text == word) started_ = true;
      }
      is_lambda_ = is_lambda_ || (started_ && text == "lambda");
      passing_ = true;
      return true;
    }
    if (kind == Kind::newline) {
      passing_ = false;
      last_ = line;
      if (is_lambda_) return false;
      in_decorator_ = false;
      return true;
    }
    if (passing_) return true;
    switch (kind) {
      case Kind::indent:
        if (!has_body_ && started_) {
          has_body_ = true;
          body_column_ = column;
        }
        ++indent_;
        passing_ = true;
        return true;
      case Kind::dedent: return --indent_ > 0;
      case Kind::comment:
        if (has_body_ && column >= body_column_) last_ = line;
        return true;
      case Kind::blank_newline: return true;
      default: return indent_ != 0;
    }
  }

  std::size_t last() const noexcept { return last_; }

 private:
  bool started_ = false, in_decorator_ = false, is_lambda_ = false, passing_ = false, has_body_ = false;
  std::size_t body_column_ = 0, last_ = 1;
  std::ptrdiff_t indent_ = 0;
};

/// Cuts lines into the tokens that matter above, as tokenize does.
class BlockTokens {
 public:
  explicit BlockTokens(BlockEnd& end) : end_(end) {}

  /// The next line, numbered from 1. False: the block is complete, or tokenize would fail here.
  bool take(std::string_view line, std::size_t number) {
    line_ = line;
    number_ = number;
    at_ = 0;
    if (!quote_.empty()) {
      if (!pass_string()) return string_may_go_on();
    } else if (depth_ == 0 && !continued_) {
      if (!begin_statement()) return false;
      if (at_ == std::string_view::npos) return true;  // blank, or a comment alone
    }
    continued_ = false;
    while (at_ < line_.size()) {
      if (!token()) return false;
      if (!quote_.empty() || continued_) return true;
    }
    return end_.take(depth_ > 0 ? Kind::blank_newline : Kind::newline, {}, number_, line_.size());
  }

 private:
  static constexpr std::string_view blanks = " \f\t";

  bool begin_statement() {
    std::size_t column = 0;
    for (; at_ < line_.size() && blanks.find(line_[at_]) != std::string_view::npos; ++at_) {
      constexpr std::size_t tab = 8;
      column = line_[at_] == '\f' ? 0 : line_[at_] == '\t' ? (column / tab + 1) * tab : column + 1;
    }
    if (at_ == line_.size() || line_[at_] == '#') {
      const bool comment = at_ < line_.size();
      const std::size_t place = at_;
      at_ = std::string_view::npos;
      if (comment && !end_.take(Kind::comment, line_.substr(place), number_, place)) return false;
      return end_.take(Kind::blank_newline, {}, number_, place);
    }
    if (column > indents_.back()) {
      indents_.push_back(column);
      if (!end_.take(Kind::indent, {}, number_, at_)) return false;
    }
    while (column < indents_.back()) {
      indents_.pop_back();
      if (column > indents_.back()) return false;  // IndentationError, which inspect passes over
      if (!end_.take(Kind::dedent, {}, number_, at_)) return false;
    }
    return true;
  }

  // One token of the line; false: the block is complete.
  bool token() {
    while (at_ < line_.size() && blanks.find(line_[at_]) != std::string_view::npos) ++at_;
    if (at_ == line_.size()) return true;
    const std::size_t begin = at_;
    const char c = line_[at_];
    if (c == '#') {
      at_ = line_.size();
      return end_.take(Kind::comment, line_.substr(begin), number_, begin);
    }
    if (c == '\\' && at_ + 1 == line_.size()) {
      continued_ = true;
      return true;
    }
    if (c == '\'' || c == '"') return begin_string(begin);
    if (is_name_byte(c)) {
      while (at_ < line_.size() && is_name_byte(line_[at_])) ++at_;
      const std::string_view word = line_.substr(begin, at_ - begin);
      if (at_ < line_.size() && (line_[at_] == '\'' || line_[at_] == '"') && is_string_prefix(word))
        return begin_string(begin);
      return end_.take(Kind::word, word, number_, begin);
    }
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if (c == ')' || c == ']' || c == '}') --depth_;
    ++at_;
    return end_.take(Kind::other, line_.substr(begin, 1), number_, begin);
  }

  static bool is_string_prefix(std::string_view word) {
    if (word.size() > 2) return false;
    bool raw = false, other = false;
    for (const char c : word) {
      const char letter = static_cast<char>(c | 0x20);
      bool& seen = letter == 'r' ? raw : other;
      if (seen || std::string_view("rbuf").find(letter) == std::string_view::npos) return false;
      if (letter == 'u' && word.size() > 1) return false;
      seen = true;
    }
    return true;
  }

  // A string whose quote stands at at_; `begin` is that of its prefix.
  bool begin_string(std::size_t begin) {
    const char c = line_[at_];
    const std::string_view rest = line_.substr(at_);
    const bool triple = rest.size() >= 3 && rest[1] == c && rest[2] == c;
    const std::size_t quote_at = at_;
    quote_ = rest.substr(0, triple ? 3 : 1) == "'"    ? std::string_view("'")
             : rest.substr(0, triple ? 3 : 1) == "\"" ? std::string_view("\"")
             : c == '"'                               ? std::string_view("\"\"\"")
                                                      : std::string_view("'''");
    at_ += quote_.size();
    if (pass_string()) return end_.take(Kind::other, {}, number_, begin);
    if (triple || string_may_go_on()) return true;
    at_ = quote_at + 1;  // the quote alone is a token
    return end_.take(Kind::other, line_.substr(quote_at, 1), number_, quote_at);
  }

  // To behind the end of the string; false: it does not end on this line.
  bool pass_string() {
    while (at_ < line_.size()) {
      if (line_.substr(at_).starts_with(quote_)) {
        at_ += quote_.size();
        quote_ = {};
        return true;
      }
      at_ += line_[at_] == '\\' ? std::size_t{2} : 1;
    }
    return false;
  }

  // A string in single quotes goes on only behind a backslash that ends the line.
  bool string_may_go_on() {
    if (quote_.size() == 3) return true;
    if (at_ > line_.size()) return true;  // passed the backslash and the newline behind it
    quote_ = {};
    return false;
  }

  BlockEnd& end_;
  std::string_view line_;
  std::size_t number_ = 0, at_ = 0;
  std::ptrdiff_t depth_ = 0;
  bool continued_ = false;
  std::string_view quote_;  // of the string that goes on
  std::vector<std::size_t> indents_{0};
};

}  // namespace

std::size_t python_block_lines(const SourceFile& file, std::size_t first_line) {
  if (first_line == 0 || first_line > file.line_count()) return 0;
  BlockEnd end;
  BlockTokens tokens(end);
  for (std::size_t line = first_line; line <= file.line_count(); ++line) {
    if (!tokens.take(file.line(line), line - first_line + 1)) break;
  }
  return end.last();
}

}  // namespace profconv
