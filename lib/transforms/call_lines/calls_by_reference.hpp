#pragma once

#include <cstdint>
#include <functional>

#include "transforms/call_lines/found_sites.hpp"
#include "transforms/call_lines/function_sites.hpp"

namespace profconv {

/// Whether a value stands in the arguments of a call of `map`, `sorted` or another function that is known to call what
/// it is given, then or when its result is gone through; and all calls around it, values of the scan, are no others:
/// functions that call it themselves, or that have a name of these and are something else.
bool is_called_where_given(const PythonScan& scan, std::uint32_t value,
                           const std::function<bool(std::uint32_t)>& is_another);

/// Calls of functions that are mentioned, and called by what they are given to: `map(f, x)`, `sorted(x, key=f)`,
/// `defaultdict(f)`.
class CallsByReference {
 public:
  explicit CallsByReference(const FunctionSites& sites) : sites_(sites), program_(sites.program()) {}

  bool find(const Callee& callee, FoundSites& found) const;
  /// Adds where a function that is called by its name is given to something that calls it, too.
  bool add_mentions(const Callee& callee, FoundSites& found) const;

 private:
  static constexpr std::uint32_t none = PythonScan::none;

  void add_by_other_names(const Callee& callee, FoundSites& found) const;
  bool add_looks_for_keys(FoundSites& found) const;
  bool is_given_away(std::uint32_t value) const;

  const FunctionSites& sites_;
  const Program& program_;
};

}  // namespace profconv
