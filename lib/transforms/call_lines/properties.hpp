#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "transforms/program.hpp"

namespace profconv {

/// An attribute that calls a method when it is read, stored to or deleted.
struct Property {
  Program::Place klass;
  std::string_view attribute;
  PythonScan::Value::Access access = PythonScan::Value::Access::read;
  bool is_kept = false;  ///< What was read once is not asked for again: `cached_property`.
};

/// Properties of the classes in the scanned files. The program outlives it.
class Properties {
 public:
  using Place = Program::Place;

  explicit Properties(const Program& program);

  /// Those that call this method of a class, which has it under that name.
  std::vector<Property> of(Place klass, Place method, std::string_view name) const;

 private:
  void find(std::uint32_t file);

  const Program& program_;
  TextViewMap<std::vector<Property>> named_;                             // by the method's name, not decorated
  std::map<std::pair<std::uint32_t, std::uint32_t>, Property> lambdas_;  // by file and scope of the lambda
};

}  // namespace profconv
