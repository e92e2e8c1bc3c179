#pragma once

#include <string>
#include <string_view>

namespace profconv {

/// What the recorded name of a C function says.
///
///     <built-in method builtins.len>                          len              module builtins
///     <built-in method posix.stat>                            stat             module posix
///     <method 'append' of 'list' objects>                     append           type list
///     <slot wrapper '__init__' of 'object' objects>           __init__         type object
///     <built-in method __new__ of type object at 0x7f12ab>    __new__          type "type"
///     <len>                                                   len              Python 2
///     <lambda>, <GC>, <native>                                no C functions
struct CFunction {
  std::string_view name, type, module;
  explicit operator bool() const noexcept { return !name.empty(); }
};

/// Reads a name; nothing when it is none of a C function. The views are of `recorded`.
CFunction c_function(std::string_view recorded);

/// "len", "posix.stat", "list.append" (with `separator` before a method's name); "" when it is none of a C function.
std::string readable_c_name(std::string_view recorded, std::string_view separator = ".");

}  // namespace profconv
