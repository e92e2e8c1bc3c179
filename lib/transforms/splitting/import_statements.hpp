#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "transforms/splitting/context_graph.hpp"
#include "transforms/splitting/import_tree.hpp"
#include "transforms/splitting/import_walk.hpp"

namespace profconv {

/// What the import statements of the sources say about an ImportTree.
///
/// A module was loaded by a call into the machinery from code that has a statement which names it, or from code that is
/// not known to have none: code without source, and what imports by a name that it computes. Of these calls only those
/// count that had the time.
class ImportStatements : private ImportWalk {
 public:
  /// REQUIRES: the graph, with the copies that it has by now, is of the program's profile.
  ImportStatements(const Program& program, const ContextGraph& graph, ImportTree& tree);

  /// Decides modules that a single call can have loaded, and those whose first import in the order of execution is
  /// certain: the statement runs whenever its module does, which was loaded at a proved point of that order, and
  /// whatever else may have loaded the module stands in code that was loaded later. Whether anything was decided.
  bool decide();
  /// Gives every other module to the import that the walk through the statements comes to first. An estimate.
  void estimate();

 private:
  struct Candidate {
    std::uint32_t entry;
    std::uint32_t file;
    bool in_function;
    friend bool operator==(const Candidate&, const Candidate&) = default;
  };
  struct Reached {  // by the walk
    std::uint32_t entry = none;
    bool certain = false;  // the statement runs whenever the module does
    std::size_t at = 0;    // in the order of the loads
  };
  static constexpr std::uint32_t none = Program::none;
  static constexpr std::size_t unknown = 0, ever = std::numeric_limits<std::size_t>::max();

  void find_bodies();
  void find_entries();
  void find_candidates();
  bool loads(const Load& load) override;
  std::uint32_t entry_of(const Load& load) const;
  bool is_certain(const Load& load) const;
  bool anybody_fits(std::uint32_t body, std::size_t before) const;
  bool may_run(std::uint32_t file, std::size_t before) const;
  bool is_first(std::uint32_t body) const;
  bool decide_single();
  bool decide_by_order();

  const ContextGraph& g_;
  ImportTree& tree_;
  std::vector<std::uint32_t> body_of_;                  // per file: index of tree_.bodies()
  std::vector<std::vector<std::uint32_t>> entries_of_;  // per function of the profile
  std::vector<std::uint32_t> anybodys_;                 // entries of code that may import anything, the longest first
  std::vector<std::vector<Candidate>> candidates_;      // per body
  std::vector<Reached> reached_;                        // per body
  std::vector<std::size_t> loaded_at_;                  // per file: when, where that is proved, else `unknown`
  std::size_t loads_ = 0;                               // so far
  bool estimates_ = false;
};

}  // namespace profconv
