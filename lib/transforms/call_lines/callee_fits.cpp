#include "transforms/call_lines/callee_fits.hpp"

#include <algorithm>

#include "transforms/call_lines/decorated_functions.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;
using Place = Program::Place;

constexpr std::uint32_t none = PythonScan::none;

}  // namespace

double CalleeFits::receiver_fits(const Callee& callee, const Entity& receiver) const {
  constexpr double unknown = 0.4;
  switch (receiver.kind) {
    case Entity::Kind::unknown: return unknown;
    case Entity::Kind::external: return 0.2;
    case Entity::Kind::builtin:
      if (receiver.name == Resolver::exception) return exception_fits(callee);
      return callee.is_c && (callee.type.empty() || callee.type == receiver.name) ? 1 : 0;
    case Entity::Kind::instance:
    case Entity::Kind::klass: {
      if (callee.is_c) return 0.3;  // inherited from a type of C
      // Methods that were made at run time, of several classes, are one function.
      if (callee.is_generated && is_constructor(callee.name))
        return std::max(classes_.constructor_fits(callee, receiver.place), 0.02);
      if (callee.is_generated && !resolver_.member(receiver.place, callee.name).is(Entity::Kind::function))
        return resolver_.has_attribute(receiver.place, callee.name, {}) ? 0.6 : 0.3;
      if (!callee.place) return 0.3;
      const Place klass = resolver_.class_of(callee.place);
      if (!klass) return 0.1;
      const Entity member = resolver_.member(receiver.place, callee.name);
      if (member.is(Entity::Kind::function) && member.place == callee.place) return 1;
      if (resolver_.derives(klass, receiver.place)) return 0.6;
      // Of classes inside the interpreter, which are abstract, any class may be derived, by names nobody follows.
      if (program_.files()[receiver.place.file].is_frozen) return unknown;
      return member.is(Entity::Kind::function) ? 0 : 0.2;
    }
    case Entity::Kind::function:
      if (!callee.is_c && may_be_object(sites_, receiver.place)) return unknown;
      [[fallthrough]];
    default: return callee.is_c ? 0.6 : 0;
  }
}

// As a method of an exception of no class of the program, or of any that is caught by the name of its base.
double CalleeFits::exception_fits(const Callee& callee) const {
  constexpr double unknown = 0.4;
  if (callee.is_c) return callee.type.empty() || callee.type == "BaseException" ? 1 : 0;
  const Place klass = callee.place ? resolver_.class_of(callee.place) : Place{};
  return klass && classes_.may_be_exception(klass) ? unknown : 0;
}

double CalleeFits::value_fits(const Callee& callee, std::uint32_t value) const {
  constexpr double hardly = 0.2;
  const Value& call = sites_.any_value(value);
  const double fits = called_fits(callee, call);
  return fits >= 0.9 || takes_arguments_of(callee, call) ? fits : fits * hardly;
}

bool CalleeFits::takes_arguments_of(const Callee& callee, const Value& call) const {
  if (!callee.place || call.kind != Value::Kind::call || call.arguments == PythonScan::any_number) return true;
  const Scope& scope = program_.scope(callee.place);
  if (scope.kind != Scope::Kind::function && scope.kind != Scope::Kind::lambda) return true;
  const auto takes = [&](unsigned count) {
    return count >= scope.least_arguments &&
           (scope.most_arguments == PythonScan::any_number || count <= scope.most_arguments);
  };
  if (is_bound_call(callee, call)) return takes(call.arguments + 1U);
  const bool may_be_bound = resolver_.class_of(callee.place) || call.base == none ||
                            sites_.any_value(call.base).kind == Value::Kind::attribute;
  return takes(call.arguments) || (may_be_bound && takes(call.arguments + 1U));
}

// Whether a call of a method gives it its object by the dot: x.f(), where `x` is no class. What is kept in an attribute
// of another name may have its object already, or want one.
bool CalleeFits::is_bound_call(const Callee& callee, const Value& call) const {
  if (call.base == none || sites_.any_value(call.base).kind != Value::Kind::attribute) return false;
  if (sites_.any_value(call.base).name != callee.name) return false;
  if (!resolver_.class_of(callee.place) || callee.name == "__new__") return false;
  if (resolver_.has_decorator(callee.place, "staticmethod")) return false;
  const std::uint32_t object = sites_.any_value(call.base).base;
  if (object == none) return false;
  const Entity& receiver = sites_.entity_of(object);
  const std::string_view name = sites_.any_value(object).name;
  const bool sounds_like_class =
      name == "cls" || name.ends_with("class") || (!name.empty() && name.front() >= 'A' && name.front() <= 'Z');
  return receiver.is(Entity::Kind::instance) || (receiver.is(Entity::Kind::unknown) && !sounds_like_class);
}

// Without the arguments: by what is called alone.
double CalleeFits::called_fits(const Callee& callee, const Value& call) const {
  const Value& base = sites_.any_value(call.base);
  const Entity& entity = sites_.entity_of(call.base);
  switch (entity.kind) {
    case Entity::Kind::function:
      // A module of C may have replaced what stands in the source, under whatever name, and never ran.
      if (callee.is_c) return program_.function_at(entity.place) == none ? 0.6 : 0.02;
      if (!callee.place) return 0.05;
      if (entity.place == callee.place) return 1;
      if (is_wrapper_of(callee, entity.place)) return 0.9;
      if (program_.scope(entity.place).name == callee.name) {
        // another class's method of this name
        const Place mine = resolver_.class_of(callee.place), other = resolver_.class_of(entity.place);
        if (mine && other) return resolver_.derives(mine, other) || resolver_.derives(other, mine) ? 0.5 : 0.1;
        if (!mine && !other) return 0.06;  // put in the other's place at run time, if nothing else calls it
      }
      // What is called by another name is one of several things that the name stands for.
      return base.name == callee.name ? 0.02 : 0.5;
    case Entity::Kind::klass:
      return is_constructor(callee.name) ? classes_.constructor_fits(callee, entity.place) : 0.02;
    case Entity::Kind::instance: return callee.name == "__call__" ? receiver_fits(callee, entity) : 0.05;
    case Entity::Kind::module: return 0.02;
    default: break;
  }
  if (base.kind == Value::Kind::attribute) {
    const Entity receiver = sites_.entity_of(base.base);
    // Something of a module that it does not define by name.
    if (receiver.is(Entity::Kind::module) && !callee.is_c) return 0.3;
    const double fits = receiver_fits(callee, receiver);
    // super().f() calls no override of f.
    const Value& of = sites_.any_value(base.base);
    const bool is_super = of.kind == Value::Kind::call && of.base != none && sites_.any_value(of.base).name == "super";
    const bool overrides = is_super && !callee.is_c && receiver.is(Entity::Kind::instance) && fits < 0.7;
    return overrides ? std::min(fits, 0.02) : fits;
  }
  if (base.kind == Value::Kind::name && callee.is_c && !callee.type.empty() && entity.kind == Entity::Kind::unknown)
    return 0.3;
  return entity.is(Entity::Kind::external) ? (callee.is_c ? 1 : 0.2) : callee.is_c ? 0.8 : 0.4;
}

bool CalleeFits::is_wrapper_of(const Callee& callee, std::string_view name, Place decorated) const {
  if (!callee.place) return false;
  const PythonScan& scan = program_.scan(callee.place.file);
  for (std::uint32_t s = scan.scopes[callee.place.scope].parent; s != none && s != 0; s = scan.scopes[s].parent) {
    if (resolver_.decorations().contain(scan.scopes[s].name, name))
      return !decorated || may_be_made_by(sites_, decorated, {callee.place.file, s});
  }
  return false;
}

}  // namespace profconv
