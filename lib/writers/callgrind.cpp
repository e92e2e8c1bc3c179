// callgrind: what KCachegrind, QCacheGrind and callgrind_annotate open.
//
//     # callgrind format
//     version: 1
//     creator: profconv 0.1.0
//     cmd: t.py
//     positions: line
//     event: ns : Time (ns)
//     events: ns
//     summary: 50440
//
//     ob=(1) t
//     fl=(1) /srv/t.py
//     fn=(1) main
//     9 12351                   line, self cost
//     cfn=(2) fib
//     calls=1 2                 count, first line of the callee
//     9 12745                   line of the call, its inclusive cost
//     cob=(2) built-in
//     cfl=(2) ~
//     cfn=(3) <built-in method builtins.sorted>
//     calls=1 0
//     9 4834
//
// Grammar: Valgrind manual, "Callgrind Format Specification". What the readers make of it (KCachegrind's
// libcore/cachegrindloader.cpp and tracedata.cpp, callgrind_annotate 3.19) decides the rest:
// - A name is bound to the file and object in force where it is first met, so `fl`/`ob` (`cfl`/`cob`) always precede a
// name
//   that is defined, and `cfl`/`cob` stand wherever they differ from the caller's.
// - KCachegrind's inclusive cost of a function is the sum of the calls to it, its calls of itself left out, if any call
// has
//   a count, else self + calls made. So the costs of the calls to a function in no cycle must add up to its inclusive
//   cost: differences of rounding go to its costliest call, calls without a recorded caller come from a root, and what
//   was recorded too high (label collisions) is scaled down.
// - Its search for cycles starts at the function whose name sorts first and misses cycles through that one. The root's
// name
//   sorts before every name of Python, and the root calls into every cycle that no path from it leads to (with count
//   and cost 0).
// - `summary` is the sum of the self costs: KCachegrind computes it, callgrind_annotate reads it.
// - Costs are unsigned: negative ones (`profile` subtracts its overhead) become 0, with a warning.
// - A call count that nobody took is written as 1 (0 if the call costs nothing): callgrind_annotate takes the costs of
// calls
//   counted 0 times for the caller's own.
// - One cost line per source line, one column per metric in the fixed order; a gauge (mem_peak) is no cost. Every call
//   line has every column: what was not measured is the callee's inclusive cost shared over the calls to it by their
//   counts. A line of which only the inclusive cost is known has its self cost written: that less its calls.

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>
#include <profconv/version.hpp>

#include "base/visible.hpp"
#include "base/wide_int.hpp"
#include "model/call_graph.hpp"
#include "model/call_totals.hpp"
#include "model/checked.hpp"
#include "model/line_costs.hpp"
#include "writers/callgrind_names.hpp"
#include "writers/writers.hpp"

namespace profconv {
namespace {

struct Event {
  std::string_view metric, name, title;
};

constexpr Event events[] = {
    {time_metric.name, "ns", "Time (ns)"},
    {samples_metric.name, "samples", "Samples"},
    {hits_metric.name, "hits", "Line hits"},
    {mem_grow_metric.name, "mem_grow", "Memory growth (bytes)"},
    {mem_free_metric.name, "mem_free", "Memory release (bytes)"},
};

constexpr std::size_t most_events = std::size(events);
using Costs = std::array<std::int64_t, most_events>;  // one per written column
using WideCosts = std::array<WideInt, most_events>;   // sums of costs that each fit 64 bits

class CallgrindWriter {
 public:
  CallgrindWriter(const Profile& profile, const CallgrindOptions& options, Output& out)
      : p_(profile),
        options_(options),
        out_(out),
        graph_(profile),
        totals_(profile, graph_),
        lines_(profile, totals_),
        names_(profile) {
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
      for (const Event& event : events) {
        if (p_.text(p_.metrics[m].name) == event.metric) columns_.push_back({m, &event});
      }
    }
    function_ids_.assign(p_.functions.size(), 0);
    file_ids_.assign(names_.file_count(), 0);
    object_ids_.assign(names_.object_count(), 0);
  }

  void write(Diagnostics& diagnostics);

 private:
  struct Column {
    std::size_t metric;
    const Event* event;
  };
  struct RootCall {
    FunctionId callee;
    std::int64_t count;
    Costs cost;
  };
  static constexpr std::uint32_t no_call = 0xffffffff;

  void order_calls();
  void balance();
  void balance(FunctionId function);
  void scale_calls(FunctionId callee, const Costs& total, const WideCosts& sum, std::span<const bool> columns);
  void bound_calls_into_cycles();
  void reach_all_cycles();
  void find_first_lines();

  void write_header();
  void write_root();
  void write_function(FunctionId function);
  void write_call(FunctionId callee, std::int64_t count, std::uint32_t line, const Costs& cost);
  void write_costs(const Costs& cost);
  void write_id(std::uint32_t& id, std::uint32_t& last, std::string_view text);
  void write_function_id(FunctionId function);
  void write_file(std::string_view keyword, std::uint32_t slot, FunctionId function);
  void write_object(std::string_view keyword, std::uint32_t slot, FunctionId function);

  Costs zero() const { return Costs{}; }
  std::int64_t cost_at(std::int64_t value) const { return std::max<std::int64_t>(value, 0); }  // not_measured too
  Costs clamped(std::span<const std::int64_t> row) const {
    Costs costs{};
    for (std::size_t i = 0; i < columns_.size(); ++i) costs[i] = cost_at(row[columns_[i].metric]);
    return costs;
  }
  bool is_zero(const Costs& cost) const {
    return std::all_of(cost.begin(), cost.end(), [](std::int64_t value) { return value == 0; });
  }
  std::int64_t call_count(std::uint32_t call) const {
    return p_.call_counts.empty() ? not_counted : p_.call_counts[call].calls;
  }
  Costs call_cost(std::uint32_t call) const;
  bool is_written(std::uint32_t call) const;
  template <class Visit>
  void each_self_line(FunctionId function, Visit visit) const;
  Costs self_total() const;
  std::uint64_t negative_costs() const;

  const Profile& p_;
  const CallgrindOptions& options_;
  Output& out_;
  CallGraph graph_;
  CallTotals totals_;
  LineCosts lines_;
  CallgrindNames names_;
  std::vector<Column> columns_;

  std::vector<std::uint32_t> call_order_;  // rows of p_.calls, grouped like them, callees in the order of the names
  std::vector<std::uint32_t> first_line_;  // per function, 0: unknown
  struct Adjustment {
    std::uint32_t call = no_call;  // the costliest call of the function
    Costs difference{};
  };
  std::vector<Adjustment> adjustments_;  // per function
  std::vector<RootCall> root_calls_;
  std::unordered_map<std::uint32_t, Costs>
      scaled_calls_;          // rows of p_.calls whose recorded costs are too high together
  std::size_t overfull_ = 0;  // functions whose calls cost more than they do

  std::vector<std::uint32_t> function_ids_, file_ids_, object_ids_;  // 0: not yet met
  std::uint32_t last_function_id_ = 0, last_file_id_ = 0, last_object_id_ = 0;
  static constexpr std::uint32_t no_slot = 0xffffffff;
  std::uint32_t current_file_ = no_slot, current_object_ = no_slot;
  std::string scratch_;
};

// Callees in the order of the names: stable for the reader of two files, and found by a counting sort.
void CallgrindWriter::order_calls() {
  call_order_.resize(p_.calls.size());
  std::vector<std::size_t> next(p_.functions.size());
  for (std::size_t f = 0; f < next.size(); ++f)
    next[f] = graph_.calls_from(FunctionId{static_cast<std::uint32_t>(f)}).begin;
  for (const FunctionId callee : names_.sorted()) {
    for (const std::uint32_t call : graph_.calls_to(callee)) call_order_[next[index(p_.calls[call].caller)]++] = call;
  }
}

void CallgrindWriter::find_first_lines() {
  first_line_.resize(p_.functions.size());
  for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
    first_line_[f] = p_.functions[f].line;
    const LineCosts::Range lines = lines_.rows(FunctionId{f});
    for (std::size_t i = lines.begin; first_line_[f] == 0 && i < lines.end; ++i) first_line_[f] = p_.lines[i].line;
  }
}

Costs CallgrindWriter::call_cost(std::uint32_t call) const {
  Costs costs = clamped(totals_.row(call));
  if (!scaled_calls_.empty()) {
    if (const auto scaled = scaled_calls_.find(call); scaled != scaled_calls_.end()) costs = scaled->second;
  }
  const Adjustment& adjustment = adjustments_[index(p_.calls[call].callee)];
  if (adjustment.call == call) {
    for (std::size_t i = 0; i < columns_.size(); ++i) costs[i] += adjustment.difference[i];
  }
  return costs;
}

// Python 3.12 and 3.13 record calls that carry nothing.
bool CallgrindWriter::is_written(std::uint32_t call) const {
  return call_count(call) != 0 || !is_zero(call_cost(call));
}

// Makes the calls to a function add up to its inclusive cost.
void CallgrindWriter::balance(FunctionId function) {
  const std::size_t f = index(function);
  const std::span<const std::uint32_t> incoming = graph_.calls_to(function);
  const bool cycle = graph_.in_cycle(function);

  bool counted = !p_.counts.empty() && p_.counts[f].calls != not_counted;
  WideInt count = counted ? p_.counts[f].calls : 0;
  WideCosts sum{};
  std::uint32_t costliest = no_call;
  std::int64_t highest = -1, edges = 0;
  for (const std::uint32_t call : incoming) {
    const std::int64_t calls = call_count(call);
    if (calls == not_counted) {
      counted = false;
    } else {
      count -= calls;
    }
    // What comes from the function's own cycle is inside another call already.
    if (graph_.component(p_.calls[call].caller) == graph_.component(function)) continue;
    const Costs cost = clamped(totals_.row(call));
    if (calls == 0 && is_zero(cost)) continue;  // is not written
    for (std::size_t i = 0; i < columns_.size(); ++i) sum[i] += cost[i];
    ++edges;
    if (cost[0] > highest) {
      highest = cost[0];
      costliest = call;
    }
  }
  const std::int64_t uncalled = counted ? static_cast<std::int64_t>(std::max<WideInt>(count, 0)) : 0;
  if (p_.total.empty()) {  // the source knows no inclusive costs
    if (options_.root && (uncalled > 0 || incoming.empty())) root_calls_.push_back({function, uncalled, zero()});
    return;
  }

  const Costs total = clamped(p_.total.row(f));
  Costs uncovered{};
  bool needs_root = uncalled > 0;
  std::array<bool, most_events> overfull{};
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const WideInt difference = total[i] - sum[i];
    const bool rounding =
        difference >= -edges && difference <= edges;  // each edge was rounded by half a unit, and the total too
    if (difference == 0) continue;
    if (!cycle && rounding && (uncalled == 0 || difference < 0) &&
        clamped(totals_.row(costliest))[i] + difference >= 0) {
      Adjustment& adjustment = adjustments_[f];
      adjustment.call = costliest;
      adjustment.difference[i] = static_cast<std::int64_t>(difference);
    } else if (difference > 0) {
      uncovered[i] = static_cast<std::int64_t>(difference);
      if (!cycle) needs_root = true;
    } else if (!cycle) {
      overfull[i] = true;
    }
  }
  if (std::ranges::count(overfull, true) != 0) {
    scale_calls(function, total, sum, overfull);
    ++overfull_;
  }
  if (options_.root && needs_root) root_calls_.push_back({function, uncalled, uncovered});
}

// Time in a cycle is shared by its functions. What the root's calls into it cost together is no more than what the
// cycle costs (its self costs and the calls that leave it) less the calls into it from elsewhere.
void CallgrindWriter::bound_calls_into_cycles() {
  std::vector<std::size_t> into_cycles;
  for (std::size_t i = 0; i < root_calls_.size(); ++i) {
    if (graph_.in_cycle(root_calls_[i].callee)) into_cycles.push_back(i);
  }
  if (into_cycles.empty()) return;
  std::vector<WideCosts> left(graph_.components());  // per component: cost that nothing accounts for
  for (const FunctionId function : names_.sorted()) {
    if (p_.self.empty() || !graph_.in_cycle(function)) continue;
    const Costs self = clamped(p_.self.row(index(function)));
    for (std::size_t m = 0; m < columns_.size(); ++m) left[graph_.component(function)][m] += self[m];
  }
  for (std::uint32_t call = 0; call < p_.calls.size(); ++call) {
    const std::uint32_t from = graph_.component(p_.calls[call].caller), to = graph_.component(p_.calls[call].callee);
    if (from == to) continue;
    const Costs cost = call_cost(call);
    for (std::size_t m = 0; m < columns_.size(); ++m) {
      left[from][m] += cost[m];
      left[to][m] -= cost[m];
    }
  }
  for (const std::size_t i : into_cycles) {
    auto& rest = left[graph_.component(root_calls_[i].callee)];
    for (std::size_t m = 0; m < columns_.size(); ++m) {
      std::int64_t& cost = root_calls_[i].cost[m];
      cost = static_cast<std::int64_t>(std::clamp<WideInt>(rest[m], 0, cost));
      rest[m] -= cost;
    }
  }
}

// cProfile adds up what functions of one label did (two lambdas on a line): calls may then cost more than their callee.
// The callee's time is right; each call gets its share of it, in whole units that add up.
void CallgrindWriter::scale_calls(FunctionId callee, const Costs& total, const WideCosts& sum,
                                  std::span<const bool> columns) {
  WideCosts passed{};
  for (const std::uint32_t call : graph_.calls_to(callee)) {
    if (p_.calls[call].caller == callee) continue;
    Costs cost = clamped(totals_.row(call));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!columns[i]) continue;
      // Two factors of 64 bits each fit; a sum beyond them is cut down together with its parts.
      const int shift = sum[i] > (WideInt{1} << 63) ? 32 : 0;
      const auto share = [&](WideInt part) {
        return static_cast<std::int64_t>(total[i] * (part >> shift) / (sum[i] >> shift));
      };
      const std::int64_t before = share(passed[i]);
      passed[i] += cost[i];
      cost[i] = share(passed[i]) - before;
    }
    scaled_calls_.emplace(call, cost);
  }
}

void CallgrindWriter::balance() {
  adjustments_.resize(p_.functions.size());
  if (columns_.empty()) return;
  for (const FunctionId function : names_.sorted()) balance(function);
  if (!options_.root) return;
  bound_calls_into_cycles();
  reach_all_cycles();
}

// Cycles that no path from the root leads to get a call of count and cost 0 from it.
void CallgrindWriter::reach_all_cycles() {
  std::vector<bool> reached(graph_.components(), false);
  for (const RootCall& call : root_calls_) reached[graph_.component(call.callee)] = true;
  std::vector<FunctionId> callers_first = names_.sorted();
  std::ranges::stable_sort(callers_first, std::ranges::greater{}, [&](FunctionId f) { return graph_.component(f); });
  for (auto begin = callers_first.begin(); begin != callers_first.end();) {
    const std::uint32_t component = graph_.component(*begin);
    const auto end =
        std::find_if(begin, callers_first.end(), [&](FunctionId f) { return graph_.component(f) != component; });
    if (!reached[component] && graph_.in_cycle(*begin)) {
      reached[component] = true;
      root_calls_.push_back({*begin, 0, zero()});
    }
    for (; begin != end; ++begin) {
      if (!reached[component]) continue;
      const CallGraph::Range calls = graph_.calls_from(*begin);
      for (std::size_t i = calls.begin; i < calls.end; ++i) {
        const std::uint32_t callee = graph_.component(p_.calls[i].callee);
        if (callee < component && is_written(static_cast<std::uint32_t>(i))) reached[callee] = true;
      }
    }
  }
}

// Calls visit(line, costs) for every cost line of the function, at least once. What no line accounts for stands on the
// first line.
template <class Visit>
void CallgrindWriter::each_self_line(FunctionId function, Visit visit) const {
  const std::size_t f = index(function);
  const std::uint32_t first_line = first_line_[f];
  Costs rest = p_.self.empty() ? zero() : clamped(p_.self.row(f));
  const LineCosts::Range lines = lines_.empty() ? LineCosts::Range{0, 0} : lines_.rows(function);
  for (std::size_t row = lines.begin; row < lines.end; ++row) {
    const Costs costs = clamped(lines_.row(row));
    for (std::size_t i = 0; i < columns_.size(); ++i) rest[i] = std::max<std::int64_t>(rest[i] - costs[i], 0);
  }
  bool visited = false;
  const auto visit_costs = [&](std::uint32_t line, const Costs& costs) {
    if (is_zero(costs)) return;
    visit(line, costs);
    visited = true;
  };
  visit_costs(first_line, rest);
  for (std::size_t row = lines.begin; row < lines.end; ++row) {
    visit_costs(p_.lines[row].line == 0 ? first_line : p_.lines[row].line, clamped(lines_.row(row)));
  }
  if (!visited) visit(first_line, zero());
}

Costs CallgrindWriter::self_total() const {
  Costs total{};
  for (const FunctionId function : names_.sorted()) {
    each_self_line(function, [&](std::uint32_t, const Costs& costs) {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (!add_checked(total[i], costs[i]))
          throw Error("the self costs of all functions together do not fit 64 bits");
      }
    });
  }
  return total;
}

std::uint64_t CallgrindWriter::negative_costs() const {
  std::uint64_t negative = 0;
  const auto count = [&](const CostTable& table) {
    for (std::size_t row = 0; row < table.rows(); ++row) {
      for (const Column& column : columns_) {
        const std::int64_t value = table.at(row, column.metric);
        if (value < 0 && value != not_measured) ++negative;
      }
    }
  };
  for (const CostTable* table : {&p_.self, &p_.total, &p_.call_total, &p_.line_self}) count(*table);
  return negative;
}

void CallgrindWriter::write_costs(const Costs& cost) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    out_.write(' ');
    out_.write_number(cost[i]);
  }
  out_.write('\n');
}

// "(3) text" where the id is defined, "(3)" after that.
void CallgrindWriter::write_id(std::uint32_t& id, std::uint32_t& last, std::string_view text) {
  const bool define = id == 0;
  if (define) id = ++last;
  out_.write('(');
  out_.write_number(id);
  out_.write(')');
  if (define) {
    out_.write(' ');
    out_.write(text);
  }
  out_.write('\n');
}

void CallgrindWriter::write_function_id(FunctionId function) {
  std::uint32_t& id = function_ids_[index(function)];
  if (id == 0) {
    scratch_.clear();
    names_.append_name(scratch_, function);
  }
  write_id(id, last_function_id_, scratch_);
}

void CallgrindWriter::write_file(std::string_view keyword, std::uint32_t slot, FunctionId function) {
  out_.write(keyword);
  write_id(file_ids_[slot], last_file_id_, names_.file(function));
}

void CallgrindWriter::write_object(std::string_view keyword, std::uint32_t slot, FunctionId function) {
  out_.write(keyword);
  write_id(object_ids_[slot], last_object_id_, names_.object(function));
}

void CallgrindWriter::write_header() {
  out_.write("# callgrind format\nversion: 1\ncreator: profconv " PROFCONV_VERSION "\n");
  if (!p_.sources.empty()) {
    const Source& first = p_.sources.front();
    std::string_view title = p_.text(first.command);
    if (title.empty()) {
      title = p_.text(first.name);
      title.remove_prefix(std::min(title.find_last_of('/') + 1, title.size()));
    }
    if (!title.empty() && title != "-") {
      out_.write("cmd: ");
      out_.write(visible(title));
      if (p_.sources.size() > 1) out_.write(" and " + std::to_string(p_.sources.size() - 1) + " more");
      out_.write('\n');
    }
  }
  out_.write("positions: line\n");
  for (const Column& column : columns_) {
    out_.write("event: ");
    out_.write(column.event->name);
    out_.write(" : ");
    out_.write(column.event->title);
    out_.write('\n');
  }
  out_.write("events:");
  for (const Column& column : columns_) {
    out_.write(' ');
    out_.write(column.event->name);
  }
  out_.write("\nsummary:");
  write_costs(self_total());
}

void CallgrindWriter::write_call(FunctionId callee, std::int64_t count, std::uint32_t line, const Costs& cost) {
  if (const std::uint32_t object = names_.object_slot(callee); object != current_object_)
    write_object("cob=", object, callee);
  if (const std::uint32_t file = names_.file_slot(callee); file != current_file_) write_file("cfl=", file, callee);
  out_.write("cfn=");
  write_function_id(callee);
  out_.write("calls=");
  out_.write_number(std::max<std::int64_t>(count, is_zero(cost) ? 0 : 1));
  out_.write(' ');
  out_.write_number(first_line_[index(callee)]);
  out_.write('\n');
  out_.write_number(line);
  write_costs(cost);
}

void CallgrindWriter::write_root() {
  if (root_calls_.empty()) return;
  std::uint32_t root_id = 0;
  out_.write("\nfl=");
  std::uint32_t root_file = 0;
  // C functions may be in the same "file"; then it is theirs.
  std::uint32_t* file_id = &root_file;
  for (const FunctionId f : names_.sorted()) {
    if (names_.file(f) == "~") {
      file_id = &file_ids_[names_.file_slot(f)];
      current_file_ = names_.file_slot(f);
      break;
    }
  }
  write_id(*file_id, last_file_id_, "~");
  out_.write("fn=");
  write_id(root_id, last_function_id_, CallgrindNames::root);
  out_.write('0');
  write_costs(zero());
  for (const RootCall& call : root_calls_) write_call(call.callee, call.count, 0, call.cost);
}

void CallgrindWriter::write_function(FunctionId function) {
  out_.write('\n');
  if (const std::uint32_t object = names_.object_slot(function); object != current_object_) {
    write_object("ob=", object, function);
    current_object_ = object;
  }
  if (const std::uint32_t file = names_.file_slot(function); file != current_file_) {
    write_file("fl=", file, function);
    current_file_ = file;
  }
  out_.write("fn=");
  write_function_id(function);
  each_self_line(function, [&](std::uint32_t line, const Costs& costs) {
    out_.write_number(line);
    write_costs(costs);
  });
  const CallGraph::Range calls = graph_.calls_from(function);
  for (std::size_t i = calls.begin; i < calls.end; ++i) {
    const std::uint32_t row = call_order_[i];
    const Call& call = p_.calls[row];
    if (is_written(row))
      write_call(call.callee, call_count(row), call.line != 0 ? call.line : first_line_[index(function)],
                 call_cost(row));
  }
}

void CallgrindWriter::write(Diagnostics& diagnostics) {
  order_calls();
  find_first_lines();
  balance();
  write_header();
  write_root();
  for (const FunctionId function : names_.sorted()) write_function(function);

  if (const std::uint64_t negative = negative_costs(); negative != 0) {
    diagnostics.warn({}, {},
                     std::to_string(negative) +
                         (negative == 1 ? " cost is negative; callgrind has only positive ones, 0 is written"
                                        : " costs are negative; callgrind has only positive ones, 0 is written"));
  }
  if (overfull_ != 0) {
    diagnostics.note(
        {}, {},
        std::to_string(overfull_) +
            (overfull_ == 1
                 ? " function costs less than the calls to it together; their costs are scaled down to its own"
                 : " functions cost less than the calls to them together; the calls' costs are scaled down to theirs"));
  }
  if (totals_.estimated() != 0) {
    diagnostics.note({}, {},
                     "the inclusive costs of " + std::to_string(totals_.estimated()) +
                         " calls are estimated from call counts; the source has no times for calls");
  }
}

}  // namespace

void write_callgrind(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics) {
  CallgrindWriter(profile, options.callgrind, output).write(diagnostics);
}

}  // namespace profconv
