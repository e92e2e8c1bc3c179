// line_profiler: what kernprof -l, LineProfiler.dump_stats() and %lprun -D write (.lprof), all versions.
//
// A pickle (codecs/pickle.hpp) of one instance of LineStats, whose class moved twice:
//
//     _line_profiler.LineStats                    1.0 to 2.1
//     line_profiler._line_profiler.LineStats      3.0 to 5.0.0
//     line_profiler.line_profiler.LineStats       5.0.1 and later
//
//     LineStats.timings = { (file, first line, function) : [ (line, hits, time), ... ] }
//     LineStats.unit    = seconds per tick of `time`
//
// The file is as the code object had it, so often relative; the first line is that of the first decorator. The function
// is `co_name`, from 5.0 on `co_qualname` where Python has it (3.11). A line's time runs until the next line of the
// same call begins: it holds what the line calls. Lines that were never hit are absent. Source:
// line_profiler/_line_profiler.pyx (LineStats, get_stats), tags 1.0 to 5.0.2.
//
// In the model: time of lines in `line_total`, hits in `line_self`; a function's self and inclusive cost are both the
// sum over its lines; nobody counted calls. A dict holds a key once: where the file has it twice, the last value
// counts, as in Python. Entries for one line add up.

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "codecs/pickle.hpp"
#include "readers/line_times.hpp"
#include "readers/oddities.hpp"
#include "readers/readers.hpp"

namespace profconv {
namespace {

constexpr PickleClass line_stats[] = {{"line_profiler.line_profiler", "LineStats"},
                                      {"line_profiler._line_profiler", "LineStats"},
                                      {"_line_profiler", "LineStats"}};

constexpr const char* layout_hint = "is this a file of line_profiler (kernprof -l)?";

/// What other programs' pickles are, for hints; the beginning of the class they want.
struct KnownPickle {
  std::string_view beginning;
  const char* hint;
};
constexpr KnownPickle known_pickles[] = {
    {"yappi.", "yappi's own format; save(FILE, type=\"pstat\") writes one that is read"},
    {"_yappi.", "yappi's own format; save(FILE, type=\"pstat\") writes one that is read"},
    {"pstats.", "a pickled pstats.Stats; its dump_stats(FILE) writes a file that is read"},
};

class LineProfilerParser {
 public:
  LineProfilerParser(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics)
      : source_(bytes.source),
        cursor_(bytes.data, bytes.source),
        diagnostics_(diagnostics),
        pickle_(decode()),
        builder_(std::array{time_metric, hits_metric}, options.limits) {
    builder_.add_source(bytes.source, "line_profiler", options.command, bytes.mtime_ns, 0);
    if (options.as_recorded) recorded_.emplace();
    if (options.time_unit_s != 1)
      diagnostics.warn(std::string(source_), {}, "the file says its unit of time itself; --time-unit is not used");
  }

  Profile parse();

 private:
  struct Entry {
    FunctionId function;
    PickleValue rows;
    std::size_t number = 0;  // in the file, from 0
  };

  Pickle decode();
  std::pair<PickleValue, PickleValue> parse_state();  // timings, unit
  double parse_unit(PickleValue value);
  Entry parse_key(PickleValue key, PickleValue rows, std::size_t number);
  void parse_rows(const Entry& entry);
  void parse_row(const Entry& entry, PickleValue row);
  std::int64_t hits_of(PickleValue value, const Entry& entry);
  std::int64_t ns_of(PickleValue value, const Entry& entry);
  std::uint32_t line_number(PickleValue value, std::size_t entry, const char* what);
  Recorded::Number recorded(PickleValue value) const;
  void report();

  [[noreturn]] void fail(PickleValue at, std::size_t entry, const std::string& reason) const {
    cursor_.fail_at(at.offset(), "timings entry " + std::to_string(entry) + ": " + reason);
  }
  [[noreturn]] void fail_expected(PickleValue found, std::size_t entry, const char* expected) const {
    fail(found, entry, std::string("expected ") + expected + ", found " + name_of(found.type()));
  }

  std::string_view source_;
  ByteCursor cursor_;
  Diagnostics& diagnostics_;
  Pickle pickle_;
  ProfileBuilder builder_;
  LineTimes times_{1e-9};
  std::optional<RecordedLines> recorded_;

  std::array<std::int64_t, 2> sum_{};  // of the entry being read: time, hits
  Oddity doubled_keys_, negative_, not_finite_, fractions_, bad_lines_;
};

Pickle LineProfilerParser::decode() {
  try {
    Pickle pickle = Pickle::decode(cursor_, line_stats);
    if (const std::size_t left = cursor_.left(); left != 0) {
      diagnostics_.warn(
          std::string(source_), at_byte(cursor_.offset()),
          std::to_string(left) + (left == 1 ? " byte follows" : " bytes follow") + " the profile; ignored");
    }
    return pickle;
  } catch (const PickleRefused& error) {
    const auto known = std::ranges::find_if(
        known_pickles, [&](const KnownPickle& k) { return error.name().starts_with(k.beginning); });
    throw FormatError(Error::Parts{error.source(), error.where(), error.reason(),
                                   known != std::end(known_pickles) ? known->hint : layout_hint});
  }
}

std::pair<PickleValue, PickleValue> LineProfilerParser::parse_state() {
  const PickleValue root = pickle_.root();
  if (root.type() != PickleType::object)
    cursor_.fail_at(root.offset(), std::string("expected line_profiler's LineStats, found ") + name_of(root.type()),
                    layout_hint);
  const PickleValue state = pickle_.state_of(root);
  if (state.type() != PickleType::dict) cursor_.fail_at(root.offset(), "LineStats has no state");
  std::optional<PickleValue> timings, unit;
  Oddity others;
  pickle_.for_each_entry(state, [&](PickleValue key, PickleValue value) {
    const std::string_view name = key.type() == PickleType::text ? pickle_.text(key) : std::string_view{};
    if (name == "timings") {
      timings = value;
    } else if (name == "unit") {
      unit = value;
    } else {
      others.met(key.offset());
    }
  });
  others.note(diagnostics_, source_, "attribute of LineStats besides timings and unit is not used",
              "attributes of LineStats besides timings and unit are not used");
  if (!timings) cursor_.fail_at(state.offset(), "LineStats has no timings");
  if (timings->type() != PickleType::dict)
    cursor_.fail_at(timings->offset(), std::string("timings: expected a dict, found ") + name_of(timings->type()));
  if (!unit) cursor_.fail_at(state.offset(), "LineStats has no unit");
  return {*timings, *unit};
}

double LineProfilerParser::parse_unit(PickleValue value) {
  if (!value.is_number())
    cursor_.fail_at(value.offset(), std::string("unit: expected a number, found ") + name_of(value.type()));
  const double unit = pickle_.real(value);
  if (!(unit > 0) || !std::isfinite(unit))
    cursor_.fail_at(value.offset(), "unit: expected a positive number of seconds per tick");
  return unit;
}

std::uint32_t LineProfilerParser::line_number(PickleValue value, std::size_t entry, const char* what) {
  const bool is_integer = value.type() == PickleType::integer || value.type() == PickleType::boolean;
  if (!is_integer && value.type() != PickleType::big_integer) fail_expected(value, entry, what);
  if (is_integer) {
    const std::int64_t line = pickle_.integer(value);
    if (line >= 0 && line <= 0xffffffff) return static_cast<std::uint32_t>(line);
  }
  bad_lines_.met(value.offset());
  return 0;
}

LineProfilerParser::Entry LineProfilerParser::parse_key(PickleValue key, PickleValue rows, std::size_t number) {
  const char* const layout = "a tuple (file, first line, function)";
  if (key.type() != PickleType::tuple) fail_expected(key, number, layout);
  const std::span<const PickleValue> parts = pickle_.tuple(key);
  if (parts.size() != 3)
    fail(key, number, std::string("expected ") + layout + ", found a tuple of " + std::to_string(parts.size()));
  if (parts[0].type() != PickleType::text) fail_expected(parts[0], number, "a file name");
  const std::uint32_t line = line_number(parts[1], number, "a line number");
  if (parts[2].type() != PickleType::text) fail_expected(parts[2], number, "a function name");
  return {builder_.function(key_of_recorded_name(pickle_.text(parts[2]), pickle_.text(parts[0]), line)), rows, number};
}

std::int64_t LineProfilerParser::hits_of(PickleValue value, const Entry& entry) {
  switch (value.type()) {
    case PickleType::integer:
    case PickleType::boolean:
      if (const std::int64_t hits = pickle_.integer(value); hits >= 0) return hits;
      negative_.met(value.offset());
      return 0;
    case PickleType::real: break;
    case PickleType::big_integer: fail(value, entry.number, "hits do not fit 64 bits");
    default: fail_expected(value, entry.number, "a number of hits");
  }
  const double hits = pickle_.real(value);
  if (!std::isfinite(hits)) {
    not_finite_.met(value.offset());
    return 0;
  }
  if (hits < 0) {
    negative_.met(value.offset());
    return 0;
  }
  constexpr double limit = 9223372036854775808.0;  // 2^63
  if (hits >= limit) fail(value, entry.number, "hits do not fit 64 bits");
  if (hits != std::floor(hits)) fractions_.met(value.offset());
  return static_cast<std::int64_t>(hits);
}

std::int64_t LineProfilerParser::ns_of(PickleValue value, const Entry& entry) {
  if (!value.is_number()) fail_expected(value, entry.number, "a time");
  std::optional<std::int64_t> ns;
  if (value.type() == PickleType::integer || value.type() == PickleType::boolean) {
    ns = times_.ns_of_ticks(pickle_.integer(value));
  } else if (const double ticks = pickle_.real(value);
             std::isfinite(ticks) || value.type() == PickleType::big_integer) {
    ns = times_.ns_of_ticks(ticks);
  } else {
    not_finite_.met(value.offset());
    return 0;
  }
  if (!ns) fail(value, entry.number, "the time does not fit 64 bits of nanoseconds");
  if (*ns < 0) {  // clocks that step back
    negative_.met(value.offset());
    return 0;
  }
  return *ns;
}

Recorded::Number LineProfilerParser::recorded(PickleValue value) const {
  using Kind = Recorded::Number::Kind;
  const double real = pickle_.real(value);
  if (value.type() == PickleType::integer) return {real, pickle_.integer(value), Kind::integer};
  if (value.type() == PickleType::boolean) return {real, pickle_.integer(value), Kind::boolean};
  return {real, 0, Kind::real};
}

void LineProfilerParser::parse_row(const Entry& entry, PickleValue row) {
  const char* const layout = "a tuple (line, hits, time)";
  if (row.type() != PickleType::tuple) fail_expected(row, entry.number, layout);
  const std::span<const PickleValue> parts = pickle_.tuple(row);
  if (parts.size() != 3)
    fail(row, entry.number, std::string("expected ") + layout + ", found a tuple of " + std::to_string(parts.size()));
  const std::uint32_t line = line_number(parts[0], entry.number, "a line number");
  const std::int64_t hits = hits_of(parts[1], entry), ns = ns_of(parts[2], entry);
  if (__builtin_add_overflow(sum_[0], ns, &sum_[0]) || __builtin_add_overflow(sum_[1], hits, &sum_[1]))
    fail(row, entry.number, "the sum over the lines does not fit 64 bits");
  builder_.add_line({entry.function, line}, std::array{not_measured, hits}, std::array{ns, not_measured});
  if (recorded_) {
    const bool fits = parts[0].type() != PickleType::big_integer;
    recorded_->rows.push_back({fits ? pickle_.integer(parts[0]) : 0, recorded(parts[1]), recorded(parts[2])});
  }
}

void LineProfilerParser::parse_rows(const Entry& entry) {
  if (recorded_) recorded_->entries.push_back({entry.function, recorded_->rows.size(), 0});
  sum_ = {};
  pickle_.for_each_item(entry.rows, [&](PickleValue row) { parse_row(entry, row); });
  builder_.mark_entry(entry.function);
  builder_.add_self(entry.function, sum_);
  builder_.add_total(entry.function, sum_);
  if (recorded_) recorded_->entries.back().rows = recorded_->rows.size() - recorded_->entries.back().first_row;
}

void LineProfilerParser::report() {
  doubled_keys_.warn(diagnostics_, source_, "function stands twice in timings; the last one counts",
                     "functions stand twice in timings; the last one counts");
  negative_.warn(diagnostics_, source_, "number is negative; 0 is used", "numbers are negative; 0 is used");
  not_finite_.warn(diagnostics_, source_, "number is infinite or not a number; 0 is used",
                   "numbers are infinite or not a number; 0 is used");
  fractions_.warn(diagnostics_, source_, "number of hits is not whole; cut to an integer",
                  "numbers of hits are not whole; cut to integers");
  bad_lines_.warn(diagnostics_, source_, "line number is negative or too large; taken as unknown",
                  "line numbers are negative or too large; taken as unknown");
}

Profile LineProfilerParser::parse() {
  const auto [timings, unit] = parse_state();
  const double unit_s = parse_unit(unit);
  times_ = LineTimes(unit_s);
  if (recorded_) recorded_->unit_s = unit_s;

  std::vector<Entry> entries;
  std::vector<std::size_t> last_entry;  // per function: its last entry + 1
  std::size_t rows = 0, number = 0;
  pickle_.for_each_entry(timings, [&](PickleValue key, PickleValue value) {
    const Entry entry = parse_key(key, value, number++);
    if (value.type() != PickleType::list) fail_expected(value, entry.number, "a list of lines");
    rows += pickle_.size(value);
    // Every line takes several bytes, but references may show one list many times.
    if (rows > cursor_.size())
      fail(value, entry.number, "lists that are referenced again and again hold more lines than the file has bytes");
    last_entry.resize(builder_.function_count(), 0);
    std::size_t& last = last_entry[index(entry.function)];
    if (last != 0) {
      doubled_keys_.met(key.offset());
      entries[last - 1] = entry;  // in the place of the first one, as in a dict
      return;
    }
    entries.push_back(entry);
    last = entries.size();
  });
  builder_.reserve_lines(rows);
  if (recorded_) recorded_->rows.reserve(rows);
  for (const Entry& entry : entries) parse_rows(entry);
  report();
  if (entries.empty()) diagnostics_.warn(std::string(source_), {}, "the profile is empty");
  if (recorded_) builder_.set_recorded(std::move(*recorded_));
  return std::move(builder_).finish();
}

}  // namespace

Profile read_line_profiler(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics) {
  return LineProfilerParser(bytes, options, diagnostics).parse();
}

// `yes` for a pickle that names LineStats. Other pickles are taken when nobody else wants them: the reader then says
// what they are. Protocols 2 and later begin with PROTO; before, with a class on two lines or with the opcodes of a
// container.
Match sniff_line_profiler(std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  constexpr std::size_t near = 512;
  const Match match = text.substr(0, near).find("LineStats") != std::string_view::npos ? Match::yes : Match::maybe;
  if (text.starts_with('\x80')) return match;
  for (const std::string_view beginning : {"(S'", "(S\"", "(dp", "(lp", "(dq", "(lq", "}q", "]q"}) {
    if (text.starts_with(beginning)) return match;
  }
  std::string_view rest = text.substr(0, near);
  if (rest.starts_with('(')) rest.remove_prefix(1);
  if (!rest.starts_with('c') && !rest.starts_with('i')) return Match::no;
  rest.remove_prefix(1);
  for (int line = 0; line < 2; ++line) {  // module and class
    const std::size_t end = rest.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
    if (end == 0 || end == std::string_view::npos || rest[end] != '\n') return Match::no;
    rest.remove_prefix(end + 1);
  }
  return match;
}

}  // namespace profconv
