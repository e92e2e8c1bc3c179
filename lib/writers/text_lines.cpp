#include "writers/text_lines.hpp"

#include <algorithm>
#include <optional>

#include <profconv/builder.hpp>

#include "base/visible.hpp"
#include "source/source_fit.hpp"
#include "writers/text_units.hpp"

namespace profconv {
namespace {

// Lines without costs between two that have some: more of them are left out.
constexpr std::uint32_t longest_gap = 20;

std::string_view bare(std::string_view name) { return name.starts_with('<') ? name : name.substr(name.rfind('.') + 1); }

// `line` is one that the function ran; samplers record no first lines.
const SourceFile* fitting_source(const Profile& p, const Function& f, std::uint32_t line, const SourceFiles* sources) {
  if (sources == nullptr) return nullptr;
  const SourceFile* const source = sources->find(p.text(f.file));
  if (source == nullptr) return nullptr;
  const std::string_view name = bare(p.text(f.name));
  const std::uint32_t header = f.line != 0 ? header_line(*source, name, f.line) : header_above(*source, name, line);
  return header != 0 ? source : nullptr;
}

class LineTableMaker {
 public:
  LineTableMaker(const Profile& profile, std::span<const TextBlock> blocks) : p_(profile), blocks_(blocks) {
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
      const std::string_view name = p_.text(p_.metrics[m].name);
      has_self_.push_back(is_known(m, &TextLine::self));
      has_total_.push_back(is_known(m, &TextLine::total));
      if (name == hits_metric.name && has_self_[m]) hits_ = m;
      if ((name == time_metric.name || name == samples_metric.name) && !cost_ && (has_self_[m] || has_total_[m]))
        cost_ = m;
    }
  }

  LineTable make() {
    LineTable table;
    add_columns(table);
    for (const TextBlock& block : blocks_) {
      table.headings.push_back(heading(block));
      std::vector<LineTable::Row>& rows = table.blocks.emplace_back();
      for (const TextLine& line : block.lines)
        rows.push_back(line.skipped != 0 ? skipped(table.columns.size(), line.skipped) : row(block, line));
    }
    const bool time = cost_ && p_.metrics[*cost_].unit == Unit::nanoseconds;
    table.inclusive = time && has_total_[*cost_] && !has_self_[*cost_];
    return table;
  }

 private:
  bool is_known(std::size_t m, TextCosts TextLine::*costs) const {
    return std::ranges::any_of(blocks_, [&](const TextBlock& block) {
      return std::ranges::any_of(block.lines, [&](const TextLine& line) { return (line.*costs)[m] != not_measured; });
    });
  }
  static LineTable::Row skipped(std::size_t columns, std::uint32_t lines) {
    LineTable::Row row;
    row.cells.resize(columns);
    row.source = "... " + std::to_string(lines) + " lines";
    row.skipped = true;
    return row;
  }

  void add_columns(LineTable& table) const {
    using Worth = TextColumn::Worth;
    table.columns.push_back({"line"});
    if (hits_) table.columns.push_back({"hits"});
    if (cost_) {
      if (has_total_[*cost_]) table.columns.push_back({"total"});
      if (has_self_[*cost_]) table.columns.push_back({"self"});
      table.columns.push_back({"%", Worth::percentage});
      if (hits_) table.columns.push_back({"per hit", Worth::average});
    }
    const std::vector<std::int64_t> totals = total_cost(p_);
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
      if (!is_further(m)) continue;
      table.columns.push_back(
          {std::string(p_.text(p_.metrics[m].name)), totals[m] == 0 ? Worth::nothing : Worth::further});
    }
  }
  bool is_further(std::size_t m) const {
    return m != hits_.value_or(SIZE_MAX) && m != cost_.value_or(SIZE_MAX) && (has_self_[m] || has_total_[m]);
  }

  std::string heading(const TextBlock& block) const {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
      const bool is_cost = m == cost_.value_or(SIZE_MAX);
      if (!is_cost && !is_further(m)) continue;
      const auto amount = [&](std::int64_t value) {
        return is_cost ? named_amount(p_, m, value)
                       : fitting_unit(value, p_.metrics[m].unit) + " " + std::string(p_.text(p_.metrics[m].name));
      };
      const std::int64_t self = block.head.self[m], total = block.head.total[m];
      if (!is_cost && std::max<std::int64_t>(self, 0) == 0 && std::max<std::int64_t>(total, 0) == 0) continue;
      if (total == not_measured || total == self) {
        if (self != not_measured) add(amount(self));
      } else {
        add(amount(total));
        if (self != not_measured) add(fitting_unit(self, p_.metrics[m].unit) + " of its own");
      }
    }
    // 0: it was not called while somebody counted, or nobody did.
    if (block.head.counts.calls > 0)
      add(counts_text(block.head.counts) + (block.head.counts.calls == 1 ? " call" : " calls"));
    return text;
  }

  LineTable::Row row(const TextBlock& block, const TextLine& line) const {
    LineTable::Row row;
    row.source = visible_source(line.source);
    row.cells.push_back(line.line == 0 ? "?" : std::to_string(line.line));
    const auto cell = [&](std::int64_t value, std::size_t m) {
      return value == not_measured ? std::string() : fitting_unit(value, p_.metrics[m].unit);
    };
    const std::int64_t hits = hits_ ? line.self[*hits_] : not_measured;
    if (hits_) row.cells.push_back(cell(hits, *hits_));
    if (cost_) {
      const std::size_t m = *cost_;
      const std::int64_t cost = has_total_[m] ? line.total[m] : line.self[m];
      const std::int64_t whole =
          has_total_[m] && block.head.total[m] != not_measured ? block.head.total[m] : block.head.self[m];
      if (has_total_[m]) row.cells.push_back(cell(line.total[m], m));
      if (has_self_[m]) row.cells.push_back(cell(line.self[m], m));
      row.cells.push_back(cost == not_measured || whole <= 0 ? std::string() : percent_of(cost, whole));
      if (hits_) row.cells.push_back(hits > 0 && cost != not_measured ? cell(cost / hits, m) : std::string());
      if (cost > 0 && whole > 0) row.share = static_cast<double>(cost) / static_cast<double>(whole);
    }
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
      if (!is_further(m)) continue;
      const std::int64_t cost = has_total_[m] && line.total[m] != not_measured ? line.total[m] : line.self[m];
      // Most lines leave memory alone; what does not is easier to see then.
      row.cells.push_back(cost == 0 ? std::string() : cell(cost, m));
    }
    return row;
  }

  static std::string visible_source(std::string_view text) {
    std::string spaces;
    for (const char c : text) {
      if (c == '\t') {
        spaces.append(8 - spaces.size() % 8, ' ');
      } else {
        spaces += c;
      }
    }
    while (spaces.ends_with(' ')) spaces.pop_back();
    return visible(spaces);
  }

  const Profile& p_;
  std::span<const TextBlock> blocks_;
  std::vector<bool> has_self_, has_total_;  // per metric: some line has it
  std::optional<std::size_t> hits_, cost_;
};

}  // namespace

void add_text_lines(const Profile& p, const SourceFiles* sources, std::span<TextBlock> blocks) {
  if (sources != nullptr) show_source_lines(p, *sources);
  std::vector<std::size_t> first(p.functions.size() + 1, 0);
  for (const Line& line : p.lines) ++first[index(line.function) + 1];
  for (std::size_t f = 0; f < p.functions.size(); ++f) first[f + 1] += first[f];
  for (TextBlock& block : blocks) {
    const Function& f = p.function(block.head.function);
    const std::size_t begin = first[index(block.head.function)], end = first[index(block.head.function) + 1];
    if (begin == end) continue;
    const SourceFile* const source = fitting_source(p, f, p.lines[begin].line, sources);
    block.has_source = source != nullptr;
    std::uint32_t next = f.line != 0 ? std::min(f.line, p.lines[begin].line) : p.lines[begin].line;
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t number = p.lines[i].line;
      TextLine line;
      line.self.fill(not_measured);
      line.total.fill(not_measured);
      const bool shows = source != nullptr && next != 0 && next < number && number <= source->line_count();
      if (shows && number - next > longest_gap) {
        line.line = next;
        line.skipped = number - next;
        block.lines.push_back(line);
        line.skipped = 0;
      } else if (shows) {
        for (; next < number; ++next) {
          line.line = next;
          line.source = source->line(next);
          block.lines.push_back(line);
        }
      }
      line.line = number;
      line.measured = true;
      line.source = source != nullptr && number != 0 ? source->line(number) : std::string_view{};
      if (!p.line_self.empty()) std::ranges::copy(p.line_self.row(i), line.self.begin());
      if (!p.line_total.empty()) std::ranges::copy(p.line_total.row(i), line.total.begin());
      block.lines.push_back(line);
      next = number + 1;
    }
  }
}

LineTable make_line_table(const Profile& profile, std::span<const TextBlock> blocks) {
  return LineTableMaker(profile, blocks).make();
}

}  // namespace profconv
