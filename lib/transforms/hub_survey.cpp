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

constexpr std::int64_t beyond = std::int64_t{1} << 60;  // any sum of times

// The sums of all sets of some times, in their order.
class Sums {
 public:
  Sums(std::span<const HubTimes::Callee> callees) {
    sums_[0][1] = 0;
    for (const HubTimes::Callee& c : callees) add(c.total);
    sums_[now_].front() = -beyond;
    sums_[now_][size_ + 1] = beyond;
  }

  /// With something less than all before the first one, and something greater behind the last one.
  const std::int64_t* all() const noexcept { return sums_[now_].data(); }

 private:
  // Those with the time are in the same order as those without, and never ahead of them.
  void add(std::int64_t time) {
    auto& old = sums_[now_];
    auto& merged = sums_[1 - now_];
    old[size_ + 1] = beyond;
    std::size_t without = 1, with = 1;
    for (std::size_t k = 1; k <= 2 * size_; ++k) {
      const std::int64_t sum = old[with] + time, other = old[without];
      const bool is_with = sum < other;  // without a branch: nobody could foresee it
      merged[k] = is_with ? sum : other;
      with += is_with ? 1 : 0;
      without += is_with ? 0 : 1;
    }
    size_ *= 2;
    now_ = 1 - now_;
  }

  std::array<std::array<std::int64_t, (std::size_t{1} << (HubTimes::most_callees / 2)) + 2>, 2> sums_;
  std::size_t now_ = 0, size_ = 1;
};

bool any_equal(std::int64_t time, std::span<const HubTimes::Callee> callees) {
  return std::ranges::any_of(callees,
                             [&](const HubTimes::Callee& c) { return std::abs(c.total - time) <= hub_rounding; });
}

// Whether what a caller spent is what one of the callees took, or some of them if that says more than chance would, or
// nearly. Every set of callees is one of the first half of them and one of the second; for all callers at a time, as
// each look depends on the one before it.
bool any_sum(const HubTimes& t, std::size_t tries) {
  struct Look {
    std::int64_t least;
    const std::int64_t *lower, *upper;  // sums that are left: from this one on, and up to this one
  };
  const auto callees = std::span(t.callee).first(t.callees);
  const auto callers = std::span(t.below).first(t.callers);
  const std::int64_t slack = hub_rounding + static_cast<std::int64_t>(t.callees) / 2;
  std::array<Look, HubTimes::most_callers> all;
  std::size_t looks = 0;
  for (const std::int64_t below : callers) {
    if (t.callees >= 2 && !fits_by_chance(tries, below, hub_rounding)) {
      all[looks++].least = below - slack;
    } else if (any_equal(below, callees)) {
      return true;
    }
  }
  if (looks == 0) return false;
  const std::size_t half = t.callees / 2, lower_sums = std::size_t{1} << half,
                    upper_sums = std::size_t{1} << (t.callees - half);
  const Sums lower(callees.first(half)), upper(callees.subspan(half));
  for (Look& look : std::span(all).first(looks)) {
    look.lower = lower.all() + 1;
    look.upper = upper.all() + upper_sums;
  }
  std::uint64_t any = 0;
  for (std::size_t step = 0; step < lower_sums + upper_sums; ++step) {
    for (Look& look : std::span(all).first(looks)) {
      const std::int64_t over = *look.lower + *look.upper - look.least;
      const auto is_less = static_cast<std::size_t>(over < 0);  // without a branch: nobody could foresee it
      any |= static_cast<std::uint64_t>(static_cast<std::uint64_t>(over) <= static_cast<std::uint64_t>(2 * slack));
      look.lower += is_less;
      look.upper -= 1 - is_less;
    }
  }
  return any != 0;
}

// What the solver does first, where no two times are equal: callees that were called once are given, the longest first,
// to the only caller that has time for it.
class Given {
 public:
  explicit Given(const HubTimes& t) : shortest_(nobody) {
    for (std::size_t i = 0; i < t.callers; ++i) time_[callers_++] = t.below[i] + hub_rounding;
    if (t.lost != 0) time_[callers_++] = t.lost;
    const auto callees = std::span(t.callee).first(t.callees);
    std::uint32_t given = 0;  // a bit for each
    for (std::uint32_t j = longest_of(callees, given); j != none && give(callees[j].total);
         j = longest_of(callees, given))
      given |= 1U << j;
    is_any_ = given != 0;
    for (std::size_t j = 0; j < callees.size(); ++j) {
      const auto [total, once, leads] = callees[j];
      if (leads && (given >> j & 1U) == 0) shortest_ = std::min(shortest_, once ? total : 0);
    }
  }

  bool any() const noexcept { return is_any_; }
  /// All callers have time left for some callee that leads and was not given, so that they are still together.
  bool all_have_time() const noexcept {
    const std::int64_t least = *std::ranges::min_element(std::span(time_).first(callers_));
    // Of the root the rounding is that of all callers.
    const auto used_up = 2 * (hub_rounding + static_cast<std::int64_t>(callers_));
    return shortest_ != nobody && least >= shortest_ && (!is_any_ || least > used_up);
  }

 private:
  static constexpr std::int64_t nobody = std::numeric_limits<std::int64_t>::max();

  static constexpr std::uint32_t none = 32;

  // Of those that were called once.
  static std::uint32_t longest_of(std::span<const HubTimes::Callee> callees, std::uint32_t given) {
    std::uint32_t longest = none;
    for (std::uint32_t j = 0; j < callees.size(); ++j) {
      if (callees[j].once && (given >> j & 1U) == 0 && (longest == none || callees[j].total > callees[longest].total))
        longest = j;
    }
    return longest;
  }

  bool give(std::int64_t total) {
    std::int64_t second = 0;
    std::int64_t* first = &time_[0];
    for (std::int64_t& time : std::span(time_).subspan(1, callers_ - 1)) {
      second = std::max(second, std::min(*first, time));
      if (time > *first) first = &time;
    }
    if (second >= total || *first < total) return false;
    *first -= total;
    return true;
  }

  std::array<std::int64_t, HubTimes::most_callers + 1> time_;  // per caller, rounding included: what it has at most
  std::size_t callers_ = 0;
  std::int64_t shortest_;  // of the callees that lead and were not given; `nobody`: there is none
  bool is_any_ = false;
};

}  // namespace

bool HubTimes::may_tell() const {
  const Given given(*this);
  if (!given.all_have_time()) return true;
  // What a caller has left of its time is told by fewer sets than the whole.
  return any_sum(*this, given.any() ? 0 : (std::size_t{1} << callees) * (callers + (lost != 0 ? 1 : 0)));
}

HubSurvey::HubSurvey(const ContextGraph& graph) : g_(graph) {
  const StringTable& strings = graph.strings();
  for (std::uint32_t i = 0; i < strings.size(); ++i) {
    if (strings[StringId{i}] == passes_calls_on) passing_on_ = StringId{i};
  }
  const auto calls = static_cast<std::uint32_t>(graph.calls.size());
  std::vector<std::uint32_t> next = graph.calls_to().first();
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
  const std::vector<std::uint32_t>& first = g_.calls_to().first();
  return std::span(incoming_).subspan(first[function], first[function + 1] - first[function]);
}

// False: not all is known exactly, some of it tells on its own, or there are more than `times` holds.
bool HubSurvey::find_times(std::uint32_t function, HubTimes& times) const {
  const std::span<const Incoming> to = calls_to(function);
  const std::span<const std::uint32_t> from = g_.calls_from(function);
  if (to.size() > HubTimes::most_callers || from.size() > HubTimes::most_callees) return false;
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
