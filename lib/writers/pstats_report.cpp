// The text report of CPython's pstats, to the byte.
//
//     Tue Nov 24 17:29:53 2026    run.prof
//
//              33 function calls (14 primitive calls) in 0.000 seconds
//
//        Ordered by: cumulative time
//        List reduced from 12 to 5 due to restriction <5>
//
//        ncalls  tottime  percall  cumtime  percall filename:lineno(function)
//          15/1    0.000    0.000    0.000    0.000 t.py:2(fib)
//
// Source: CPython 3.11 Lib/pstats.py (`print_stats`, `print_callers`, `print_callees`, `eval_print_amount`,
// `sort_stats`). Facts that are easy to miss:
// - Sums of times are float sums in the order of the file; several files are added as `Stats(a, b, c)` adds them: a, c,
// b.
// - Sorting is stable: ties keep the order of the entries. Reversing reverses the ties too.
// - The column of names is as wide as the widest of all functions, unless a restriction left some out; then as those
// shown.
// - Whether callers get a sub-header is decided by the first caller of the first entry that has one.
// - A list that restrictions emptied prints nothing at all, not even the restrictions.
// - strip_dirs adds entries that fall together, but the callers of one entry that fall together replace each other.

#include <profconv/pstats_report.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/error.hpp>

#include "base/parallel.hpp"
#include "base/visible.hpp"
#include "writers/pstats_report_stats.hpp"
#include "writers/pstats_report_text.hpp"
#include "writers/text_restriction.hpp"

namespace profconv {
namespace {

enum class Field : std::uint8_t { primitive, calls, self, total, file, line, name, label };

struct SortKey {
  std::string_view word, title;
  std::vector<Field> fields;
};

const std::vector<SortKey>& sort_keys() {
  static const std::vector<SortKey> keys = {
      {"calls", "call count", {Field::calls}},
      {"ncalls", "call count", {Field::calls}},
      {"cumtime", "cumulative time", {Field::total}},
      {"cumulative", "cumulative time", {Field::total}},
      {"filename", "file name", {Field::file}},
      {"line", "line number", {Field::line}},
      {"module", "file name", {Field::file}},
      {"name", "function name", {Field::name}},
      {"nfl", "name/file/line", {Field::name, Field::file, Field::line}},
      {"pcalls", "primitive call count", {Field::primitive}},
      {"stdname", "standard name", {Field::label}},
      {"time", "internal time", {Field::self}},
      {"tottime", "internal time", {Field::self}},
  };
  return keys;
}

// The keys that a word may stand for: the one that it is, or those that it begins. pstats refuses some beginnings that
// two words of one meaning share ("cum"); they are taken here.
std::vector<const SortKey*> sort_keys_for(std::string_view word) {
  std::vector<const SortKey*> fitting;
  for (const SortKey& key : sort_keys()) {
    if (!word.empty() && key.word == word) return {&key};
    if (!word.empty() && key.word.starts_with(word)) fitting.push_back(&key);
  }
  return fitting;
}

bool all_mean_the_same(const std::vector<const SortKey*>& keys) {
  return std::ranges::all_of(keys, [&](const SortKey* key) { return key->title == keys.front()->title; });
}

std::string listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

const SortKey& sort_key_named(std::string_view word) {
  const std::vector<const SortKey*> fitting = sort_keys_for(word);
  if (!fitting.empty() && all_mean_the_same(fitting)) return *fitting.front();
  std::vector<std::string_view> words;
  for (const SortKey* key : fitting) words.push_back(key->word);
  if (!words.empty()) throw UsageError("the sort key " + quoted(word) + " could be any of " + listed(words));
  for (const SortKey& key : sort_keys()) words.push_back(key.word);
  throw UsageError("unknown sort key " + quoted(word) + ", pstats has " + listed(words), did_you_mean(word, words));
}

void append_time(std::string& out, const PythonNumber& seconds) { append_fixed3(out, seconds.as_double(), 8); }

void append_right(std::string& out, std::string_view text, std::size_t width) {
  if (text.size() < width) out.append(width - text.size(), ' ');
  out += text;
}

class PstatsReport {
 public:
  PstatsReport(const PstatsStats& stats, const PstatsReportOptions& options, Output& out)
      : stats_(stats), options_(options), out_(out) {
    sort();
  }

  void print(PstatsReportOptions::Part part, const std::vector<TextRestriction>& restrictions) {
    using Part = PstatsReportOptions::Part;
    switch (part) {
      case Part::stats: return print_stats(restrictions);
      case Part::callers: return print_callers(restrictions);
      case Part::callees: return print_callees(restrictions);
    }
  }

 private:
  using Entry = PstatsStats::Entry;
  using Caller = PstatsStats::Caller;

  void sort();
  int compare_field(const Entry& a, const Entry& b, Field field) const;

  using Entries = std::vector<const Entry*>;
  Entries select(const std::vector<TextRestriction>& restrictions);
  std::size_t width_of_names(const Entries& entries) const;

  void print_stats(const std::vector<TextRestriction>& restrictions);
  void append_row(std::string& out, const Entry& entry) const;
  void print_callers(const std::vector<TextRestriction>& restrictions);
  void print_callees(const std::vector<TextRestriction>& restrictions);
  void print_call_heading(std::size_t width, std::string_view title);
  void print_call_rows(std::size_t width, const Entry& entry, std::vector<Caller>& calls, std::string_view arrow);

  const PstatsStats::Function& function(const Entry& entry) const { return stats_.function(entry.function); }
  void add_label(std::uint32_t id) { stats_.function(id).append_label(row_, options_.visible); }
  void add_label(std::uint32_t id, std::size_t width) {
    add_label(id);
    const std::size_t used = stats_.function(id).label_columns();
    if (used < width) row_.append(width - used, ' ');
  }
  void end_row() {
    row_ += '\n';
    out_.write(row_);
    row_.clear();
  }

  const PstatsStats& stats_;
  const PstatsReportOptions& options_;
  Output& out_;
  Entries order_;
  std::vector<std::string> labels_;  // per function that has an entry, where they are sorted by these
  std::string order_title_;
  std::string row_;
};

int PstatsReport::compare_field(const Entry& a, const Entry& b, Field field) const {
  switch (field) {  // numbers of calls and times: the largest first
    case Field::primitive: return compare(b.primitive, a.primitive);
    case Field::calls: return compare(b.calls, a.calls);
    case Field::self: return compare(b.self, a.self);
    case Field::total: return compare(b.total, a.total);
    case Field::file: return compare_text(function(a).file, function(b).file);
    case Field::line: return function(a).line < function(b).line ? -1 : function(a).line > function(b).line ? 1 : 0;
    case Field::name: return compare_text(function(a).name, function(b).name);
    case Field::label: return compare_text(labels_[a.function], labels_[b.function]);
  }
  return 0;
}

void PstatsReport::sort() {
  for (const Entry& entry : stats_.entries()) order_.push_back(&entry);
  std::vector<Field> fields;
  for (const std::string& word : options_.sort_keys) {
    const SortKey& key = sort_key_named(word);
    fields.insert(fields.end(), key.fields.begin(), key.fields.end());
    order_title_ += (order_title_.empty() ? "" : ", ") + std::string(key.title);
  }
  if (fields.empty()) return;
  if (std::ranges::find(fields, Field::label) != fields.end()) {
    labels_.resize(stats_.functions());
    for (const Entry& entry : stats_.entries()) labels_[entry.function] = function(entry).label();
  }
  std::stable_sort(order_.begin(), order_.end(), [&](const Entry* a, const Entry* b) {
    for (const Field field : fields) {
      if (const int order = compare_field(*a, *b, field); order != 0) return order < 0;
    }
    return false;
  });
  if (options_.reverse) std::ranges::reverse(order_);
}

PstatsReport::Entries PstatsReport::select(const std::vector<TextRestriction>& restrictions) {
  Entries selected = order_;
  std::string message =
      order_title_.empty() ? "   Random listing order was used\n" : "   Ordered by: " + order_title_ + "\n";
  for (const TextRestriction& r : restrictions) {
    const std::size_t before = selected.size();
    r.apply(selected, [&](const Entry* e) { return function(*e).label(); });
    if (selected.size() != before) {
      message += "   List reduced from " + std::to_string(before) + " to " + std::to_string(selected.size()) +
                 " due to restriction <";
      append_printed(message, r.printed(), options_.visible);
      message += ">\n";
    }
  }
  if (selected.empty()) return selected;
  out_.write(message);
  out_.write('\n');
  return selected;
}

std::size_t PstatsReport::width_of_names(const Entries& entries) const {
  std::size_t width = 0;
  for (const Entry* entry : entries) width = std::max(width, function(*entry).label_columns());
  return width + 2;
}

void PstatsReport::print_stats(const std::vector<TextRestriction>& restrictions) {
  for (const std::string& file : stats_.files()) {
    append_printed(row_, file, options_.visible);
    end_row();
  }
  if (!stats_.files().empty()) end_row();
  for (const std::uint32_t f : stats_.top_level()) {
    row_ += "         ";
    append_printed(row_, stats_.function(f).name, options_.visible);
    end_row();
  }
  row_ += "         ";
  append_str(row_, stats_.calls());
  row_ += " function calls ";
  if (compare(stats_.calls(), stats_.primitive()) != 0) {
    row_ += '(';
    append_as_d(row_, stats_.primitive());
    row_ += " primitive calls) ";
  }
  row_ += "in ";
  append_fixed3(row_, stats_.total_time().as_double(), 0);
  row_ += " seconds\n";
  end_row();
  const Entries selected = select(restrictions);
  if (selected.empty()) return;
  out_.write("   ncalls  tottime  percall  cumtime  percall filename:lineno(function)\n");
  constexpr std::size_t rows_per_part = 2048;
  const std::size_t rows = selected.size();
  make_in_order((rows + rows_per_part - 1) / rows_per_part,
                [&](std::size_t part, TextBuffer& text) {
                  std::string row;
                  const std::size_t first = part * rows_per_part;
                  for (const Entry* entry : std::span(selected).subspan(first, std::min(rows_per_part, rows - first))) {
                    row.clear();
                    append_row(row, *entry);
                    text.write(row);
                  }
                },
                [&](std::string_view text) { out_.write(text); });
  out_.write("\n\n");
}

void PstatsReport::append_row(std::string& out, const Entry& e) const {
  std::string counts;
  append_str(counts, e.calls);
  if (compare(e.calls, e.primitive) != 0) {
    counts += '/';
    append_str(counts, e.primitive);
  }
  const auto append_per_call = [&](const PythonNumber& seconds, const PythonNumber& calls) {
    if (calls.is_zero()) {
      out.append(8, ' ');
    } else {
      append_fixed3(out, seconds.as_double() / calls.as_double(), 8);
    }
  };
  append_right(out, counts, 9);
  out += ' ';
  append_time(out, e.self);
  out += ' ';
  append_per_call(e.self, e.calls);
  out += ' ';
  append_time(out, e.total);
  out += ' ';
  append_per_call(e.total, e.primitive);
  out += ' ';
  function(e).append_label(out, options_.visible);
  out += '\n';
}

void PstatsReport::print_call_heading(std::size_t width, std::string_view title) {
  row_ = "Function ";
  if (row_.size() < width) row_.append(width - row_.size(), ' ');
  row_ += title;
  end_row();
  for (const Entry& e : stats_.entries()) {
    if (e.callers.empty()) continue;
    if (!e.callers.front().counts_only) {
      row_.append(width, ' ');
      row_ += "    ncalls  tottime  cumtime";
      end_row();
    }
    return;
  }
}

void PstatsReport::print_call_rows(std::size_t width, const Entry& entry, std::vector<Caller>& calls,
                                   std::string_view arrow) {
  add_label(entry.function, width);
  row_ += arrow;
  row_ += ' ';
  if (calls.empty()) end_row();
  std::ranges::sort(calls, [&](const Caller& a, const Caller& b) {
    return compare(stats_.function(a.function), stats_.function(b.function)) < 0;
  });
  bool first = true;
  for (const Caller& c : calls) {
    if (!c.counts_only) {
      std::string counts;
      append_as_d(counts, c.calls);
      if (compare(c.calls, c.primitive) != 0) {
        counts += '/';
        append_as_d(counts, c.primitive);
      }
      if (!first) row_.append(width + 1, ' ');
      append_right(row_, counts, first ? 7 : 9);
      row_ += ' ';
      append_time(row_, c.self);
      row_ += ' ';
      append_time(row_, c.total);
      row_ += "  ";
      add_label(c.function);
    } else {
      if (!first) row_.append(width + 3, ' ');
      add_label(c.function);
      row_ += '(';
      append_str(row_, c.calls);
      row_ += ") ";
      if (const Entry* other = stats_.entry_of(c.function)) {
        append_time(row_, other->total);
      } else {
        row_.append(8, ' ');
      }
    }
    end_row();
    first = false;
  }
}

void PstatsReport::print_callers(const std::vector<TextRestriction>& restrictions) {
  const Entries selected = select(restrictions);
  if (selected.empty()) return;
  const std::size_t width = width_of_names(selected);
  print_call_heading(width, "was called by...");
  for (const Entry* entry : selected) {
    std::vector<Caller> callers = entry->callers;
    print_call_rows(width, *entry, callers, "<-");
  }
  out_.write("\n\n");
}

void PstatsReport::print_callees(const std::vector<TextRestriction>& restrictions) {
  const Entries selected = select(restrictions);
  if (selected.empty()) return;
  std::vector<std::vector<Caller>> callees(stats_.functions());
  for (const Entry& e : stats_.entries()) {
    for (const Caller& c : e.callers) {
      callees[c.function].push_back(c);
      callees[c.function].back().function = e.function;
    }
  }
  const std::size_t width = width_of_names(selected);
  print_call_heading(width, "called...");
  for (const Entry* entry : selected) print_call_rows(width, *entry, callees[entry->function], "->");
  out_.write("\n\n");
}

}  // namespace

bool is_pstats_sort_key(std::string_view word) {
  const std::vector<const SortKey*> fitting = sort_keys_for(word);
  return !fitting.empty() && all_mean_the_same(fitting);
}

void write_pstats_report(std::span<const Profile> profiles, const PstatsReportOptions& options, Output& output) {
  if (profiles.empty()) throw UsageError("a report needs at least one profile");
  std::vector<std::vector<TextRestriction>> restrictions;  // wrong ones are found before anything is printed
  for (const PstatsReportOptions::Section& section : options.sections) {
    restrictions.emplace_back();
    for (const std::string& text : section.restrictions) restrictions.back().emplace_back(text);
  }
  const bool shows_calls = std::ranges::any_of(options.sections, [](const PstatsReportOptions::Section& section) {
    return section.part != PstatsReportOptions::Part::stats;
  });
  const auto callers = shows_calls ? PstatsStats::Callers::kept : PstatsStats::Callers::left_out;
  PstatsStats stats(profiles.front(), callers);
  for (std::size_t i = profiles.size(); i > 1; --i)  // the last one first
    stats.add(PstatsStats(profiles[i - 1], callers));
  if (options.strip_dirs) stats.strip_dirs();
  PstatsReport report(stats, options, output);
  for (std::size_t i = 0; i < options.sections.size(); ++i) report.print(options.sections[i].part, restrictions[i]);
}

}  // namespace profconv
