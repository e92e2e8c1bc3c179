#include "transforms/splitting/split_hub.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <utility>

namespace profconv {
namespace {

constexpr std::int64_t largest = std::int64_t{1} << 60;  // sums of a few such do not overflow
// A round looks at all callers and callees. What was made for it needs as many rounds as there are callers.
constexpr std::size_t most_looks = 20'000'000;

class HubSolver {
 public:
  HubSolver(std::span<const HubCaller> callers, std::span<const HubCallee> callees, const HubOptions& options,
            HubWorkspace& workspace)
      : callers_(callers), callees_(callees), options_(options), room_(workspace) {
    active_.clear();
    open_.clear();
    owner_.assign(callees.size(), nobody);
    left_.clear();
    for (const HubCaller& c : callers) left_.push_back(adds_up(c) ? c.below : c.longest);
  }

  std::optional<HubSplit> solve();

 private:
  static constexpr std::uint32_t nobody = 0xffffffff, too_short = 0xfffffffe;

  static bool adds_up(const HubCaller& c) { return c.exact || c.bounded; }
  bool find_idle();
  bool adds_up() const;
  void sort_times();
  bool match_equal();
  bool match_sums();
  void find_sums(std::span<const std::uint32_t> parts, std::vector<HubWorkspace::Sum>& sums);
  bool match_counts();
  bool exclude_by_time();
  void give(std::uint32_t callee, std::uint32_t caller);
  void drop_finished();
  bool by_chance(std::size_t tries, std::int64_t value) const { return fits_by_chance(tries, value, options_.step); }
  std::optional<HubSplit> groups() const;

  std::span<const HubCaller> callers_;
  std::span<const HubCallee> callees_;
  const HubOptions& options_;
  HubWorkspace& room_;
  std::vector<std::int64_t>& left_ = room_.left;       // per caller: time that no callee accounts for yet, at most
  std::vector<std::uint32_t>& active_ = room_.active;  // callers that may have caused more
  std::vector<std::uint32_t>& open_ = room_.open;      // callees without an owner
  std::vector<std::uint32_t>& owner_ = room_.owner;
  std::vector<std::vector<std::uint32_t>> united_;  // callers that share a callee and nothing else
  bool any_found_ = false;
  bool is_sorted_ = false;  // the lists of times and `once`, but for what was found since
};

bool HubSolver::find_idle() {
  for (std::uint32_t i = 0; i < callers_.size(); ++i) {
    const HubCaller& c = callers_[i];
    if (c.below > largest || c.below < -largest || c.longest > largest) return false;
    if (left_[i] > c.rounding) active_.push_back(i);
  }
  for (std::uint32_t j = 0; j < callees_.size(); ++j) {
    if (callees_[j].total >= largest) return false;
    if (callees_[j].total > 1) {
      open_.push_back(j);
    } else {
      owner_[j] = too_short;
    }
  }
  return (open_.empty() || !active_.empty()) && adds_up();
}

// Where nothing recurs, what the callers account for is what the callees took.
bool HubSolver::adds_up() const {
  std::int64_t callers = 0, callees = 0;
  std::int64_t slack = static_cast<std::int64_t>(callees_.size());
  bool all_exact = true;
  for (const HubCaller& c : callers_) {
    if (!adds_up(c)) return true;
    all_exact = all_exact && c.exact;
    callers += c.below;
    slack += c.rounding;
  }
  for (const HubCallee& c : callees_) {
    if (!c.exact) return true;
    callees += c.total;
  }
  return callees - callers <= slack && (!all_exact || callers - callees <= slack);
}

void HubSolver::give(std::uint32_t callee, std::uint32_t caller) {
  owner_[callee] = caller;
  if (adds_up(callers_[caller])) left_[caller] -= callees_[callee].total;
}

// A caller whose time is used up has caused nothing else.
void HubSolver::drop_finished() {
  std::erase_if(active_, [&](std::uint32_t i) { return adds_up(callers_[i]) && left_[i] <= callers_[i].rounding; });
  std::erase_if(open_, [&](std::uint32_t j) { return owner_[j] != nobody; });
}

// Times of exact callers and callees, and callees that were called once. What was found takes some away, and changes
// the time of a few callers: the rest stays in order.
void HubSolver::sort_times() {
  using Timed = HubWorkspace::Timed;
  std::vector<Timed>&by_left = room_.by_left, &by_total = room_.by_total, &moved = room_.moved;
  std::vector<std::uint32_t>& once = room_.once;
  moved.clear();
  if (!is_sorted_) {
    by_left.clear();
    by_total.clear();
    once.clear();
    for (const std::uint32_t i : active_) {
      if (callers_[i].exact) moved.push_back({left_[i], i});
    }
    for (const std::uint32_t j : open_) {
      if (callees_[j].exact) by_total.push_back({callees_[j].total, j});
      if (callees_[j].calls == 1) once.push_back(j);
    }
    std::ranges::sort(by_total);
    std::ranges::sort(once, [&](std::uint32_t a, std::uint32_t b) {
      return std::pair(-callees_[a].total, a) < std::pair(-callees_[b].total, b);
    });
    is_sorted_ = true;
  } else {
    std::erase_if(by_total, [&](const Timed& callee) { return owner_[callee.index] != nobody; });
    std::erase_if(once, [&](std::uint32_t j) { return owner_[j] != nobody; });
    std::erase_if(by_left, [&](const Timed& caller) {
      const std::int64_t left = left_[caller.index];
      if (left == caller.time) return false;
      if (left > callers_[caller.index].rounding) moved.push_back({left, caller.index});
      return true;
    });
  }
  std::ranges::sort(moved);
  const auto kept = static_cast<std::ptrdiff_t>(by_left.size());
  by_left.insert(by_left.end(), moved.begin(), moved.end());
  std::ranges::inplace_merge(by_left, by_left.begin() + kept);
}

bool HubSolver::match_equal() {
  using Timed = HubWorkspace::Timed;
  const std::vector<Timed>&by_left = room_.by_left, &by_total = room_.by_total;
  const auto is_alone = [](const std::vector<Timed>& list, std::size_t at) {
    return (at == 0 || list[at].time - list[at - 1].time > 2 * hub_rounding) &&
           (at + 1 == list.size() || list[at + 1].time - list[at].time > 2 * hub_rounding);
  };
  bool found = false;
  std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs = room_.pairs;
  pairs.clear();
  for (std::size_t a = 0, b = 0; a < by_left.size() && b < by_total.size();) {
    // cppcheck-suppress containerOutOfBounds  // the condition of the loop says that it is not
    const std::int64_t difference = by_left[a].time - by_total[b].time;
    if (difference > hub_rounding) {
      ++b;
    } else if (difference < -hub_rounding) {
      ++a;
    } else {
      if (is_alone(by_left, a) && is_alone(by_total, b) &&
          !by_chance(by_left.size() * by_total.size(), by_total[b].time))
        pairs.emplace_back(by_total[b].index, by_left[a].index);
      ++a;
      ++b;
    }
  }
  for (const auto& [callee, caller] : pairs) {
    give(callee, caller);
    left_[caller] = 0;
    found = true;
  }
  return found;
}

// The sums of all sets of these parts, in their order.
void HubSolver::find_sums(std::span<const std::uint32_t> parts, std::vector<HubWorkspace::Sum>& sums) {
  using Sum = HubWorkspace::Sum;
  sums.assign(1, {0, 0});
  for (std::uint32_t k = 0; k < parts.size(); ++k) {
    // Those with the part are in the same order as those without.
    const std::int64_t time = callees_[parts[k]].total;
    std::vector<Sum>& merged = room_.merged;
    merged.clear();
    std::size_t with = 0;
    for (const Sum& sum : sums) {
      for (; sums[with].time + time < sum.time; ++with)
        merged.push_back({sums[with].time + time, sums[with].set | 1U << k});
      merged.push_back(sum);
    }
    for (; with < sums.size(); ++with) merged.push_back({sums[with].time + time, sums[with].set | 1U << k});
    sums.swap(merged);
  }
}

// A caller and the one set of callees whose times add up to its own. Every set is one of the first half of the callees
// and one of the second: of each half only the sums are looked at, in their order.
bool HubSolver::match_sums() {
  std::vector<std::uint32_t>& parts = room_.parts;
  parts.clear();
  std::ranges::copy_if(open_, std::back_inserter(parts), [&](std::uint32_t j) { return callees_[j].exact; });
  if (parts.size() < 2 || parts.size() > most_callees_in_sums) return false;
  const std::size_t sets = std::size_t{1} << parts.size();
  const auto is_telling = [&](std::uint32_t i) {
    return callers_[i].exact && !by_chance(sets * active_.size(), left_[i]);
  };
  if (std::ranges::none_of(active_, is_telling)) return false;
  const std::size_t half = parts.size() / 2;
  const std::vector<HubWorkspace::Sum>&lower = room_.lower, &upper = room_.upper;
  find_sums(std::span(parts).first(half), room_.lower);
  find_sums(std::span(parts).subspan(half), room_.upper);
  const std::int64_t slack = hub_rounding + static_cast<std::int64_t>(parts.size()) / 2;
  for (const std::uint32_t i : active_) {
    if (!is_telling(i)) continue;
    std::size_t fitting = 0;
    std::uint32_t found = 0;
    std::size_t end = upper.size();  // sums from here on are too large, for the following ones too
    for (std::size_t a = 0; a < lower.size() && fitting < 2; ++a) {
      const std::int64_t rest = left_[i] - lower[a].time;
      while (end > 0 && upper[end - 1].time > rest + slack) --end;
      for (std::size_t b = end; b > 0 && upper[b - 1].time >= rest - slack && fitting < 2; --b) {
        const std::uint32_t set = lower[a].set | upper[b - 1].set << half;
        if (set == 0) continue;
        ++fitting;
        found = set;
      }
    }
    if (fitting != 1) continue;
    for (std::size_t k = 0; k < parts.size(); ++k) {
      if ((found >> k & 1U) != 0) give(parts[k], i);
    }
    left_[i] = 0;
    return true;
  }
  return false;
}

// One way alone to divide the callers so that their counts add up to those of the callees.
bool HubSolver::match_counts() {
  if (!options_.one_callee_per_caller || active_.size() > most_callees_in_sums || open_.size() < 2 ||
      open_.size() > most_callees_in_sums)
    return false;
  std::vector<std::size_t> way(open_.size()), only;
  std::size_t ways = 0;
  const std::size_t all = (std::size_t{1} << active_.size()) - 1;
  const auto fits = [&](std::size_t set, const HubCallee& callee) {
    std::int64_t calls = 0, longest = 0;
    for (std::size_t k = 0; k < active_.size(); ++k) {
      if ((set >> k & 1U) == 0) continue;
      calls += callers_[active_[k]].calls;
      longest += callers_[active_[k]].longest + callers_[active_[k]].rounding;
    }
    return calls == callee.calls && longest >= callee.total;
  };
  std::size_t steps = 100'000;
  const auto search = [&](const auto& self, std::size_t at, std::size_t free) -> void {
    if (ways > 1 || steps == 0) return;
    if (at == open_.size()) {
      if (free == 0 && ++ways == 1) only = way;
      return;
    }
    for (std::size_t set = free; set != 0 && steps != 0; set = (set - 1) & free, --steps) {
      if (!fits(set, callees_[open_[at]])) continue;
      way[at] = set;
      self(self, at + 1, free & ~set);
    }
  };
  search(search, 0, all);
  if (ways != 1 || steps == 0) return false;
  const std::vector<std::uint32_t> active = active_;
  for (std::size_t at = 0; at < open_.size(); ++at) {
    std::vector<std::uint32_t> together;
    for (std::size_t k = 0; k < active.size(); ++k) {
      if ((only[at] >> k & 1U) != 0) together.push_back(active[k]);
    }
    owner_[open_[at]] = together.front();
    united_.push_back(std::move(together));
  }
  active_.clear();
  return true;
}

// Callees that were called once, the longest first: each caller's bound shrinks by what is found to be its own.
bool HubSolver::exclude_by_time() {
  const std::vector<std::uint32_t>& once = room_.once;
  if (once.empty()) return false;
  std::vector<std::uint32_t>& by_left = room_.parts;
  by_left = active_;
  const auto most = [&](std::uint32_t i) { return left_[i] + callers_[i].rounding; };
  const auto less = [&](std::uint32_t a, std::uint32_t b) { return std::pair(most(a), b) < std::pair(most(b), a); };
  std::ranges::make_heap(by_left, less);
  bool found = false;
  for (const std::uint32_t j : once) {
    if (by_left.size() < 2) break;
    std::ranges::pop_heap(by_left, less);
    const std::uint32_t first = by_left.back();
    const std::uint32_t second = by_left.front();
    if (most(second) >= callees_[j].total || most(first) < callees_[j].total) break;
    give(j, first);
    found = true;
    std::ranges::push_heap(by_left, less);
  }
  return found;
}

std::optional<HubSplit> HubSolver::solve() {
  if (!find_idle()) return std::nullopt;
  for (std::size_t looks = 0; !open_.empty() && looks < most_looks; looks += callers_.size() + callees_.size()) {
    if (active_.size() == 1) {
      const std::uint32_t last = active_.front();
      std::int64_t rest = left_[last];
      bool exact = callers_[last].exact;
      for (const std::uint32_t j : open_) {
        exact = exact && callees_[j].exact;
        rest -= callees_[j].total;
        owner_[j] = last;
      }
      const std::int64_t slack = 2 * hub_rounding + static_cast<std::int64_t>(callees_.size() + callers_.size());
      if (exact && (rest > slack || rest < -slack)) return std::nullopt;
      open_.clear();
      any_found_ = true;
      break;
    }
    sort_times();
    const bool found = match_equal() || exclude_by_time() || match_sums() || match_counts();
    any_found_ = any_found_ || found;
    drop_finished();
    if (active_.empty() && std::ranges::any_of(open_, [&](std::uint32_t j) { return callees_[j].leads; }))
      return std::nullopt;
    if (!found || active_.empty()) break;
  }
  return groups();
}

// Empty: nobody has time for a callee that leads, or every caller has and no callee is known to be anybody's.
std::optional<HubSplit> HubSolver::groups() const {
  // Not decided: all callers together that have time for the shortest callee that leads.
  std::int64_t shortest = largest;
  for (const std::uint32_t j : open_) {
    if (callees_[j].leads) shortest = std::min(shortest, callees_[j].calls == 1 ? callees_[j].total : 0);
  }
  const auto has_time = [&](std::uint32_t i) { return left_[i] + callers_[i].rounding >= shortest; };
  if (!any_found_ && active_.size() == callers_.size() && std::ranges::all_of(active_, has_time)) return std::nullopt;

  // Per caller: the caller that stands for its group.
  std::vector<std::uint32_t> leader(callers_.size());
  std::iota(leader.begin(), leader.end(), 0U);
  for (const std::vector<std::uint32_t>& together : united_) {
    for (const std::uint32_t i : together) leader[i] = together.front();
  }
  std::uint32_t undecided = nobody;
  for (const std::uint32_t i : active_) {
    if (!has_time(i)) continue;
    if (undecided == nobody) undecided = i;
    leader[i] = undecided;
  }
  if (undecided == nobody && shortest != largest) return std::nullopt;
  std::vector<bool> leads(callers_.size(), false);
  if (undecided != nobody && shortest != largest) leads[undecided] = true;
  for (std::uint32_t j = 0; j < callees_.size(); ++j) {
    if (owner_[j] < too_short && callees_[j].leads) leads[leader[owner_[j]]] = true;
  }

  HubSplit split;
  std::vector<std::uint32_t> number(callers_.size(), HubSplit::idle);
  for (std::uint32_t i = 0; i < callers_.size(); ++i) {
    std::uint32_t& n = number[leader[i]];
    if (n == HubSplit::idle && leads[leader[i]]) n = split.groups++;
    split.callers.push_back(n);
  }
  split.left.assign(split.groups, 0);
  for (const std::uint32_t i : active_) split.left[split.callers[i]] += std::max<std::int64_t>(left_[i], 0);
  for (std::uint32_t j = 0; j < callees_.size(); ++j) {
    if (owner_[j] < too_short) {
      split.callees.push_back(number[leader[owner_[j]]]);
    } else if (owner_[j] == too_short || active_.empty()) {
      split.callees.push_back(HubSplit::idle);
    } else {
      split.callees.push_back(callees_[j].leads ? number[undecided] : HubSplit::shared);
    }
  }
  return split;
}

}  // namespace

std::optional<HubSplit> split_hub(std::span<const HubCaller> callers, std::span<const HubCallee> callees,
                                  const HubOptions& options, HubWorkspace& workspace) {
  return HubSolver(callers, callees, options, workspace).solve();
}

}  // namespace profconv
