#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "support/random_profile.hpp"

/// A made-up program with source text and one run of it, seen by three profilers: what they would record, and the
/// truth.

namespace profconv::test {

struct ProgramRun {
  std::string source;            ///< The text of `file`.
  Profile calls, lines, memory;  ///< As cProfile, line_profiler and memory_profiler would record the run.
  bool recursive = false;        ///< Some function called itself, directly or not.
  /// Per caller, callee and line: how often that line made that call.
  std::map<std::tuple<std::string, std::string, std::uint32_t>, std::int64_t> call_lines;
  std::map<std::pair<std::string, std::uint32_t>, std::int64_t> line_time;  ///< Inclusive, without any overhead.
};

struct ProgramOptions {
  bool acyclic = false;       ///< Functions call later ones only.
  std::int64_t slowdown = 1;  ///< How many times longer a line takes when lines are profiled.
  bool all_profiled = false;  ///< Every function is profiled by all three, else some.
  std::string calls_file = "prog.py", lines_file = "prog.py";  ///< The names under which profilers know the file.
};

inline ProgramRun random_program_run(Random& random, const ProgramOptions& options) {
  struct Statement {
    std::uint32_t line = 0;
    bool in_loop = false;
    std::vector<std::size_t> callees;
    std::int64_t hits = 0, time = 0, grow = 0, free = 0;
  };
  struct Times {
    std::int64_t calls = 0, primitive = 0, self = 0, total = 0;
    int active = 0;
  };
  struct Function {
    std::string name;
    std::uint32_t line = 0;
    std::vector<Statement> statements;
    std::size_t turns = 1;
    Times times;
  };
  ProgramRun run;
  std::vector<Function> functions(2 + random.below(7));
  std::uint32_t line = 0;
  const auto add_text = [&](const std::string& text) {
    run.source += text + "\n";
    ++line;
  };
  add_text("import work");
  for (std::size_t f = 0; f < functions.size(); ++f) {
    Function& function = functions[f];
    function.name = "f" + std::to_string(f);
    if (random.one_in(2)) add_text("");
    function.line = line + 1;
    if (random.one_in(2)) add_text("@profile");
    add_text("def " + function.name + "(x):");
    const bool loop = random.one_in(3);
    function.turns = loop ? 1 + random.below(4) : 1;
    if (loop) {
      add_text("    for i in range(" + std::to_string(function.turns) + "):");
      function.statements.push_back({line, false, {}});
    }
    for (std::size_t n = 1 + random.below(4); n > 0; --n) {
      Statement statement{line + 1, loop, {}};
      std::string text = loop ? "        x = 1" : "    x = 1";
      for (std::size_t c = random.below(3); c > 0; --c) {
        const std::size_t first = options.acyclic ? f + 1 : 0;
        if (first >= functions.size()) break;
        const std::size_t callee = first + random.below(functions.size() - first);
        statement.callees.push_back(callee);
        text += " + f" + std::to_string(callee) + "(x)";
      }
      if (random.one_in(4)) text += "  # f" + std::to_string(random.below(functions.size())) + "(x)";
      add_text(text);
      function.statements.push_back(statement);
    }
  }

  std::map<std::pair<std::size_t, std::size_t>, Times> edges;
  std::int64_t clock = 0, grown = 0, freed = 0;
  std::size_t budget = 400;
  bool complete = true;  // every call that the source shows was made
  const auto call = [&](const auto& self, std::size_t caller, std::size_t f, std::size_t depth) -> void {
    if (budget > 0) --budget;
    Function& function = functions[f];
    Times* const edge = caller == functions.size() ? nullptr : &edges[{caller, f}];
    const std::int64_t begin = clock;
    std::int64_t own = 0;
    if (function.times.active > 0) run.recursive = true;
    for (Times* t : {&function.times, edge}) {
      if (t == nullptr) continue;
      ++t->calls;
      if (t->active++ == 0) ++t->primitive;
    }
    const auto execute = [&](Statement& s) {
      const std::int64_t started = clock, grown_before = grown, freed_before = freed;
      ++s.hits;
      const auto work = static_cast<std::int64_t>(1 + random.below(1000));
      own += work;
      clock += work;
      if (random.one_in(3)) grown += static_cast<std::int64_t>(random.below(8)) * 4096;
      if (random.one_in(5)) freed += static_cast<std::int64_t>(random.below(8)) * 4096;
      for (const std::size_t callee : s.callees) {
        if (depth > 20 || budget == 0) {
          complete = false;
          continue;
        }
        ++run.call_lines[{function.name, functions[callee].name, s.line}];
        self(self, f, callee, depth + 1);
      }
      s.time += clock - started;
      s.grow += grown - grown_before;
      s.free += freed - freed_before;
    };
    for (Statement& s : function.statements) {
      if (!s.in_loop) execute(s);
    }
    for (std::size_t turn = 0; turn < function.turns; ++turn) {
      for (Statement& s : function.statements) {
        if (s.in_loop) execute(s);
      }
    }
    for (Times* t : {&function.times, edge}) {
      if (t == nullptr) continue;
      t->self += own;
      if (--t->active == 0) t->total += clock - begin;
    }
  };
  call(call, functions.size(), 0, 0);
  if (!complete) run.recursive = true;  // counts do not follow from the source

  ProfileBuilder calls(std::array{time_metric}), lines(std::array{time_metric, hits_metric}),
      memory(std::array{hits_metric, mem_grow_metric, mem_free_metric});
  calls.add_source("run.prof", "pstats", "", 0, 0);
  lines.add_source("run.lprof", "line_profiler", "", 0, 0);
  memory.add_source("run.mem.txt", "memory_profiler", "", 0, 0);
  std::vector<FunctionId> ids;
  for (const Function& f : functions) {
    const FunctionId id = calls.function({.name = f.name, .file = options.calls_file, .line = f.line});
    ids.push_back(id);
    if (f.times.calls == 0) continue;
    calls.mark_entry(id);
    calls.add_counts(id, {f.times.calls, f.times.primitive});
    calls.add_self(id, {&f.times.self, 1});
    calls.add_total(id, {&f.times.total, 1});
  }
  for (const auto& [edge, t] : edges)
    calls.add_call({ids[edge.first], ids[edge.second], 0}, {t.calls, t.primitive}, {&t.self, 1}, {&t.total, 1});
  for (const Function& f : functions) {
    if (f.times.calls == 0) continue;
    const FunctionKey key{.name = f.name, .file = options.lines_file, .line = f.line};
    for (const Statement& s : f.statements) run.line_time[{f.name, s.line}] = s.time;
    if (options.all_profiled || !random.one_in(3)) {
      const FunctionId id = lines.function(key);
      lines.mark_entry(id);
      for (const Statement& s : f.statements) {
        const std::array self{not_measured, s.hits}, total{s.time * options.slowdown, not_measured},
            both{s.time * options.slowdown, s.hits};
        lines.add_line({id, s.line}, self, total);
        lines.add_self(id, both);
        lines.add_total(id, both);
      }
    }
    if (options.all_profiled || !random.one_in(3)) {
      const FunctionId id = memory.function(key);
      memory.mark_entry(id);
      for (const Statement& s : f.statements) {
        const std::array self{s.hits, not_measured, not_measured}, total{not_measured, s.grow, s.free},
            both{s.hits, s.grow, s.free};
        memory.add_line({id, s.line}, self, total);
        memory.add_self(id, both);
        memory.add_total(id, both);
      }
    }
  }
  run.calls = std::move(calls).finish();
  run.lines = std::move(lines).finish();
  run.memory = std::move(memory).finish();
  return run;
}

}  // namespace profconv::test
