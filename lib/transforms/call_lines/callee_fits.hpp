#pragma once

#include <cstdint>
#include <string_view>

#include "transforms/call_lines/class_relations.hpp"
#include "transforms/call_lines/function_sites.hpp"

namespace profconv {

/// How well a callee explains what stands at a site that has its name: from 0, it is something else, to 1, it is meant.
class CalleeFits {
 public:
  CalleeFits(const FunctionSites& sites, const ClassRelations& classes)
      : sites_(sites), classes_(classes), program_(sites.program()), resolver_(sites.resolver()) {}

  /// As a method of this object.
  double receiver_fits(const Callee& callee, const Entity& receiver) const;
  /// As what a call or decoration calls, by its base and its arguments.
  double call_fits(const Callee& callee, std::uint32_t site) const { return value_fits(callee, sites_[site].value); }
  /// The same of a call or decoration anywhere in the file.
  double value_fits(const Callee& callee, std::uint32_t value) const;
  /// Whether the callee takes as many arguments as a call gives. Of a method, or what an attribute holds, one may be
  /// there already.
  bool takes_arguments(const Callee& callee, std::uint32_t site) const {
    return takes_arguments_of(callee, sites_.value(site));
  }
  /// Whether the callee is what a decorator put in the place of functions of this name.
  bool is_wrapper_of(const Callee& callee, std::string_view decorated) const {
    return is_wrapper_of(callee, decorated, {});
  }
  /// Whether it is that of this one, which others may decorate as well.
  bool is_wrapper_of(const Callee& callee, Program::Place decorated) const {
    return is_wrapper_of(callee, program_.scope(decorated).name, decorated);
  }

 private:
  double exception_fits(const Callee& callee) const;
  bool is_wrapper_of(const Callee& callee, std::string_view name, Program::Place decorated) const;
  bool takes_arguments_of(const Callee& callee, const PythonScan::Value& call) const;
  bool is_bound_call(const Callee& callee, const PythonScan::Value& call) const;
  double called_fits(const Callee& callee, const PythonScan::Value& call) const;

  const FunctionSites& sites_;
  const ClassRelations& classes_;
  const Program& program_;
  const Resolver& resolver_;
};

}  // namespace profconv
