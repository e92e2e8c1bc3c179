#pragma once

#include <vector>

#include <profconv/transforms.hpp>

#include "model/call_graph.hpp"
#include "model/calls_to.hpp"

namespace profconv {

/// Which functions the options say to fold, imports apart; one bit per function.
std::vector<bool> chosen_functions(const Profile& p, const FoldOptions& options);
/// Adds functions of importlib and the C functions behind imports, with those that nothing else calls.
void choose_import_machinery(const Profile& p, const CallGraph& graph, const CallsTo& calls_to,
                             std::vector<bool>& chosen);

}  // namespace profconv
