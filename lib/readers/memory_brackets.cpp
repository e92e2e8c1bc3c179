#include "readers/memory_brackets.hpp"

#include <algorithm>
#include <string_view>

namespace profconv {
namespace {

/// Goes through source row by row and tells its brackets from those in strings and comments.
class BracketScan {
 public:
  /// Calls `open` and `close` for each.
  template <class Open, class Close>
  void row(std::string_view source, Open open, Close close) {
    if (quotes_.size() == 1) quotes_ = {};  // such a string ends with its line
    for (std::size_t i = 0; i < source.size(); ++i) {
      const char c = source[i];
      if (!quotes_.empty()) {
        if (c == '\\') {
          ++i;
        } else if (source.substr(i).starts_with(quotes_)) {
          i += quotes_.size() - 1;
          quotes_ = {};
        }
      } else if (c == '"' || c == '\'') {
        const std::string_view three = c == '"' ? "\"\"\"" : "'''";
        quotes_ = source.substr(i).starts_with(three) ? three : three.substr(0, 1);
        i += quotes_.size() - 1;
      } else if (c == '#') {
        return;
      } else if (c == '(' || c == '[' || c == '{') {
        open();
      } else if (c == ')' || c == ']' || c == '}') {
        close();
      }
    }
  }

 private:
  std::string_view quotes_;  // that end the string in which the scan is
};

}  // namespace

MemoryBrackets::MemoryBrackets(std::span<const MemoryRow> rows) {
  constexpr std::size_t deepest = 200;  // CPython takes no more
  BracketScan scan;
  std::vector<std::size_t> open;
  const auto drop = [&] {  // they have no end: the text is cut, or no Python
    for (std::size_t i = open.empty() ? rows_.size() : open.front(); i < rows_.size(); ++i) rows_[i] = {none, i + 1};
    open.clear();
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows_.push_back({open.empty() ? none : open.back(), i + 1});
    scan.row(
        rows[i].source,
        [&] {
          if (open.size() == deepest) drop();
          open.push_back(i);
        },
        [&] {
          if (open.empty()) return;
          rows_[open.back()].end = i + 1;
          open.pop_back();
        });
  }
  drop();
}

}  // namespace profconv
