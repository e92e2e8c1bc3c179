#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/profile.hpp>

#include "model/short_paths.hpp"

namespace profconv {

/// How functions are called in a graph: `module:line:name`, the qualified name where it is known; `module:name` where
/// the line is not; C functions by name alone.
/// `__init__` takes its folder with it; copies of a function are told apart by whom they are for, functions that would
/// look alike by as much of their path as that takes, and where it is not enough, by a number.
class DotNames {
 public:
  /// Names that are unique among the functions `shown`, also as labels show them: cut, with control characters visible.
  DotNames(const Profile& profile, const std::vector<FunctionId>& shown);

  /// REQUIRES: the function is one of those shown.
  std::string name(FunctionId function) const { return names_[index(function)] + number(function); }
  /// As a label has room for; `strip` as `stripped_name`.
  std::string label(FunctionId function, bool strip) const;

  /// Those of the functions shown that a selector means: the one that is called so, as lists show it; else those whose
  /// name here, or that of gprof2dot, the selector matches as a glob. Names may hold what is special in a glob:
  /// `len [misc]`. Throws UsageError for a broken glob.
  std::vector<FunctionId> chosen(std::string_view selector) const;

 private:
  void number_equal_ones();
  std::string number(FunctionId function) const;

  std::vector<FunctionId> shown_;
  std::vector<std::string> names_;    // per function, "" for those not shown
  std::vector<std::size_t> numbers_;  // per function, 0: needs none; may be empty
  const Profile& profile_;
};

/// gprof2dot's name: `module:line:name`, the module being the file's name without folders and ending.
std::string gprof2dot_name(const Profile& profile, FunctionId function);

/// Without what a demangled C++ name says about parameters, template arguments and `const`. Python's own brackets stay:
/// `<module>`, `f.<locals>.g`.
std::string stripped_name(std::string_view name);

/// The first 256 bytes or so, and "…" where that is not all: a box as wide as a screen is of no use.
std::string shortened_name(std::string_view name);

/// The name in lines of at most 32 characters where it has places to break: after blanks, else after . : / \ _ -
std::vector<std::string> wrapped_name(std::string_view name);

}  // namespace profconv
