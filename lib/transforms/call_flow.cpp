#include "transforms/call_flow.hpp"

#include <algorithm>
#include <cmath>

namespace profconv {
namespace {

using Block = PythonScan::Block;

constexpr double rarely = 0.05;

// Whether the source says that the site is the callee's.
bool is_sure(const SitedEdge::Share& share) {
  constexpr double least = 0.9;
  return share.weight >= least;
}

double first_ratio(const Block& block) {
  switch (block.kind) {
    case Block::Kind::branch:
    case Block::Kind::maybe:
    case Block::Kind::again: return block.unlikely || block.raises ? rarely / 2 : 0.5;
    case Block::Kind::rest: return block.unlikely || block.raises ? rarely : block.likely ? 1 - rarely : 0.5;
    case Block::Kind::loop: return 3;
    case Block::Kind::handler: return rarely;
    default: return 1;
  }
}

}  // namespace

std::uint32_t CallFlow::parent_of(std::uint32_t block) const {
  const std::uint32_t parent = scan_.blocks[block].parent;
  return parent != none || outer_.empty() ? parent : outer_[block];
}

CallFlow::CallFlow(const PythonScan& scan, const std::vector<std::uint32_t>& outer, const std::vector<CallSite>& sites,
                   double runs, const std::vector<std::pair<std::uint32_t, double>>& doubts)
    : scan_(scan), outer_(outer), sites_(sites), runs_(std::abs(runs)), counted_(runs > 0) {
  // All blocks with sites, those around them, and the branches whose end decides whether a `rest` is reached.
  std::vector<std::uint32_t> blocks;
  blocks.reserve(sites.size());
  for (const CallSite& site : sites) blocks.push_back(site.block);
  std::ranges::sort(blocks);
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  std::vector<std::pair<std::uint32_t, std::uint32_t>> found;  // depth, block
  std::vector<std::uint32_t> path;
  for (const std::uint32_t block : blocks) {
    path.clear();
    std::uint32_t depth = 0;
    for (std::uint32_t b = block; b != none; b = parent_of(b)) {
      if (const auto known = by_block_.find(b); known != by_block_.end()) {
        depth = known->second + 1;
        break;
      }
      path.push_back(b);
    }
    for (std::size_t i = path.size(); i-- > 0; ++depth) {
      by_block_.emplace(path[i], depth);
      found.emplace_back(depth, path[i]);
    }
  }
  std::ranges::sort(found);
  for (std::uint32_t i = 0; i < found.size(); ++i) by_block_[found[i].second] = i;
  for (const auto& [depth, block] : found) {
    const std::uint32_t parent = parent_of(block);
    nodes_.push_back({block, parent == none ? none : local(parent), first_ratio(scan.blocks[block])});
  }
  for (const auto& [block, factor] : doubts) {
    if (const std::uint32_t node = local(block); node != none && nodes_[node].parent != none)
      nodes_[node].ratio *= factor;
  }
  // The other branch of a condition that hardly ever holds.
  NumberMap<double> alone;
  for (const Node& node : nodes_) {
    const Block& block = scan.blocks[node.block];
    if (block.kind == Block::Kind::branch && node.ratio < 0.1) alone[block.group] = 0.95;
    if (block.rest != none && node.ratio < 0.1) alone.emplace(none - 1 - block.rest, 0.95);
  }
  for (Node& node : nodes_) {
    const Block& block = scan.blocks[node.block];
    if (block.kind == Block::Kind::branch && node.ratio == 0.5 && alone.contains(block.group)) node.ratio = 0.95;
    if (block.kind == Block::Kind::rest && node.ratio == 0.5 && alone.contains(none - 1 - node.block))
      node.ratio = 0.95;
  }
}

std::uint32_t CallFlow::local(std::uint32_t block) const {
  const auto found = by_block_.find(block);
  return found == by_block_.end() ? none : found->second;
}

// How often a site ran.
double CallFlow::at(const CallSite& site) const {
  if (site.hits >= 0) return site.hits;
  const Node& node = nodes_[local(site.block)];
  // What a loop goes through is asked once more than it gives.
  const bool asks_again = scan_.blocks[node.block].kind == Block::Kind::loop && node.parent != none &&
                          scan_.values[site.value].kind == PythonScan::Value::Kind::iterate &&
                          !scan_.values[site.value].unpacks();
  return asks_again ? node.runs + nodes_[node.parent].runs : node.runs;
}

bool CallFlow::is_known(const CallSite& site) const { return site.hits >= 0 || nodes_[local(site.block)].known; }

// Edges whose sites are all in one block say how often it ran.
void CallFlow::note_certain(const std::vector<SitedEdge>& edges) {
  for (const SitedEdge& edge : edges) {
    if (!edge.tells_counts || edge.shares.empty()) continue;
    const std::uint32_t block = sites_[edge.shares.front().site].block;
    const bool same =
        std::ranges::all_of(edge.shares, [&](const auto& share) { return sites_[share.site].block == block; });
    if (!same) continue;
    Node& node = nodes_[local(block)];
    if (node.parent == none && counted_) continue;  // as often as the function
    const auto sure_sites = static_cast<std::size_t>(std::ranges::count_if(edge.shares, is_sure));
    const std::size_t sites = sure_sites != 0 ? sure_sites : edge.shares.size();
    node.certain = std::max(node.certain, edge.calls / static_cast<double>(sites));
  }
  for (Node& node : nodes_) {
    const Block::Kind kind = scan_.blocks[node.block].kind;
    const bool follows = kind == Block::Kind::always || kind == Block::Kind::attempt;
    node.known = node.certain > 0 || (node.parent == none && counted_) || (follows && nodes_[node.parent].known);
  }
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    Node& node = nodes_[i];
    node.least = std::max(node.least, node.certain);
    if (node.parent == none || scan_.blocks[node.block].kind == Block::Kind::loop) continue;
    nodes_[node.parent].least = std::max(nodes_[node.parent].least, node.least);
  }
}

void CallFlow::spread() {
  NumberMap<double> taken, ended;  // by the certain branches of a group; before a `rest`
  for (const Node& node : nodes_) {
    const std::uint32_t rest = scan_.blocks[node.block].rest;
    if (node.certain > 0 && rest != none) ended[rest] += node.certain;
  }
  for (Node& node : nodes_) {
    const Block& block = scan_.blocks[node.block];
    const double above = node.parent == none ? runs_ : nodes_[node.parent].runs;
    const auto at_most = [&](const NumberMap<double>& by, std::uint32_t key) {
      const auto found = by.find(key);
      return found == by.end() ? above : std::max(above - found->second, above * 0.01);
    };
    if (node.certain > 0) {
      node.runs = node.certain;
      if (block.kind == Block::Kind::branch) taken[block.group] += node.certain;
      continue;
    }
    node.runs = above * node.ratio;
    if (block.kind == Block::Kind::rest && ended.contains(node.block)) node.runs = at_most(ended, node.block);
    if (block.kind == Block::Kind::branch) node.runs = std::min(node.runs, at_most(taken, block.group));
    node.runs = std::max({node.runs, node.least, 1e-6});
  }
}

// Whether it runs whenever the function does, apart from exceptions.
bool CallFlow::runs_always(const CallSite& site) const {
  for (std::uint32_t node = local(site.block); counted_ && node != none; node = nodes_[node].parent) {
    const Block::Kind kind = scan_.blocks[nodes_[node].block].kind;
    if (kind != Block::Kind::body && kind != Block::Kind::always && kind != Block::Kind::attempt) return false;
    if (nodes_[node].parent == none) return true;
  }
  return false;
}

// What a call calls shows in the profile: where one callee alone may stand at a site, it is called.
void CallFlow::find_only(std::vector<SitedEdge>& edges) const {
  std::vector<std::uint32_t> edges_of(sites_.size(), 0);
  for (const SitedEdge& edge : edges) {
    for (const auto& share : edge.shares) ++edges_of[share.site];
  }
  for (SitedEdge& edge : edges) {
    if (!edge.one_a_run || edge.shares.size() < 2) continue;
    const double best = std::ranges::max(edge.shares, {}, &SitedEdge::Share::weight).weight;
    for (auto& share : edge.shares) {
      const CallSite& site = sites_[share.site];
      share.is_only = site.hits < 0 && edges_of[share.site] == 1 && share.weight >= best * 0.9 &&
                      scan_.values[site.value].kind == PythonScan::Value::Kind::call && runs_always(site);
    }
  }
}

// Sites that run whenever the function does, and are the callee's for sure, have made their calls. If they are not,
// but fit as well as any other one, the number of calls must be theirs. Returns the calls that are left for the others.
double CallFlow::settle_always(SitedEdge& edge) const {
  constexpr double tolerance = 1e-6;
  const auto is_its_own = [&](const auto& share) { return share.is_only || (edge.tells_counts && is_sure(share)); };
  double always = 0, best = 0;
  bool all_sure = true;
  std::vector<bool> settled(edge.shares.size());
  for (const auto& share : edge.shares) best = std::max(best, share.weight);
  for (std::size_t i = 0; i < edge.shares.size(); ++i) {
    const auto& share = edge.shares[i];
    const bool may_settle = is_its_own(share) || (edge.tells_counts && share.weight >= best);
    if (!may_settle || !runs_always(sites_[share.site])) continue;
    settled[i] = true;
    always += at(sites_[share.site]);
    all_sure = all_sure && is_its_own(share);
  }
  const double left = edge.calls - always;
  if (always == 0 || (!all_sure && std::abs(left) > tolerance * always)) return edge.calls;
  for (std::size_t i = 0; i < edge.shares.size(); ++i) {
    edge.shares[i].is_settled = settled[i];
    if (settled[i]) edge.shares[i].part = at(sites_[edge.shares[i].site]) / std::max(always, edge.calls);
  }
  return left <= tolerance * always ? 0 : left;
}

// A site that is the callee's for sure makes a call each time that it runs. What is left may be made by the others,
// when they run, and what is left of that by those that may run more often than is known.
void CallFlow::distribute(SitedEdge& edge) const {
  for (auto& share : edge.shares) share.is_settled = false;
  const double calls_left = edge.shares.size() > 1 ? settle_always(edge) : edge.calls;
  const auto runs = [&](const SitedEdge::Share& share) { return std::max(at(sites_[share.site]), 1e-9); };
  double sure_runs = 0, other_runs = 0, other_weights = 0, open_weights = 0, weights = 0;
  for (const auto& share : edge.shares) {
    if (share.is_settled) continue;
    const double weight = share.weight * runs(share);
    weights += weight;
    if (!is_known(sites_[share.site])) open_weights += weight;
    if (!is_sure(share)) other_weights += weight;
    (is_sure(share) ? sure_runs : other_runs) += runs(share);
  }
  double by_sure = 0, by_others = 0;  // calls
  if (edge.tells_counts && sure_runs > 0 && other_runs > 0) {
    by_sure = std::min(calls_left, sure_runs);
    by_others = std::min(calls_left - by_sure, other_runs);
  }
  const double rest = calls_left - by_sure - by_others;
  const bool only_open = by_sure > 0 && open_weights > 0;
  for (auto& share : edge.shares) {
    if (share.is_settled) continue;
    const double weight = share.weight * runs(share);
    double calls = 0;
    if (by_sure > 0) calls = is_sure(share) ? by_sure * runs(share) / sure_runs : by_others * weight / other_weights;
    if (!only_open || !is_known(sites_[share.site])) calls += rest * weight / (only_open ? open_weights : weights);
    share.part = calls / edge.calls;
  }
}

// Blocks whose edges have more calls than their sites together run are likely to run more often.
void CallFlow::pull(const std::vector<SitedEdge>& edges) {
  for (Node& node : nodes_) node.pull = node.pulls = 0;
  for (const SitedEdge& edge : edges) {
    if (!edge.tells_counts || edge.shares.size() < 2) continue;
    double known = 0, open = 0;
    for (const auto& share : edge.shares) {
      const CallSite& site = sites_[share.site];
      (is_known(site) ? known : open) += at(site);
    }
    if (open <= 0) continue;
    // What the sites of which we know how often they run leave for the others.
    const double missing = std::log(std::max(edge.calls - known, edge.calls * 1e-3) / open);
    // Those that got nothing did not run, as far as this edge tells.
    const bool some_are_settled = std::ranges::any_of(edge.shares, &SitedEdge::Share::is_settled);
    for (const auto& share : edge.shares) {
      Node& node = nodes_[local(sites_[share.site].block)];
      if (node.known) continue;
      const double weight = some_are_settled ? 1 : share.part;
      node.pull += missing * weight;
      node.pulls += weight;
    }
  }
  for (Node& node : nodes_) {
    if (node.known || node.pulls == 0) continue;
    const bool may_repeat = scan_.blocks[node.block].kind == Block::Kind::loop;
    node.ratio = std::clamp(node.ratio * std::exp(0.7 * node.pull / node.pulls), 1e-4, may_repeat ? 1e6 : 1.0);
  }
}

void CallFlow::share(std::vector<SitedEdge>& edges) {
  note_certain(edges);
  find_only(edges);
  constexpr int turns = 8;
  for (int turn = 0; turn < turns; ++turn) {
    spread();
    for (SitedEdge& edge : edges) distribute(edge);
    if (turn + 1 < turns) pull(edges);
  }
}

}  // namespace profconv
