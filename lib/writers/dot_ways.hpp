#pragma once

#include <cstdint>
#include <vector>

#include "writers/dot_graph.hpp"

namespace profconv {

/// No caller: a way starts here.
inline constexpr std::uint32_t no_caller = 0xffffffff;

/// A way to each function of `order` from one of those that `is_start` marks: of all ways one whose cheapest call is
/// the costliest. Returns the caller on it, one per function of `is_start`; callers lead from any function to where its
/// way starts. What no start leads to has a way from the first of `order` that leads to it and to which there is none.
///
/// REQUIRES: edges are between functions of `order`, each of which stands there once.
std::vector<std::uint32_t> costliest_callers(const std::vector<DotGraph::Edge>& edges,
                                             const std::vector<std::uint32_t>& order,
                                             const std::vector<bool>& is_start);

}  // namespace profconv
