#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <profconv/profile.hpp>

#include "base/prefetch.hpp"

namespace profconv {

/// Whom each function calls. Linear to build.
class CallsFrom {
 public:
  explicit CallsFrom(const Profile& profile);

  /// Rows of Profile::calls: a half-open range.
  struct Range {
    std::size_t begin, end;
  };
  /// Those made by `caller`, which are together, as the table is in the order of the callers.
  Range operator[](FunctionId caller) const noexcept { return {first_[index(caller)], first_[index(caller) + 1]}; }
  /// Per function, and one behind the last: where its rows begin.
  const std::vector<std::uint32_t>& first() const noexcept { return first_; }
  /// Has the memory of a range fetched, which will be asked for soon.
  void prefetch(FunctionId caller) const noexcept { profconv::prefetch(&first_[index(caller)]); }

 private:
  std::vector<std::uint32_t> first_;
};

}  // namespace profconv
