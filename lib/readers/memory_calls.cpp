#include "readers/memory_calls.hpp"

#include <algorithm>
#include <limits>
#include <span>

#include "base/hash_tables.hpp"
#include "base/name_byte.hpp"

namespace profconv {
namespace {

constexpr std::uint32_t several = std::numeric_limits<std::uint32_t>::max();

/// Names before a parenthesis in a piece of source, in the order in which they are called: f(g(x)) calls g first.
class CalledNames {
 public:
  explicit CalledNames(std::string_view source) {
    std::vector<std::string_view> open;  // "" for a parenthesis without a name
    for (std::size_t i = 0; i < source.size(); ++i) {
      const char c = source[i];
      if (is_name_byte(c)) {
        const std::size_t begin = i;
        while (i + 1 < source.size() && is_name_byte(source[i + 1])) ++i;
        word_ = source.substr(begin, i + 1 - begin);
      } else if (c == '(') {
        open.push_back(word_);
        word_ = {};
      } else if (c == ')' && !open.empty()) {
        add(open.back());
        open.pop_back();
        word_ = {};
      } else if (c != ' ') {
        word_ = {};
      }
    }
    for (; !open.empty(); open.pop_back()) add(open.back());  // it goes on in the next line
  }

  const std::vector<std::string_view>& all() const noexcept { return names_; }

 private:
  void add(std::string_view name) {
    if (!name.empty()) names_.push_back(name);
  }

  std::string_view word_;
  std::vector<std::string_view> names_;
};

/// Whether the line defines or decorates something, and calls nothing that it names.
bool is_header(std::string_view source) {
  source.remove_prefix(std::min(source.find_first_not_of(" \t"), source.size()));
  return source.starts_with('@') || source.starts_with("def ") || source.starts_with("async def ") ||
         source.starts_with("class ");
}

TextMap<std::uint32_t> listings_by_name(const MemoryListings& text) {
  TextMap<std::uint32_t> by_name;
  const std::span<const MemoryListing> listings = text.listings();
  for (std::uint32_t l = 0; l < listings.size(); ++l) {
    if (listings[l].rows == 0) continue;
    const auto [known, is_new] = by_name.try_emplace(text.name(listings[l]), l);
    if (!is_new) known->second = several;
  }
  return by_name;
}

}  // namespace

std::vector<MemoryCallee> memory_calls(const MemoryListings& text) {
  const std::span<const MemoryListing> listings = text.listings();
  const TextMap<std::uint32_t> by_name = listings_by_name(text);
  std::vector<MemoryCallee> callees(listings.size());
  for (std::uint32_t l = 0; l < listings.size(); ++l) {
    if (!listings[l].layout.occurrences) continue;
    const std::span<const MemoryRow> rows = text.rows(listings[l]);
    for (std::size_t i = 1; i < rows.size(); ++i) {
      if (!rows[i].executed || rows[i].increment == not_measured || is_header(rows[i].source)) continue;
      bool is_first = true;
      const CalledNames names(rows[i].source);
      for (const std::string_view name : names.all()) {
        const auto callee = by_name.find(name);
        if (callee == by_name.end() || callee->second == several || callee->second == l) continue;
        if (is_first) {
          callees[callee->second].calls.push_back({l, listings[l].first_row + i});
        } else {
          callees[callee->second].has_others = true;
        }
        is_first = false;
      }
    }
  }
  return callees;
}

bool has_word(std::string_view source, std::string_view word) {
  for (std::size_t at = source.find(word); at != std::string_view::npos; at = source.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_name_byte(source[at - 1])) && (end == source.size() || !is_name_byte(source[end]))) return true;
  }
  return false;
}

}  // namespace profconv
