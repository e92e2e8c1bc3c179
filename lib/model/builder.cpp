#include <profconv/builder.hpp>

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>

#include <profconv/error.hpp>

#include "base/hash.hpp"
#include "base/parallel.hpp"
#include "base/prefetch.hpp"
#include "base/visible.hpp"
#include "model/checked.hpp"

namespace profconv {

// ---- IdIndex ----

template <class Equal>
std::uint32_t& IdIndex::find(std::uint64_t hash, Equal equal) {
  constexpr std::size_t least = 64;
  if (used_ + used_ / 2 >= slots_.size()) resize(std::max(slots_.size() * 2, least));  // at most two thirds full
  const auto half = static_cast<std::uint32_t>(hash);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = half & mask;; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.id == empty) {
      ++used_;  // the caller fills it
      slot.hash = half;
      return slot.id;
    }
    if (slot.hash == half && equal(slot.id)) return slot.id;
  }
}

void IdIndex::reserve(std::size_t ids) {
  const std::size_t slots = std::bit_ceil(ids + ids / 2 + 1);
  if (slots > slots_.size()) resize(slots);
}

// `slots` is a power of two.
void IdIndex::resize(std::size_t slots) {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.id == empty) continue;
    std::size_t i = slot.hash & mask;
    while (slots_[i].id != empty) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

// ---- ProfileBuilder ----

namespace {

[[noreturn]] void fail_limit(std::uint64_t limit, const char* what, const char* of, const char* option) {
  throw Error(std::string("has ") + what + " " + std::to_string(limit) + " " + of,
              std::string(option) + " raises the limit");
}

void require_below(std::uint64_t number, std::uint64_t limit, const char* what, const char* of, const char* option) {
  if (number >= limit) fail_limit(limit, what, of, option);
}

}  // namespace

ProfileBuilder::ProfileBuilder(std::span<const MetricKey> metrics, const Limits& limits)
    : limits_(limits), seed_(random_seed()) {
  for (const MetricKey& metric : metrics)
    profile_.metrics.push_back({intern(metric.name), metric.unit, metric.combine});
  make_tables();
}

ProfileBuilder::ProfileBuilder() : seed_(random_seed()) {}

ProfileBuilder ProfileBuilder::with_strings_of(const Profile& profile) {
  ProfileBuilder builder;
  builder.strings_indexed_ = false;
  builder.profile_.strings = profile.strings;
  builder.profile_.metrics = profile.metrics;
  builder.profile_.sources = profile.sources;
  builder.make_tables();
  return builder;
}

ProfileBuilder ProfileBuilder::resume(Profile&& profile) {
  ProfileBuilder builder;
  builder.strings_indexed_ = builder.functions_indexed_ = false;
  builder.profile_ = std::move(profile);
  Profile& p = builder.profile_;
  builder.sorted_calls_ = p.calls.size();
  if (p.call_counts.empty()) p.call_counts.resize(p.calls.size());  // what is added has counts; `finish` drops them
  return builder;
}

void ProfileBuilder::make_tables() {
  for (CostTable* table : {&profile_.self, &profile_.total, &profile_.call_self, &profile_.call_total,
                           &profile_.line_self, &profile_.line_total, &profile_.sample_cost}) {
    *table = CostTable(profile_.metrics.size());
  }
}

// Later than the strings came: many transforms need no text but these.
void ProfileBuilder::index_strings() {
  const auto count = static_cast<std::uint32_t>(profile_.strings.size());
  string_index_.reserve(count);
  for (std::uint32_t id = 1; id < count; ++id)
    string_index_.find(hash_bytes(profile_.strings[StringId{id}], seed_), [](std::uint32_t) { return false; }) = id;
  strings_indexed_ = true;
}

void ProfileBuilder::reserve(std::size_t functions, std::size_t calls, std::size_t string_bytes) {
  profile_.strings.bytes_.reserve(string_bytes);
  profile_.functions.reserve(functions);
  profile_.counts.reserve(functions);
  profile_.self.reserve(functions);
  profile_.total.reserve(functions);
  profile_.calls.reserve(calls);
  profile_.call_counts.reserve(calls);
  profile_.call_self.reserve(calls);
  profile_.call_total.reserve(calls);
}

StringId ProfileBuilder::intern(std::string_view text) {
  if (text.empty()) return StringId{0};
  if (!strings_indexed_) index_strings();
  std::uint32_t& slot = string_index_.find(hash_bytes(text, seed_),
                                           [&](std::uint32_t id) { return profile_.strings[StringId{id}] == text; });
  if (slot == IdIndex::empty) {
    if (text.size() > limits_.max_string)
      fail_limit(limits_.max_string, "a name of more than", "bytes", "--max-string");
    slot = static_cast<std::uint32_t>(profile_.strings.append(text));
  }
  return StringId{slot};
}

void ProfileBuilder::add_source(std::string_view name, std::string_view format, std::string_view command,
                                std::int64_t mtime_ns, std::int64_t interval_ns) {
  profile_.sources.push_back({intern(name), intern(format), intern(command), mtime_ns, interval_ns});
}

FunctionId ProfileBuilder::function(const FunctionKey& key) {
  return function(Function{intern(key.name), intern(key.qualified), intern(key.file), intern(key.context), key.line});
}

std::uint64_t ProfileBuilder::hash(const Function& key) const noexcept {
  const auto both = [](StringId a, StringId b) {
    return (std::uint64_t{static_cast<std::uint32_t>(a)} << 32) | static_cast<std::uint32_t>(b);
  };
  return hash_mix(hash_mix(hash_mix(seed_, both(key.name, key.file)), both(key.qualified, key.context)), key.line);
}

void ProfileBuilder::index_functions() {
  const auto count = static_cast<std::uint32_t>(profile_.functions.size());
  function_index_.reserve(count);
  for (std::uint32_t id = 0; id < count; ++id)
    function_index_.find(hash(profile_.functions[id]), [](std::uint32_t) { return false; }) = id;
  functions_indexed_ = true;
}

FunctionId ProfileBuilder::function(const Function& key) {
  if (!functions_indexed_) index_functions();
  std::vector<Function>& functions = profile_.functions;
  std::uint32_t& slot = function_index_.find(hash(key), [&](std::uint32_t id) { return functions[id] == key; });
  if (slot == IdIndex::empty) {
    require_below(functions.size(), limits_.max_functions, "more than", "functions", "--max-functions");
    slot = static_cast<std::uint32_t>(functions.size());
    functions.push_back(key);
  }
  return FunctionId{slot};
}

void ProfileBuilder::mark_entry(FunctionId function) {
  if (has_entry_.size() <= index(function)) has_entry_.resize(std::max(index(function) + 1, profile_.functions.size()));
  if (has_entry_[index(function)]) return;
  has_entry_[index(function)] = true;
  entries_.push_back(function);
}

void ProfileBuilder::overflow(FunctionId function, std::string_view what) const {
  const Function& f = key(function);
  throw Error(std::string(what) + " of function " + quoted(text(f.name)) + " (" + visible(text(f.file)) + ":" +
              std::to_string(f.line) + ") does not fit 64 bits");
}

void ProfileBuilder::add_row(CostTable& table, std::size_t row, std::span<const std::int64_t> cost,
                             FunctionId function) const {
  if (cost.empty()) return;
  if (!table.has_row(row)) table.resize(row + 1, not_measured);
  const std::span<std::int64_t> sums = table.row(row);
  for (std::size_t m = 0; m < sums.size(); ++m) {
    if (!combine_checked(sums[m], cost[m], profile_.metrics[m].combine))
      overflow(function, text(profile_.metrics[m].name));
  }
}

// The same for a row that was not added to yet. As a rule the rows before it are there.
inline void ProfileBuilder::append_row(CostTable& table, std::size_t row, std::span<const std::int64_t> cost,
                                       FunctionId function) const {
  if (cost.empty()) return;
  if (table.has_row(row) || (row != 0 && !table.has_row(row - 1))) return add_row(table, row, cost, function);
  table.append(cost);
}

void ProfileBuilder::prefetch(FunctionId function) const noexcept {
  const std::size_t f = index(function);
  if (f < profile_.counts.size()) profconv::prefetch(&profile_.counts[f]);
  if (profile_.self.has_row(f)) profconv::prefetch(profile_.self.row(f).data());
  if (profile_.total.has_row(f)) profconv::prefetch(profile_.total.row(f).data());
}

void ProfileBuilder::add_counts(FunctionId function, Counts counts) {
  if (profile_.counts.size() <= index(function)) profile_.counts.resize(index(function) + 1, Counts{0, 0});
  if (!add_counts_checked(profile_.counts[index(function)], counts)) overflow(function, "the call count");
}

void ProfileBuilder::add_self(FunctionId function, std::span<const std::int64_t> cost) {
  add_row(profile_.self, index(function), cost, function);
}
void ProfileBuilder::add_total(FunctionId function, std::span<const std::int64_t> cost) {
  add_row(profile_.total, index(function), cost, function);
}

void ProfileBuilder::add_call(Call call, Counts counts, std::span<const std::int64_t> self,
                              std::span<const std::int64_t> total) {
  const std::size_t row = profile_.calls.size();
  require_below(row, limits_.max_calls, "more than", "calls between functions", "--max-calls");
  profile_.calls.push_back(call);
  profile_.call_counts.push_back(counts);
  append_row(profile_.call_self, row, self, call.callee);
  append_row(profile_.call_total, row, total, call.callee);
}

void ProfileBuilder::add_calls(FunctionId callee, std::span<const CallBy> calls) {
  const std::size_t row = profile_.calls.size();
  if (calls.empty()) return;
  require_below(row + calls.size() - 1, limits_.max_calls, "more than", "calls between functions", "--max-calls");
  for (const CallBy& c : calls) profile_.calls.push_back({c.caller, callee, 0});
  for (const CallBy& c : calls) profile_.call_counts.push_back(c.counts);
  const auto append = [&](CostTable& table, std::int64_t CallBy::*cost) {
    if (std::ranges::all_of(calls, [&](const CallBy& c) { return c.*cost == not_measured; })) return;
    if (table.rows() < row) table.resize(row, not_measured);
    for (const CallBy& c : calls) table.append({&(c.*cost), 1});
  };
  append(profile_.call_self, &CallBy::self);
  append(profile_.call_total, &CallBy::total);
}

void ProfileBuilder::add_line(Line line, std::span<const std::int64_t> self, std::span<const std::int64_t> total) {
  const std::size_t row = profile_.lines.size();
  require_below(row, limits_.max_lines, "more than", "lines", "--max-lines");
  profile_.lines.push_back(line);
  append_row(profile_.line_self, row, self, line.function);
  append_row(profile_.line_total, row, total, line.function);
}

NodeId ProfileBuilder::node(NodeId parent, FunctionId function, std::uint32_t line) {
  std::vector<Node>& nodes = profile_.nodes;
  const auto hash = [this](const Node& n) {
    return hash_mix(hash_mix(seed_, (std::uint64_t{static_cast<std::uint32_t>(n.parent)} << 32) |
                                        static_cast<std::uint32_t>(n.function)),
                    n.line);
  };
  const Node wanted{parent, function, line};
  std::uint32_t& slot = node_index_.find(hash(wanted), [&](std::uint32_t id) {
    return nodes[id].parent == parent && nodes[id].function == function && nodes[id].line == line;
  });
  if (slot == IdIndex::empty) {
    require_below(nodes.size(), limits_.max_calls, "more than", "different stacks", "--max-calls");
    slot = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back(wanted);
  }
  return NodeId{slot};
}

LabelsId ProfileBuilder::labels(std::string_view process, std::string_view thread, std::uint32_t status) {
  std::vector<Labels>& all = profile_.labels;
  if (all.empty()) all.push_back({});  // 0: no labels
  const Labels wanted{intern(process), intern(thread), status};
  if (wanted == Labels{}) return LabelsId{0};
  const auto hash = [this](const Labels& l) {
    const std::uint64_t texts =
        (std::uint64_t{static_cast<std::uint32_t>(l.process)} << 32) | static_cast<std::uint32_t>(l.thread);
    return hash_mix(hash_mix(seed_, texts), l.status);
  };
  std::uint32_t& slot = labels_index_.find(hash(wanted), [&](std::uint32_t id) { return all[id] == wanted; });
  if (slot == IdIndex::empty) {
    slot = static_cast<std::uint32_t>(all.size());
    all.push_back(wanted);
  }
  return LabelsId{slot};
}

void ProfileBuilder::add_sample(Sample sample, std::span<const std::int64_t> cost) {
  if (profile_.labels.empty()) profile_.labels.push_back({});
  std::vector<Sample>& samples = profile_.samples;
  const auto hash = [this](const Sample& s) {
    return hash_mix(seed_,
                    (std::uint64_t{static_cast<std::uint32_t>(s.leaf)} << 32) | static_cast<std::uint32_t>(s.labels));
  };
  std::uint32_t& slot = sample_index_.find(hash(sample), [&](std::uint32_t id) {
    return samples[id].leaf == sample.leaf && samples[id].labels == sample.labels;
  });
  if (slot == IdIndex::empty) {
    slot = static_cast<std::uint32_t>(samples.size());
    samples.push_back(sample);
  }
  add_row(profile_.sample_cost, slot, cost, profile_.nodes[index(sample.leaf)].function);
}

void ProfileBuilder::set_recorded(Recorded recorded) { profile_.recorded = std::move(recorded); }
void ProfileBuilder::set_recorded(RecordedLines recorded) { profile_.recorded_lines = std::move(recorded); }
void ProfileBuilder::set_recorded(RecordedMemory recorded) { profile_.recorded_memory = std::move(recorded); }

// ---- finish ----

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
