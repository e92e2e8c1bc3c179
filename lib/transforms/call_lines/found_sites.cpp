#include "transforms/call_lines/found_sites.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace profconv {

double best_weight(const std::vector<SitedEdge::Share>& shares) {
  double best = 0;
  for (const SitedEdge::Share& share : shares) best = std::max(best, share.weight);
  return best;
}

void add_sites(FoundSites& found, FoundSites others) {
  if (!found.shares.empty()) {
    others.shares.insert(others.shares.end(), found.shares.begin(), found.shares.end());
    others.rule = std::max(others.rule, found.rule);
    others.tells_counts = others.tells_counts && found.tells_counts;
    others.one_a_run = others.one_a_run && found.one_a_run;
    others.cost_weights.clear();
    std::ranges::stable_sort(others.shares, std::greater(), &SitedEdge::Share::weight);
    keep_one_per_site(others.shares);
  }
  found = std::move(others);
}

void keep_one_per_site(std::vector<SitedEdge::Share>& shares) {
  std::ranges::stable_sort(shares, {}, &SitedEdge::Share::site);
  const auto is_same = [](const SitedEdge::Share& a, const SitedEdge::Share& b) { return a.site == b.site; };
  shares.erase(std::unique(shares.begin(), shares.end(), is_same), shares.end());
}

void keep_likely(std::vector<SitedEdge::Share>& shares) {
  constexpr double part = 0.45;  // what is known leaves out what nobody knows
  const double best = best_weight(shares);
  std::erase_if(shares, [&](const SitedEdge::Share& share) { return share.weight < best * part; });
}

}  // namespace profconv
