#pragma once

#include <cstdint>

#include "transforms/call_lines/class_relations.hpp"
#include "transforms/call_lines/dynamic_calls.hpp"
#include "transforms/call_lines/found_sites.hpp"
#include "transforms/call_lines/function_sites.hpp"

namespace profconv {

/// C(...) for C.__init__, and for what makes objects otherwise.
class CallsByConstructor {
 public:
  CallsByConstructor(const FunctionSites& sites, const ClassRelations& classes, const DynamicCalls& dynamic)
      : sites_(sites), classes_(classes), dynamic_(dynamic), program_(sites.program()), resolver_(sites.resolver()) {}

  bool find(const Callee& callee, FoundSites& found) const;

 private:
  bool makes_class(std::uint32_t site) const;

  const FunctionSites& sites_;
  const ClassRelations& classes_;
  const DynamicCalls& dynamic_;
  const Program& program_;
  const Resolver& resolver_;
};

}  // namespace profconv
