#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "transforms/call_lines/dynamic_calls.hpp"
#include "transforms/call_lines/function_sites.hpp"

namespace profconv {

/// Blocks with a call that the profile would have, had it been made: each with a factor for how often they ran. By
/// block.
std::vector<std::pair<std::uint32_t, double>> doubted_blocks(const FunctionSites& sites, const DynamicCalls& dynamic);

}  // namespace profconv
