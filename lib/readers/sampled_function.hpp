#pragma once

#include <string_view>

#include <profconv/builder.hpp>

namespace profconv {

/// A function as sampling profilers know it: by file and qualified name, its first line unknown. Equal in all formats
/// of Python 3.15's profiler, so that their profiles can be added up.
///
/// Frames of the file "~" (`<GC>`, `<native>`) are no Python functions: their name is no qualified one. Neither is
/// "<module> of run.py", which is what this library calls the program of Python's `profile`.
inline FunctionKey sampled_function(std::string_view file, std::string_view qualified) {
  if (file == "~" || qualified.starts_with("<module> of ")) return {.name = qualified, .file = file};
  // "Random.choice" -> "choice"; "<locals>" and the like hold no dots of their own.
  const std::size_t dot = qualified.rfind('.');
  const bool has_name = dot != std::string_view::npos && dot + 1 < qualified.size();
  return {.name = has_name ? qualified.substr(dot + 1) : qualified, .qualified = qualified, .file = file};
}

}  // namespace profconv
