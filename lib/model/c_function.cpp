#include "model/c_function.hpp"

#include <algorithm>
#include <iterator>

namespace profconv {
namespace {

std::string_view between(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t from = text.find(begin);
  if (from == std::string_view::npos) return {};
  text.remove_prefix(from + begin.size());
  const std::size_t to = text.find(end);
  return to == std::string_view::npos ? std::string_view{} : text.substr(0, to);
}

// What Python and its profilers put in brackets, as Python 2 does with the names of C functions.
constexpr std::string_view no_c_functions[] = {"module",  "lambda", "listcomp", "dictcomp",  "setcomp",
                                               "genexpr", "GC",     "native",   "truncated", "unknown"};

}  // namespace

CFunction c_function(std::string_view recorded) {
  if (recorded.size() < 3 || recorded.front() != '<' || recorded.back() != '>') return {};
  const std::string_view inner = recorded.substr(1, recorded.size() - 2);
  for (const std::string_view prefix : {"built-in method ", "built-in function "}) {
    if (!inner.starts_with(prefix)) continue;
    std::string_view name = inner.substr(prefix.size());
    if (const std::size_t of = name.find(" of "); of != std::string_view::npos) {
      const std::string_view type = name.substr(of + 4);
      return {name.substr(0, of), type.substr(0, type.find(' ')), {}};
    }
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return {name, {}, {}};
    return {name.substr(dot + 1), {}, name.substr(0, dot)};
  }
  if (const std::string_view name = between(inner, "'", "'"); !name.empty())
    return {name, between(inner, "' of '", "'"), {}};
  if (inner.find_first_of(" '") != std::string_view::npos) return {};
  if (std::ranges::find(no_c_functions, inner) != std::end(no_c_functions)) return {};
  return {inner, {}, {}};
}

std::string readable_c_name(std::string_view recorded, std::string_view separator) {
  const CFunction function = c_function(recorded);
  if (!function) return {};
  std::string text;
  if (!function.type.empty()) {
    text.append(function.type).append(separator);
  } else if (!function.module.empty() && function.module != "builtins" && function.module != "__builtin__") {
    text.append(function.module) += '.';
  }
  return text.append(function.name);
}

}  // namespace profconv
