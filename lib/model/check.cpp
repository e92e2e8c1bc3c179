#include <algorithm>
#include <string>
#include <tuple>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>
#include <profconv/profile.hpp>

#include "base/parallel.hpp"
#include "model/checked.hpp"

namespace profconv {
namespace {

[[noreturn]] void broken(const std::string& what) { throw Error("broken profile: " + what); }

void require(bool holds, const char* what) {
  if (!holds) broken(what);
}

[[noreturn]] void broken_at(const char* what, std::size_t row) {
  broken(std::string(what) + " (row " + std::to_string(row) + ")");
}

inline void require_at(bool holds, const char* what, std::size_t row) {
  if (!holds) broken_at(what, row);
}

void check_cost_table(const CostTable& table, std::size_t rows, std::size_t columns, const char* name) {
  if (table.empty()) return;
  if (table.columns() != columns || table.rows() != rows) broken(std::string(name) + " has the wrong size");
}

void check_metrics(const Profile& p) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < p.metrics.size(); ++i) {
    const Metric& metric = p.metrics[i];
    require_at(index(metric.name) < p.strings.size(), "a metric's name is out of range", i);
    while (next < std::size(all_metrics) && all_metrics[next].name != p.text(metric.name)) ++next;
    require_at(next < std::size(all_metrics), "a metric is unknown, doubled or out of order", i);
    require_at(metric.unit == all_metrics[next].unit && metric.combine == all_metrics[next].combine,
               "a metric has the wrong unit", i);
    ++next;
  }
}

// Whether all rows of a large table hold, from `first` on, is told without a branch for each; the first one that does
// not is looked for only then, and what(row) says why.
template <class Holds, class What>
void require_all(std::size_t first, std::size_t rows, Holds holds, What what) {
  run_on_stretches(rows, [&](std::size_t begin, std::size_t end) {
    begin = std::max(begin, first);
    bool all = true;
    for (std::size_t i = begin; i < end; ++i) all &= holds(i);
    for (std::size_t i = begin; !all && i < end; ++i) {
      if (!holds(i)) broken_at(what(i), i);
    }
  });
}

template <class Holds, class What>
void require_all(std::size_t rows, Holds holds, What what) {
  require_all(0, rows, holds, what);
}

// Not below `not_counted`, which is -1: that has the sign of v & v + 1, and the compiler does several at a time.
constexpr bool is_count(std::int64_t v) noexcept {
  static_assert(not_counted == -1);
  return (static_cast<std::uint64_t>(v) & (static_cast<std::uint64_t>(v) + 1)) >> 63 == 0;
}

void check_counts(const CountTable& table, const char* what) {
  const Counts* const counts = table.data();
  require_all(
      table.size(),
      [=](std::size_t i) {
        return (unsigned{is_count(counts[i].calls)} & unsigned{is_count(counts[i].primitive)}) != 0;
      },
      [&](std::size_t) { return what; });
}

void check_functions(const Profile& p) {
  const std::size_t strings = p.strings.size();
  const Function* const functions = p.functions.data();
  require_all(
      p.functions.size(),
      [=](std::size_t i) {
        const Function& f = functions[i];
        return index(std::max(std::max(f.name, f.qualified), std::max(f.file, f.context))) < strings;
      },
      [](std::size_t) { return "a function's text is out of range"; });
  require(p.counts.empty() || p.counts.size() == p.functions.size(), "counts has the wrong size");
  check_counts(p.counts, "a count is negative");
  for (const CostTable* table : {&p.self, &p.total}) {
    for (std::size_t i = 0; i < table->rows(); ++i) {
      for (const std::int64_t value : table->row(i))
        require_at(value != not_measured, "a function's cost is not measured", i);
    }
  }
}

void check_calls(const Profile& p) {
  const std::size_t functions = p.functions.size();
  const Call* const calls = p.calls.data();
  const auto in_range = [=](std::size_t i) { return index(std::max(calls[i].caller, calls[i].callee)) < functions; };
  const auto in_order = [=](std::size_t i) {
    const auto both = [](const Call& c) { return std::uint64_t{index(c.caller)} << 32 | index(c.callee); };
    const std::uint64_t before = both(calls[i - 1]), here = both(calls[i]);
    return (unsigned{before < here} | (unsigned{before == here} & unsigned{calls[i - 1].line < calls[i].line})) != 0;
  };
  constexpr auto out_of_range = "a call's function is out of range";
  if (!p.calls.empty()) require_at(in_range(0), out_of_range, 0);
  require_all(
      1, p.calls.size(), [=](std::size_t i) { return (unsigned{in_range(i)} & unsigned{in_order(i)}) != 0; },
      [=](std::size_t i) { return in_range(i) ? "calls are not sorted by caller, callee and line" : out_of_range; });
  require(p.call_counts.empty() || p.call_counts.size() == p.calls.size(), "call_counts has the wrong size");
  check_counts(p.call_counts, "a call's count is negative");
}

// Lines of a function on which a metric was measured add up to the function's self cost.
void check_line_sums(const Profile& p) {
  if (p.line_self.empty() || p.self.empty()) return;
  for (std::size_t m = 0; m < p.metrics.size(); ++m) {
    if (p.metrics[m].combine != Combine::sum) continue;
    for (std::size_t i = 0; i < p.lines.size();) {
      const FunctionId function = p.lines[i].function;
      std::int64_t sum = not_measured;
      const std::size_t first = i;
      for (; i < p.lines.size() && p.lines[i].function == function; ++i) {
        require_at(combine_checked(sum, p.line_self.at(i, m), Combine::sum),
                   "the lines of a function do not fit 64 bits", first);
      }
      require_at(sum == not_measured || sum == p.self.at(index(function), m),
                 "the lines of a function do not add up to its self cost", first);
    }
  }
}

void check_lines(const Profile& p) {
  for (std::size_t i = 0; i < p.lines.size(); ++i) {
    const Line& l = p.lines[i];
    require_at(index(l.function) < p.functions.size(), "a line's function is out of range", i);
    if (i == 0) continue;
    const Line& b = p.lines[i - 1];
    require_at(b.function != l.function ? b.function < l.function : b.line < l.line,
               "lines are not sorted by function and line", i);
  }
}

void check_source_lines(const Profile& p) {
  const std::vector<SourceLine>& lines = p.source_lines;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const SourceLine& l = lines[i];
    require_at(index(l.file) < p.strings.size() && index(l.text) < p.strings.size(),
               "a source line's text is out of range", i);
    require_at(l.line != 0, "a source line has no number", i);
    require_at(i == 0 || std::tie(lines[i - 1].file, lines[i - 1].line) < std::tie(l.file, l.line),
               "source lines are not sorted by file and line", i);
  }
}

void check_stacks(const Profile& p) {
  for (std::size_t i = 0; i < p.nodes.size(); ++i) {
    const Node& n = p.nodes[i];
    require_at(n.parent == no_parent || index(n.parent) < i, "a node's parent does not precede it", i);
    require_at(index(n.function) < p.functions.size(), "a node's function is out of range", i);
  }
  require(p.samples.empty() || !p.labels.empty(), "samples without labels");
  for (std::size_t i = 0; i < p.labels.size(); ++i) {
    require_at(index(p.labels[i].process) < p.strings.size() && index(p.labels[i].thread) < p.strings.size(),
               "a label's text is out of range", i);
  }
  for (std::size_t i = 0; i < p.samples.size(); ++i) {
    require_at(index(p.samples[i].leaf) < p.nodes.size(), "a sample's leaf is out of range", i);
    require_at(index(p.samples[i].labels) < p.labels.size(), "a sample's labels are out of range", i);
  }
}

void check_recorded(const Profile& p) {
  if (!p.recorded) return;
  const Recorded& r = *p.recorded;
  for (std::size_t i = 0; i < r.keys.size(); ++i) {
    const Recorded::Key& k = r.keys[i];
    require_at(
        index(k.function) < p.functions.size() && index(k.file) < p.strings.size() && index(k.name) < p.strings.size(),
        "a recorded key is out of range", i);
  }
  for (std::size_t i = 0; i < r.entries.size(); ++i) {
    const Recorded::Entry& e = r.entries[i];
    require_at(e.key < r.keys.size(), "a recorded entry is out of range", i);
    require_at(e.first_caller <= r.callers.size() && e.callers <= r.callers.size() - e.first_caller,
               "a recorded entry's callers are out of range", i);
  }
  for (std::size_t i = 0; i < r.callers.size(); ++i)
    require_at(r.callers[i].key < r.keys.size(), "a recorded caller is out of range", i);
}

void check_recorded_lines(const Profile& p) {
  if (!p.recorded_lines) return;
  const RecordedLines& r = *p.recorded_lines;
  for (std::size_t i = 0; i < r.entries.size(); ++i) {
    const RecordedLines::Entry& e = r.entries[i];
    require_at(index(e.function) < p.functions.size(), "a function with recorded lines is out of range", i);
    require_at(e.first_row <= r.rows.size() && e.rows <= r.rows.size() - e.first_row,
               "a function's recorded lines are out of range", i);
  }
}

void check_recorded_memory(const Profile& p) {
  if (!p.recorded_memory) return;
  const RecordedMemory& r = *p.recorded_memory;
  for (std::size_t i = 0; i < r.listings.size(); ++i) {
    const RecordedMemory::Listing& l = r.listings[i];
    require_at(index(l.function) < p.functions.size(), "the function of a listing is out of range", i);
    require_at(l.first_row <= r.rows.size() && l.rows <= r.rows.size() - l.first_row,
               "the rows of a listing are out of range", i);
    require_at(l.decimals >= 0 && l.decimals <= 99, "a listing has too many decimals", i);
  }
  for (std::size_t i = 0; i < r.rows.size(); ++i)
    require_at(index(r.rows[i].source) < p.strings.size(), "the source of a listing is out of range", i);
}

}  // namespace

void check(const Profile& p) {
  const std::size_t metrics = p.metrics.size();
  check_metrics(p);
  for (const Source& s : p.sources) {
    require(
        index(s.name) < p.strings.size() && index(s.format) < p.strings.size() && index(s.command) < p.strings.size(),
        "a source's text is out of range");
  }
  check_cost_table(p.self, p.functions.size(), metrics, "self");
  check_cost_table(p.total, p.functions.size(), metrics, "total");
  check_cost_table(p.call_self, p.calls.size(), metrics, "call_self");
  check_cost_table(p.call_total, p.calls.size(), metrics, "call_total");
  require(p.call_estimated.empty() || p.call_estimated.size() == p.calls.size(), "call_estimated has the wrong size");
  check_cost_table(p.line_self, p.lines.size(), metrics, "line_self");
  check_cost_table(p.line_total, p.lines.size(), metrics, "line_total");
  check_cost_table(p.sample_cost, p.samples.size(), metrics, "sample_cost");
  check_functions(p);
  check_calls(p);
  check_lines(p);
  check_line_sums(p);
  check_source_lines(p);
  check_stacks(p);
  check_recorded(p);
  check_recorded_lines(p);
  check_recorded_memory(p);
  static_cast<void>(total_cost(p));  // fits 64 bits
}

}  // namespace profconv
