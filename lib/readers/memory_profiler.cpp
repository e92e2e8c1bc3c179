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
// and takes it for 0. Such rows are recognised (see `is_absolute` and `is_partly_absolute`), and the difference to the
// executed row above is used.
//
// The text does not name the function: its name stands in the first `def` of the listing.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <profconv/builder.hpp>

#include "codecs/decimal.hpp"
#include "io/line_cursor.hpp"
#include "readers/oddities.hpp"
#include "readers/readers.hpp"

namespace profconv {
namespace {

constexpr std::int64_t bytes_per_mib = std::int64_t{1} << 20;
constexpr std::string_view blanks = " \t";

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Takes `word` and the blanks before it off the front of `rest`.
bool take_word(std::string_view& rest, std::string_view word) {
  std::string_view after = rest;
  after.remove_prefix(std::min(after.find_first_not_of(blanks), after.size()));
  if (!after.starts_with(word)) return false;
  rest = after.substr(word.size());
  return true;
}

/// The columns of a listing, as its header says.
struct Layout {
  bool increment = false, occurrences = false;
  std::size_t source_column = 0;  ///< Where the source starts in rows whose columns are blank.
};

std::optional<Layout> parse_header(std::string_view line) {
  if (!line.starts_with("Line #")) return std::nullopt;
  Layout layout;
  std::string_view rest = line;
  if (!take_word(rest, "Line #") || !take_word(rest, "Mem usage")) return std::nullopt;
  layout.increment = take_word(rest, "Increment");
  const bool wide = take_word(rest, "Occurrences");
  layout.occurrences = wide || take_word(rest, "Occurences");
  if (!take_word(rest, "Line Contents") || !without_blanks(rest).empty()) return std::nullopt;
  layout.source_column = line.find("Line Contents") - (wide ? 1 : 0);
  return layout;
}

struct Row {
  std::uint32_t line = 0;
  bool executed = false;
  std::int64_t usage = 0;                 // bytes; not_measured: memory_profiler could not read it
  std::int64_t increment = not_measured;  // bytes
  std::int64_t occurrences = not_counted;
  std::string_view usage_text = {}, increment_text = {};  // in MiB, as they stand there
  std::string_view source = {};
  std::size_t place = 0;  // line of the text
};

struct Listing {
  std::string_view file;
  Layout layout;
  std::size_t first_row = 0, rows = 0;
  int decimals = -1;            // of its numbers; -1: no row was executed
  std::size_t empty_lines = 0;  // after it
};

/// Finds the listings in the text. Views into it.
class TextParser {
 public:
  TextParser(const Bytes& bytes) : cursor_(bytes.data, bytes.source) {}

  void parse();
  void report(Diagnostics& diagnostics) const;

  std::vector<Listing> listings;
  std::vector<Row> rows;

 private:
  void parse_line(std::string_view line);
  bool parse_row(std::string_view line);
  bool is_cut_row(std::string_view line) const;
  bool lacks_source() const;
  std::optional<Row> executed_row(std::uint32_t number, std::string_view rest);
  bool take_memory(std::string_view& rest, std::int64_t& bytes, std::string_view& number);
  void begin_listing(const Layout& layout);

  LineCursor cursor_;
  std::string_view file_;      // of the next listing
  std::string_view previous_;  // line with something on it
  std::optional<Layout> layout_;
  bool open_ = false;  // rows of a listing are expected
  int decimals_ = 0;   // of the number that was read last
  bool cut_ = false;   // the text, within its last row
  Oddity foreign_{Oddity::Place::line}, out_of_order_{Oddity::Place::line}, gaps_{Oddity::Place::line},
      missing_{Oddity::Place::line}, unreadable_{Oddity::Place::line};
};

void TextParser::begin_listing(const Layout& layout) {
  listings.push_back({file_, layout, rows.size()});
  layout_ = layout;
  open_ = true;
}

// A number and its unit.
bool TextParser::take_memory(std::string_view& rest, std::int64_t& bytes, std::string_view& number) {
  std::string_view after = rest;
  after.remove_prefix(std::min(after.find_first_not_of(blanks), after.size()));
  const std::size_t length = decimal_length(after);
  if (length == 0) return false;
  number = after.substr(0, length);
  after.remove_prefix(length);
  if (after.starts_with(" MiB")) {
    after.remove_prefix(4);
  } else if (after.starts_with(" MB")) {
    after.remove_prefix(3);
  } else {
    return false;
  }
  const auto value = scaled_decimal(number, bytes_per_mib);
  if (!value) cursor_.fail("the memory " + std::string(number) + " MiB does not fit 64 bits of bytes");
  bytes = *value;
  const std::size_t point = number.find('.');
  decimals_ = point == std::string_view::npos ? 0 : static_cast<int>(number.size() - point - 1);
  rest = after;
  return true;
}

std::optional<Row> TextParser::executed_row(std::uint32_t number, std::string_view rest) {
  Row row{.line = number, .executed = true, .place = cursor_.number()};
  if (!take_memory(rest, row.usage, row.usage_text)) return std::nullopt;
  if (layout_->increment && !take_memory(rest, row.increment, row.increment_text)) return std::nullopt;
  if (layout_->occurrences) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), row.occurrences);
    if (error != std::errc{} || row.occurrences < 0) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
  // Three blanks before the source; of an empty source line they may have been trimmed.
  if (row.usage < 0) {  // psutil was refused, or the process was gone
    unreadable_.met(cursor_.number());
    row.usage = row.increment = not_measured;
  }
  if (const std::size_t gap = std::min<std::size_t>(rest.find_first_not_of(' '), rest.size());
      gap < 3 && gap < rest.size())
    return std::nullopt;
  row.source = rest.substr(std::min<std::size_t>(3, rest.size()));
  return row;
}

bool TextParser::parse_row(std::string_view line) {
  std::string_view rest = line;
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc{}) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));

  // A number of more than 6 digits shifts the row.
  const std::size_t used = line.size() - rest.size();
  const std::size_t column = layout_->source_column + (used > 6 ? used - 6 : 0);
  const bool blank = line.substr(0, column).find_first_not_of(' ', used) == std::string_view::npos;
  Row row{.line = number};
  if (blank) {
    if (used < 6) return false;  // numbers are right-aligned; a program's output hardly is
    if (line.size() > column) row.source = line.substr(column);
  } else {
    const std::optional<Row> executed = executed_row(number, rest);
    if (!executed) return false;
    row = *executed;
  }
  Listing* listing = &listings.back();
  if (listing->rows != 0 && number > rows.back().line + 1) {
    gaps_.met(cursor_.number());                                  // somebody shortened it
  } else if (listing->rows != 0 && number <= rows.back().line) {  // processes that share an output interleave
    if (!row.executed) return false;
    out_of_order_.met(cursor_.number());
    begin_listing(*layout_);
    listing = &listings.back();
  }
  if (row.executed && listing->decimals < 0) listing->decimals = decimals_;
  rows.push_back(row);
  ++listing->rows;
  return true;
}

void TextParser::parse_line(std::string_view line) {
  if (const std::optional<Layout> layout = parse_header(line)) {
    // What a program printed last may lack its newline.
    constexpr std::string_view name = "Filename: ";
    const std::size_t at = previous_.rfind(name);
    file_ = at == std::string_view::npos ? std::string_view{} : previous_.substr(at + name.size());
    begin_listing(*layout);
  } else if (without_blanks(line).empty()) {
    if (!listings.empty() && listings.back().rows != 0) {
      open_ = false;
      ++listings.back().empty_lines;
    }
  } else if (open_ && ((listings.back().rows == 0 && line.find_first_not_of('=') == std::string_view::npos) ||
                       parse_row(line))) {
    // below the header, or a row of the listing
  } else if (line.find("Filename: ") != std::string_view::npos) {
    open_ = false;
  } else if (line.starts_with("ERROR: Could not find file ")) {
    missing_.met(cursor_.number());
  } else if (is_cut_row(line)) {
    cut_ = true;
  } else {
    foreign_.met(cursor_.number());
  }
  if (!without_blanks(line).empty()) previous_ = line;
}

// Whether this, at the end of the text, is the beginning of a row of the listing.
bool TextParser::is_cut_row(std::string_view line) const {
  if (!open_ || cursor_.has_newline() || !line.starts_with(' ')) return false;
  std::string_view number = without_blanks(line);
  number = number.substr(0, number.find(' '));
  if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos) return false;
  return listings.back().rows == 0 || std::to_string(rows.back().line + 1).starts_with(number);
}

// Whether the last row has numbers and no source. What is executed has one, unless somebody took all of them away.
bool TextParser::lacks_source() const {
  if (!open_ || rows.empty() || rows.back().place != cursor_.number()) return false;
  const auto has_source = [](const Row& row) { return !without_blanks(row.source).empty(); };
  return !has_source(rows.back()) && (rows.size() == 1 || std::ranges::any_of(rows, has_source));
}

void TextParser::parse() {
  while (cursor_.next()) parse_line(cursor_.line());
  if (!cursor_.has_newline() && lacks_source()) {
    // The text may have lost only its last newline when it was copied, but this row lost its end.
    rows.pop_back();
    --listings.back().rows;
    cut_ = true;
  }
  if (rows.empty())
    throw FormatError(Error::Parts{std::string(cursor_.source()),
                                   {},
                                   listings.empty()
                                       ? "no listing of memory_profiler was found (no line \"Line #    Mem usage ...\")"
                                       : "the listing has no rows",
                                   "was the program ended before it printed its report?"});
}

void TextParser::report(Diagnostics& diagnostics) const {
  const std::string_view source = cursor_.source();
  out_of_order_.warn(diagnostics, source, "row goes back to an earlier line; taken for the start of another function",
                     "rows go back to an earlier line; taken for the start of other functions");
  gaps_.warn(diagnostics, source, "gap in a listing: rows are missing", "gaps in listings: rows are missing");
  missing_.warn(diagnostics, source, "function has no listing: memory_profiler did not find its source",
                "functions have no listing: memory_profiler did not find their source");
  unreadable_.warn(diagnostics, source, "row has a negative memory, which memory_profiler could not read; left out",
                   "rows have a negative memory, which memory_profiler could not read; left out");
  if (cut_)
    diagnostics.warn(std::string(source), "line " + std::to_string(cursor_.number()),
                     "the input looks cut off: its last row is not complete; left out");
  foreign_.note(diagnostics, source, "line is not part of a listing; ignored",
                "lines are not part of a listing; ignored");
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// The name in a line that starts a function, "" when it starts none.
std::string_view defined_name(std::string_view source) {
  static_cast<void>(take_word(source, "async "));
  if (!take_word(source, "def ")) return {};
  source = without_blanks(source);
  return source.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(source, is_word) - source.begin()));
}

/// Turns listings into functions.
class FunctionBuilder {
 public:
  FunctionBuilder(const TextParser& text, const std::vector<MetricKey>& metrics, bool has_hits,
                  const ReadOptions& options)
      : text_(text),
        builder_(metrics, options.limits),
        hits_(has_hits ? 1 : 0),
        self_(metrics.size()),
        total_(metrics.size()) {
    if (options.as_recorded) recorded_.emplace();
    for (const Listing& listing : text_.listings) {
      if (text_.listings.size() > 1 && listing.rows != 0)
        most_calls_ = std::max(most_calls_, text_.rows[listing.first_row].occurrences);
    }
  }

  ProfileBuilder& builder() { return builder_; }
  Profile finish() && {
    if (recorded_) builder_.set_recorded(std::move(recorded_).value());
    return std::move(builder_).finish();
  }
  void add(const Listing& listing);
  void report(Diagnostics& diagnostics, std::string_view source) const;

 private:
  std::string name_of(std::span<const Row> rows) const;
  void add_row(FunctionId function, const Row& row, std::int64_t increment);
  void record(const Listing& listing, std::span<const Row> rows, FunctionId function);

  const TextParser& text_;
  ProfileBuilder builder_;
  std::size_t hits_;                       // columns before mem_grow
  std::int64_t most_calls_ = not_counted;  // of a profiled function, where there are several
  std::vector<std::int64_t> self_, total_;
  std::optional<RecordedMemory> recorded_;
  Oddity absolute_{Oddity::Place::line};
};

std::string FunctionBuilder::name_of(std::span<const Row> rows) const {
  for (const Row& row : rows) {
    const std::string_view name = defined_name(row.source);
    if (!name.empty()) return std::string(name);
  }
  if (rows.front().source.find("lambda") != std::string_view::npos) return "<lambda>";
  return "<function at line " + std::to_string(rows.front().line) + ">";
}

/// Whether an increment is the process's whole memory, once for each execution, and no change.
///
/// `least` is the smallest reading in the listing. A true increment is the difference to some reading in the listing,
/// so on average it stays below the row's largest reading by about `least`; one that stays below by less than half of
/// that is none. Without occurrences only the increment of a line executed once can be told: it equals the reading.
bool is_absolute(const Row& row, std::int64_t least, std::int64_t smallest_digit) {
  if (row.increment <= 0 || least < 4 * smallest_digit) return false;  // rounding would decide
  if (row.occurrences == not_counted) return row.increment == row.usage;
  const double times = static_cast<double>(row.occurrences);
  return static_cast<double>(row.increment) > times * (static_cast<double>(row.usage) - static_cast<double>(least) / 2);
}

/// The same for lines whose executions call a profiled function now and then, as each turn of a generator expression
/// is one: whether the increment is a multiple of the reading, no larger one than there were such calls.
///
/// While the line was executed the readings were between that of the row above and its own. Where these are so far
/// apart that every eighth increment would be such a multiple, nothing is said.
bool is_partly_absolute(const Row& row, const Row& above, std::int64_t most_calls, std::int64_t smallest_digit) {
  if (row.occurrences == not_counted || row.increment <= 0 || row.usage <= 0) return false;
  const double increment = static_cast<double>(row.increment), usage = static_cast<double>(row.usage),
               times = std::round(increment / usage), most = static_cast<double>(std::min(most_calls, row.occurrences));
  if (times < 1 || times > most) return false;
  const double least = static_cast<double>(std::min(row.usage, above.usage)),
               rounding = (times + 1) * static_cast<double>(smallest_digit);
  if (times * (usage - least) + 2 * rounding > usage / 8) return false;
  return increment >= times * least - rounding && increment <= times * usage + rounding;
}

void FunctionBuilder::add_row(FunctionId function, const Row& row, std::int64_t increment) {
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

void FunctionBuilder::record(const Listing& listing, std::span<const Row> rows, FunctionId function) {
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
  for (const Row& row : rows) {
    recorded_->rows.push_back({row.line, row.executed, number(row.usage_text), number(row.increment_text),
                               row.occurrences, builder_.intern(row.source)});
  }
}

void FunctionBuilder::add(const Listing& listing) {
  if (listing.rows == 0) return;
  const std::span<const Row> rows = std::span(text_.rows).subspan(listing.first_row, listing.rows);
  const FunctionId function =
      builder_.function({.name = name_of(rows), .file = listing.file, .line = rows.front().line});
  builder_.mark_entry(function);
  if (recorded_) record(listing, rows, function);

  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const Row& row : rows) {
    if (row.executed && row.usage != not_measured) least = std::min(least, row.usage);
  }
  std::int64_t smallest_digit = bytes_per_mib;
  for (int i = 0; i < listing.decimals; ++i) smallest_digit /= 10;
  const Row* above = nullptr;  // the executed one
  for (const Row& row : rows) {
    if (!row.executed) continue;
    std::int64_t increment = row.increment;
    const bool absolute = is_absolute(row, least, smallest_digit) ||
                          (above != nullptr && is_partly_absolute(row, *above, most_calls_, smallest_digit));
    if (&row == &rows.front()) {
      increment = 0;
    } else if (row.usage != not_measured && (absolute || !listing.layout.increment)) {
      if (absolute) absolute_.met(row.place);
      increment = above == nullptr ? 0 : row.usage - above->usage;
    }
    add_row(function, row, increment);
    if (row.usage != not_measured) above = &row;
  }
}

void FunctionBuilder::report(Diagnostics& diagnostics, std::string_view source) const {
  const char* const one =
      "line calls a profiled function, and its increment holds the whole memory of the process; the difference to the "
      "line above is used";
  const char* const many =
      "lines call profiled functions, and their increments hold the whole memory of the process; the differences to "
      "the lines above are used";
  // Where the recorded numbers are wanted, they stay as they are.
  recorded_ ? absolute_.note(diagnostics, source, one, many) : absolute_.warn(diagnostics, source, one, many);
}

}  // namespace

Profile read_memory_profiler(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics) {
  TextParser text(bytes);
  text.parse();
  const bool has_hits = std::ranges::any_of(text.listings, [](const Listing& l) { return l.layout.occurrences; });
  std::vector<MetricKey> metrics;
  if (has_hits) metrics.push_back(hits_metric);
  metrics.insert(metrics.end(), {mem_grow_metric, mem_free_metric, mem_peak_metric});

  FunctionBuilder functions(text, metrics, has_hits, options);
  functions.builder().add_source(bytes.source, "memory_profiler", options.command, bytes.mtime_ns, 0);
  for (const Listing& listing : text.listings) functions.add(listing);
  text.report(diagnostics);
  functions.report(diagnostics, bytes.source);
  return std::move(functions).finish();
}

// The header of a listing at the start of a line; a program's own output may stand before it.
Match sniff_memory_profiler(std::span<const std::byte> head) {
  LineCursor cursor(head, {});
  while (cursor.next()) {
    if (parse_header(cursor.line())) return Match::yes;
  }
  return Match::no;
}

}  // namespace profconv
