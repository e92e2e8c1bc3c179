#include "transforms/call_lines/dynamic_calls.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>

#include "base/one_of.hpp"
#include "transforms/call_lines/builtin_names.hpp"
#include "transforms/call_lines/decorated_functions.hpp"

namespace profconv {
namespace {

using Value = PythonScan::Value;
using Binding = PythonScan::Binding;

constexpr std::uint32_t none = PythonScan::none;

// What is given to these is called when their result is.
bool only_keeps(std::string_view name) { return is_one_of(name, {"partial", "partialmethod", "methodcaller"}); }

// Whether something else than the first of several may be meant.
bool may_differ(const Entity& other, const Entity& first) {
  return other.is(Entity::Kind::unknown) || other.kind != first.kind || !(other.place == first.place);
}

}  // namespace

double DynamicCalls::likelihood(std::uint32_t site) const {
  const Value& v = sites_.value(site);
  if (v.base == none) return 1;
  const Value& base = sites_.any_value(v.base);
  const Entity& entity = sites_.base_entity(site);
  if (only_keeps(base.name) && !entity.is(Entity::Kind::function)) return 0;
  switch (entity.kind) {
    case Entity::Kind::function:
      if (is_replaced(sites_, entity.place)) return 0.6;
      return program_.function_at(entity.place) == none ? 0.01 : 0.001;
    case Entity::Kind::klass: return 0.05;
    case Entity::Kind::instance:  // which calls __call__
      return resolver_.member(entity.place, "__call__").is(Entity::Kind::function) ? 0.02 : 0.3;
    case Entity::Kind::builtin:
    case Entity::Kind::module: return 0;
    case Entity::Kind::external: return 0.05;
    case Entity::Kind::unknown: break;
  }
  switch (base.kind) {
    case Value::Kind::call:
    case Value::Kind::subscript:
    case Value::Kind::other: return 1;
    case Value::Kind::name: {
      if (is_builtin_type(base.name)) return base.name == "super" ? 0 : 0.005;
      bool local = false;
      for (std::uint32_t s = base.scope; s != none && s != 0 && !local; s = sites_.scan().scopes[s].parent)
        program_.each_binding({sites_.file(), s}, base.name, [&](const Binding&) { local = true; });
      return local ? 1 : is_builtin_function(base.name) ? 0 : 0.1;
    }
    case Value::Kind::attribute: {
      // A method's name, or an attribute that somebody put a function into?
      return resolver_.is_assigned(base.name) ? 0.8 : 0.2;
    }
    default: return 0.1;
  }
}

bool DynamicCalls::is_variable(std::uint32_t site) const {
  const Value& base = sites_.base(site);
  if (base.kind == Value::Kind::name) {
    const Entity& entity = sites_.base_entity(site);
    return entity.is(Entity::Kind::unknown) ? likelihood(site) >= 1 : entity.is(Entity::Kind::function) && varies(base);
  }
  if (base.kind != Value::Kind::attribute) return false;
  bool varies = false;
  program_.each_attribute(sites_.file(), base.name, [&](const Binding& binding) {
    if (binding.kind != Binding::Kind::attribute) return;
    const Value::Kind kind = binding.value == none ? Value::Kind::other : sites_.any_value(binding.value).kind;
    varies = varies || kind == Value::Kind::other || kind == Value::Kind::call || kind == Value::Kind::subscript ||
             kind == Value::Kind::iterate;
  });
  return varies;
}

bool DynamicCalls::varies(const Value& name) const {
  if (name.kind != Value::Kind::name) return false;
  const auto [known, is_new] = varying_.try_emplace(name.name, false);
  if (!is_new) return known->second;
  bool& varies = known->second;
  std::optional<Entity> first;
  program_.each_binding({sites_.file(), name.scope}, name.name, [&](const Binding& binding) {
    if (varies || binding.kind != Binding::Kind::assignment) return;
    const Entity entity = binding.value == none ? Entity{} : sites_.entity_of(binding.value);
    if (!first) first = entity;
    varies = may_differ(entity, *first) || gives_several(binding.value);
  });
  return varies;
}

// Whether a value is a call of a function that returns one thing here and another there.
bool DynamicCalls::gives_several(std::uint32_t v) const {
  if (sites_.any_value(v).kind != Value::Kind::call || sites_.any_value(v).base == none) return false;
  const Entity called = sites_.entity_of(sites_.any_value(v).base);
  if (!called.is(Entity::Kind::function)) return false;
  const std::span<const PythonScan::Owned> values = program_.returns(called.place);
  constexpr std::size_t most = 16;
  if (values.size() < 2 || values.size() > most) return false;
  const auto returned = [&](const PythonScan::Owned& owned) {
    return owned.value == none ? Entity{} : sites_.entity_of(called.place.file, owned.value);
  };
  const Entity first = returned(values.front());
  return std::ranges::any_of(values,
                             [&](const PythonScan::Owned& owned) { return may_differ(returned(owned), first); });
}

bool DynamicCalls::calls_item(std::uint32_t site) const {
  return sites_.base(site).kind == Value::Kind::subscript && sites_.base_entity(site).is(Entity::Kind::unknown);
}

bool DynamicCalls::calls_proxy(std::uint32_t site) const {
  const Value& base = sites_.base(site);
  return base.kind == Value::Kind::attribute && resolver_.ran(base.name) && !sites_.is_observed(base.name) &&
         sites_.base_entity(site).is(Entity::Kind::unknown) && !sites_.entity_of(base.base).is(Entity::Kind::builtin);
}

}  // namespace profconv
