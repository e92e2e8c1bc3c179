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
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>
#include <profconv/version.hpp>

#include "base/parallel.hpp"
#include "base/prefetch.hpp"
#include "base/text_buffer.hpp"
#include "base/visible.hpp"
#include "model/call_graph.hpp"
#include "model/call_totals.hpp"
#include "model/checked.hpp"
#include "model/line_costs.hpp"
#include "writers/callgrind_balance.hpp"
#include "writers/callgrind_ids.hpp"
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
static_assert(std::size(events) == most_callgrind_events);

using Costs = CallgrindCosts;

/// The metrics that are written.
struct Columns {
  std::vector<std::size_t> metrics;
  std::vector<const Event*> events;

  explicit Columns(const Profile& p) {
    for (std::size_t m = 0; m < p.metrics.size(); ++m) {
      for (const Event& event : profconv::events) {
        if (p.text(p.metrics[m].name) != event.metric) continue;
        metrics.push_back(m);
        events.push_back(&event);
      }
    }
  }
};

/// What has to be known of the numbers before any is written.
struct Numbers {
  CallGraph graph;
  CallTotals totals;
  LineCosts lines;
  CallgrindBalance balance;

  Numbers(const Profile& p, const Columns& columns)
      : graph(p), totals(p, graph), lines(p, totals), balance(p, graph, totals, columns.metrics) {}
};

constexpr std::size_t most_of_costs = (1 + most_callgrind_events) * (longest_decimal + 1);

// A line of costs, where there is room for `most_of_costs` characters; returns its end.
inline char* append_costs(char* end, std::uint32_t line, std::span<const std::int64_t> cost) noexcept {
  end = write_decimal(end, std::uint64_t{line});
  for (const std::int64_t value : cost) {
    *end++ = ' ';
    end = write_decimal(end, value);
  }
  *end++ = '\n';
  return end;
}

class CallgrindWriter {
 public:
  CallgrindWriter(const Profile& profile, const Columns& columns, Numbers& numbers, const CallgrindNames& names,
                  Output& out)
      : p_(profile), columns_(columns), numbers_(numbers), names_(names), ids_(profile, names), out_(out) {}

  /// The order of what is written, before the calls are balanced.
  void order();
  /// Numbers all names, before they are known to be unique.
  void number();
  void write();
  void report(Diagnostics& diagnostics) const;

 private:
  /// What is written in one go: calls of the root, or functions and where their definitions begin.
  struct Part {
    bool of_root;
    std::size_t first, end;  // in the root's calls, or in the order of the names
    std::size_t first_definition = 0;
  };
  /// The file and object that readers are in.
  struct Place {
    std::uint32_t file = none, object = none;
    static constexpr std::uint32_t none = 0xffffffff;
  };

  static constexpr std::size_t looked_ahead = 12;  // calls whose callees' mentions are fetched beforehand

  void order_calls();
  void find_first_lines();
  void number_root();
  void number_functions();

  void write_header();
  void write_part(const Part& part, TextBuffer& out) const;
  void write_root_calls(const Part& part, TextBuffer& out) const;
  void write_functions(const Part& part, TextBuffer& out) const;
  const CallgrindDefinition* last_definition() const { return &definitions_[definitions_.size() - 2]; }
  FunctionId ahead(std::size_t position, std::size_t places) const {
    return names_.sorted()[std::min(position + places, names_.sorted().size() - 1)];
  }
  void look_ahead_to_calls(std::size_t position) const;
  void look_ahead(std::size_t position) const;
  template <class Callee>
  void look_ahead_to_definitions(Callee callee) const;
  void look_ahead_to_mention(std::uint32_t row) const { prefetch(&mentions_[index(p_.calls[row].callee)]); }
  void write_function(FunctionId function, Place& place, const CallgrindDefinition*& next, TextBuffer& out) const;
  void write_mention(std::string_view prefix, const Place& place, FunctionId function, CallgrindNews news,
                     TextBuffer& out) const;
  void write_call(std::uint32_t first_line, std::int64_t count, std::uint32_t line, std::span<const std::int64_t> cost,
                  TextBuffer& out) const;
  void write_costs(std::uint32_t line, std::span<const std::int64_t> cost, TextBuffer& out) const;

  Place place_of(FunctionId f) const { return {names_.file_slot(f), names_.object_slot(f)}; }
  std::span<const std::int64_t> written(const Costs& costs) const {
    return std::span(costs).first(columns_.metrics.size());
  }
  bool is_zero(const Costs& cost) const { return CallgrindBalance::is_zero(cost); }
  Costs clamped(std::span<const std::int64_t> row) const {
    Costs costs{};
    for (std::size_t i = 0; i < columns_.metrics.size(); ++i)
      costs[i] = std::max<std::int64_t>(row[columns_.metrics[i]], 0);  // not_measured too
    return costs;
  }
  template <class Visit>
  void each_self_line(FunctionId function, Visit visit) const;
  Costs self_total() const;
  std::uint64_t negative_costs() const;

  const Profile& p_;
  const Columns& columns_;
  Numbers& numbers_;
  const CallgrindNames& names_;
  CallgrindIds ids_;
  Output& out_;

  std::vector<std::uint32_t> call_order_;   // rows of p_.calls, grouped like them, callees in the order of the names
  std::vector<std::uint32_t> first_line_;   // per function, 0: unknown
  std::vector<CallgrindMention> mentions_;  // per function: how it is called where all its names are known
  std::vector<CallgrindDefinition> definitions_;  // in the order of the output
  std::vector<CallgrindNews> root_news_;          // per call of the root: the names that it defines
  std::vector<Part> parts_;
  TextBuffer root_;  // what precedes its calls
  Place after_root_;
};

// Callees in the order of the names: stable for the reader of two files.
void CallgrindWriter::order_calls() {
  std::vector<std::uint32_t> rank(p_.functions.size());
  for (std::uint32_t i = 0; i < rank.size(); ++i) rank[index(names_.sorted()[i])] = i;
  call_order_.resize(p_.calls.size());
  std::vector<std::uint64_t> keys;
  for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
    const CallGraph::Range calls = numbers_.graph.calls_from(FunctionId{f});
    keys.clear();
    for (std::size_t i = calls.begin; i < calls.end; ++i)
      keys.push_back((std::uint64_t{rank[index(p_.calls[i].callee)]} << 32) | i);
    std::ranges::sort(keys);
    for (std::size_t i = 0; i < keys.size(); ++i)
      call_order_[calls.begin + i] = static_cast<std::uint32_t>(keys[i]);  // the row
  }
}

void CallgrindWriter::find_first_lines() {
  first_line_.resize(p_.functions.size());
  for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
    first_line_[f] = p_.functions[f].line;
    const LineCosts::Range lines = numbers_.lines.rows(FunctionId{f});
    for (std::size_t i = lines.begin; first_line_[f] == 0 && i < lines.end; ++i) first_line_[f] = p_.lines[i].line;
  }
}

constexpr std::size_t rows_per_part = 4096;  // some 250 KB

void CallgrindWriter::number_root() {
  const std::vector<CallgrindBalance::RootCall>& calls = numbers_.balance.root_calls();
  if (calls.empty()) return;
  // C functions may be in the same "file"; then it is theirs.
  root_.write("\nfl=(");
  if (const std::optional<std::uint32_t> builtin = names_.find_file("~")) {
    after_root_.file = *builtin;
    root_.write_number(std::uint64_t{ids_.meet_file(after_root_.file)});
  } else {
    root_.write_number(std::uint64_t{ids_.new_file()});
  }
  root_.write(") ~\nfn=(");
  root_.write_number(std::uint64_t{ids_.new_function()});
  root_.write(") ");
  root_.write(CallgrindNames::root);
  root_.write('\n');
  const Costs nothing{};
  write_costs(0, written(nothing), root_);
  root_news_.reserve(calls.size());
  for (const CallgrindBalance::RootCall& call : calls) root_news_.push_back(ids_.meet(call.callee));
  for (std::size_t i = 0; i < calls.size(); i += rows_per_part)
    parts_.push_back({true, i, std::min(i + rows_per_part, calls.size())});
}

void CallgrindWriter::number_functions() {
  const std::vector<FunctionId>& functions = names_.sorted();
  std::size_t rows = rows_per_part;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    look_ahead_to_calls(i);
    if (rows >= rows_per_part) {
      parts_.push_back({false, i, i, definitions_.size()});
      rows = 0;
    }
    if (const CallgrindNews news = ids_.meet(functions[i]); news.any())
      definitions_.push_back({static_cast<std::uint32_t>(i), true, news});
    const CallGraph::Range calls = numbers_.graph.calls_from(functions[i]);
    for (std::size_t c = calls.begin; c < calls.end; ++c) {
      const std::uint32_t row = call_order_[c];
      const FunctionId callee = p_.calls[row].callee;
      if (ids_.is_known(callee) || !numbers_.balance.is_written(row)) continue;
      definitions_.push_back({row, false, ids_.meet(callee)});
    }
    rows += 1 + calls.end - calls.begin;
    parts_.back().end = i + 1;
  }
  definitions_.push_back({});  // an end that nothing reaches
}

// Calls visit(line, costs) for every cost line of the function, at least once. What no line accounts for stands on the
// first line.
template <class Visit>
void CallgrindWriter::each_self_line(FunctionId function, Visit visit) const {
  const std::size_t f = index(function);
  const std::uint32_t first_line = first_line_[f];
  Costs rest = p_.self.empty() ? Costs{} : clamped(p_.self.row(f));
  const LineCosts& costs_of = numbers_.lines;
  const LineCosts::Range lines = costs_of.empty() ? LineCosts::Range{0, 0} : costs_of.rows(function);
  for (std::size_t row = lines.begin; row < lines.end; ++row) {
    const Costs costs = clamped(costs_of.row(row));
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] = std::max<std::int64_t>(rest[i] - costs[i], 0);
  }
  // What belongs to no line stands with what the first line has itself: one cost line per source line.
  const auto stands_first = [&](std::size_t row) {
    return p_.lines[row].line == 0 || p_.lines[row].line == first_line;
  };
  for (std::size_t row = lines.begin; row < lines.end; ++row) {
    if (!stands_first(row)) continue;
    const Costs costs = clamped(costs_of.row(row));
    for (std::size_t i = 0; i < rest.size(); ++i) {
      if (!add_checked(rest[i], costs[i])) throw Error("the self costs of a function's lines do not fit 64 bits");
    }
  }
  bool visited = false;
  const auto visit_costs = [&](std::uint32_t line, const Costs& costs) {
    if (is_zero(costs)) return;
    visit(line, costs);
    visited = true;
  };
  visit_costs(first_line, rest);
  for (std::size_t row = lines.begin; row < lines.end; ++row) {
    if (!stands_first(row)) visit_costs(p_.lines[row].line, clamped(costs_of.row(row)));
  }
  if (!visited) visit(first_line, Costs{});
}

Costs CallgrindWriter::self_total() const {
  Costs total{};
  for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
    each_self_line(FunctionId{f}, [&](std::uint32_t, const Costs& costs) {
      for (std::size_t i = 0; i < costs.size(); ++i) {
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
      for (const std::size_t metric : columns_.metrics) {
        const std::int64_t value = table.at(row, metric);
        if (value < 0 && value != not_measured) ++negative;
      }
    }
  };
  for (const CostTable* table : {&p_.self, &p_.total, &p_.call_total, &p_.line_self}) count(*table);
  return negative;
}

void CallgrindWriter::write_costs(std::uint32_t line, std::span<const std::int64_t> cost, TextBuffer& out) const {
  out.written(append_costs(out.room(most_of_costs), line, cost));
}

// "ob=(3) text", "ob=(3)" or nothing; the same of the file; then the function. With `prefix` "c" it is a callee.
void CallgrindWriter::write_mention(std::string_view prefix, const Place& place, FunctionId function,
                                    CallgrindNews news, TextBuffer& out) const {
  const auto write_id = [&](std::string_view keyword, std::uint32_t id, bool is_new, std::string_view text) {
    constexpr std::size_t most = 16 + longest_decimal;  // around the text
    char* end = TextBuffer::append(TextBuffer::append(out.room(most + text.size()), prefix), keyword);
    end = write_decimal(end, std::uint64_t{id});
    *end++ = ')';
    if (is_new) {
      *end++ = ' ';
      end = TextBuffer::append(end, text);
    }
    *end++ = '\n';
    out.written(end);
  };
  if (const std::uint32_t object = names_.object_slot(function); object != place.object)
    write_id("ob=(", ids_.object(object), news.object, names_.object(function));
  if (const std::uint32_t file = names_.file_slot(function); file != place.file)
    write_id("fl=(", ids_.file(file), news.file, names_.file(function));
  std::string made;
  write_id("fn=(", ids_.function(function), news.function,
           news.function ? names_.name(function, made) : std::string_view{});
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
  // KCachegrind shows a count for every call, and callgrind_annotate needs one.
  if (!p_.calls.empty() && p_.call_counts.empty())
    out_.write("desc: Calls: not counted by the profiler; 1 stands for any number of calls\n");
  out_.write("positions: line\n");
  for (const Event* event : columns_.events) {
    out_.write("event: ");
    out_.write(event->name);
    out_.write(" : ");
    out_.write(event->title);
    out_.write('\n');
  }
  out_.write("events:");
  for (const Event* event : columns_.events) {
    out_.write(' ');
    out_.write(event->name);
  }
  out_.write("\nsummary:");
  const Costs total = self_total();
  for (const std::int64_t value : written(total)) {
    out_.write(' ');
    out_.write_number(value);
  }
  out_.write('\n');
}

// What follows the callee's names.
void CallgrindWriter::write_call(std::uint32_t first_line, std::int64_t count, std::uint32_t line,
                                 std::span<const std::int64_t> cost, TextBuffer& out) const {
  char* end = out.room(2 * (longest_decimal + 1) + most_of_costs);
  end = write_decimal(end, std::max<std::int64_t>(count, CallgrindBalance::is_zero(cost) ? 0 : 1));
  *end++ = ' ';
  end = write_decimal(end, std::uint64_t{first_line});
  *end++ = '\n';
  out.written(append_costs(end, line, cost));
}

// Has fetched what definitions of names some places on will need. `callee(places)` is the function of the definition so
// many places on.
template <class Callee>
void CallgrindWriter::look_ahead_to_definitions(Callee callee) const {
  names_.prefetch(callee(8));
  names_.prefetch_places(callee(5));
  ids_.prefetch(callee(5));
  names_.prefetch_texts(callee(2));
}

void CallgrindWriter::write_root_calls(const Part& part, TextBuffer& out) const {
  const std::vector<CallgrindBalance::RootCall>& calls = numbers_.balance.root_calls();
  for (std::size_t i = part.first; i < part.end; ++i) {
    look_ahead_to_definitions([&](std::size_t places) { return calls[std::min(i + places, calls.size() - 1)].callee; });
    const CallgrindBalance::RootCall& call = calls[i];
    write_mention("c", after_root_, call.callee, root_news_[i], out);
    out.write("calls=");
    write_call(first_line_[index(call.callee)], call.count, 0, written(call.cost), out);
  }
}

void CallgrindWriter::write_function(FunctionId function, Place& place, const CallgrindDefinition*& next,
                                     TextBuffer& out) const {
  const CallgrindBalance& balance = numbers_.balance;
  const Place own = place_of(function);
  const CallGraph::Range calls = numbers_.graph.calls_from(function);
  each_self_line(function, [&](std::uint32_t line, const Costs& costs) { write_costs(line, written(costs), out); });
  for (std::size_t i = calls.begin; i < calls.end; ++i) {
    if (i + looked_ahead < calls.end) look_ahead_to_mention(call_order_[i + looked_ahead]);
    const std::uint32_t row = call_order_[i];
    if (!balance.is_written(row)) continue;
    const Call& call = p_.calls[row];
    const CallgrindMention& mention = mentions_[index(call.callee)];
    if (next->place == row && !next->of_function) {
      look_ahead_to_definitions([&](std::size_t places) {
        const CallgrindDefinition& then = next[std::min(places, static_cast<std::size_t>(last_definition() - next))];
        return then.of_function ? names_.sorted()[then.place] : p_.calls[then.place].callee;
      });
      write_mention("c", own, call.callee, next->news, out);
      out.write("calls=");
      ++next;
    } else if (mention.fits()) {
      const std::string_view text = mention.text(own.file, own.object);
      out.written(TextBuffer::append_short(out.room(text.size()), text));
    } else {
      write_mention("c", own, call.callee, {}, out);
      out.write("calls=");
    }
    write_call(mention.first_line(), balance.count(row), call.line != 0 ? call.line : first_line_[index(function)],
               balance.cost(row), out);
  }
  place = own;
}

// Functions are written in another order than the tables have, and each calls others anywhere in them: the processor
// would wait for every row. So what functions a few places on will need is fetched beforehand, in steps, as each step
// leads to the next.
void CallgrindWriter::look_ahead_to_calls(std::size_t position) const {
  numbers_.graph.prefetch_calls_from(ahead(position, 12));
  constexpr std::size_t most = 24;  // more, and they are in a row long enough for the processor to see where it leads
  const CallGraph::Range calls = numbers_.graph.calls_from(ahead(position, 8));
  const std::size_t count = std::min(calls.end - calls.begin, most);
  if (count == 0) return;
  const auto fetch = [count](const auto* row, std::size_t columns = 1) {
    prefetch(row, count * columns * sizeof *row);
  };
  fetch(&p_.calls[calls.begin]);
  fetch(&call_order_[calls.begin]);
  const std::span<const std::int64_t> costs = std::as_const(numbers_.balance).cost(calls.begin);
  fetch(costs.data(), costs.size());
  if (!p_.call_counts.empty()) fetch(&p_.call_counts[calls.begin]);
}

void CallgrindWriter::look_ahead(std::size_t position) const {
  look_ahead_to_calls(position);
  const FunctionId soon = ahead(position, 8);
  names_.prefetch(soon);
  prefetch(&first_line_[index(soon)]);
  if (!p_.self.empty()) prefetch(p_.self.row(index(soon)).data());
  names_.prefetch_places(ahead(position, 6));
  names_.prefetch_texts(ahead(position, 3));
  const CallGraph::Range calls = numbers_.graph.calls_from(ahead(position, 4));
  for (std::size_t i = calls.begin; i < std::min(calls.end, calls.begin + looked_ahead); ++i)
    look_ahead_to_mention(call_order_[i]);
}

void CallgrindWriter::write_part(const Part& part, TextBuffer& out) const {
  part.of_root ? write_root_calls(part, out) : write_functions(part, out);
}

void CallgrindWriter::write_functions(const Part& part, TextBuffer& out) const {
  const std::vector<FunctionId>& functions = names_.sorted();
  Place place = part.first == 0 ? after_root_ : place_of(functions[part.first - 1]);
  const CallgrindDefinition* next = &definitions_[part.first_definition];
  for (std::size_t i = part.first; i < part.end; ++i) {
    look_ahead(i);
    out.write('\n');
    CallgrindNews news;
    if (next->place == i && next->of_function) news = (next++)->news;
    write_mention("", place, functions[i], news, out);
    write_function(functions[i], place, next, out);
  }
}

void CallgrindWriter::order() {
  order_calls();
  find_first_lines();
}

// In the order of the output, which is divided into parts that can be written independently of each other.
void CallgrindWriter::number() {
  number_root();
  number_functions();
}

void CallgrindWriter::write() {
  mentions_ = ids_.mentions(first_line_);
  write_header();
  out_.write(root_.text());
  make_in_order(
      parts_.size(), [this](std::size_t part, TextBuffer& out) { write_part(parts_[part], out); },
      [this](std::string_view text) { out_.write(text); });
}

void CallgrindWriter::report(Diagnostics& diagnostics) const {
  if (const std::uint64_t negative = negative_costs(); negative != 0) {
    diagnostics.warn({}, {},
                     std::to_string(negative) +
                         (negative == 1 ? " cost is negative; callgrind has only positive ones, 0 is written"
                                        : " costs are negative; callgrind has only positive ones, 0 is written"));
  }
  if (const std::size_t overfull = numbers_.balance.overfull(); overfull != 0) {
    diagnostics.note(
        {}, {},
        std::to_string(overfull) +
            (overfull == 1
                 ? " function costs less than the calls to it together; their costs are scaled down to its own"
                 : " functions cost less than the calls to them together; the calls' costs are scaled down to theirs"));
  }
  if (numbers_.totals.estimated() != 0) {
    diagnostics.note({}, {},
                     "the inclusive costs of " + std::to_string(numbers_.totals.estimated()) +
                         " calls are estimated from call counts; the source has no times for calls");
  }
}

}  // namespace

void write_callgrind(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics) {
  const std::size_t rows = profile.functions.size() + profile.calls.size();
  const Columns columns(profile);
  std::optional<Numbers> numbers;
  std::optional<CallgrindNames> names;
  run_both(
      rows, [&] { numbers.emplace(profile, columns); }, [&] { names.emplace(profile, options.callgrind.names); });
  CallgrindWriter writer(profile, columns, *numbers, *names, output);
  run_both(
      rows, [&] { numbers->balance.balance(names->sorted(), options.callgrind.root); }, [&] { writer.order(); });
  run_both(
      rows, [&] { writer.number(); }, [&] { names->make_unique(); });
  writer.write();
  writer.report(diagnostics);
}

}  // namespace profconv
