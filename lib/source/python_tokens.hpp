#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace profconv {

/// One token of Python source.
struct Token {
  enum class Kind : std::uint8_t {
    end,
    newline,  ///< Ends a logical line.
    indent,
    dedent,
    name,  ///< Keywords too.
    number,
    string,
    op,             ///< Also brackets.
    fstring_begin,  ///< f"..., t"...: fields and their tokens follow, then `fstring_end`.
    fstring_end,
    field_begin,  ///< The { of a replacement field.
    field_end,
  };

  Kind kind = Kind::end;
  std::uint32_t line = 0;  ///< From 1; of the token's first byte.
  std::string_view text;

  bool is(std::string_view wanted) const noexcept { return text == wanted; }
};

/// Cuts Python source into tokens, for every version from 2.7 to 3.15.
///
/// Any bytes are cut into something: what no Python would accept gives tokens that mean little, never a failure.
/// Linear in the length of the text, no recursion; nothing is copied. Brackets that are nested deeper than
/// `deepest` end the text, as CPython ends with an error (200).
/// Source: Python reference, "Lexical analysis"; PEP 701 for f-strings.
class PythonTokens {
 public:
  explicit PythonTokens(std::string_view text);

  Token next();
  /// Behind an indent: passes everything that is indented as far, without cutting it, if that ends before a line. What
  /// comes next is the dedent. False, and nothing was passed: it goes on to that line, or holds what only cutting
  /// tells.
  bool skip_block(std::uint32_t before_line);
  /// The last line of the block that was skipped last.
  std::uint32_t skipped_to() const noexcept { return skipped_to_; }
  /// Whether the whole text was cut; false when it was too deeply nested.
  bool complete() const noexcept { return !too_deep_; }
  /// How many bytes were passed.
  std::size_t position() const noexcept { return position_; }
  /// The line where the last token ended.
  std::uint32_t line() const noexcept { return line_; }

  static constexpr std::size_t deepest = 200;

 private:
  // What surrounds the present position: brackets, fields of f-strings, and their literal text.
  struct Mode {
    enum class Kind : std::uint8_t { bracket, literal, field, spec } kind;
    char quote = 0;
    bool triple = false;
    bool raw = false;
  };

  Token make(Token::Kind kind, std::size_t begin);
  Token begin_line();
  Token literal();
  Token quoted(std::size_t begin, std::size_t prefix);
  Token number(std::size_t begin);
  Token name(std::size_t begin);
  Token op(std::size_t begin);
  bool pass_blanks();
  void pass_newline();
  void pass_comment();
  std::uint32_t pass_indentation();
  void pass_string(char quote, bool triple);
  std::size_t pass_plain(char quote);
  bool pass_any_string();
  void push(Mode mode);
  bool in_brackets() const noexcept { return !modes_.empty(); }
  char at(std::size_t i) const noexcept { return i < text_.size() ? text_[i] : '\0'; }

  std::string_view text_;
  std::size_t position_ = 0;
  std::uint32_t line_ = 1;
  std::vector<Mode> modes_;
  std::vector<std::uint32_t> indents_{0};
  std::uint32_t dedents_ = 0;  // to be handed out
  std::uint32_t skipped_to_ = 0;
  std::size_t passed_twice_ = 0;  // bytes; blocks in blocks must not make it quadratic
  bool at_line_start_ = true;
  bool line_has_tokens_ = false;
  bool too_deep_ = false;
};

/// Whether this is a reserved word of Python 3 (`print` and `exec` are not).
bool is_python_keyword(std::string_view name) noexcept;
/// Whether it has the form of a name; keywords do.
bool is_python_name(std::string_view text) noexcept;

}  // namespace profconv
