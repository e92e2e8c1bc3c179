#pragma once

#include <cstdint>
#include <string_view>

#include "transforms/call_lines/callee_fits.hpp"
#include "transforms/call_lines/calls_by_protocol.hpp"
#include "transforms/call_lines/found_sites.hpp"

namespace profconv {

/// Calls that name the callee, or what the callee was put in the place of; and attributes that are methods.
class CallsByName {
 public:
  CallsByName(const FunctionSites& sites, const ClassRelations& classes, const CalleeFits& fits,
              const CallsByProtocol& protocols)
      : sites_(sites),
        classes_(classes),
        fits_(fits),
        protocols_(protocols),
        program_(sites.program()),
        resolver_(sites.resolver()) {}

  /// By its own name, and by what its class calls it as well: in a `with` after `__enter__ = acquire`.
  bool find(const Callee& callee, FoundSites& found) const;
  bool find_by_own_name(const Callee& callee, FoundSites& found) const;
  /// Calls of a decorated function are calls of what the decorator returned: of a callee that stands in one.
  bool find_by_decoration(const Callee& callee, FoundSites& found) const;

 private:
  template <class Add>
  void add_properties(const Callee& callee, Add add) const;

  const FunctionSites& sites_;
  const ClassRelations& classes_;
  const CalleeFits& fits_;
  const CallsByProtocol& protocols_;
  const Program& program_;
  const Resolver& resolver_;
};

}  // namespace profconv
