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
