#pragma once

#include <cstdint>

#include "base/hash_tables.hpp"
#include "transforms/call_lines/function_sites.hpp"

namespace profconv {

/// What calls of one function may call that their text does not name. Belongs to one thread.
class DynamicCalls {
 public:
  explicit DynamicCalls(const FunctionSites& sites)
      : sites_(sites), program_(sites.program()), resolver_(sites.resolver()) {}

  /// After the sites look at another function.
  void begin() { varying_.clear(); }

  /// How likely a call calls something that its text does not name.
  double likelihood(std::uint32_t site) const;
  /// Whether what is called is kept in a variable, or in an attribute, that may have several values.
  bool is_variable(std::uint32_t site) const;
  /// Whether a local name stands for more than one thing, or something unknown: `f = self.first`, later `f = f()`.
  bool varies(const PythonScan::Value& name) const;
  /// table[x](): nothing says what it is, it may as well be an object.
  bool calls_item(std::uint32_t site) const;
  /// x.f() where f ran, but was not called from here: x.f is an object that calls it.
  bool calls_proxy(std::uint32_t site) const;

 private:
  bool gives_several(std::uint32_t v) const;

  const FunctionSites& sites_;
  const Program& program_;
  const Resolver& resolver_;
  mutable TextViewMap<bool> varying_;  // names that were asked for
};

}  // namespace profconv
