// mprof: the data file of `mprof run` (mprofile_*.dat) and of `python -m memory_profiler --timestamp`.
//
//     CMDLINE python3 t.py                                             the rest of the line
//     MEM 20.781250 1795353012.8654                                    MiB, seconds since 1970
//     CHLD 10541 0.601562 1795353013.9446                              child, MiB, seconds
//     FUNC __main__.f 21.6836 1795353012.8768 21.6836 1795353013.4489 0
//          name, MiB and seconds at entry, MiB and seconds at exit, level (since 0.55; 0 is the outermost)
//
// One record a line, in no order: mprof and the program append to the same file, each when its buffer is full. Several
// runs may follow each other. Source: memory_profiler 0.31 to 0.61, `TimeStamper.show_results`, mprof.py
// `memory_usage`.
//
// With FUNC records: one function per name. A call's parent is the innermost call of a lower level whose time contains
// its own (levels alone do not do: one is lost with every exception that leaves a profiled function). Time is exit -
// entry. Memory changes between two readings in a row (entries and exits) belong to the function that ran between them:
// mem_grow when positive, mem_free when negative; so growth - release of a call, inclusive, is what it changed memory
// by. mem_peak is the largest reading, of MEM records too, while the function was running (self: on top; inclusive:
// anywhere).
//
// Without FUNC records: one function per CMDLINE with its peak, and what it grew by: peak - first reading.
//
// Records of unknown kinds and empty lines are ignored, as mprof does; records of children count for nothing here.
// `--timestamp` without `-o` prints its records where the program printed, too, and the first of them may follow what
// has no newline at its end.

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/builder.hpp>

#include "base/hash_tables.hpp"
#include "codecs/decimal.hpp"
#include "io/line_cursor.hpp"
#include "model/checked.hpp"
#include "readers/oddities.hpp"
#include "readers/readers.hpp"

namespace profconv {
namespace {

constexpr std::int64_t bytes_per_mib = std::int64_t{1} << 20, ns_per_s = 1'000'000'000;
constexpr std::int64_t unknown_level = -1;

/// Takes the word at the end of `rest` off it, with the blank before it.
std::string_view take_last_word(std::string_view& rest) {
  const std::size_t blank = rest.rfind(' ');
  const std::string_view word = blank == std::string_view::npos ? rest : rest.substr(blank + 1);
  rest = blank == std::string_view::npos ? std::string_view{} : rest.substr(0, blank);
  return word;
}

struct Reading {
  std::int64_t ns = 0, bytes = 0;
};

/// "20.781250 1795353012.8654" at the end of `rest`, which is shortened by it.
std::optional<Reading> take_reading(std::string_view& rest) {
  const auto ns = scaled_decimal(take_last_word(rest), ns_per_s);
  const auto bytes = scaled_decimal(take_last_word(rest), bytes_per_mib);
  if (!ns || !bytes || *ns < 0 || *bytes < 0) return std::nullopt;
  return Reading{*ns, *bytes};
}

struct Run {
  std::string_view command;
  std::size_t first_reading = 0;
};

struct FunctionCall {
  std::string_view name;
  Reading entry, exit;
  std::int64_t level = unknown_level;
};

std::optional<FunctionCall> parse_call(std::string_view rest) {
  FunctionCall call;
  std::string_view without_level = rest;
  const std::string_view last = take_last_word(without_level);
  if (last.find('.') == std::string_view::npos) {  // times have a point
    const auto level = scaled_decimal(last, 1);
    if (!level || *level < 0) return std::nullopt;
    call.level = *level;
    rest = without_level;
  }
  const auto exit = take_reading(rest), entry = take_reading(rest);
  if (!entry || !exit || rest.empty()) return std::nullopt;
  call.entry = *entry;
  call.exit = *exit;
  call.name = rest;  // names of blocks (`profile.timestamp("a b")`) may hold blanks
  return call;
}

constexpr std::string_view call_keyword = "FUNC ";

/// The record at the end of a line that begins with what a program printed; written to the letter as memory_profiler
/// does, with a module before the name and four decimals in each number.
std::optional<FunctionCall> call_behind_output(std::string_view line) {
  const std::size_t at = line.rfind(call_keyword);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = line.substr(at + call_keyword.size());
  const auto call = parse_call(rest);
  if (!call || call->name.find('.') == std::string_view::npos) return std::nullopt;
  if (call->level != unknown_level) take_last_word(rest);
  for (int i = 0; i < 4; ++i) {
    const std::string_view number = take_last_word(rest);
    if (number.size() < 6 || number[number.size() - 5] != '.') return std::nullopt;
  }
  return call;
}

/// The records of a file, sorted by time. Views into it.
class Records {
 public:
  explicit Records(const Bytes& bytes)
      : cursor_(bytes.data, bytes.source), end_(reinterpret_cast<const char*>(bytes.data.data()) + bytes.data.size()) {}

  void parse();
  void report(Diagnostics& diagnostics) const;

  std::vector<Run> runs;
  std::vector<Reading> readings;  // those of a run together
  std::vector<FunctionCall> calls;

 private:
  /// False: the record is not what it should be.
  bool parse_record(std::string_view line);

  LineCursor cursor_;
  const char* end_;
  std::uint64_t children_ = 0;
  Oddity bad_{Oddity::Place::line}, unknown_{Oddity::Place::line}, cut_{Oddity::Place::line};
};

bool Records::parse_record(std::string_view line) {
  std::string_view rest = line;
  const auto take = [&](std::string_view keyword) {
    if (!rest.starts_with(keyword)) return false;
    rest.remove_prefix(keyword.size());
    return true;
  };
  // Cut within a number, a record may still look whole: times have four decimals.
  const bool cut = line.data() + line.size() == end_ && line.size() > 5 && line[line.size() - 5] != '.';
  if (take("MEM ")) {
    const auto reading = take_reading(rest);
    if (!reading || !rest.empty() || cut) return false;
    if (runs.empty()) runs.push_back({});
    readings.push_back(*reading);
  } else if (take("CMDLINE ")) {
    runs.push_back({rest, readings.size()});
  } else if (take(call_keyword)) {
    const auto call = parse_call(rest);
    if (!call || (cut && call->level == unknown_level)) return false;
    calls.push_back(*call);
  } else if (take("CHLD ")) {
    if (!take_reading(rest) || rest.empty() || cut) return false;
    ++children_;
  } else if (const auto call = call_behind_output(line)) {
    calls.push_back(*call);
  } else if (line.find_first_not_of(" \t") != std::string_view::npos) {
    unknown_.met(cursor_.number());
  }
  return true;
}

void Records::parse() {
  while (cursor_.next()) {
    const std::string_view line = cursor_.line();
    if (parse_record(line)) continue;
    (line.data() + line.size() == end_ ? cut_ : bad_).met(cursor_.number());
  }
  if (readings.empty() && calls.empty())
    throw FormatError(Error::Parts{std::string(cursor_.source()),
                                   {},
                                   "no usable MEM or FUNC record of mprof was found",
                                   "was the program too short to be sampled? mprof run -T 0.01 samples more often"});
  const auto earlier = [](const Reading& a, const Reading& b) { return a.ns < b.ns; };
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto end = i + 1 < runs.size() ? runs[i + 1].first_reading : readings.size();
    std::ranges::stable_sort(std::span(readings).subspan(runs[i].first_reading, end - runs[i].first_reading), earlier);
  }
}

void Records::report(Diagnostics& diagnostics) const {
  const std::string_view source = cursor_.source();
  bad_.warn(diagnostics, source, "record has wrong fields; left out", "records have wrong fields; left out");
  cut_.warn(diagnostics, source, "record at the end is cut off; left out", "records at the end are cut off; left out");
  unknown_.note(diagnostics, source, "line is no record of mprof; ignored", "lines are no records of mprof; ignored");
  if (children_ != 0)
    diagnostics.note(
        std::string(source), {},
        std::to_string(children_) + (children_ == 1 ? " reading" : " readings") + " of child processes left out");
}

/// Rebuilds the calls from their times and levels, and adds up what they cost.
class CallBuilder {
 public:
  CallBuilder(const Bytes& bytes, const Limits& limits, std::string_view command)
      : source_(bytes.source),
        builder_(std::array{time_metric, mem_grow_metric, mem_free_metric, mem_peak_metric}, limits) {
    builder_.add_source(bytes.source, "mprof", command, bytes.mtime_ns, 0);
  }

  void add(std::vector<FunctionCall>& calls, std::vector<Reading>& readings);
  void report(Diagnostics& diagnostics) const;
  Profile finish() && { return std::move(builder_).finish(); }

 private:
  struct Cost {
    std::int64_t ns = 0, grown = 0, freed = 0, peak = 0;

    void change(std::int64_t from, std::int64_t to) {
      add(to > from ? grown : freed, to > from ? to - from : from - to);
    }
    Cost& operator+=(const Cost& more) {
      add(ns, more.ns);
      add(grown, more.grown);
      add(freed, more.freed);
      peak = std::max(peak, more.peak);
      return *this;
    }
    static void add(std::int64_t& sum, std::int64_t value) {
      if (!add_checked(sum, value)) throw Error("the costs of the calls do not fit 64 bits together");
    }
    std::array<std::int64_t, 4> row() const { return {ns, grown, freed, peak}; }
  };
  struct Frame {
    const FunctionCall* call;
    FunctionId function;
    std::optional<FunctionId> caller;
    std::int64_t last_bytes;  // at the entry or the last exit of a callee
    Cost self, callees;
    bool outermost, outermost_edge;
  };

  static bool has_ended(const Frame& frame, const FunctionCall& next);
  static bool holds(const Frame& frame, const FunctionCall& call);
  void pass_readings(std::int64_t until_ns);
  void enter(const FunctionCall& call);
  void leave();

  std::string_view source_;
  ProfileBuilder builder_;
  std::span<const Reading> readings_;  // not passed yet
  std::vector<Frame> frames_;
  std::vector<std::uint32_t> active_;  // per function
  NumberMap<std::uint32_t> active_pairs_;
  std::uint64_t outside_ = 0, overlapping_ = 0, backwards_ = 0;
};

// Times have four decimals, so calls in a row may share one.
bool CallBuilder::has_ended(const Frame& frame, const FunctionCall& next) {
  const FunctionCall& call = *frame.call;
  if (call.exit.ns != next.entry.ns) return call.exit.ns < next.entry.ns;
  const bool may_hold = next.exit.ns == call.exit.ns && next.level > call.level;
  return !may_hold;
}

bool CallBuilder::holds(const Frame& frame, const FunctionCall& call) {
  const bool lower =
      call.level == unknown_level || frame.call->level == unknown_level || frame.call->level < call.level;
  return lower && call.exit.ns <= frame.call->exit.ns;
}

// Readings until then belong to the innermost calls that were running when they were taken.
void CallBuilder::pass_readings(std::int64_t until_ns) {
  while (!readings_.empty() && readings_.front().ns < until_ns) {
    const Reading& reading = readings_.front();
    while (!frames_.empty() && frames_.back().call->exit.ns < reading.ns) leave();
    if (frames_.empty()) {
      ++outside_;
    } else {
      Cost& self = frames_.back().self;
      self.peak = std::max(self.peak, reading.bytes);
    }
    readings_ = readings_.subspan(1);
  }
}

void CallBuilder::enter(const FunctionCall& call) {
  pass_readings(call.entry.ns);
  while (!frames_.empty()) {
    const bool ended = has_ended(frames_.back(), call);
    if (!ended && holds(frames_.back(), call)) break;
    if (!ended) ++overlapping_;
    leave();
  }

  Frame frame{.call = &call,
              .function = builder_.function({.name = call.name}),
              .caller = std::nullopt,
              .last_bytes = call.entry.bytes,
              .self = {},
              .callees = {},
              .outermost = false,
              .outermost_edge = false};
  frame.self.peak = std::max(call.entry.bytes, call.exit.bytes);
  active_.resize(std::max(active_.size(), builder_.function_count()));
  frame.outermost = active_[index(frame.function)]++ == 0;
  if (!frames_.empty()) {
    Frame& caller = frames_.back();
    caller.self.change(caller.last_bytes, call.entry.bytes);
    caller.last_bytes = call.exit.bytes;
    frame.caller = caller.function;
    std::uint32_t& pair =
        active_pairs_[pair_of(static_cast<std::uint32_t>(*frame.caller), static_cast<std::uint32_t>(frame.function))];
    frame.outermost_edge = pair++ == 0;
  }
  frames_.push_back(frame);
}

void CallBuilder::leave() {
  Frame frame = frames_.back();
  frames_.pop_back();
  const FunctionCall& call = *frame.call;
  frame.self.change(frame.last_bytes, call.exit.bytes);
  const std::int64_t ns = call.exit.ns - call.entry.ns;
  frame.self.ns = std::max<std::int64_t>(ns - frame.callees.ns, 0);  // callees that overlap may sum up to more
  Cost total = frame.self;
  total += frame.callees;
  total.ns = ns;

  builder_.add_counts(frame.function, {1, frame.outermost ? 1 : 0});
  builder_.add_self(frame.function, frame.self.row());
  // Inside itself, a call's cost is in the outer one's already; of a peak the larger one stays anyway.
  builder_.add_total(frame.function, frame.outermost ? total.row() : Cost{}.row());
  --active_[index(frame.function)];
  if (!frame.caller) return;
  builder_.add_call({*frame.caller, frame.function, 0}, {1, frame.outermost_edge ? 1 : 0}, frame.self.row(),
                    frame.outermost_edge ? total.row() : Cost{}.row());
  --active_pairs_[pair_of(static_cast<std::uint32_t>(*frame.caller), static_cast<std::uint32_t>(frame.function))];
  frames_.back().callees += total;
}

void CallBuilder::add(std::vector<FunctionCall>& calls, std::vector<Reading>& readings) {
  for (FunctionCall& call : calls) {
    builder_.mark_entry(builder_.function({.name = call.name}));
    if (call.exit.ns >= call.entry.ns) continue;
    ++backwards_;
    call.exit.ns = call.entry.ns;
  }
  std::ranges::stable_sort(calls, [](const FunctionCall& a, const FunctionCall& b) {
    if (a.entry.ns != b.entry.ns) return a.entry.ns < b.entry.ns;
    if (a.level != b.level) return a.level < b.level;
    return a.exit.ns > b.exit.ns;
  });
  std::ranges::stable_sort(readings, [](const Reading& a, const Reading& b) { return a.ns < b.ns; });
  readings_ = readings;
  for (const FunctionCall& call : calls) enter(call);
  pass_readings(std::numeric_limits<std::int64_t>::max());
  while (!frames_.empty()) leave();
}

void CallBuilder::report(Diagnostics& diagnostics) const {
  const auto say = [](std::uint64_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
  };
  const std::string source(source_);
  if (overlapping_ != 0)
    diagnostics.warn(
        source, {},
        say(overlapping_, "call overlaps another one without being inside it (threads?); taken as its caller's",
            "calls overlap others without being inside them (threads?); taken as their callers'"));
  if (backwards_ != 0)
    diagnostics.warn(source, {},
                     say(backwards_, "call ends before it begins; taken to last no time",
                         "calls end before they begin; taken to last no time"));
  if (outside_ != 0)
    diagnostics.note(source, {},
                     say(outside_, "reading of memory lies outside every profiled function",
                         "readings of memory lie outside every profiled function"));
}

/// What is known without functions: how much memory each run took.
Profile programs_of(const Records& records, const Bytes& bytes, const ReadOptions& options, std::string_view command) {
  ProfileBuilder builder(std::array{mem_grow_metric, mem_peak_metric}, options.limits);
  builder.add_source(bytes.source, "mprof", command, bytes.mtime_ns, 0);
  for (std::size_t i = 0; i < records.runs.size(); ++i) {
    const Run& run = records.runs[i];
    const auto end = i + 1 < records.runs.size() ? records.runs[i + 1].first_reading : records.readings.size();
    if (run.first_reading == end) continue;
    const auto readings = std::span(records.readings).subspan(run.first_reading, end - run.first_reading);
    std::int64_t peak = 0;
    for (const Reading& r : readings) peak = std::max(peak, r.bytes);
    const std::string_view name = !run.command.empty()       ? run.command
                                  : !options.command.empty() ? std::string_view(options.command)
                                                             : "<program>";
    const FunctionId function = builder.function({.name = name});
    builder.mark_entry(function);
    const std::array cost{peak - readings.front().bytes, peak};
    builder.add_self(function, cost);
    builder.add_total(function, cost);
  }
  return std::move(builder).finish();
}

}  // namespace

Profile read_mprof(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics) {
  Records records(bytes);
  records.parse();
  records.report(diagnostics);
  std::string_view command = options.command;
  for (const Run& run : records.runs) {
    if (!run.command.empty()) {
      command = run.command;
      break;
    }
  }
  if (records.calls.empty()) return programs_of(records, bytes, options, command);
  CallBuilder calls(bytes, options.limits, command);
  calls.add(records.calls, records.readings);
  calls.report(diagnostics);
  return std::move(calls).finish();
}

// The first line is one of the records, whole or as long as the head is; or a call stands behind a program's output.
Match sniff_mprof(std::span<const std::byte> head) {
  LineCursor cursor(head, {});
  if (!cursor.next()) return Match::no;
  std::string_view rest = cursor.line();
  const auto take = [&](std::string_view keyword) {
    if (!rest.starts_with(keyword)) return false;
    rest.remove_prefix(keyword.size());
    return true;
  };
  const auto is_record = [&] {
    if (take("CMDLINE ")) return true;
    if (take(call_keyword)) return parse_call(rest).has_value();
    if (take("CHLD ")) return take_reading(rest) && !rest.empty();
    return take("MEM ") && take_reading(rest) && rest.empty();
  };
  if (is_record()) return Match::yes;
  while (cursor.next()) {
    if (call_behind_output(cursor.line())) return Match::yes;
  }
  return Match::no;
}

}  // namespace profconv
