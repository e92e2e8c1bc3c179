#include <profconv/builder.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include <profconv/error.hpp>

#include "base/hash.hpp"
#include "base/hash_tables.hpp"
#include "base/parallel.hpp"
#include "base/prefetch.hpp"
#include "base/visible.hpp"
#include "model/checked.hpp"
#include "model/id_index.hpp"
#include "model/require_at_most.hpp"
#include "model/with_room.hpp"

namespace profconv {
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
  builder.profile_.source_lines = profile.source_lines;
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
  const std::size_t most_likely = functions / 3 * 2;
  run_both(
      functions, [&] { string_index_.reserve(most_likely); }, [&] { function_index_.reserve(most_likely); });
  profile_.functions.reserve(functions);
  profile_.counts.reserve(functions);
  profile_.self.reserve(functions);
  profile_.total.reserve(functions);
  profile_.calls.reserve(calls);
  profile_.call_counts.reserve(calls);
  profile_.call_self.reserve(calls);
  profile_.call_total.reserve(calls);
}

void ProfileBuilder::reserve_lines(std::size_t lines) {
  profile_.lines.reserve(lines);
  profile_.line_self.reserve(lines);
  profile_.line_total.reserve(lines);
}

std::uint64_t ProfileBuilder::look_for(std::string_view text) const noexcept {
  const std::uint64_t hash = hash_bytes(text, seed_);
  string_index_.prefetch(hash);
  return hash;
}

std::uint64_t ProfileBuilder::look_for(const Function& key) const noexcept {
  const std::uint64_t hash = this->hash(key);
  function_index_.prefetch(hash);
  return hash;
}

StringId ProfileBuilder::intern(std::string_view text) { return intern(text, hash_bytes(text, seed_)); }

StringId ProfileBuilder::intern(std::string_view text, std::uint64_t hash) {
  if (text.empty()) return StringId{0};
  if (!strings_indexed_) index_strings();
  constexpr std::size_t is_long = 4096;
  if (text.size() >= is_long) [[unlikely]]
    note_long(text);
  std::uint32_t& slot =
      string_index_.find(hash, [&](std::uint32_t id) { return profile_.strings[StringId{id}] == text; });
  if (slot == IdIndex::empty) slot = static_cast<std::uint32_t>(append(text));
  return StringId{slot};
}

// Each look at a long text takes long, and a small input may name one for each of many functions.
void ProfileBuilder::note_long(std::string_view text) {
  looked_at_ += text.size();
  if (looked_at_ > most_of_names(profile_.strings.bytes_.size() + text.size())) fail_names(looked_at_);
}

// Who shows functions writes the names of each, while a text is kept once. Real profiles have some functions for each
// name and file.
std::uint64_t ProfileBuilder::most_of_names(std::uint64_t texts) {
  constexpr std::uint64_t free = std::uint64_t{256} << 20, ratio = 100;
  return free + ratio * texts;
}

void ProfileBuilder::fail_names(std::uint64_t bytes) const {
  throw Error("the names of its functions take " + std::to_string(bytes) + " bytes or more, of texts of " +
                  std::to_string(profile_.strings.bytes_.size()) + ": long ones are used again and again",
              "--max-string refuses long names");
}

StringId ProfileBuilder::append(std::string_view text) {
  if (text.size() > limits_.max_string) fail_limit(limits_.max_string, "a name of more than", "bytes", "--max-string");
  longest_ = std::max(longest_, text.size());
  return profile_.strings.append(text);
}

std::vector<StringId> ProfileBuilder::intern(std::span<const std::string> texts) {
  std::vector<StringId> ids(texts.size());
  if (strings_indexed_ || texts.size() > profile_.strings.size() / 16) {
    std::ranges::transform(texts, ids.begin(), [&](const std::string& text) { return intern(text); });
    return ids;
  }
  // By length and last characters first, in which nearly every string differs from all of them.
  constexpr std::uint32_t unknown = 0xffffffff;
  const auto mark = [](std::string_view text) {
    const auto from_end = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(text[text.size() - i])}; };
    return (text.size() * 31 + from_end(1) * 257 + from_end(std::min<std::size_t>(2, text.size())) * 8191) % 65536;
  };
  TextViewMap<StringId> wanted;
  std::vector<bool> marks(65536, false);
  for (const std::string& text : texts) {
    wanted.emplace(text, StringId{text.empty() ? 0 : unknown});
    if (!text.empty()) marks[mark(text)] = true;
  }
  run_on_stretches(profile_.strings.size(), [&](std::size_t begin, std::size_t end) {
    for (auto id = static_cast<std::uint32_t>(std::max<std::size_t>(begin, 1)); id < end; ++id) {
      const std::string_view text = profile_.strings[StringId{id}];
      if (!marks[mark(text)]) continue;
      if (const auto found = wanted.find(text); found != wanted.end())
        found->second = StringId{id};  // there is one such
    }
  });
  for (std::size_t i = 0; i < texts.size(); ++i) {
    StringId& id = wanted.find(texts[i])->second;
    if (id == StringId{unknown}) id = append(texts[i]);
    ids[i] = id;
  }
  return ids;
}

void ProfileBuilder::add_source(std::string_view name, std::string_view format, std::string_view command,
                                std::int64_t mtime_ns, std::int64_t interval_ns) {
  profile_.sources.push_back({intern(name), intern(format), intern(command), mtime_ns, interval_ns});
}

void ProfileBuilder::add_source_lines(const Profile& profile) {
  for (const SourceLine& line : profile.source_lines)
    add_source_line({intern(profile.text(line.file)), line.line, intern(profile.text(line.text))});
}

void ProfileBuilder::rename_source_files(const std::function<StringId(StringId)>& file_of) {
  for (SourceLine& line : profile_.source_lines) line.file = file_of(line.file);
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

FunctionId ProfileBuilder::function(const Function& key) { return function(key, hash(key)); }

FunctionId ProfileBuilder::function(const Function& key, std::uint64_t hash) {
  if (!functions_indexed_) index_functions();
  std::vector<Function>& functions = profile_.functions;
  std::uint32_t& slot = function_index_.find(hash, [&](std::uint32_t id) { return functions[id] == key; });
  if (slot == IdIndex::empty) {
    require_at_most(limits_.max_functions, functions.size() + 1, "functions", "--max-functions");
    slot = static_cast<std::uint32_t>(functions.size());
    functions.push_back(key);
  }
  return FunctionId{slot};
}

bool ProfileBuilder::mark_entry(FunctionId function) {
  if (has_entry_.size() <= index(function)) has_entry_.resize(std::max(index(function) + 1, profile_.functions.size()));
  if (has_entry_[index(function)]) return false;
  has_entry_[index(function)] = true;
  entries_.push_back(function);
  return true;
}

std::vector<FunctionId> ProfileBuilder::add_ordered_entries(std::size_t count,
                                                            const std::function<Entry(std::size_t)>& entry) {
  in_order_of_entries_ = true;
  std::vector<FunctionId> order;
  run_both(
      count,
      [&] {
        entries_.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
          if (!mark_entry(entry(i).function)) return;
        }
        order = put_functions_in_order();
      },
      [&] {
        for (std::size_t i = 0; i < count; ++i) {
          const Entry added = entry(i);
          profile_.counts.push_back(added.counts);
          profile_.self.append({&added.self, 1});
          profile_.total.append({&added.total, 1});
        }
      });
  return order;
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

void ProfileBuilder::index_calls() {
  const std::vector<Call>& calls = profile_.calls;
  calls_of_.resize(profile_.functions.size() + 1);
  std::uint32_t row = 0;
  for (std::uint32_t caller = 0; caller < calls_of_.size(); ++caller) {
    while (row < calls.size() && index(calls[row].caller) < caller) ++row;
    calls_of_[caller] = row;
  }
  next_call_ = 0;
}

// The row of a call that was there when the tables were compacted; behind the last one where it was not. Profiles of
// one program have their calls in much the same order.
std::size_t ProfileBuilder::find_call(const Call& call) noexcept {
  const std::vector<Call>& calls = profile_.calls;
  const std::size_t caller = index(call.caller);
  if (caller + 1 >= calls_of_.size()) return calls.size();
  if (next_call_ < calls_of_.back() && calls[next_call_] == call) return next_call_++;
  const auto begin = calls.begin() + calls_of_[caller], end = calls.begin() + calls_of_[caller + 1];
  const auto found = std::lower_bound(begin, end, call);
  if (found == end || *found != call) return calls.size();
  next_call_ = static_cast<std::size_t>(found - calls.begin()) + 1;
  return next_call_ - 1;
}

void ProfileBuilder::mark_estimated(std::size_t call) {
  std::vector<std::uint8_t>& marks = profile_.call_estimated;
  if (marks.size() <= call) marks.resize(call + 1, 0);
  marks[call] = 1;
}

void ProfileBuilder::add_call(Call call, Counts counts, std::span<const std::int64_t> self,
                              std::span<const std::int64_t> total, bool estimated) {
  if (const std::size_t known = find_call(call); known < profile_.calls.size()) {
    if (!add_counts_checked(profile_.call_counts[known], counts)) overflow(call.callee, "the call count");
    add_row(profile_.call_self, known, self, call.callee);
    add_row(profile_.call_total, known, total, call.callee);
    if (estimated) mark_estimated(known);
    return;
  }
  const std::size_t row = profile_.calls.size();
  require_at_most(limits_.max_calls, row + 1, "calls between functions", "--max-calls");
  profile_.calls.push_back(call);
  profile_.call_counts.push_back(counts);
  append_row(profile_.call_self, row, self, call.callee);
  append_row(profile_.call_total, row, total, call.callee);
  if (estimated) mark_estimated(row);
}

void ProfileBuilder::add_calls(std::span<const TimedCall> calls) {
  const std::size_t row = profile_.calls.size();
  if (calls.empty()) return;
  require_at_most(limits_.max_calls, row + calls.size(), "calls between functions", "--max-calls");
  profile_.calls.resize(row + calls.size());
  profile_.call_counts.resize(row + calls.size());
  Call* const rows = &profile_.calls[row];
  Counts* const counts = &profile_.call_counts[row];
  for (std::size_t i = 0; i < calls.size(); ++i) {
    rows[i] = {calls[i].caller, calls[i].callee, 0};
    counts[i] = calls[i].counts;
  }
  const auto append = [&](CostTable& table, std::int64_t TimedCall::*cost) {
    if (std::ranges::all_of(calls, [&](const TimedCall& c) { return c.*cost == not_measured; })) return;
    if (table.rows() < row) table.resize(row, not_measured);
    table.resize(row + calls.size(), not_measured);
    std::int64_t* const costs = table.row(row).data();
    for (std::size_t i = 0; i < calls.size(); ++i) costs[i] = calls[i].*cost;
  };
  append(profile_.call_self, &TimedCall::self);
  append(profile_.call_total, &TimedCall::total);
}

void ProfileBuilder::add_ordered_calls(
    std::size_t count, const std::function<void(std::size_t, std::span<Call>, std::span<Counts>)>& make) {
  require_at_most(limits_.max_calls, count, "calls between functions", "--max-calls");
  std::vector<Call>& calls = profile_.calls;
  std::vector<Counts>& counts = profile_.call_counts;
  make_room(calls, count);
  make_room(counts, count);
  run_both(
      count, [&] { calls.resize(count); }, [&] { counts.resize(count); });
  run_on_stretches(count, [&](std::size_t begin, std::size_t end) {
    make(begin, std::span(calls).subspan(begin, end - begin), std::span(counts).subspan(begin, end - begin));
  });
  sorted_calls_ = count;
  changed_calls_.emplace();  // none
}

void ProfileBuilder::add_ordered_times(
    bool with_self, const std::function<void(std::size_t, std::span<std::int64_t>, std::span<std::int64_t>)>& make) {
  const std::size_t count = profile_.calls.size();
  CostTable &self = profile_.call_self, &total = profile_.call_total;
  const std::size_t count_of_self = with_self ? count : 0;
  make_room(self, count_of_self);
  make_room(total, count);
  run_both(
      count, [&] { self.resize(count_of_self, not_measured); }, [&] { total.resize(count, not_measured); });
  const auto rows = [](CostTable& table, std::size_t begin, std::size_t end) {
    return table.empty() ? std::span<std::int64_t>() : std::span(table.row(begin).data(), end - begin);
  };
  run_on_stretches(
      count, [&](std::size_t begin, std::size_t end) { make(begin, rows(self, begin, end), rows(total, begin, end)); });
}

void ProfileBuilder::add_line(Line line, std::span<const std::int64_t> self, std::span<const std::int64_t> total) {
  const std::size_t row = profile_.lines.size();
  require_at_most(limits_.max_lines, row + 1, "lines", "--max-lines");
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
    require_at_most(limits_.max_calls, nodes.size() + 1, "different stacks", "--max-calls");
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

}  // namespace profconv
