#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace profconv {

/// A column of numbers, to the left of names or of source.
struct TextColumn {
  /// What it is worth to a reader. Where there is no room for all of them, the first of these are left out first.
  enum class Worth : std::uint8_t {
    nothing,     ///< There are only zeros in it.
    average,     ///< Per call, per hit.
    own_part,    ///< Without callees, of a metric beside the one that comes first.
    percentage,  ///< Of the column before it.
    further,     ///< Of a metric beside the first.
    needed,      ///< Is never left out.
  };

  std::string title;
  Worth worth = Worth::needed;
};

/// The titles alone.
std::vector<std::string> titles_of(std::span<const TextColumn> columns);

/// How wide the columns get with these cells, two blanks between them not included. Rows have a cell per column, or
/// none.
class TextColumnWidths {
 public:
  explicit TextColumnWidths(std::span<const TextColumn> columns);

  void add(std::span<const std::string> cells);
  /// Leaves out columns until the others take no more than `most` in all, or only those are left that are needed.
  void fit(std::size_t most);

  bool has(std::size_t column) const noexcept { return widths_[column] != 0; }
  std::size_t at(std::size_t column) const noexcept { return widths_[column]; }
  /// What all of them take, with two blanks behind each.
  std::size_t used() const noexcept;

 private:
  std::span<const TextColumn> columns_;
  std::vector<std::size_t> widths_;  // 0: left out
};

}  // namespace profconv
