// text and markdown: reports for people.
//
//     run.prof: 20 functions, 1406 calls (190 primitive), 132 µs
//
//       total      %     self      %   calls   per call  function
//      132 µs  100.0   1.9 µs    1.4       1     132 µs  <module>      recursion.py:1
//     60.8 µs   46.1  60.8 µs   46.1  1219/1    60.8 µs  fib           recursion.py:4
//     ...
//     17 more functions, 9.2 µs (7.0 %) of their own
//
// `total` is inclusive, counted once per outermost activation, `self` is without callees; percentages are of the whole,
// which is the sum of the self costs or, where a recording is inconsistent, the largest inclusive cost. `per call` is
// total by primitive calls. In the rows of callers and callees, costs are those of the calls between the two functions,
// and percentages are of the total of the function that the rows belong to. "~" marks estimates: shares by call counts,
// and nodes of the tree that the call graph does not determine.

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "base/counted.hpp"
#include "base/visible.hpp"
#include "codecs/markdown_text.hpp"
#include "model/shares.hpp"
#include "writers/text_columns.hpp"
#include "writers/text_listing.hpp"
#include "writers/text_names.hpp"
#include "writers/text_tone.hpp"
#include "writers/text_units.hpp"
#include "writers/text_view.hpp"
#include "writers/writers.hpp"

namespace profconv {
namespace {

using View = TextOptions::View;

struct Line {
  std::vector<std::string> cells;  // empty: nothing in the columns
  std::string prefix;              // before the name
  std::optional<FunctionId> function;
  std::string suffix;  // after the name, or the whole line's text when it is about no function
  double share = 0;    // of the whole: the bar
  double self_share = 0;
  Tone tone = Tone::plain;
};

bool equal_costs(const CostTable& a, const CostTable& b) {
  if (a.rows() != b.rows()) return false;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    if (!std::ranges::equal(a.row(i), b.row(i))) return false;
  }
  return true;
}

class TextReport {
 public:
  TextReport(const Profile& profile, const TextOptions& options, bool markdown, Output& out)
      : p_(profile),
        options_(options),
        markdown_(markdown),
        out_(out),
        view_(make_text_view(profile, options, true)),
        main_(main_metric(profile)),
        shares_(profile, main_) {
    for (std::size_t m = 0; m < profile.metrics.size(); ++m) {
      if (m != main_) others_.push_back(m);
    }
    // Without any call, what a function cost itself is what it cost: one column says it.
    shows_self_ =
        !view_.has_total || view_.has_counts || !profile.calls.empty() || !equal_costs(profile.self, profile.total);
  }

  void write();

 private:
  std::string summary() const;
  void choose_columns();
  std::vector<std::string> cells(const TextRow& row, std::int64_t whole, bool of_self) const;
  void add_functions();
  void add_blocks();
  void add_call_lines(const TextBlock& block, bool callers);
  void add_tree();
  void add_rest();
  std::string own_of_rest() const;

  void write_lines();
  void write_text();
  void write_line(const Line& line, const TextColumnWidths& widths, const TextNames& names, std::size_t name_columns);
  void write_markdown();
  std::string bar(const Line& line) const;
  std::string toned(std::string text, Tone tone) const {
    return profconv::toned(std::move(text), tone, options_.color);
  }

  bool wants_percent() const { return options_.percent || options_.view == View::functions; }
  Unit unit(std::size_t metric) const { return p_.metrics[metric].unit; }

  const Profile& p_;
  const TextOptions& options_;
  bool markdown_;
  Output& out_;
  TextView view_;
  std::size_t main_;  // the metric that comes first
  std::vector<std::size_t> others_;
  bool shows_self_ = true;
  Shares shares_;
  std::vector<TextColumn> columns_;
  std::vector<Line> lines_;
  bool bars_ = false;
};

// Of all inputs; 0 where they differ or one does not say it.
std::int64_t common_interval_ns(const Profile& p) {
  if (p.sources.empty()) return 0;
  const std::int64_t interval = p.sources.front().interval_ns;
  return std::ranges::all_of(p.sources, [&](const Source& s) { return s.interval_ns == interval; }) ? interval : 0;
}

// ---- what is shown ----

std::string TextReport::summary() const {
  std::string text;
  if (!p_.sources.empty()) {
    const Source& first = p_.sources.front();
    const std::string_view title = index(first.command) != 0 ? p_.text(first.command) : p_.text(first.name);
    text += title == "-" ? "standard input"
                         : visible(index(first.command) != 0 ? title : title.substr(title.rfind('/') + 1));
    if (p_.sources.size() > 1) text += " and " + std::to_string(p_.sources.size() - 1) + " more";
    text += ": ";
  }
  text += counted(p_.functions.size(), options_.noun);
  std::int64_t calls = 0, primitive = 0;
  bool all_counted = view_.has_counts;
  for (const Counts& c : p_.counts) {
    all_counted = all_counted && c.calls != not_counted && !__builtin_add_overflow(calls, c.calls, &calls);
    if (c.primitive == not_counted || primitive < 0 || __builtin_add_overflow(primitive, c.primitive, &primitive))
      primitive = -1;
  }
  if (all_counted) {
    text += ", " + std::to_string(calls) + (calls == 1 ? " call" : " calls");
    if (primitive >= 0 && primitive != calls) text += " (" + std::to_string(primitive) + " primitive)";
  }
  const std::vector<std::int64_t> totals = total_cost(p_);
  for (std::size_t m = 0; m < totals.size(); ++m) {
    text += ", " + named_amount(p_, m, totals[m]);
    if (unit(m) == Unit::bytes) text += " " + std::string(p_.text(p_.metrics[m].name));
    if (const std::int64_t interval = common_interval_ns(p_);
        p_.text(p_.metrics[m].name) == samples_metric.name && interval > 0)
      text += " every " + fitting_unit(interval, Unit::nanoseconds);
  }
  return text;
}

void TextReport::choose_columns() {
  using Worth = TextColumn::Worth;
  if (p_.metrics.empty()) return;
  const auto name = [this](std::size_t m) { return std::string(p_.text(p_.metrics[m].name)); };
  const bool is_time = name(main_) == time_metric.name;
  if (view_.has_total) {
    columns_.push_back({is_time ? "total" : name(main_)});
    if (wants_percent()) columns_.push_back({"%", Worth::percentage});
  }
  if (shows_self_) {
    columns_.push_back({is_time ? "self" : "self " + name(main_)});
    if (wants_percent()) columns_.push_back({"%", Worth::percentage});
  }
  const std::vector<std::int64_t> totals = total_cost(p_);
  for (const std::size_t m : others_) {
    const bool is_nothing = totals[m] == 0;
    if (view_.has_total) columns_.push_back({name(m), is_nothing ? Worth::nothing : Worth::further});
    if (shows_self_) {
      const Worth self = view_.has_total ? Worth::own_part : Worth::further;
      columns_.push_back({"self " + name(m), is_nothing ? Worth::nothing : self});
    }
  }
  if (options_.view == View::tree) return;
  if (view_.has_counts) columns_.push_back({"calls"});
  if (view_.has_counts && view_.has_total && options_.view == View::functions)
    columns_.push_back({"per call", Worth::average});
}

// One cell for each of the columns.
std::vector<std::string> TextReport::cells(const TextRow& row, std::int64_t whole, bool of_self) const {
  std::vector<std::string> cells;
  if (p_.metrics.empty()) return cells;
  if (view_.has_total) {
    cells.push_back((row.estimated[main_] ? "~" : "") + fitting_unit(row.total[main_], unit(main_)));
    if (wants_percent()) cells.push_back(percent_of(row.total[main_], whole));
  }
  if (shows_self_) {
    cells.push_back(fitting_unit(row.self[main_], unit(main_)));
    if (wants_percent()) cells.push_back(percent_of(row.self[main_], of_self ? shares_.spent() : whole));
  }
  for (const std::size_t m : others_) {
    if (view_.has_total) cells.push_back((row.estimated[m] ? "~" : "") + fitting_unit(row.total[m], unit(m)));
    if (shows_self_) cells.push_back(fitting_unit(row.self[m], unit(m)));
  }
  if (options_.view == View::tree) return cells;
  if (view_.has_counts) cells.push_back(counts_text(row.counts));
  if (view_.has_counts && view_.has_total && options_.view == View::functions) {
    const std::int64_t calls = row.counts.primitive;
    cells.push_back(calls > 0 ? fitting_unit(row.total[main_] / calls, unit(main_)) : "-");
  }
  return cells;
}

void TextReport::add_functions() {
  for (const TextBlock& block : view_.blocks) {
    Line line;
    line.cells = cells(block.head, shares_.whole(), true);
    line.function = block.head.function;
    if (view_.has_total) line.share = shares_.of_whole(block.head.total[main_]);
    if (shares_.spent() != 0) line.self_share = shares_.of_self(block.head.self[main_]);
    if (!view_.has_total) line.share = line.self_share;
    line.tone = tone_of(line.self_share);
    lines_.push_back(std::move(line));
  }
}

void TextReport::add_call_lines(const TextBlock& block, bool callers) {
  const std::vector<TextRow>& rows = callers ? block.callers : block.callees;
  const std::size_t more = callers ? block.more_callers : block.more_callees;
  const char* const arrow = callers ? "  <- " : "  -> ";
  for (const TextRow& row : rows) {
    Line line;
    line.cells = cells(row, view_.has_total ? block.head.total[main_] : 0, false);
    line.prefix = arrow;
    line.function = row.function;
    if (row.function == block.head.function) line.suffix = " (itself)";
    lines_.push_back(std::move(line));
  }
  if (more != 0) {
    Line line;
    line.cells.resize(columns_.size());
    line.prefix = arrow;
    line.suffix = counted(more, callers ? "more caller" : "more callee");
    line.tone = Tone::dim;
    lines_.push_back(std::move(line));
  }
}

void TextReport::add_blocks() {
  for (const TextBlock& block : view_.blocks) {
    if (!lines_.empty()) lines_.emplace_back();  // an empty line
    if (options_.view == View::peek) add_call_lines(block, true);
    Line line;
    line.cells = cells(block.head, shares_.whole(), true);
    line.function = block.head.function;
    line.tone = Tone::head;
    lines_.push_back(std::move(line));
    if (options_.view == View::callers) add_call_lines(block, true);
    if (options_.view != View::callers) add_call_lines(block, false);
  }
}

void TextReport::add_tree() {
  const CallTree& tree = view_.tree;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const CallTree::Node& node = tree.nodes[i];
    TextRow row;
    std::ranges::copy(tree.self.row(i), row.self.begin());
    std::ranges::copy(tree.total.row(i), row.total.begin());
    row.estimated.fill(!node.all_proved);
    row.estimated[main_] = !node.proved;
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) row.estimated[m] &= row.total[m] != not_measured;
    Line line;
    line.cells = cells(row, shares_.whole(), true);
    constexpr std::uint32_t most_levels = 16;  // deeper ones are numbered
    line.prefix = std::string(2 * std::size_t{std::min(node.depth, most_levels)}, ' ');
    if (node.depth > most_levels) line.prefix += "[" + std::to_string(node.depth) + "] ";
    line.function = node.function;
    if (node.recursion) line.suffix = " (recursion)";
    line.share = shares_.of_whole(row.total[main_]);
    if (shares_.spent() != 0) line.self_share = shares_.of_self(row.self[main_]);
    line.tone = tone_of(line.self_share);
    lines_.push_back(std::move(line));
  }
}

std::string TextReport::own_of_rest() const {
  if (p_.metrics.empty() || p_.self.empty()) return {};
  std::string text = named_amount(p_, main_, view_.more_self[main_]);
  if (shares_.spent() != 0) text += " (" + percent_of(view_.more_self[main_], shares_.spent()) + " %)";
  return ", " + text + " of their own";
}

// What is not shown.
void TextReport::add_rest() {
  const auto remark = [](std::string text) {
    Line line;
    line.suffix = std::move(text);
    line.tone = Tone::dim;
    return line;
  };
  if (options_.view != View::functions) lines_.emplace_back();
  if (options_.view == View::tree) {
    const CallTree& tree = view_.tree;
    std::int64_t hidden = 0, unrecorded = 0, top = 0;
    bool fits = true;
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      const std::int64_t below = tree.hidden.at(i, main_) - tree.unrecorded.at(i, main_);
      fits = fits && !__builtin_add_overflow(hidden, below, &hidden) &&
             !__builtin_add_overflow(unrecorded, tree.unrecorded.at(i, main_), &unrecorded);
      if (tree.nodes[i].depth == 0) fits = fits && !__builtin_add_overflow(top, tree.total.at(i, main_), &top);
    }
    const bool estimated = std::ranges::any_of(tree.nodes, [](const CallTree::Node& n) { return !n.all_proved; });
    if (estimated) lines_.push_back(remark("~ is an estimate: a function is taken to do the same whoever calls it."));
    if (tree.exact) lines_.push_back(remark("The stacks were recorded: nothing here is an estimate."));
    std::string rest;
    const auto add = [&](const std::string& text) { rest += (rest.empty() ? "Not shown: " : "; ") + text; };
    if (view_.more != 0) add(counted(view_.more, options_.noun));
    if (fits && hidden > 0)
      add(named_amount(p_, main_, hidden) + " (" + percent_of(hidden, shares_.whole()) +
          " %) in calls that are cheaper or deeper");
    constexpr std::int64_t least_parts = 1000;  // less is rounding
    if (fits && unrecorded > 0 && unrecorded >= shares_.whole() / least_parts)
      add(named_amount(p_, main_, unrecorded) + " (" + percent_of(unrecorded, shares_.whole()) +
          (options_.calls_left_out ? " %) in calls that are left out" : " %) that no recorded call accounts for"));
    if (fits && shares_.whole() - top > 0)
      add(named_amount(p_, main_, shares_.whole() - top) + " outside of these calls");
    if (!rest.empty()) lines_.push_back(remark(rest));
  } else {
    if (view_.more != 0) lines_.push_back(remark(counted(view_.more, "more " + options_.noun) + own_of_rest()));
  }
  while (!lines_.empty() && lines_.back().cells.empty() && lines_.back().suffix.empty()) lines_.pop_back();
}

// ---- as text ----

// The function's own part is solid.
std::string TextReport::bar(const Line& line) const {
  constexpr int columns = 10;
  const int all = static_cast<int>(std::lround(line.share * columns)),
            own = std::min(all, static_cast<int>(std::lround(line.self_share * columns)));
  std::string text;
  for (int i = 0; i < columns; ++i) text += i < own ? "█" : i < all ? "░" : " ";
  return text;
}

void TextReport::write_line(const Line& line, const TextColumnWidths& widths, const TextNames& names,
                            std::size_t name_columns) {
  std::string text;
  for (std::size_t i = 0; i < line.cells.size(); ++i) {
    if (!widths.has(i)) continue;
    text.append(widths.at(i) - display_columns(line.cells[i]), ' ');
    text += toned(line.cells[i], line.tone) + "  ";
  }
  if (bars_ && line.function) text += bar(line) + "  ";
  text += line.prefix;
  if (line.function) {
    const TextNames::Label& label = names.label(*line.function);
    std::string name = label.name + line.suffix;
    text += toned(name, line.tone);
    if (!label.place.empty()) {
      const std::size_t used = display_columns(line.prefix) + display_columns(name);
      text.append(2 + (used < name_columns ? name_columns - used : 0), ' ');
      text += toned(label.place, Tone::dim);
    }
  } else if (line.cells.empty()) {
    text = toned(wrapped(line.suffix, options_.width), line.tone);
  } else {
    text += toned(line.suffix, line.tone);
  }
  while (text.ends_with(' ')) text.pop_back();
  out_.write(text);
  out_.write('\n');
}

void TextReport::write_text() {
  std::vector<FunctionId> shown;
  std::size_t decoration = 0;  // columns beside the name
  for (const Line& line : lines_) {
    if (!line.function) continue;
    shown.push_back(*line.function);
    decoration = std::max(decoration, display_columns(line.prefix) + display_columns(line.suffix));
  }
  TextNames names(p_, options_, std::move(shown));
  TextColumnWidths widths(columns_);
  for (const Line& line : lines_) widths.add(line.cells);
  constexpr std::size_t bar_columns = 12;
  bars_ = options_.color && (options_.view == View::functions || options_.view == View::tree);
  if (options_.width != 0) {
    // On a narrow terminal names are worth more than bars and some of the numbers.
    constexpr std::size_t enough = 26;
    const std::size_t beside = decoration + enough;
    if (bars_ && options_.width < widths.used() + bar_columns + beside) bars_ = false;
    if (!bars_) widths.fit(options_.width > beside ? options_.width - beside : 0);
    constexpr std::size_t least = 24;  // columns for names and places, even if the line gets too long then
    const std::size_t used = widths.used() + (bars_ ? bar_columns : 0) + decoration;
    const std::size_t left = std::max(options_.width > used ? options_.width - used : 0, least);
    const std::size_t places = names.place_columns() == 0 ? 0 : names.place_columns() + 2;
    if (names.name_columns() + places > left) {
      const std::size_t place =
          places == 0
              ? 0
              : std::min(names.place_columns(), std::max(left / 3, left - std::min(left, names.name_columns() + 2)));
      names.fit(std::max<std::size_t>(left - (place == 0 ? 0 : place + 2), 8), place);
    }
  }
  std::size_t name_columns = 0;
  for (const Line& line : lines_) {
    if (line.function)
      name_columns =
          std::max(name_columns, display_columns(line.prefix) + display_columns(names.label(*line.function).name) +
                                     display_columns(line.suffix));
  }
  Line head;
  head.cells = titles_of(columns_);
  head.prefix = (bars_ ? std::string(bar_columns, ' ') : std::string()) + options_.noun;
  head.tone = Tone::dim;
  out_.write(toned(wrapped(summary(), options_.width), Tone::head));
  out_.write("\n\n");
  if (!lines_.empty()) write_line(head, widths, names, name_columns);
  for (const Line& line : lines_) write_line(line, widths, names, name_columns);
}

// ---- as Markdown ----

void TextReport::write_markdown() {
  std::vector<FunctionId> shown;
  for (const Line& line : lines_) {
    if (line.function) shown.push_back(*line.function);
  }
  const TextNames names(p_, options_, std::move(shown));
  out_.write(markdown_text(summary()));
  out_.write("\n\n|");
  for (const TextColumn& column : columns_) out_.write(" " + markdown_text(column.title) + " |");
  const bool has_places = names.place_columns() != 0;  // groups have none
  out_.write(" " + options_.noun + (has_places ? " | place |\n|" : " |\n|"));
  for (std::size_t i = 0; i < columns_.size(); ++i) out_.write(" ---: |");
  out_.write(has_places ? " :--- | :--- |\n" : " :--- |\n");
  std::string rest;
  for (const Line& line : lines_) {
    if (line.cells.empty()) {
      if (!line.suffix.empty()) rest += "\n" + markdown_text(line.suffix) + "\n";
      continue;
    }
    out_.write('|');
    for (const std::string& cell : line.cells) out_.write(" " + markdown_text(cell) + " |");
    std::string name = line.prefix + (line.function ? names.label(*line.function).name : "") + line.suffix;
    const std::size_t indent = std::min(name.find_first_not_of(' '), name.size());
    out_.write(' ');
    for (std::size_t i = 0; i < indent; ++i) out_.write("&nbsp;");
    name = markdown_text(std::string_view(name).substr(indent));
    out_.write(line.tone == Tone::head ? "**" + name + "**" : name);
    if (has_places)
      out_.write(" | " + (line.function ? markdown_text(names.label(*line.function).place) : std::string()));
    out_.write(" |\n");
  }
  out_.write(rest);
}

// The listings of lines have tables of their own.
void TextReport::write_lines() {
  const std::string text = summary();
  out_.write(markdown_ ? markdown_text(text) : toned(wrapped(text, options_.width), Tone::head));
  out_.write("\n\n");
  write_listings(p_, options_, view_, markdown_, out_);
  if (view_.more == 0) return;
  const std::string rest = counted(view_.more, "more " + options_.noun);
  out_.write("\n" + (markdown_ ? markdown_text(rest) : toned(rest, Tone::dim)) + "\n");
}

void TextReport::write() {
  if (options_.view == View::lines) return write_lines();
  choose_columns();
  switch (options_.view) {
    case View::functions: add_functions(); break;
    case View::tree: add_tree(); break;
    default: add_blocks();
  }
  add_rest();
  if (markdown_) {
    write_markdown();
  } else {
    write_text();
  }
}

}  // namespace

void write_text(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics&) {
  TextReport(profile, options.text, false, output).write();
}

void write_markdown(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics&) {
  TextReport(profile, options.text, true, output).write();
}

}  // namespace profconv
