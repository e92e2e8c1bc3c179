#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "transforms/call_lines/class_relations.hpp"
#include "transforms/call_lines/found_sites.hpp"
#include "transforms/call_lines/function_sites.hpp"

namespace profconv {

// Attributes that are looked up by a method: what no class defines, or what a descriptor stands for.

/// How well a callee, `__getattr__`, `__set__` or the like, explains the attribute at a site.
double attribute_fits(const FunctionSites& sites, const ClassRelations& classes, const Callee& callee,
                      std::uint32_t site);

/// Whether descriptors of a class with this name ask for a value once and put it into the object.
bool keeps_value(std::string_view klass);
/// Of such a descriptor: leaves out what was read before, on the way.
void forget_later_reads(const FunctionSites& sites, std::vector<SitedEdge::Share>& shares);

}  // namespace profconv
