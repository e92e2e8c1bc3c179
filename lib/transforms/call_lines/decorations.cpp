#include "transforms/call_lines/decorations.hpp"

#include "transforms/call_lines/protocols.hpp"

namespace profconv {
namespace {

using Binding = PythonScan::Binding;
using Scope = PythonScan::Scope;
using Value = PythonScan::Value;

constexpr std::uint32_t none = PythonScan::none;

// The value whose call a value is, or the call of what that gives: `f` of f(1)(2).
std::uint32_t first_called(const PythonScan& scan, std::uint32_t value) {
  while (scan.values[value].kind == Value::Kind::call && scan.values[value].base != none)
    value = scan.values[value].base;
  return value;
}

}  // namespace

Decorations::Decorations(const Program& program) : program_(program) {
  for (std::uint32_t f = 0; f < program.files().size(); ++f) {
    if (program.files()[f].source == nullptr) continue;
    const PythonScan& scan = program.scan(f);
    for (const PythonScan::Owned& owned : scan.decorators) {
      const std::string_view decorator = scan.values[first_called(scan, owned.value)].name;
      if (!decorator.empty()) add(decorator, scan.scopes[owned.scope].name);
    }
    add_made_operators(f);
  }
  add_makers();
}

void Decorations::add(std::string_view decorator, std::string_view name) {
  if (!pairs_.emplace(decorator, name).second) return;
  names_[decorator].push_back(name);
  if (name.starts_with("__")) protocols_[decorator].push_back(name);
}

// `__add__, __radd__ = operators(add)` in a class: as if `operators` decorated them.
void Decorations::add_made_operators(std::uint32_t file) {
  const PythonScan& scan = program_.scan(file);
  for (const Binding& binding : scan.bindings) {
    if (binding.kind != Binding::Kind::assignment || binding.value == none) continue;
    if (scan.scopes[binding.scope].kind != Scope::Kind::class_body || protocols_of(binding.name).empty()) continue;
    std::uint32_t v = binding.value;
    if (scan.values[v].unpacks() && scan.values[v].base != none) v = scan.values[v].base;
    if (scan.values[v].kind != Value::Kind::call) continue;
    v = first_called(scan, v);
    if (!scan.values[v].name.empty()) add(scan.values[v].name, binding.name);
  }
}

// After `cached = make_cache(100)`, or with `partial(make_cache, 100)`, what is decorated by `cached` is so by
// `make_cache`.
void Decorations::add_makers() {
  constexpr std::size_t most = 4;
  TextViewMap<std::vector<std::string_view>> makers;
  for (std::uint32_t f = 0; f < program_.files().size(); ++f) {
    if (program_.files()[f].source == nullptr) continue;
    const PythonScan& scan = program_.scan(f);
    for (const Binding& binding : scan.bindings) {
      if (binding.kind != Binding::Kind::assignment || binding.scope != 0 || binding.value == none) continue;
      if (scan.values[binding.value].kind != Value::Kind::call || !names_.contains(binding.name)) continue;
      std::uint32_t v = binding.value;
      while (scan.values[v].kind == Value::Kind::call && scan.values[v].base != none) {
        const bool is_partial = scan.values[scan.values[v].base].name == "partial" && scan.values[v].argument != none;
        v = is_partial ? scan.values[v].argument : scan.values[v].base;
      }
      std::vector<std::string_view>& of_this = makers[binding.name];
      if (!scan.values[v].name.empty() && of_this.size() < most) of_this.push_back(scan.values[v].name);
    }
  }
  for (const auto& [decorator, names] : makers) {
    const std::vector<std::string_view> decorated = names_[decorator];
    for (const std::string_view maker : names) {
      for (const std::string_view name : decorated) add(maker, name);
    }
  }
}

std::span<const std::string_view> Decorations::by(std::string_view decorator) const {
  const auto found = names_.find(decorator);
  return found == names_.end() ? std::span<const std::string_view>{} : found->second;
}

std::span<const std::string_view> Decorations::protocols_by(std::string_view decorator) const {
  const auto found = protocols_.find(decorator);
  return found == protocols_.end() ? std::span<const std::string_view>{} : found->second;
}

}  // namespace profconv
