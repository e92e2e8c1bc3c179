#pragma once

#include <cstdint>
#include <span>

#include <profconv/profile.hpp>

namespace profconv {

/// The inclusive cost of every call edge, estimated where none was measured.
///
/// `profile` and memory profilers know how often a function was called from where, not what those calls cost. Then the
/// callee's inclusive cost is shared over the edges into it by their counts, as CallShares says: as if every call cost
/// the same. Where it is known what callers spent, which is so of time, the shares are changed until they fit that
/// (balance_calls): `f(1)` from here and `f(1000000)` from there look alike only where both callers called others, too.
/// Hits that are not the same at each call are shared as the time is.
class CallTotals {
 public:
  explicit CallTotals(const Profile& profile);

  /// One value per metric; never `not_measured`.
  std::span<const std::int64_t> row(std::size_t call) const noexcept { return costs_->row(call); }
  /// Edges of which the time is an estimate, or the first metric where there is no time.
  std::size_t estimated() const noexcept { return estimated_; }

 private:
  static bool all_measured(const Profile& profile);
  void estimate(const Profile& profile);

  const CostTable* costs_;  // the profile's own when everything was measured
  CostTable filled_;
  std::size_t estimated_ = 0;
};

}  // namespace profconv
