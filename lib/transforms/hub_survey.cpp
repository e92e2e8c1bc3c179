#include "transforms/hub_survey.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "base/first_touch.hpp"
#include "base/parallel.hpp"
#include "base/prefetch.hpp"
#include "model/find_text.hpp"
#include "transforms/split_hub.hpp"

namespace profconv {
namespace {

constexpr std::int64_t most_time = std::int64_t{1} << 50;  // sums of a few such do not overflow

bool is_exact(const ContextGraph::Call& c) { return c.counts.calls == c.counts.primitive && c.counts.calls > 0; }

// The sums of all sets of some times.
class Sums {
 public:
  explicit Sums(std::span<const std::int64_t> times) {
    sums_[0] = 0;
    for (const std::int64_t time : times) {
      for (std::size_t k = 0; k < size_; ++k) sums_[size_ + k] = sums_[k] + time;
      size_ *= 2;
    }
  }
  std::span<const std::int64_t> all() const noexcept { return std::span(sums_).first(size_); }

 private:
  std::array<std::int64_t, std::size_t{1} << (HubTimes::most_callees + 1) / 2> sums_;
  std::size_t size_ = 1;
};

// Which times are near one of some sums, `slack` at most: a bit for all times with a hash, so it says yes too often.
class NearSums {
 public:
  NearSums(std::span<const std::int64_t> sums, std::int64_t slack) {
    for (const std::int64_t sum : sums) {  // two at most, as twice the slack is less than a width
      for (const std::int64_t time : {sum - slack, sum + slack})
        words_[bit(time) / 64] |= std::uint64_t{1} << bit(time) % 64;
    }
  }
  bool may_have(std::int64_t time) const noexcept { return (words_[bit(time) / 64] >> bit(time) % 64 & 1) != 0; }

 private:
  static constexpr int width_bits = 5, bits = 10;
  static_assert(2 * (hub_rounding + HubTimes::most_callees / 2) < (1 << width_bits));

  static std::size_t bit(std::int64_t time) noexcept {
    return static_cast<std::uint64_t>(time >> width_bits) * 0x9e3779b97f4a7c15u >> (64 - bits);
  }

  std::array<std::uint64_t, (std::size_t{1} << bits) / 64> words_{};
};

// Some times in a row; what is added may not count.
template <std::size_t most>
class Times {
 public:
  void add_if(bool counts, std::int64_t time) noexcept {  // without a branch: nobody could foresee it
    times_[size_] = time;
    size_ += counts ? 1U : 0U;
  }
  std::span<const std::int64_t> all() const noexcept { return std::span(times_).first(size_); }

 private:
  std::array<std::int64_t, most + 1> times_;
  std::size_t size_ = 0;
};

bool any_equal(std::span<const std::int64_t> times, std::span<const HubTimes::Callee> callees) {
  bool any = false;
  for (const std::int64_t time : times) {
    for (const HubTimes::Callee& c : callees)
      any |= static_cast<std::uint64_t>(c.total - time + hub_rounding) <= 2 * std::uint64_t{hub_rounding};
  }
  return any;
}

// Whether what a caller spent is what one of the callees took, or some of them if that says more than chance would, or
// nearly. Every set of callees is one of the first half of them and one of the second.
bool any_sum(const HubTimes& t, std::size_t tries) {
  const auto callees = std::span(t.callee).first(t.callees);
  const auto callers = std::span(t.below).first(t.callers);
  Times<HubTimes::most_callers> telling, others;
  std::int64_t longest = 0;
  for (const std::int64_t below : callers) {
    const bool is_telling = t.callees >= 2 && !fits_by_chance(tries, below, hub_rounding);
    telling.add_if(is_telling, below);
    others.add_if(!is_telling, below);
    longest = std::max(longest, is_telling ? below : 0);
  }
  if (any_equal(others.all(), callees)) return true;
  if (telling.all().empty()) return false;
  const std::int64_t slack = hub_rounding + static_cast<std::int64_t>(t.callees) / 2;
  Times<HubTimes::most_callees> parts;  // what took longer than any caller is part of no sum
  for (const HubTimes::Callee& c : callees) parts.add_if(c.total <= longest + slack, c.total);
  const std::size_t half = parts.all().size() / 2;
  const Sums lower(parts.all().first(half)), upper(parts.all().subspan(half));
  const NearSums near(lower.all(), slack);
  const auto is_lower = [&](std::int64_t time) {
    return std::ranges::any_of(lower.all(), [&](std::int64_t sum) { return std::abs(sum - time) <= slack; });
  };
  for (const std::int64_t below : telling.all()) {
    for (const std::int64_t sum : upper.all()) {
      if (near.may_have(below - sum) && is_lower(below - sum)) return true;
    }
  }
  return false;
}

// What the solver does first, where no two times are equal: callees that were called once are given, the longest first,
// to the only caller that has time for it.
class GivenAway {
 public:
  explicit GivenAway(const HubTimes& t) {
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
      if (!leads) continue;
      const bool is_given = (given >> j & 1U) != 0;
      const std::int64_t least = is_given ? no_callee : once ? total : 0;
      shortest_ = std::min(shortest_, least);
      longest_ = std::max(longest_, least);
    }
  }

  bool any() const noexcept { return is_any_; }
  /// All callers have time left for some callee that leads and was not given, so that they are still together.
  bool all_have_time() const noexcept { return all_have_time(shortest_); }
  /// The same whichever of the callees still lead when other hubs were split: fewer may, but more cannot.
  bool all_have_time_for_any() const noexcept { return all_have_time(longest_); }

 private:
  static constexpr std::int64_t no_callee = std::numeric_limits<std::int64_t>::max();  // longer than any
  static constexpr std::uint32_t none = 32;                                            // no place in a list

  // Of those that were called once.
  static std::uint32_t longest_of(std::span<const HubTimes::Callee> callees, std::uint32_t given) {
    std::uint32_t longest = none;
    for (std::uint32_t j = 0; j < callees.size(); ++j) {
      if (callees[j].once && (given >> j & 1U) == 0 && (longest == none || callees[j].total > callees[longest].total))
        longest = j;
    }
    return longest;
  }

  bool all_have_time(std::int64_t needed) const noexcept {
    const std::int64_t least = *std::ranges::min_element(std::span(time_).first(callers_));
    // Of the root the rounding is that of all callers.
    const auto used_up = 2 * (hub_rounding + static_cast<std::int64_t>(callers_));
    return needed != no_callee && least >= needed && (!is_any_ || least > used_up);
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
  // Of the callees that lead what they take at least; `no_callee` of those that were given.
  std::int64_t shortest_ = no_callee, longest_ = 0;
  bool is_any_ = false;
};

}  // namespace

HubChance HubTimes::chance() const {
  const GivenAway given(*this);
  if (!given.all_have_time()) return HubChance::some;
  // What a caller has left of its time is told by fewer sets than the whole.
  if (any_sum(*this, given.any() ? 0 : (std::size_t{1} << callees) * (callers + (lost != 0 ? 1 : 0))))
    return HubChance::some;
  return given.all_have_time_for_any() ? HubChance::none : HubChance::none_yet;
}

struct HubSurvey::Look {
  HubSurvey& survey;

  void fetch(std::uint32_t /*call*/, std::size_t place) const { prefetch(&survey.incoming_[place]); }
  void look(std::uint32_t call, std::size_t place) const {
    survey.incoming_[place] = survey.below(call, survey.g_.calls[call]);
  }
};

HubSurvey::HubSurvey(ContextGraph& graph) : g_(graph), passing_on_(find_text(graph.strings(), passes_calls_on)) {
  run_both(
      graph.calls.size(),
      [&] {
        resize_on_cores(incoming_, graph.calls.size());
        graph.index_callers(Look{*this});
      },
      [&] { count_calls(); });
}

// Sums that do not fit are those of a function that has calls which are odd.
void HubSurvey::count_calls() {
  constexpr std::uint32_t ahead = 16;
  counted_.resize(g_.functions.size(), 0);
  const std::uint32_t calls = g_.calls.size();
  for (std::uint32_t i = 0; i < calls; ++i) {
    prefetch(&counted_[g_.calls.callee(std::min(i + ahead, calls - 1))]);
    const ContextGraph::Call& c = g_.calls[i];
    counted_[c.callee] += static_cast<std::uint64_t>(c.counts.calls);
  }
}

// Calls by one caller are neighbours.
HubSurvey::Below HubSurvey::below(std::uint32_t call, const ContextGraph::Call& c) const {
  if (c.caller == c.callee && !ContextCalls::carries_nothing(c)) return is_itself;
  const bool is_known = is_exact(c) && c.self >= 0 && c.self <= most_time && c.total >= c.self &&
                        c.total <= most_time && c.counts.calls <= std::numeric_limits<std::uint32_t>::max();
  const bool is_another = call != 0 && g_.calls.caller(call - 1) == c.caller && g_.calls.callee(call - 1) == c.callee;
  return is_known && !is_another ? c.total - c.self : is_odd;
}

std::span<const HubSurvey::Below> HubSurvey::calls_to(std::uint32_t function) const {
  const std::vector<std::uint32_t>& first = g_.calls_to().first();
  return std::span(incoming_).subspan(first[function], first[function + 1] - first[function]);
}

// False: not all is known exactly, some of it tells on its own, or there are more than `times` holds.
bool HubSurvey::find_times(std::uint32_t function, HubTimes& times) const {
  const std::span<const Below> to = calls_to(function);
  const std::span<const std::uint32_t> from = g_.calls_from(function);
  if (to.size() > HubTimes::most_callers || from.size() > HubTimes::most_callees) return false;
  for (const Below below : to) {
    if (below <= hub_rounding) return false;
    times.below[times.callers++] = below;
  }
  const Counts& all = g_.functions[function].counts;
  const auto calls = static_cast<std::int64_t>(counted_[function]);
  if (all.calls != calls || all.primitive != calls) return false;  // others called it, or it recursed
  std::uint32_t last = CallLists::nobody;
  for (const std::uint32_t i : from) {
    const ContextGraph::Call& c = g_.calls[i];
    if (!is_exact(c) || c.self < 0 || c.total <= 1 || c.total > most_time || c.callee == last) return false;
    last = c.callee;
    times.callee[times.callees++] = {c.total, c.counts.calls == 1, g_.component(c.callee) == g_.component(function)};
  }
  return true;
}

HubChance HubSurvey::chance(std::uint32_t function) const {
  if (std::ranges::find(calls_to(function), is_itself) != calls_to(function).end()) return HubChance::none;
  HubTimes times;
  if (!find_times(function, times)) return HubChance::some;
  const auto callers = std::span(times.below).first(times.callers);
  const auto callees = std::span(times.callee).first(times.callees);
  if (std::ranges::none_of(callees, &HubTimes::Callee::leads)) return HubChance::none;
  std::int64_t below = 0, total = 0;
  for (const std::int64_t time : callers) below += time;
  for (const HubTimes::Callee& c : callees) total += c.total;
  const ContextGraph::Function& f = g_.functions[function];
  if (f.total < 0 || f.total > most_time || f.self < 0 || f.self > most_time) return HubChance::some;
  const auto n = static_cast<std::int64_t>(callers.size()), m = static_cast<std::int64_t>(callees.size());
  std::int64_t slack = m + n * hub_rounding;
  if (const std::int64_t lost = f.self + total - f.total; lost > 2 + n + m) {
    times.lost = lost + 2 + n;
    if (total - below > times.lost + slack) return HubChance::none;
  } else if (callers.size() < 2 || std::abs(total - below) > slack) {
    return HubChance::none;
  }
  return g_.origin(function).name == passing_on_ ? HubChance::some : times.chance();
}

}  // namespace profconv
