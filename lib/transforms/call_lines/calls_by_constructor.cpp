#include "transforms/call_lines/calls_by_constructor.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace profconv {
namespace {

using Value = PythonScan::Value;
using Place = Program::Place;

constexpr std::uint32_t none = PythonScan::none;

}  // namespace

bool CallsByConstructor::find(const Callee& callee, FoundSites& found) const {
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
    const Value& base = sites_.any_value(v.base);
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
          base.kind == Value::Kind::call && base.base != none && sites_.any_value(base.base).name == "type";
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

// type(name, bases, attributes) calls the metaclass of the bases, if there are any.
bool CallsByConstructor::makes_class(std::uint32_t site) const {
  const Value& call = sites_.value(site);
  if (sites_.any_value(call.base).name != "type" || call.argument == none) return false;
  // Values are in the order of the text: behind the first argument begins the next, or the call ends.
  const std::uint32_t second = call.argument + 1;
  const Value& bases = sites_.any_value(second);
  const bool is_empty = bases.kind == Value::Kind::other && bases.name.empty();
  return second < sites_[site].value && !is_empty;
}

}  // namespace profconv
