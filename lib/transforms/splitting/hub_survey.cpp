#include "transforms/splitting/hub_survey.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "base/first_touch.hpp"
#include "base/parallel.hpp"
#include "base/prefetch.hpp"
#include "model/find_text.hpp"
#include "transforms/splitting/split_hub.hpp"

namespace profconv {
namespace {

constexpr std::int64_t most_time = std::int64_t{1} << 50;  // sums of `HubTimes::most_pairs` such do not overflow

bool is_exact(const ContextGraph::Call& c) { return c.counts.calls == c.counts.primitive && c.counts.calls > 0; }

}  // namespace

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
bool HubSurvey::find_callees(std::uint32_t function, HubTimes& times) const {
  const std::uint32_t component = g_.component(function);
  std::uint32_t last = CallLists::nobody;
  for (const std::uint32_t i : g_.calls_from(function)) {
    const ContextGraph::Call c = calls_[i];
    if (!is_exact(c) || c.self < 0 || c.total <= 1 || c.total > most_time || c.callee == last) return false;
    last = c.callee;
    times.add({c.total, c.counts.calls == 1, g_.component(c.callee) == component});
  }
  return true;
}

HubChance HubSurvey::chance(std::uint32_t function, HubTimes& times) const {
  const std::span<const Below> callers = calls_to(function);
  const std::size_t callees = g_.calls_from(function).size();
  if (callers.size() * std::max<std::size_t>(callees, 1) > HubTimes::most_pairs)  // their sums may not fit 64 bits
    return std::ranges::find(callers, is_itself) != callers.end() ? HubChance::none : HubChance::some;
  times.begin(callers, callees);
  if (times.least() == is_itself) return HubChance::none;
  if (times.least() <= hub_rounding) return HubChance::some;
  const ContextGraph::Function& f = g_.functions[function];
  const auto calls = static_cast<std::int64_t>(counted_[function]);
  if (f.counts.calls != calls || f.counts.primitive != calls) return HubChance::some;  // others called, or it recursed
  if (!find_callees(function, times)) return HubChance::some;
  if (!times.any_leads()) return HubChance::none;
  if (f.total < 0 || f.total > most_time || f.self < 0 || f.self > most_time) return HubChance::some;
  const auto n = static_cast<std::int64_t>(callers.size()), m = static_cast<std::int64_t>(callees);
  const std::int64_t slack = m + n * hub_rounding;
  std::int64_t unrecorded = 0;
  if (const std::int64_t lost = f.self + times.total() - f.total; lost > 2 + n + m) {
    unrecorded = lost + 2 + n;
    if (times.total() - times.below() > unrecorded + slack) return HubChance::none;
  } else if (callers.size() < 2 || std::abs(times.total() - times.below()) > slack) {
    return HubChance::none;
  }
  return g_.origin(function).name == passing_on_ ? HubChance::some : times.chance(unrecorded);
}

}  // namespace profconv
