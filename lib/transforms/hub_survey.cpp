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

// The sums of all sets of some times, of half the callees that a hub may have for it.
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
  std::array<std::int64_t, std::size_t{1} << (most_callees_in_sums + 1) / 2> sums_;
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
  static_assert(2 * (hub_rounding + most_callees_in_sums / 2) < (1 << width_bits));

  static std::size_t bit(std::int64_t time) noexcept {
    return static_cast<std::uint64_t>(time >> width_bits) * 0x9e3779b97f4a7c15u >> (64 - bits);
  }

  std::array<std::uint64_t, (std::size_t{1} << bits) / 64> words_{};
};

// Some times in a row; what is added may not count.
class Times {
 public:
  /// In memory with room for `most` of them and one that does not count.
  Times(std::vector<std::int64_t>& room, std::size_t most) : times_(room) {
    if (times_.size() <= most) times_.resize(most + 1);
  }
  void add_if(bool counts, std::int64_t time) noexcept {  // without a branch: nobody could foresee it
    times_[size_] = time;
    size_ += counts ? 1U : 0U;
  }
  std::span<const std::int64_t> all() const noexcept { return std::span(times_).first(size_); }

 private:
  std::vector<std::int64_t>& times_;
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

// Whether what a caller spent is what some of the callees took, or nearly. Every set of callees is one of the first
// half of them and one of the second.
bool any_sum(std::span<const std::int64_t> callers, std::span<const HubTimes::Callee> callees, HubTimes::Room& room) {
  const std::int64_t slack = hub_rounding + static_cast<std::int64_t>(callees.size()) / 2;
  const std::int64_t longest = *std::ranges::max_element(callers);
  Times parts(room.left, callees.size());  // what took longer than any caller is part of no sum
  for (const HubTimes::Callee& c : callees) parts.add_if(c.total <= longest + slack, c.total);
  const std::size_t half = parts.all().size() / 2;
  const Sums lower(parts.all().first(half)), upper(parts.all().subspan(half));
  const NearSums near(lower.all(), slack);
  const auto is_lower = [&](std::int64_t time) {
    return std::ranges::any_of(lower.all(), [&](std::int64_t sum) { return std::abs(sum - time) <= slack; });
  };
  for (const std::int64_t below : callers) {
    for (const std::int64_t sum : upper.all()) {
      if (near.may_have(below - sum) && is_lower(below - sum)) return true;
    }
  }
  return false;
}

// Whether what a caller spent is what one of the callees took, or some of them if that says more than chance would.
bool any_match(const HubTimes& t, bool any_given, HubTimes::Room& room) {
  if (t.callees.size() < 2) return any_equal(t.callers, t.callees);
  // Of many callees sums tell nothing, but they may when some were given away.
  if (t.callees.size() > most_callees_in_sums) return any_given || any_equal(t.callers, t.callees);
  // What a caller has left of its time is told by fewer sets than the whole.
  const std::size_t tries = any_given ? 0 : (t.callers.size() + (t.lost != 0 ? 1 : 0)) << t.callees.size();
  Times telling(room.telling, t.callers.size()), others(room.others, t.callers.size());
  for (const std::int64_t below : t.callers) {
    const bool is_telling = !fits_by_chance(tries, below, hub_rounding);
    telling.add_if(is_telling, below);
    others.add_if(!is_telling, below);
  }
  if (any_equal(others.all(), t.callees)) return true;
  return !telling.all().empty() && any_sum(telling.all(), t.callees, room);
}

// What the solver does first, where no two times are equal: callees that were called once are given, the longest first,
// to the only caller that has time for it.
class GivenAway {
 public:
  GivenAway(const HubTimes& t, HubTimes::Room& room) : time_(room.left), given_(room.given) {
    time_.clear();
    for (const std::int64_t below : t.callers) time_.push_back(below + hub_rounding);
    if (t.lost != 0) time_.push_back(t.lost);
    given_.assign(t.callees.size(), false);
    for (std::size_t j = longest_of(t.callees); j != t.callees.size() && give(t.callees[j].total);
         j = longest_of(t.callees))
      given_[j] = is_any_ = true;
    for (std::size_t j = 0; j < t.callees.size(); ++j) {
      const auto [total, once, leads] = t.callees[j];
      if (!leads) continue;
      const std::int64_t least = given_[j] != 0 ? no_callee : once ? total : 0;
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

  // Of those that were called once and not given; their number if there is none.
  std::size_t longest_of(std::span<const HubTimes::Callee> callees) const {
    std::size_t longest = callees.size();
    for (std::size_t j = 0; j < callees.size(); ++j) {
      if (callees[j].once && given_[j] == 0 && (longest == callees.size() || callees[j].total > callees[longest].total))
        longest = j;
    }
    return longest;
  }

  bool all_have_time(std::int64_t needed) const noexcept {
    const std::int64_t least = *std::ranges::min_element(time_);
    // Of the root the rounding is that of all callers.
    const auto used_up = 2 * (hub_rounding + static_cast<std::int64_t>(time_.size()));
    return needed != no_callee && least >= needed && (!is_any_ || least > used_up);
  }

  bool give(std::int64_t total) {
    std::int64_t second = 0;
    std::int64_t* first = &time_[0];
    for (std::int64_t& time : std::span(time_).subspan(1)) {
      second = std::max(second, std::min(*first, time));
      if (time > *first) first = &time;
    }
    if (second >= total || *first < total) return false;
    *first -= total;
    return true;
  }

  std::vector<std::int64_t>& time_;   // per caller, rounding included: what it has at most
  std::vector<std::uint8_t>& given_;  // per callee
  // Of the callees that lead what they take at least; `no_callee` of those that were given.
  std::int64_t shortest_ = no_callee, longest_ = 0;
  bool is_any_ = false;
};

}  // namespace

HubChance HubTimes::chance(Room& room) const {
  const GivenAway given(*this, room);
  if (!given.all_have_time()) return HubChance::some;
  const HubChance chance = given.all_have_time_for_any() ? HubChance::none : HubChance::none_yet;
  return any_match(*this, given.any(), room) ? HubChance::some : chance;
}

// Nearly without branches: every call of the profile is looked at.
class HubSurvey::Look {
 public:
  Look(const RecordedCalls& calls, Below* incoming) : calls_(calls), incoming_(incoming) {}

  void fetch(std::uint32_t /*call*/, std::size_t place) const { prefetch(incoming_ + place); }
  void look(std::uint32_t call, std::size_t place) const { incoming_[place] = below(call); }

 private:
  Below below(std::uint32_t call) const {
    const ContextGraph::Call c = calls_[call];
    if (c.caller == c.callee && !ContextCalls::carries_nothing(c)) [[unlikely]]
      return is_itself;
    const bool counts = (unsigned{c.counts.calls == c.counts.primitive} & unsigned{c.counts.calls > 0} &
                         unsigned{c.counts.calls <= std::numeric_limits<std::uint32_t>::max()}) != 0;
    const bool times = (unsigned{c.self >= 0} & unsigned{c.self <= c.total} & unsigned{c.total <= most_time}) != 0;
    const std::uint32_t before = call - (call != 0 ? 1U : 0U);  // calls by one caller are neighbours
    const bool is_another = (unsigned{before != call} & unsigned{calls_.caller(before) == c.caller} &
                             unsigned{calls_.callee(before) == c.callee}) != 0;
    return (unsigned{counts} & unsigned{times} & unsigned{!is_another}) != 0 ? c.total - c.self : is_odd;
  }

  RecordedCalls calls_;
  Below* incoming_;
};

HubSurvey::HubSurvey(ContextGraph& graph)
    : g_(graph), calls_(graph.calls.as_recorded()), passing_on_(find_text(graph.strings(), passes_calls_on)) {
  run_both(
      graph.calls.size(),
      [&] {
        resize_on_cores(incoming_, graph.calls.size());
        graph.index_callers(Look(calls_, incoming_.data()));
      },
      [&] { count_calls(); });
}

// Sums that do not fit are those of a function that has calls which are odd.
void HubSurvey::count_calls() {
  constexpr std::uint32_t ahead = 16;
  counted_.resize(g_.functions.size(), 0);
  for (std::uint32_t i = 0; i < calls_.size(); ++i) {
    prefetch(&counted_[calls_.callee(std::min(i + ahead, calls_.size() - 1))]);
    counted_[calls_.callee(i)] += static_cast<std::uint64_t>(calls_.count(i));
  }
}

std::span<const HubSurvey::Below> HubSurvey::calls_to(std::uint32_t function) const {
  const std::vector<std::uint32_t>& first = g_.calls_to().first();
  return std::span(incoming_).subspan(first[function], first[function + 1] - first[function]);
}

// False: not all is known exactly, some of it tells on its own, or there is much to look at.
bool HubSurvey::find_times(std::uint32_t function, HubTimes& times, HubTimes::Room& room) const {
  const std::span<const std::uint32_t> from = g_.calls_from(function);
  times.callers = calls_to(function);
  if (times.callers.size() * from.size() > HubTimes::most_pairs) return false;
  if (std::ranges::any_of(times.callers, [](Below below) { return below <= hub_rounding; })) return false;
  const Counts& all = g_.functions[function].counts;
  const auto calls = static_cast<std::int64_t>(counted_[function]);
  if (all.calls != calls || all.primitive != calls) return false;  // others called it, or it recursed
  room.callees.clear();
  std::uint32_t last = CallLists::nobody;
  for (const std::uint32_t i : from) {
    const ContextGraph::Call c = calls_[i];
    if (!is_exact(c) || c.self < 0 || c.total <= 1 || c.total > most_time || c.callee == last) return false;
    last = c.callee;
    room.callees.push_back({c.total, c.counts.calls == 1, g_.component(c.callee) == g_.component(function)});
  }
  times.callees = room.callees;
  return true;
}

HubChance HubSurvey::chance(std::uint32_t function, HubTimes::Room& room) const {
  if (std::ranges::find(calls_to(function), is_itself) != calls_to(function).end()) return HubChance::none;
  HubTimes times;
  if (!find_times(function, times, room)) return HubChance::some;
  if (std::ranges::none_of(times.callees, &HubTimes::Callee::leads)) return HubChance::none;
  std::int64_t below = 0, total = 0;
  for (const std::int64_t time : times.callers) below += time;
  for (const HubTimes::Callee& c : times.callees) total += c.total;
  const ContextGraph::Function& f = g_.functions[function];
  if (f.total < 0 || f.total > most_time || f.self < 0 || f.self > most_time) return HubChance::some;
  const auto n = static_cast<std::int64_t>(times.callers.size()), m = static_cast<std::int64_t>(times.callees.size());
  std::int64_t slack = m + n * hub_rounding;
  if (const std::int64_t lost = f.self + total - f.total; lost > 2 + n + m) {
    times.lost = lost + 2 + n;
    if (total - below > times.lost + slack) return HubChance::none;
  } else if (times.callers.size() < 2 || std::abs(total - below) > slack) {
    return HubChance::none;
  }
  return g_.origin(function).name == passing_on_ ? HubChance::some : times.chance(room);
}

}  // namespace profconv
