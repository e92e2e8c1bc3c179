#pragma once

#include <memory>
#include <span>
#include <vector>

#include <profconv/diagnostics.hpp>
#include <profconv/profile.hpp>

namespace profconv {

/// Sums profiles one by one; memory is bounded by the union of their functions and calls, not by their number.
///
/// Functions are the same when file, first line, name, qualified name and context are equal. An address in a C function's
/// name (`... at 0x7f...`) differs from run to run and is left out; several such functions of one profile are matched in
/// order. A single profile passes through untouched.
/// Throws Error when a sum leaves the 64-bit range, UsageError when a sampled profile meets one that counted calls.
class Merger {
 public:
  Merger();
  Merger(Merger&&) noexcept;
  Merger& operator=(Merger&&) noexcept;
  ~Merger();

  void add(Profile&& profile);
  /// The sum. REQUIRES: `add` was called at least once.
  Profile finish() &&;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The sum of all profiles. REQUIRES: at least one.
Profile merge(std::vector<Profile>&& profiles);

}  // namespace profconv
