#pragma once

#include <cstdint>
#include <span>

#include "transforms/call_lines/callee_fits.hpp"
#include "transforms/call_lines/calls_by_reference.hpp"
#include "transforms/call_lines/dynamic_calls.hpp"
#include "transforms/call_lines/found_sites.hpp"

namespace profconv {

/// Calls that name nothing known, which are left when all others are explained.
class CallsByElimination {
 public:
  CallsByElimination(const FunctionSites& sites, const CalleeFits& fits, const DynamicCalls& dynamic,
                     const CallsByReference& references)
      : sites_(sites), fits_(fits), dynamic_(dynamic), references_(references) {}

  /// Callees that nothing names are called there. `found`: one per callee; fills those that are undecided.
  void find(std::span<const Callee> callees, std::span<FoundSites> found) const;
  /// More calls than the sites outside of loops can have made: what the function is given to made them, `map(f, …)`, or
  /// some call in a loop that names nothing. Adds these.
  void add_in_loops(const Callee& callee, double calls, double runs, FoundSites& found) const;

 private:
  bool rules_out(const Callee& callee, std::uint32_t site) const;

  const FunctionSites& sites_;
  const CalleeFits& fits_;
  const DynamicCalls& dynamic_;
  const CallsByReference& references_;
};

}  // namespace profconv
