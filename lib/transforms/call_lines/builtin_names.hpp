#pragma once

#include <string_view>

namespace profconv {

// Names of functions and types that are written in C, as far as it matters whether calls of them show in a profile.

/// Functions of C that every call shows of.
bool is_builtin_function(std::string_view name);
/// Types of C: they are called without a trace, and what has their name in the source is no function of Python.
bool is_builtin_type(std::string_view name);
/// These, and types of the standard library's modules that are written in C and have names like functions.
bool is_type_of_c(std::string_view name);

}  // namespace profconv
