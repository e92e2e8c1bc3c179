#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/prefetch.hpp"

namespace profconv {

/// For who does not look at rows while they are grouped.
struct NoLook {
  void fetch(std::uint32_t /*row*/, std::size_t /*place*/) const noexcept {}
  void look(std::uint32_t /*row*/, std::size_t /*place*/) const noexcept {}
};

/// Puts rows that belong together next to each other, in the order in which they come: the rows of group g are those
/// from `grouped[first[g]]` to before `grouped[first[g + 1]]`. Row i of `count` is `row_at(i)`, its group
/// `group_of(row)`, below `groups`. Linear: counts the rows of each group, then knows where each row goes.
/// Calls `with.look(row, place)` for each, in the order in which they come, where it is `grouped[place]`; and some rows
/// before that `with.fetch(row, place)`, with a place not far before.
template <class RowAt, class GroupOf, class With = NoLook>
void group_rows(std::size_t count, RowAt row_at, std::size_t groups, GroupOf group_of,
                std::vector<std::uint32_t>& first, std::vector<std::uint32_t>& grouped, With with = {}) {
  constexpr std::size_t ahead = 16;                     // what the row so many on will look at is fetched meanwhile
  const bool is_large = groups > std::size_t{1} << 18;  // with fewer, the groups' numbers are in a core's caches
  first.assign(groups + 1, 0);
  bool is_grouped = true;
  std::size_t last = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (is_large) prefetch(&first[group_of(row_at(std::min(i + ahead, count - 1))) + 1]);
    const std::size_t group = group_of(row_at(i));
    ++first[group + 1];
    is_grouped = is_grouped && last <= group;
    last = group;
  }
  std::partial_sum(first.begin(), first.end(), first.begin());
  grouped.resize(count);
  if (is_grouped) {
    for (std::size_t i = 0; i < count; ++i) {
      grouped[i] = row_at(i);
      with.look(grouped[i], i);
    }
    return;
  }
  std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
  for (std::size_t i = 0; i < count; ++i) {
    if (is_large) prefetch(&next[group_of(row_at(std::min(i + 2 * ahead, count - 1)))]);
    const std::uint32_t then = row_at(std::min(i + ahead, count - 1));
    const std::size_t place_then = next[group_of(then)];
    prefetch(grouped.data() + place_then);
    with.fetch(then, place_then);
    const std::uint32_t row = row_at(i);
    const std::size_t place = next[group_of(row)]++;
    grouped[place] = row;
    with.look(row, place);
  }
}

/// The same of rows numbered from 0 on.
template <class GroupOf, class With = NoLook>
void group_rows(std::size_t count, std::size_t groups, GroupOf group_of, std::vector<std::uint32_t>& first,
                std::vector<std::uint32_t>& grouped, With with = {}) {
  group_rows(
      count, [](std::size_t i) { return static_cast<std::uint32_t>(i); }, groups, group_of, first, grouped, with);
}

}  // namespace profconv
