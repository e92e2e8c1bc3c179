#include "transforms/hub_survey.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "base/first_touch.hpp"
#include "base/prefetch.hpp"
#include "transforms/split_hub.hpp"

namespace profconv {
namespace {

constexpr std::int64_t most_time = std::int64_t{1} << 50;  // sums of a few such do not overflow

bool is_exact(const ContextGraph::Call& c) { return c.counts.calls == c.counts.primitive && c.counts.calls > 0; }

// The sums of all sets of some times.
class Sums {
 public:
  template <class TimeOf>
  Sums(std::size_t first, std::size_t end, TimeOf time_of) {
    sums_[0][0] = 0;
    for (std::size_t k = first; k < end; ++k) add(time_of(k));
  }

  std::span<const std::int64_t> all() const noexcept { return std::span(sums_[now_]).first(size_); }
  // Whether one is from `least` to `largest`.
  bool any_between(std::int64_t least, std::int64_t largest) const noexcept {
    const auto& sums = sums_[now_];
    std::size_t at = 0;  // without a branch: nobody could foresee it
    for (std::size_t half = size_ / 2; half > 0; half /= 2) at += sums[at + half - 1] < least ? half : 0;
    return sums[at] >= least && sums[at] <= largest;
  }

 private:
  // Those with the time are in the same order as those without.
  void add(std::int64_t time) {
    const auto& old = sums_[now_];
    auto& merged = sums_[1 - now_];
    std::size_t without = 0, with = 0;
    for (std::size_t k = 0; k < 2 * size_; ++k) {
      const bool is_with = without == size_ || (with < size_ && old[with] + time < old[without]);
      merged[k] = is_with ? old[with] + time : old[without];
      (is_with ? with : without) += 1;
    }
    size_ *= 2;
    now_ = 1 - now_;
  }

  std::array<std::array<std::int64_t, std::size_t{1} << (HubTimes::most / 2)>, 2> sums_;
  std::size_t now_ = 0, size_ = 1;
};

bool any_equal(const HubTimes& t) {
  for (std::size_t i = 0; i < t.callers; ++i) {
    for (std::size_t j = 0; j < t.callees; ++j) {
      if (std::abs(t.below[i] - t.callee[j].total) <= hub_rounding) return true;
    }
  }
  return false;
}

// The longest callee of those called once has one caller that has time for it; or there is a callee that leads and for
// which somebody has no time.
bool any_excluded(const HubTimes& t) {
  std::int64_t first = t.lost, second = 0;  // the callers with most time
  std::int64_t least = t.lost != 0 ? t.lost : std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < t.callers; ++i) {
    const std::int64_t most = t.below[i] + hub_rounding;
    second = std::max(second, std::min(first, most));
    first = std::max(first, most);
    least = std::min(least, most);
  }
  std::int64_t longest = 0;
  std::int64_t shortest = std::numeric_limits<std::int64_t>::max();
  for (std::size_t j = 0; j < t.callees; ++j) {
    const auto [total, once, leads] = t.callee[j];
    if (once) longest = std::max(longest, total);
    if (leads) shortest = std::min(shortest, once ? total : 0);
  }
  return (second < longest && longest <= first) || least < shortest;
}

bool any_sum(const HubTimes& t) {
  if (t.callees < 2) return false;
  const std::size_t tries = (std::size_t{1} << t.callees) * (t.callers + (t.lost != 0 ? 1 : 0));
  const auto is_telling = [&](std::int64_t below) { return !fits_by_chance(tries, below, hub_rounding); };
  if (std::ranges::none_of(std::span(t.below).first(t.callers), is_telling)) return false;
  const auto time_of = [&](std::size_t j) { return t.callee[j].total; };
  const Sums lower(0, t.callees / 2, time_of), upper(t.callees / 2, t.callees, time_of);
  const std::int64_t slack = hub_rounding + static_cast<std::int64_t>(t.callees) / 2;
  bool any = false;
  for (std::size_t i = 0; i < t.callers; ++i) {
    if (!is_telling(t.below[i])) continue;
    for (const std::int64_t sum : lower.all())
      any |= upper.any_between(t.below[i] - sum - slack, t.below[i] - sum + slack);
  }
  return any;
}

}  // namespace

bool HubTimes::may_tell() const { return any_equal(*this) || any_excluded(*this) || any_sum(*this); }

HubSurvey::HubSurvey(const ContextGraph& graph) : g_(graph) {
  const StringTable& strings = graph.strings();
  for (std::uint32_t i = 0; i < strings.size(); ++i) {
    if (strings[StringId{i}] == passes_calls_on) passing_on_ = StringId{i};
  }
  const auto calls = static_cast<std::uint32_t>(graph.calls.size());
  std::vector<std::uint32_t> next;
  next.reserve(graph.functions.size());
  for (std::uint32_t f = 0; f < graph.functions.size(); ++f) next.push_back(graph.first_call_to(f));
  resize_on_cores(incoming_, calls);
  constexpr std::uint32_t ahead = 16;  // the place of the call so many on is fetched meanwhile
  for (std::uint32_t i = 0; i < calls; ++i) {
    prefetch(incoming_.data() + next[graph.calls.callee(std::min(i + ahead, calls - 1))]);
    const ContextGraph::Call& c = graph.calls[i];
    const bool is_known = is_exact(c) && c.self >= 0 && c.self <= most_time && c.total >= 0 && c.total <= most_time &&
                          c.counts.calls <= std::numeric_limits<std::uint32_t>::max();
    incoming_[next[c.callee]++] = {
        .caller = ContextCalls::carries_nothing(c) ? Incoming::nobody : c.caller,
        .calls = is_known ? static_cast<std::uint32_t>(c.counts.calls) : 0,
        .below = is_known ? c.total - c.self : 0,
    };
  }
}

std::span<const HubSurvey::Incoming> HubSurvey::calls_to(std::uint32_t function) const {
  return std::span(incoming_).subspan(g_.first_call_to(function), g_.calls_to(function).size());
}

// False: not all is known exactly, some of it tells on its own, or there are more than `times` holds.
bool HubSurvey::find_times(std::uint32_t function, HubTimes& times) const {
  const std::span<const Incoming> to = calls_to(function);
  const std::span<const std::uint32_t> from = g_.calls_from(function);
  if (to.size() > HubTimes::most || from.size() > HubTimes::most) return false;
  std::uint32_t last = Incoming::nobody;
  std::int64_t calls = 0;
  for (const Incoming& c : to) {
    if (c.calls == 0 || c.below <= hub_rounding || c.caller == last) return false;
    last = c.caller;
    calls += c.calls;
    times.below[times.callers++] = c.below;
  }
  const Counts& counted = g_.functions[function].counts;
  if (counted.calls != calls || counted.primitive != calls) return false;  // others called it, or it recursed
  last = Incoming::nobody;
  for (const std::uint32_t i : from) {
    const ContextGraph::Call& c = g_.calls[i];
    if (!is_exact(c) || c.self < 0 || c.total <= 1 || c.total > most_time || c.callee == last) return false;
    last = c.callee;
    times.callee[times.callees++] = {c.total, c.counts.calls == 1, g_.component(c.callee) == g_.component(function)};
  }
  return true;
}

bool HubSurvey::may_be_hub(std::uint32_t function) const {
  if (std::ranges::any_of(calls_to(function), [&](const Incoming& c) { return c.caller == function; })) return false;
  HubTimes times;
  if (!find_times(function, times)) return true;
  const auto callers = std::span(times.below).first(times.callers);
  const auto callees = std::span(times.callee).first(times.callees);
  if (std::ranges::none_of(callees, &HubTimes::Callee::leads)) return false;
  std::int64_t below = 0, total = 0;
  for (const std::int64_t time : callers) below += time;
  for (const HubTimes::Callee& c : callees) total += c.total;
  const ContextGraph::Function& f = g_.functions[function];
  if (f.total < 0 || f.total > most_time || f.self < 0 || f.self > most_time) return true;
  const auto n = static_cast<std::int64_t>(callers.size()), m = static_cast<std::int64_t>(callees.size());
  std::int64_t slack = m + n * hub_rounding;
  if (const std::int64_t lost = f.self + total - f.total; lost > 2 + n + m) {
    times.lost = lost + 2 + n;
    if (total - below > times.lost + slack) return false;
  } else if (callers.size() < 2 || std::abs(total - below) > slack) {
    return false;
  }
  return g_.origin(function).name == passing_on_ || times.may_tell();
}

}  // namespace profconv
