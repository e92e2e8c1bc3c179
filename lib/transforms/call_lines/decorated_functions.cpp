#include "transforms/call_lines/decorated_functions.hpp"

#include <algorithm>
#include <string_view>

#include "base/one_of.hpp"

namespace profconv {
namespace {

using Value = PythonScan::Value;
using Place = Program::Place;

// Decorators of the standard library that give functions, or objects of C.
bool makes_function(std::string_view decorator) {
  return is_one_of(decorator, {"staticmethod", "classmethod", "property", "contextmanager", "asynccontextmanager",
                               "wraps", "lru_cache", "cache", "overload", "abstractmethod", "coroutine", "override"});
}

// "wraps" of wraps(f) and functools.wraps(f).
std::string_view last_name(const PythonScan& scan, std::uint32_t v) {
  const Value& value = scan.values[v];
  const bool is_call = value.kind == Value::Kind::call && value.base != PythonScan::none;
  return is_call ? scan.values[value.base].name : value.name;
}

// What is in the place of what was decorated.
Entity result_of(const FunctionSites& sites, std::uint32_t file, std::uint32_t decorator) {
  const Entity& entity = sites.entity_of(file, decorator);
  return entity.is(Entity::Kind::function) ? sites.resolver().result(entity) : entity;
}

template <class Test>
bool any_decorator(const FunctionSites& sites, Place function, Test test) {
  const PythonScan& scan = sites.program().scan(function.file);
  return std::ranges::any_of(PythonScan::of_scope(scan.decorators, function.scope),
                             [&](const PythonScan::Owned& owned) { return test(scan, owned.value); });
}

}  // namespace

bool is_decorated_by(const FunctionSites& sites, Place function, Place klass) {
  return any_decorator(sites, function, [&](const PythonScan&, std::uint32_t decorator) {
    const Entity entity = result_of(sites, function.file, decorator);
    return (entity.is(Entity::Kind::klass) || entity.is(Entity::Kind::instance)) &&
           sites.resolver().derives(entity.place, klass);
  });
}

bool may_be_object(const FunctionSites& sites, Place function) {
  if (sites.is_observed(sites.program().scope(function).name)) return false;
  return any_decorator(sites, function, [&](const PythonScan& scan, std::uint32_t decorator) {
    if (makes_function(last_name(scan, decorator))) return false;
    const Entity entity = result_of(sites, function.file, decorator);
    return entity.is(Entity::Kind::unknown) || entity.is(Entity::Kind::external);
  });
}

bool may_be_made_by(const FunctionSites& sites, Place function, Place maker) {
  const Program& program = sites.program();
  const auto decorators = PythonScan::of_scope(program.scan(function.file).decorators, function.scope);
  if (decorators.empty()) return true;
  const Entity outermost = result_of(sites, function.file, decorators.front().value);
  if (!outermost.is(Entity::Kind::function)) return true;
  const PythonScan& scan = program.scan(outermost.place.file);
  std::uint32_t s = outermost.place.scope;
  while (s != PythonScan::none && !(Place{outermost.place.file, s} == maker)) s = scan.scopes[s].parent;
  return s != PythonScan::none;
}

bool is_replaced(const FunctionSites& sites, Place function) {
  if (sites.is_observed(sites.program().scope(function).name)) return false;
  return any_decorator(sites, function, [](const PythonScan& scan, std::uint32_t decorator) {
    return !makes_function(last_name(scan, decorator));
  });
}

}  // namespace profconv
