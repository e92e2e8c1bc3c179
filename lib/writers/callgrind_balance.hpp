#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <profconv/profile.hpp>

#include "base/prefetch.hpp"
#include "base/wide_int.hpp"
#include "model/call_graph.hpp"
#include "model/call_totals.hpp"
#include "model/calls_to.hpp"
#include "writers/callgrind_columns.hpp"

namespace profconv {

/// Costs of calls as a callgrind file has them, and the calls that its root makes: none is negative, and what the calls
/// to a function cost adds up to its inclusive cost (callgrind.cpp says why), if anything is known to have called it.
class CallgrindBalance {
 public:
  struct RootCall {
    FunctionId callee;
    std::uint32_t row;  // in the costs of these calls
    std::int64_t count;
  };

  /// All of these outlive it. Nothing is done yet.
  CallgrindBalance(const Profile& profile, const CallGraph& graph, const CallTotals& totals,
                   const CallgrindColumns& columns) noexcept
      : p_(profile), graph_(graph), totals_(totals), columns_(columns) {}

  /// Balances the calls, and with `root` finds the root's calls. To be called once, before anything is asked for.
  /// Linear.
  void balance(bool root);
  /// Puts the root's calls in the order of `functions`, and bounds those that lead into cycles. To be called once,
  /// next. REQUIRES: these are all functions, each once.
  void order_root_calls(std::span<const FunctionId> functions);

  /// One value per column.
  std::span<const std::int64_t> cost(std::size_t call) const noexcept {
    return {costs_.get() + call * columns_.size(), columns_.size()};
  }
  std::int64_t count(std::size_t call) const noexcept {
    return p_.call_counts.empty() ? not_counted : p_.call_counts[call].calls;
  }
  /// Has fetched what both say of some calls in a row.
  void prefetch(std::size_t call, std::size_t calls) const noexcept {
    profconv::prefetch(cost(call).data(), calls * columns_.size() * sizeof(std::int64_t));
    if (!p_.call_counts.empty()) profconv::prefetch(&p_.call_counts[call], calls * sizeof(Counts));
  }
  /// Python 3.12 and 3.13 record calls that carry nothing; they are left out.
  bool is_written(std::size_t call) const noexcept {
    return all_are_written_ || count(call) != 0 || !is_zero(cost(call));
  }
  /// As nearly always: then nothing of a call needs to be looked at for that.
  bool all_are_written() const noexcept { return all_are_written_; }

  const std::vector<RootCall>& root_calls() const noexcept { return root_calls_; }
  std::span<const std::int64_t> cost(const RootCall& call) const noexcept {
    return {root_costs_.data() + call.row * columns_.size(), columns_.size()};
  }
  /// Functions whose calls cost more than they do.
  std::size_t overfull() const noexcept { return overfull_; }

 private:
  static constexpr std::uint32_t no_call = 0xffffffff;
  using WideCosts = std::array<WideInt, most_callgrind_events>;  // sums of costs that each fit 64 bits

  // The calls to a function: what is asked for at each one, in as few lines of the processor's caches as can be, ...
  struct Called {
    static constexpr std::int64_t not_all_counted = -1;
    std::int64_t counts = 0;      // 64 bits, or the most that these hold
    std::uint32_t component = 0;  // the function's
  };
  // ... and of those from outside its cycle, which in large profiles are few.
  struct alignas(32) Outside {
    WideInt sum = 0;                    // of their costs, in the first column
    std::int64_t highest = -1;          // cost of the costliest one, in the first column
    std::uint32_t costliest = no_call;  // the first such call
    std::uint32_t calls = 0;            // that are written
  };

  WideInt outside_sum(std::size_t function, std::size_t column) const noexcept {
    return column == 0 ? outside_[function].sum : more_outside_sums_[function * (columns_.size() - 1) + column - 1];
  }
  void copy_costs();
  void sum_incoming();
  static void add_count(Called& called, std::int64_t count) noexcept;
  void add_from_outside(std::uint32_t call);
  void balance(FunctionId function, bool root);
  void add_outermost();
  std::span<const std::uint32_t> calls_to(FunctionId callee);
  bool is_inside(FunctionId function) const;
  void scale_calls(FunctionId callee, const CallgrindCosts& total, std::span<const bool> columns);
  void add_root_call(FunctionId callee, std::int64_t count, const CallgrindCosts& cost);
  void bound_calls_into_cycles(std::span<const FunctionId> functions);
  void reach_all_cycles(std::span<const FunctionId> functions);

  std::span<std::int64_t> cost(std::size_t call) noexcept {
    return {costs_.get() + call * columns_.size(), columns_.size()};
  }

  const Profile& p_;
  const CallGraph& graph_;
  const CallTotals& totals_;
  const CallgrindColumns& columns_;
  std::unique_ptr<std::int64_t[]> costs_;   // row-major, one row per call
  std::vector<Called> called_;              // per function
  std::vector<Outside> outside_;            // per function
  std::vector<WideInt> more_outside_sums_;  // the same as `Outside::sum` per function and column, but for the first one
  std::vector<RootCall> root_calls_;
  std::vector<std::int64_t> root_costs_;  // row-major, one row per call of the root
  std::size_t overfull_ = 0;
  bool all_are_written_ = false;
  std::optional<CallsTo> calls_to_;  // if it is asked for, which is rare
};

}  // namespace profconv
