#include "transforms/call_lines/call_flow.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace profconv {
namespace {

using Block = PythonScan::Block;

constexpr double rarely = 0.05;
constexpr double step = 0.7;  // how much of what is missing is made up for in one turn

// Whether the source says that the site is the callee's.
bool is_sure(const SitedEdge::Share& share) {
  constexpr double least = 0.9;
  return share.weight >= least;
}

// How often a loop goes round at most, each time that it is come to.
double most_rounds(const Block& block) {
  return block.items == PythonScan::none ? std::numeric_limits<double>::infinity() : block.items;
}

// How often a block runs for each run of the one that it is in, apart from exceptions, where that is written there;
// else 0.
double written_ratio(const Block& block) {
  switch (block.kind) {
    case Block::Kind::body:  // of a comprehension that runs as part of the function
    case Block::Kind::always:
    case Block::Kind::attempt: return 1;
    case Block::Kind::loop: return block.items == PythonScan::none || block.is_cut ? 0 : block.items;
    default: return 0;
  }
}

// Whether nobody knows how often it goes round.
bool is_open_loop(const Block& block) { return block.kind == Block::Kind::loop && written_ratio(block) == 0; }

double first_ratio(const Block& block) {
  if (const double written = written_ratio(block); written > 0) return written;
  switch (block.kind) {
    case Block::Kind::branch:
    case Block::Kind::maybe:
    case Block::Kind::again: return block.unlikely || block.raises ? rarely / 2 : 0.5;
    case Block::Kind::rest: return block.unlikely || block.raises ? rarely : block.likely ? 1 - rarely : 0.5;
    case Block::Kind::loop: return std::min(3.0, most_rounds(block));
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
    const std::uint32_t parent = parent_of(block), around = parent == none ? none : local(parent);
    nodes_.push_back({block, around, first_ratio(scan.blocks[block])});
    Node& node = nodes_.back();
    node.in_handler = scan.blocks[block].kind == Block::Kind::handler || (around != none && nodes_[around].in_handler);
    node.raises_out = scan.blocks[block].raises && !is_in_try(block);
  }
  node_of_.reserve(sites.size());
  for (const CallSite& site : sites) node_of_.push_back(local(site.block));
  for (const auto& [block, factor] : doubts) {
    std::uint32_t node = local(block);
    while (node != none && times(nodes_[node]) > 0) node = nodes_[node].parent;  // which runs no less often
    if (node == none || nodes_[node].parent == none) continue;
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

// Whether a `try` of the function may catch what is raised there.
bool CallFlow::is_in_try(std::uint32_t block) const {
  for (; block != none; block = parent_of(block)) {
    if (scan_.blocks[block].kind == Block::Kind::attempt) return true;
  }
  return false;
}

std::uint32_t CallFlow::local(std::uint32_t block) const {
  const auto found = by_block_.find(block);
  return found == by_block_.end() ? none : found->second;
}

// What a loop goes through is asked once more than it gives, and a condition once more than it holds.
bool CallFlow::asks_again(std::uint32_t number) const {
  const Node& node = nodes_[node_of_[number]];
  const Block& block = scan_.blocks[node.block];
  if (block.kind != Block::Kind::loop || node.parent == none) return false;
  const PythonScan::Value& value = scan_.values[sites_[number].value];
  return sites_[number].value < block.test_end || (value.kind == PythonScan::Value::Kind::iterate && !value.unpacks());
}

// How often a site ran.
double CallFlow::at(std::uint32_t number) const {
  if (sites_[number].hits >= 0) return sites_[number].hits;
  const Node& node = nodes_[node_of_[number]];
  return asks_again(number) ? node.runs + nodes_[node.parent].runs : node.runs;
}

bool CallFlow::is_known(std::uint32_t site) const { return sites_[site].hits >= 0 || nodes_[node_of_[site]].known; }

// Edges whose sites are all in one block say how often it ran. False: it takes how often a loop is come to, which is
// not known yet.
bool CallFlow::note_certain(const SitedEdge& edge) {
  if (!edge.tells_counts || edge.shares.empty()) return true;
  const std::uint32_t block = sites_[edge.shares.front().site].block;
  const bool same =
      std::ranges::all_of(edge.shares, [&](const auto& share) { return sites_[share.site].block == block; });
  if (!same) return true;
  Node& node = nodes_[local(block)];
  if (node.parent == none && counted_) return true;  // as often as the function
  const bool any_sure = std::ranges::any_of(edge.shares, is_sure);
  double sites = 0, calls = edge.calls;
  for (const SitedEdge::Share& share : edge.shares) {
    if (any_sure && !is_sure(share)) continue;
    ++sites;
    if (!asks_again(share.site)) continue;
    const double around = known_runs(nodes_[node.parent]);
    if (around == 0) return false;
    calls -= around;
  }
  node.certain = std::max(node.certain, calls / sites);
  node.is_exact =
      node.is_exact || std::ranges::any_of(edge.shares, [&](const auto& share) {
        return is_sure(share) && scan_.values[sites_[share.site].value].kind == PythonScan::Value::Kind::call;
      });
  return true;
}

void CallFlow::note_certain(const std::vector<SitedEdge>& edges) {
  std::vector<const SitedEdge*> left;
  for (const SitedEdge& edge : edges) {
    if (!note_certain(edge)) left.push_back(&edge);
  }
  note_around();
  for (const SitedEdge* edge : left) note_certain(*edge);
  if (!left.empty()) note_around();
  if (note_remaining(edges)) note_around();
}

// What is told of blocks says something of those around them.
void CallFlow::note_around() {
  note_surrounding();
  note_least();
  note_exits();
  for (Node& node : nodes_) node.known = known_runs(node) > 0;
}

// Edges whose sites are the callee's for sure, and known but for those in one block, say how often that one ran.
bool CallFlow::note_remaining(const std::vector<SitedEdge>& edges) {
  bool any = false;
  for (const SitedEdge& edge : edges) {
    if (!edge.tells_counts || edge.shares.size() < 2 || !std::ranges::all_of(edge.shares, is_sure)) continue;
    std::uint32_t open = none;
    std::size_t sites = 0;
    double left = edge.calls;
    bool is_one = true;
    for (const SitedEdge::Share& share : edge.shares) {
      const std::uint32_t node = node_of_[share.site];
      if (sites_[share.site].hits >= 0) {
        left -= sites_[share.site].hits;
        continue;
      }
      if (asks_again(share.site)) left -= known_runs(nodes_[nodes_[node].parent]);
      if (nodes_[node].known) {
        left -= known_runs(nodes_[node]);
      } else {
        is_one = is_one && (open == none || open == node);
        open = node;
        ++sites;
      }
    }
    if (!is_one || open == none || left <= 0 || nodes_[open].certain > 0) continue;
    nodes_[open].certain = left / static_cast<double>(sites);
    any = true;
  }
  return any;
}

// Runs for each run of the block around; 0 if the source does not tell.
double CallFlow::times(const Node& node) const {
  return node.parent == none ? 0 : written_ratio(scan_.blocks[node.block]);
}

bool CallFlow::is_written_loop(const Node& node) const {
  return scan_.blocks[node.block].kind == Block::Kind::loop && times(node) > 0;
}

// What is around a `with`, a `try` or a loop over so many items runs as often as what is in it tells.
void CallFlow::note_surrounding() {
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    const Node& node = nodes_[i];
    if (times(node) == 0) continue;
    Node& around = nodes_[node.parent];
    const double certain = node.certain / times(node);
    if (certain <= around.certain || (around.parent == none && counted_)) continue;
    around.certain = certain;
    around.is_exact = node.is_exact;
  }
}

// What runs inside a block bounds how often it ran. Branches exclude each other, and what leaves a block excludes the
// rest of it: these add up.
void CallFlow::note_least() {
  for (Node& node : nodes_) node.least = 0;
  least_of_group_.clear();
  least_before_.clear();
  NumberMap<double> together;  // by the rest of a block: of that and of the branches that leave before it
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    Node& node = nodes_[i];
    const Block& block = scan_.blocks[node.block];
    node.least = std::max(node.least, node.certain);
    if (node.parent == none) continue;
    const auto at_least = [&](std::uint32_t around, double runs) {
      nodes_[around].least = std::max(nodes_[around].least, runs);
    };
    if (block.kind == Block::Kind::loop) {
      at_least(node.parent, node.least / most_rounds(block));
      continue;
    }
    at_least(node.parent, node.least);
    if (block.kind == Block::Kind::branch) at_least(node.parent, least_of_group_[block.group] += node.least);
    const std::uint32_t rest = block.kind == Block::Kind::rest ? static_cast<std::uint32_t>(i) : exit_before(node);
    if (rest != none) at_least(nodes_[rest].parent, together[rest] += node.least);
  }
  for (Node& node : nodes_) {
    const Block& block = scan_.blocks[node.block];
    if (block.rest == none || (node.certain == 0 && block.kind != Block::Kind::branch)) continue;
    least_before_[block.rest] += node.least;
    if (const std::uint32_t rest = local(block.rest); rest != none && node.certain > 0) nodes_[rest].remains = true;
  }
}

// Of a branch that leaves the block: what then does not run, as a node; `none` for others.
std::uint32_t CallFlow::exit_before(const Node& node) const {
  const Block& block = scan_.blocks[node.block];
  return block.kind == Block::Kind::branch && block.rest != none ? local(block.rest) : none;
}

// A block is left by its only exit as often as the rest of it does not run.
void CallFlow::note_exits() {
  for (Node& node : nodes_) {
    const std::uint32_t rest = exit_before(node);
    if (node.certain > 0 || rest == none || !nodes_[rest].is_exact || !is_only_exit(node)) continue;
    const double around = known_runs(nodes_[nodes_[rest].parent]);
    if (around > 0) node.certain = std::max(around - nodes_[rest].certain, node.least);
  }
}

// 0 if unknown.
double CallFlow::known_runs(const Node& node) const {
  if (node.certain > 0) return node.certain;
  if (node.parent == none) return counted_ ? runs_ : 0;
  return times(node) > 0 ? times(node) * known_runs(nodes_[node.parent]) : 0;
}

// Whether no other branch, with calls or without, leads past the same rest.
bool CallFlow::is_only_exit(const Node& node) const {
  const std::uint32_t rest = scan_.blocks[node.block].rest;
  // Blocks have the order of the text.
  for (std::uint32_t block = parent_of(rest) + 1; block < rest; ++block) {
    if (scan_.blocks[block].rest == rest && block != node.block) return false;
  }
  return true;
}

// How often a block can have run, as far as what excludes it tells.
double CallFlow::most_runs(const Node& node, double above) const {
  const Block& block = scan_.blocks[node.block];
  const auto less = [&](double others) { return std::max(above - others, above * 0.01); };
  double most = above;
  if (block.kind == Block::Kind::loop) return above * most_rounds(block);
  if (block.kind == Block::Kind::rest && least_before_.contains(node.block)) most = less(least_before_.at(node.block));
  if (block.kind == Block::Kind::branch) most = less(least_of_group_.at(block.group) - node.least);
  if (const std::uint32_t rest = exit_before(node); rest != none && nodes_[nodes_[rest].parent].known) {
    const double others = nodes_[rest].least + least_before_.at(block.rest) - node.least;
    most = std::min(most, std::max(nodes_[nodes_[rest].parent].runs - others, 0.0));
  }
  return node.raises_out && counted_ ? std::min(most, runs_) : most;
}

void CallFlow::spread() {
  for (Node& node : nodes_) {
    const double above = node.parent == none ? runs_ : nodes_[node.parent].runs;
    if (node.certain > 0) {
      node.runs = node.certain;
      continue;
    }
    const double most = most_runs(node, above);
    const double likely = node.remains ? most : std::min(above * node.ratio, most);
    node.runs = std::max({likely, node.least, 1e-6});
    node.is_full = node.runs >= most && (node.parent == none || nodes_[node.parent].known);
  }
}

// Whether it runs whenever the function does, or so many times, apart from exceptions.
bool CallFlow::runs_always(std::uint32_t site) const {
  for (std::uint32_t node = node_of_[site]; counted_ && node != none; node = nodes_[node].parent) {
    if (nodes_[node].parent == none) return true;
    if (times(nodes_[node]) == 0) return false;
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
                      scan_.values[site.value].kind == PythonScan::Value::Kind::call && runs_always(share.site);
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
    if (!may_settle || !runs_always(share.site)) continue;
    settled[i] = true;
    always += at(share.site);
    all_sure = all_sure && is_its_own(share);
  }
  const double left = edge.calls - always;
  if (always == 0 || (!all_sure && std::abs(left) > tolerance * always)) return edge.calls;
  for (std::size_t i = 0; i < edge.shares.size(); ++i) {
    edge.shares[i].is_settled = settled[i];
    if (settled[i]) edge.shares[i].part = at(edge.shares[i].site) / std::max(always, edge.calls);
  }
  return left <= tolerance * always ? 0 : left;
}

// A site that is the callee's for sure makes a call each time that it runs. What is left may be made by the others,
// when they run, and what is left of that by those that may run more often than is known.
void CallFlow::distribute(SitedEdge& edge) const {
  for (auto& share : edge.shares) share.is_settled = false;
  const double calls_left = edge.shares.size() > 1 ? settle_always(edge) : edge.calls;
  const auto runs = [&](const SitedEdge::Share& share) { return std::max(at(share.site), 1e-9); };
  double sure_runs = 0, other_runs = 0, other_weights = 0, open_weights = 0, weights = 0;
  for (const auto& share : edge.shares) {
    if (share.is_settled) continue;
    const double weight = share.weight * runs(share);
    weights += weight;
    if (!is_known(share.site)) open_weights += weight;
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
    if (!only_open || !is_known(share.site)) calls += rest * weight / (only_open ? open_weights : weights);
    share.part = calls / edge.calls;
  }
}

// Blocks whose edges have more calls than their sites together run are likely to run more often.
void CallFlow::pull(const std::vector<SitedEdge>& edges, bool loops_first) {
  for (Node& node : nodes_) node.pull = node.pulls = 0;
  for (const SitedEdge& edge : edges) {
    const bool is_open = edge.shares.size() > 1 || (!edge.shares.empty() && asks_again(edge.shares.front().site));
    if (edge.tells_counts && is_open) pull(edge, loops_first);
  }
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    if (!nodes_[i].known && nodes_[i].pulls != 0) follow_pull(nodes_[i]);
  }
}

// The innermost loop of which nobody knows how often it goes round, around all sites of the edge that are not known, if
// one of them runs nearly each time round; else `none`.
std::uint32_t CallFlow::common_loop(const SitedEdge& edge) const {
  constexpr double nearly_always = 0.9;
  std::vector<std::uint32_t> open;  // the nodes of these sites
  for (const SitedEdge::Share& share : edge.shares) {
    if (!is_known(share.site)) open.push_back(node_of_[share.site]);
  }
  if (open.empty()) return none;
  std::uint32_t around = open.front();  // all of them
  for (std::uint32_t other : open) {
    while (around != other && around != none && other != none) {  // parents come first
      std::uint32_t& inner = around > other ? around : other;
      inner = nodes_[inner].parent;
    }
    if (around != other) return none;
  }
  std::uint32_t loop = open.front();
  const auto is_loop = [&] { return loop <= around && is_open_loop(scan_.blocks[nodes_[loop].block]); };
  while (loop != none && !nodes_[loop].known && !is_loop()) loop = nodes_[loop].parent;
  if (loop == none || nodes_[loop].known) return none;
  const auto runs_nearly_always = [&](std::uint32_t node) {
    double ratio = 1;  // per round of the loop
    for (; node != loop; node = nodes_[node].parent) ratio *= nodes_[node].ratio;
    return ratio >= nearly_always;
  };
  return std::ranges::any_of(open, runs_nearly_always) ? loop : none;
}

void CallFlow::pull(const SitedEdge& edge, bool loops_first) {
  double known = 0, full = 0, open = 0;
  const bool any_sure = std::ranges::any_of(edge.shares, is_sure);
  for (const auto& share : edge.shares) {
    const std::uint32_t site = share.site;
    // It may have called something else each time.
    if (any_sure && !is_sure(share) && !share.repeats && is_known(site)) continue;
    (is_known(site) ? known : nodes_[node_of_[site]].is_full ? full : open) += at(site);
  }
  // What runs as often as it can may still run less often.
  (known + full + open < edge.calls ? known : open) += full;
  if (open <= 0) return;
  // What the sites of which we know how often they run leave for the others.
  const double missing = std::log(std::max(edge.calls - known, edge.calls * 1e-3) / open);
  if (const std::uint32_t loop = loops_first ? common_loop(edge) : none; loop != none) {
    nodes_[loop].pull += missing / step;  // nothing holds it back but other edges
    ++nodes_[loop].pulls;
    return;
  }
  // Those that got nothing did not run, as far as this edge tells.
  const bool some_are_settled = std::ranges::any_of(edge.shares, &SitedEdge::Share::is_settled);
  for (const auto& share : edge.shares) {
    Node& node = nodes_[node_of_[share.site]];
    if (node.known) continue;
    const double weight = some_are_settled ? 1 : share.part;
    node.pull += missing * weight;
    node.pulls += weight;
  }
}

// What would have to run more often than a handler that it is in allows, has that run more often: how rare exceptions
// are is a guess. So is how often that is come to which runs each time, or so many times: a `try`, a loop over items.
void CallFlow::follow_pull(Node& node) {
  const Block& block = scan_.blocks[node.block];
  const bool is_written = times(node) > 0;
  const double ratio = node.ratio * std::exp(step * node.pull / node.pulls);
  const double most = block.kind == Block::Kind::loop ? std::min(most_rounds(block), 1e6) : 1.0;
  if (!is_written) node.ratio = std::clamp(ratio, 1e-4, most);
  if (node.parent == none || nodes_[node.parent].known) return;
  Node& around = nodes_[node.parent];
  if (!is_written && (ratio <= most || !around.in_handler)) return;
  around.pull += std::log(ratio / most) / step * node.pulls;
  around.pulls += node.pulls;
}

void CallFlow::share(std::vector<SitedEdge>& edges) {
  note_certain(edges);
  find_only(edges);
  constexpr int turns = 8;
  for (int turn = 0; turn < turns; ++turn) {
    spread();
    for (SitedEdge& edge : edges) distribute(edge);
    if (turn + 1 < turns) pull(edges, turn % 2 == 0);
  }
}

}  // namespace profconv
