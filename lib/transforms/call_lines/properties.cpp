#include "transforms/call_lines/properties.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <span>

namespace profconv {
namespace {

using Binding = PythonScan::Binding;
using Scope = PythonScan::Scope;
using Value = PythonScan::Value;

constexpr std::uint32_t none = PythonScan::none;

}  // namespace

Properties::Properties(const Program& program) : program_(program) {
  for (std::uint32_t f = 0; f < program.files().size(); ++f) {
    if (program.files()[f].source != nullptr) find(f);
  }
}

// x = property(get, set) in a class statement; what they are may be written there, as lambdas
void Properties::find(std::uint32_t file) {
  const PythonScan& scan = program_.scan(file);
  for (const Binding& binding : scan.bindings) {
    if (binding.kind != Binding::Kind::assignment || binding.value == none) continue;
    const Value& call = scan.values[binding.value];
    if (call.kind != Value::Kind::call || call.base == none || scan.values[call.base].name != "property") continue;
    if (scan.scopes[binding.scope].kind != Scope::Kind::class_body) continue;
    // Values are in the order of the text: what is called, the arguments, the call.
    constexpr std::uint32_t most_values = 16;
    constexpr std::array<std::string_view, 3> parameters{"fget", "fset", "fdel"};
    constexpr std::array accesses{Value::Access::read, Value::Access::store, Value::Access::remove};
    std::size_t position = 0;
    for (std::uint32_t v = call.base + 1; v < std::min(binding.value, call.base + most_values); ++v) {
      const Value& argument = scan.values[v];
      if (argument.scope != binding.scope) continue;
      if (argument.kind == Value::Kind::keyword) {
        position = static_cast<std::size_t>(std::ranges::find(parameters, argument.name) - parameters.begin());
        continue;
      }
      const bool is_lambda = argument.kind == Value::Kind::lambda;
      if ((is_lambda || argument.kind == Value::Kind::name) && position < accesses.size()) {
        const Property property{{file, binding.scope}, binding.name, accesses[position]};
        if (is_lambda) lambdas_.emplace(std::pair(file, argument.base), property);
        if (!is_lambda) named_[argument.name].push_back(property);
      }
      ++position;
    }
  }
}

std::vector<Property> Properties::of(Place klass, Place method, std::string_view name) const {
  std::vector<Property> found;
  if (const auto assigned = named_.find(name); assigned != named_.end())
    std::ranges::copy_if(assigned->second, std::back_inserter(found),
                         [&](const Property& p) { return p.klass == klass; });
  if (const auto lambda = lambdas_.find({method.file, method.scope}); lambda != lambdas_.end())
    found.push_back(lambda->second);
  const PythonScan& scan = program_.scan(method.file);
  const std::span<const PythonScan::Owned> decorators = PythonScan::of_scope(scan.decorators, method.scope);
  if (decorators.empty()) return found;
  const std::string_view how = scan.values[decorators.front().value].name;
  const auto add = [&](Value::Access access) {
    const bool is_kept = how.find("cached") != std::string_view::npos || how == "reify";
    found.push_back({klass, name, access, is_kept});
  };
  if (how.ends_with("property") || how == "getter" || how == "reify") add(Value::Access::read);
  if (how == "setter") add(Value::Access::store);
  if (how == "deleter") add(Value::Access::remove);
  return found;
}

}  // namespace profconv
