#include "transforms/call_lines/line_runs.hpp"

#include <algorithm>

namespace profconv {
namespace {

template <class Table>
void lower(Table& table, const typename Table::key_type& key, std::int64_t value) {
  const auto [entry, is_new] = table.try_emplace(key, value);
  if (!is_new) entry->second = std::min(entry->second, value);
}

template <class Table>
std::int64_t least_of(const Table& table, const typename Table::key_type& key, std::int64_t most) {
  const auto entry = table.find(key);
  return entry == table.end() ? most : std::min(entry->second, most);
}

/// Whether a block is in a loop that is in the other one.
bool is_in_loop(const PythonScan& scan, std::uint32_t block, std::uint32_t outer) {
  for (; block != outer && block != PythonScan::none; block = scan.blocks[block].parent) {
    if (scan.blocks[block].kind == PythonScan::Block::Kind::loop) return true;
  }
  return false;
}

}  // namespace

bool begins_with_one_of(std::string_view line, std::initializer_list<std::string_view> words) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return std::ranges::any_of(words, [&](std::string_view word) { return line.starts_with(word); });
}

bool begins_loop_or_with(std::string_view line) {
  return begins_with_one_of(line, {"for ", "async for ", "with ", "async with "});
}

std::int64_t LineRuns::hits(std::uint32_t line) const {
  const auto found = hits_.find(line);
  return found == hits_.end() ? 0 : found->second;
}

std::uint32_t LineRuns::line_of(const Value& value, std::uint32_t line) const {
  return is_hit(line) ? line : is_hit(value.statement) ? value.statement : 0;
}

void LineRuns::note(const Value& value, bool is_head) {
  const std::uint32_t line = line_of(value, value.line);
  if (line == 0) return;
  const Key key{value.statement, value.block};
  // A block has a higher number than the one that it is in.
  const auto [entry, is_new] = outermost_.try_emplace(line, key);
  if (!is_new && value.block < entry->second.second) entry->second = key;
  lower(least_, key, hits(line));
  if (!is_head) lower(block_, value.block, least_.at(key));
}

SiteHits LineRuns::of(const PythonScan& scan, const Value& value, std::uint32_t line, bool is_head) const {
  const std::int64_t all = hits(line);
  const auto outermost = outermost_.find(line);
  const bool is_comprehension = scan.scopes[value.scope].is_comprehension();
  const bool always = !is_comprehension && outermost != outermost_.end() && value.block == outermost->second.second;
  if (!always) {
    const bool is_loop = outermost != outermost_.end() && is_in_loop(scan, value.block, outermost->second.second);
    return {0, all, is_comprehension || is_loop};
  }
  // What iterates is called as often as the line is hit.
  if (is_head && value.kind != Value::Kind::iterate) {
    const std::int64_t runs = least_of(block_, value.block, all);
    return block_.contains(value.block) ? SiteHits{runs, 0, false} : SiteHits{0, all, false};
  }
  return {least_of(least_, {value.statement, value.block}, all), 0, false};
}

std::uint32_t LineRuns::statement_of(std::uint32_t line) const {
  const auto outermost = outermost_.find(line);
  return outermost == outermost_.end() ? line : outermost->second.first;
}

std::int64_t LineRuns::of_line(std::uint32_t line) const {
  const auto outermost = outermost_.find(line);
  return outermost == outermost_.end() ? hits(line) : least_of(least_, outermost->second, hits(line));
}

}  // namespace profconv
