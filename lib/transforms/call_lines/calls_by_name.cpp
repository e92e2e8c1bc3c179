#include "transforms/call_lines/calls_by_name.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "transforms/call_lines/decorated_functions.hpp"

namespace profconv {
namespace {

using Value = PythonScan::Value;
using Place = Program::Place;

constexpr std::uint32_t none = PythonScan::none;

}  // namespace

// With another name the operator that its own stands for, `__mul__` after `__rmul__ = __mul__`, is one of several.
bool CallsByName::find(const Callee& callee, FoundSites& found) const {
  if (!find_by_own_name(callee, found)) found = {};
  if (!callee.place) return !found.shares.empty();
  bool has_others = false;
  for (const std::string_view name : resolver_.other_names(callee.place)) {
    Callee other = callee;
    other.name = name;
    FoundSites part;
    if (!(name.starts_with("__") ? protocols_.find(other, part) : find_by_own_name(other, part))) continue;
    add_sites(found, std::move(part));
    has_others = true;
  }
  if (FoundSites own; has_others && callee.name.starts_with("__") && protocols_.find(callee, own))
    add_sites(found, std::move(own));
  return !found.shares.empty();
}

bool CallsByName::find_by_own_name(const Callee& callee, FoundSites& found) const {
  if (callee.name.starts_with('<') && callee.name != "<lambda>") return false;
  double best = 0;
  std::vector<SitedEdge::Share> shares;
  const auto add = [&](std::uint32_t site, double weight) {
    if (weight <= 0) return;
    shares.push_back({site, weight, 0});
    best = std::max(best, weight);
  };
  sites_.each_named(callee.name, [&](std::uint32_t site) {
    const Value::Kind kind = sites_.value(site).kind;
    if (kind == Value::Kind::call || kind == Value::Kind::decoration) add(site, fits_.call_fits(callee, site));
  });
  if (callee.place) {
    // Called by another name, and the sources say so.
    for (std::uint32_t s = 0; s < sites_.size(); ++s) {
      const Value::Kind kind = sites_.value(s).kind;
      if ((kind != Value::Kind::call && kind != Value::Kind::decoration) || sites_.value(s).base == none) continue;
      if (sites_.base(s).name == callee.name) continue;
      const Entity& entity = sites_.base_entity(s);
      if (entity.is(Entity::Kind::function) && entity.place == callee.place) add(s, 1);
    }
    add_properties(callee, add);
  }
  std::erase_if(shares, [&](const auto& share) { return share.weight <= best * 0.1; });
  if (best < 0.04) return false;
  keep_one_per_site(shares);
  found.rule = best >= 0.9 ? SiteRule::exact : SiteRule::name;
  found.shares = std::move(shares);
  return true;
}

bool CallsByName::find_by_decoration(const Callee& callee, FoundSites& found) const {
  if (!callee.place) return false;
  const PythonScan& scan = program_.scan(callee.place.file);
  for (std::uint32_t s = scan.scopes[callee.place.scope].parent; s != none && s != 0; s = scan.scopes[s].parent) {
    sites_.each_decorated_by(scan.scopes[s].name, [&](std::uint32_t site) {
      const Value& v = sites_.value(site);
      if (v.kind != Value::Kind::call) return;
      const Entity& entity = sites_.base_entity(site);
      if (entity.is(Entity::Kind::klass) || entity.is(Entity::Kind::builtin)) return;
      if (entity.is(Entity::Kind::function) && !may_be_made_by(sites_, entity.place, {callee.place.file, s})) return;
      found.shares.push_back({site, entity.is(Entity::Kind::function) ? 1 : 0.4, 0});
    });
  }
  keep_one_per_site(found.shares);
  if (found.shares.empty()) {
    // Decorated methods with underscores are called by operators and the like, each by its own.
    found = {};
    for (std::uint32_t s = scan.scopes[callee.place.scope].parent; s != none && s != 0; s = scan.scopes[s].parent) {
      for (const std::string_view name : resolver_.decorations().protocols_by(scan.scopes[s].name)) {
        Callee method = callee;
        method.name = name;
        method.place = {};
        method.is_generated = true;
        if (FoundSites part; protocols_.find(method, part)) add_sites(found, std::move(part));
      }
    }
    keep_likely(found.shares);
    return !found.shares.empty();
  }
  found.rule = SiteRule::name;
  return true;
}

// Attributes that are methods.
template <class Add>
void CallsByName::add_properties(const Callee& callee, Add add) const {
  const Place klass = callee.place ? resolver_.class_of(callee.place) : Place{};
  for (const Property& property : resolver_.properties_of(callee.place, callee.name)) {
    const bool reads = property.access == Value::Access::read;
    sites_.each_named(property.attribute, [&](std::uint32_t site) {
      const Value& v = sites_.value(site);
      if (v.kind != Value::Kind::attribute || v.access() != property.access) return;
      const Entity& receiver = sites_.base_entity(site);
      const double fits = fits_.receiver_fits(callee, receiver);
      // What looks attributes up elsewhere calls the property itself.
      const bool looks_up =
          receiver.is(Entity::Kind::instance) && fits < 0.5 &&
          resolver_.member(receiver.place, reads ? "__getattr__" : "__setattr__").is(Entity::Kind::function);
      // `self.name` of a descriptor has nothing to do with the property that it stands for.
      const bool is_others = (receiver.is(Entity::Kind::instance) || receiver.is(Entity::Kind::klass)) && klass &&
                             !classes_.may_be_of(receiver.place, klass);
      add(site, looks_up || is_others ? fits * 0.1 : fits);
    });
  }
}

}  // namespace profconv
