#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace profconv {

/// What a user types to choose names: a regular expression or a glob. Matching is linear in the length of the text.
/// An expression that is not UTF-8 is taken for bytes, each of them a character.
class Pattern {
 public:
  /// RE2's syntax (https://github.com/google/re2/wiki/Syntax), searched anywhere in the text.
  /// Throws UsageError with RE2's reason for an expression that RE2 refuses, back-references among them.
  static Pattern regex(std::string_view expression);

  /// The shell's wildcards as Python's `fnmatchcase` reads them, for the whole text: `*` anything, `?` one character,
  /// `[abc]`, `[a-z]`, `[!abc]`; to match a bracket, write `[[]`. No character is special to the path.
  /// Throws UsageError for a range that runs backwards.
  static Pattern glob(std::string_view expression);

  bool matches(std::string_view text) const;

 private:
  struct Impl;
  explicit Pattern(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  static Pattern compile(std::string_view expression, std::string_view shown, const char* kind);

  std::shared_ptr<const Impl> impl_;
};

/// Whether any of the patterns matches.
bool any_matches(const std::vector<Pattern>& patterns, std::string_view text);

}  // namespace profconv
