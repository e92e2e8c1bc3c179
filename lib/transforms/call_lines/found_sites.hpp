#pragma once

#include <vector>

#include <profconv/transforms.hpp>

#include "transforms/call_lines/call_flow.hpp"

namespace profconv {

using SiteRule = SourceReport::Rule;

/// The sites that may have made the calls of an edge, and the rule that found them.
struct FoundSites {
  SiteRule rule = SiteRule::undecided;
  bool tells_counts = true;
  bool one_a_run = true;  ///< No run of a site makes more than one call.
  std::vector<SitedEdge::Share> shares;
  /// If not empty: weights for the cost, one per share, where it has nothing to do with the number of calls.
  std::vector<double> cost_weights;
};

/// The weight of the likeliest share, 0 if there is none.
double best_weight(const std::vector<SitedEdge::Share>& shares);

/// Adds sites that another rule found: all together are no more sure than each. A site of both is as likely as in the
/// rule that takes it for likelier.
void add_sites(FoundSites& found, FoundSites others);

/// In the order of the sites; of several shares of one site the first stays.
void keep_one_per_site(std::vector<SitedEdge::Share>& shares);

/// Leaves out shares that are much less likely than others.
void keep_likely(std::vector<SitedEdge::Share>& shares);

}  // namespace profconv
