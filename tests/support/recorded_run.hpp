#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <profconv/builder.hpp>
#include <profconv/diagnostics.hpp>
#include <profconv/transforms.hpp>

namespace profconv::test {

inline constexpr std::string_view frozen = "<frozen importlib._bootstrap>";

/// A profile as cProfile would record it; functions are made by their first mention.
class RecordedRun {
 public:
  RecordedRun() : builder_(std::array{time_metric}) {}

  FunctionId function(std::string_view name, std::string_view file = "t.py", std::uint32_t line = 1) {
    return builder_.function({.name = name, .file = file, .line = file == "~" ? 0u : line});
  }
  void entry(FunctionId f, std::int64_t calls, std::int64_t self, std::int64_t total, std::int64_t primitive = 0) {
    builder_.mark_entry(f);
    builder_.add_counts(f, {calls, primitive == 0 ? calls : primitive});
    builder_.add_self(f, {&self, 1});
    builder_.add_total(f, {&total, 1});
  }
  void call(FunctionId caller, FunctionId callee, std::int64_t calls, std::int64_t self, std::int64_t total,
            std::int64_t primitive = 0, std::uint32_t line = 0) {
    builder_.add_call({caller, callee, line}, {calls, primitive == 0 ? calls : primitive}, {&self, 1}, {&total, 1});
  }
  Profile finish() { return std::move(builder_).finish(); }

 private:
  ProfileBuilder builder_;
};

/// sort(key=...) is called by two functions that have nothing to do with each other but for one being called by a key.
///
///     main -> report -> sorted -> by_total -> parse -> sorted -> by_name
inline Profile two_sorts(std::string_view file = "t.py") {
  RecordedRun run;
  const FunctionId main = run.function("main", file, 1), report = run.function("report", file, 6),
                   parse = run.function("parse", file, 8), by_total = run.function("by_total", file, 4),
                   by_name = run.function("by_name", file, 10), sorted = run.function("sorted", "~");
  run.entry(main, 1, 10'000, 100'000);
  run.entry(report, 1, 5'000, 90'000);
  run.entry(sorted, 3, 9'000, 85'000, 1);
  run.entry(by_total, 1, 3'000, 80'000);
  run.entry(parse, 2, 20'000, 77'000);
  run.entry(by_name, 8, 50'003, 50'003);
  run.call(main, report, 1, 5'000, 90'000);
  run.call(report, sorted, 1, 5'000, 85'000);
  run.call(sorted, by_total, 1, 3'000, 80'000);
  run.call(by_total, parse, 2, 20'000, 77'000);
  run.call(parse, sorted, 2, 4'000, 54'003);
  run.call(sorted, by_name, 8, 50'003, 50'003);
  return run.finish();
}

/// Its source.
inline constexpr std::string_view two_sorts_source =
    "def main():\n"
    "  report(Row())\n"
    "class Row:\n"
    "  def by_total(self):\n"
    "    parse()\n"
    "def report(row):\n"
    "  sorted([row], key=Row.by_total)\n"
    "def parse():\n"
    "  return sorted([], key=by_name)\n"
    "def by_name(row): pass\n";

inline Profile split_of(Profile&& profile) {
  Diagnostics diagnostics;
  return split(std::move(profile), {}, diagnostics);
}

/// "f" or "f'context"; -1 for "no such function".
inline std::int64_t find(const Profile& p, std::string_view name) {
  for (std::size_t i = 0; i < p.functions.size(); ++i) {
    std::string text(p.text(p.functions[i].name));
    if (index(p.functions[i].context) != 0) text.append("'").append(p.text(p.functions[i].context));
    if (text == name) return static_cast<std::int64_t>(i);
  }
  return -1;
}

/// "calls self total" of a call, "" when there is none.
inline std::string call_of(const Profile& p, std::string_view caller, std::string_view callee) {
  const std::int64_t from = find(p, caller), to = find(p, callee);
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    if (static_cast<std::int64_t>(index(p.calls[i].caller)) != from ||
        static_cast<std::int64_t>(index(p.calls[i].callee)) != to)
      continue;
    return std::to_string(p.call_counts[i].calls) + " " + std::to_string(p.call_self.at(i, 0)) + " " +
           std::to_string(p.call_total.at(i, 0));
  }
  return "";
}

}  // namespace profconv::test
