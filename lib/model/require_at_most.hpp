#pragma once

#include <cstdint>
#include <string>

#include <profconv/error.hpp>

namespace profconv {

/// "has more than 5 lines (hint: --max-lines raises the limit)"
[[noreturn]] inline void fail_limit(std::uint64_t limit, const char* more_than, const char* of, const char* option) {
  throw Error(std::string("has ") + more_than + " " + std::to_string(limit) + " " + of,
              std::string(option) + " raises the limit");
}

/// Throws Error where a table has, or would have, more rows than a limit allows.
inline void require_at_most(std::uint64_t limit, std::uint64_t rows, const char* of, const char* option) {
  if (rows > limit) fail_limit(limit, "more than", of, option);
}

}  // namespace profconv
