#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "source/python_scan.hpp"

namespace profconv {

/// A construct of the source that calls a method with underscores.
struct Protocol {
  std::string_view method;
  PythonScan::Value::Kind kind;
  std::string_view operators = {};  ///< Separated by blanks, for operations.
  std::optional<PythonScan::Value::Access> access = {};
  bool is_unary = false;

  /// Whether a value is that construct.
  bool is_meant_by(const PythonScan::Value& value) const { return kind == value.kind && is_of_form(value); }

 private:
  bool is_of_form(const PythonScan::Value& value) const;
};

/// The constructs that call a method.
std::span<const Protocol> protocols_of(std::string_view method);
/// Whether a call of a type, which shows in no profile, calls this method of what it is given.
bool calls_of_argument(std::string_view type, std::string_view method);
/// Whether a method is called when something is done to its object: neither what makes it nor what drops it.
bool is_protocol(std::string_view method);
/// Whether it is `__radd__` or the like, which the right operand has.
bool is_reflected(std::string_view method);
/// Whether it is that of an operator that calculates, reflected or not.
bool is_arithmetic(std::string_view method);
/// "__le__" for `_le_from_lt`, a function that functools.total_ordering gives to classes; "" for others.
std::string_view derived_comparison(std::string_view function);
/// Whether an `async for`, an `async with` ("for", "with") or another await ("") may call the method.
bool awaits_by(std::string_view statement, std::string_view method);

}  // namespace profconv
