#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <profconv/profile.hpp>

namespace profconv {

/// Calls from the top, each path once.
struct CallTree {
  static constexpr std::uint32_t no_node = std::numeric_limits<std::uint32_t>::max();

  struct Node {
    FunctionId function;
    std::uint32_t parent = no_node;  ///< Index into `nodes`; `no_node` for the top.
    std::uint32_t depth = 0;
    bool proved = false;      ///< `total` is what was recorded for these calls (but for rounding), not a share: of the
                              ///< metric that decides,
    bool all_proved = false;  ///< and of all.
    bool recursion = false;   ///< The function is on the path already.
  };
  std::vector<Node> nodes;  ///< In the order of a walk from the top: a node, then its children, the costliest first.
  /// Row i belongs to nodes[i]; total = self + hidden + the totals of the children, for every metric but hits and
  /// gauges: of these a node has its function's own (of hits what the call to it led to, as far as it has its cost).
  CostTable self, total;
  /// From recorded stacks: every node is proved, and recursion is shown level by level.
  bool exact = false;
  CostTable hidden;      ///< Of callees that are not in the tree: too cheap, too deep, too many, or not recorded.
  CostTable unrecorded;  ///< The last part of that: inclusive cost that neither the function nor any call has.
};

struct CallTreeOptions {
  std::size_t metric = 0;          ///< Decides what is cheap.
  double threshold = 0.00001;      ///< Nodes that cost less than this part of the whole are hidden.
  std::uint32_t max_depth = 1000;  ///< Levels.
  std::size_t max_nodes = 100'000;
};

/// The call tree that a call graph suggests.
///
/// A call graph does not determine stacks. The assumption is that a function does the same whoever calls it: the cost
/// of a path's last function is shared over itself and its callees as its whole cost is. Counter-example: `a` calls
/// `f("small")` and `b` calls `f("big")`, and `f` calls `g` for "big" alone. Then `g`'s cost is all below `b > f`, and
/// the tree shows a part of it below `a > f`.
///
/// What does not need the assumption is `proved`: the cost of calls from a function to which only one path leads (it
/// and all above it have one caller each) or that was called once, if its own node is proved. A call of a function of
/// itself is part of it. Where functions call each other in a circle, a path goes on through those that it meets again
/// (`recursion`): what they cost themselves and what they called outside the circle is in the tree no more than once,
/// what was called once has run. There, only the costliest callee of the circle's top can be proved, if it was called
/// once. Memory and time are bounded by `max_nodes` and the size of the profile. REQUIRES: the profile has inclusive
/// costs.
CallTree estimate_call_tree(const Profile& profile, const CallTreeOptions& options);

/// The call tree that recorded stacks are; lines do not tell nodes apart. `threshold` is a part of all samples.
CallTree call_tree_of_stacks(const Profile& profile, const CallTreeOptions& options);

/// The best there is: of the stacks where they account for everything, else an estimate.
CallTree call_tree(const Profile& profile, const CallTreeOptions& options);

}  // namespace profconv
