#include "transforms/call_sites.hpp"

#include <algorithm>
#include <utility>

#include "base/one_of.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;

}  // namespace

// Calls of these show in a profile under no name, but they call what they are given.
bool is_builtin_consumer(std::string_view name) {
  return is_one_of(name, {"list", "tuple", "set", "frozenset", "dict", "enumerate", "zip", "map", "filter", "reversed",
                          "bytes", "bytearray", "OrderedDict", "Counter", "deque", "str", "max", "min"});
}

void CallSites::begin(Place function, std::span<const std::uint32_t> values, bool knows_line_times) {
  sites_.look_at(function, values, knows_line_times);
  dynamic_.begin();
}

bool CallSites::by_name(const Callee& callee, FoundSites& found) {
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

// Attributes that are methods.
template <class Add>
void CallSites::add_properties(const Callee& callee, Add add) {
  const Place klass = callee.place ? resolver_.class_of(callee.place) : Place{};
  for (const Resolver::Property& property : resolver_.properties_of(callee.place, callee.name)) {
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

// type(name, bases, attributes) calls the metaclass of the bases, if there are any.
bool CallSites::makes_class(std::uint32_t site) const {
  const Value& call = sites_.value(site);
  if (sites_.step(call.base).name != "type" || call.argument == none) return false;
  // Values are in the order of the text: behind the first argument begins the next, or the call ends.
  const std::uint32_t second = call.argument + 1;
  const Value& bases = sites_.step(second);
  const bool is_empty = bases.kind == Value::Kind::other && bases.name.empty();
  return second < sites_[site].value && !is_empty;
}

// C(...) for C.__init__, and for what makes objects otherwise.
bool CallSites::by_constructor(const Callee& callee, FoundSites& found) {
  const bool named_tuple = callee.is_generated && callee.name == "<lambda>";
  if ((!is_constructor(callee.name) && !named_tuple) || callee.is_c) return false;
  const Place klass = callee.place ? resolver_.class_of(callee.place) : Place{};
  StepLimit steps;
  if (callee.name == "__call__" && !classes_.is_metaclass(klass, steps)) return false;
  std::vector<std::string_view> names;
  if (klass) {
    for (const Place place : resolver_.derived(klass)) names.push_back(program_.scope(place).name);
  }
  const auto is_named = [&](std::uint32_t called) {
    std::vector<std::string_view> aliases;
    resolver_.aliases(sites_.file(), called, aliases);
    return std::ranges::any_of(aliases, [&](std::string_view a) { return std::ranges::find(names, a) != names.end(); });
  };
  double best = 0;
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    const Value& v = sites_.value(s);
    if ((v.kind != Value::Kind::call && v.kind != Value::Kind::decoration) || v.base == none) continue;
    const Value& base = sites_.step(v.base);
    const Entity& entity = sites_.base_entity(s);
    double weight = 0;
    if (entity.is(Entity::Kind::klass)) {
      const bool constructs = base.name != callee.name;  // not C.__init__(self)
      weight = constructs ? classes_.constructor_fits(callee, entity.place) : 0;
      if (weight == 0 && klass && resolver_.derives(klass, entity.place) && base.kind != Value::Kind::name)
        weight = 0.3;
      if (weight == 0 && klass && base.kind == Value::Kind::name && base.name == "cls" &&
          resolver_.derives(klass, entity.place))
        weight = 0.5;
      if (dynamic_.varies(base)) {  // klass = A if it is so, else B
        constexpr double one_of_several = 0.6;
        weight = weight > 0 || is_named(v.base) ? one_of_several : 0;
      }
    } else if (entity.is(Entity::Kind::unknown) || entity.is(Entity::Kind::external)) {
      const bool sounds_so = base.name == "__class__" || base.name == "cls" || base.name.ends_with("_class") ||
                             base.name.ends_with("_cls") || base.name.ends_with("Class");
      const bool is_type_of =
          base.kind == Value::Kind::call && base.base != none && sites_.step(base.base).name == "type";
      if (is_named(v.base) || (klass && makes_class(s) && classes_.is_metaclass(klass, steps))) {
        weight = 0.6;
      } else if (sounds_so || is_type_of || base.kind == Value::Kind::subscript) {  // classes[name]()
        weight = 0.15;
      } else if (callee.is_generated && !base.name.empty() && base.name.front() >= 'A' && base.name.front() <= 'Z') {
        weight = 0.3;
      }
    }
    if (weight <= 0) continue;
    found.shares.push_back({s, weight, 0});
    best = std::max(best, weight);
  }
  std::erase_if(found.shares, [&](const auto& share) { return share.weight < best * 0.2; });
  found.rule = best >= 0.9 ? SiteRule::exact : best > 0 ? SiteRule::name : SiteRule::undecided;
  return best > 0;
}

// By its name, and by what its class calls it as well: in a `with` after `__enter__ = acquire`. With another name the
// operator that its own stands for, `__mul__` after `__rmul__ = __mul__`, is one of several.
bool CallSites::by_names(const Callee& callee, FoundSites& found) {
  if (!by_name(callee, found)) found = {};
  if (!callee.place) return !found.shares.empty();
  const auto add = [&](FoundSites part) {
    if (!found.shares.empty()) {  // all together are no more sure than each
      part.shares.insert(part.shares.end(), found.shares.begin(), found.shares.end());
      part.rule = std::max(part.rule, found.rule);
      part.tells_counts = part.tells_counts && found.tells_counts;
      part.one_a_run = part.one_a_run && found.one_a_run;
      part.cost_weights.clear();
      keep_one_per_site(part.shares);
    }
    found = std::move(part);
  };
  bool has_others = false;
  for (const std::string_view name : resolver_.other_names(callee.place)) {
    Callee other = callee;
    other.name = name;
    FoundSites part;
    if (!(name.starts_with("__") ? by_protocol(other, part) : by_name(other, part))) continue;
    add(std::move(part));
    has_others = true;
  }
  if (FoundSites own; has_others && callee.name.starts_with("__") && by_protocol(callee, own)) add(std::move(own));
  return !found.shares.empty();
}

// A call of a decorated function is a call of what the decorator returned.
bool CallSites::by_decoration(const Callee& callee, FoundSites& found) {
  if (!callee.place) return false;
  const PythonScan& scan = program_.scan(callee.place.file);
  for (std::uint32_t s = scan.scopes[callee.place.scope].parent; s != none && s != 0; s = scan.scopes[s].parent) {
    sites_.each_decorated_by(scan.scopes[s].name, [&](std::uint32_t site) {
      const Value& v = sites_.value(site);
      if (v.kind != Value::Kind::call) return;
      const Entity& entity = sites_.base_entity(site);
      if (entity.is(Entity::Kind::klass) || entity.is(Entity::Kind::builtin)) return;
      found.shares.push_back({site, entity.is(Entity::Kind::function) ? 1 : 0.4, 0});
    });
  }
  keep_one_per_site(found.shares);
  if (found.shares.empty()) {
    // Decorated methods with underscores are called by operators and the like.
    for (std::uint32_t s = scan.scopes[callee.place.scope].parent; s != none && s != 0; s = scan.scopes[s].parent) {
      for (const std::string_view name : resolver_.protocols_decorated_by(scan.scopes[s].name)) {
        Callee method = callee;
        method.name = name;
        method.place = {};
        if (by_protocol(method, found)) return true;
      }
    }
    return false;
  }
  found.rule = SiteRule::name;
  return true;
}

std::vector<FoundSites> CallSites::find(const std::vector<Callee>& callees, const std::vector<double>& calls,
                                        const std::vector<double>& costs, double runs) {
  sites_.set_callees(callees);
  std::vector<FoundSites> all(callees.size());
  for (std::size_t e = 0; e < callees.size(); ++e) {
    const Callee& callee = callees[e];
    FoundSites& found = all[e];
    const bool decided = by_structure(callee, calls[e], costs[e], found) || by_consumption(callee, found) ||
                         by_names(callee, found) || by_constructor(callee, found) || by_decoration(callee, found);
    if (!decided) {
      found = {};
      continue;
    }
    // Most calls of a function that remembers its results do not show.
    if (callee.place && resolver_.remembers(callee.place)) found.tells_counts = found.one_a_run = false;
    for (const auto& share : found.shares) {
      if (found.rule == SiteRule::exact || found.rule == SiteRule::name) sites_.explain(share.site);
    }
  }
  // What no name explains, when it is known which calls are explained by names.
  for (std::size_t e = 0; e < callees.size(); ++e) {
    if (all[e].rule != SiteRule::undecided) continue;
    if (!by_protocol(callees[e], all[e]) && !by_reference(callees[e], all[e])) all[e] = {};
  }
  for (std::size_t e = 0; e < callees.size(); ++e) {
    if (all[e].rule == SiteRule::exact || all[e].rule == SiteRule::name)
      add_dynamic_loops(callees[e], calls[e], runs, all[e]);
  }
  by_elimination(callees, all);
  return all;
}

}  // namespace profconv
