#include "common/refusal.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/error.hpp>

namespace profconv::cli {

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

}  // namespace profconv::cli
