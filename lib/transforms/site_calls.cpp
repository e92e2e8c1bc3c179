#include "transforms/site_calls.hpp"

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
    for (std::size_t i = 0; i < sites.size(); ++i) made[i] = clamped(WideInt{made[i]} + maybe[i]);
    if (calls != not_counted) apportion(calls, std::vector<std::int64_t>(made), made);
    return made;
  }
  apportion_within(calls - clamped(sure), maybe, most, more);
  for (std::size_t i = 0; i < sites.size(); ++i) made[i] += more[i];
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
