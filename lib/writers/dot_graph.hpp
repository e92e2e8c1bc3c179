#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/dot.hpp>
#include <profconv/profile.hpp>

#include "model/call_totals.hpp"
#include "model/shares.hpp"

namespace profconv {

/// What is drawn of a profile: the choice of functions and calls, their weights and their order.
///
/// Source of the rules: gprof2dot.py, `Profile.prune`, `prune_root`, `prune_leaf`. A function or call exactly on a
/// threshold stays. Calls of one function by another from several lines are one edge.
class DotGraph {
 public:
  struct Node {
    FunctionId function;
    double share = 0;             ///< Of the inclusive cost in the whole.
    double self_share = 0;        ///< Of the self cost in all self costs.
    double weight = 0;            ///< For the colour.
    bool recursive = false;       ///< Calls itself.
    std::uint32_t circle = 0;     ///< Not 0: a number that functions which call each other in a circle share.
    std::uint32_t in_circle = 0;  ///< How many these are.
  };
  struct Edge {
    std::uint32_t from = 0, to = 0;  ///< Indexes into nodes().
    std::size_t first_call = 0;      ///< Row of Profile::calls; with the `calls` after it, one for each line.
    std::size_t calls = 0;
    Counts counts;
    std::int64_t total = 0;  ///< Of the measured metric.
    bool measured = true;    ///< Else nobody knows what calls cost, and `total` means nothing.
    bool estimated = false;  ///< Part of `total` is an estimate,
    bool by_counts = false;  ///< and was not recorded for any call.
    double share = 0;
  };

  /// REQUIRES: profile and options outlive the graph. Throws UsageError for a broken glob, Error when `root` or `leaf`
  /// match nothing.
  DotGraph(const Profile& profile, const DotOptions& options);

  /// Hottest first: by inclusive cost, then self cost, file, line and name.
  const std::vector<Node>& nodes() const noexcept { return nodes_; }
  /// By caller and callee.
  const std::vector<Edge>& edges() const noexcept { return edges_; }

  const Shares& shares() const noexcept { return shares_; }
  std::size_t metric() const noexcept { return metric_; }  ///< The measured one; there is none if the profile has none.
  std::size_t all_edges() const noexcept { return all_edges_; }
  /// Left out for `max_nodes`.
  std::size_t nodes_over_budget() const noexcept { return nodes_over_budget_; }
  std::size_t edges_over_budget() const noexcept { return edges_over_budget_; }

  /// Functions and calls as far as thresholds, paths and root have been applied: for lists.
  static std::vector<FunctionId> before_leaf(const Profile& profile, const DotOptions& options);

 private:
  enum class Stage : std::uint8_t { before_leaf, all };
  DotGraph(const Profile& profile, const DotOptions& options, Stage last);

  void choose_functions();
  void choose_calls();
  std::vector<FunctionId> keep_reachable(std::string_view selector, bool downwards);
  std::string hint_for(std::string_view selector) const;
  void apply_budget();
  void choose_within_budget();
  void choose_ways(std::vector<bool>& chosen, std::size_t& room);
  void number();
  void mark_recursion();
  std::int64_t cost(FunctionId function) const;
  std::int64_t self_cost(FunctionId function) const;
  bool is_used_up(FunctionId function) const;
  bool before(FunctionId a, FunctionId b) const;

  const Profile& p_;
  const DotOptions& options_;
  std::size_t metric_;
  Shares shares_;
  std::vector<bool> kept_;       // per function
  std::vector<double> weights_;  // per function
  std::vector<Edge> edges_;      // `from` and `to` are functions until number()
  std::vector<Node> nodes_;
  std::vector<FunctionId> roots_, leaves_;  // that `root` and `leaf` chose
  std::vector<std::uint32_t> callers_;      // per function, on a way to a leaf that is drawn; may be empty
  std::size_t all_edges_ = 0, nodes_over_budget_ = 0, edges_over_budget_ = 0;
};

}  // namespace profconv
