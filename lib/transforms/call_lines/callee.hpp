#pragma once

#include <string_view>

#include <profconv/profile.hpp>

#include "transforms/program.hpp"

namespace profconv {

/// What the recorded name of a function says about calls of it.
struct Callee {
  FunctionId function{};
  Program::Place place;   ///< Nothing for C functions and code without source.
  std::string_view name;  ///< "append", "__init__", "<lambda>".
  std::string_view type;  ///< "list" of <method 'append' of 'list' objects>; "" for other functions.
  bool is_c = false;
  bool is_import = false;     ///< Part of the import system.
  bool is_generated = false;  ///< Made at run time: dataclasses, named tuples.
};

/// Whether making an object may call a method of this name, or calling it.
bool is_constructor(std::string_view name);

Callee callee_of(const Program& program, FunctionId function);

}  // namespace profconv
