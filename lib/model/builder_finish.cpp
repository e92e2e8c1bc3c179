// How a builder's tables become a profile's: rows in their order, equal ones added up, every row complete.

#include <algorithm>
#include <atomic>
#include <functional>
#include <numeric>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "base/group_rows.hpp"
#include "base/parallel.hpp"
#include "base/prefetch.hpp"
#include "model/checked.hpp"
#include "model/with_room.hpp"

namespace profconv {
namespace {

// Calls move(row, order[row]) for every row, and before that fetch(order[row]), in time for its memory to be there.
template <class Fetch, class Move>
void each_ahead(const std::vector<std::uint32_t>& order, Fetch fetch, Move move) {
  run_on_stretches(order.size(), [&](std::size_t begin, std::size_t end) {
    constexpr std::size_t ahead = 24;
    for (std::size_t i = begin; i < end; ++i) {
      fetch(order[std::min(i + ahead, end - 1)]);
      move(i, order[i]);
    }
  });
}

constexpr auto look_at_nothing = [](std::size_t) {};

// row `order[i]` of the old table becomes row i of the new one; calls look(i) meanwhile
template <class T, class Look = decltype(look_at_nothing)>
void permute(std::vector<T>& table, const std::vector<std::uint32_t>& order, Look look = {}) {
  if (table.empty()) return;
  std::vector<T> sorted;
  make_room(sorted, order.size());
  sorted.resize(order.size());
  each_ahead(
      order, [&](std::uint32_t i) { profconv::prefetch(&table[i]); },
      [&](std::size_t row, std::uint32_t i) {
        sorted[row] = table[i];
        look(row);
      });
  table = std::move(sorted);
}

void permute(CostTable& table, const std::vector<std::uint32_t>& order) {
  if (table.empty()) return;
  CostTable sorted(table.columns());
  make_room(sorted, order.size());
  sorted.resize(order.size(), 0);
  if (table.columns() == 1) {  // nearly always
    each_ahead(
        order, [&](std::uint32_t i) { profconv::prefetch(&table.at(i, 0)); },
        [&](std::size_t row, std::uint32_t i) { sorted.at(row, 0) = table.at(i, 0); });
  } else {
    for (std::size_t row = 0; row < order.size(); ++row)
      std::ranges::copy(table.row(order[row]), sorted.row(row).begin());
  }
  table = std::move(sorted);
}

bool is_identity(const std::vector<std::uint32_t>& order) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] != i) return false;
  }
  return true;
}

// Rows that stay together, in the order in which they will be.
struct Run {
  std::uint32_t begin, end;
  bool moved;  // from somewhere else; those that are not follow each other as before

  std::size_t rows() const noexcept { return end - begin; }
};

// The same in place, a row being `width` values. What is not moved gives way: to the left from the first run on, to the
// right from the last one, so that none is written over before it was read.
template <class Value>
void permute(Value* values, std::size_t width, const std::vector<Run>& runs) {
  const auto at = [&](std::size_t row) { return values + row * width; };
  std::vector<Value> moved;
  for (const Run& run : runs) {
    if (run.moved) moved.insert(moved.end(), at(run.begin), at(run.end));
  }
  std::size_t to = 0;
  for (const Run& run : runs) {
    if (!run.moved && to < run.begin) std::copy(at(run.begin), at(run.end), at(to));
    to += run.rows();
  }
  for (std::size_t k = runs.size(); k-- > 0;) {
    const Run& run = runs[k];
    if (!run.moved && to - run.rows() > run.begin) std::copy_backward(at(run.begin), at(run.end), at(to));
    to -= run.rows();
  }
  auto next = moved.cbegin();
  for (const Run& run : runs) {
    const auto size = static_cast<std::ptrdiff_t>(run.rows() * width);
    if (run.moved) {
      std::copy(next, next + size, at(to));
      next += size;
    }
    to += run.rows();
  }
}

template <class T>
void permute(std::vector<T>& table, const std::vector<Run>& runs) {
  if (!table.empty()) permute(table.data(), 1, runs);
}

void permute(CostTable& table, const std::vector<Run>& runs) {
  if (!table.empty()) permute(table.row(0).data(), table.columns(), runs);
}

// Those of the calls that break the order of the others, as the first `sorted` were in order once; and all behind
// these. Nothing, if they are many.
std::optional<std::vector<std::uint32_t>> out_of_order(const std::vector<Call>& calls, std::size_t sorted) {
  const std::size_t most = calls.size() / 16;
  if (sorted == 0 || calls.size() - sorted > most) return std::nullopt;
  std::vector<std::uint32_t> kept, moved(calls.size() - sorted);
  std::iota(moved.begin(), moved.end(), static_cast<std::uint32_t>(sorted));
  kept.reserve(sorted);
  for (std::uint32_t i = 0; i < sorted; ++i) {
    for (; !kept.empty() && calls[i] < calls[kept.back()]; kept.pop_back()) {
      if (moved.size() == most) return std::nullopt;
      moved.push_back(kept.back());
    }
    kept.push_back(i);
  }
  return moved;
}

// The order of calls of which all but those in `moved` are in order. Equal calls stay in the order of their rows.
std::vector<Run> order_by_moving(const std::vector<Call>& calls, std::vector<std::uint32_t> moved) {
  const auto precedes = [&](std::uint32_t a, std::uint32_t b) { return std::tie(calls[a], a) < std::tie(calls[b], b); };
  std::vector<std::uint32_t> by_row = moved;
  std::ranges::sort(by_row);
  std::ranges::sort(moved, precedes);

  std::vector<Run> runs;
  const auto add = [&](std::uint32_t begin, std::uint32_t end, bool is_moved) {
    if (begin == end) return;
    if (!runs.empty() && runs.back().end == begin && runs.back().moved == is_moved) {
      runs.back().end = end;
    } else {
      runs.push_back({begin, end, is_moved});
    }
  };
  auto next = moved.cbegin();
  // Adds the rows from `begin` to before `end`, which stay, and before each what precedes it.
  const auto add_between = [&](std::uint32_t begin, std::uint32_t end) {
    for (; begin < end && next != moved.cend() && precedes(*next, end - 1); ++next) {
      std::uint32_t place = begin, last = end - 1;
      while (place < last) {
        const std::uint32_t middle = place + (last - place) / 2;
        precedes(middle, *next) ? place = middle + 1 : last = middle;
      }
      add(begin, place, false);
      add(*next, *next + 1, true);
      begin = place;
    }
    add(begin, end, false);
  };
  std::uint32_t begin = 0;
  for (const std::uint32_t row : by_row) {
    add_between(begin, row);
    begin = row + 1;
  }
  add_between(begin, static_cast<std::uint32_t>(calls.size()));
  for (; next != moved.cend(); ++next) add(*next, *next + 1, true);
  return runs;
}

// Sorts stretches of `order` with one caller and callee by line, stable.
void sort_by_line(const std::vector<Call>& calls, std::vector<std::uint32_t>& order) {
  const auto line = [&](std::uint32_t row) { return calls[row].line; };
  for (auto begin = order.begin(); begin != order.end();) {
    const Call& first = calls[*begin];
    const auto end = std::find_if(begin, order.end(), [&](std::uint32_t row) {
      return calls[row].caller != first.caller || calls[row].callee != first.callee;
    });
    if (!std::ranges::is_sorted(begin, end, {}, line)) std::ranges::stable_sort(begin, end, {}, line);
    begin = end;
  }
}

// By caller, callee and line, stable.
std::vector<std::uint32_t> order_of_calls(const Profile& profile) {
  const std::vector<Call>& calls = profile.calls;
  const std::size_t functions = profile.functions.size();
  std::vector<std::uint32_t> first, order, by_callee;
  const auto caller = [&](std::uint32_t row) { return index(calls[row].caller); };
  // pstats groups calls by callee, so that this is done already.
  bool by_callee_already = true, any_line = false;
  for (std::size_t row = 0; row < calls.size(); ++row) {  // without branches, as all are looked at
    by_callee_already &= row == 0 || calls[row - 1].callee <= calls[row].callee;
    any_line |= calls[row].line != 0;
  }
  if (by_callee_already) {
    group_rows(calls.size(), functions, caller, first, order);
  } else {
    group_rows(
        calls.size(), functions, [&](std::uint32_t row) { return index(calls[row].callee); }, first, by_callee);
    group_rows(
        calls.size(), [&](std::size_t i) { return by_callee[i]; }, functions, caller, first, order);
  }
  if (any_line) sort_by_line(calls, order);
  return order;
}

// Whether any neighbours will be equal; nearly never.
bool makes_equal_neighbours(const std::vector<Call>& calls, const std::vector<Run>& order) {
  const auto are_equal = [&](std::uint32_t before, std::uint32_t row) { return calls[before] == calls[row]; };
  for (std::size_t k = 0; k < order.size(); ++k) {
    const Run& run = order[k];
    if (k != 0 && are_equal(order[k - 1].end - 1, run.begin)) return true;
    for (std::uint32_t row = run.begin + 1; run.moved && row < run.end; ++row) {
      if (are_equal(row - 1, row)) return true;
    }
  }
  return false;
}

// Both put the calls in order, and say whether any neighbours are equal then. Table by table, so that one of them at
// most is there twice.
bool permute_calls(Profile& p, const std::vector<std::uint32_t>& order) {
  std::atomic<bool> any_equal = false;
  permute(p.calls, order, [&](std::size_t row) {
    if (row != 0 && p.calls[order[row - 1]] == p.calls[order[row]]) [[unlikely]]
      any_equal = true;
  });
  permute(p.call_counts, order);
  permute(p.call_self, order);
  permute(p.call_total, order);
  permute(p.call_estimated, order);
  return any_equal;
}

bool permute_calls(Profile& p, const std::vector<Run>& order) {
  const bool any_equal = makes_equal_neighbours(p.calls, order);
  run_both(
      p.calls.size(),
      [&] {
        permute(p.calls, order);
        permute(p.call_self, order);
      },
      [&] {
        permute(p.call_counts, order);
        permute(p.call_total, order);
        permute(p.call_estimated, order);
      });
  return any_equal;
}

}  // namespace

// Tables are about to be copied into their order.
void ProfileBuilder::forget_what_to_look_for() {
  for (IdIndex* index : {&string_index_, &function_index_, &node_index_, &labels_index_, &sample_index_})
    *index = IdIndex();
}

// Functions with entries first, in the order of the entries.
std::vector<FunctionId> ProfileBuilder::put_functions_in_order() {
  const std::size_t n = profile_.functions.size();
  forget_what_to_look_for();
  std::vector<FunctionId> renumbered(n);  // old id -> new id
  for (std::uint32_t i = 0; i < n; ++i) renumbered[i] = FunctionId{i};
  if (entries_.empty()) return renumbered;
  has_entry_.resize(n);
  std::vector<std::uint32_t> order;  // new id -> old id
  order.reserve(n);
  for (const FunctionId f : entries_) order.push_back(static_cast<std::uint32_t>(f));
  for (std::uint32_t i = 0; i < n; ++i) {
    if (!has_entry_[i]) order.push_back(i);
  }
  entries_.clear();
  if (is_identity(order)) return renumbered;

  for (std::uint32_t i = 0; i < n; ++i) renumbered[order[i]] = FunctionId{i};
  permute(profile_.functions, order);
  if (!in_order_of_entries_) {
    permute(profile_.counts, order);
    permute(profile_.self, order);
    permute(profile_.total, order);
  }
  run_on_stretches(profile_.calls.size(), [&](std::size_t begin, std::size_t end) {
    for (Call& c : std::span(profile_.calls).subspan(begin, end - begin))
      c = {renumbered[index(c.caller)], renumbered[index(c.callee)], c.line};
  });
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
  return renumbered;
}

void ProfileBuilder::sort_calls() {
  std::vector<Call>& calls = profile_.calls;
  if (changed_calls_) {
    for (auto row = static_cast<std::uint32_t>(sorted_calls_); row < calls.size(); ++row)
      changed_calls_->push_back(row);
    if (changed_calls_->empty()) return;
  } else if (std::ranges::adjacent_find(calls, std::greater_equal<>()) == calls.end()) {
    return;
  }
  const auto moved = changed_calls_ ? std::exchange(changed_calls_, {}) : out_of_order(calls, sorted_calls_);
  const bool any_equal = moved ? permute_calls(profile_, order_by_moving(calls, *moved))
                               : permute_calls(profile_, order_of_calls(profile_));
  if (any_equal) merge_calls();
}

// Adds up equal calls, which are neighbours and of which there are some, in place.
void ProfileBuilder::merge_calls() {
  std::vector<Call>& calls = profile_.calls;
  const auto first = std::ranges::adjacent_find(calls);
  auto kept = static_cast<std::size_t>(first - calls.begin());
  for (std::size_t i = kept + 1; i < calls.size(); ++i) {
    const FunctionId callee = calls[i].callee;
    if (calls[i] == calls[kept]) {
      if (!add_counts_checked(profile_.call_counts[kept], profile_.call_counts[i])) overflow(callee, "the call count");
      if (!profile_.call_self.empty()) add_row(profile_.call_self, kept, profile_.call_self.row(i), callee);
      if (!profile_.call_total.empty()) add_row(profile_.call_total, kept, profile_.call_total.row(i), callee);
      if (!profile_.call_estimated.empty()) profile_.call_estimated[kept] |= profile_.call_estimated[i];
      continue;
    }
    ++kept;
    calls[kept] = calls[i];
    profile_.call_counts[kept] = profile_.call_counts[i];
    if (!profile_.call_estimated.empty()) profile_.call_estimated[kept] = profile_.call_estimated[i];
    for (CostTable* table : {&profile_.call_self, &profile_.call_total}) {
      if (!table->empty()) std::ranges::copy(table->row(i), table->row(kept).begin());
    }
  }
  calls.resize(kept + 1);
  profile_.call_counts.resize(kept + 1);
  if (!profile_.call_estimated.empty()) profile_.call_estimated.resize(kept + 1);
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

void ProfileBuilder::sort_source_lines() {
  std::vector<SourceLine>& lines = profile_.source_lines;
  const auto key = [](const SourceLine& line) { return std::tuple(line.file, line.line); };
  std::ranges::stable_sort(lines, {}, key);
  const auto is_same = [&](const SourceLine& a, const SourceLine& b) { return key(a) == key(b); };
  lines.erase(std::unique(lines.begin(), lines.end(), is_same), lines.end());
}

void ProfileBuilder::complete_rows() {
  const auto complete = [](CostTable& table, std::size_t rows) {
    if (!table.empty()) table.resize(rows, not_measured);
  };
  complete(profile_.call_self, profile_.calls.size());
  complete(profile_.call_total, profile_.calls.size());
  if (!profile_.call_estimated.empty()) profile_.call_estimated.resize(profile_.calls.size(), 0);
  complete(profile_.line_self, profile_.lines.size());
  complete(profile_.line_total, profile_.lines.size());
  complete(profile_.sample_cost, profile_.samples.size());
}

void ProfileBuilder::compact_tables() {
  complete_rows();
  sort_calls();
  sorted_calls_ = profile_.calls.size();
  sort_lines();
}

void ProfileBuilder::compact() {
  compact_tables();
  index_calls();
}

void ProfileBuilder::check_names() const {
  const std::vector<Function>& functions = profile_.functions;
  constexpr std::uint64_t names_each = 4;
  if (functions.empty() || longest_ <= most_of_names(0) / names_each / functions.size()) return;  // always, nearly
  std::uint64_t names = 0;
  for (const Function& f : functions) {
    for (const StringId id : {f.name, f.qualified, f.file, f.context}) names += profile_.strings[id].size();
  }
  if (names > most_of_names(profile_.strings.bytes_.size())) fail_names(names);
}

Profile ProfileBuilder::finish() && {
  Profile& p = profile_;
  check_names();
  forget_what_to_look_for();
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
  if (!entries_.empty()) put_functions_in_order();
  compact_tables();
  sort_source_lines();
  if (std::ranges::all_of(p.call_counts, [](const Counts& c) { return c == Counts{}; })) p.call_counts = {};
  if (std::ranges::all_of(p.counts, [](const Counts& c) { return c == Counts{}; })) p.counts = {};
  check(p);
  return std::move(profile_);
}

}  // namespace profconv
