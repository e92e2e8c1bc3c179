#include "writers/dot_graph.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include <profconv/error.hpp>

#include "base/group_rows.hpp"
#include "base/visible.hpp"
#include "model/call_graph.hpp"
#include "model/checked.hpp"
#include "writers/dot_names.hpp"
#include "writers/dot_ways.hpp"

namespace profconv {

DotGraph::DotGraph(const Profile& profile, const DotOptions& options) : DotGraph(profile, options, Stage::all) {}

DotGraph::DotGraph(const Profile& profile, const DotOptions& options, Stage last)
    : p_(profile),
      options_(options),
      metric_(main_metric(profile)),
      shares_(profile, metric_),
      kept_(profile.functions.size(), true) {
  choose_functions();
  choose_calls();
  if (!options.root.empty()) roots_ = keep_reachable(options.root, true);
  if (last == Stage::before_leaf) return;
  if (!options.leaf.empty()) leaves_ = keep_reachable(options.leaf, false);
  apply_budget();
  number();
  mark_recursion();
}

std::int64_t DotGraph::cost(FunctionId f) const {
  return p_.total.empty() ? self_cost(f) : p_.total.at(index(f), metric_);
}
std::int64_t DotGraph::self_cost(FunctionId f) const { return p_.self.empty() ? 0 : p_.self.at(index(f), metric_); }

// Nothing is left of it: what was recorded is all in its copies.
bool DotGraph::is_used_up(FunctionId f) const {
  return !p_.counts.empty() && p_.counts[index(f)].calls == 0 && cost(f) == 0 && self_cost(f) == 0;
}

void DotGraph::choose_functions() {
  const std::size_t n = p_.functions.size();
  const bool has_copies = std::ranges::any_of(p_.functions, [](const Function& f) { return f.context != StringId{}; });
  double hottest_self = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    const FunctionId f{i};
    const std::string_view file = p_.text(p_.functions[i].file);
    const bool cheap = !p_.total.empty() && shares_.of_whole(cost(f)) < options_.node_percent / 100;
    const bool elsewhere =
        !options_.paths.empty() && !file.empty() &&
        std::ranges::none_of(options_.paths, [&](const std::string& path) { return file.starts_with(path); });
    kept_[i] = !cheap && !elsewhere && !(has_copies && is_used_up(f));
    if (kept_[i]) hottest_self = std::max(hottest_self, shares_.of_self(self_cost(f)));
  }
  weights_.resize(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    const FunctionId f{i};
    const bool by_self = options_.color_by_self && hottest_self > 0;
    weights_[i] = by_self ? shares_.of_self(self_cost(f)) / hottest_self : shares_.of_whole(cost(f));
  }
}

// Of a big profile few are drawn: the others are only counted.
void DotGraph::choose_calls() {
  const CallTotals totals(p_);
  const bool measured = !p_.call_total.empty() || !p_.total.empty();
  for (std::size_t first = 0, end = 0; first < p_.calls.size(); first = end) {
    const Call& c = p_.calls[first];
    for (end = first + 1; end < p_.calls.size(); ++end) {
      if (p_.calls[end].caller != c.caller || p_.calls[end].callee != c.callee) break;
    }
    ++all_edges_;
    if (!kept_[index(c.caller)] || !kept_[index(c.callee)]) continue;

    Edge edge;
    edge.from = static_cast<std::uint32_t>(c.caller);
    edge.to = static_cast<std::uint32_t>(c.callee);
    edge.first_call = first;
    edge.calls = end - first;
    edge.counts = {0, 0};
    edge.measured = measured;
    for (std::size_t i = first; i < end; ++i) {
      if (!add_counts_checked(edge.counts, p_.call_counts.empty() ? Counts{} : p_.call_counts[i])) edge.counts = {};
      if (p_.metrics.empty()) continue;
      // Recorded in parts, together more than 64 bits: more than the whole in any case.
      if (!combine_checked(edge.total, totals.row(i)[metric_], p_.metrics[metric_].combine))
        edge.total = shares_.whole();
      edge.estimated |= p_.is_estimate(i, metric_);
      edge.by_counts |= p_.is_estimate(i, metric_) && !p_.is_share(i);
    }
    // What is not known must not be pruned for costing nothing.
    edge.share = measured ? shares_.of_whole(edge.total)
                          : std::min(shares_.of_whole(cost(c.caller)), shares_.of_whole(cost(c.callee)));
    if (measured && edge.share < options_.edge_percent / 100) continue;
    edges_.push_back(edge);
  }
}

// Keeps what the selector chooses and what can be reached from it within `depth` calls; returns the former.
std::vector<FunctionId> DotGraph::keep_reachable(std::string_view selector, bool downwards) {
  std::vector<FunctionId> shown;
  for (std::uint32_t i = 0; i < kept_.size(); ++i) {
    if (kept_[i]) shown.push_back(FunctionId{i});
  }
  std::vector<FunctionId> chosen = DotNames(p_, shown).chosen(selector);
  if (chosen.empty()) {
    throw Error(std::string(downwards ? "no root function matches " : "no leaf function matches ") + quoted(selector),
                hint_for(selector));
  }

  std::vector<bool> reached(kept_.size(), false);
  std::vector<std::uint32_t> frontier;
  for (const FunctionId f : chosen) {
    reached[index(f)] = true;
    frontier.push_back(static_cast<std::uint32_t>(f));
  }
  std::vector<std::uint32_t> first, by_source;
  group_rows(
      edges_.size(), kept_.size(), [&](std::uint32_t e) { return downwards ? edges_[e].from : edges_[e].to; }, first,
      by_source);

  // In levels: each function is met by a shortest way first.
  for (int level = 0; !frontier.empty() && level != options_.depth; ++level) {
    std::vector<std::uint32_t> found;
    for (const std::uint32_t f : frontier) {
      for (std::size_t k = first[f]; k < first[f + 1]; ++k) {
        const Edge& e = edges_[by_source[k]];
        const std::uint32_t other = downwards ? e.to : e.from;
        if (reached[other]) continue;
        reached[other] = true;
        found.push_back(other);
      }
    }
    frontier = std::move(found);
  }
  kept_ = std::move(reached);
  std::erase_if(edges_, [&](const Edge& e) { return !kept_[e.from] || !kept_[e.to]; });
  return chosen;
}

// What to do about a selector that chooses nothing of what is left.
std::string DotGraph::hint_for(std::string_view selector) const {
  std::vector<FunctionId> all;
  for (std::uint32_t i = 0; i < kept_.size(); ++i) all.push_back(FunctionId{i});
  if (DotNames(p_, all).chosen(selector).empty()) {
    const std::string brackets = selector.find('[') == selector.npos ? "" : "; in a glob [[] is a bracket";
    return "--list-functions shows the names" + brackets;
  }
  if (roots_.empty() && options_.paths.empty())
    return "it is below the thresholds: --node-thres 0 and --edge-thres 0 keep all";
  return "it is left out by the root, the paths or the thresholds: --node-thres 0 and --edge-thres 0 keep all";
}

bool DotGraph::before(FunctionId a, FunctionId b) const {
  if (!p_.metrics.empty()) {
    const std::int64_t costs[] = {cost(a), cost(b), self_cost(a), self_cost(b)};
    if (costs[0] != costs[1]) return costs[0] > costs[1];
    if (costs[2] != costs[3]) return costs[2] > costs[3];
  }
  const Function &f = p_.function(a), &g = p_.function(b);
  const auto key = [&](const Function& h) {
    return std::tuple(p_.text(h.file), h.line, p_.text(h.name), p_.text(h.qualified), p_.text(h.context));
  };
  return key(f) < key(g);
}

// Of too many functions those that were asked for, then those on the ways to leaves, then the hottest.
void DotGraph::choose_within_budget() {
  std::vector<bool> chosen(kept_.size(), false);
  std::size_t room = options_.max_nodes;
  const auto choose = [&](FunctionId f) {
    if (room == 0 || chosen[index(f)]) return;
    chosen[index(f)] = true;
    --room;
  };
  std::vector<bool> is_asked_for(kept_.size(), false);
  for (const FunctionId f : roots_) is_asked_for[index(f)] = true;
  for (const FunctionId f : leaves_) is_asked_for[index(f)] = true;
  for (const Node& node : nodes_) {
    if (is_asked_for[index(node.function)]) choose(node.function);
  }
  if (!leaves_.empty()) choose_ways(chosen, room);
  for (const Node& node : nodes_) choose(node.function);

  nodes_over_budget_ = nodes_.size() - options_.max_nodes;
  kept_ = std::move(chosen);
  std::erase_if(nodes_, [&](const Node& node) { return !kept_[index(node.function)]; });
  std::erase_if(edges_, [&](const Edge& e) { return !kept_[e.from] || !kept_[e.to]; });
}

// Chooses what lies between the roots, or what nobody calls, and the leaves: from each leaf upwards, so that what has
// room hangs together.
void DotGraph::choose_ways(std::vector<bool>& chosen, std::size_t& room) {
  std::vector<bool> is_start(kept_.size(), roots_.empty()), is_leaf(kept_.size(), false);
  for (const FunctionId f : roots_) is_start[index(f)] = kept_[index(f)];
  for (const FunctionId f : leaves_) is_leaf[index(f)] = true;
  if (roots_.empty()) {
    for (const Edge& e : edges_) {
      if (e.from != e.to) is_start[e.to] = false;
    }
  }
  std::vector<std::uint32_t> order;
  for (const Node& node : nodes_) order.push_back(static_cast<std::uint32_t>(node.function));
  const std::vector<std::uint32_t> callers = costliest_callers(edges_, order, is_start);
  callers_.assign(kept_.size(), no_caller);
  for (const std::uint32_t leaf : order) {
    if (!is_leaf[leaf] || !chosen[leaf]) continue;
    for (std::uint32_t f = leaf; callers[f] != no_caller && callers_[f] == no_caller; f = callers[f]) {
      if (!chosen[callers[f]]) {
        if (room == 0) return;
        chosen[callers[f]] = true;
        --room;
      }
      callers_[f] = callers[f];
    }
  }
}

void DotGraph::apply_budget() {
  for (std::uint32_t i = 0; i < kept_.size(); ++i) {
    if (kept_[i]) nodes_.push_back({.function = FunctionId{i}});
  }
  std::ranges::sort(nodes_, [&](const Node& a, const Node& b) { return before(a.function, b.function); });
  if (options_.max_nodes == 0) return;
  if (nodes_.size() > options_.max_nodes) choose_within_budget();
  const std::size_t most_edges = std::min(options_.max_nodes, edges_.size()) * DotOptions::edges_per_node;
  if (edges_.size() <= most_edges) return;
  edges_over_budget_ = edges_.size() - most_edges;

  // The costliest call to each function comes first, or that on the way to a leaf, so that each hangs together with who
  // calls it most; then all others.
  std::vector<std::uint32_t> rank(
      kept_.size());  // functions in the order of the nodes: a key that does not depend on ids
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) rank[index(nodes_[i].function)] = i;
  std::ranges::sort(edges_, [&](const Edge& a, const Edge& b) {
    return a.total != b.total ? a.total > b.total
                              : std::pair(rank[a.from], rank[a.to]) < std::pair(rank[b.from], rank[b.to]);
  });
  std::vector<bool> called(kept_.size(), false);
  std::stable_partition(edges_.begin(), edges_.end(), [&](const Edge& e) {
    if (e.from == e.to || called[e.to]) return false;
    if (!callers_.empty() && callers_[e.to] != no_caller && callers_[e.to] != e.from) return false;
    called[e.to] = true;
    return true;
  });
  edges_.resize(most_edges);
}

void DotGraph::number() {
  std::vector<std::uint32_t> numbers(p_.functions.size());
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    numbers[index(node.function)] = i;
    node.weight = weights_[index(node.function)];
    if (p_.metrics.empty()) continue;
    node.share = shares_.of_whole(cost(node.function));
    node.self_share = shares_.of_self(self_cost(node.function));
  }
  for (Edge& e : edges_) {
    e.from = numbers[e.from];
    e.to = numbers[e.to];
  }
  std::ranges::sort(edges_, {}, [](const Edge& e) { return std::pair(e.from, e.to); });
}

// Circles of what is drawn: through a function that is left out nobody could follow them.
void DotGraph::mark_recursion() {
  Profile drawn;
  drawn.functions.resize(nodes_.size());
  for (const Edge& e : edges_) {
    drawn.calls.push_back({FunctionId{e.from}, FunctionId{e.to}});
    if (e.from == e.to) nodes_[e.from].recursive = true;
  }
  const CallGraph graph(drawn);
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    if (!graph.in_cycle(FunctionId{i})) continue;
    nodes_[i].circle = graph.component(FunctionId{i}) + 1;
    nodes_[i].in_circle = graph.size(graph.component(FunctionId{i}));
  }
}

std::vector<FunctionId> DotGraph::before_leaf(const Profile& profile, const DotOptions& options) {
  const DotGraph graph(profile, options, Stage::before_leaf);
  std::vector<FunctionId> functions;
  for (std::uint32_t i = 0; i < graph.kept_.size(); ++i) {
    if (graph.kept_[i]) functions.push_back(FunctionId{i});
  }
  std::ranges::sort(functions, [&](FunctionId a, FunctionId b) { return graph.before(a, b); });
  return functions;
}

}  // namespace profconv
