#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <profconv/profile.hpp>

#include "model/call_totals.hpp"
#include "model/id_index.hpp"

namespace profconv {

/// The calls of a graph from which functions are taken out: calls are made and removed, and found from both ends.
class FoldedCalls {
 public:
  struct Entry {
    Call call;
    Counts counts;
    bool alive = true;
    bool estimated = false;           // its numbers are shares of those of several callers
    std::uint32_t next_out, next_in;  // the next call of the same caller, to the same callee
  };
  using Numbers = std::vector<std::uint32_t>;

  /// Begins with the profile's calls, numbered as there.
  FoldedCalls(const Profile& profile, const CallTotals& totals);

  std::size_t size() const noexcept { return entries_.size(); }
  Entry& operator[](std::uint32_t call) { return entries_[call]; }
  const Entry& operator[](std::uint32_t call) const { return entries_[call]; }
  bool has_self() const noexcept { return has_self_; }
  bool has_total() const noexcept { return has_total_; }
  /// REQUIRES: has_self() or has_total().
  std::int64_t& self(std::uint32_t call, std::size_t m) { return self_[call * metrics_ + m]; }
  std::int64_t self(std::uint32_t call, std::size_t m) const { return self_[call * metrics_ + m]; }
  std::int64_t& total(std::uint32_t call, std::size_t m) { return total_[call * metrics_ + m]; }
  std::int64_t total(std::uint32_t call, std::size_t m) const { return total_[call * metrics_ + m]; }
  /// Empty where there are none.
  std::span<const std::int64_t> self_row(std::uint32_t call) const { return row(has_self_, self_, call); }
  std::span<const std::int64_t> total_row(std::uint32_t call) const { return row(has_total_, total_, call); }

  /// At most how many calls there are between those who call the function and those whom it calls.
  std::uint64_t pairs(FunctionId f) const { return std::uint64_t{received_[index(f)]} * made_[index(f)]; }
  /// Fills in the calls that are alive, in the order of their numbers: `in` are those to the function, `out` those that
  /// it makes, `own`, in any order, those of itself, which are in neither.
  void collect(FunctionId function, Numbers& in, Numbers& out, Numbers& own) const;

  /// Where the number of the last such call is, be it alive or not; `IdIndex::empty`: to be put there.
  std::uint32_t& number_of(const Call& call);
  /// A new one, which costs nothing.
  std::uint32_t add(const Call& call, Counts counts);
  void remove(std::uint32_t call);

 private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  std::span<const std::int64_t> row(bool has, const std::vector<std::int64_t>& table, std::uint32_t call) const {
    return has ? std::span(table).subspan(call * metrics_, metrics_) : std::span<const std::int64_t>{};
  }

  std::size_t metrics_;
  bool has_self_, has_total_;
  std::uint64_t seed_;
  std::vector<Entry> entries_;
  std::vector<std::int64_t> self_, total_;
  std::vector<std::uint32_t> first_out_, first_in_;  // per function
  std::vector<std::uint32_t> made_, received_;       // per function: how many of its calls are alive
  IdIndex numbers_;
};

}  // namespace profconv
