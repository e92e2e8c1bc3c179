#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/error.hpp>
#include <profconv/transforms.hpp>

#include "base/pattern.hpp"
#include "model/searched_text.hpp"

namespace profconv {
namespace {

// An expression that is a word, at the begin or end of the text or anywhere in it.
struct Word {
  bool at_begin, at_end;
  std::string_view text;
};

std::optional<Word> plain_word(std::string_view expression) {
  Word word{expression.starts_with('^'), expression.ends_with('$'), expression};
  word.text.remove_prefix(word.at_begin ? 1 : 0);
  if (word.at_end && !word.text.empty()) word.text.remove_suffix(1);
  const bool is_plain = std::ranges::all_of(word.text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  return is_plain && !word.text.empty() ? std::optional(word) : std::nullopt;
}

std::string_view searched_name(const Profile& profile, const Function& f) {
  return profile.text(profile.text(f.qualified).empty() ? f.name : f.qualified);
}

std::string hint_at_function(const Profile& profile, const Word& word) {
  const auto has_name = [&](const Function& f) { return searched_name(profile, f) == word.text; };
  if ((word.at_begin || word.at_end) && std::ranges::any_of(profile.functions, has_name))
    return "it is searched in file:line(name), where '\\(" + std::string(word.text) + "\\)$' finds that name";
  std::vector<std::string_view> names;
  names.reserve(profile.functions.size());
  for (const Function& f : profile.functions) names.push_back(profile.text(f.name));
  return did_you_mean(word.text, names);
}

}  // namespace

void warn_of_unknown_functions(const Profile& profile, std::span<const std::string> expressions,
                               Diagnostics& diagnostics) {
  for (const std::string& expression : expressions) {
    const Pattern pattern = Pattern::regex(expression);
    const auto matches = [&](const Function& f) { return pattern.matches(searched_text(profile, f)); };
    if (std::ranges::any_of(profile.functions, matches)) continue;
    const std::optional<Word> word = plain_word(expression);
    const std::string hint = word ? hint_at_function(profile, *word) : std::string();
    diagnostics.warn({}, {}, "no function matches '" + expression + "'" + (hint.empty() ? "" : ": " + hint));
  }
}

}  // namespace profconv
