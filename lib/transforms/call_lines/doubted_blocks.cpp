#include "transforms/call_lines/doubted_blocks.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "transforms/call_lines/builtin_names.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;
using Binding = PythonScan::Binding;

constexpr std::uint32_t none = PythonScan::none;

// A call of a generator function that the profile would show, had anybody gone through what it gives.
bool is_unseen_generator(const FunctionSites& sites, std::uint32_t v) {
  if (v == none || sites.any_value(v).kind != Value::Kind::call) return false;
  const Entity entity = sites.entity_of(sites.any_value(v).base);
  if (!entity.is(Entity::Kind::function)) return false;
  const Scope& scope = sites.program().scope(entity.place);
  return scope.kind == Scope::Kind::function && scope.is_generator && !sites.resolver().is_decorated(entity.place) &&
         !sites.is_observed(scope.name);
}

// Whether a call by this name, through a module of which the profile has nothing, or of a method kept under another
// name, would show there and does not: of functions every call does, of types none.
bool is_uncalled_function(const FunctionSites& sites, std::uint32_t called) {
  std::vector<std::string_view> names;
  sites.resolver().aliases(sites.file(), called, names);
  return !names.empty() && std::ranges::all_of(names, [&](std::string_view name) {
    return !sites.is_observed(name) && !(name.front() >= 'A' && name.front() <= 'Z') && !is_type_of_c(name);
  });
}

// `add = seen.add`, and nothing else: what is called by this name later is a method of a built-in type.
bool is_kept_method(const FunctionSites& sites, const Value& name) {
  std::size_t bindings = 0;
  bool is_method = false;
  sites.program().each_binding({sites.file(), name.scope}, name.name, [&](const Binding& binding) {
    ++bindings;
    const bool is_attribute = binding.kind == Binding::Kind::assignment && binding.value != none &&
                              sites.any_value(binding.value).kind == Value::Kind::attribute;
    is_method = is_attribute && sites.entity_of(sites.any_value(binding.value).base).is(Entity::Kind::builtin);
  });
  return bindings == 1 && is_method;
}

}  // namespace

std::vector<std::pair<std::uint32_t, double>> doubted_blocks(const FunctionSites& sites, const DynamicCalls& dynamic) {
  std::vector<std::pair<std::uint32_t, double>> doubts;
  std::vector<std::string_view> aliases;
  for (std::uint32_t s = 0; s < sites.size(); ++s) {
    const Value& v = sites.value(s);
    if (v.kind == Value::Kind::iterate && is_unseen_generator(sites, v.base)) doubts.emplace_back(v.block, 0.01);
    if (v.kind != Value::Kind::call || v.base == none || sites.is_explained(s)) continue;
    const Value& base = sites.any_value(v.base);
    if (base.name.empty() || sites.is_observed(base.name)) continue;
    const Entity& entity = sites.base_entity(s);
    double factor = 1;
    if (entity.is(Entity::Kind::function)) {
      const Scope& scope = sites.program().scope(entity.place);
      if (scope.kind != Scope::Kind::lambda && !sites.resolver().is_decorated(entity.place) && !scope.is_generator &&
          !scope.is_async)
        factor = 0.01;
    } else if (entity.is(Entity::Kind::klass)) {
      // Objects are not made without it, where the class has one.
      const bool has_own = sites.resolver().member(entity.place, "__init__").is(Entity::Kind::function);
      if (has_own && !sites.is_observed("__init__") && !sites.is_observed("__new__") && !sites.is_observed("__call__"))
        factor = 0.02;
    } else if (entity.is(Entity::Kind::external)) {
      if (is_uncalled_function(sites, v.base)) factor = 0.1;
    } else if (base.kind == Value::Kind::name) {
      if (entity.is(Entity::Kind::unknown) && is_builtin_function(base.name)) {
        factor = 0.01;
      } else if (entity.is(Entity::Kind::unknown) && is_kept_method(sites, base) &&
                 is_uncalled_function(sites, v.base)) {
        factor = 0.05;
      }
    } else if (base.kind == Value::Kind::attribute && entity.is(Entity::Kind::unknown)) {
      aliases.clear();
      sites.resolver().aliases(sites.file(), v.base, aliases);
      // A method of a string or list, which every call shows of; or of something that nobody knows.
      const bool is_builtin = sites.entity_of(base.base).is(Entity::Kind::builtin);
      const bool plain = aliases.size() == 1 && !(base.name.front() >= 'A' && base.name.front() <= 'Z');
      if (plain && !(sites.is_observed("__call__") && dynamic.calls_proxy(s))) factor = is_builtin ? 0.05 : 0.2;
    }
    if (factor < 1) doubts.emplace_back(v.block, factor);
  }
  // One doubt for each block, the strongest.
  std::ranges::sort(doubts);
  const auto same_block = [](const auto& a, const auto& b) { return a.first == b.first; };
  doubts.erase(std::unique(doubts.begin(), doubts.end(), same_block), doubts.end());
  return doubts;
}

}  // namespace profconv
