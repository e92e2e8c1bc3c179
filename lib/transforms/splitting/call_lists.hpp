#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/group_rows.hpp"

namespace profconv {

/// Of each function some calls, its own or those to it: numbers of calls in their order, and all lists in one.
class CallLists {
 public:
  static constexpr std::uint32_t nobody = 0xffffffff;
  /// A call goes from one function's list to that of another. A new one comes from nobody's.
  struct Move {
    std::uint32_t call, from, to;
  };

  /// The call i is in the list of `function_of(i)`. Each is looked at, as `group_rows` does.
  template <class FunctionOf, class With = NoLook>
  void make(std::size_t calls, std::size_t functions, FunctionOf function_of, With with = {}) {
    group_rows(calls, functions, function_of, first_, calls_, with);
  }
  /// What is moved is moved, and what stays is copied as it is: there are `functions` now, and no fewer than before.
  void move(std::span<const Move> moves, std::size_t functions);

  std::span<const std::uint32_t> of(std::uint32_t function) const noexcept {
    return std::span(calls_).subspan(first_[function], first_[function + 1] - first_[function]);
  }
  std::size_t functions() const noexcept { return first_.size() - 1; }
  const std::vector<std::uint32_t>& first() const noexcept { return first_; }  ///< Of each list, and the end of all.
  const std::vector<std::uint32_t>& all() const noexcept { return calls_; }
  /// Gives the memory back.
  void clear() noexcept;

 private:
  std::vector<std::uint32_t> first_, calls_;
};

}  // namespace profconv
