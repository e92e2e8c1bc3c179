#pragma once

#include <cstdint>
#include <vector>

#include "base/hash_tables.hpp"
#include "source/python_scan.hpp"

namespace profconv {

/// A place in a function that may make calls.
struct CallSite {
  std::uint32_t value = 0;  ///< Of the scan.
  std::uint32_t line = 0;
  std::uint32_t block = 0;
  double hits = -1;  ///< How often its line ran, where that was measured.
};

/// A call edge and the sites that may have made its calls.
struct SitedEdge {
  struct Share {
    std::uint32_t site;
    double weight;         ///< How well the site fits, relative to the others; from 0.9 on it is the callee's for sure.
    double part = 0;       ///< Of the edge's calls; all parts together are 1.
    bool is_only = false;  ///< The site runs whenever the function does, and may be no other callee's.
    bool is_settled = false;  ///< It runs whenever the function does, so its part is known.
    bool repeats = false;     ///< Each run makes any number of calls: `map(f, …)`.
  };
  double calls = 1;
  bool tells_counts = true;  ///< Each run of a site makes one call: resumed generators do not.
  bool one_a_run = false;    ///< No run of a site makes more than one, and calls and runs were counted.
  std::vector<Share> shares;
};

/// Shares the calls of each edge out over its sites.
///
/// Sites that are the callee's for sure make a call each time that they run, others what is left; those come first that
/// run whenever the function does.
/// Edges with a single site say how often the site's block ran. The function's own count, the structure of the blocks
/// (branches exclude each other, what leaves a block and the rest of it run together as often as the block) and these
/// counts bound the rest. What they leave open follows a rule: each branch of an `if` is as likely as the other and as
/// none, a loop runs three times, an exception handler one time in twenty; then the estimates are scaled, in turns,
/// until the sites of each edge make as many calls as it has. A loop around all of them, one of which runs each time
/// round, goes round more or less often before any of them is taken to be more or less likely.
class CallFlow {
 public:
  /// `outer`: for blocks of comprehensions that run as part of the function the block around them, else `none`.
  CallFlow(const PythonScan& scan, const std::vector<std::uint32_t>& outer, const std::vector<CallSite>& sites,
           double runs, const std::vector<std::pair<std::uint32_t, double>>& doubts);

  void share(std::vector<SitedEdge>& edges);

 private:
  struct Node {
    std::uint32_t block;
    std::uint32_t parent;  // local
    double ratio;          // runs per run of the parent, as far as known
    double runs = 0;
    double certain = 0;  // told by an edge
    double least = 0;    // told by what is inside
    double pull = 0;     // logarithm of how much too few runs it has
    double pulls = 0;
    bool in_handler = false;
    bool raises_out = false;  // leaves the function by an exception
    bool is_exact = false;    // certain, and the source says that the edge is called there
    bool known = false;       // as often as something certain
    bool is_full = false;     // as often as it can
    bool remains = false;     // a `rest`: as often as what leads past it, which is certain, leaves
  };
  static constexpr std::uint32_t none = PythonScan::none;

  std::uint32_t parent_of(std::uint32_t block) const;
  std::uint32_t local(std::uint32_t block) const;
  bool is_in_try(std::uint32_t block) const;
  bool note_certain(const SitedEdge& edge);
  void note_certain(const std::vector<SitedEdge>& edges);
  void note_around();
  bool note_remaining(const std::vector<SitedEdge>& edges);
  void note_surrounding();
  void note_least();
  void note_exits();
  double times(const Node& node) const;
  bool is_written_loop(const Node& node) const;
  std::uint32_t exit_before(const Node& node) const;
  bool is_only_exit(const Node& node) const;
  double known_runs(const Node& node) const;
  double most_runs(const Node& node, double above) const;
  void find_only(std::vector<SitedEdge>& edges) const;
  void spread();
  void distribute(SitedEdge& edge) const;
  double settle_always(SitedEdge& edge) const;
  bool runs_always(std::uint32_t site) const;
  void pull(const std::vector<SitedEdge>& edges, bool loops_first);
  void pull(const SitedEdge& edge, bool loops_first);
  std::uint32_t common_loop(const SitedEdge& edge) const;
  void follow_pull(Node& node);
  bool asks_again(std::uint32_t number) const;
  double at(std::uint32_t number) const;
  bool is_known(std::uint32_t site) const;  // how often it ran, apart from exceptions

  const PythonScan& scan_;
  const std::vector<std::uint32_t>& outer_;
  const std::vector<CallSite>& sites_;
  double runs_;
  bool counted_;
  std::vector<Node> nodes_;  // parents first
  NumberMap<std::uint32_t> by_block_;
  std::vector<std::uint32_t> node_of_;  // per site
  NumberMap<double> least_of_group_;    // by group: of its branches together
  NumberMap<double> least_before_;      // by block, a `rest`: of what led past it
};

}  // namespace profconv
