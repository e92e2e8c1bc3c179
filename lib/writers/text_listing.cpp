// The view of lines, as text and as Markdown.
//
//     total_by_index  rows.py:55
//     9.00 ms, 1 call
//
//     line  hits    total     %  per hit  source
//       57     1   500 ns   0.0   500 ns      total = 0.0
//       58  1500   347 µs   3.9   231 ns      for i in range(len(table)):
//       59  1500  8.66 ms  96.1  5.77 µs          total += table.row(i)['price'] * table.row(i)['qty']

#include "writers/text_listing.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "codecs/markdown_text.hpp"
#include "writers/text_columns.hpp"
#include "writers/text_lines.hpp"
#include "writers/text_names.hpp"
#include "writers/text_tone.hpp"
#include "writers/text_units.hpp"

namespace profconv {
namespace {

constexpr std::string_view inclusive_remark =
    "Times of lines hold the calls made there: the line profiler alone does not tell them apart.";

class Listings {
 public:
  Listings(const Profile& profile, const TextOptions& options, const TextView& view, Output& out)
      : options_(options),
        view_(view),
        out_(out),
        table_(make_line_table(profile, view.blocks)),
        names_(profile, options, functions(view)) {}

  void write_text() {
    TextColumnWidths widths(table_.columns);
    for (const auto& rows : table_.blocks) {
      for (const LineTable::Row& row : rows) widths.add(row.cells);
    }
    if (options_.width != 0) {
      constexpr std::size_t enough = 26;  // columns for the source
      widths.fit(options_.width > enough ? options_.width - enough : 0);
    }
    const std::vector<std::string> titles = titles_of(table_.columns);
    for (std::size_t i = 0; i < table_.blocks.size(); ++i) {
      const TextNames::Label& label = names_.label(view_.blocks[i].head.function);
      if (i != 0) out_.write('\n');
      std::string title = toned(label.name, Tone::head, options_.color);
      if (!label.place.empty()) title += "  " + toned(label.place, Tone::dim, options_.color);
      write_line(title);
      if (!table_.headings[i].empty()) write_line(wrapped(table_.headings[i], options_.width));
      out_.write('\n');
      write_row(titles, widths, "source", Tone::dim);
      for (const LineTable::Row& row : table_.blocks[i])
        write_row(row.cells, widths, row.source, row.skipped ? Tone::dim : tone_of(row.share));
    }
    if (table_.inclusive)
      write_line("\n" + toned(wrapped(std::string(inclusive_remark), options_.width), Tone::dim, options_.color));
  }

  void write_markdown() {
    for (std::size_t i = 0; i < table_.blocks.size(); ++i) {
      const TextNames::Label& label = names_.label(view_.blocks[i].head.function);
      write_line((i == 0 ? "### " : "\n### ") + markdown_text(label.name) +
                 (label.place.empty() ? "" : " (" + markdown_text(label.place) + ")"));
      out_.write('\n');
      if (!table_.headings[i].empty()) write_line(markdown_text(table_.headings[i]) + "\n");
      std::string head = "|", rule = "|";
      for (const TextColumn& column : table_.columns) {
        head += " " + markdown_text(column.title) + " |";
        rule += " ---: |";
      }
      write_line(head + " source |");
      write_line(rule + " :--- |");
      for (const LineTable::Row& row : table_.blocks[i]) {
        std::string text = "|";
        for (const std::string& cell : row.cells) text += " " + markdown_text(cell) + " |";
        const std::size_t indent = std::min(row.source.find_first_not_of(' '), row.source.size());
        text += ' ';
        for (std::size_t k = 0; k < indent; ++k) text += "&nbsp;";
        write_line(text + markdown_text(std::string_view(row.source).substr(indent)) + " |");
      }
    }
    if (table_.inclusive) write_line("\n" + markdown_text(inclusive_remark));
  }

 private:
  static std::vector<FunctionId> functions(const TextView& view) {
    std::vector<FunctionId> functions;
    for (const TextBlock& block : view.blocks) functions.push_back(block.head.function);
    return functions;
  }

  void write_line(std::string_view text) {
    out_.write(text);
    out_.write('\n');
  }

  void write_row(const std::vector<std::string>& cells, const TextColumnWidths& widths, std::string_view source,
                 Tone tone) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!widths.has(i)) continue;
      text.append(widths.at(i) - display_columns(cells[i]), ' ');
      text += toned(cells[i], tone, options_.color) + "  ";
    }
    const std::size_t used = widths.used();
    constexpr std::size_t least = 24;  // columns for the source, even if the line gets too long then
    if (options_.width != 0)
      source = first_columns(source, std::max(options_.width > used ? options_.width - used : 0, least));
    text += source;
    while (text.ends_with(' ')) text.pop_back();
    write_line(text);
  }

  const TextOptions& options_;
  const TextView& view_;
  Output& out_;
  LineTable table_;
  TextNames names_;
};

}  // namespace

void write_listings(const Profile& profile, const TextOptions& options, const TextView& view, bool markdown,
                    Output& out) {
  Listings listings(profile, options, view, out);
  if (markdown) {
    listings.write_markdown();
  } else {
    listings.write_text();
  }
}

}  // namespace profconv
