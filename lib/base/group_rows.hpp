#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/cores.hpp"
#include "base/parallel.hpp"
#include "base/prefetch.hpp"

namespace profconv {

/// For who does not look at rows while they are grouped.
struct NoLook {
  void fetch(std::uint32_t /*row*/, std::size_t /*place*/) const noexcept {}
  void look(std::uint32_t /*row*/, std::size_t /*place*/) const noexcept {}
};

/// Into how many stretches rows are divided that are grouped on all cores: each has a count for every group.
inline std::size_t grouping_stretches(std::size_t rows, std::size_t groups) noexcept {
  constexpr std::size_t few_rows = std::size_t{1} << 16, most = 4;  // more than two cores, for one that comes late
  return usable_cores() == 1 || rows < few_rows || rows < groups ? 1 : most;
}

/// Puts rows that belong together next to each other, in the order in which they come: the rows of group g are those
/// from `grouped[first[g]]` to before `grouped[first[g + 1]]`. Row i of `count` is `row_at(i)`, its group
/// `group_of(row)`, below `groups`. Linear: counts the rows of each group, then knows where each row goes. Large tables
/// are worked on in stretches, on all cores.
/// Calls `with.look(row, place)` for each, where it is `grouped[place]`; and some rows before that
/// `with.fetch(row, place)`, with a place not far before. Rows of a stretch are looked at in the order in which they
/// come.
template <class RowAt, class GroupOf, class With = NoLook>
void group_rows(std::size_t count, RowAt row_at, std::size_t groups, GroupOf group_of,
                std::vector<std::uint32_t>& first, std::vector<std::uint32_t>& grouped, With with = {}) {
  constexpr std::size_t ahead = 16;                     // what the row so many on will look at is fetched meanwhile
  const bool is_large = groups > std::size_t{1} << 14;  // with fewer, the groups' numbers stay in a core's caches
  const std::size_t stretches = grouping_stretches(count, groups);
  const auto on_stretches = [&](auto work) {
    run_on_parts(stretches, [&](std::size_t s) { work(s, count * s / stretches, count * (s + 1) / stretches); });
  };

  // Per stretch and group how many rows there are, and then where the next one goes.
  std::vector<std::uint32_t> places(stretches * groups, 0);
  std::atomic<bool> is_grouped = true;
  on_stretches([&](std::size_t stretch, std::size_t begin, std::size_t end) {
    std::uint32_t* const rows = places.data() + stretch * groups;
    bool is_so_here = true;
    std::size_t last = begin == 0 ? 0 : group_of(row_at(begin - 1));
    for (std::size_t i = begin; i < end; ++i) {
      if (is_large) prefetch(&rows[group_of(row_at(std::min(i + ahead, end - 1)))]);
      const std::size_t group = group_of(row_at(i));
      ++rows[group];
      is_so_here &= last <= group;
      last = group;
    }
    if (!is_so_here) is_grouped = false;
  });
  first.resize(groups + 1);
  std::uint32_t following = 0;
  for (std::size_t g = 0; g < groups; ++g) {
    first[g] = following;
    for (std::size_t s = 0; s < stretches; ++s) {
      const std::uint32_t rows = std::exchange(places[s * groups + g], following);
      following += rows;
    }
  }
  first[groups] = following;

  grouped.resize(count);
  on_stretches([&](std::size_t stretch, std::size_t begin, std::size_t end) {
    // Copies, as what is written to might be what references lead to: they would be looked at again for each row.
    const auto row_of = row_at;
    const auto group = group_of;
    const auto look_at = with;
    std::uint32_t* const rows = grouped.data();
    std::uint32_t* const next = places.data() + stretch * groups;
    if (is_grouped) {
      for (std::size_t i = begin; i < end; ++i) {
        rows[i] = row_of(i);
        look_at.look(rows[i], i);
      }
      return;
    }
    for (std::size_t i = begin; i < end; ++i) {
      if (is_large) prefetch(&next[group(row_of(std::min(i + 2 * ahead, end - 1)))]);
      const std::uint32_t then = row_of(std::min(i + ahead, end - 1));
      const std::size_t place_then = next[group(then)];
      prefetch(rows + place_then);
      look_at.fetch(then, place_then);
      const std::uint32_t row = row_of(i);
      const std::size_t place = next[group(row)]++;
      rows[place] = row;
      look_at.look(row, place);
    }
  });
}

/// The same of rows numbered from 0 on.
template <class GroupOf, class With = NoLook>
void group_rows(std::size_t count, std::size_t groups, GroupOf group_of, std::vector<std::uint32_t>& first,
                std::vector<std::uint32_t>& grouped, With with = {}) {
  group_rows(
      count, [](std::size_t i) { return static_cast<std::uint32_t>(i); }, groups, group_of, first, grouped, with);
}

}  // namespace profconv
