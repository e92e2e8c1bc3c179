#include "readers/memory_listings.hpp"

#include <algorithm>
#include <charconv>

#include "base/name_byte.hpp"
#include "codecs/decimal.hpp"

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

/// The name in a line that starts a function, "" when it starts none.
std::string_view defined_name(std::string_view source) {
  static_cast<void>(take_word(source, "async "));
  if (!take_word(source, "def ")) return {};
  source = without_blanks(source);
  return source.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(source, is_name_byte) - source.begin()));
}

}  // namespace

std::optional<MemoryLayout> parse_memory_header(std::string_view line) {
  if (!line.starts_with("Line #")) return std::nullopt;
  MemoryLayout layout;
  std::string_view rest = line;
  if (!take_word(rest, "Line #") || !take_word(rest, "Mem usage")) return std::nullopt;
  layout.increment = take_word(rest, "Increment");
  const bool wide = take_word(rest, "Occurrences");
  layout.occurrences = wide || take_word(rest, "Occurences");
  if (!take_word(rest, "Line Contents") || !without_blanks(rest).empty()) return std::nullopt;
  layout.source_column = line.find("Line Contents") - (wide ? 1 : 0);
  return layout;
}

void MemoryListings::begin_listing(const MemoryLayout& layout) {
  listings_.push_back({file_, layout, rows_.size()});
  layout_ = layout;
  open_ = true;
}

// A number and its unit.
bool MemoryListings::take_memory(std::string_view& rest, std::int64_t& bytes, std::string_view& number) {
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

std::optional<MemoryRow> MemoryListings::executed_row(std::uint32_t number, std::string_view rest) {
  MemoryRow row{.line = number, .executed = true, .place = cursor_.number()};
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

bool MemoryListings::parse_row(std::string_view line) {
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
  MemoryRow row{.line = number};
  if (blank) {
    if (used < 6) return false;  // numbers are right-aligned; a program's output hardly is
    if (line.size() > column) row.source = line.substr(column);
  } else {
    const std::optional<MemoryRow> executed = executed_row(number, rest);
    if (!executed) return false;
    row = *executed;
  }
  MemoryListing* listing = &listings_.back();
  if (listing->rows != 0 && number > rows_.back().line + 1) {
    gaps_.met(cursor_.number());                                   // somebody shortened it
  } else if (listing->rows != 0 && number <= rows_.back().line) {  // processes that share an output interleave
    if (!row.executed) return false;
    out_of_order_.met(cursor_.number());
    begin_listing(*layout_);
    listing = &listings_.back();
  }
  if (row.executed && listing->decimals < 0) listing->decimals = decimals_;
  rows_.push_back(row);
  ++listing->rows;
  return true;
}

void MemoryListings::parse_line(std::string_view line) {
  if (const std::optional<MemoryLayout> layout = parse_memory_header(line)) {
    // What a program printed last may lack its newline.
    constexpr std::string_view name = "Filename: ";
    const std::size_t at = previous_.rfind(name);
    file_ = at == std::string_view::npos ? std::string_view{} : previous_.substr(at + name.size());
    begin_listing(*layout);
  } else if (without_blanks(line).empty()) {
    if (!listings_.empty() && listings_.back().rows != 0) {
      open_ = false;
      ++listings_.back().empty_lines;
    }
  } else if (open_ && ((listings_.back().rows == 0 && line.find_first_not_of('=') == std::string_view::npos) ||
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
bool MemoryListings::is_cut_row(std::string_view line) const {
  if (!open_ || cursor_.has_newline() || !line.starts_with(' ')) return false;
  std::string_view number = without_blanks(line);
  number = number.substr(0, number.find(' '));
  if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos) return false;
  return listings_.back().rows == 0 || std::to_string(rows_.back().line + 1).starts_with(number);
}

// Whether the last row has numbers and no source. What is executed has one, unless somebody took all of them away.
bool MemoryListings::lacks_source() const {
  if (!open_ || rows_.empty() || rows_.back().place != cursor_.number()) return false;
  const auto has_source = [](const MemoryRow& row) { return !without_blanks(row.source).empty(); };
  return !has_source(rows_.back()) && (rows_.size() == 1 || std::ranges::any_of(rows_, has_source));
}

MemoryListings::MemoryListings(const Bytes& bytes) : cursor_(bytes.data, bytes.source) { parse(); }

void MemoryListings::parse() {
  while (cursor_.next()) parse_line(cursor_.line());
  if (!cursor_.has_newline() && lacks_source()) {
    // The text may have lost only its last newline when it was copied, but this row lost its end.
    rows_.pop_back();
    --listings_.back().rows;
    cut_ = true;
  }
  if (rows_.empty())
    throw FormatError(Error::Parts{std::string(cursor_.source()),
                                   {},
                                   listings_.empty()
                                       ? "no listing of memory_profiler was found (no line \"Line #    Mem usage ...\")"
                                       : "the listing has no rows",
                                   "was the program ended before it printed its report?"});
}

void MemoryListings::report(Diagnostics& diagnostics) const {
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

std::string MemoryListings::name(const MemoryListing& listing) const {
  const std::span<const MemoryRow> rows = this->rows(listing);
  for (const MemoryRow& row : rows) {
    const std::string_view name = defined_name(row.source);
    if (!name.empty()) return std::string(name);
  }
  if (rows.front().source.find("lambda") != std::string_view::npos) return "<lambda>";
  return "<function at line " + std::to_string(rows.front().line) + ">";
}

std::int64_t MemoryListings::most_calls() const noexcept {
  std::int64_t most = not_counted;
  for (const MemoryListing& listing : listings_) {
    if (listings_.size() > 1 && listing.rows != 0) most = std::max(most, rows_[listing.first_row].occurrences);
  }
  return most;
}

std::int64_t MemoryListings::smallest_digit(const MemoryListing& listing) noexcept {
  std::int64_t digit = bytes_per_mib;
  for (int i = 0; i < listing.decimals; ++i) digit /= 10;
  return digit;
}

}  // namespace profconv
