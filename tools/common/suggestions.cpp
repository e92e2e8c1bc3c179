#include "common/suggestions.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <profconv/error.hpp>

namespace profconv::cli {
namespace {

bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Expressions are searched in `file:line(name)`.
bool stands_in(const Profile& profile, const Function& f, std::string_view word) {
  const std::string_view name = profile.text(profile.text(f.qualified).empty() ? f.name : f.qualified);
  return name.find(word) != std::string_view::npos || profile.text(f.file).find(word) != std::string_view::npos ||
         std::to_string(f.line).find(word) != std::string::npos;
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known, std::string otherwise) {
  const std::string_view close = nearest(word, known);
  return close.empty() ? std::move(otherwise) : "did you mean " + std::string(close) + "?";
}

Refusal why_refused(std::string message, std::string hint) {
  const std::size_t begin = message.find(": "), middle = message.rfind(" not in {");
  if (begin == std::string::npos || middle == std::string::npos || middle < begin || !message.ends_with('}'))
    return {std::move(message), std::move(hint)};
  const std::string word = message.substr(begin + 2, middle - begin - 2);
  std::string known;
  std::vector<std::string_view> words;
  std::string_view rest = message;
  rest.remove_prefix(middle + std::string_view(" not in {").size());
  rest.remove_suffix(1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    words.push_back(rest.substr(0, end));
    known += (known.empty() ? "" : ", ") + std::string(words.back());
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {message.substr(0, begin) + ": expected one of " + known + ", found '" + word + "'",
          did_you_mean(word, words, std::move(hint))};
}

void warn_of_unknown_functions(const Profile& profile, std::span<const std::string> expressions,
                               Diagnostics& diagnostics) {
  for (const std::string& word : expressions) {
    if (!is_plain(word)) continue;
    const auto& functions = profile.functions;
    if (std::ranges::any_of(functions, [&](const Function& f) { return stands_in(profile, f, word); })) continue;
    std::vector<std::string_view> names;
    names.reserve(functions.size());
    for (const Function& f : functions) names.push_back(profile.text(f.name));
    const std::string hint = did_you_mean(word, names);
    diagnostics.warn({}, {}, "no function matches '" + word + "'" + (hint.empty() ? "" : ": " + hint));
  }
}

}  // namespace profconv::cli
