#include "transforms/callee_owners.hpp"

#include <algorithm>
#include <utility>

#include "model/origin.hpp"

namespace profconv {
namespace {

constexpr std::string_view locals = ".<locals>", module_name = "<module>";

// f.<locals>.<genexpr> -> <genexpr>
std::string_view last_part(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

// What it stands in; "" at the top of the module.
std::string_view outer(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  name = name.substr(0, dot);
  if (name.ends_with(locals)) name.remove_suffix(locals.size());
  return name;
}

bool is_in_function(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot != std::string_view::npos && name.substr(0, dot).ends_with(locals);
}

// Made and, as a rule, used in one expression: <lambda>, <genexpr>, <listcomp> and so on.
bool is_in_expression(std::string_view name) {
  const std::string_view last = last_part(name);
  return last.starts_with('<') && last != module_name;
}

// What runs while a class is made and is no body: `__init_subclass__`, `__init__` of a metaclass, `__set_name__`.
bool is_special(std::string_view name) {
  const std::string_view last = last_part(name);
  return last.starts_with("__") && last.ends_with("__");
}

}  // namespace

bool is_build_class(std::string_view file, std::string_view name) {
  return is_c_file(file) && name.find("__build_class__") != std::string_view::npos;
}

CalleeOwners::CalleeOwners(const Profile& profile) : p_(profile), is_qualified_(profile.strings.size(), false) {
  for (const Function& f : p_.functions) {
    if (f.qualified != StringId{}) is_qualified_[index(f.file)] = true;
  }
}

void CalleeOwners::set_calls(std::span<const Call> calls, bool build_classes) {
  calls_ = calls;
  build_classes_ = build_classes;
  by_file_.clear();
  for (std::uint32_t i = 0; i < calls_.size(); ++i) by_file_[index(p_.function(calls_[i].caller).file)].push_back(i);
}

std::span<const std::uint32_t> CalleeOwners::calls_from_its_file(FunctionId callee) const {
  const auto found = by_file_.find(index(p_.function(callee).file));
  const bool is_body = build_classes_ && !is_special(name_of(p_.function(callee)));
  return found == by_file_.end() || !is_body ? std::span<const std::uint32_t>{} : found->second;
}

// Those on the line where the callee stands, then all.
void CalleeOwners::add_choices(const Positions& calls, std::uint32_t line) {
  Positions on_line;
  for (const std::uint32_t i : calls) {
    if (calls_[i].line == line && line != 0) on_line.push_back(i);
  }
  if (!on_line.empty() && on_line.size() != calls.size()) choices_.push_back(std::move(on_line));
  if (!calls.empty()) choices_.push_back(calls);
}

// What it stands in, or what that stands in: a lambda of a comprehension may be called by the whole function.
void CalleeOwners::add_named(const Function& callee) {
  const Positions& calls = by_file_.at(index(callee.file));
  for (std::string_view name = name_of(callee);;) {
    const bool goes_on = is_in_function(name) || is_in_expression(name);
    const std::string_view owner = outer(name);
    Positions of_owner;
    for (const std::uint32_t i : calls) {
      if (name_of(p_.function(calls_[i].caller)) == (owner.empty() ? module_name : owner)) of_owner.push_back(i);
    }
    add_choices(of_owner, callee.line);
    if (owner.empty() || !goes_on) return;
    name = owner;
    if (!is_in_function(name) && !is_in_expression(name)) return;
  }
}

void CalleeOwners::add_nearest(const Function& callee) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> above;  // line, position
  for (const std::uint32_t i : by_file_.at(index(callee.file))) {
    const std::uint32_t line = p_.function(calls_[i].caller).line;
    if (line <= callee.line) above.emplace_back(line, i);
  }
  std::ranges::sort(above);
  while (!above.empty()) {
    const std::uint32_t line = above.back().first;
    Positions at_line;
    for (; !above.empty() && above.back().first == line; above.pop_back()) at_line.push_back(above.back().second);
    std::ranges::reverse(at_line);
    add_choices(at_line, callee.line);
    if (!build_classes_) return;  // farther off is as good a guess as any
  }
}

const std::vector<std::vector<std::uint32_t>>& CalleeOwners::choices(FunctionId callee) {
  choices_.clear();
  const Function& f = p_.function(callee);
  const std::string_view name = name_of(f);
  if (f.line == 0 || !by_file_.contains(index(f.file))) return choices_;
  const bool is_body = build_classes_ && !is_special(name);
  if (!is_body && !is_in_function(name) && !is_in_expression(name)) return choices_;
  if (is_qualified_[index(f.file)] || is_in_function(name)) {
    add_named(f);
  } else {
    add_nearest(f);
  }
  return choices_;
}

}  // namespace profconv
