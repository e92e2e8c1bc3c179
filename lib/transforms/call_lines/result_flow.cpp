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

double ResultFlow::produces(std::uint32_t v, const Callee& callee, int depth, StepLimit& steps) const {
  if (v == none || depth <= 0 || !steps.take()) return 0;
  if (callee.place && is_iterated_by(sites_.entity_of(v), callee, depth, steps)) return 1;
  const Value& value = sites_.any_value(v);
  double best = 0;
  const auto add = [&](std::uint32_t other) {
    if (best < 1) best = std::max(best, produces(other, callee, depth - 1, steps));
  };
  switch (value.kind) {
    case Value::Kind::call: {
      if (value.base == none) return 0;
      best = called_fits(v, callee, depth, steps);
      const std::string_view name = sites_.any_value(value.base).name;
      if (is_one_of(name, {"iter", "enumerate", "sorted", "reversed", "islice", "groupby", "accumulate", "pairwise",
                           "batched", "closing", "ensure_future", "wait_for", "shield"})) {
        add(value.argument);
        return best;
      }
      // Of several arguments any, or what stands in a list of them: values are in the order of the text.
      if (!is_one_of(name, {"zip", "zip_longest", "map", "starmap", "filter", "filterfalse", "takewhile", "dropwhile",
                            "compress", "chain", "from_iterable"}) ||
          value.argument == none)
        return best;
      constexpr std::uint32_t most = 64;
      for (std::uint32_t a = value.base + 1; a < std::min(v, value.base + most); ++a) {
        if (sites_.any_value(a).scope == value.scope) add(a);
      }
      return best;
    }
    case Value::Kind::comprehension: return callee.place == Place{sites_.file(), value.base} ? 1 : 0;
    case Value::Kind::await: return produces(value.base, callee, depth - 1, steps);
    case Value::Kind::attribute: {
      if (callee.place && value.name == callee.name) return 1;  // a property that is a generator
      program_.each_attribute(sites_.file(), value.name, [&](const Binding& b) {
        if (b.kind == Binding::Kind::attribute) add(b.value);
      });
      return best;
    }
    case Value::Kind::name: {
      bool any = false;
      for (std::uint32_t s = value.scope; s != none && !any; s = sites_.scan().scopes[s].parent) {
        program_.each_binding({sites_.file(), s}, value.name, [&](const Binding& b) {
          any = true;
          if (b.kind == Binding::Kind::assignment) add(b.value);
        });
      }
      return best;
    }
    default: return 0;
  }
}

// A call of the callee, of a function that gives on what such a call gave, or of one that a decorator put the callee in
// the place of.
double ResultFlow::called_fits(std::uint32_t call, const Callee& callee, int depth, StepLimit& steps) const {
  constexpr double unknown = 0.4;
  const std::uint32_t base = sites_.any_value(call).base;
  const Entity called = sites_.entity_of(base);
  if (callee.place && called.place == callee.place) return 1;
  if (called.is(Entity::Kind::function) && returns(called.place, callee, depth - 1, steps)) return 1;
  std::vector<std::string_view> names;
  resolver_.aliases(sites_.file(), base, names);
  if (std::ranges::find(names, callee.name) != names.end()) return fits_.value_fits(callee, call);
  if (called.is(Entity::Kind::function))
    return resolver_.is_decorated(called.place) && fits_.is_wrapper_of(callee, called.place) ? 1 : 0;
  if (!called.is(Entity::Kind::unknown)) return 0;
  const auto is_wrapped = [&](std::string_view name) { return fits_.is_wrapper_of(callee, name); };
  return std::ranges::any_of(names, is_wrapped) ? unknown : 0;
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
