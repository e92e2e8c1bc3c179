#include "transforms/call_lines/result_flow.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/one_of.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;
using Place = Program::Place;
using Binding = PythonScan::Binding;

constexpr std::uint32_t none = PythonScan::none;

}  // namespace

bool ResultFlow::is_used_there(std::uint32_t call) const {
  const bool is_argument = std::ranges::any_of(sites_.all(), [&](const CallSite& site) {
    const Value& outer = sites_.any_value(site.value);  // behind its arguments, which are behind what it calls
    return outer.kind == Value::Kind::call && outer.base != none && outer.base < call && call < site.value;
  });
  if (is_argument) return false;
  const std::span<const PythonScan::Owned> returned = program_.returns(sites_.function());
  if (std::ranges::find(returned, call, &PythonScan::Owned::value) != returned.end()) return false;
  if (std::ranges::find(sites_.scan().bindings, call, &Binding::value) != sites_.scan().bindings.end()) return false;
  const Value& value = sites_.any_value(call);
  constexpr std::uint32_t most = 64;  // steps of an expression
  for (std::uint32_t v = call + 1; v < sites_.scan().values.size() && v < call + most; ++v) {
    const Value& next = sites_.any_value(v);
    if (next.statement != value.statement) break;
    if (next.kind == Value::Kind::literal && next.name != "str" && next.name != "number") return false;
  }
  return true;
}

bool ResultFlow::produces(std::uint32_t v, const Callee& callee, int depth, StepLimit& steps) const {
  if (v == none || depth <= 0 || !steps.take()) return false;
  if (callee.place && is_iterated_by(sites_.entity_of(v), callee, depth, steps)) return true;
  const Value& value = sites_.any_value(v);
  switch (value.kind) {
    case Value::Kind::call: {
      if (value.base == none) return false;
      std::vector<std::string_view> names;
      resolver_.aliases(sites_.file(), value.base, names);
      if (std::ranges::find(names, callee.name) != names.end()) return true;
      const std::string_view name = sites_.any_value(value.base).name;
      const Entity called = sites_.entity_of(value.base);
      if (callee.place && called.place == callee.place) return true;
      if (called.is(Entity::Kind::function) && returns(called.place, callee, depth - 1, steps)) return true;
      if (is_one_of(name, {"iter", "enumerate", "sorted", "reversed", "islice", "groupby", "accumulate", "pairwise",
                           "batched", "closing", "ensure_future", "wait_for", "shield"}))
        return produces(value.argument, callee, depth - 1, steps);
      // Of several arguments any, or what stands in a list of them: values are in the order of the text.
      if (!is_one_of(name, {"zip", "zip_longest", "map", "starmap", "filter", "filterfalse", "takewhile", "dropwhile",
                            "compress", "chain", "from_iterable"}) ||
          value.argument == none)
        return false;
      constexpr std::uint32_t most = 64;
      for (std::uint32_t a = value.base + 1; a < std::min(v, value.base + most); ++a) {
        if (sites_.any_value(a).scope == value.scope && produces(a, callee, depth - 1, steps)) return true;
      }
      return false;
    }
    case Value::Kind::comprehension: return callee.place == Place{sites_.file(), value.base};
    case Value::Kind::await: return produces(value.base, callee, depth - 1, steps);
    case Value::Kind::attribute: {
      if (callee.place && value.name == callee.name) return true;  // a property that is a generator
      bool found = false;
      program_.each_attribute(sites_.file(), value.name, [&](const Binding& b) {
        found = found || (b.kind == Binding::Kind::attribute && produces(b.value, callee, depth - 1, steps));
      });
      return found;
    }
    case Value::Kind::name: {
      bool found = false, any = false;
      for (std::uint32_t s = value.scope; s != none && !any; s = sites_.scan().scopes[s].parent) {
        program_.each_binding({sites_.file(), s}, value.name, [&](const Binding& b) {
          any = true;
          found = found || (b.kind == Binding::Kind::assignment && produces(b.value, callee, depth - 1, steps));
        });
      }
      return found;
    }
    default: return false;
  }
}

// Whether going through an object goes through what the callee gives: `__iter__` of its class returns that.
bool ResultFlow::is_iterated_by(const Entity& entity, const Callee& callee, int depth, StepLimit& steps) const {
  const Place type = entity.is(Entity::Kind::instance) ? entity.place
                     : entity.is(Entity::Kind::klass)  ? classes_.metaclass_of(entity.place, depth, steps)
                                                       : Place{};
  if (!type) return false;
  const Entity method = resolver_.member(type, "__iter__");
  // It may be a generator itself.
  return method.is(Entity::Kind::function) &&
         (method.place == callee.place || returns(method.place, callee, depth - 1, steps));
}

// Whether a plain function gives on what a call of the callee gave.
bool ResultFlow::returns(Place function, const Callee& callee, int depth, StepLimit& steps) const {
  if (depth <= 0 || !callee.place || program_.scope(function).is_generator) return false;
  const std::span<const PythonScan::Owned> values = program_.returns(function);
  constexpr std::size_t most = 16;
  return values.size() <= most && std::ranges::any_of(values, [&](const PythonScan::Owned& returned) {
           return gives(function.file, returned.value, callee, depth, steps);
         });
}

// Whether what a function returns is what a call of the callee gave, or the callee itself, if that is a generator
// expression.
bool ResultFlow::gives(std::uint32_t file, std::uint32_t v, const Callee& callee, int depth, StepLimit& steps) const {
  if (v == none || depth <= 0 || !steps.take()) return false;
  const Value& value = program_.scan(file).values[v];
  if (value.kind == Value::Kind::comprehension) return callee.place == Place{file, value.base};
  if (value.kind == Value::Kind::name) {
    bool found = false;
    program_.each_binding({file, value.scope}, value.name, [&](const Binding& b) {
      found = found || (b.kind == Binding::Kind::assignment && gives(file, b.value, callee, depth - 1, steps));
    });
    return found;
  }
  if (value.kind != Value::Kind::call) return false;
  const Entity called = sites_.entity_of(file, value.base);
  return called.is(Entity::Kind::function) &&
         (called.place == callee.place || returns(called.place, callee, depth - 1, steps));
}

double ResultFlow::may_give_generator(std::uint32_t v, int depth) const {
  if (v == none || depth <= 0) return 0.3;
  const Value& value = sites_.any_value(v);
  const Entity entity = sites_.entity_of(v);
  if (!entity.is(Entity::Kind::unknown)) return entity.is(Entity::Kind::external) ? 0.3 : 0;
  switch (value.kind) {
    case Value::Kind::name: return 1;
    case Value::Kind::attribute: return 0.7;
    case Value::Kind::call: {
      if (value.base == none) return 0.3;
      const Value& called = sites_.any_value(value.base);
      if (is_one_of(called.name, {"enumerate", "zip", "iter", "islice", "chain", "map", "filter"}))
        return may_give_generator(value.argument, depth - 1);
      // Lists and the like
      if (is_one_of(called.name, {"range", "reversed", "sorted", "list", "tuple", "set", "dict", "items", "keys",
                                  "values", "split", "splitlines", "readlines", "copy"}))
        return 0.03;
      // Another generator or coroutine is resumed there.
      const Entity of = sites_.entity_of(value.base);
      if (of.is(Entity::Kind::function) && !resolver_.is_decorated(of.place)) {
        const Scope& scope = program_.scope(of.place);
        if (scope.is_generator || scope.is_async) return 0.03;
      }
      return 0.3;
    }
    case Value::Kind::subscript: return 0.1;
    default: return 0.3;
  }
}

}  // namespace profconv
