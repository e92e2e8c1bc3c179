#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "base/hash_tables.hpp"
#include "model/call_tree.hpp"
#include "model/checked.hpp"
#include "model/from_stacks.hpp"
#include "model/shares.hpp"

namespace profconv {
namespace {

/// Stack prefixes without their lines.
struct Paths {
  std::vector<std::uint32_t> parent;  // CallTree::no_node for the top
  std::vector<FunctionId> function;
  CostTable self, total;
  std::vector<std::vector<std::uint32_t>> children;
  std::vector<std::uint32_t> top;
};

void add(const Profile& p, std::span<std::int64_t> sums, std::span<const std::int64_t> costs) {
  for (std::size_t m = 0; m < sums.size(); ++m) {
    if (!combine_checked(sums[m], costs[m], p.metrics[m].combine))
      throw Error("the costs of all stacks together do not fit 64 bits");
  }
}

// Hits are a function's own: they are not part of its callers' unless they are all there is to show.
void passed_on(const Profile& p, std::size_t main, std::span<const std::int64_t> total,
               std::vector<std::int64_t>& cost) {
  cost.assign(total.begin(), total.end());
  const std::optional<std::size_t> hits = p.metric(hits_metric.name);
  if (hits && *hits != main) cost[*hits] = 0;
}

Paths paths_of(const Profile& p, std::size_t main) {
  Paths paths;
  NumberMap<std::uint32_t> known;  // parent and function
  std::vector<std::uint32_t> path_of_node;
  path_of_node.reserve(p.nodes.size());
  for (const Node& node : p.nodes) {
    const std::uint32_t parent = node.parent == no_parent ? CallTree::no_node : path_of_node[index(node.parent)];
    const std::uint64_t key = pair_of(parent, static_cast<std::uint32_t>(node.function));
    const auto [found, is_new] = known.try_emplace(key, static_cast<std::uint32_t>(paths.parent.size()));
    if (is_new) {
      paths.parent.push_back(parent);
      paths.function.push_back(node.function);
      paths.children.emplace_back();
      (parent == CallTree::no_node ? paths.top : paths.children[parent]).push_back(found->second);
    }
    path_of_node.push_back(found->second);
  }
  paths.self = CostTable(p.metrics.size());
  paths.self.resize(paths.parent.size(), 0);
  for (std::size_t i = 0; i < p.samples.size(); ++i)
    add(p, paths.self.row(path_of_node[index(p.samples[i].leaf)]), p.sample_cost.row(i));
  paths.total = paths.self;
  std::vector<std::int64_t> cost;
  for (std::size_t i = paths.parent.size(); i-- > 0;) {
    if (paths.parent[i] == CallTree::no_node) continue;
    passed_on(p, main, paths.total.row(i), cost);
    add(p, paths.total.row(paths.parent[i]), cost);
  }
  return paths;
}

}  // namespace

CallTree call_tree_of_stacks(const Profile& profile, const CallTreeOptions& options) {
  const std::size_t metrics = profile.metrics.size();
  Paths paths = paths_of(profile, options.metric);
  const Shares shares(profile, options.metric);
  CallTree tree;
  tree.exact = true;
  for (CostTable* table : {&tree.self, &tree.total, &tree.hidden, &tree.unrecorded}) *table = CostTable(metrics);

  struct Pending {
    std::uint32_t path, parent, depth;
  };
  std::vector<Pending> pending;  // a stack: the last one comes first
  const auto cost = [&](std::uint32_t path) { return paths.total.at(path, options.metric); };
  const auto push = [&](std::vector<std::uint32_t>& below, std::uint32_t parent, std::uint32_t depth) {
    std::ranges::stable_sort(below, std::greater<>{}, cost);
    for (std::size_t i = below.size(); i-- > 0;) pending.push_back({below[i], parent, depth});
  };
  std::vector<std::int64_t> part;
  const auto hide = [&](const Pending& next) {
    if (next.parent == CallTree::no_node) return;
    passed_on(profile, options.metric, paths.total.row(next.path), part);
    add(profile, tree.hidden.row(next.parent), part);
  };
  push(paths.top, CallTree::no_node, 0);
  while (!pending.empty()) {
    const Pending next = pending.back();
    pending.pop_back();
    const std::int64_t total = cost(next.path);
    if (total <= 0 || shares.of_whole(total) < options.threshold || next.depth >= options.max_depth ||
        tree.nodes.size() >= options.max_nodes) {
      hide(next);
      continue;
    }
    const auto node = static_cast<std::uint32_t>(tree.nodes.size());
    tree.nodes.push_back({paths.function[next.path], next.parent, next.depth, true, true, false});
    tree.self.append(paths.self.row(next.path));
    tree.total.append(paths.total.row(next.path));
    for (CostTable* table : {&tree.hidden, &tree.unrecorded}) table->append(std::vector<std::int64_t>(metrics, 0));
    push(paths.children[next.path], node, next.depth + 1);
  }
  return tree;
}

CallTree call_tree(const Profile& profile, const CallTreeOptions& options) {
  return has_complete_stacks(profile) ? call_tree_of_stacks(profile, options) : estimate_call_tree(profile, options);
}

}  // namespace profconv
