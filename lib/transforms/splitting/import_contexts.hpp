#pragma once

#include <cstdint>

#include "transforms/splitting/context_graph.hpp"
#include "transforms/splitting/import_tree.hpp"

namespace profconv {

/// Gives every importer whose imports `tree` knows its own copy of the machinery between it and the modules' bodies.
///
/// The calls into a copy and the calls of bodies are the recorded ones. What the machinery itself spent for an importer
/// is what is left of the importer's call; how that divides over the functions of the copy and what they call is
/// estimated: in proportion to what they cost in all. What is not known to belong to a copy stays with the plain
/// functions. Makes at most `most_calls` new calls, those for the costliest importers first; returns how many importers
/// had to do without.
std::size_t add_import_contexts(ContextGraph& graph, const ImportTree& tree, std::uint64_t most_calls);

}  // namespace profconv
