#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <profconv/profile.hpp>

namespace profconv {

/// Tells a cost of 0 from one that nobody took, as fused profiles have both: a line or memory profiler sees some of the
/// functions only, and the tables of functions have a 0 for the others.
class Measured {
 public:
  explicit Measured(const Profile& profile);  ///< The profile has to stay as it is.

  /// `value`, which is the function's cost of the metric, or `not_measured` where nobody took it: hits of a function
  /// that ran and has no lines with some, and peaks where there is none. Growth of a function that nobody measured is
  /// that of what it called.
  std::int64_t operator()(FunctionId function, std::size_t metric, std::int64_t value) const;

 private:
  const Profile& p_;
  std::vector<bool> has_lines_;          // per function
  std::vector<std::vector<bool>> seen_;  // per metric that only lines tell, per function: whether some did
};

}  // namespace profconv
