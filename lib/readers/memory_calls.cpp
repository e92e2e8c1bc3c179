#include "readers/memory_calls.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash_tables.hpp"
#include "base/name_byte.hpp"

namespace profconv {
namespace {

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

/// Which functions have a name.
class Namesakes {
 public:
  explicit Namesakes(const MemoryListings& text) : text_(text) {
    const std::span<const MemoryListing> listings = text.listings();
    for (std::uint32_t l = 0; l < listings.size(); ++l) {
      if (listings[l].rows != 0) by_name_[text.name(listings[l])].push_back(l);
    }
  }

  /// The listing of what a row of listing `l` calls by this name, if that is another function and no other one is
  /// meant.
  std::optional<std::uint32_t> callee(std::string_view name, std::uint32_t l, const MemoryRow& row) const {
    const auto named = by_name_.find(name);
    if (named == by_name_.end()) return std::nullopt;
    const std::vector<std::uint32_t>& all = named->second;
    if (all.size() == 1) return all.front() == l ? std::nullopt : std::optional(all.front());
    if (!has_word(row.source, "super")) return std::nullopt;
    // A base class has it. That this row made all calls of it is told by their number, and then the memory at its
    // entries is what the row began with.
    std::optional<std::uint32_t> found;
    for (const std::uint32_t other : all) {
      const MemoryRow& entry = text_.rows(text_.listings()[other]).front();
      if (other == l || !entry.executed || entry.occurrences != row.occurrences) continue;
      if (found) return std::nullopt;
      found = other;
    }
    return found;
  }

 private:
  const MemoryListings& text_;
  TextMap<std::vector<std::uint32_t>> by_name_;
};

}  // namespace

std::vector<MemoryCallee> memory_calls(const MemoryListings& text) {
  const std::span<const MemoryListing> listings = text.listings();
  const Namesakes namesakes(text);
  std::vector<MemoryCallee> callees(listings.size());
  for (std::uint32_t l = 0; l < listings.size(); ++l) {
    if (!listings[l].layout.occurrences) continue;
    const std::span<const MemoryRow> rows = text.rows(listings[l]);
    for (std::size_t i = 1; i < rows.size(); ++i) {
      if (!rows[i].executed || rows[i].increment == not_measured || is_header(rows[i].source)) continue;
      bool is_first = true;
      const CalledNames names(rows[i].source);
      for (const std::string_view name : names.all()) {
        const std::optional<std::uint32_t> callee = namesakes.callee(name, l, rows[i]);
        if (!callee) continue;
        if (is_first) {
          callees[*callee].calls.push_back({l, listings[l].first_row + i});
        } else {
          callees[*callee].has_others = true;
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
