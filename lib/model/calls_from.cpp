#include "model/calls_from.hpp"

#include <algorithm>

#include "base/parallel.hpp"

namespace profconv {

CallsFrom::CallsFrom(const Profile& profile) {
  const std::vector<Call>& calls = profile.calls;
  first_.resize(profile.functions.size() + 1);
  // Those up to a row's caller, and behind the caller of the row before, have no row before it.
  const auto begin_at = [&](std::size_t row, std::size_t end) {
    const std::size_t begin = row == 0 ? 0 : index(calls[row - 1].caller) + 1;
    std::fill(first_.begin() + static_cast<std::ptrdiff_t>(begin), first_.begin() + static_cast<std::ptrdiff_t>(end),
              static_cast<std::uint32_t>(row));
  };
  run_on_stretches(calls.size(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      if (row == 0 || calls[row].caller != calls[row - 1].caller) begin_at(row, index(calls[row].caller) + 1);
    }
  });
  begin_at(calls.size(), first_.size());
}

}  // namespace profconv
