#include "transforms/call_lines/site_calls.hpp"

#include <algorithm>

#include <profconv/profile.hpp>

#include "base/wide_int.hpp"
#include "model/apportion.hpp"
#include "model/known.hpp"

namespace profconv {

SiteHits& SiteHits::operator+=(const SiteHits& other) noexcept {
  sure = clamped(WideInt{sure} + other.sure);
  maybe = clamped(WideInt{maybe} + other.maybe);
  repeats |= other.repeats;
  return *this;
}

std::vector<std::int64_t> calls_of_sites(std::int64_t calls, std::span<const SiteHits> sites) {
  std::vector<std::int64_t> made, maybe, most, more(sites.size());
  WideInt sure = 0;
  for (const SiteHits& site : sites) {
    made.push_back(site.sure);
    maybe.push_back(site.maybe);
    most.push_back(site.repeats ? INT64_MAX : site.maybe);
    sure += site.sure;
  }
  if (calls == not_counted || sure > calls) {
    for (std::size_t i = 0; i < sites.size(); ++i) made[i] = clamped(static_cast<WideInt>(made[i]) + maybe[i]);
    if (calls != not_counted) apportion(calls, std::vector<std::int64_t>(made), made);
    return made;
  }
  apportion_within(calls - clamped(sure), maybe, most, more);
  for (std::size_t i = 0; i < sites.size(); ++i) made[i] += more[i];
  return made;
}

std::vector<std::int64_t> open_calls(std::int64_t calls, std::span<const SiteHits> sites,
                                     std::span<const std::int64_t> weights) {
  const std::size_t n = sites.size();
  WideInt sure = 0;
  for (const SiteHits& site : sites) sure += site.sure;
  std::vector<std::int64_t> wanted(n), wanted_more(n), most(n), made(n), more(n);
  if (sure >= calls || !apportion(calls, weights, wanted)) return calls_of_sites(calls, sites);
  // In parts of a call, as few calls are shared by the largest rest.
  constexpr std::int64_t parts = 1 << 20, most_calls = INT64_MAX / parts / 2;
  const std::int64_t unit = calls < most_calls ? parts : 1;
  apportion(calls * unit, weights, wanted);
  for (std::size_t i = 0; i < n; ++i) {
    const bool is_open = sites[i].maybe != 0;
    most[i] = sites[i].repeats ? INT64_MAX : sites[i].maybe;
    wanted_more[i] =
        is_open ? 1 + std::max<std::int64_t>(
                          clamped(static_cast<WideInt>(wanted[i]) - static_cast<WideInt>(sites[i].sure) * unit), 0)
                : 0;
  }
  const std::int64_t left = calls - clamped(sure);
  apportion_nearest(left, wanted_more, more);
  WideInt given = 0;
  for (std::size_t i = 0; i < n; ++i) {
    more[i] = std::min(more[i], most[i]);
    most[i] -= more[i];
    made[i] = sites[i].sure + more[i];
    given += more[i];
  }
  apportion_within(left - clamped(given), wanted_more, most, more);
  for (std::size_t i = 0; i < n; ++i) made[i] += more[i];
  return made;
}

std::vector<bool> decided_sites(std::int64_t calls, std::span<const SiteHits> sites) {
  WideInt sure = 0, all = 0;
  bool repeats = false;
  for (const SiteHits& site : sites) {
    sure += site.sure;
    all += WideInt{site.sure} + site.maybe;
    repeats |= site.repeats;
  }
  std::vector<bool> decided;
  const bool is_counted = calls != not_counted, adds_up = all == calls && !repeats;
  for (const SiteHits& site : sites) {
    const bool told_by_hits = site.maybe == 0 && !site.repeats;
    const bool told_by_calls = is_counted && (adds_up || sites.size() == 1);
    decided.push_back((told_by_hits || told_by_calls) && (!is_counted || sure <= calls));
  }
  return decided;
}

}  // namespace profconv
