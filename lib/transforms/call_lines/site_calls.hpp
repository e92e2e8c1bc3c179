#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace profconv {

/// Where a function is called, as far as the hits of the line tell how often.
struct SiteHits {
  std::int64_t sure = 0;   ///< Of calls that are made whenever the line is hit.
  std::int64_t maybe = 0;  ///< Of the others: behind `and`, in a branch on that line, in the head of a loop.
  bool repeats = false;    ///< Of these, one in a comprehension: made any number of times.

  SiteHits& operator+=(const SiteHits& other) noexcept;  ///< Of another place on the line.
};

/// How many calls each site made of a function that was called `calls` times, not_counted if that is not known: the
/// sure ones, then the others share what is left, no more than the hits unless they repeat. What is left even then,
/// others made. Where there are too many sure ones, all share the calls by their hits.
std::vector<std::int64_t> calls_of_sites(std::int64_t calls, std::span<const SiteHits> sites);

/// The same where each site made about as many calls as its weight says of all: no fewer than the sure ones, no more
/// than the hits unless they repeat. REQUIRES: calls != not_counted; as many weights as sites.
std::vector<std::int64_t> open_calls(std::int64_t calls, std::span<const SiteHits> sites,
                                     std::span<const std::int64_t> weights);

/// Per site, whether it has made that many calls and no other number: hits alone tell, all sites together might have
/// made no more, or it is the only one. Else they are a share.
std::vector<bool> decided_sites(std::int64_t calls, std::span<const SiteHits> sites);

}  // namespace profconv
