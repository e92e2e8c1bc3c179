#pragma once

#include <cstdint>

#include "transforms/call_lines/found_sites.hpp"
#include "transforms/call_lines/function_sites.hpp"
#include "transforms/call_lines/import_reach.hpp"
#include "transforms/call_lines/import_times.hpp"

namespace profconv {

/// Which import statements called the import system, or loaded a module.
class CallsByImport {
 public:
  CallsByImport(const FunctionSites& sites, const ImportTimes& imports)
      : sites_(sites), program_(sites.program()), imports_(imports), reach_(program_) {}

  /// Calls of a function of the import system. Each statement gets the cost of the modules that it loaded below this
  /// one.
  bool find(const Callee& callee, double calls, double cost, FoundSites& found);
  /// A module's code that runs right below its import: the machinery was folded, or is older than Python 3.3.
  bool find_module(std::uint32_t module, FoundSites& found) const;

 private:
  static constexpr std::uint32_t none = PythonScan::none;

  bool may_load_names(std::uint32_t import) const;

  const FunctionSites& sites_;
  const Program& program_;
  const ImportTimes& imports_;
  ImportReach reach_;
};

}  // namespace profconv
