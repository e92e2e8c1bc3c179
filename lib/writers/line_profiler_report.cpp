// What `python -m line_profiler` prints, with its arithmetic: Python's floats, sums in its order, its formats.
//
// Source: line_profiler 5.0.2, line_profiler/line_profiler.py (show_text, show_func,
// LineStats._get_aggregated_timings). Peculiarities that are kept:
// - A column is widened for its widest number; a number beyond the default width is first tried as %5.3g (hits: %g).
// - Of several entries for one line the last one is shown, all count for the total.
// - -z looks at hits in the tables and at the time in the summary.
// - Several files: times are scaled to the largest unit and rounded there.
// - A row without hits divides by zero in line_profiler; here its field "Per Hit" stays empty.

#include <profconv/line_profiler_report.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "base/digits.hpp"
#include "base/parallel.hpp"
#include "base/text_buffer.hpp"
#include "base/visible.hpp"
#include "base/wide_int.hpp"
#include "codecs/number_text.hpp"
#include "source/python_block.hpp"
#include "writers/pstats_report_text.hpp"

namespace profconv {
namespace {

struct Timing {
  std::int64_t line = 0;
  PythonNumber hits, time;
};

struct Function {
  std::string_view file, name;
  std::int64_t line = 0;
  std::vector<Timing> added = {};                     // timings that were made of others,
  std::span<const RecordedLines::Row> recorded = {};  // or those of the file

  std::vector<Timing> timings() const {
    if (recorded.empty()) return added;
    std::vector<Timing> timings;
    timings.reserve(recorded.size());
    for (const RecordedLines::Row& row : recorded) timings.push_back({row.line, row.hits, row.time});
    return timings;
  }
  std::size_t timed_lines() const noexcept { return recorded.empty() ? added.size() : recorded.size(); }
  /// REQUIRES: there are some.
  std::pair<std::int64_t, std::int64_t> first_and_last_line() const {
    if (recorded.empty()) {
      const auto [first, last] = std::ranges::minmax(added, {}, &Timing::line);
      return {first.line, last.line};
    }
    const auto [first, last] = std::ranges::minmax(recorded, {}, &RecordedLines::Row::line);
    return {first.line, last.line};
  }
};

struct LineStats {
  double unit_s = 1;
  std::vector<Function> functions;
};

Recorded::Number number(std::int64_t value) {
  return {static_cast<double>(value), value, Recorded::Number::Kind::integer};
}

Function function_of(const Profile& p, FunctionId id) {
  const profconv::Function& f = p.function(id);
  return {p.text(f.file), p.text(index(f.qualified) != 0 ? f.qualified : f.name), f.line};
}

LineStats recorded_stats(const Profile& p) {
  const RecordedLines& r = *p.recorded_lines;
  LineStats stats{r.unit_s, {}};
  for (const RecordedLines::Entry& entry : r.entries) {
    Function& function = stats.functions.emplace_back(function_of(p, entry.function));
    function.recorded = std::span(r.rows).subspan(entry.first_row, entry.rows);
  }
  return stats;
}

LineStats modelled_stats(const Profile& p) {
  const auto time = p.metric(time_metric.name), hits = p.metric(hits_metric.name);
  if (!time || !hits || p.lines.empty())
    throw UsageError(Error::Parts{p.sources.empty() ? std::string() : std::string(p.text(p.sources.front().name)),
                                  {},
                                  "the style line_profiler shows hits and times of lines, and this profile has none",
                                  "kernprof -l records them"});
  LineStats stats{1e-9, {}};
  const auto cost = [](const CostTable& table, std::size_t row, std::size_t column) {
    return table.empty() ? not_measured : table.at(row, column);
  };
  std::size_t i = 0;
  for (std::uint32_t f = 0; f < p.functions.size(); ++f) {
    Function& function = stats.functions.emplace_back(function_of(p, FunctionId{f}));
    for (; i < p.lines.size() && p.lines[i].function == FunctionId{f}; ++i) {
      const std::int64_t own_hits = cost(p.line_self, i, *hits);
      std::int64_t ns = cost(p.line_total, i, *time);
      if (ns == not_measured) ns = cost(p.line_self, i, *time);
      if (own_hits == not_measured || own_hits == 0) continue;
      function.added.push_back({p.lines[i].line, number(own_hits), number(std::max<std::int64_t>(ns, 0))});
    }
  }
  return stats;
}

LineStats stats_of(const Profile& p) { return p.recorded_lines ? recorded_stats(p) : modelled_stats(p); }

// `int(round(x, 0))`: halves to even. No int is made of what is infinite or no number, where Python fails, nor of what
// sums of would have to be longer than ours; all that is the same but for its type.
PythonNumber rounded(double x) {
  constexpr double limit = 9223372036854775808.0;  // 2^63
  PythonNumber number;
  number.real = std::nearbyint(x);
  number.is_real = !(std::fabs(number.real) < limit);
  if (!number.is_real) number.integer = static_cast<std::int64_t>(number.real);
  return number;
}

LineStats add(std::vector<LineStats> all) {
  if (all.size() == 1) return std::move(all.front());
  std::ranges::stable_sort(all, {}, &LineStats::unit_s);
  LineStats sum{all.back().unit_s, {}};
  struct Cell {
    PythonNumber hits;
    double time = 0;
  };
  std::vector<std::map<std::int64_t, Cell>> cells;
  std::map<std::tuple<std::string_view, std::int64_t, std::string_view>, std::size_t> known;
  for (const LineStats& stats : all) {
    const double factor = stats.unit_s / sum.unit_s;
    for (const Function& f : stats.functions) {
      const auto [place, is_new] = known.emplace(std::tuple(f.file, f.line, f.name), cells.size());
      if (is_new) {
        cells.emplace_back();
        sum.functions.push_back({f.file, f.name, f.line});
      }
      for (const Timing& t : f.timings()) {
        Cell& cell = cells[place->second][t.line];
        cell.hits += t.hits;
        cell.time += factor * t.time.as_double();
      }
    }
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    for (const auto& [line, cell] : cells[i]) {
      sum.functions[i].added.push_back({line, cell.hits, rounded(cell.time)});
    }
  }
  return sum;
}

// 100 * time / total as Python divides: integers exactly, then rounded once.
double percent_of(const PythonNumber& time, const PythonNumber& total) {
  if (time.is_real || total.is_real) return 100 * time.as_double() / total.as_double();
  const WideInt hundredfold = 100 * time.integer;
  constexpr WideInt exact = WideInt{1} << 53;  // such integers are doubles
  if (hundredfold >= 0 && hundredfold <= exact && total.integer > 0 && total.integer <= exact)
    return static_cast<double>(static_cast<std::int64_t>(hundredfold)) /
           static_cast<double>(static_cast<std::int64_t>(total.integer));
  return static_cast<double>(static_cast<long double>(hundredfold) / static_cast<long double>(total.integer));
}

/// Moves a text to the right end of a field. REQUIRES: it is no longer than that, and there is room for 16 characters
/// more. Returns the field's end.
char* align_right(char* begin, std::size_t size, std::size_t width) {
  const std::size_t blanks = width - size;
  constexpr std::size_t step = 16;
  if (size <= step && blanks <= step) {  // nearly always: the compiler knows how much there is to move
    char text[step];
    std::memcpy(text, begin, step);
    std::memset(begin, ' ', step);
    std::memcpy(begin + blanks, text, step);
  } else {
    std::memmove(begin + blanks, begin, size);
    std::memset(begin, ' ', blanks);
  }
  return begin + width;
}

std::string temporary_folder() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  return error ? std::string() : folder.string();
}

bool is_generated(std::string_view file, std::string_view folder) {
  if (file.starts_with("<generated") || file.starts_with("<ipython-input-")) return true;
  return !folder.empty() && file.starts_with(folder) &&
         (file.substr(folder.size()).starts_with("/ipykernel_") || file.substr(folder.size()).starts_with("/xpython_"));
}

PythonNumber total_of(std::span<const Timing> timings) {
  PythonNumber total;
  for (const Timing& t : timings) total += t.time;
  return total;
}

// How many lines line_profiler numbers where it has no text: all from the first one to the last.
WideInt lines_without_source(const Function& f) {
  if (f.timed_lines() == 0) return 1;
  const auto [first, last] = f.first_and_last_line();
  return WideInt{last} - std::min(first, f.line) + 1;
}

/// Refuses what would be printed without end: a few bytes can say that a function's lines are billions apart.
/// line_profiler itself asks for memory for all of them.
void refuse_endless(const LineStats& stats, const SourceFiles& sources) {
  WideInt most = 1'000'000, shown = 0;
  for (const Function& f : stats.functions) {
    constexpr WideInt per_timing = 100;
    most += per_timing * static_cast<WideInt>(f.timed_lines());
    shown += lines_without_source(f);
  }
  if (shown <= most) return;
  shown = 0;
  for (const Function& f : stats.functions) {
    if (sources.find(f.file) == nullptr) shown += lines_without_source(f);
    if (shown <= most) continue;
    throw Error("the lines of function " + quoted(f.name) + " in " + visible(f.file) +
                    ", which is not found, are too far apart to be numbered",
                "--source-dir says where else to look for the file");
  }
}

/// The parts of the report that one thread writes.
class LineProfilerText {
 public:
  LineProfilerText(const LineStats& stats, const LineProfilerReportOptions& options, const SourceFiles& sources,
                   TextBuffer& out)
      : stats_(stats), options_(options), sources_(sources), out_(out) {}

  void print_unit() {
    row_ = "Timer unit: " + general_.text(options_.output_unit_s) + " s\n";
    end_row();
  }

  void print_summary(const Function& f) {
    const double seconds = total_of(f.timings()).as_double() * stats_.unit_s;
    if (options_.skip_zero && seconds == 0) return;
    row_ = seconds_.text(seconds) + " seconds - ";
    add_text(f.file);
    row_ += ":" + std::to_string(f.line) + " - ";
    add_text(f.name);
    end_row();
  }

  void print_function(const Function& f) {
    std::vector<Timing> timings = f.timings();
    PythonNumber total_hits;
    for (const Timing& t : timings) total_hits += t.hits;
    if (options_.skip_zero && total_hits.is_zero()) return;
    const PythonNumber total = total_of(timings);
    row_ = "Total time: " + general_.text(total.as_double() * stats_.unit_s) + " s";
    end_row();
    const SourceFile* const source = sources_.find(f.file);
    const std::size_t lines =
        source != nullptr || is_generated(f.file, temporary_folder_) ? print_place(f, source) : print_missing(f);

    sort_by_line(timings);
    // Few fields are wider than their column is as a rule, and then the table is written once more.
    const std::size_t begin = out_.size();
    widths_ = default_widths;
    for (bool fits = false; !fits;) {
      out_.cut(begin);
      widest_ = widths_;
      print_table(f, timings, total, source, lines);
      fits = widest_ == widths_;
      widths_ = widest_;
    }
  }

 private:
  enum Column : std::uint8_t { line, hits, time, per_hit, percent };
  using Widths = std::array<std::size_t, 5>;
  static constexpr Widths default_widths = {6, 9, 12, 8, 8};

  // One timing a line, of several the last.
  static void sort_by_line(std::vector<Timing>& timings) {
    const auto is_after = [](const Timing& a, const Timing& b) { return a.line >= b.line; };
    if (std::ranges::adjacent_find(timings, is_after) == timings.end()) return;
    std::ranges::reverse(timings);
    std::ranges::stable_sort(timings, {}, &Timing::line);
    const auto same_line = [](const Timing& a, const Timing& b) { return a.line == b.line; };
    timings.erase(std::unique(timings.begin(), timings.end(), same_line), timings.end());
  }

  void print_table(const Function& f, std::span<const Timing> timings, const PythonNumber& total,
                   const SourceFile* source, std::size_t lines) {
    const std::size_t begin = out_.size();
    out_.write('\n');
    constexpr std::string_view titles[] = {"Line #", "Hits", "Time", "Per Hit", "% Time"};
    for (const Column column : {line, hits, time, per_hit, percent})
      add_field(column, [&](char* out) { return TextBuffer::append(out, titles[column]); });
    out_.write(" Line Contents");
    const std::size_t width = out_.size() - begin - 1;
    out_.write('\n');
    char* const rule = out_.room(width);
    std::memset(rule, '=', width);
    out_.written(rule + width);
    out_.write('\n');
    auto next = timings.begin();
    const auto print_beyond = [&] {  // what no line shows makes columns wider all the same
      const std::size_t end = out_.size();
      add_timing(*next++, total);
      out_.cut(end);
    };
    for (std::size_t i = 0; i < lines; ++i) {
      const std::int64_t number = f.line + static_cast<std::int64_t>(i);
      while (next != timings.end() && next->line < number) print_beyond();
      add_field(line, [number](char* out) { return write_decimal(out, number); });
      if (next != timings.end() && next->line == number) {
        add_timing(*next++, total);
      } else {
        for (const Column column : {hits, time, per_hit, percent}) add_field(column, std::identity());
      }
      out_.write(' ');
      if (source != nullptr) add_source(source->line(static_cast<std::size_t>(number)));
      out_.write('\n');
    }
    while (next != timings.end()) print_beyond();
    out_.write('\n');
  }

  void add_timing(const Timing& t, const PythonNumber& total) {
    add_field(hits, [&](char* out) { return write_hits(out, t.hits); });
    const double shown = t.time.as_double() * (stats_.unit_s / options_.output_unit_s);
    add_field(time, [&](char* out) { return write_number(out, shown, default_widths[time]); });
    add_field(per_hit, [&](char* out) {
      return t.hits.is_zero() ? out : write_number(out, shown / t.hits.as_double(), default_widths[per_hit]);
    });
    add_field(percent, [&](char* out) { return total.is_zero() ? out : fixed_.write(out, percent_of(t.time, total)); });
  }

  // `write(out)` writes a text and returns where it ends.
  template <class Write>
  void add_field(Column column, Write write) {
    const std::size_t width = widths_[column];
    char* const begin = out_.room(width + NumberFormat::longest + longest_decimal);
    char* end = write(begin);
    if (const auto size = static_cast<std::size_t>(end - begin); size <= width) {
      end = align_right(begin, size, width);
    } else if (column != line && column != percent) {
      widest_[column] = std::max(widest_[column], size);
    }
    *end++ = ' ';
    out_.written(end);
  }

  char* write_hits(char* out, const PythonNumber& number) const {
    constexpr std::uint64_t widest = 999'999'999;
    if (!number.is_real && number.integer >= 0 && number.integer <= widest)
      return write_decimal(out, static_cast<std::uint64_t>(number.integer));
    std::string text;
    append_as_d(text, number);
    if (text.size() > default_widths[hits]) return general_.write(out, number.as_double());
    return TextBuffer::append(out, text);
  }
  char* write_number(char* out, double value, std::size_t width) const {
    char* const end = fixed_.write(out, value);
    return static_cast<std::size_t>(end - out) <= width ? end : short_.write(out, value);
  }

  // Returns the number of lines to show.
  std::size_t print_place(const Function& f, const SourceFile* source) {
    row_ = "File: ";
    add_text(f.file);
    end_row();
    row_ = "Function: ";
    add_text(f.name);
    row_ += " at line " + std::to_string(f.line);
    end_row();
    return source == nullptr ? 0 : python_block_lines(*source, static_cast<std::size_t>(f.line));
  }

  std::size_t print_missing(const Function& f) {
    row_ = "\nCould not find file ";
    add_text(f.file);
    row_ +=
        "\nAre you sure you are running this program from the same directory\n"
        "that you ran the profiler from?\n"
        "Continuing without the function's contents.";
    end_row();
    return static_cast<std::size_t>(lines_without_source(f));
  }

  void add_text(std::string_view text) { append_printed(row_, text, options_.visible); }
  void add_source(std::string_view text) {
    if (!options_.visible) return out_.write(text);
    for (std::size_t at = 0; at <= text.size();) {  // tabs stay as they are
      const std::size_t tab = std::min(text.find('\t', at), text.size());
      append_visible(row_, text.substr(at, tab - at));
      if (tab < text.size()) row_ += '\t';
      at = tab + 1;
    }
    out_.write(row_);
    row_.clear();
  }
  void end_row() {
    row_ += '\n';
    out_.write(row_);
    row_.clear();
  }

  const LineStats& stats_;
  const LineProfilerReportOptions& options_;
  const SourceFiles& sources_;
  TextBuffer& out_;
  std::string row_;
  Widths widths_{}, widest_{};  // of the table's columns: as it is written, and as it would have to be
  const std::string temporary_folder_ = temporary_folder();
  const NumberFormat general_{"%g"}, fixed_{"%5.1f"}, short_{"%5.3g"}, seconds_{"%6.2f"};
};

void print_report(const LineStats& stats, const LineProfilerReportOptions& options, const SourceFiles& sources,
                  Output& output) {
  std::vector<const Function*> order;
  order.reserve(stats.functions.size());
  for (const Function& f : stats.functions) order.push_back(&f);
  if (options.sort) {
    std::vector<std::pair<PythonNumber, const Function*>> keyed;
    keyed.reserve(order.size());
    for (const Function* f : order) keyed.emplace_back(total_of(f->timings()), f);
    std::ranges::stable_sort(keyed, [](const auto& a, const auto& b) { return compare(a.first, b.first) < 0; });
    std::ranges::transform(keyed, order.begin(), [](const auto& k) { return k.second; });
  }
  refuse_endless(stats, sources);
  const auto print = [&](const auto& write_part) {
    TextBuffer text;
    LineProfilerText part(stats, options, sources, text);
    write_part(part);
    output.write(text.text());
  };
  print([](LineProfilerText& part) { part.print_unit(); });
  constexpr std::size_t stretch = 64;  // functions
  make_in_order((order.size() + stretch - 1) / stretch,
                [&](std::size_t i, TextBuffer& text) {
                  LineProfilerText part(stats, options, sources, text);
                  const std::size_t first = i * stretch, end = std::min(first + stretch, order.size());
                  for (std::size_t f = first; f < end; ++f) part.print_function(*order[f]);
                },
                [&](std::string_view text) { output.write(text); });
  if (!options.summarize) return;
  print([&](LineProfilerText& part) {
    for (const Function* f : order) part.print_summary(*f);
  });
}

}  // namespace

void write_line_profiler_report(std::span<const Profile> profiles, const LineProfilerReportOptions& options,
                                const SourceFiles& sources, Output& output) {
  if (profiles.empty()) throw UsageError("a report needs at least one profile");
  if (!std::isfinite(options.output_unit_s) || options.output_unit_s <= 0)
    throw UsageError("output_unit_s: expected a positive number of seconds");
  std::vector<LineStats> all;
  for (const Profile& p : profiles) {
    show_source_lines(p, sources);
    all.push_back(stats_of(p));
  }
  print_report(add(std::move(all)), options, sources, output);
}

}  // namespace profconv
