#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <profconv/profile.hpp>

namespace profconv {

/// Who calls each function. Linear to build.
class CallsTo {
 public:
  explicit CallsTo(const Profile& profile);

  /// Rows of Profile::calls that call `callee`, ascending.
  std::span<const std::uint32_t> operator[](FunctionId callee) const noexcept {
    return std::span(rows_).subspan(first_[index(callee)], first_[index(callee) + 1] - first_[index(callee)]);
  }

 private:
  std::vector<std::uint32_t> first_;  // per function, in `rows_`
  std::vector<std::uint32_t> rows_;
};

}  // namespace profconv
