#include <algorithm>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <vector>

#include "python/core_profile.hpp"
#include "python/rows.hpp"

namespace profconv::python {
namespace {

/// Compares rows of two profiles; texts by content.
class Comparison {
 public:
  Comparison(const Profile& a, const Profile& b) : a_(a), b_(b) {}

  bool operator()(const Source& x, const Source& y) const {
    return same(x.name, y.name) && same(x.format, y.format) && same(x.command, y.command) && x.mtime_ns == y.mtime_ns &&
           x.interval_ns == y.interval_ns;
  }
  bool operator()(const Metric& x, const Metric& y) const {
    return same(x.name, y.name) && x.unit == y.unit && x.combine == y.combine;
  }
  bool operator()(const Function& x, const Function& y) const {
    return same(x.name, y.name) && same(x.qualified, y.qualified) && same(x.file, y.file) &&
           same(x.context, y.context) && x.line == y.line;
  }
  bool operator()(const Line& x, const Line& y) const { return x.function == y.function && x.line == y.line; }
  bool operator()(const Node& x, const Node& y) const {
    return x.parent == y.parent && x.function == y.function && x.line == y.line;
  }
  bool operator()(const Sample& x, const Sample& y) const {
    // Of the labels only what samples have counts: where a transform left none, the table may have rows still.
    const Labels a = labels_of(a_, x), b = labels_of(b_, y);
    return x.leaf == y.leaf && same(a.process, b.process) && same(a.thread, b.thread) && a.status == b.status;
  }

  template <class T>
  bool rows(const std::vector<T>& x, const std::vector<T>& y) const {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), *this);
  }

 private:
  bool same(StringId x, StringId y) const { return a_.text(x) == b_.text(y); }

  const Profile& a_;
  const Profile& b_;
};

bool same(const CostTable& x, const CostTable& y) {
  if (x.rows() != y.rows() || x.columns() != y.columns()) return x.empty() && y.empty();
  for (std::size_t row = 0; row < x.rows(); ++row) {
    if (!std::ranges::equal(x.row(row), y.row(row))) return false;
  }
  return true;
}

// They are in the order of the files' ids, which each profile has of its own.
std::vector<std::tuple<std::string_view, std::uint32_t, std::string_view>> source_lines(const Profile& profile) {
  std::vector<std::tuple<std::string_view, std::uint32_t, std::string_view>> lines;
  for (const SourceLine& line : profile.source_lines)
    lines.emplace_back(profile.text(line.file), line.line, profile.text(line.text));
  std::ranges::sort(lines);
  return lines;
}

}  // namespace

bool equal(const Profile& a, const Profile& b) {
  const Comparison same_rows(a, b);
  return same_rows.rows(a.sources, b.sources) && same_rows.rows(a.metrics, b.metrics) &&
         same_rows.rows(a.functions, b.functions) && a.counts == b.counts && same(a.self, b.self) &&
         same(a.total, b.total) && a.calls == b.calls && a.call_counts == b.call_counts &&
         same(a.call_self, b.call_self) && same(a.call_total, b.call_total) && a.call_estimated == b.call_estimated &&
         same_rows.rows(a.lines, b.lines) && same(a.line_self, b.line_self) && same(a.line_total, b.line_total) &&
         source_lines(a) == source_lines(b) && same_rows.rows(a.nodes, b.nodes) &&
         same_rows.rows(a.samples, b.samples) && same(a.sample_cost, b.sample_cost);
}

}  // namespace profconv::python
