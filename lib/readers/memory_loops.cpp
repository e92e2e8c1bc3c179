#include "readers/memory_loops.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace profconv {
namespace {

std::string_view statement(const MemoryRow& row) noexcept { return row.source.substr(indentation(row)); }

bool begins_with(const MemoryRow& row, std::span<const std::string_view> words) noexcept {
  return std::ranges::any_of(words, [&](std::string_view word) { return statement(row).starts_with(word); });
}

}  // namespace

std::size_t indentation(const MemoryRow& row) noexcept {
  return std::min(row.source.find_first_not_of(" \t"), row.source.size());
}

bool is_loop_head(const MemoryRow& row) noexcept {
  constexpr std::array<std::string_view, 4> words{"for ", "while ", "while(", "async for "};
  return begins_with(row, words);
}

bool is_with(const MemoryRow& row) noexcept {
  constexpr std::array<std::string_view, 3> words{"with ", "with(", "async with "};
  return begins_with(row, words);
}

bool is_branch_head(const MemoryRow& row) noexcept {
  constexpr std::array<std::string_view, 8> words{"else:",   "else ",   "elif ",   "elif(",
                                                  "except:", "except ", "except*", "case "};
  return begins_with(row, words);
}

std::vector<MemoryLoop> outermost_loops(std::span<const MemoryRow> rows) {
  std::vector<MemoryLoop> loops;
  bool open = false;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (!rows[i].executed) continue;  // such rows may be the inside of a text, indented anyhow
    if (open && indentation(rows[i]) <= indentation(rows[loops.back().head])) open = false;
    if (open) {
      loops.back().end = i + 1;
    } else if (is_loop_head(rows[i])) {
      loops.push_back({i, i + 1});
      open = true;
    }
  }
  return loops;
}

bool is_in_one_of(std::span<const MemoryLoop> loops, std::size_t row) {
  const auto after = std::ranges::upper_bound(loops, row, {}, &MemoryLoop::head);
  return after != loops.begin() && row < std::prev(after)->end;
}

std::int64_t last_reading(std::span<const MemoryRow> rows, const MemoryLoop& loop) {
  for (std::size_t i = loop.head + 1; i < loop.end; ++i) {
    if (rows[i].executed && rows[i].occurrences == 1 && statement(rows[i]).starts_with("break")) return rows[i].usage;
  }
  return rows[loop.head].usage;
}

}  // namespace profconv
