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
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "base/parallel.hpp"
#include "base/text_buffer.hpp"
#include "base/visible.hpp"
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
    throw UsageError("the style line_profiler shows hits and times of lines, and this profile has none",
                     "kernprof -l records them");
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
      PythonNumber time;  // int(round(x, 0)): halves to even
      time.integer = static_cast<WideInt>(std::nearbyint(cell.time));
      sum.functions[i].added.push_back({line, cell.hits, time});
    }
  }
  return sum;
}

// 100 * time / total as Python divides: integers exactly, then rounded once.
double percent_of(const PythonNumber& time, const PythonNumber& total) {
  if (time.is_real || total.is_real) return 100 * time.as_double() / total.as_double();
  return static_cast<double>(100 * static_cast<long double>(time.integer) / static_cast<long double>(total.integer));
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
    const std::vector<Timing> timings = f.timings();
    PythonNumber total_hits;
    for (const Timing& t : timings) total_hits += t.hits;
    if (options_.skip_zero && total_hits.is_zero()) return;
    const PythonNumber total = total_of(timings);
    row_ = "Total time: " + general_.text(total.as_double() * stats_.unit_s) + " s";
    end_row();
    const SourceFile* const source = sources_.find(f.file);
    const std::size_t lines = source != nullptr || is_generated(f.file, temporary_folder_) ? print_place(f, source)
                                                                                           : print_missing(f, timings);

    std::vector<std::pair<std::int64_t, Cells>> shown;  // by line, of equal ones the last
    shown.reserve(timings.size());
    for (const Timing& t : timings) shown.emplace_back(t.line, cells_of(t, total));
    const auto is_after = [](const auto& a, const auto& b) { return a.first >= b.first; };
    if (std::ranges::adjacent_find(shown, is_after) != shown.end()) {
      std::ranges::reverse(shown);
      std::ranges::stable_sort(shown, {}, &std::pair<std::int64_t, Cells>::first);
    }
    const auto same_line = [](const auto& a, const auto& b) { return a.first == b.first; };
    shown.erase(std::unique(shown.begin(), shown.end(), same_line), shown.end());
    std::array<std::size_t, 5> widths = default_widths;
    for (const auto& [number, cells] : shown) {
      for (const Column column : {hits, time, per_hit}) widths[column] = std::max(widths[column], cells[column].size());
    }
    end_row();
    add_cells({"Line #", "Hits", "Time", "Per Hit", "% Time"}, widths);
    row_ += "Line Contents";
    const std::size_t width = row_.size();
    end_row();
    row_.assign(width, '=');
    end_row();
    Cells empty;
    auto next = shown.begin();
    for (std::size_t i = 0; i < lines; ++i) {
      const std::int64_t number = f.line + static_cast<std::int64_t>(i);
      while (next != shown.end() && next->first < number) ++next;
      Cells& cells = next != shown.end() && next->first == number ? next->second : empty;
      cells[line] = std::to_string(number);
      add_cells(cells, widths);
      if (source != nullptr) add_source(source->line(static_cast<std::size_t>(number)));
      end_row();
    }
    end_row();
  }

 private:
  enum Column : std::uint8_t { line, hits, time, per_hit, percent };
  using Cells = std::array<std::string, 5>;
  static constexpr std::array<std::size_t, 5> default_widths = {6, 9, 12, 8, 8};

  Cells cells_of(const Timing& t, const PythonNumber& total) const {
    const double scalar = stats_.unit_s / options_.output_unit_s;
    const auto write = [](std::string& cell, double value, const NumberFormat& format, const NumberFormat& other,
                          std::size_t width) {
      format.append(cell, value);
      if (cell.size() > width) cell = other.text(value);
    };
    Cells cells;
    append_as_d(cells[hits], t.hits);
    if (cells[hits].size() > default_widths[hits]) cells[hits] = general_.text(t.hits.as_double());
    write(cells[time], t.time.as_double() * scalar, fixed_, short_, default_widths[time]);
    if (!t.hits.is_zero())
      write(cells[per_hit], t.time.as_double() * scalar / t.hits.as_double(), fixed_, short_, default_widths[per_hit]);
    if (!total.is_zero()) fixed_.append(cells[percent], percent_of(t.time, total));
    return cells;
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

  std::size_t print_missing(const Function& f, std::span<const Timing> timings) {
    row_ = "\nCould not find file ";
    add_text(f.file);
    row_ +=
        "\nAre you sure you are running this program from the same directory\n"
        "that you ran the profiler from?\n"
        "Continuing without the function's contents.";
    end_row();
    if (timings.empty()) return 1;
    const auto [first, last] = std::ranges::minmax_element(timings, {}, &Timing::line);
    return static_cast<std::size_t>(last->line - std::min(first->line, f.line) + 1);
  }

  void add_cells(const Cells& cells, const std::array<std::size_t, 5>& widths) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].size() < widths[i]) row_.append(widths[i] - cells[i].size(), ' ');
      row_ += cells[i];
      row_ += ' ';
    }
    row_ += ' ';
  }
  void add_text(std::string_view text) { append_printed(row_, text, options_.visible); }
  void add_source(std::string_view text) {
    if (!options_.visible) {
      row_ += text;
      return;
    }
    for (std::size_t at = 0; at <= text.size();) {  // tabs stay as they are
      const std::size_t tab = std::min(text.find('\t', at), text.size());
      append_visible(row_, text.substr(at, tab - at));
      if (tab < text.size()) row_ += '\t';
      at = tab + 1;
    }
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
  std::vector<LineStats> all;
  for (const Profile& p : profiles) all.push_back(stats_of(p));
  print_report(add(std::move(all)), options, sources, output);
}

}  // namespace profconv
