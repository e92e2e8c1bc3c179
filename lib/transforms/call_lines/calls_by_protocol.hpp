#pragma once

#include <cstdint>
#include <string_view>

#include "transforms/call_lines/callee_fits.hpp"
#include "transforms/call_lines/dynamic_calls.hpp"
#include "transforms/call_lines/found_sites.hpp"
#include "transforms/call_lines/function_sites.hpp"

namespace profconv {

/// Calls of methods with underscores, which operators, statements and types that are called stand for.
class CallsByProtocol {
 public:
  CallsByProtocol(const FunctionSites& sites, const ClassRelations& classes, const CalleeFits& fits,
                  const DynamicCalls& dynamic)
      : sites_(sites),
        classes_(classes),
        fits_(fits),
        dynamic_(dynamic),
        program_(sites.program()),
        resolver_(sites.resolver()) {}

  bool find(const Callee& callee, FoundSites& found) const;

 private:
  using Place = Program::Place;

  double construct_fits(const Callee& callee, std::uint32_t site) const;
  double arithmetic_fits(const Callee& callee, const Entity& left) const;
  double object_call_fits(const Callee& callee, Place klass, std::uint32_t site) const;
  double argument_fits(const Callee& callee, std::uint32_t site) const;
  double hash_fits(const Callee& callee, std::uint32_t site) const;
  double index_fits(const Callee& callee, std::uint32_t site) const;
  double text_fits(const Callee& callee, const Entity& object, std::string_view conversion) const;

  const FunctionSites& sites_;
  const ClassRelations& classes_;
  const CalleeFits& fits_;
  const DynamicCalls& dynamic_;
  const Program& program_;
  const Resolver& resolver_;
};

}  // namespace profconv
