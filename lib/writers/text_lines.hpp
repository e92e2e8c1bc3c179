#pragma once

#include <span>
#include <string>
#include <vector>

#include <profconv/source.hpp>

#include "writers/text_columns.hpp"
#include "writers/text_view.hpp"

namespace profconv {

/// Gives every block the lines of its function, with their text where the source is found and fits. `sources` may be
/// null.
void add_text_lines(const Profile& profile, const SourceFiles* sources, std::span<TextBlock> blocks);

/// A listing of lines as a table: what text and Markdown have in common.
struct LineTable {
  struct Row {
    std::vector<std::string> cells;  ///< One per column; "" where nothing was measured.
    std::string source;              ///< Visible text.
    double share = 0;                ///< Of the function's cost.
    bool skipped = false;            ///< Stands for lines without costs that are left out.
  };
  std::vector<TextColumn> columns;
  std::vector<std::string> headings;  ///< Per block: what the function cost.
  std::vector<std::vector<Row>> blocks;
  bool inclusive = false;  ///< Times of lines hold the calls made there.
};

/// What people see of the lines: number, hits, cost, its part of the function's, cost per hit, memory.
LineTable make_line_table(const Profile& profile, std::span<const TextBlock> blocks);

}  // namespace profconv
