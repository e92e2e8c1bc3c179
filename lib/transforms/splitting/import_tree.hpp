#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "transforms/splitting/context_graph.hpp"

namespace profconv {

/// Whether a file is importlib's or zipimport's, in CPython or PyPy.
bool is_importlib(std::string_view file);
/// Whether a C function is `exec` or `__import__`, under any name that a profiler has for it.
bool is_exec_or_import(std::string_view file, std::string_view name);

/// Which module imported which, as far as a profile tells.
///
/// All imports of a program go through the same few functions of importlib (the machinery), from the function that has
/// the `import` statement to the imported module's body: `_find_and_load`, ..., `exec`, `<module>`. A body runs once,
/// so exactly one call into the machinery is its import, and no body takes longer than that call.
class ImportTree {
 public:
  /// A call into the machinery from outside.
  struct Entry {
    std::uint32_t call;
    std::int64_t left;      ///< Its inclusive time less that of the bodies known to have run in it.
    bool adds_up;           ///< No such call was made while another one was active: the times of bodies in it add up.
    bool complete = false;  ///< No other body can have run in it.
    std::vector<std::uint32_t> bodies = {};  ///< Indexes of `bodies()`.
  };
  /// A module's body that the machinery ran, once.
  struct Body {
    std::uint32_t call;
    std::int64_t total;  ///< Its inclusive time.
    std::uint32_t entry = undecided;
  };
  static constexpr std::uint32_t undecided = 0xffffffff;

  explicit ImportTree(const ContextGraph& graph);

  /// Whether a part can be taken from a call: all that is known of it is known, and small enough for sums.
  static bool is_passable(const ContextGraph::Call& call);

  /// Decides what the times leave one possibility for.
  void decide_by_time();
  /// Gives every other body to the call that has the least time to spare for it, those of its own package first.
  void estimate();

  const std::vector<Entry>& entries() const noexcept { return entries_; }
  const std::vector<Body>& bodies() const noexcept { return bodies_; }
  /// The last call on the shortest way through the machinery from one of its functions to another; before it come those
  /// that lead to its caller. `no_call` when there is no way, and for the first function itself.
  std::uint32_t last_call(std::uint32_t from, std::uint32_t to) const;
  static constexpr std::uint32_t no_call = 0xffffffff;
  /// Whether the body may have run in this call, by time.
  bool fits(const Entry& entry, const Body& body) const;
  void give(std::uint32_t body, std::uint32_t entry);

 private:
  void find_machinery();
  void number_machinery();
  bool imports_parent(std::uint32_t caller, std::uint32_t callee) const;
  void find_entries_and_bodies();
  void find_complete();
  bool is_reached(const Entry& entry, const Body& body) const;

  const ContextGraph& g_;
  std::vector<bool> importlib_, machinery_;           // per function
  std::vector<std::uint32_t> number_;                 // per function: which one of the machinery it is
  std::vector<std::vector<std::uint32_t>> leads_to_;  // per number: a passable call to each of the machinery
  std::vector<Entry> entries_;
  std::vector<Body> bodies_;                              // the longest first
  mutable std::vector<std::vector<std::uint32_t>> ways_;  // per number, once asked for: the last calls, by number
};

}  // namespace profconv
