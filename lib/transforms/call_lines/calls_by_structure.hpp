#pragma once

#include <cstdint>

#include "transforms/call_lines/calls_by_import.hpp"
#include "transforms/call_lines/found_sites.hpp"
#include "transforms/call_lines/function_sites.hpp"

namespace profconv {

/// Calls that the source does not write as calls, but by a construct that makes them and no others: comprehensions,
/// imports, class statements, what a decorator with arguments returned.
class CallsByStructure {
 public:
  CallsByStructure(const FunctionSites& sites, const ImportTimes& imports, std::uint32_t metric)
      : sites_(sites), program_(sites.program()), imports_(sites, imports), metric_(metric) {}

  /// The sites of an edge with so many calls, and this cost of the metric.
  bool find(const Callee& callee, double calls, double cost, FoundSites& found);

 private:
  bool find_applied_decorators(const PythonScan::Scope& maker, FoundSites& found) const;
  bool find_comprehensions(const PythonScan::Scope& scope, FoundSites& found) const;
  bool find_class_statements(double all, FoundSites& found) const;

  const FunctionSites& sites_;
  const Program& program_;
  CallsByImport imports_;
  std::uint32_t metric_;
};

}  // namespace profconv
