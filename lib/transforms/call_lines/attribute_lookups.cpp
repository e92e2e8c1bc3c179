#include "transforms/call_lines/attribute_lookups.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/one_of.hpp"
#include "transforms/call_lines/decorated_functions.hpp"

namespace profconv {
namespace {

using Place = Program::Place;
using Value = PythonScan::Value;
using Binding = PythonScan::Binding;

constexpr std::uint32_t none = PythonScan::none;

// Whether a module has a name, other than by what its `__getattr__` makes of it when it is asked for.
bool is_in_module(const Program& program, std::uint32_t file, std::string_view name, std::uint32_t getter) {
  const PythonScan& scan = program.scan(file);
  bool any = false;
  program.each_binding({file, 0}, name, [&](const Binding& binding) {
    const bool is_import = binding.kind == Binding::Kind::import,
               is_definition = binding.kind == Binding::Kind::definition;
    const std::uint32_t scope = binding.value == none ? 0
                                : is_import           ? scan.imports[binding.value].scope
                                : is_definition       ? scan.scopes[binding.value].parent
                                                      : scan.values[binding.value].scope;
    any = any || scope != getter;
  });
  return any;
}

}  // namespace

double attribute_fits(const FunctionSites& sites, const ClassRelations& classes, const Callee& callee,
                      std::uint32_t site) {
  const Program& program = sites.program();
  const Resolver& resolver = sites.resolver();
  const Value& v = sites.value(site);
  const Entity& receiver = sites.base_entity(site);
  const Place klass = callee.place ? resolver.class_of(callee.place) : Place{};
  if (is_one_of(callee.name, {"__get__", "__set__", "__delete__"})) {
    // An attribute of a class that has an object of the descriptor's class under this name.
    const auto has_method = [&](Place held) {
      const Entity method = resolver.member(held, callee.name);
      return klass && method.is(Entity::Kind::function) && method.place == callee.place;
    };
    if (!receiver.is(Entity::Kind::instance) && !receiver.is(Entity::Kind::klass)) {
      if (!receiver.is(Entity::Kind::unknown)) return 0;
      const bool is_kept = std::ranges::any_of(resolver.kept_in_classes(v.name), has_method) ||
                           (klass && resolver.decorations().contain(program.scope(klass).name, v.name));
      return is_kept ? 0.5 : 0.1;
    }
    const Entity member = resolver.member(receiver.place, v.name);
    if (member.is(Entity::Kind::instance) && has_method(member.place)) return 1;
    if (member.is(Entity::Kind::function) && klass && is_decorated_by(sites, member.place, klass)) return 1;
    return member.is(Entity::Kind::unknown) ? 0.1 : 0.02;
  }
  if (receiver.is(Entity::Kind::instance) || receiver.is(Entity::Kind::klass)) {
    if (!klass || !classes.may_be_of(receiver.place, klass)) return 0;
    if (callee.name != "__getattr__") return 1;
    return resolver.has_attribute(receiver.place, v.name, callee.place) ? 0.02 : 1;
  }
  if (receiver.is(Entity::Kind::module) && callee.name == "__getattr__" && callee.place.file == receiver.place.file)
    return callee.place && !klass && !is_in_module(program, receiver.place.file, v.name, callee.place.scope) ? 1 : 0;
  if (!receiver.is(Entity::Kind::unknown)) return 0;
  if (callee.name != "__getattr__" || !klass) return 0.3;
  if (resolver.has_attribute(klass, v.name, callee.place)) return 0.02;
  // What is called here under that name is, as a rule, a method of the object.
  return v.called && sites.is_observed(v.name) ? 0.1 : 0.3;
}

bool keeps_value(std::string_view klass) {
  return is_one_of(klass, {"cached_property", "CachedProperty", "lazy_property", "lazyproperty", "LazyProperty",
                           "reify", "memoized_property", "cached_attribute"});
}

// A value is asked for where it is read first, if that was on the way: in a block around the later read, or the same.
// Then the object has it. Of blocks that stand very deep in others not all are looked at.
void forget_later_reads(const FunctionSites& sites, std::vector<SitedEdge::Share>& shares) {
  constexpr int most_levels = 50;
  std::set<std::tuple<std::string_view, std::string_view, std::uint32_t, std::uint32_t>> read;
  std::erase_if(shares, [&](const SitedEdge::Share& share) {
    const Value& v = sites.value(share.site);
    if (v.base == none || sites.any_value(v.base).kind != Value::Kind::name) return false;
    const Value& object = sites.any_value(v.base);
    std::uint32_t block = v.block;
    bool was_read = false;
    for (int level = 0; level < most_levels && block != none && !was_read; ++level) {
      was_read = read.contains({v.name, object.name, object.scope, block});
      block = sites.scan().blocks[block].parent;
    }
    read.insert({v.name, object.name, object.scope, v.block});
    return was_read;
  });
}

}  // namespace profconv
