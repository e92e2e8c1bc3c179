#include "transforms/call_lines/calls_by_structure.hpp"

#include <algorithm>

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;
using Place = Program::Place;

constexpr std::uint32_t none = PythonScan::none;

}  // namespace

bool CallsByStructure::find(const Callee& callee, double calls, double cost, FoundSites& found) {
  if (callee.is_import) return imports_.find(callee, calls, cost, found);
  if (callee.is_c && callee.name == "__build_class__") return find_class_statements(cost, found);
  if (!callee.place) return false;
  const Scope& scope = program_.scope(callee.place);
  if (scope.kind == Scope::Kind::module) return imports_.find_module(callee.place.file, found);
  if (scope.kind == Scope::Kind::function && scope.parent != none && scope.parent != 0)
    return find_applied_decorators(program_.scan(callee.place.file).scopes[scope.parent], found);
  if (scope.is_comprehension() && scope.kind != Scope::Kind::generator && callee.place.file == sites_.file())
    return find_comprehensions(scope, found);
  return false;
}

// What a decorator with arguments returns is applied where it decorates.
bool CallsByStructure::find_applied_decorators(const Scope& maker, FoundSites& found) const {
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    if (sites_.value(s).kind != Value::Kind::decoration || sites_.value(s).base == none) continue;
    const Value& decorator = sites_.base(s);
    if (decorator.kind == Value::Kind::call && decorator.base != none &&
        sites_.any_value(decorator.base).name == maker.name)
      found.shares.push_back({s, 1, 0});
  }
  found.rule = found.shares.empty() ? SiteRule::undecided : SiteRule::exact;
  return !found.shares.empty();
}

// Comprehensions of one kind on one line are one function for the profiler.
bool CallsByStructure::find_comprehensions(const Scope& scope, FoundSites& found) const {
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    if (sites_.value(s).kind != Value::Kind::comprehension) continue;
    const Scope& other = sites_.scan().scopes[sites_.value(s).base];
    if (other.kind == scope.kind && other.first_line == scope.first_line) found.shares.push_back({s, 1, 0});
  }
  found.rule = found.shares.empty() ? SiteRule::undecided : SiteRule::exact;
  return !found.shares.empty();
}

// Class statements: what the body of each costs is known, and where bases or metaclasses take part in the rest.
bool CallsByStructure::find_class_statements(double all, FoundSites& found) const {
  const Profile& profile = program_.profile();
  double bodies = 1, parts = 0;
  std::vector<double> part;  // of the rest
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    if (sites_.value(s).kind != Value::Kind::definition) continue;
    const std::uint32_t body = program_.function_at({sites_.file(), sites_.value(s).base});
    const double cost = body == none || profile.total.empty()
                            ? 0
                            : static_cast<double>(std::max<std::int64_t>(profile.total.at(body, metric_), 0));
    found.shares.push_back({s, body == none ? 0.01 : 1, 0});
    found.cost_weights.push_back(cost);
    bodies += cost;
    const Place klass{sites_.file(), sites_.value(s).base};
    part.push_back(sites_.resolver().member(klass, "__init_subclass__").is(Entity::Kind::function) ? 1 : 0);
    parts += part.back();
  }
  if (found.shares.empty()) return false;
  for (double& weight : found.cost_weights) weight += bodies * 0.05 / static_cast<double>(found.shares.size());
  const double rest = std::max(all - bodies, 0.0);
  for (std::size_t i = 0; i < part.size() && parts > 0; ++i) found.cost_weights[i] += rest * part[i] / parts;
  found.rule = SiteRule::exact;
  return true;
}

}  // namespace profconv
