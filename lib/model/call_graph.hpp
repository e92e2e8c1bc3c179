#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <profconv/profile.hpp>

#include "base/prefetch.hpp"
#include "model/components.hpp"

namespace profconv {

/// A view of a profile's calls as a graph: whom each function calls, which functions call each other in a circle. Who
/// calls each is CallsTo's. Linear to build; the profile outlives it.
class CallGraph {
 public:
  explicit CallGraph(const Profile& profile);

  /// Rows of Profile::calls made by `caller`: a half-open range, as the table is grouped by caller.
  struct Range {
    std::size_t begin, end;
  };
  Range calls_from(FunctionId caller) const noexcept {
    return {first_call_[index(caller)], first_call_[index(caller) + 1]};
  }
  /// Has the memory of `calls_from` fetched, which will be asked for soon.
  void prefetch_calls_from(FunctionId caller) const noexcept { prefetch(&first_call_[index(caller)]); }

  /// Functions that reach each other have the same number. A call that was counted 0 times and cost nothing leads
  /// nowhere, for that. Numbers are in reverse topological order: callees before callers.
  std::uint32_t component(FunctionId function) const noexcept { return components_.of[index(function)]; }
  std::size_t components() const noexcept { return components_.size.size(); }
  bool is_cycle(std::uint32_t component) const noexcept { return components_.size[component] > 1; }
  /// Whether the function is in a circle of at least two functions (calling itself does not count).
  bool in_cycle(FunctionId function) const noexcept { return is_cycle(component(function)); }

 private:
  std::vector<std::uint32_t> first_call_;
  Components components_;
};

}  // namespace profconv
