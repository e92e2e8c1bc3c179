#include "writers/text_columns.hpp"

#include <algorithm>

#include "writers/text_units.hpp"

namespace profconv {

std::vector<std::string> titles_of(std::span<const TextColumn> columns) {
  std::vector<std::string> titles;
  for (const TextColumn& column : columns) titles.push_back(column.title);
  return titles;
}

TextColumnWidths::TextColumnWidths(std::span<const TextColumn> columns) : columns_(columns) {
  for (const TextColumn& column : columns) widths_.push_back(display_columns(column.title));
}

void TextColumnWidths::add(std::span<const std::string> cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], display_columns(cells[i]));
}

void TextColumnWidths::fit(std::size_t most) {
  using Worth = TextColumn::Worth;
  for (const Worth worth : {Worth::nothing, Worth::average, Worth::own_part, Worth::percentage, Worth::further}) {
    for (std::size_t i = columns_.size(); i-- > 0 && used() > most;) {
      if (columns_[i].worth == worth) widths_[i] = 0;
    }
  }
}

std::size_t TextColumnWidths::used() const noexcept {
  std::size_t used = 0;
  for (const std::size_t width : widths_) used += width == 0 ? 0 : width + 2;
  return used;
}

}  // namespace profconv
