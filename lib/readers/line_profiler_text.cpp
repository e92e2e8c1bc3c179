// line_profiler-text: what print_stats(), kernprof -lv, python -m line_profiler and profile_output.txt print, all
// versions.
//
//     Timer unit: 1e-06 s                                          of the columns Time and Per Hit
//
//     Total time: 0.000396578 s                                    always seconds, 6 digits
//     File: lp.py
//     Function: m at line 8
//
//     Line #      Hits         Time  Per Hit   % Time  Line Contents
//     ==============================================================
//          8                                               @profile
//         13         1          1.1      1.1      0.3          s = 0
//
// The rows show every source line of the function, numbered on from its first one; the values are right-aligned below
// the header's words, and the source begins below "Line Contents". Before 4.1 a value too wide pushes the rest of its
// row to the right; later the columns are widened, and very wide values are written as 1.23e+10. A row without values
// was not executed. The list may end after a "Function:" line, where printing crashed. Without the source file "File:"
// and "Function:" are missing, and so is the name:
//
//     Total time: 7.05e-07 s
//
//     Could not find file /nowhere/x.py
//     Are you sure ... (three lines)
//
// `-m` adds a line per function, which may stand alone: "  0.00 seconds - lp.py:8 - m".
//
// Source: line_profiler's show_text and show_func, tags 1.0 to 5.0.2. What stands before, between and behind reports is
// the program's own output. Rich output (-r) is the same with colours, with file names that are links, and with rows
// broken where the console was narrow.
//
// In the model as in line_profiler.cpp. A line's time is that of its column Time or of its share in % of the total,
// whichever is printed more exactly.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "codecs/terminal_text.hpp"
#include "io/line_cursor.hpp"
#include "readers/line_times.hpp"
#include "readers/oddities.hpp"
#include "readers/readers.hpp"

namespace profconv {
namespace {

constexpr std::string_view blanks = " \t";

/// A printed number and half of its last digit's worth.
struct Printed {
  double value = 0, error = 0;
  bool whole = false;  // written without point and exponent
};

std::optional<Printed> parse_number(std::string_view text) {
  Printed number;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number.value);
  if (error != std::errc{} || stop != end || !std::isfinite(number.value)) return std::nullopt;
  const std::size_t exponent_at = std::min(text.find_first_of("eE"), text.size());
  const std::size_t point = text.substr(0, exponent_at).find('.');
  int last_digit = point == std::string_view::npos ? 0 : -static_cast<int>(exponent_at - point - 1);
  if (exponent_at < text.size()) {
    std::string_view exponent = text.substr(exponent_at + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    int power = 0;
    std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
    last_digit += power;
  }
  number.whole = point == std::string_view::npos && exponent_at == text.size();
  number.error = number.whole ? 0 : 0.5 * std::pow(10, last_digit);
  return number;
}

/// "PREFIX NUMBER s", as in "Total time: 0.1 s".
std::optional<double> parse_seconds(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix) || !line.ends_with(" s")) return std::nullopt;
  const std::optional<Printed> number = parse_number(line.substr(prefix.size(), line.size() - prefix.size() - 2));
  if (!number) return std::nullopt;
  return number->value;
}

constexpr std::string_view unit_prefix = "Timer unit: ", total_prefix = "Total time: ";

std::string_view trimmed(std::string_view text) {
  const std::size_t end = text.find_last_not_of(blanks);
  return end == std::string_view::npos ? std::string_view{} : text.substr(0, end + 1);
}

class LineProfilerTextParser {
 public:
  LineProfilerTextParser(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics)
      : source_(bytes.source),
        cursor_(bytes.data, bytes.source),
        diagnostics_(diagnostics),
        builder_(std::array{time_metric, hits_metric}, options.limits) {
    builder_.add_source(bytes.source, "line_profiler-text", options.command, bytes.mtime_ns, 0);
    if (options.time_unit_s != 1)
      diagnostics.warn(std::string(source_), {}, "the report says its unit of time itself; --time-unit is not used");
  }

  Profile parse();

 private:
  struct Row {
    std::uint32_t line = 0;
    std::int64_t hits = 0, ns = 0;
    std::size_t source_begin = 0;  // in the line of the input
    bool has_share = false;        // of the total time
  };
  struct Block {  // one function's part of a report
    std::string file = {}, name = {};
    std::uint32_t line = 0;
    double total_s = 0;
    std::size_t at = 0;  // line of the input
    std::size_t first_row = 0, rows = 0;
    std::size_t first_source_line = 0, source_lines = 0;
    double error_s = 0;       // how far the printed times of the rows may be off, together
    std::size_t damaged = 0;  // rows
    bool has_name = false, has_file = false, has_table = false, has_source = false, cut = false;
    bool is_folded = false;  // rows go on below their other numbers, and sources stand beside those of other rows
  };
  struct Summary {
    std::string file = {}, name = {};
    std::uint32_t line = 0;
    double seconds = 0;
    std::size_t at = 0;  // line of the input
    bool shown = false;  // has a table too
  };
  enum class State : std::uint8_t { outside, heading, ruler, rows };

  void parse_line(std::string_view line);
  void parse_heading(std::string_view line);
  bool parse_table_header(std::string_view line);
  void parse_row(std::string_view line);
  void add_source_line(std::uint32_t number, std::string_view text);
  bool goes_on_with(std::string_view line) const;
  void met_damaged();
  void check_end();
  bool parse_values(std::string_view line, std::size_t from, std::size_t contents, Row& row);
  bool parse_summary(std::string_view line);
  std::int64_t ns_of(double seconds);
  void begin_report(double unit_s);
  void end_report();
  void add(const Block& block, std::string_view name);

  std::string_view source_;
  LineCursor cursor_;
  Diagnostics& diagnostics_;
  ProfileBuilder builder_;
  std::string scratch_;

  State state_ = State::outside;
  std::size_t reports_ = 0;
  double unit_s_ = 0;
  std::vector<Block> blocks_;  // of the report
  std::vector<Row> rows_;
  std::vector<std::pair<std::uint32_t, StringId>> source_lines_;  // number and text
  std::vector<Summary> summaries_;
  // Of the table being read: where the line numbers end, where the source begins, and what the last row was.
  std::size_t number_end_ = 0, contents_ = 0;
  std::uint32_t last_line_ = 0;
  bool any_row_ = false;
  enum class LastRow : std::uint8_t { complete, damaged, without_source } last_row_ = LastRow::complete;

  using Place = Oddity::Place;
  Oddity damaged_{Place::line}, negative_{Place::line}, no_table_{Place::line}, mismatches_{Place::line},
      nameless_{Place::line};
};

std::int64_t LineProfilerTextParser::ns_of(double seconds) {
  const std::optional<std::int64_t> ns = LineTimes(1).ns_of_ticks(seconds);
  if (!ns) cursor_.fail("the time does not fit 64 bits of nanoseconds");
  if (*ns >= 0) return *ns;
  negative_.met(cursor_.number());
  return 0;
}

void LineProfilerTextParser::begin_report(double unit_s) {
  if (!(unit_s > 0)) cursor_.fail("expected a timer unit above 0");
  end_report();
  ++reports_;
  unit_s_ = unit_s;
}

// "   13         1          1.1      1.1      0.3" up to the source; false: these are no values.
bool LineProfilerTextParser::parse_values(std::string_view line, std::size_t from, std::size_t contents, Row& row) {
  std::array<Printed, 4> values;  // hits, time, per hit, percent
  std::size_t count = 0, at = from;
  while (count < values.size()) {
    const std::size_t begin = line.find_first_not_of(' ', at);
    if (begin == std::string_view::npos || (count == 3 && begin >= contents && at <= contents)) break;
    const std::size_t end = std::min(line.find(' ', begin), line.size());
    const std::optional<Printed> value = parse_number(line.substr(begin, end - begin));
    if (!value) break;
    values[count++] = *value;
    at = end;
  }
  if (count < 3) return false;
  // Without a percentage the source may follow the third value only where it begins.
  if (count == 3 && at < line.size() && line.find_first_not_of(' ', at) != std::string_view::npos && at > contents)
    return false;
  constexpr double limit = 9223372036854775808.0;  // 2^63
  if (!(values[0].value >= 0 && values[0].value < limit)) return false;
  row.hits = static_cast<std::int64_t>(values[0].value);
  double seconds = values[1].value * unit_s_, error = values[1].error * unit_s_;
  if (count == 4) {
    const double total_s = blocks_.back().total_s;
    const double share_error = values[3].error / 100 * total_s;
    if (share_error < error) {
      seconds = values[3].value / 100 * total_s;
      error = share_error;
    }
  }
  blocks_.back().error_s += error;
  // Behind the percentage and two blanks, also where numbers were too wide.
  row.has_share = count == values.size();
  row.source_begin = row.has_share ? at + 2 : contents;
  row.ns = ns_of(seconds);
  return true;
}

// As far as it is shown: of some reports only the numbers are.
void LineProfilerTextParser::add_source_line(std::uint32_t number, std::string_view text) {
  if (number == 0) return;
  source_lines_.emplace_back(number, builder_.intern(text));
  ++blocks_.back().source_lines;
}

// Whether the line is what a narrow console left of the row before for the next line: its share of the time. The other
// values say all.
bool LineProfilerTextParser::goes_on_with(std::string_view line) const {
  if (!any_row_ || last_row_ == LastRow::damaged || blocks_.back().rows == 0) return false;
  const Row& row = rows_.back();
  const std::optional<Printed> share = parse_number(line.substr(0, line.find(' ')));
  return row.line == last_line_ && !row.has_share && share && !share->whole;
}

void LineProfilerTextParser::met_damaged() {
  ++blocks_.back().damaged;
  last_row_ = LastRow::damaged;
  damaged_.met(cursor_.number());
}

void LineProfilerTextParser::parse_row(std::string_view line) {
  Block& block = blocks_.back();
  if (goes_on_with(line)) {
    block.is_folded = true;
    last_row_ = LastRow::complete;
    return;
  }
  last_row_ = LastRow::complete;
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  std::uint32_t number = 0;
  const auto [stop, error] = std::from_chars(line.data() + begin, line.data() + line.size(), number);
  const std::size_t end = static_cast<std::size_t>(stop - line.data());
  const bool is_number = error == std::errc{} && (end == line.size() || line[end] == ' ');
  const bool follows = any_row_ ? number == last_line_ + 1 : !block.has_name || number == block.line;
  if (!is_number || !follows) return met_damaged();
  if (!any_row_ && !block.has_name) block.line = number;
  any_row_ = true;
  last_line_ = number;

  const std::size_t contents = contents_ + (end > number_end_ ? end - number_end_ : 0);
  const bool has_source = contents < line.size() && !trimmed(line.substr(contents)).empty();
  if (line.substr(end, contents > end ? contents - end : 0).find_first_not_of(' ') == std::string_view::npos) {
    block.has_source = block.has_source || has_source;
    add_source_line(number, trimmed(line.substr(std::min(contents, line.size()))));
    return;
  }
  const std::size_t next = line.find_first_not_of(' ', end);
  if (!parse_number(line.substr(next, line.find(' ', next) - next))) {  // source alone, of a narrower table
    block.has_source = true;
    add_source_line(number, trimmed(line.substr(next)));
    return;
  }
  Row row{.line = number};
  if (!parse_values(line, end, contents, row)) return met_damaged();
  if (!has_source) last_row_ = LastRow::without_source;
  block.has_source = block.has_source || has_source;
  add_source_line(number, trimmed(line.substr(std::min(row.source_begin, line.size()))));
  rows_.push_back(row);
  ++block.rows;
}

bool LineProfilerTextParser::parse_table_header(std::string_view line) {
  constexpr std::array<std::string_view, 6> labels = {"Line #", "Hits", "Time", "Per Hit", "% Time", "Line Contents"};
  std::size_t at = 0;
  for (const std::string_view label : labels) {
    const std::size_t begin = line.find_first_not_of(' ', at);
    if (begin == std::string_view::npos || !line.substr(begin).starts_with(label)) return false;
    if (label == labels.front()) number_end_ = begin + label.size();
    contents_ = begin;
    at = begin + label.size();
  }
  return true;
}

void LineProfilerTextParser::parse_heading(std::string_view line) {
  constexpr std::string_view file = "File: ", function = "Function: ", at_line = " at line ",
                             lost = "Could not find file ";
  Block& block = blocks_.back();
  if (parse_table_header(line)) {
    block.has_table = true;
    block.first_row = rows_.size();
    block.first_source_line = source_lines_.size();
    any_row_ = false;
    last_row_ = LastRow::complete;
    state_ = State::ruler;
  } else if (line.starts_with(file) || line.starts_with(lost)) {
    if (block.has_file) return;
    block.has_file = true;
    block.file = line.substr(line.starts_with(file) ? file.size() : lost.size());
  } else if (line.starts_with(function)) {
    const std::size_t end = line.rfind(at_line);
    if (block.has_name || end == std::string_view::npos || end < function.size()) return;
    const std::string_view number = trimmed(line.substr(end + at_line.size()));
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), block.line);
    if (error != std::errc{} || stop != number.data() + number.size()) return;
    block.name = line.substr(function.size(), end - function.size());
    block.has_name = true;
  }
}

// "  0.00 seconds - FILE:LINE - NAME"
bool LineProfilerTextParser::parse_summary(std::string_view line) {
  constexpr std::string_view words = " seconds - ", dash = " - ";
  const std::size_t begin = line.find_first_not_of(' '), end = line.find(words);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return false;
  const std::optional<Printed> seconds = parse_number(line.substr(begin, end - begin));
  if (!seconds || seconds->whole) return false;
  const std::string_view rest = line.substr(end + words.size());
  // The line number is the last one that a colon stands before and the dash behind: files and names may hold anything.
  for (std::size_t at = rest.rfind(dash); at != std::string_view::npos && at > 0; at = rest.rfind(dash, at - 1)) {
    const std::size_t colon = rest.rfind(':', at - 1);
    if (colon == std::string_view::npos) break;
    Summary summary{.file = std::string(rest.substr(0, colon)),
                    .name = std::string(trimmed(rest.substr(at + dash.size()))),
                    .seconds = seconds->value,
                    .at = cursor_.number()};
    const char* const stop = rest.data() + at;
    const auto [used, error] = std::from_chars(rest.data() + colon + 1, stop, summary.line);
    if (error != std::errc{} || used != stop) continue;
    summaries_.push_back(std::move(summary));
    return true;
  }
  return false;
}

void LineProfilerTextParser::parse_line(std::string_view line) {
  if (const auto unit = parse_seconds(trimmed(line), unit_prefix)) return begin_report(*unit);
  if (reports_ == 0) return;
  if (const auto total = parse_seconds(trimmed(line), total_prefix)) {
    blocks_.push_back({.total_s = *total, .at = cursor_.number(), .first_row = rows_.size()});
    state_ = State::heading;
    return;
  }
  const bool empty = trimmed(line).empty();
  switch (state_) {
    case State::outside: static_cast<void>(parse_summary(line)); return;
    case State::heading:
      if (!parse_summary(line)) parse_heading(line);
      return;
    case State::ruler:
      state_ = State::rows;
      if (line.starts_with("===")) return;
      [[fallthrough]];
    case State::rows:
      if (empty && !line.empty() && !cursor_.has_newline()) {
        last_row_ = LastRow::complete;  // of the next one only blanks are there
      } else if (empty) {
        state_ = State::outside;
      } else {
        parse_row(line);
      }
      return;
  }
}

void LineProfilerTextParser::add(const Block& block, std::string_view name) {
  const FunctionId function = builder_.function(key_of_recorded_name(name, block.file, block.line));
  std::array<std::int64_t, 2> sum{};
  for (std::size_t i = block.first_row; i < block.first_row + block.rows; ++i) {
    const Row& row = rows_[i];
    builder_.add_line({function, row.line}, std::array{not_measured, row.hits}, std::array{row.ns, not_measured});
    if (__builtin_add_overflow(sum[0], row.ns, &sum[0]) || __builtin_add_overflow(sum[1], row.hits, &sum[1])) {
      throw FormatError(Error::Parts{std::string(source_),
                                     "line " + std::to_string(block.at),
                                     "the sum over the lines of a function does not fit 64 bits",
                                     {}});
    }
  }
  if (block.rows == 0) {
    sum[0] = ns_of(block.total_s);
  } else if (const double sum_s = static_cast<double>(sum[0]) * 1e-9;
             !block.cut && block.total_s > 1e-6 && (sum_s > 5 * block.total_s || sum_s * 5 < block.total_s)) {
    mismatches_.met(block.at);
  }
  const bool knows_source = block.has_source && !block.is_folded;
  for (std::size_t i = block.first_source_line; knows_source && i < block.first_source_line + block.source_lines; ++i)
    builder_.add_source_line({builder_.key(function).file, source_lines_[i].first, source_lines_[i].second});
  builder_.mark_entry(function);
  builder_.add_self(function, sum);
  builder_.add_total(function, sum);
}

void LineProfilerTextParser::end_report() {
  std::multimap<std::pair<std::string_view, std::uint32_t>, Summary*> places;
  for (Summary& summary : summaries_) places.emplace(std::pair(std::string_view(summary.file), summary.line), &summary);
  for (const Block& block : blocks_) {
    if (!block.has_table) no_table_.met(block.at);
    if (!block.has_name && !block.has_table) continue;  // nothing is known of it but its time
    std::string name = block.name;
    const auto [first, last] = places.equal_range({block.file, block.line});
    for (auto place = first; place != last; ++place) {
      if (block.has_name && place->second->name != block.name) continue;
      place->second->shown = true;
      name = place->second->name;
    }
    if (name.empty()) {
      name = "<unknown function at line " + std::to_string(block.line) + ">";
      nameless_.met(block.at);
    }
    add(block, name);
  }
  for (const Summary& s : summaries_) {
    if (!s.shown) add({.file = s.file, .name = s.name, .line = s.line, .total_s = s.seconds, .at = s.at}, s.name);
  }
  blocks_.clear();
  rows_.clear();
  source_lines_.clear();
  summaries_.clear();
  state_ = State::outside;
}

// Where the input ends within a table and without a newline, it may have been cut off, or only lost its last newline
// when it was copied. It was cut off if the last row is not whole, or if rows are missing by the function's total time.
void LineProfilerTextParser::check_end() {
  if (cursor_.has_newline() || (state_ != State::ruler && state_ != State::rows)) return;
  Block& block = blocks_.back();
  const char* what = nullptr;
  if (last_row_ == LastRow::damaged) {
    if (block.damaged > 1) return;  // by a narrow console
    damaged_ = Oddity(Place::line);
    what = "its last row is not complete; left out";
  } else if (last_row_ == LastRow::without_source && block.has_source) {
    // What is executed has a source. The last of its numbers may have lost digits.
    rows_.pop_back();
    --block.rows;
    what = "its last row is not complete; left out";
  } else if (block.damaged == 0) {
    double sum_s = 0, error_s = block.error_s;
    for (std::size_t i = block.first_row; i < rows_.size(); ++i) sum_s += static_cast<double>(rows_[i].ns) * 1e-9;
    // The total has 6 digits; times became whole nanoseconds.
    error_s += block.total_s * 1e-5 + static_cast<double>(block.rows) * 1e-9;
    if (block.total_s - sum_s > error_s)
      what = "it has no newline at its end, and the rows do not add up to the total time";
  }
  if (what == nullptr) return;
  block.cut = true;
  if (last_row_ != LastRow::damaged && block.source_lines != 0) {  // nor need its source be
    source_lines_.pop_back();
    --block.source_lines;
  }
  diagnostics_.warn(std::string(source_), "line " + std::to_string(cursor_.number()),
                    std::string("the input looks cut off: ") + what);
}

Profile LineProfilerTextParser::parse() {
  while (cursor_.next()) parse_line(without_control_sequences(cursor_.line(), scratch_));
  if (reports_ != 0) check_end();
  if (reports_ == 0)
    throw FormatError(Error::Parts{std::string(source_),
                                   {},
                                   "expected a line \"Timer unit: ... s\", found none",
                                   "is this a report of line_profiler (kernprof -lv)?"});
  end_report();
  damaged_.warn(diagnostics_, source_, "row is broken (by a narrow console?) and left out",
                "rows are broken (by a narrow console?) and left out");
  negative_.warn(diagnostics_, source_, "time is negative; 0 is used", "times are negative; 0 is used");
  no_table_.warn(diagnostics_, source_,
                 "function has no table of lines; where printing it failed, later functions are missing",
                 "functions have no table of lines; where printing one failed, later functions are missing");
  mismatches_.warn(diagnostics_, source_, "function's lines do not add up to its total time; is the timer unit right?",
                   "functions' lines do not add up to their total times; is the timer unit right?");
  nameless_.warn(diagnostics_, source_,
                 "function has no name, because its file was not found when the report was printed",
                 "functions have no names, because their files were not found when the report was printed");
  if (reports_ > 1) diagnostics_.note(std::string(source_), {}, std::to_string(reports_) + " reports are added up");
  if (builder_.function_count() == 0) diagnostics_.warn(std::string(source_), {}, "the profile is empty");
  return std::move(builder_).finish();
}

}  // namespace

Profile read_line_profiler_text(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics) {
  return LineProfilerTextParser(bytes, options, diagnostics).parse();
}

// A line "Timer unit: NUMBER s"; the program's own output may stand before it.
Match sniff_line_profiler_text(std::span<const std::byte> head) {
  if (std::string_view(reinterpret_cast<const char*>(head.data()), head.size()).find(unit_prefix) ==
      std::string_view::npos)
    return Match::no;
  LineCursor cursor(head, {});
  std::string scratch;
  while (cursor.next()) {
    if (parse_seconds(trimmed(without_control_sequences(cursor.line(), scratch)), unit_prefix)) return Match::yes;
  }
  return Match::no;
}

}  // namespace profconv
