#include "model/proportional_fit.hpp"

#include <algorithm>
#include <cmath>

#include "base/group_rows.hpp"
#include "model/apportion.hpp"

namespace profconv {
namespace {

// Some fit after ten passes, others take hundreds; of many numbers the last digits cost too much.
constexpr std::size_t most_passes = 1000, fewest_passes = 16, most_steps = std::size_t{1} << 24;
constexpr double nothing = 1e-9;  // who divides by less gets no number

std::int64_t rounded(double number) { return std::llround(std::min(number, 0x1p63 - 0x1p10)); }

}  // namespace

std::uint32_t ProportionalFit::add_row(double most, bool is_exact) {
  rows_.push_back({most, is_exact});
  return static_cast<std::uint32_t>(rows_.size() - 1);
}

std::uint32_t ProportionalFit::add_column(double free_number) {
  columns_.push_back({free_number, free_number});
  return static_cast<std::uint32_t>(columns_.size() - 1);
}

void ProportionalFit::add(std::uint32_t row, std::uint32_t column, double number) {
  row_of_.push_back(row);
  column_of_.push_back(column);
  numbers_.push_back(number);
  columns_[column].sum += number;
}

void ProportionalFit::run(double close_enough) {
  group_rows(
      numbers_.size(), rows_.size(), [&](std::uint32_t i) { return row_of_[i]; }, by_row_.first, by_row_.numbers);
  group_rows(
      numbers_.size(), columns_.size(), [&](std::uint32_t i) { return column_of_[i]; }, by_column_.first,
      by_column_.numbers);
  const std::size_t passes = std::clamp(most_steps / (numbers_.size() + 1), fewest_passes, most_passes);
  for (std::size_t pass = 0; pass < passes && fit_rows() > close_enough; ++pass) fit_columns();
}

// Returns by how much they were off.
double ProportionalFit::fit_rows() {
  double off = 0;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const auto [most, is_exact] = rows_[r];
    double sum = 0;
    for (const std::uint32_t i : group(by_row_, r)) sum += numbers_[i];
    if (sum < nothing || (sum <= most && !is_exact)) continue;
    off += std::abs(sum - most);
    for (const std::uint32_t i : group(by_row_, r)) numbers_[i] *= most / sum;
  }
  return off;
}

void ProportionalFit::fit_columns() {
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    auto& [wanted, free_number] = columns_[c];
    double sum = free_number;
    for (const std::uint32_t i : group(by_column_, c)) sum += numbers_[i];
    if (sum < nothing) continue;
    for (const std::uint32_t i : group(by_column_, c)) numbers_[i] *= wanted / sum;
    free_number *= wanted / sum;
  }
}

bool ProportionalFit::whole_units(std::uint32_t column, std::int64_t sum, std::vector<std::int64_t>& parts) const {
  std::vector<std::int64_t> weights;
  for (const std::uint32_t i : this->column(column)) weights.push_back(rounded(numbers_[i]));
  weights.push_back(rounded(columns_[column].free_number));
  parts.resize(weights.size());
  const bool any = apportion(sum, weights, parts);
  parts.pop_back();
  return any;
}

}  // namespace profconv
