// hotshot: the logs of Python 2's hotshot (2.2 to 2.7), a trace of every call, return and (on request) line of one
// thread.
//
// Records without any framing; no magic number, but the first one is always the info "hotshot-version":
//
//     ENTER        file << 2 | 0, first line [, ticks]         DEFINE_FILE  23, file, name
//     EXIT         ticks << 2 | 1                              DEFINE_FUNC  43, file, first line, name
//     LINE         line << 2 | 2 [, ticks]                     LINE_TIMES   33, 00 or 01
//     INFO         13, key, value                              FRAME_TIMES  53, 00 or 01
//
// Numbers are groups of 7 bits, the lowest first, with a set high bit where another one follows; where a number shares
// its first byte with the record's code, that byte has room for 5 bits. Texts are a number of bytes and the bytes.
// Ticks count from the event before, whatever that was: microseconds, or what the info reported-performance-frequency
// says (Windows). Source: CPython 2.7 Modules/_hotshot.c, Lib/hotshot/log.py, stats.py.
//
// Worked example, the end of a log:
//
//     53 01  33 00                  frame times, no line times
//     23 00 05 "hs.py"              file 0
//     43 00 0c 02 "m2"              file 0, line 12 is m2
//     00 0c 01                      enter file 0, line 12 after 1 tick
//     09                            exit after 2 ticks
//
// What is made of it, in one pass with a stack of our own: ticks belong to the function (and line) that was running,
// time outside every function to none (hotshot.stats does the same). A call's inclusive cost is counted at the
// outermost activation of its edge; its hits are those of the callee's own lines meanwhile. Without line events nobody
// knows the lines of calls; without line times a line's hits are known, its time is not. Every stack that occurred is
// kept with its own time.
//
// - A generator is entered and left once per item; so it was recorded.
// - An exit without an entry (start() was called further inside) ends a function nobody knows, which gets the time.
// - Functions that were not left (stop() was called further inside) are left at the end, with a warning.
// - Logs of _hotshot.coverage say that they have frame times and have none. Read as declared they may even balance,
// since
//   the line event after a call is taken for its ticks; but no call takes any time. Where such a log makes sense
//   without times, too, it is read so.
// - Ticks beyond 31 bits come from a clock that was set back: 0.

#include <array>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "base/hash_tables.hpp"
#include "base/wide_int.hpp"
#include "codecs/decimal.hpp"
#include "readers/hotshot_log.hpp"
#include "readers/oddities.hpp"
#include "readers/readers.hpp"

namespace profconv {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000, default_ticks_per_s = 1'000'000;
constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

using PairIndex = NumberMap<std::uint32_t>;

/// The row of a pair of numbers, made on first mention.
template <class Row>
std::uint32_t row_of(PairIndex& rows, std::uint32_t a, std::uint32_t b, std::vector<Row>& table, const Row& fresh) {
  const auto [at, is_new] = rows.try_emplace(pair_of(a, b), static_cast<std::uint32_t>(table.size()));
  if (is_new) table.push_back(fresh);
  return at->second;
}

/// Follows the events of a log and adds up what they cost.
class Trace {
 public:
  Trace(const Bytes& bytes, bool declared_times) : log_({bytes.data, bytes.source}, declared_times) {}

  /// `salvage`: ends where the log is cut instead of refusing it.
  void follow(bool salvage, Diagnostics& diagnostics);
  void report(Diagnostics& diagnostics) const;
  /// Whether every event fits those before it.
  bool makes_sense() const {
    return unmatched_.count() == 0 && unnamed_.count() == 0 && lines_outside_.count() == 0 && unfinished_ == 0;
  }
  /// Whether all calls ended at once: so it looks when the log has no times.
  bool never_takes_time() const { return exits_ != 0 && !exit_ticks_met_; }
  /// Whether it is a log of line events without any time.
  bool is_coverage() const { return makes_sense() && now_hits_ != 0 && never_takes_time() && !line_before_function_; }
  Profile profile(const Bytes& bytes, const ReadOptions& options) const;

 private:
  struct Cost {
    std::int64_t ns = 0, hits = 0;
    friend Cost operator-(Cost a, Cost b) { return {a.ns - b.ns, a.hits - b.hits}; }
    Cost& operator+=(Cost more) {
      ns += more.ns;
      hits += more.hits;
      return *this;
    }
  };
  struct FunctionRow {
    std::string_view name, file;
    std::uint32_t line = 0;
    Counts counts = {0, 0};
    Cost self = {}, total = {};
    std::uint32_t active = 0;
  };
  struct LineRow {
    std::uint32_t function = 0, line = 0;
    Cost self = {};
  };
  struct PairRow {  // a caller and a callee
    std::uint32_t active = 0;
  };
  struct EdgeRow {  // a caller's line and a callee
    std::uint32_t line_row = 0, callee = 0;
    Counts counts = {0, 0};
    Cost self = {}, total = {};
  };
  struct StackRow {
    std::uint32_t parent = none, line_row = 0;
    Cost self = {};
  };
  struct Frame {
    std::uint32_t function = 0, line_row = 0;
    std::uint32_t pair = none, edge = none;                   // none: called from outside
    std::uint32_t caller_stack = none, stack = 0, entry = 0;  // rows of stacks; `entry` is that of the first line
    Cost at_entry = {}, self = {};
  };

  void pass_time(const HotshotRecord& record);
  void add_info(const HotshotRecord& record);
  std::uint32_t function_at(std::uint32_t file, std::uint32_t line);
  std::uint32_t row_of_line(std::uint32_t function, std::uint32_t line) {
    return row_of(line_index_, function, line, lines_, {function, line, {}});
  }
  std::uint32_t row_of_stack(std::uint32_t caller, std::uint32_t line_row) {
    return row_of(stack_index_, caller, line_row, stacks_, {caller, line_row, {}});
  }
  void enter(const HotshotRecord& record);
  void leave();
  void hit_line(std::uint32_t line);
  std::uint32_t outside();
  // Hits are the function's own: what it calls has its own.
  Cost now(std::uint32_t function) const { return {now_ns_, functions_[function].self.hits}; }

  HotshotLog log_;
  std::int64_t ticks_per_s_ = default_ticks_per_s;
  WideInt now_ticks_ = 0;
  std::int64_t now_ns_ = 0, now_hits_ = 0;
  bool exit_ticks_met_ = false;  // any but 0
  bool line_before_function_ = false;
  bool timed_ = false;        // calls carry ticks
  bool lines_timed_ = false;  // line events carry ticks
  NumberMap<std::string_view> files_;
  NumberMap<std::pair<std::string_view, std::string_view>> names_;  // file, function
  NumberMap<std::string> made_up_files_;
  PairIndex function_index_, line_index_, pair_index_, edge_index_, stack_index_;
  std::vector<FunctionRow> functions_;
  std::vector<LineRow> lines_;
  std::vector<PairRow> pairs_;
  std::vector<EdgeRow> edges_;
  std::vector<StackRow> stacks_;
  std::vector<Frame> frames_;
  std::uint32_t outside_ = none;  // the function of what happens outside every function that was entered
  std::uint64_t events_ = 0, exits_ = 0, unfinished_ = 0;
  Oddity unmatched_, lines_outside_, unnamed_, set_back_, bad_frequency_;
};

void Trace::add_info(const HotshotRecord& record) {
  if (record.text != "reported-performance-frequency" || events_ != 0) return;
  const auto frequency = scaled_decimal(record.value, 1);
  if (frequency && *frequency > 0) {
    ticks_per_s_ = *frequency;
  } else {
    bad_frequency_.met(log_.offset());
  }
}

// Time is converted as a running sum, so that the parts of a frame add up to it whatever a tick is.
void Trace::pass_time(const HotshotRecord& record) {
  ++events_;
  if (record.kind == HotshotRecord::Kind::exit) {
    ++exits_;
    exit_ticks_met_ = exit_ticks_met_ || record.ticks != 0;
  }
  if (!record.timed) return;
  timed_ = timed_ || record.kind != HotshotRecord::Kind::line;
  lines_timed_ = lines_timed_ || record.kind == HotshotRecord::Kind::line;
  std::uint32_t ticks = record.ticks;
  if (ticks > 0x7fffffff) {
    set_back_.met(log_.offset());
    ticks = 0;
  }
  const bool outside_all = frames_.empty() && record.kind == HotshotRecord::Kind::enter;
  if (outside_all) return;  // start-up, or between two runs
  now_ticks_ += ticks;
  const WideInt ns = (now_ticks_ * ns_per_s * 2 + ticks_per_s_) / (WideInt{ticks_per_s_} * 2);
  if (ns > std::numeric_limits<std::int64_t>::max())
    throw FormatError(Error::Parts{
        std::string(log_.source()), at_byte(log_.offset()), "the time does not fit 64 bits of nanoseconds", {}});
  const Cost cost = {static_cast<std::int64_t>(ns) - now_ns_, 0};
  now_ns_ = static_cast<std::int64_t>(ns);
  if (frames_.empty()) {
    const std::uint32_t function = outside();
    functions_[function].self += cost;
    functions_[function].total += cost;
    lines_[row_of_line(function, 0)].self += cost;
    return;
  }
  Frame& frame = frames_.back();
  frame.self += cost;
  functions_[frame.function].self += cost;
  lines_[frame.line_row].self += cost;
  // Time that spans several lines belongs to none of them.
  stacks_[log_.line_times() ? frame.stack : frame.entry].self += cost;
}

std::uint32_t Trace::outside() {
  if (outside_ == none) {
    outside_ = static_cast<std::uint32_t>(functions_.size());
    functions_.push_back({.name = "<entered before start()>", .file = {}});
  }
  return outside_;
}

std::uint32_t Trace::function_at(std::uint32_t file, std::uint32_t line) {
  const auto [at, is_new] =
      function_index_.try_emplace(pair_of(file, line), static_cast<std::uint32_t>(functions_.size()));
  if (!is_new) return at->second;
  FunctionRow row{.name = "?", .file = {}, .line = line};
  if (const auto name = names_.find(pair_of(file, line)); name != names_.end()) {
    std::tie(row.file, row.name) = name->second;
  } else {
    unnamed_.met(log_.offset());
    const auto known = files_.find(file);
    row.file = known != files_.end()
                   ? known->second
                   : made_up_files_.try_emplace(file, "<file " + std::to_string(file) + ">").first->second;
  }
  functions_.push_back(row);
  return at->second;
}

void Trace::enter(const HotshotRecord& record) {
  Frame frame{.function = function_at(record.file, record.line)};
  frame.line_row = row_of_line(frame.function, record.line);
  frame.at_entry = now(frame.function);
  FunctionRow& function = functions_[frame.function];
  ++function.counts.calls;
  if (function.active++ == 0) ++function.counts.primitive;
  if (!frames_.empty()) {
    const Frame& caller = frames_.back();
    frame.caller_stack = caller.stack;
    frame.pair = row_of(pair_index_, caller.function, frame.function, pairs_, {});
    frame.edge = row_of(edge_index_, caller.line_row, frame.function, edges_, {caller.line_row, frame.function});
    EdgeRow& edge = edges_[frame.edge];
    ++edge.counts.calls;
    if (pairs_[frame.pair].active++ == 0) ++edge.counts.primitive;
  }
  frame.stack = frame.entry = row_of_stack(frame.caller_stack, frame.line_row);
  frames_.push_back(frame);
}

void Trace::leave() {
  const Frame frame = frames_.back();
  frames_.pop_back();
  const Cost total = now(frame.function) - frame.at_entry;
  FunctionRow& function = functions_[frame.function];
  if (--function.active == 0) function.total += total;
  if (frame.edge == none) return;
  edges_[frame.edge].self += frame.self;
  if (--pairs_[frame.pair].active == 0) edges_[frame.edge].total += total;
}

void Trace::hit_line(std::uint32_t line) {
  ++now_hits_;
  const Cost hit = {0, 1};
  if (frames_.empty()) {
    lines_outside_.met(log_.offset());
    const std::uint32_t function = outside();
    functions_[function].self += hit;
    functions_[function].total += hit;
    lines_[row_of_line(function, line)].self += hit;
    return;
  }
  Frame& frame = frames_.back();
  line_before_function_ = line_before_function_ || line < functions_[frame.function].line;
  frame.line_row = row_of_line(frame.function, line);
  frame.stack = row_of_stack(frame.caller_stack, frame.line_row);
  frame.self += hit;
  functions_[frame.function].self += hit;
  lines_[frame.line_row].self += hit;
  stacks_[frame.stack].self += hit;
}

void Trace::follow(bool salvage, Diagnostics& diagnostics) {
  using Kind = HotshotRecord::Kind;
  try {
    while (const std::optional<HotshotRecord> record = log_.next()) {
      switch (record->kind) {
        case Kind::enter:
          pass_time(*record);
          enter(*record);
          break;
        case Kind::exit:
          pass_time(*record);
          if (frames_.empty()) {
            unmatched_.met(log_.offset());
          } else {
            leave();
          }
          break;
        case Kind::line:
          pass_time(*record);
          hit_line(record->line);
          break;
        case Kind::info: add_info(*record); break;
        case Kind::define_file: files_[record->file] = record->text; break;
        case Kind::define_function:
          names_[pair_of(record->file, record->line)] = {files_[record->file], record->text};
          break;
      }
    }
  } catch (const TruncatedError& error) {
    if (events_ == 0) throw;
    const std::string complete =
        std::to_string(events_) + (events_ == 1 ? " event before it is complete" : " events before it are complete");
    if (!salvage) {
      throw TruncatedError(Error::Parts{error.source(), error.where(), error.reason() + "; " + complete,
                                        error.hint() + "; --salvage converts what is complete"});
    }
    diagnostics.warn(error.source(), error.where(), error.reason() + "; " + complete + " and converted");
  }
  unfinished_ = frames_.size();
  while (!frames_.empty()) leave();
}

void Trace::report(Diagnostics& diagnostics) const {
  const std::string_view source = log_.source();
  unmatched_.warn(
      diagnostics, source,
      "function is left that was not entered since start(); its time is that of \"<entered before start()>\"",
      "functions are left that were not entered since start(); their time is that of \"<entered before start()>\"");
  lines_outside_.warn(diagnostics, source, "line was executed in a function that was not entered since start()",
                      "lines were executed in functions that were not entered since start()");
  if (unfinished_ != 0)
    diagnostics.warn(std::string(source), at_byte(log_.offset()),
                     std::to_string(unfinished_) + (unfinished_ == 1 ? " function was" : " functions were") +
                         " still running at the end of the log; taken as left there");
  unnamed_.warn(diagnostics, source, "function is entered that the log does not name",
                "functions are entered that the log does not name");
  set_back_.warn(diagnostics, source, "time is negative, the clock was set back; 0 is used",
                 "times are negative, the clock was set back; 0 is used");
  bad_frequency_.warn(diagnostics, source,
                      "reported-performance-frequency is no number above 0; ticks are taken for microseconds",
                      "reported-performance-frequencies are no numbers above 0; ticks are taken for microseconds");
  if (functions_.empty()) diagnostics.warn(std::string(source), {}, "the profile is empty");
}

Profile Trace::profile(const Bytes& bytes, const ReadOptions& options) const {
  const bool has_hits = now_hits_ != 0, has_time = timed_ || !has_hits;
  std::vector<MetricKey> metrics;
  if (has_time) metrics.push_back(time_metric);
  if (has_hits) metrics.push_back(hits_metric);
  const auto row = [&](Cost cost, bool with_time = true) {
    std::array<std::int64_t, 2> values{};
    std::size_t m = 0;
    if (has_time) values[m++] = with_time ? cost.ns : not_measured;
    if (has_hits) values[m++] = cost.hits;
    return std::pair(values, m);
  };
  const auto span = [](const auto& values) { return std::span(values.first).first(values.second); };

  ProfileBuilder builder(metrics, options.limits);
  builder.add_source(bytes.source, "hotshot", options.command, bytes.mtime_ns, 0);
  std::vector<FunctionId> ids;
  ids.reserve(functions_.size());
  for (const FunctionRow& f : functions_) {
    const FunctionId id = builder.function({.name = f.name, .file = f.file, .line = f.line});
    ids.push_back(id);
    builder.mark_entry(id);
    builder.add_counts(id, f.counts);
    builder.add_self(id, span(row(f.self)));
    builder.add_total(id, span(row(f.total)));
  }
  // Without line events a function's only row is that of its first line.
  const auto line_of = [&](std::uint32_t line_row) { return has_hits ? lines_[line_row].line : 0; };
  for (const EdgeRow& e : edges_) {
    const Call call{ids[lines_[e.line_row].function], ids[e.callee], line_of(e.line_row)};
    builder.add_call(call, e.counts, span(row(e.self)), span(row(e.total)));
  }
  if (has_hits) {
    for (const LineRow& l : lines_) {
      if (l.self.hits == 0 && (l.self.ns == 0 || !lines_timed_)) continue;
      builder.add_line({ids[l.function], l.line}, span(row(l.self, lines_timed_)), {});
    }
  }
  std::vector<NodeId> nodes;
  nodes.reserve(stacks_.size());
  for (const StackRow& s : stacks_) {
    const NodeId parent = s.parent == none ? no_parent : nodes[s.parent];
    nodes.push_back(builder.node(parent, ids[lines_[s.line_row].function], line_of(s.line_row)));
    if (s.self.ns != 0 || s.self.hits != 0) builder.add_sample({nodes.back(), LabelsId{0}}, span(row(s.self)));
  }
  return std::move(builder).finish();
}

}  // namespace

Profile read_hotshot(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics) {
  std::optional<Trace> trace(std::in_place, bytes, true);
  std::optional<FormatError> refused;
  Diagnostics as_declared;
  try {
    trace->follow(options.salvage, as_declared);
  } catch (const FormatError& error) {
    refused = error;
  }
  if (refused || !trace->makes_sense() || trace->never_takes_time()) {
    Diagnostics as_coverage;
    std::optional<Trace> coverage(std::in_place, bytes, false);
    try {
      coverage->follow(options.salvage, as_coverage);
    } catch (const FormatError&) {
      coverage.reset();
    }
    if (coverage && coverage->is_coverage()) {
      diagnostics.warn(std::string(bytes.source), {},
                       "this log of _hotshot.coverage() holds no times, though it says so; hits are read");
      refused.reset();
      trace = std::move(coverage);
      as_declared = as_coverage;
    }
  }
  if (refused) throw FormatError(*refused);
  for (const Diagnostic& d : as_declared.all()) diagnostics.warn(d.source, d.where, d.text);
  trace->report(diagnostics);
  return trace->profile(bytes, options);
}

// The first record is always the info "hotshot-version".
Match sniff_hotshot(std::span<const std::byte> head) {
  constexpr std::string_view start = "\x13\x0fhotshot-version";
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.starts_with(start)) return Match::yes;
  return text.size() > 2 && start.starts_with(text) ? Match::maybe : Match::no;
}

}  // namespace profconv
