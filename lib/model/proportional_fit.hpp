#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace profconv {

/// Numbers in rows and columns, changed until their sums fit: iterative proportional fitting.
///
/// Each column's numbers add up to what they did at first. Each row's are no more than its bound, or add up to it where
/// that is exact. By turns the numbers of every row and those of every column are scaled to that. What this leads to
/// are those of all numbers that fit, which are nearest to the ones at first (by relative entropy); zeros stay zeros.
/// Where nothing fits, columns prevail.
class ProportionalFit {
 public:
  std::uint32_t add_row(double most, bool is_exact);
  /// A column, with a number that is in no row.
  std::uint32_t add_column(double free_number);
  /// REQUIRES: number >= 0, row and column were added.
  void add(std::uint32_t row, std::uint32_t column, double number);

  /// Ends when rows together are off by no more than `close_enough`, or after a thousand passes, of many numbers fewer.
  void run(double close_enough);

  /// After that: which numbers a column has, as they were added, from 0.
  std::span<const std::uint32_t> column(std::uint32_t column) const noexcept { return group(by_column_, column); }
  /// These in whole units, which add up to `sum` together with the one in no row, as parts of it; in their order. False
  /// when all are less than half a unit: there was no room for any.
  bool whole_units(std::uint32_t column, std::int64_t sum, std::vector<std::int64_t>& parts) const;

 private:
  struct Row {
    double most;
    bool is_exact;
  };
  struct Column {
    double sum, free_number;
  };
  struct Groups {
    std::vector<std::uint32_t> first, numbers;  // as group_rows makes them
  };
  static std::span<const std::uint32_t> group(const Groups& groups, std::size_t g) noexcept {
    return std::span(groups.numbers).subspan(groups.first[g], groups.first[g + 1] - groups.first[g]);
  }

  double fit_rows();
  void fit_columns();

  std::vector<Row> rows_;
  std::vector<Column> columns_;
  std::vector<double> numbers_;
  std::vector<std::uint32_t> row_of_, column_of_;
  Groups by_row_, by_column_;
};

}  // namespace profconv
