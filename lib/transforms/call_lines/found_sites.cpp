#include "transforms/call_lines/found_sites.hpp"

#include <algorithm>

namespace profconv {

void keep_one_per_site(std::vector<SitedEdge::Share>& shares) {
  std::ranges::stable_sort(shares, {}, &SitedEdge::Share::site);
  const auto is_same = [](const SitedEdge::Share& a, const SitedEdge::Share& b) { return a.site == b.site; };
  shares.erase(std::unique(shares.begin(), shares.end(), is_same), shares.end());
}

void keep_likely(std::vector<SitedEdge::Share>& shares) {
  constexpr double part = 0.45;  // what is known leaves out what nobody knows
  double best = 0;
  for (const SitedEdge::Share& share : shares) best = std::max(best, share.weight);
  std::erase_if(shares, [&](const SitedEdge::Share& share) { return share.weight < best * part; });
}

}  // namespace profconv
