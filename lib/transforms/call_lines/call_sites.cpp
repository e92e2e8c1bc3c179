#include "transforms/call_lines/call_sites.hpp"

#include <cstddef>
#include <utility>

#include "transforms/call_lines/doubted_blocks.hpp"

namespace profconv {

CallSites::CallSites(const Program& program, const Resolver& resolver, const ImportTimes& imports, std::uint32_t metric)
    : entities_(resolver),
      classes_(program, resolver, entities_),
      sites_(program, resolver, entities_, imports.main()),
      fits_(sites_, classes_),
      dynamic_(sites_),
      structure_(sites_, imports, metric),
      protocols_(sites_, classes_, fits_, dynamic_),
      names_(sites_, classes_, fits_, protocols_),
      consumption_(sites_, classes_, fits_, names_),
      constructors_(sites_, classes_, dynamic_),
      references_(sites_),
      elimination_(sites_, fits_, dynamic_, references_) {}

void CallSites::begin(Program::Place function, std::span<const std::uint32_t> values, bool knows_line_times) {
  sites_.look_at(function, values, knows_line_times);
  dynamic_.begin();
}

std::vector<FoundSites> CallSites::find(const std::vector<Callee>& callees, const std::vector<double>& calls,
                                        const std::vector<double>& costs, double runs) {
  sites_.set_callees(callees);
  std::vector<FoundSites> all(callees.size());
  for (std::size_t e = 0; e < callees.size(); ++e) {
    const Callee& callee = callees[e];
    FoundSites& found = all[e];
    const bool decided = structure_.find(callee, calls[e], costs[e], found) || consumption_.find(callee, found) ||
                         find_by_name_or_constructor(callee, found) || names_.find_by_decoration(callee, found);
    if (!decided) {
      found = {};
      continue;
    }
    // Most calls of a function that remembers its results do not show.
    if (callee.place && sites_.resolver().remembers(callee.place)) found.tells_counts = found.one_a_run = false;
    for (const auto& share : found.shares) {
      if (found.rule == SiteRule::exact || found.rule == SiteRule::name) sites_.explain(share.site);
    }
  }
  // What no name explains, when it is known which calls are explained by names.
  for (std::size_t e = 0; e < callees.size(); ++e) {
    if (all[e].rule != SiteRule::undecided) continue;
    if (!protocols_.find(callees[e], all[e]) && !references_.find(callees[e], all[e])) all[e] = {};
  }
  for (std::size_t e = 0; e < callees.size(); ++e) {
    if (all[e].rule == SiteRule::exact || all[e].rule == SiteRule::name)
      elimination_.add_in_loops(callees[e], calls[e], runs, all[e]);
  }
  elimination_.find(callees, all);
  return all;
}

// What makes an object calls `__init__` under the name of a class, what calls it by its own name, `super().__init__()`,
// may mean any. Where both are nearly as sure both are meant.
bool CallSites::find_by_name_or_constructor(const Callee& callee, FoundSites& found) const {
  constexpr double nearly = 0.75;
  const bool is_named = names_.find(callee, found);
  FoundSites made;
  if (!constructors_.find(callee, made)) return is_named;
  const double named_fits = best_weight(found.shares), made_fits = best_weight(made.shares);
  if (!is_named || named_fits < made_fits * nearly) {
    found = std::move(made);
  } else if (made_fits >= named_fits * nearly) {
    add_sites(found, std::move(made));
  }
  return true;
}

std::vector<std::pair<std::uint32_t, double>> CallSites::doubts() const { return doubted_blocks(sites_, dynamic_); }

}  // namespace profconv
