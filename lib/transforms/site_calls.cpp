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

}  // namespace profconv
