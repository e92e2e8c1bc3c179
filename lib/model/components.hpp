#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace profconv {

/// Which functions reach each other: the strongly connected components of a graph of calls.
struct Components {
  static constexpr std::uint32_t leads_nowhere = 0xffffffff;

  std::vector<std::uint32_t> of;    ///< Per function; in reverse topological order: callees before callers.
  std::vector<std::uint32_t> size;  ///< Per component: its functions.

  Components() = default;
  /// The calls of function f are those numbered from `first_call[f]` to before `first_call[f + 1]`; each leads to a
  /// function, or is marked `leads_nowhere`. A graph of `many` calls is searched for one large component first.
  Components(std::span<const std::uint32_t> first_call, std::span<const std::uint32_t> leads_to,
             std::size_t many = 100'000);
};

}  // namespace profconv
