// memory_profiler: the line-by-line text of `python -m memory_profiler`, `@profile` and `%mprun`, of every version.
//
//     Filename: t.py                                                               since 0.15
//
//     Line #    Mem usage    Increment  Occurrences   Line Contents
//     =============================================================
//          1     21.9 MiB     21.9 MiB           1   @profile
//          2                                         def f():
//          3     29.6 MiB      7.6 MiB           1       a = [1] * (10 ** 6)
//
// One listing per profiled function, with its whole source; what the program itself printed may stand anywhere.
// Increment came with 0.10, Occurences with 0.58 (Occurrences since 0.59); MB was the name of MiB before 0.28. Rows
// that were never executed have blank columns, so their source starts where the header's last word does (one column to
// the left of it when that says Occurrences, which is one letter too wide). Numbers that outgrow their column shift the
// rest of the row. Source: memory_profiler 0.31 to 0.61, `show_results` and `CodeMap.trace`.
//
// What is read from it, for each row that was executed, inclusive of what the line called:
// - Mem usage, the largest reading at the end of the line: mem_peak. A gauge, never added up.
// - Increment: mem_grow when positive, mem_free when negative. Its meaning is the version's: since 0.58 (and in some
// before)
//   the sum over all executions of what memory changed by, in 0.55 to 0.57 the largest change, before 0.50 the
//   difference to the row above.
// - Occurrences: hits. Python 3.11 and older count a comprehension's turns on its line.
//
// The first row holds the memory that the process had when the function was entered: no growth. So do lines that call
// another profiled function: memory_profiler looks for the reading before under the callee's line number, finds none,
// and takes it for 0 (memory_growth.hpp).
//
// The text does not name the function: its name stands in the first `def` of the listing.

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <profconv/builder.hpp>

#include "io/line_cursor.hpp"
#include "readers/memory_growth.hpp"
#include "readers/memory_listings.hpp"
#include "readers/oddities.hpp"
#include "readers/readers.hpp"

namespace profconv {
namespace {

/// Turns listings into functions.
class FunctionBuilder {
 public:
  FunctionBuilder(const MemoryListings& text, const std::vector<MetricKey>& metrics, bool has_hits,
                  const ReadOptions& options)
      : text_(text),
        growth_(memory_growth(text)),
        builder_(metrics, options.limits),
        hits_(has_hits ? 1 : 0),
        self_(metrics.size()),
        total_(metrics.size()) {
    if (options.as_recorded) recorded_.emplace();
  }

  ProfileBuilder& builder() { return builder_; }
  Profile finish() && {
    if (recorded_) builder_.set_recorded(std::move(recorded_).value());
    return std::move(builder_).finish();
  }
  void add(const MemoryListing& listing);
  void report(Diagnostics& diagnostics, std::string_view source) const;

 private:
  void note(MemoryGrowth::By by, const MemoryRow& row);
  void add_row(FunctionId function, const MemoryRow& row, std::int64_t increment);
  void record(const MemoryListing& listing, std::span<const MemoryRow> rows, FunctionId function);

  const MemoryListings& text_;
  std::vector<MemoryGrowth> growth_;  // per row
  ProfileBuilder builder_;
  std::size_t hits_;  // columns before mem_grow
  std::vector<std::int64_t> self_, total_;
  std::optional<RecordedMemory> recorded_;
  Oddity by_readings_{Oddity::Place::line}, by_callee_entry_{Oddity::Place::line}, shared_{Oddity::Place::line},
      taken_back_{Oddity::Place::line}, unknown_{Oddity::Place::line};
};

void FunctionBuilder::add_row(FunctionId function, const MemoryRow& row, std::int64_t increment) {
  std::ranges::fill(self_, not_measured);
  std::ranges::fill(total_, not_measured);
  if (hits_ != 0 && row.occurrences != not_counted) self_[0] = row.occurrences;
  total_[hits_] = increment == not_measured ? not_measured : std::max<std::int64_t>(increment, 0);
  total_[hits_ + 1] = increment == not_measured ? not_measured : std::max<std::int64_t>(-increment, 0);
  self_[hits_ + 2] = row.usage;
  builder_.add_line({function, row.line}, self_, total_);

  // A function's costs are those of its lines: what it spent itself and what it called is not told apart.
  for (std::size_t m = 0; m < self_.size(); ++m) {
    if (total_[m] == not_measured) total_[m] = self_[m];
  }
  builder_.add_self(function, total_);
  builder_.add_total(function, total_);
}

void FunctionBuilder::record(const MemoryListing& listing, std::span<const MemoryRow> rows, FunctionId function) {
  const auto number = [](std::string_view text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  RecordedMemory::Listing& copy = recorded_->listings.emplace_back();
  copy.function = function;
  copy.first_row = recorded_->rows.size();
  copy.rows = rows.size();
  copy.decimals = std::clamp(listing.decimals, 0, 99);
  copy.increments = listing.layout.increment;
  copy.occurrences = listing.layout.occurrences;
  // Two empty lines follow a listing, one when the source's last line had no newline to be printed.
  copy.ends_within_line = listing.empty_lines == 1;
  for (const MemoryRow& row : rows) {
    recorded_->rows.push_back({row.line, row.executed, number(row.usage_text), number(row.increment_text),
                               row.occurrences, builder_.intern(row.source)});
  }
}

void FunctionBuilder::add(const MemoryListing& listing) {
  if (listing.rows == 0) return;
  const std::span<const MemoryRow> rows = text_.rows(listing);
  const FunctionId function =
      builder_.function({.name = text_.name(listing), .file = listing.file, .line = rows.front().line});
  builder_.mark_entry(function);
  if (recorded_) record(listing, rows, function);
  const bool shows_source = std::ranges::any_of(
      rows, [](const MemoryRow& row) { return row.source.find_first_not_of(" \t") != std::string_view::npos; });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (shows_source && rows[i].line != 0)
      builder_.add_source_line({builder_.key(function).file, rows[i].line, builder_.intern(rows[i].source)});
    if (!rows[i].executed) continue;
    const MemoryGrowth& growth = growth_[listing.first_row + i];
    note(growth.by, rows[i]);
    add_row(function, rows[i], growth.bytes);
  }
}

void FunctionBuilder::note(MemoryGrowth::By by, const MemoryRow& row) {
  switch (by) {
    case MemoryGrowth::By::recorded: break;
    case MemoryGrowth::By::callee_entry: by_callee_entry_.met(row.place); break;
    case MemoryGrowth::By::row_above:
    case MemoryGrowth::By::readings: by_readings_.met(row.place); break;
    case MemoryGrowth::By::taken_back: taken_back_.met(row.place); break;
    case MemoryGrowth::By::shared: shared_.met(row.place); break;
    case MemoryGrowth::By::unknown: unknown_.met(row.place); break;
  }
}

void FunctionBuilder::report(Diagnostics& diagnostics, std::string_view source) const {
  const auto tell = [&](const Oddity& oddity, bool is_note, const std::string& one, const std::string& many) {
    const std::string singular =
                          "line calls a profiled function, and its increment holds the whole memory of the process; " +
                          one,
                      plural =
                          "lines call profiled functions, and their increments hold the whole memory of the process; " +
                          many;
    is_note ? oddity.note(diagnostics, source, singular, plural) : oddity.warn(diagnostics, source, singular, plural);
  };
  tell(by_callee_entry_, true, "that at the entry of the function is taken off",
       "that at the entries of the functions is taken off");
  // Where the recorded numbers are wanted, they stay as they are.
  const bool is_note = recorded_.has_value();
  tell(by_readings_, is_note, "what the readings around it rose by is used",
       "what the readings around them rose by is used");
  tell(shared_, is_note, "what it grew by is not known, and what other lines leave is used",
       "what each of them grew by is not known, and what they did together is shared over them");
  taken_back_.note(diagnostics, source,
                   "line has a release against an earlier call's larger reading, which never happened; left out",
                   "lines have releases against an earlier call's larger readings, which never happened; left out");
  tell(unknown_, is_note, "what it grew by is not known, and left out", "what they grew by is not known, and left out");
}

}  // namespace

Profile read_memory_profiler(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics) {
  const MemoryListings text(bytes);
  const bool has_hits =
      std::ranges::any_of(text.listings(), [](const MemoryListing& l) { return l.layout.occurrences; });
  std::vector<MetricKey> metrics;
  if (has_hits) metrics.push_back(hits_metric);
  metrics.insert(metrics.end(), {mem_grow_metric, mem_free_metric, mem_peak_metric});

  FunctionBuilder functions(text, metrics, has_hits, options);
  functions.builder().add_source(bytes.source, "memory_profiler", options.command, bytes.mtime_ns, 0);
  for (const MemoryListing& listing : text.listings()) functions.add(listing);
  text.report(diagnostics);
  functions.report(diagnostics, bytes.source);
  return std::move(functions).finish();
}

// The header of a listing at the start of a line; a program's own output may stand before it.
Match sniff_memory_profiler(std::span<const std::byte> head) {
  LineCursor cursor(head, {});
  while (cursor.next()) {
    if (parse_memory_header(cursor.line())) return Match::yes;
  }
  return Match::no;
}

}  // namespace profconv
