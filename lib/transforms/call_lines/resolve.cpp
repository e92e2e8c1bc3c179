#include "transforms/call_lines/resolve.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

#include "base/one_of.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;
using Binding = PythonScan::Binding;

// Of one question; questions are asked by several threads.
thread_local std::uint32_t steps = 0;

// C[T] is C.
std::uint32_t generic(const PythonScan& scan, std::uint32_t value) {
  return scan.values[value].kind == Value::Kind::subscript && scan.values[value].base != PythonScan::none
             ? scan.values[value].base
             : value;
}

// The type of literals that a name of a type stands for.
std::string_view builtin_type(std::string_view name) {
  if (is_one_of(name, {"int", "float", "complex", "bool"})) return "number";
  if (is_one_of(name, {"list", "List"})) return "list";
  if (is_one_of(name, {"dict", "Dict"})) return "dict";
  if (is_one_of(name, {"set", "Set"})) return "set";
  if (is_one_of(name, {"tuple", "Tuple"})) return "tuple";
  if (name == "frozenset") return "frozenset";
  if (name == "bytes") return "bytes";
  return name == "str" ? "str" : std::string_view{};
}

// The type of what a built-in of this name gives.
std::string_view made_type(std::string_view name) {
  if (name == "sorted") return "list";
  return is_one_of(name, {"range", "bytearray", "reversed"}) ? name : builtin_type(name);
}

// The type of what is met on the way through a built-in of this type, where it has only such.
std::string_view item_type(std::string_view type) {
  if (is_one_of(type, {"range", "bytes", "bytearray"})) return "number";
  return type == "str" ? type : std::string_view{};
}

std::tuple<std::uint32_t, std::uint32_t> order(Program::Place place) { return {place.file, place.scope}; }

}  // namespace

Resolver::Resolver(const Program& program) : program_(program), decorations_(program), properties_(program) {
  find_bases();
  for (std::uint32_t f = 0; f < program.files().size(); ++f) {
    if (program.files()[f].source == nullptr) continue;
    find_other_names(f);
  }
  for (const Function& function : program.profile().functions) {
    if (function.line != 0) ran_.insert(program.profile().text(function.name));
  }
  std::ranges::sort(derived_, [](const auto& a, const auto& b) {
    return std::tuple(order(a.first), order(a.second)) < std::tuple(order(b.first), order(b.second));
  });
}

// Looked up once: what a name of a class may stand for is asked of its bases, too, and of theirs.
void Resolver::find_bases() {
  std::vector<std::vector<Place>> all(program_.files().size());
  for (std::uint32_t f = 0; f < all.size(); ++f) {
    const PythonScan& scan = program_.scan(f);
    for (const PythonScan::Owned& base : scan.bases) {
      const Entity entity = value(f, generic(scan, base.value));
      all[f].push_back(entity.is(Entity::Kind::klass) ? entity.place : Place{});
      if (all[f].back()) derived_.push_back({entity.place, {f, base.scope}});
    }
  }
  bases_ = std::move(all);
}

// `__enter__ = acquire` in a class, also by way of `staticmethod`.
void Resolver::find_other_names(std::uint32_t file) {
  const PythonScan& scan = program_.scan(file);
  for (const Binding& binding : scan.bindings) {
    if (binding.kind != Binding::Kind::assignment || binding.value == none) continue;
    if (scan.scopes[binding.scope].kind != Scope::Kind::class_body) continue;
    const Value* value = &scan.values[binding.value];
    const bool is_wrapped = value->kind == Value::Kind::call && value->base != none && value->argument != none &&
                            is_one_of(scan.values[value->base].name, {"staticmethod", "classmethod"});
    if (is_wrapped) value = &scan.values[value->argument];
    if (value->kind == Value::Kind::name && value->name != binding.name)
      other_names_[value->name].push_back({{file, binding.scope}, binding.name});
  }
}

std::vector<std::string_view> Resolver::other_names(Place function) const {
  constexpr std::size_t most = 8;
  std::vector<std::string_view> names;
  const auto found = other_names_.find(program_.scope(function).name);
  if (found == other_names_.end()) return names;
  const Place klass = class_of(function);
  for (const auto& [of, name] : found->second) {
    if (names.size() < most && (klass ? of == klass : of.file == function.file)) names.push_back(name);
  }
  return names;
}

std::vector<Property> Resolver::properties_of(Place method, std::string_view name) const {
  const Place klass = class_of(method);
  return klass ? properties_.of(klass, method, name) : std::vector<Property>{};
}

bool Resolver::has_attribute(Place klass, std::string_view name, Place but) const {
  std::vector<Place> all{klass};
  bool any = false;
  for (std::size_t i = 0; i < all.size() && all.size() < 50 && !any; ++i) {
    const Place at = all[i];
    const PythonScan& scan = program_.scan(at.file);
    program_.each_binding(at, name, [&](const Binding&) { any = true; });
    program_.each_attribute(at.file, name, [&](const Binding& binding) {
      const bool is_own = scan.scopes[binding.scope].parent == at.scope && !(Place{at.file, binding.scope} == but);
      any = any || (is_own && scan.values[binding.base].kind == Value::Kind::name);
    });
    bases(at, all, deepest);
  }
  return any;
}

std::span<const Resolver::Place> Resolver::kept_in_classes(std::string_view name) const {
  constexpr std::size_t most = 16;
  std::call_once(kept_once_, [&] {
    for (std::uint32_t f = 0; f < program_.files().size(); ++f) {
      const PythonScan& scan = program_.scan(f);
      for (const Binding& binding : scan.bindings) {
        if (binding.kind != Binding::Kind::assignment || binding.value == none) continue;
        if (scan.scopes[binding.scope].kind != Scope::Kind::class_body) continue;
        if (scan.values[binding.value].kind != Value::Kind::call) continue;
        const Entity object = value(f, binding.value);
        if (!object.is(Entity::Kind::instance)) continue;
        std::vector<Place>& classes = kept_[binding.name];
        if (classes.size() < most && std::ranges::find(classes, object.place) == classes.end())
          classes.push_back(object.place);
      }
    }
  });
  const auto found = kept_.find(name);
  return found == kept_.end() ? std::span<const Place>{} : found->second;
}

bool Resolver::is_assigned(std::string_view attribute) const {
  std::call_once(assigned_once_, [&] {
    for (std::uint32_t f = 0; f < program_.files().size(); ++f) {
      for (const Binding& binding : program_.scan(f).bindings) {
        if (binding.kind == Binding::Kind::attribute || binding.kind == Binding::Kind::annotated_attribute)
          assigned_.insert(binding.name);
      }
    }
  });
  return assigned_.contains(attribute);
}

Resolver::Place Resolver::class_of(Place function) const {
  const std::uint32_t parent = program_.scope(function).parent;
  if (parent == none || program_.scan(function.file).scopes[parent].kind != Scope::Kind::class_body) return {};
  return {function.file, parent};
}

std::vector<Resolver::Place> Resolver::derived(Place klass) const {
  std::vector<Place> found{klass};
  for (std::size_t i = 0; i < found.size() && found.size() < 1000; ++i) {
    const Place base = found[i];
    const auto base_order = [](const auto& pair) { return order(pair.first); };
    auto next = std::ranges::lower_bound(derived_, order(base), {}, base_order);
    for (; next != derived_.end() && next->first == base; ++next) {
      if (std::ranges::find(found, next->second) == found.end()) found.push_back(next->second);
    }
  }
  return found;
}

void Resolver::bases(Place klass, std::vector<Place>& found, int depth) const {
  const auto& all = program_.scan(klass.file).bases;  // of one class together, in the order of the classes
  const auto of_class = PythonScan::of_scope(all, klass.scope);
  if (klass.file < bases_.size()) {
    const auto first = static_cast<std::size_t>(of_class.data() - all.data());
    for (const Place& base : std::span(bases_[klass.file]).subspan(first, of_class.size())) {
      if (base) found.push_back(base);
    }
    return;
  }
  for (const PythonScan::Owned& base : of_class) {
    const Entity entity = resolve(klass.file, generic(program_.scan(klass.file), base.value), depth);
    if (entity.is(Entity::Kind::klass)) found.push_back(entity.place);
  }
}

// Members of an enumeration are objects of it, whatever stands behind their names.
bool Resolver::is_enumerated(Place klass, std::string_view wanted) const {
  const PythonScan& scan = program_.scan(klass.file);
  const bool is_enumeration =
      std::ranges::any_of(PythonScan::of_scope(scan.bases, klass.scope), [&](const PythonScan::Owned& base) {
        const std::string_view name = scan.values[base.value].name;
        return name.ends_with("Enum") || name.ends_with("Flag");
      });
  bool is_assigned = false;
  if (is_enumeration) {
    program_.each_binding(klass, wanted, [&](const Binding& binding) {
      is_assigned = is_assigned || binding.kind == Binding::Kind::assignment;
    });
  }
  return is_assigned;
}

bool Resolver::derives(Place klass, Place base) const {
  std::vector<Place> all{klass};
  for (std::size_t i = 0; i < all.size() && all.size() < 100; ++i) {
    if (all[i] == base) return true;
    const Place at = all[i];
    bases(at, all, deepest);
  }
  return false;
}

bool Resolver::is_decorated(Place scope) const {
  return std::ranges::binary_search(program_.scan(scope.file).decorators, scope.scope, {}, &PythonScan::Owned::scope);
}

bool Resolver::has_decorator(Place scope, std::string_view name) const {
  const PythonScan& scan = program_.scan(scope.file);
  const auto begin = std::ranges::lower_bound(scan.decorators, scope.scope, {}, &PythonScan::Owned::scope);
  for (auto owned = begin; owned != scan.decorators.end() && owned->scope == scope.scope; ++owned) {
    const Value& value = scan.values[owned->value];
    if (value.name == name) return true;
    if (value.kind == Value::Kind::call && value.base != none && scan.values[value.base].name == name) return true;
  }
  return false;
}

Entity Resolver::resolve(std::uint32_t file, std::uint32_t v, int depth) const {
  if (v == none || depth <= 0) return {};
  if (depth == deepest) steps = 0;
  if (++steps > 400) return {};
  const PythonScan& scan = program_.scan(file);
  const Value& value = scan.values[v];
  switch (value.kind) {
    case Value::Kind::name: {
      const std::optional<Entity> in_handler = caught(file, value, depth - 1);
      return in_handler ? *in_handler : name({file, value.scope}, value.name, depth - 1);
    }
    case Value::Kind::attribute: {
      const Entity base = resolve(file, value.base, depth - 1);
      if (base.is(Entity::Kind::klass) && is_enumerated(base.place, value.name))
        return {Entity::Kind::instance, base.place};
      switch (base.kind) {
        case Entity::Kind::module: return module_member(base.place.file, value.name, depth - 1);
        case Entity::Kind::klass:
        case Entity::Kind::instance: return attribute(base.place, value.name, depth - 1);
        case Entity::Kind::external: return base;
        default: return {};
      }
    }
    case Value::Kind::call: {
      if (value.base == none) return {};
      const Value& callee = scan.values[value.base];
      if (callee.kind == Value::Kind::name && (callee.name == "super" || callee.name == "type")) {
        std::uint32_t s = value.scope;
        while (s != 0 && scan.scopes[s].parent != none &&
               scan.scopes[scan.scopes[s].parent].kind != Scope::Kind::class_body)
          s = scan.scopes[s].parent;
        if (s == 0 || scan.scopes[s].parent == none) return {};
        if (callee.name == "type") return {Entity::Kind::klass, {file, scan.scopes[s].parent}};
        std::vector<Place> found;
        bases({file, scan.scopes[s].parent}, found, depth - 1);
        return found.empty() ? Entity{Entity::Kind::external} : Entity{Entity::Kind::instance, found.front()};
      }
      const Entity function = resolve(file, value.base, depth - 1);
      // partial(f, ...) calls f.
      if (callee.name == "partial" && value.argument != none && !function.is(Entity::Kind::function)) {
        const Entity part = resolve(file, value.argument, depth - 1);
        if (part.is(Entity::Kind::function) || part.is(Entity::Kind::klass)) return part;
      }
      const Entity result = called(function, depth - 1);
      if (result.kind != Entity::Kind::unknown || callee.kind != Value::Kind::name) return result;
      const std::string_view type = made_type(callee.name);
      return type.empty() || is_bound({file, value.scope}, callee.name) ? Entity{}
                                                                        : Entity{Entity::Kind::builtin, {}, type};
    }
    case Value::Kind::await: {
      // `await f()`: what f returns, which is what calling it stands for here.
      return resolve(file, value.base, depth - 1);
    }
    case Value::Kind::enter: return resolve(file, value.base, depth - 1);
    case Value::Kind::iterate: {
      const Entity through = resolve(file, value.base, depth - 1);
      const std::string_view type = through.is(Entity::Kind::builtin) ? item_type(through.name) : std::string_view{};
      return type.empty() ? Entity{} : Entity{Entity::Kind::builtin, {}, type};
    }
    case Value::Kind::literal:
      return value.name == "constant" ? Entity{} : Entity{Entity::Kind::builtin, {}, value.name};
    case Value::Kind::lambda: return {Entity::Kind::function, {file, value.base}};
    case Value::Kind::comprehension:
      return {Entity::Kind::builtin, {}, scan.scopes[value.base].kind == Scope::Kind::generator ? "generator" : "list"};
    default: return {};
  }
}

// What a name stands for in the handler that gives it to what it caught.
std::optional<Entity> Resolver::caught(std::uint32_t file, const Value& name, int depth) const {
  constexpr int most_levels = 50;
  const PythonScan& scan = program_.scan(file);
  if (scan.handlers.empty()) return {};
  std::uint32_t block = name.block;
  for (int level = 0; level < most_levels && block != none; ++level, block = scan.blocks[block].parent) {
    if (scan.blocks[block].kind != PythonScan::Block::Kind::handler) continue;
    const auto handler = std::ranges::lower_bound(scan.handlers, block, {}, &PythonScan::Handler::block);
    if (handler == scan.handlers.end() || handler->block != block) continue;
    const Value& target = scan.values[handler->target];
    if (target.name == name.name && target.scope == name.scope) return caught(file, *handler, depth);
  }
  return {};
}

Entity Resolver::caught(std::uint32_t file, const PythonScan::Handler& handler, int depth) const {
  constexpr std::uint32_t most = 16;
  const PythonScan& scan = program_.scan(file);
  if (handler.last - handler.first > most) return {};
  Entity klass;
  std::uint32_t types = 0;
  for (std::uint32_t v = handler.first; v < handler.last; ++v) {
    const Value& type = scan.values[v];
    if (type.kind == Value::Kind::literal) continue;  // (A, B)
    if (type.kind != Value::Kind::name && type.kind != Value::Kind::attribute) return {};
    const bool is_part = v + 1 < handler.last && scan.values[v + 1].kind == Value::Kind::attribute &&
                         scan.values[v + 1].base == v;  // a of a.B
    if (is_part) continue;
    ++types;
    const Entity entity = resolve(file, v, depth);
    const bool is_builtin = entity.is(Entity::Kind::external) ||
                            (type.kind == Value::Kind::name && !is_bound({file, type.scope}, type.name));
    if (!is_builtin && !entity.is(Entity::Kind::klass)) return {};
    if (entity.is(Entity::Kind::klass)) klass = entity;
  }
  if (!klass.is(Entity::Kind::klass)) return {Entity::Kind::builtin, {}, exception};
  return types == 1 ? instance_of(klass) : Entity{};
}

Entity Resolver::result(Entity callee) const {
  steps = 0;
  return called(callee, deepest - 1);
}

Entity Resolver::called(Entity callee, int depth) const {
  if (callee.is(Entity::Kind::klass)) return {Entity::Kind::instance, callee.place};
  if (callee.is(Entity::Kind::external)) return callee;
  if (!callee.is(Entity::Kind::function) || depth <= 0) return {};
  const PythonScan& scan = program_.scan(callee.place.file);
  if (scan.scopes[callee.place.scope].is_generator) return {};
  const auto type = std::ranges::lower_bound(scan.return_types, callee.place.scope, {}, &PythonScan::Owned::scope);
  if (type != scan.return_types.end() && type->scope == callee.place.scope) {
    const Entity declared = typed(callee.place.file, type->value, depth - 1);
    if (declared.kind != Entity::Kind::unknown) return declared;
  }
  for (const PythonScan::Owned& returned : program_.returns(callee.place)) {
    const Entity result = resolve(callee.place.file, returned.value, depth - 1);
    if (result.kind != Entity::Kind::unknown) return result;
  }
  return {};
}

Entity Resolver::first_parameter(Place function) const {
  const Place klass = class_of(function);
  if (!klass || has_decorator(function, "staticmethod")) return {};
  const bool of_class = has_decorator(function, "classmethod") || program_.scope(function).name == "__new__" ||
                        program_.scope(function).name == "__init_subclass__";
  return {of_class ? Entity::Kind::klass : Entity::Kind::instance, klass};
}

Entity Resolver::instance_of(Entity type) const {
  return type.is(Entity::Kind::klass) ? Entity{Entity::Kind::instance, type.place} : Entity{};
}

// What is declared to be of a type.
Entity Resolver::typed(std::uint32_t file, std::uint32_t annotation, int depth) const {
  if (annotation == none || depth <= 0) return {};
  const PythonScan& scan = program_.scan(file);
  const Value& type = scan.values[annotation];
  if (type.name == "Any") return {};
  if (type.kind == Value::Kind::subscript && type.base != none) {
    const std::string_view name = scan.values[type.base].name;
    if (is_one_of(name, {"Optional", "Final", "ClassVar", "Annotated", "Required", "NotRequired"}))
      return typed(file, type.argument, depth - 1);
    if (name == "type" || name == "Type") {
      const Entity klass = resolve(file, type.argument, depth - 1);
      return klass.is(Entity::Kind::klass) ? klass : Entity{};
    }
    return typed(file, type.base, depth - 1);
  }
  const Entity klass = resolve(file, annotation, depth);
  if (klass.is(Entity::Kind::klass)) {
    // Classes inside the interpreter are abstract: Iterator and Mapping may be anything.
    return program_.files()[klass.place.file].is_frozen ? Entity{} : instance_of(klass);
  }
  const std::string_view builtin = type.kind == Value::Kind::name ? builtin_type(type.name) : std::string_view{};
  return builtin.empty() ? Entity{} : Entity{Entity::Kind::builtin, {}, builtin};
}

Entity Resolver::name(Place scope, std::string_view wanted, int depth) const {
  if (depth <= 0) return {};
  const PythonScan& scan = program_.scan(scope.file);
  bool inner = true;
  for (std::uint32_t s = scope.scope; s != none; s = scan.scopes[s].parent) {
    if (!inner && scan.scopes[s].kind == Scope::Kind::class_body) continue;
    inner = false;
    Entity found;
    bool any = false, anything = false;
    bool first = true;
    program_.each_binding({scope.file, s}, wanted, [&](const Binding& binding) {
      any = true;
      if (is_settled(found)) return;
      if (binding.kind == Binding::Kind::parameter) {
        // self: the first parameter of a method
        const std::size_t position = static_cast<std::size_t>(&binding - scan.bindings.data());
        const bool leading = position == 0 || scan.bindings[position - 1].scope != s ||
                             scan.bindings[position - 1].kind != Binding::Kind::parameter;
        if (leading && first) found = first_parameter({scope.file, s});
        if (found.kind == Entity::Kind::unknown && binding.value != none)
          found = typed(scope.file, binding.value, depth - 1);
        anything = found.kind == Entity::Kind::unknown;
      } else if (const Entity next = bound(scope.file, binding, depth); is_settled(next) || !is_known(found)) {
        // What a parameter is does not follow from a value that some branch puts in its place.
        if (!(anything && next.is(Entity::Kind::builtin))) found = next;
      }
      first = false;
    });
    if (any) return found;
  }
  // from x import *
  for (const std::uint32_t import : program_.files()[scope.file].code->star_imports) {
    const std::uint32_t file = program_.imported(scope.file, import);
    if (file == none || file == scope.file) continue;
    if (const Entity found = module_member(file, wanted, depth - 1); found.kind != Entity::Kind::unknown) return found;
  }
  return {};
}

bool Resolver::is_bound(Place scope, std::string_view wanted) const {
  const PythonScan& scan = program_.scan(scope.file);
  bool any = false;
  for (std::uint32_t s = scope.scope; s != none && !any; s = scan.scopes[s].parent)
    program_.each_binding({scope.file, s}, wanted, [&](const Binding&) { any = true; });
  return any || !program_.files()[scope.file].code->star_imports.empty();
}

bool Resolver::is_known(Entity entity) {
  return entity.kind != Entity::Kind::unknown && entity.kind != Entity::Kind::external;
}

// Whether nobody need look further: of several functions that a name may stand for, one that ran is it.
bool Resolver::is_settled(Entity entity) const {
  return is_known(entity) && !(entity.is(Entity::Kind::function) && program_.function_at(entity.place) == none);
}

Entity Resolver::bound(std::uint32_t file, const Binding& binding, int depth) const {
  switch (binding.kind) {
    case Binding::Kind::definition: {
      const bool is_class = program_.scan(file).scopes[binding.value].kind == Scope::Kind::class_body;
      return {is_class ? Entity::Kind::klass : Entity::Kind::function, {file, binding.value}};
    }
    case Binding::Kind::import: return imported(file, binding.value, depth - 1);
    case Binding::Kind::annotation:
    case Binding::Kind::annotated_attribute: return typed(file, binding.value, depth - 1);
    default: return binding.value == none ? Entity{} : resolve(file, binding.value, depth - 1);
  }
}

Entity Resolver::imported(std::uint32_t file, std::uint32_t import, int depth) const {
  if (depth <= 0) return {};
  const std::uint32_t module = program_.imported(file, import);
  const PythonScan::Import& what = program_.scan(file).imports[import];
  if (what.name.empty()) {
    // `import a.b` binds a; `import a.b as c` binds a.b. What is asked for next is the same for both, nearly.
    return module == none ? Entity{Entity::Kind::external} : Entity{Entity::Kind::module, {module, 0}};
  }
  if (module != none) {
    const Entity found = module_member(module, what.name, depth);
    if (found.kind != Entity::Kind::unknown) return found;
  }
  const std::uint32_t inner = program_.module_file(file, what.module, what.level, what.name);
  if (inner != none) return {Entity::Kind::module, {inner, 0}};
  return {module == none ? Entity::Kind::external : Entity::Kind::unknown};
}

Entity Resolver::module_member(std::uint32_t file, std::string_view wanted, int depth) const {
  const Entity found = name({file, 0}, wanted, depth);
  if (found.kind != Entity::Kind::unknown) return found;
  if (!program_.is_package(file)) return {};
  const std::uint32_t inner = program_.module_file(file, {}, 1, wanted);
  return inner == none ? Entity{} : Entity{Entity::Kind::module, {inner, 0}};
}

Entity Resolver::member(Place klass, std::string_view wanted, int depth) const {
  std::vector<Place> all{klass};
  for (std::size_t i = 0; i < all.size() && all.size() < 50; ++i) {
    const Place at = all[i];
    Entity found;
    bool any = false;
    program_.each_binding(at, wanted, [&](const Binding& binding) {
      any = true;
      if (is_settled(found)) return;
      if (const Entity next = bound(at.file, binding, depth); is_settled(next) || !is_known(found)) found = next;
    });
    if (any) return found;
    if (depth > 0) bases(at, all, depth - 1);
  }
  return {};
}

// An attribute of an instance: a member of its class, or what some method assigns to it.
Entity Resolver::attribute(Place klass, std::string_view wanted, int depth) const {
  const Entity found = member(klass, wanted, depth);
  if (found.kind != Entity::Kind::unknown || depth <= 0) {
    // A property stands for what it returns.
    if (found.is(Entity::Kind::function) &&
        (has_decorator(found.place, "property") || has_decorator(found.place, "cached_property")))
      return called(found, depth - 1);
    // What a descriptor gives nobody follows.
    const bool is_descriptor =
        found.is(Entity::Kind::instance) && member(found.place, "__get__", depth - 1).is(Entity::Kind::function);
    return is_descriptor ? Entity{} : found;
  }
  std::vector<Place> all{klass};
  for (std::size_t i = 0; i < all.size() && all.size() < 20; ++i) {
    const Place at = all[i];
    const PythonScan& scan = program_.scan(at.file);
    Entity result;
    program_.each_attribute(at.file, wanted, [&](const Binding& binding) {
      if (result.kind != Entity::Kind::unknown || scan.scopes[binding.scope].parent != at.scope) return;
      if (scan.values[binding.base].kind != Value::Kind::name) return;
      result = bound(at.file, binding, depth - 1);
    });
    if (result.kind != Entity::Kind::unknown) return result;
    bases(at, all, depth - 1);
  }
  return {};
}

void Resolver::aliases(std::uint32_t file, std::uint32_t v, std::vector<std::string_view>& names) const {
  const PythonScan& scan = program_.scan(file);
  const auto add = [&](std::string_view text) {
    if (!text.empty() && std::ranges::find(names, text) == names.end()) names.push_back(text);
  };
  const auto add_source = [&](std::uint32_t source) {
    if (source == none) return;
    const Value* value = &scan.values[source];
    // partial(f, ...) calls f
    if (value->kind == Value::Kind::call && value->base != none && scan.values[value->base].name == "partial" &&
        value->argument != none)
      value = &scan.values[value->argument];
    if (value->kind == Value::Kind::name || value->kind == Value::Kind::attribute) add(value->name);
  };
  const Value& value = scan.values[v];
  add(value.name);
  if (value.kind == Value::Kind::name) {
    bool inner = true;
    for (std::uint32_t s = value.scope; s != none; s = scan.scopes[s].parent) {
      if (!inner && scan.scopes[s].kind == Scope::Kind::class_body) continue;
      inner = false;
      bool any = false;
      program_.each_binding({file, s}, value.name, [&](const Binding& binding) {
        any = true;
        if (binding.kind == Binding::Kind::import) add(scan.imports[binding.value].name);
        if (binding.kind == Binding::Kind::assignment) add_source(binding.value);
      });
      if (any) break;
    }
  } else if (value.kind == Value::Kind::attribute) {
    program_.each_attribute(file, value.name, [&](const Binding& binding) {
      if (binding.kind == Binding::Kind::attribute) add_source(binding.value);
    });
  }
}

}  // namespace profconv
