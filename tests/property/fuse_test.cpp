// What holds for every fusion of three profiles of one run.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/fuse.hpp>

#include "support/callgrind_reader.hpp"
#include "support/convert.hpp"
#include "support/program_run.hpp"
#include "support/temporary_folder.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

constexpr int rounds = 400;

using Line = std::pair<std::string, std::uint32_t>;
using Edge = std::pair<std::string, std::string>;

std::string name(const Profile& p, FunctionId f) { return std::string(p.text(p.function(f).name)); }

std::int64_t cell(const CostTable& table, std::size_t row, std::size_t column) {
  return table.empty() ? not_measured : table.at(row, column);
}

Profile copy_of(const Profile& p) { return p; }

Profile fused(const ProgramRun& run, const SourceFiles* sources, std::array<int, 3> order = {0, 1, 2}) {
  std::vector<Profile> profiles;
  for (const int which : order)
    profiles.push_back(copy_of(which == 0 ? run.calls : which == 1 ? run.lines : run.memory));
  Diagnostics diagnostics;
  return fuse(std::move(profiles), {.sources = sources}, diagnostics);
}

// Calls of every edge, all lines together, and their time.
std::map<Edge, std::tuple<std::int64_t, std::int64_t, std::int64_t>> edges_of(const Profile& p) {
  std::map<Edge, std::tuple<std::int64_t, std::int64_t, std::int64_t>> edges;
  const std::size_t time = *p.metric("time");
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    auto& [calls, primitive, total] = edges[{name(p, p.calls[i].caller), name(p, p.calls[i].callee)}];
    calls += p.call_counts[i].calls;
    primitive += p.call_counts[i].primitive;
    total += p.call_total.at(i, time);
  }
  return edges;
}

// Costs of lines in one metric: of `table`, or of the calls that stand on them.
std::map<Line, std::int64_t> lines_of(const Profile& p, const CostTable& table, std::string_view metric) {
  std::map<Line, std::int64_t> lines;
  const auto column = p.metric(metric);
  for (std::size_t i = 0; column && i < p.lines.size(); ++i) {
    const std::int64_t value = cell(table, i, *column);
    if (value != not_measured) lines[{name(p, p.lines[i].function), p.lines[i].line}] = value;
  }
  return lines;
}
std::map<Line, std::int64_t> calls_on_lines(const Profile& p, std::string_view metric,
                                            const std::vector<bool>& chosen) {
  std::map<Line, std::int64_t> lines;
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    if (chosen[i]) lines[{name(p, p.calls[i].caller), p.calls[i].line}] += cell(p.call_total, i, *p.metric(metric));
  }
  return lines;
}

// Per call: whether it leads to its caller again. Its functions are few.
std::vector<bool> circular_calls(const Profile& p) {
  const std::size_t n = p.functions.size();
  std::vector<std::vector<bool>> reaches(n, std::vector<bool>(n));
  for (std::size_t f = 0; f < n; ++f) reaches[f][f] = true;
  for (std::size_t round = 0; round < n; ++round) {
    for (const Call& c : p.calls) {
      for (std::size_t to = 0; to < n; ++to) {
        if (reaches[index(c.callee)][to]) reaches[index(c.caller)][to] = true;
      }
    }
  }
  std::vector<bool> circular(p.calls.size());
  for (std::size_t i = 0; i < p.calls.size(); ++i)
    circular[i] = reaches[index(p.calls[i].callee)][index(p.calls[i].caller)];
  return circular;
}

void check_calls_are_kept(const Profile& before, const Profile& after) {
  const std::size_t time = *after.metric("time");
  std::map<std::string, std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>> was, is;
  const auto facts = [](const Profile& p, std::size_t column, auto& out) {
    for (std::uint32_t i = 0; i < p.functions.size(); ++i)
      out[name(p, FunctionId{i})] = {p.counts[i].calls, p.counts[i].primitive, p.self.at(i, column),
                                     p.total.at(i, column)};
  };
  facts(before, *before.metric("time"), was);
  facts(after, time, is);
  CHECK(was == is);
  CHECK(edges_of(before) == edges_of(after));
}

void check_lines(const ProgramRun& run, const Profile& p) {
  // Hits are an exact copy of the line profiler's; where it saw nothing, of the memory profiler's.
  const auto hits = lines_of(p, p.line_self, "hits"), lines_hits = lines_of(run.lines, run.lines.line_self, "hits");
  for (const auto& [line, value] : lines_hits) CHECK(hits.at(line) == value);
  for (const auto& [line, value] : lines_of(run.memory, run.memory.line_self, "hits")) CHECK(hits.at(line) == value);
  const std::vector<bool> circular = circular_calls(p);
  std::vector<bool> others = circular, all(circular.size(), true);
  others.flip();
  std::map<std::string, std::int64_t> whole;
  for (std::uint32_t i = 0; i < p.functions.size(); ++i) {
    std::int64_t& cost = whole[name(p, FunctionId{i})];
    cost = std::max(cost, p.total.at(i, *p.metric("time")));
  }
  for (const std::string_view metric : {"time", "mem_grow", "mem_free"}) {
    const bool is_time = metric == "time";
    const auto self = lines_of(p, p.line_self, metric), total = lines_of(p, p.line_total, metric);
    const auto calls = calls_on_lines(p, metric, is_time ? others : all), back = calls_on_lines(p, metric, circular);
    CHECK(self.size() == total.size());
    for (const auto& [line, value] : self) {
      const auto called = calls.find(line);
      const std::int64_t least = value + (called == calls.end() ? 0 : called->second);
      CHECK(value >= 0);
      if (!is_time || !back.contains(line)) {
        CHECK(total.at(line) == least);
      } else {  // of what leads back, that which the function spent in others
        CHECK(total.at(line) >= least);
        CHECK(total.at(line) <= least + back.at(line));
      }
      if (is_time) CHECK(total.at(line) <= whole.at(line.first));
    }
    if (!is_time) CHECK(total == lines_of(run.memory, run.memory.line_total, metric));
  }
}

}  // namespace

TEST_CASE("fuse: counts, self, inclusive time and edges are the call graph's, hits the line profiler's") {
  Random random(seed());
  TemporaryFolder folder;
  for (int round = 0; round < rounds; ++round) {
    CAPTURE(round);
    const bool has_source = !random.one_in(3);
    const std::string file = folder / ("p" + std::to_string(round) + ".py");
    const ProgramRun run = random_program_run(
        random, {.slowdown = 1 + static_cast<std::int64_t>(random.below(3)), .calls_file = file, .lines_file = file});
    if (has_source) folder.write("p" + std::to_string(round) + ".py", run.source);
    const SourceFiles sources;
    const Profile p = fused(run, &sources);
    check_calls_are_kept(run.calls, p);
    check_lines(run, p);
  }
}

TEST_CASE("fuse: where hits and names decide, every call stands on the line that made it, every time on its line") {
  Random random(seed() + 1);
  TemporaryFolder folder;
  int decided = 0;
  for (int round = 0; round < rounds; ++round) {
    CAPTURE(round);
    const std::string base = "p" + std::to_string(round) + ".py";
    // The line profiler knows a relative path: the end of the other one.
    const ProgramRun run = random_program_run(
        random,
        {.acyclic = true, .slowdown = 2, .all_profiled = true, .calls_file = folder / base, .lines_file = base});
    if (run.recursive) continue;
    folder.write(base, run.source);
    const SourceFiles sources;
    const Profile p = fused(run, &sources);
    check_calls_are_kept(run.calls, p);
    ++decided;
    std::map<std::tuple<std::string, std::string, std::uint32_t>, std::int64_t> call_lines;
    for (std::size_t i = 0; i < p.calls.size(); ++i)
      call_lines[{name(p, p.calls[i].caller), name(p, p.calls[i].callee), p.calls[i].line}] = p.call_counts[i].calls;
    CHECK(call_lines == run.call_lines);
    // Average calls stand on lines, so the time of one line may differ; all of a function's are its inclusive time.
    std::map<std::string, std::int64_t> by_lines, by_truth;
    for (const auto& [line, time] : lines_of(p, p.line_total, "time")) by_lines[line.first] += time;
    for (const auto& [line, time] : run.line_time) by_truth[line.first] += time;
    CHECK(by_lines == by_truth);
  }
  CHECK(decided > rounds / 4);
}

TEST_CASE("fuse: the order of the inputs does not matter, and the file opens in KCachegrind with its sums right") {
  Random random(seed() + 2);
  for (int round = 0; round < rounds / 4; ++round) {
    CAPTURE(round);
    const ProgramRun run = random_program_run(random, {.slowdown = 2});
    if (run.lines.functions.empty() || run.memory.functions.empty()) continue;
    const Profile p = fused(run, nullptr);
    const std::string text = written(p, "callgrind");
    for (const std::array<int, 3> order : {std::array{1, 0, 2}, std::array{2, 1, 0}, std::array{1, 2, 0}})
      CHECK(written(fused(run, nullptr, order), "callgrind") == text);
    const Callgrind c(text);
    CHECK(c.events == std::vector<std::string>{"ns", "hits", "mem_grow", "mem_free"});
    for (std::uint32_t i = 0; i < p.functions.size(); ++i) {
      const std::size_t f = c.function(name(p, FunctionId{i}));
      for (std::size_t m = 0; m < c.events.size(); ++m) {
        CHECK(c.functions[f].self[m] == static_cast<std::uint64_t>(p.self.at(i, m)));
        if (!c.in_cycle(f)) CHECK(c.inclusive(f, m) == static_cast<std::uint64_t>(p.total.at(i, m)));
      }
    }
  }
}

TEST_CASE("fuse: calls between functions of which only lines are known are found where hits show them") {
  Random random(seed() + 3);
  TemporaryFolder folder;
  for (int round = 0; round < rounds; ++round) {
    CAPTURE(round);
    const std::string base = "p" + std::to_string(round) + ".py";
    const ProgramRun run = random_program_run(
        random, {.acyclic = true, .all_profiled = true, .calls_file = folder / base, .lines_file = folder / base});
    if (run.recursive) continue;
    folder.write(base, run.source);
    const SourceFiles sources;
    Diagnostics diagnostics;
    std::vector<Profile> profiles;
    profiles.push_back(copy_of(run.lines));
    const Profile p = fuse(std::move(profiles), {.sources = &sources}, diagnostics);
    for (std::size_t i = 0; i < p.calls.size(); ++i) {
      const Call& c = p.calls[i];
      CHECK(run.call_lines.at({name(p, c.caller), name(p, c.callee), c.line}) == p.call_counts[i].calls);
    }
    if (p.calls.empty()) {  // then what lines took themselves is not known
      CHECK(lines_of(p, p.line_self, "time").empty());
      continue;
    }
    const auto self = lines_of(p, p.line_self, "time"),
               calls = calls_on_lines(p, "time", std::vector<bool>(p.calls.size(), true));
    for (const auto& [line, recorded] : lines_of(run.lines, run.lines.line_total, "time")) {
      const auto called = calls.find(line);
      CHECK(self.at(line) >= 0);
      CHECK(recorded == self.at(line) + (called == calls.end() ? 0 : called->second));
    }
  }
}
