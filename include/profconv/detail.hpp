#pragma once

#include <cstdint>
#include <string>

#include <profconv/profile.hpp>

/// What profiles and formats hold beside functions and their costs.

namespace profconv {

/// A set of bits.
enum class Detail : std::uint8_t {
  none = 0,
  calls = 1,      ///< Who calls whom.
  counts = 2,     ///< How often functions were called.
  primitive = 4,  ///< How many of these calls were primitive: not made while the same function was active.
  lines = 8,      ///< Costs per source line, or the lines on which stacks stood.
  stacks = 16,    ///< Whole stacks.
  metrics = 32,   ///< More than one column of costs.
  all = 63,
};
constexpr Detail operator|(Detail a, Detail b) {
  return static_cast<Detail>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr Detail operator&(Detail a, Detail b) {
  return static_cast<Detail>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
/// What is in `a` and not in `b`.
constexpr Detail operator-(Detail a, Detail b) {
  return static_cast<Detail>(static_cast<unsigned>(a) & ~static_cast<unsigned>(b));
}

/// In words, in the order of the bits: "calls, counts, lines"; "nothing else".
std::string to_string(Detail details);

/// What this profile holds. Primitive counts that equal all calls are none of their own. Takes one look at each
/// function's counts at most.
Detail details_of(const Profile& profile);

}  // namespace profconv
