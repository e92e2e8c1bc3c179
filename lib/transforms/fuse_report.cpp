#include <charconv>
#include <string>

#include <profconv/fuse.hpp>

#include "base/counted.hpp"
#include "base/visible.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {
namespace {

std::string_view words(FuseReport::Match match) {
  using How = FuseReport::Match;
  switch (match) {
    case How::none: return "alone";
    case How::exact: return "file, line and name";
    case How::real_path: return "real path, line and name";
    case How::path_end: return "end of path, line and name";
    case How::line: return "file and line";
    case How::name: return "file and name (lines differ)";
    case How::module: return "module and name";
  }
  return {};
}

std::string fixed(double value, int digits) {
  char text[400];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits).ptr;
  return {text, end};
}

std::string milliseconds(std::int64_t ns) { return fixed(static_cast<double>(ns) / 1e6, 3) + " ms"; }

std::string matched(const FuseReport::Function& f) {
  if (!f.in_calls && f.in_lines != f.in_memory)
    return f.in_lines ? "only in the line profile" : "only in the memory profile";
  std::string text;
  if (f.in_lines && f.lines_matched != FuseReport::Match::none)
    text = "lines by " + std::string(words(f.lines_matched));
  if (f.in_memory && f.memory_matched != FuseReport::Match::none)
    text += (text.empty() ? "memory by " : ", memory by ") + std::string(words(f.memory_matched));
  return text;
}

std::string placed(const FuseReport::Function& f) {
  std::string text =
      std::to_string(f.by_name + f.by_time + f.by_hits) + " of " + counted(f.calls, "call") + " on a line";
  std::string how;
  const auto add = [&](std::size_t count, const char* by) {
    if (count != 0) how += (how.empty() ? "" : ", ") + std::to_string(count) + " by " + by;
  };
  add(f.by_name - f.shared, "name");
  add(f.shared, "name, shared by hits");
  add(f.by_time, "time");
  add(f.by_hits, "hits");
  return how.empty() ? text : text + " (" + how + ")";
}

}  // namespace

std::vector<std::string> to_lines(const FuseReport& report) {
  std::vector<std::string> lines;
  for (const FuseReport::Function& f : report.functions) {
    std::string line = visible(f.name);
    if (report.kinds > 1) line += ": " + matched(f);
    if (f.in_calls && f.in_lines && f.profiled_ns > 0) {
      const double ratio = static_cast<double>(f.lines_ns) / static_cast<double>(f.profiled_ns);
      line += "; the line profiler took " + fixed(ratio, 2) + " times as long (";
      line += milliseconds(f.lines_ns) + " against " + milliseconds(f.profiled_ns) + ")";
    }
    if (f.calls != 0) line += "; " + placed(f);
    if (f.residue_ns != 0) line += "; residue " + milliseconds(f.residue_ns);
    lines.push_back(std::move(line));
  }
  if (report.unmatched_lines != 0)
    lines.push_back(counted(report.unmatched_lines, "function") + " of the line profile matched nothing");
  if (report.unmatched_memory != 0)
    lines.push_back(counted(report.unmatched_memory, "function") + " of the memory profile matched nothing");
  if (report.recovered_calls != 0)
    lines.push_back(counted(report.recovered_calls, "call") + " found in the sources of profiled functions");
  return lines;
}

}  // namespace profconv
