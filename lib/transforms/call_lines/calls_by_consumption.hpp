#pragma once

#include <cstdint>

#include "transforms/call_lines/calls_by_name.hpp"
#include "transforms/call_lines/result_flow.hpp"

namespace profconv {

/// Generators and coroutines run where they are resumed: in a for, an await, a call that goes through them.
class CallsByConsumption {
 public:
  CallsByConsumption(const FunctionSites& sites, const ClassRelations& classes, const CalleeFits& fits,
                     const CallsByName& names)
      : sites_(sites), fits_(fits), names_(names), flow_(sites, classes, fits), program_(sites.program()) {}

  bool find(const Callee& callee, FoundSites& found) const;

 private:
  double method_fits(const Callee& callee, std::uint32_t site) const;

  const FunctionSites& sites_;
  const CalleeFits& fits_;
  const CallsByName& names_;
  ResultFlow flow_;
  const Program& program_;
};

}  // namespace profconv
