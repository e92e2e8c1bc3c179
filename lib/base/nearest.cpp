#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/error.hpp>

namespace profconv {
namespace {

// Levenshtein's distance, in one row.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  constexpr std::size_t longest = 64;  // a longer word is no misspelling, and comparing it would take its time
  if (word.size() > longest) return {};
  std::string_view best;
  std::size_t least = 3;  // two slips at most
  for (const std::string_view candidate : known) {
    // The lengths' difference is a distance already.
    if (std::max(candidate.size(), word.size()) - std::min(candidate.size(), word.size()) >= least) continue;
    const std::size_t distance = edit_distance(candidate, word);
    if (distance < least && distance < candidate.size()) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known, std::string otherwise) {
  const std::string_view close = nearest(word, known);
  return close.empty() ? std::move(otherwise) : "did you mean " + std::string(close) + "?";
}

}  // namespace profconv
