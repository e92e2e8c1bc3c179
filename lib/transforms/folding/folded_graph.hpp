#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>
#include <profconv/transforms.hpp>

#include "base/hash_tables.hpp"
#include "model/call_graph.hpp"
#include "model/call_totals.hpp"
#include "model/calls_to.hpp"
#include "transforms/callee_owners.hpp"
#include "transforms/folding/folded_calls.hpp"

namespace profconv {

/// The call graph while functions are taken out of it one by one.
class FoldedGraph {
 public:
  /// All of these outlive it.
  FoldedGraph(const Profile& profile, const CallGraph& graph, const CallsTo& calls_to, const FoldOptions& options);

  /// At most how many calls folding the function would make now.
  std::uint64_t work(FunctionId f) const { return calls_.pairs(f); }
  /// Takes the function out; false: that would make too many new calls.
  bool fold(FunctionId function);
  /// What is left. The graph is used up.
  Profile result();
  /// Calls whose inclusive costs were not measured.
  std::size_t estimated() const { return totals_.estimated(); }
  /// Calls of which it is not known whose they are, in the result.
  std::size_t shared() const;

 private:
  struct Remainder {  // what stays of a function that was called without a recorded caller, too
    std::int64_t calls = not_counted, primitive = not_counted;
    std::vector<std::int64_t> total;
  };
  struct AddedLine {
    FunctionId function;
    std::uint32_t line;
    std::size_t metric;
    std::int64_t cost;
  };
  using Row = std::vector<std::int64_t>;
  using Positions = std::vector<std::uint32_t>;  // in in_; the one behind its last is the uncalled part

  static void append(Row& table, std::span<const std::int64_t> row) {
    table.insert(table.end(), row.begin(), row.end());
  }
  std::int64_t& self(FunctionId f, std::size_t m) { return self_[index(f) * metrics_ + m]; }
  Combine combine(std::size_t m) const { return p_.metrics[m].combine; }

  static std::uint64_t pair_key(FunctionId caller, FunctionId callee) {
    return std::uint64_t{static_cast<std::uint32_t>(caller)} << 32 | static_cast<std::uint32_t>(callee);
  }

  bool recurs(FunctionId function) const;
  void find_uncalled(FunctionId function);
  void settle(FunctionId function, std::size_t metric);
  void weigh(FunctionId function);
  bool weigh_self(std::int64_t self, std::size_t m, Row& weights) const;
  bool weigh_calls(std::size_t m, Row& weights) const;
  void share(std::int64_t value, const Row& weights, Combine how, Row& parts) const;
  void share_self(FunctionId function);
  void find_owners(FunctionId function);
  bool allows(const Positions& calls, std::uint32_t out);
  void take(const Positions& calls, std::uint32_t out);
  void share_calls();
  void share_call(std::uint32_t out, std::span<const std::uint32_t> to);
  void weigh_among(std::span<const std::uint32_t> to, std::initializer_list<const Row*> rows);
  void share_among(std::int64_t value, Combine how, const std::vector<bool>& made_calls, Row& parts);
  void add(std::int64_t& sum, std::int64_t value, Combine how, FunctionId function) const;
  void leave_remainder(FunctionId function);
  void restore_totals(FunctionId function);
  void balance_self();
  void balance_self(std::size_t m, const std::vector<bool>& in_circle);
  std::vector<bool> in_circles() const;
  std::span<const std::int64_t> holding_self(FunctionId function, std::span<const std::int64_t> total);
  void hold_self(std::uint32_t call);

  const Profile& p_;
  const CallGraph& graph_;
  const CallsTo& calls_to_;
  const FoldOptions& options_;
  CallTotals totals_;
  CalleeOwners owners_;
  std::size_t metrics_;
  std::size_t hits_;  // this metric stays: how often a line ran says nothing of the calls on it
  FoldedCalls calls_;
  std::uint64_t made_ = 0;    // new calls up to now, at most
  std::uint64_t looked_ = 0;  // who might have made them

  Row self_;   // per function
  Row total_;  // scratch
  Row added_;  // per function: what was added to its self cost and not yet to the self costs of the calls to it
  std::vector<bool> gone_;
  std::vector<bool> called_otherwise_;  // other calls, or of other costs, than the profile has
  NumberMap<Remainder> remainders_;
  NumberSet doubted_;  // `pair_key`s of calls of which others may be a part
  std::vector<AddedLine> added_lines_;

  // The function being folded. `in_` are the calls to it and `out_` those that it makes, without its calls of itself.
  std::vector<std::uint32_t> in_, out_, own_;
  bool has_uncalled_ = false;  // part of it was called without a recorded caller; it stays as the last of the sharers
  std::int64_t uncalled_ = 0;  // that many calls
  Row uncalled_total_;         // with that inclusive cost, and self cost
  Row uncalled_self_;
  Row count_weights_;  // per call in in_ and the uncalled part: shares of the counts
  std::vector<Row> total_weights_, self_weights_, call_weights_;  // per metric

  // What each of these has left for calls that are not shared yet: per metric, and of the calls into the function.
  std::vector<Row> left_;
  Row calls_left_;
  struct Decided {
    std::uint32_t out;
    std::span<const std::uint32_t> to;  // of `all_`, of what `owners_` has, or of `kept`
    Positions kept = {};
  };
  std::vector<Decided> decided_;  // calls of which it is known whose they are; the others, and to whom
  std::vector<Decided> open_;
  Positions all_;
  std::vector<Call> in_calls_;

  // Of a call that is shared, the parts for each of `in_` and the uncalled one.
  Row parts_, primitive_parts_, recursive_parts_, weights_;
  std::vector<Row> self_parts_, total_parts_;  // per metric
};

}  // namespace profconv
