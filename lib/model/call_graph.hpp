#pragma once

#include <cstddef>
#include <cstdint>

#include <profconv/profile.hpp>

#include "model/calls_from.hpp"
#include "model/components.hpp"

namespace profconv {

/// A view of a profile's calls as a graph: whom each function calls, which functions call each other in a circle. Who
/// calls each is CallsTo's. Linear to build; the profile outlives it.
class CallGraph {
 public:
  explicit CallGraph(const Profile& profile) : CallGraph(profile, CallsFrom(profile)) {}
  /// For who has the profile's calls by caller already.
  CallGraph(const Profile& profile, CallsFrom calls_from);

  using Range = CallsFrom::Range;
  Range calls_from(FunctionId caller) const noexcept { return calls_from_[caller]; }

  /// Functions that reach each other have the same number. A call that was counted 0 times and cost nothing leads
  /// nowhere, for that. Numbers are in reverse topological order: callees before callers.
  std::uint32_t component(FunctionId function) const noexcept { return components_.of[index(function)]; }
  std::size_t components() const noexcept { return components_.size.size(); }
  /// How many functions have that number.
  std::uint32_t size(std::uint32_t component) const noexcept { return components_.size[component]; }
  bool is_cycle(std::uint32_t component) const noexcept { return components_.size[component] > 1; }
  /// Whether the function is in a circle of at least two functions (calling itself does not count).
  bool in_cycle(FunctionId function) const noexcept { return is_cycle(component(function)); }

 private:
  CallsFrom calls_from_;
  Components components_;
};

}  // namespace profconv
