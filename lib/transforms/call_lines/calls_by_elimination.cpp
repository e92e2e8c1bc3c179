#include "transforms/call_lines/calls_by_elimination.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "transforms/call_lines/builtin_names.hpp"
#include "transforms/call_lines/protocols.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;
using Place = Program::Place;

// A function kept under a shorter name: `load` for `_load` and `load_module`.
bool is_like(std::string_view function, std::string_view called) {
  constexpr std::size_t shortest = 3;
  return called.size() >= shortest && function.find(called) != std::string_view::npos;
}

}  // namespace

void CallsByElimination::find(std::span<const Callee> callees, std::span<FoundSites> found) const {
  if (std::ranges::none_of(
          found, [](const FoundSites& f) { return f.rule == SiteRule::undecided || f.rule == SiteRule::reference; }))
    return;
  std::vector<SitedEdge::Share> rest;
  double best = 0;
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    if (sites_.value(s).kind != Value::Kind::call) continue;
    double weight = dynamic_.likelihood(s);
    // A variable that called something by its name may have called others; a parameter `id=id` has not.
    const bool is_builtin = sites_.is_observed(sites_.called_name(s)) && is_builtin_function(sites_.called_name(s));
    if (sites_.is_explained(s)) weight = dynamic_.is_variable(s) && !is_builtin ? 0.5 : 0;
    if (weight <= 0) continue;
    best = std::max(best, weight);
    rest.push_back({s, weight, 0});
  }
  if (rest.empty()) return;
  for (std::size_t e = 0; e < callees.size(); ++e) {
    // A function that is only mentioned is called where something unknown is called, if there is such a call.
    const bool mentioned = found[e].rule == SiteRule::reference && best >= 0.8 && found[e].shares.front().weight < 1;
    if (found[e].rule != SiteRule::undecided && !mentioned) continue;
    found[e].rule = SiteRule::elimination;
    found[e].tells_counts = false;
    found[e].shares = rest;
    std::erase_if(found[e].shares, [&](const auto& share) { return rules_out(callees[e], share.site); });
    if (found[e].shares.empty()) {
      found[e] = {};
      continue;
    }
    double likeliest = 0;
    for (auto& share : found[e].shares) {
      constexpr double hardly = 0.1;
      if (is_like(callees[e].name, sites_.called_name(share.site))) share.weight *= 5;
      if (!fits_.takes_arguments(callees[e], share.site)) share.weight *= hardly;
      likeliest = std::max(likeliest, share.weight);
    }
    std::erase_if(found[e].shares, [&](const auto& share) { return share.weight < likeliest * 0.3; });
  }
}

void CallsByElimination::add_in_loops(const Callee& callee, double calls, double runs, FoundSites& found) const {
  if (!found.tells_counts || found.shares.empty() || callee.is_c) return;
  if (sites_.knows_line_times() && references_.add_mentions(callee, found)) return;
  const Scope& scope = sites_.program().scope(sites_.function());
  if (scope.is_generator || scope.is_async) return;
  for (const auto& share : found.shares) {
    if (sites_.is_in_loop(share.site)) return;
  }
  if (calls <= runs * static_cast<double>(found.shares.size()) * 1.05) return;
  if (!sites_.knows_line_times() && references_.add_mentions(callee, found)) return;
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    if (sites_.value(s).kind != Value::Kind::call || sites_.is_explained(s) || !sites_.is_in_loop(s) ||
        dynamic_.likelihood(s) < 0.5)
      continue;
    found.shares.push_back({s, 1, 0});
    found.rule = SiteRule::elimination;
    found.tells_counts = true;
  }
}

// Making an object calls none of its methods but those that make it; what it is given may be asked for something.
bool CallsByElimination::rules_out(const Callee& callee, std::uint32_t site) const {
  if (!is_protocol(callee.name)) return false;
  const Resolver& resolver = sites_.resolver();
  const Entity& made = sites_.base_entity(site);
  if (!made.is(Entity::Kind::klass)) return false;
  const Place klass = callee.place ? resolver.class_of(callee.place) : Place{};
  if (callee.name == "__call__") return !klass || resolver.derives(made.place, klass);
  return !sites_.has_arguments(site) || (klass && resolver.derives(made.place, klass));
}

}  // namespace profconv
