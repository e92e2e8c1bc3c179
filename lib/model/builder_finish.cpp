// How a builder's tables become a profile's: rows in their order, equal ones added up, every row complete.

#include <algorithm>
#include <functional>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "base/parallel.hpp"
#include "base/prefetch.hpp"
#include "model/checked.hpp"

namespace profconv {
namespace {

// Room for some rows more, that takes no memory until it is filled: a transform that adds few need not copy a table.
std::size_t with_room(std::size_t rows) { return rows + rows / 16; }

// Calls visit(i) for every row of the order, and before that fetch(i), in time for its memory to be there.
template <class Fetch, class Visit>
void each_ahead(const std::vector<std::uint32_t>& order, Fetch fetch, Visit visit) {
  constexpr std::size_t ahead = 24;
  const std::size_t fetched = order.size() - std::min(ahead, order.size());
  for (std::size_t i = 0; i < fetched; ++i) {
    fetch(order[i + ahead]);
    visit(order[i]);
  }
  for (std::size_t i = fetched; i < order.size(); ++i) visit(order[i]);
}

// row `order[i]` of the old table becomes row i of the new one
template <class T>
void permute(std::vector<T>& table, const std::vector<std::uint32_t>& order) {
  if (table.empty()) return;
  std::vector<T> sorted;
  sorted.reserve(with_room(order.size()));
  each_ahead(
      order, [&](std::uint32_t i) { profconv::prefetch(&table[i]); },
      [&](std::uint32_t i) { sorted.push_back(table[i]); });
  table = std::move(sorted);
}

void permute(CostTable& table, const std::vector<std::uint32_t>& order) {
  if (table.empty()) return;
  CostTable sorted(table.columns());
  sorted.reserve(with_room(order.size()));
  if (table.columns() == 1) {  // nearly always
    each_ahead(
        order, [&](std::uint32_t i) { profconv::prefetch(&table.at(i, 0)); },
        [&](std::uint32_t i) {
          sorted.append({&table.at(i, 0), 1});
        });
  } else {
    for (const std::uint32_t i : order) sorted.append(table.row(i));
  }
  table = std::move(sorted);
}

bool is_identity(const std::vector<std::uint32_t>& order) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] != i) return false;
  }
  return true;
}

// Sorts `order` by key(row), stable; keys are below `keys`.
template <class Key>
void counting_sort(std::vector<std::uint32_t>& order, std::size_t keys, Key key) {
  std::vector<std::uint32_t> next(keys + 1, 0);
  for (const std::uint32_t row : order) ++next[key(row) + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::vector<std::uint32_t> sorted(order.size());
  for (const std::uint32_t row : order) sorted[next[key(row)]++] = row;
  order = std::move(sorted);
}

// Rows of a table that stay together.
struct Run {
  std::uint32_t begin, end;
};

template <class T>
void permute(std::vector<T>& table, const std::vector<Run>& runs) {
  if (table.empty()) return;
  std::vector<T> sorted;
  sorted.reserve(with_room(table.size()));
  const auto row = [&](std::uint32_t i) { return table.begin() + static_cast<std::ptrdiff_t>(i); };
  for (const Run& run : runs) sorted.insert(sorted.end(), row(run.begin), row(run.end));
  table = std::move(sorted);
}

void permute(CostTable& table, const std::vector<Run>& runs) {
  if (table.empty()) return;
  CostTable sorted(table.columns());
  sorted.reserve(with_room(table.rows()));
  for (const Run& run : runs) sorted.append_rows(table, run.begin, run.end);
  table = std::move(sorted);
}

// The order of calls of which most are in order already, as the first `sorted` were once; empty where they are not.
// Equal calls stay in the order of their rows.
std::vector<Run> order_by_moving_few(const std::vector<Call>& calls, std::size_t sorted) {
  const std::size_t most = calls.size() / 16;
  if (sorted == 0 || calls.size() - sorted > most) return {};
  std::vector<std::uint32_t> kept, moved(calls.size() - sorted);
  std::iota(moved.begin(), moved.end(), static_cast<std::uint32_t>(sorted));
  kept.reserve(sorted);
  for (std::uint32_t i = 0; i < sorted; ++i) {
    for (; !kept.empty() && calls[i] < calls[kept.back()]; kept.pop_back()) {
      if (moved.size() == most) return {};
      moved.push_back(kept.back());
    }
    kept.push_back(i);
  }
  const auto precedes = [&](std::uint32_t a, std::uint32_t b) { return std::tie(calls[a], a) < std::tie(calls[b], b); };
  std::ranges::sort(moved, precedes);

  std::vector<Run> runs;
  const auto add = [&](std::uint32_t row) {
    if (!runs.empty() && runs.back().end == row) {
      ++runs.back().end;
    } else {
      runs.push_back({row, row + 1});
    }
  };
  auto next = kept.begin();
  for (const std::uint32_t row : moved) {
    const auto place = std::lower_bound(next, kept.end(), row, precedes);
    for (; next != place; ++next) add(*next);
    add(row);
  }
  for (; next != kept.end(); ++next) add(*next);
  return runs;
}

// Sorts stretches of `order` with one caller and callee by line, stable, and `calls`, which are in that order, too.
void sort_by_line(std::vector<Call>& calls, std::vector<std::uint32_t>& order) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> rows;  // line and row
  for (std::size_t begin = 0; begin < calls.size();) {
    bool sorted = true;
    std::size_t end = begin + 1;
    for (; end < calls.size() && calls[end].caller == calls[begin].caller && calls[end].callee == calls[begin].callee;
         ++end) {
      sorted = sorted && calls[end - 1].line <= calls[end].line;
    }
    if (!sorted) {
      rows.clear();
      for (std::size_t i = begin; i < end; ++i) rows.emplace_back(calls[i].line, order[i]);
      std::ranges::stable_sort(rows, {}, [](const auto& row) { return row.first; });
      for (std::size_t i = begin; i < end; ++i) std::tie(calls[i].line, order[i]) = rows[i - begin];
    }
    begin = end;
  }
}

}  // namespace

// Functions with entries first, in the order of the entries.
void ProfileBuilder::renumber_functions() {
  const std::size_t n = profile_.functions.size();
  if (entries_.empty()) return;
  has_entry_.resize(n);
  std::vector<std::uint32_t> order;  // new id -> old id
  order.reserve(n);
  for (const FunctionId f : entries_) order.push_back(static_cast<std::uint32_t>(f));
  for (std::uint32_t i = 0; i < n; ++i) {
    if (!has_entry_[i]) order.push_back(i);
  }
  if (is_identity(order)) return;

  std::vector<FunctionId> renumbered(n);  // old id -> new id
  for (std::uint32_t i = 0; i < n; ++i) renumbered[order[i]] = FunctionId{i};
  permute(profile_.functions, order);
  permute(profile_.counts, order);
  permute(profile_.self, order);
  permute(profile_.total, order);
  for (Call& c : profile_.calls) c = {renumbered[index(c.caller)], renumbered[index(c.callee)], c.line};
  for (Line& l : profile_.lines) l.function = renumbered[index(l.function)];
  for (Node& node : profile_.nodes) node.function = renumbered[index(node.function)];
  if (profile_.recorded_memory) {
    for (RecordedMemory::Listing& l : profile_.recorded_memory->listings) l.function = renumbered[index(l.function)];
  }
  if (profile_.recorded) {
    for (Recorded::Key& k : profile_.recorded->keys) k.function = renumbered[index(k.function)];
  }
  if (profile_.recorded_lines) {
    for (RecordedLines::Entry& e : profile_.recorded_lines->entries) e.function = renumbered[index(e.function)];
  }
}

void ProfileBuilder::sort_calls() {
  std::vector<Call>& calls = profile_.calls;
  if (std::ranges::adjacent_find(calls, std::greater_equal<>()) == calls.end()) return;
  const auto permute_costs = [&](const auto& order) {
    permute(profile_.call_counts, order);
    // Copies of both at once are no larger than that of the counts was.
    run_both(
        calls.size(), [&] { permute(profile_.call_self, order); }, [&] { permute(profile_.call_total, order); });
  };
  if (const std::vector<Run> runs = order_by_moving_few(calls, sorted_calls_); !runs.empty()) {
    permute(calls, runs);
    permute_costs(runs);
  } else {
    std::vector<std::uint32_t> order(calls.size());
    std::iota(order.begin(), order.end(), 0u);
    const std::size_t functions = profile_.functions.size();
    // pstats groups calls by callee, so that this is done already.
    if (!std::ranges::is_sorted(calls, {}, &Call::callee))
      counting_sort(order, functions, [&](std::uint32_t i) { return index(calls[i].callee); });
    counting_sort(order, functions, [&](std::uint32_t i) { return index(calls[i].caller); });
    permute(calls, order);
    sort_by_line(calls, order);
    permute_costs(order);
  }
  merge_calls();
}

// Adds up equal calls, which are neighbours, in place.
void ProfileBuilder::merge_calls() {
  std::vector<Call>& calls = profile_.calls;
  const auto first = std::ranges::adjacent_find(calls);
  if (first == calls.end()) return;
  auto kept = static_cast<std::size_t>(first - calls.begin());
  for (std::size_t i = kept + 1; i < calls.size(); ++i) {
    const FunctionId callee = calls[i].callee;
    if (calls[i] == calls[kept]) {
      if (!add_counts_checked(profile_.call_counts[kept], profile_.call_counts[i])) overflow(callee, "the call count");
      if (!profile_.call_self.empty()) add_row(profile_.call_self, kept, profile_.call_self.row(i), callee);
      if (!profile_.call_total.empty()) add_row(profile_.call_total, kept, profile_.call_total.row(i), callee);
      continue;
    }
    ++kept;
    calls[kept] = calls[i];
    profile_.call_counts[kept] = profile_.call_counts[i];
    for (CostTable* table : {&profile_.call_self, &profile_.call_total}) {
      if (!table->empty()) std::ranges::copy(table->row(i), table->row(kept).begin());
    }
  }
  calls.resize(kept + 1);
  profile_.call_counts.resize(kept + 1);
  for (CostTable* table : {&profile_.call_self, &profile_.call_total}) {
    if (!table->empty()) table->resize(kept + 1, not_measured);
  }
}

void ProfileBuilder::sort_lines() {
  std::vector<Line>& lines = profile_.lines;
  const auto not_before = [](const Line& a, const Line& b) {
    return std::tie(a.function, a.line) >= std::tie(b.function, b.line);
  };
  if (std::ranges::adjacent_find(lines, not_before) == lines.end()) return;
  std::vector<std::uint32_t> order(lines.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return lines[a].function != lines[b].function ? lines[a].function < lines[b].function
                                                  : lines[a].line < lines[b].line;
  });
  permute(lines, order);
  permute(profile_.line_self, order);
  permute(profile_.line_total, order);

  std::size_t kept = 0;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const bool same = lines[i].function == lines[kept].function && lines[i].line == lines[kept].line;
    if (!same && ++kept != i) lines[kept] = lines[i];
    if (kept == i) continue;
    for (CostTable* table : {&profile_.line_self, &profile_.line_total}) {
      if (table->empty()) continue;
      if (same) {
        add_row(*table, kept, table->row(i), lines[i].function);
      } else {
        std::ranges::copy(table->row(i), table->row(kept).begin());
      }
    }
  }
  const std::size_t rows = lines.empty() ? 0 : kept + 1;
  lines.resize(rows);
  for (CostTable* table : {&profile_.line_self, &profile_.line_total}) {
    if (!table->empty()) table->resize(rows, not_measured);
  }
}

void ProfileBuilder::complete_rows() {
  const auto complete = [](CostTable& table, std::size_t rows) {
    if (!table.empty()) table.resize(rows, not_measured);
  };
  complete(profile_.call_self, profile_.calls.size());
  complete(profile_.call_total, profile_.calls.size());
  complete(profile_.line_self, profile_.lines.size());
  complete(profile_.line_total, profile_.lines.size());
  complete(profile_.sample_cost, profile_.samples.size());
}

void ProfileBuilder::compact() {
  complete_rows();
  sort_calls();
  sorted_calls_ = profile_.calls.size();
  sort_lines();
}

Profile ProfileBuilder::finish() && {
  Profile& p = profile_;
  // Nothing is looked up any more, and the tables are about to be copied into their order.
  string_index_ = function_index_ = node_index_ = labels_index_ = sample_index_ = IdIndex();
  const std::size_t functions = p.functions.size();
  // Rows that were never mentioned: a function without an entry was not measured by itself, so it costs nothing.
  if (!p.counts.empty()) p.counts.resize(functions, Counts{0, 0});
  for (CostTable* table : {&p.self, &p.total}) {
    if (table->empty()) continue;
    table->resize(functions, 0);
    for (std::size_t i = 0; i < functions; ++i) {
      std::ranges::replace(table->row(i), not_measured, std::int64_t{0});
    }
  }
  renumber_functions();
  compact();
  if (std::ranges::all_of(p.call_counts, [](const Counts& c) { return c == Counts{}; })) p.call_counts = {};
  if (std::ranges::all_of(p.counts, [](const Counts& c) { return c == Counts{}; })) p.counts = {};
  check(p);
  return std::move(profile_);
}

}  // namespace profconv
