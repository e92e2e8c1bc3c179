#include "writers/dot_graph.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>

#include <profconv/error.hpp>

#include "base/visible.hpp"
#include "model/call_graph.hpp"
#include "model/checked.hpp"
#include "writers/dot_names.hpp"

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
  if (!options.root.empty()) keep_reachable(options.root, true);
  if (last == Stage::before_leaf) return;
  if (!options.leaf.empty()) keep_reachable(options.leaf, false);
  apply_budget();
  number();
  mark_recursion();
}

std::int64_t DotGraph::cost(FunctionId f) const {
  return p_.total.empty() ? self_cost(f) : p_.total.at(index(f), metric_);
}
std::int64_t DotGraph::self_cost(FunctionId f) const { return p_.self.empty() ? 0 : p_.self.at(index(f), metric_); }

void DotGraph::choose_functions() {
  const std::size_t n = p_.functions.size();
  double hottest_self = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    const FunctionId f{i};
    const std::string_view file = p_.text(p_.functions[i].file);
    const bool cheap = !p_.total.empty() && shares_.of_whole(cost(f)) < options_.node_percent / 100;
    const bool elsewhere =
        !options_.paths.empty() && !file.empty() &&
        std::ranges::none_of(options_.paths, [&](const std::string& path) { return file.starts_with(path); });
    kept_[i] = !cheap && !elsewhere;
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
      edge.estimated |= p_.call_total.empty() || p_.call_total.at(i, metric_) == not_measured;
    }
    // What is not known must not be pruned for costing nothing.
    edge.share = measured ? shares_.of_whole(edge.total)
                          : std::min(shares_.of_whole(cost(c.caller)), shares_.of_whole(cost(c.callee)));
    if (measured && edge.share < options_.edge_percent / 100) continue;
    edges_.push_back(edge);
  }
}

// Keeps the matches and what can be reached from them within `depth` calls.
void DotGraph::keep_reachable(std::string_view glob, bool downwards) {
  std::vector<FunctionId> shown;
  for (std::uint32_t i = 0; i < kept_.size(); ++i) {
    if (kept_[i]) shown.push_back(FunctionId{i});
  }
  const DotNames names(p_, shown);
  const Pattern pattern = Pattern::glob(glob);
  std::vector<std::uint32_t> frontier;
  std::vector<bool> reached(kept_.size(), false);
  for (const FunctionId f : shown) {
    if (!names.matches(pattern, f)) continue;
    reached[index(f)] = true;
    frontier.push_back(static_cast<std::uint32_t>(f));
  }
  if (frontier.empty()) {
    throw Error(
        std::string(downwards ? "no root function matches " : "no leaf function matches ") + quoted(glob),
        "it may be below the thresholds: --node-thres 0 and --edge-thres 0 keep all; --list-functions shows the names");
  }

  const auto source = [&](const Edge& e) { return downwards ? e.from : e.to; };
  std::vector<std::size_t> first(kept_.size() + 1, 0);
  for (const Edge& e : edges_) ++first[source(e) + 1];
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<std::uint32_t> by_source(edges_.size());
  std::vector<std::size_t> next(first.begin(), first.end() - 1);
  for (std::uint32_t i = 0; i < edges_.size(); ++i) by_source[next[source(edges_[i])]++] = i;

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

void DotGraph::apply_budget() {
  for (std::uint32_t i = 0; i < kept_.size(); ++i) {
    if (kept_[i]) nodes_.push_back({.function = FunctionId{i}});
  }
  std::ranges::sort(nodes_, [&](const Node& a, const Node& b) { return before(a.function, b.function); });
  if (options_.max_nodes == 0) return;
  if (nodes_.size() > options_.max_nodes) {
    nodes_over_budget_ = nodes_.size() - options_.max_nodes;
    for (std::size_t i = options_.max_nodes; i < nodes_.size(); ++i) kept_[index(nodes_[i].function)] = false;
    nodes_.resize(options_.max_nodes);
    std::erase_if(edges_, [&](const Edge& e) { return !kept_[e.from] || !kept_[e.to]; });
  }
  const std::size_t most_edges = options_.max_nodes * DotOptions::edges_per_node;
  if (edges_.size() <= most_edges) return;
  edges_over_budget_ = edges_.size() - most_edges;

  // The costliest call to each function comes first, so that each hangs together with who calls it most; then all
  // others.
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
    if (graph.in_cycle(FunctionId{i})) nodes_[i].circle = graph.component(FunctionId{i}) + 1;
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
