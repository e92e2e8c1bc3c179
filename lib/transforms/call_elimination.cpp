// Calls that name nothing known: callees that nothing names are called there; and code that did not run, since the
// profile lacks a call that it makes.

#include <algorithm>
#include <optional>

#include "base/one_of.hpp"
#include "transforms/builtin_names.hpp"
#include "transforms/call_sites.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;
using Binding = PythonScan::Binding;

// A function kept under a shorter name: `load` for `_load` and `load_module`.
bool is_like(std::string_view function, std::string_view called) {
  constexpr std::size_t shortest = 3;
  return called.size() >= shortest && function.find(called) != std::string_view::npos;
}

}  // namespace

// More calls than the sites outside of loops can have made: what the function is given to made them, `map(f, …)`, or
// some call in a loop that names nothing.
void CallSites::add_dynamic_loops(const Callee& callee, double calls, double runs, FoundSites& found) {
  if (!found.tells_counts || found.shares.empty() || callee.is_c) return;
  if (sites_.knows_line_times() && add_mentions(callee, found)) return;
  const Scope& scope = program_.scope(sites_.function());
  if (scope.is_generator || scope.is_async) return;
  for (const auto& share : found.shares) {
    if (sites_.is_in_loop(share.site)) return;
  }
  if (calls <= runs * static_cast<double>(found.shares.size()) * 1.05) return;
  if (!sites_.knows_line_times() && add_mentions(callee, found)) return;
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    if (sites_.value(s).kind != Value::Kind::call || sites_.is_explained(s) || !sites_.is_in_loop(s) ||
        dynamic_.dynamic(s) < 0.5)
      continue;
    found.shares.push_back({s, 1, 0});
    found.rule = SiteRule::elimination;
    found.tells_counts = true;
  }
}

// A call of a generator function that the profile would show, had anybody gone through what it gives.
bool CallSites::is_unseen_generator(std::uint32_t v) const {
  if (v == none || sites_.step(v).kind != Value::Kind::call) return false;
  const Entity entity = sites_.entity_of(sites_.step(v).base);
  if (!entity.is(Entity::Kind::function)) return false;
  const Scope& scope = program_.scope(entity.place);
  return scope.kind == Scope::Kind::function && scope.is_generator && !resolver_.is_decorated(entity.place) &&
         !sites_.is_observed(scope.name);
}

// Whether a call by this name, through a module of which the profile has nothing, or of a method kept under another
// name, would show there and does not: of functions every call does, of types none.
bool CallSites::is_uncalled_function(std::uint32_t called) const {
  std::vector<std::string_view> names;
  resolver_.aliases(sites_.file(), called, names);
  return !names.empty() && std::ranges::all_of(names, [&](std::string_view name) {
    return !sites_.is_observed(name) && !(name.front() >= 'A' && name.front() <= 'Z') && !is_type_of_c(name);
  });
}

// `add = seen.add`, and nothing else: what is called by this name later is a method of a built-in type.
bool CallSites::is_kept_method(const Value& name) const {
  std::size_t bindings = 0;
  bool is_method = false;
  program_.each_binding({sites_.file(), name.scope}, name.name, [&](const Binding& binding) {
    ++bindings;
    const bool is_attribute = binding.kind == Binding::Kind::assignment && binding.value != none &&
                              sites_.step(binding.value).kind == Value::Kind::attribute;
    is_method = is_attribute && sites_.entity_of(sites_.step(binding.value).base).is(Entity::Kind::builtin);
  });
  return bindings == 1 && is_method;
}

std::vector<std::pair<std::uint32_t, double>> CallSites::doubts() {
  std::vector<std::pair<std::uint32_t, double>> doubts;
  std::vector<std::string_view> aliases;
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    const Value& v = sites_.value(s);
    if (v.kind == Value::Kind::iterate && is_unseen_generator(v.base)) doubts.emplace_back(v.block, 0.01);
    if (v.kind != Value::Kind::call || v.base == none || sites_.is_explained(s)) continue;
    const Value& base = sites_.step(v.base);
    if (base.name.empty() || sites_.is_observed(base.name)) continue;
    const Entity& entity = sites_.base_entity(s);
    double factor = 1;
    if (entity.is(Entity::Kind::function)) {
      const Scope& scope = program_.scope(entity.place);
      if (scope.kind != Scope::Kind::lambda && !resolver_.is_decorated(entity.place) && !scope.is_generator &&
          !scope.is_async)
        factor = 0.01;
    } else if (entity.is(Entity::Kind::klass)) {
      // Objects are not made without it, where the class has one.
      const bool has_own = resolver_.member(entity.place, "__init__").is(Entity::Kind::function);
      if (has_own && !sites_.is_observed("__init__") && !sites_.is_observed("__new__") &&
          !sites_.is_observed("__call__"))
        factor = 0.02;
    } else if (entity.is(Entity::Kind::external)) {
      if (is_uncalled_function(v.base)) factor = 0.1;
    } else if (base.kind == Value::Kind::name) {
      if (entity.is(Entity::Kind::unknown) && is_builtin_function(base.name)) {
        factor = 0.01;
      } else if (entity.is(Entity::Kind::unknown) && is_kept_method(base) && is_uncalled_function(v.base)) {
        factor = 0.05;
      }
    } else if (base.kind == Value::Kind::attribute && entity.is(Entity::Kind::unknown)) {
      aliases.clear();
      resolver_.aliases(sites_.file(), v.base, aliases);
      // A method of a string or list, which every call shows of; or of something that nobody knows.
      const bool is_builtin = sites_.entity_of(base.base).is(Entity::Kind::builtin);
      const bool plain = aliases.size() == 1 && !(base.name.front() >= 'A' && base.name.front() <= 'Z');
      if (plain && !(sites_.is_observed("__call__") && dynamic_.calls_proxy(s))) factor = is_builtin ? 0.05 : 0.2;
    }
    if (factor < 1) doubts.emplace_back(v.block, factor);
  }
  // One doubt for each block, the strongest.
  std::ranges::sort(doubts);
  const auto same_block = [](const auto& a, const auto& b) { return a.first == b.first; };
  doubts.erase(std::unique(doubts.begin(), doubts.end(), same_block), doubts.end());
  return doubts;
}

// Callees that nothing names are called by calls that name nothing known.
void CallSites::by_elimination(const std::vector<Callee>& callees, std::vector<FoundSites>& found) {
  if (std::ranges::none_of(
          found, [](const FoundSites& f) { return f.rule == SiteRule::undecided || f.rule == SiteRule::reference; }))
    return;
  std::vector<SitedEdge::Share> rest;
  double best = 0;
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    if (sites_.value(s).kind != Value::Kind::call) continue;
    double weight = dynamic_.dynamic(s);
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

}  // namespace profconv
