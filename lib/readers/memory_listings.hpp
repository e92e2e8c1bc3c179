#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/formats.hpp>
#include <profconv/profile.hpp>

#include "io/line_cursor.hpp"
#include "readers/oddities.hpp"

namespace profconv {

/// One row of a listing of memory_profiler.
struct MemoryRow {
  std::uint32_t line = 0;
  bool executed = false;
  std::int64_t usage = 0;                 ///< Bytes; not_measured: memory_profiler could not read it.
  std::int64_t increment = not_measured;  ///< Bytes.
  std::int64_t occurrences = not_counted;
  std::string_view usage_text = {}, increment_text = {};  ///< In MiB, as they stand there.
  std::string_view source = {};
  std::size_t place = 0;  ///< Line of the text.
};

/// The columns of a listing, as its header says.
struct MemoryLayout {
  bool increment = false, occurrences = false;
  std::size_t source_column = 0;  ///< Where the source starts in rows whose columns are blank.
};

struct MemoryListing {
  std::string_view file;
  MemoryLayout layout;
  std::size_t first_row = 0, rows = 0;
  int decimals = -1;            ///< Of its numbers; -1: no row was executed.
  std::size_t empty_lines = 0;  ///< After it.
};

std::optional<MemoryLayout> parse_memory_header(std::string_view line);

/// Finds the listings in a text of memory_profiler. They are views of it.
class MemoryListings {
 public:
  /// Throws FormatError where there is no listing.
  explicit MemoryListings(const Bytes& bytes);

  std::span<const MemoryListing> listings() const noexcept { return listings_; }
  std::span<const MemoryRow> rows(const MemoryListing& listing) const noexcept {
    return std::span(rows_).subspan(listing.first_row, listing.rows);
  }
  const MemoryRow& row(std::size_t of_text) const noexcept { return rows_[of_text]; }
  std::size_t row_count() const noexcept { return rows_.size(); }
  /// How often the most called profiled function was called, where there are several; else `not_counted`.
  std::int64_t most_calls() const noexcept;
  /// Of the function: it stands in the first `def`.
  std::string name(const MemoryListing& listing) const;
  /// The smallest difference that the numbers of a listing show, in bytes.
  static std::int64_t smallest_digit(const MemoryListing& listing) noexcept;

  /// What is odd about the text.
  void report(Diagnostics& diagnostics) const;

 private:
  void parse();
  void parse_line(std::string_view line);
  bool parse_row(std::string_view line);
  bool is_cut_row(std::string_view line) const;
  bool lacks_source() const;
  std::optional<MemoryRow> executed_row(std::uint32_t number, std::string_view rest);
  bool take_memory(std::string_view& rest, std::int64_t& bytes, std::string_view& number);
  void begin_listing(const MemoryLayout& layout);

  LineCursor cursor_;
  std::vector<MemoryListing> listings_;
  std::vector<MemoryRow> rows_;
  std::string_view file_;      // of the next listing
  std::string_view previous_;  // line with something on it
  std::optional<MemoryLayout> layout_;
  bool open_ = false;  // rows of a listing are expected
  int decimals_ = 0;   // of the number that was read last
  bool cut_ = false;   // the text, within its last row
  Oddity foreign_{Oddity::Place::line}, out_of_order_{Oddity::Place::line}, gaps_{Oddity::Place::line},
      missing_{Oddity::Place::line}, unreadable_{Oddity::Place::line};
};

}  // namespace profconv
