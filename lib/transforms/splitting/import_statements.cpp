#include "transforms/splitting/import_statements.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace profconv {

namespace {

using Block = PythonScan::Block;

// `import` statements call the machinery here; all else that calls it may import anything.
bool is_of_statement(std::string_view callee) { return callee == "_find_and_load" || callee == "_handle_fromlist"; }

}  // namespace

ImportStatements::ImportStatements(const Program& program, const ContextGraph& graph, ImportTree& tree)
    : ImportWalk(program), g_(graph), tree_(tree) {
  find_bodies();
  find_entries();
  find_candidates();
}

void ImportStatements::find_bodies() {
  body_of_.assign(program_.files().size(), none);
  for (std::uint32_t b = 0; b < tree_.bodies().size(); ++b) {
    const Program::Place place = program_.place(g_.functions[g_.calls[tree_.bodies()[b].call].callee].origin);
    if (place && place.scope == 0) body_of_[place.file] = b;
  }
}

void ImportStatements::find_entries() {
  entries_of_.resize(program_.profile().functions.size());
  std::vector<bool> has_import(entries_of_.size(), false);
  for (std::uint32_t f = 0; f < program_.files().size(); ++f) {
    for (const PythonScan::Import& import : program_.scan(f).imports) {
      const std::uint32_t function = program_.function_at({f, import.scope});
      if (function != none) has_import[function] = true;
    }
  }
  for (std::uint32_t e = 0; e < tree_.entries().size(); ++e) {
    const ContextGraph::Call& call = g_.calls[tree_.entries()[e].call];
    const FunctionId caller = g_.functions[call.caller].origin;
    if (has_import[index(caller)] && is_of_statement(g_.name(call.callee))) {
      entries_of_[index(caller)].push_back(e);
    } else {
      anybodys_.push_back(e);
    }
  }
  std::ranges::stable_sort(anybodys_, std::greater<>{}, [&](std::uint32_t e) { return tree_.entries()[e].left; });
}

void ImportStatements::find_candidates() {
  candidates_.resize(tree_.bodies().size());
  loaded_at_.assign(program_.files().size(), unknown);
  for (std::uint32_t f = 0; f < program_.files().size(); ++f) {
    const auto& imports = program_.scan(f).imports;
    for (std::uint32_t i = 0; i < imports.size(); ++i) {
      if (!imports[i].first) continue;
      for (const Load& load : modules_of(f, i)) {
        const std::uint32_t body = body_of_[load.module], entry = entry_of(load);
        if (body == none || entry == none) continue;
        const Candidate candidate{entry, f, !is_run_by_module(f, imports[i])};
        if (std::ranges::find(candidates_[body], candidate) == candidates_[body].end())
          candidates_[body].push_back(candidate);
      }
    }
  }
}

// The call that the statement made, if the profile has it.
std::uint32_t ImportStatements::entry_of(const Load& load) const {
  const std::uint32_t scope = program_.scan(load.file).imports[load.import].scope;
  const std::uint32_t function = program_.function_at({load.file, scope});
  if (function == none) return none;
  for (const std::uint32_t e : entries_of_[function]) {
    const bool by_name = g_.name(g_.calls[tree_.entries()[e].call].callee) == "_handle_fromlist";
    if (by_name == load.by_name) return e;
  }
  return none;
}

// Whether a statement runs when its module does. What is tried runs up to the first import, which may fail.
bool ImportStatements::is_certain(const Load& load) const {
  const PythonScan& scan = program_.scan(load.file);
  const PythonScan::Import& import = scan.imports[load.import];
  for (std::uint32_t b = import.block; b != none; b = scan.blocks[b].parent) {
    switch (scan.blocks[b].kind) {
      case Block::Kind::body:
      case Block::Kind::always: break;
      case Block::Kind::attempt: {
        const auto first = std::ranges::find(scan.imports, b, &PythonScan::Import::block);
        if (import.block != b || first->line != import.line) return false;
        break;
      }
      default: return false;
    }
  }
  return true;
}

// No code runs before its file is loaded.
bool ImportStatements::may_run(std::uint32_t file, std::size_t before) const {
  return loaded_at_[file] == unknown || loaded_at_[file] <= before;
}

bool ImportStatements::anybody_fits(std::uint32_t body, std::size_t before) const {
  constexpr std::size_t most_looked_at = 256;
  for (std::size_t i = 0; i < anybodys_.size(); ++i) {
    const ImportTree::Entry& entry = tree_.entries()[anybodys_[i]];
    const ContextGraph::Call& call = g_.calls[entry.call];
    // The longest first, as they were before anything was decided.
    if (call.total + 2 < g_.calls[tree_.bodies()[body].call].total) return false;
    if (i == most_looked_at) return true;
    if (!tree_.fits(entry, tree_.bodies()[body])) continue;
    const Program::Place place = program_.place(g_.functions[call.caller].origin);
    if (!place || may_run(place.file, before)) return true;
  }
  return false;
}

bool ImportStatements::decide_single() {
  bool any = false;
  for (std::uint32_t b = 0; b < candidates_.size(); ++b) {
    if (tree_.bodies()[b].entry != ImportTree::undecided || candidates_[b].empty() || anybody_fits(b, ever)) continue;
    std::uint32_t only = none;
    bool several = false;
    for (const Candidate& c : candidates_[b]) {
      if (c.entry == only || !tree_.fits(tree_.entries()[c.entry], tree_.bodies()[b])) continue;
      several = several || only != none;
      only = c.entry;
    }
    if (only == none || several) continue;
    tree_.give(b, only);
    any = true;
  }
  return any;
}

bool ImportStatements::is_first(std::uint32_t body) const {
  const Reached& reached = reached_[body];
  if (!reached.certain || anybody_fits(body, reached.at)) return false;
  return std::ranges::all_of(candidates_[body], [&](const Candidate& c) {
    if (!tree_.fits(tree_.entries()[c.entry], tree_.bodies()[body])) return true;
    return c.in_function ? !may_run(c.file, reached.at) : loaded_at_[c.file] != unknown;
  });
}

bool ImportStatements::decide_by_order() {
  if (main() == none) return false;
  reached_.assign(tree_.bodies().size(), {});
  loaded_at_.assign(program_.files().size(), unknown);
  loaded_at_[main()] = loads_ = 1;
  walk();
  bool any = false;
  for (std::uint32_t b = 0; b < candidates_.size(); ++b) {
    if (tree_.bodies()[b].entry != ImportTree::undecided || !is_first(b)) continue;
    tree_.give(b, reached_[b].entry);
    any = true;
  }
  return any;
}

bool ImportStatements::loads(const Load& load) {
  const std::uint32_t body = body_of_[load.module];
  if (body == none) return false;
  const std::uint32_t entry = entry_of(load);
  const std::uint32_t decided = tree_.bodies()[body].entry;
  if (decided != ImportTree::undecided) {
    if (entry != decided) return false;
    ++loads_;
    if (loaded_at_[load.file] != unknown && is_run_by_module(load.file, program_.scan(load.file).imports[load.import]))
      loaded_at_[load.module] = loads_;
    return true;
  }
  if (entry == none || !tree_.fits(tree_.entries()[entry], tree_.bodies()[body])) return false;
  if (estimates_) tree_.give(body, entry);
  reached_[body] = {entry, is_certain(load), ++loads_};
  return true;
}

bool ImportStatements::decide() {
  const bool single = decide_single();
  return decide_by_order() || single;
}

void ImportStatements::estimate() {
  estimates_ = true;
  reached_.assign(tree_.bodies().size(), {});
  walk();
  estimates_ = false;
}

}  // namespace profconv
