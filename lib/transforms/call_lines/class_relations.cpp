#include "transforms/call_lines/class_relations.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace profconv {
namespace {

using Value = PythonScan::Value;
using Binding = PythonScan::Binding;
using Place = Program::Place;

constexpr std::uint32_t none = PythonScan::none;

}  // namespace

bool ClassRelations::may_be_of(Place klass, Place other) const {
  if (last_kin_.klass == klass && last_kin_.other == other) return last_kin_.are;  // one for each attribute of `self`
  bool are = resolver_.derives(klass, other) || resolver_.derives(other, klass);
  if (!are) {
    constexpr std::size_t most = 32;
    const std::vector<Place> derived = resolver_.derived(klass);
    are = std::ranges::any_of(std::span(derived).first(std::min(derived.size(), most)),
                              [&](Place heir) { return resolver_.derives(heir, other); });
  }
  last_kin_ = {klass, other, are};
  return are;
}

bool ClassRelations::may_be_exception(Place klass) const {
  constexpr std::size_t most = 50;
  std::vector<Place> all{klass};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Place at = all[i];
    const PythonScan& scan = program_.scan(at.file);
    for (const PythonScan::Owned& base : PythonScan::of_scope(scan.bases, at.scope)) {
      const Entity& entity = entities_.of(at.file, base.value);
      if (!entity.is(Entity::Kind::klass) && scan.values[base.value].name != "object") return true;
      if (all.size() >= most) return true;
      if (entity.is(Entity::Kind::klass)) all.push_back(entity.place);
    }
  }
  return false;
}

bool ClassRelations::is_metaclass(Place klass, int depth, StepLimit& steps) const {
  if (!klass || depth <= 0 || !steps.take()) return false;
  const PythonScan& scan = program_.scan(klass.file);
  return std::ranges::any_of(PythonScan::of_scope(scan.bases, klass.scope), [&](const PythonScan::Owned& base) {
    const Entity entity = entities_.of(klass.file, base.value);
    const std::string_view name = scan.values[base.value].name;
    return name == "type" || name.ends_with("Meta") ||
           (entity.is(Entity::Kind::klass) && is_metaclass(entity.place, depth - 1, steps));
  });
}

Place ClassRelations::metaclass_of(Place klass, int depth, StepLimit& steps) const {
  if (depth <= 0 || !steps.take()) return {};
  const PythonScan& scan = program_.scan(klass.file);
  const auto place_of = [&](const PythonScan::Owned& owned) {
    const Entity& entity = entities_.of(klass.file, owned.value);
    return entity.is(Entity::Kind::klass) ? entity.place : Place{};
  };
  if (const auto own = PythonScan::of_scope(scan.metaclasses, klass.scope); !own.empty()) return place_of(own.front());
  for (const PythonScan::Owned& base : PythonScan::of_scope(scan.bases, klass.scope)) {
    const Place place = place_of(base);
    const Place found = place ? metaclass_of(place, depth - 1, steps) : Place{};
    if (found) return found;
  }
  return {};
}

// How well making an object of a class explains a call of its metaclass: 1, or 0 if it has none, or another one.
double ClassRelations::metaclass_fits(Place klass, Place metaclass, int depth, StepLimit& steps) const {
  constexpr double unknown = 0.3;
  if (depth <= 0 || !steps.take()) return unknown;
  const PythonScan& scan = program_.scan(klass.file);
  const auto fits = [&](const Entity& own) {
    if (!own.is(Entity::Kind::klass)) return unknown;
    return resolver_.derives(own.place, metaclass) ? 1.0 : 0.0;
  };
  if (const auto own = PythonScan::of_scope(scan.metaclasses, klass.scope); !own.empty())
    return fits(entities_.of(klass.file, own.front().value));
  double best = 0;
  program_.each_binding(klass, "__metaclass__", [&](const Binding& binding) {  // Python 2
    best = std::max(best, binding.value == none ? unknown : fits(entities_.of(klass.file, binding.value)));
  });
  for (const PythonScan::Owned& base : PythonScan::of_scope(scan.bases, klass.scope)) {
    const Entity entity = entities_.of(klass.file, base.value);
    const Value& v = scan.values[base.value];
    if (entity.is(Entity::Kind::klass)) {
      best = std::max(best, metaclass_fits(entity.place, metaclass, depth - 1, steps));
    } else if (v.kind != Value::Kind::name || resolver_.is_bound({klass.file, v.scope}, v.name)) {
      best = std::max(best, unknown);
    }
  }
  return best;
}

// Whether a class may have got methods at run time: by a decorator (dataclass), a metaclass, or a base that is no class
// of this program (NamedTuple). The `__new__` of a named tuple, a lambda, comes from bases alone.
bool ClassRelations::may_have_generated(const Callee& callee, Place klass, int depth, StepLimit& steps) const {
  if (depth <= 0 || !steps.take()) return true;
  const PythonScan& scan = program_.scan(klass.file);
  const bool is_made_over =
      resolver_.is_decorated(klass) || !PythonScan::of_scope(scan.metaclasses, klass.scope).empty();
  if (is_made_over && callee.name != "<lambda>") return true;
  return std::ranges::any_of(PythonScan::of_scope(scan.bases, klass.scope), [&](const PythonScan::Owned& base) {
    const Entity entity = entities_.of(klass.file, base.value);
    if (entity.is(Entity::Kind::klass)) return may_have_generated(callee, entity.place, depth - 1, steps);
    const Value& v = scan.values[base.value];
    return v.kind != Value::Kind::name || resolver_.is_bound({klass.file, v.scope}, v.name);  // no type of C
  });
}

double ClassRelations::constructor_fits(const Callee& callee, Place klass) const {
  StepLimit steps;
  // That calls __call__ of the metaclass. The class's own is called when the object is.
  if (callee.name == "__call__") {
    const Place own = callee.place ? resolver_.class_of(callee.place) : Place{};
    const bool may_be = is_metaclass(own, steps) && !resolver_.derives(klass, own);
    return may_be ? metaclass_fits(klass, own, deepest, steps) : 0;
  }
  const Entity member = resolver_.member(klass, callee.name == "<lambda>" ? "__new__" : callee.name);
  if (callee.place) return member.is(Entity::Kind::function) && member.place == callee.place ? 1 : 0;
  if (callee.is_generated)
    return !member.is(Entity::Kind::function) && may_have_generated(callee, klass, deepest, steps) ? 0.8 : 0;
  return callee.is_c ? 0 : 0.1;
}

}  // namespace profconv
