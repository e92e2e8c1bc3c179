#include "transforms/splitting/hub.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "base/counted.hpp"
#include "base/wide_int.hpp"
#include "model/apportion.hpp"
#include "transforms/callee_owners.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {
namespace {

using Call = ContextGraph::Call;

bool is_measured(const Call& c) { return c.total != not_measured && c.self != not_measured; }

bool is_exact(const Counts& counts) { return counts.calls == counts.primitive; }

}  // namespace

bool Hub::leads_back() const {
  return std::ranges::any_of(g_.calls_from(f_), [&](std::uint32_t i) {
    const Call& c = g_.calls[i];
    return c.caller == f_ && c.callee != f_ && in_same_cycle(c.callee) && !ContextCalls::carries_nothing(c);
  });
}

// The calls of the list that still are the function's, sorted by `other` (the caller or callee) and number.
template <class Other>
void Hub::gather(std::span<const std::uint32_t> calls, Other other, std::vector<std::uint32_t>& found,
                 std::vector<Call>& rows) const {
  found.clear();
  rows.clear();
  bool sorted = true;
  constexpr std::size_t ahead = 16;
  for (std::size_t k = 0; k < calls.size(); ++k) {
    if (k + ahead < calls.size()) g_.calls.prefetch(calls[k + ahead]);
    const std::uint32_t i = calls[k];
    const Call c = g_.calls[i];
    if (ContextCalls::carries_nothing(c) || (c.caller != f_ && c.callee != f_)) continue;
    sorted = sorted && (found.empty() || std::pair(rows.back().*other, found.back()) < std::pair(c.*other, i));
    found.push_back(i);
    rows.push_back(c);
  }
  if (sorted) return;
  // Copies come behind all others, which as a rule are in order without them.
  std::vector<std::uint32_t> order(found.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto copies =
      std::stable_partition(order.begin(), order.end(), [&](std::uint32_t at) { return !g_.is_copy(rows[at].*other); });
  const auto key = [&](std::uint32_t at) { return std::pair(rows[at].*other, found[at]); };
  for (const std::span<std::uint32_t> part : {std::span(order.begin(), copies), std::span(copies, order.end())}) {
    if (!std::ranges::is_sorted(part, {}, key)) std::ranges::sort(part, {}, key);
  }
  const auto put_in_order = [&](auto& table) {
    const auto before = table;
    for (std::size_t at = 0; at < order.size(); ++at) table[at] = before[order[at]];
  };
  put_in_order(found);
  put_in_order(rows);
}

// False: not enough is known, or the numbers are too large for sums of them.
bool Hub::find_calls() {
  gather(g_.calls_to(f_), &Call::caller, in_, in_rows_);
  gather(g_.calls_from(f_), &Call::callee, out_, out_rows_);
  const std::int64_t most =
      std::numeric_limits<std::int64_t>::max() / 8 / static_cast<std::int64_t>(in_.size() + out_.size() + 1);
  const auto is_large = [&](std::int64_t value) { return value != not_measured && (value > most || value < -most); };
  const ContextGraph::Function& f = g_.functions[f_];
  if (is_large(f.self) || is_large(f.total) || is_large(f.counts.calls)) return false;
  for (const auto* rows : {&in_rows_, &out_rows_}) {
    for (const Call& c : *rows) {
      if (c.counts.calls == not_counted || c.caller == c.callee) return false;
      if (is_large(c.self) || is_large(c.total) || is_large(c.counts.calls)) return false;
    }
  }
  return true;
}

// False: nothing can be told apart.
bool Hub::collect() {
  callers_.clear();
  callees_.clear();
  caller_facts_.clear();
  callee_facts_.clear();
  all_measured_ = true;
  has_lost_ = false;
  if (!find_calls()) return false;
  for (std::size_t at = 0; at < in_.size(); ++at) {
    const Call& c = in_rows_[at];
    if (callers_.empty() || callers_.back().function != c.caller) {
      callers_.push_back({c.caller, at});
      caller_facts_.push_back({0, 0, 0, true});
    }
    HubCaller& facts = caller_facts_.back();
    facts.calls += c.counts.calls;
    facts.exact = facts.exact && is_exact(c.counts) && is_measured(c);
    // What was not measured took no longer than the caller, nor than the hub.
    const std::int64_t total =
        is_measured(c) ? c.total : std::min(g_.functions[c.caller].total, g_.functions[f_].total);
    callers_.back().self += is_measured(c) ? c.self : 0;
    callers_.back().total += total;
    facts.below += total - (is_measured(c) ? c.self : 0);
    facts.longest += total;
    facts.bounded = facts.calls == 1;  // one activation does not overlap with itself
    all_measured_ = all_measured_ && is_measured(c);
  }
  for (std::size_t at = 0; at < out_.size(); ++at) {
    const Call& c = out_rows_[at];
    if (callees_.empty() || callees_.back().function != c.callee) {
      callees_.push_back({c.callee, at});
      callee_facts_.push_back({0, 0, true, in_same_cycle(c.callee)});
    }
    HubCallee& facts = callee_facts_.back();
    facts.calls += c.counts.calls;
    facts.exact = facts.exact && is_exact(c.counts) && is_measured(c);
    if (is_measured(c)) {
      facts.total += c.total;
      continue;
    }
    // A function that was called once, from here, is known; of another one nothing is.
    const bool is_known = g_.functions[c.callee].counts.calls == 1 && c.counts.calls == 1;
    facts.calls += is_known ? 0 : 1;
    facts.total += std::max<std::int64_t>(g_.functions[c.callee].total, is_known ? 0 : 2);
  }
  return add_root() && callers_.size() > 1;
}

// What was called without a recorded caller took no more than the function in all, and had the self time that no caller
// accounts for. Where the function was never called while it was active, it took what the callers do not account for.
// False: the calls to the function are more than it had.
bool Hub::add_root() {
  const ContextGraph::Function& f = g_.functions[f_];
  const std::int64_t lost = lost_time();
  std::int64_t calls = f.counts.calls, self = f.self, total = f.total;
  for (std::size_t i = 0; i < callers_.size(); ++i) {
    calls -= caller_facts_[i].calls;
    self -= callers_[i].self;
    if (is_exact(f.counts) && all_measured_) total -= callers_[i].total;
  }
  if (calls < 0) return false;
  const auto rounding = 2 + static_cast<std::int64_t>(callers_.size());
  if (calls > 0) {
    callers_.push_back({root, in_.size(), self, total});
    caller_facts_.push_back({calls, total - self + lost, total + lost, false, true, rounding});
  } else if (lost > 0) {
    callers_.push_back({root, in_.size(), 0, lost});
    caller_facts_.push_back({0, lost, lost, false, true, rounding});
  }
  has_lost_ = lost > 0;
  return true;
}

// cProfile keeps one of several functions with the same file, line and name, and the calls of all of them. What was
// called for longer than the function ran was called by one of which nothing else is known.
std::int64_t Hub::lost_time() const {
  if (!is_exact(g_.functions[f_].counts) || !all_measured_) return 0;
  std::int64_t lost = g_.functions[f_].self - g_.functions[f_].total;
  for (const HubCallee& callee : callee_facts_) {
    if (!callee.exact) return 0;
    lost += callee.total;
  }
  return lost > static_cast<std::int64_t>(2 + callers_.size() + callees_.size()) ? lost : 0;
}

// What all functions took; no lost one took longer.
std::int64_t Hub::whole() {
  if (!whole_) {
    WideInt sum = 0;
    for (const ContextGraph::Function& f : g_.functions) sum += std::max<std::int64_t>(f.self, 0);
    whole_ = static_cast<std::int64_t>(std::min<WideInt>(sum, std::numeric_limits<std::int64_t>::max()));
  }
  return *whole_;
}

std::int64_t Hub::step() const {
  // Clocks that count microseconds or tenths leave round numbers.
  for (const std::int64_t step : {1000, 100}) {
    const auto is_round = [&](const Call& c) { return c.self % step == 0 && c.total % step == 0; };
    if (std::ranges::all_of(in_rows_, is_round)) return step;
  }
  return 1;
}

// A way from a caller in the circle through the function back into the circle that no call of the program took.
bool Hub::takes_false_way_out(const HubSplit& split) const {
  std::vector<bool> entered(split.groups, false);
  for (std::size_t i = 0; i < callers_.size(); ++i) {
    if (callers_[i].function != root && in_same_cycle(callers_[i].function)) entered[split.callers[i]] = true;
  }
  std::size_t leading = 0, both = 0, entering = 0;
  for (std::uint32_t g = 0; g < split.groups; ++g) {
    leading += leads_[g] ? 1u : 0u;
    entering += entered[g] ? 1u : 0u;
    both += leads_[g] && entered[g] ? 1u : 0u;
  }
  return leading > 0 && entering > 0 && !(leading == 1 && entering == 1 && both == 1);
}

// After the callers of a group, the costliest first.
std::string Hub::label(std::vector<std::uint32_t> members) const {
  std::erase_if(members, [&](std::uint32_t i) { return callers_[i].function == root; });
  std::ranges::stable_sort(members, std::greater<>{}, [&](std::uint32_t i) { return callers_[i].total; });
  std::string text = g_.label(callers_[members.front()].function);
  if (members.size() == 2) text.append(", ").append(g_.label(callers_[members.back()].function));
  if (members.size() > 2) text.append(" and ").append(counted(members.size() - 1, "other"));
  return text;
}

// By which files' code the groups are called, where that tells: of what builds the classes of everybody.
Hub::GroupsOfFiles Hub::groups_of_files(const HubSplit& split) const {
  GroupsOfFiles groups;
  if (!is_build_class(g_.file(f_), g_.name(f_))) return groups;
  for (std::size_t k = 0; k < callers_.size(); ++k) {
    if (callers_[k].function != root) groups[index(g_.origin(callers_[k].function).file)].insert(split.callers[k]);
  }
  return groups;
}

// The body of a class is called for code of its file: what the groups with such callers have left, if that is enough,
// else nothing. Methods of metaclasses are for all.
std::vector<std::int64_t> Hub::left_in_file(const Call& call, const HubSplit& split,
                                            const GroupsOfFiles& groups) const {
  const auto found = groups.find(index(g_.origin(call.callee).file));
  if (found == groups.end() || g_.name(call.callee).starts_with("__")) return {};
  std::vector<std::int64_t> left(split.groups, 0);
  WideInt time = 0;
  for (const std::uint32_t group : found->second) time += left[group] = split.left[group];
  return time > 0 && time >= call.total ? std::move(left) : std::vector<std::int64_t>{};
}

// Shares what no group has for itself: first what belongs to few, then the rest by what that leaves. What was called
// once goes to one group: those that are called less often first, the costliest of these, as long as there is room.
void Hub::share_all(const HubSplit& split, const std::vector<std::uint32_t>& copy_of) {
  const GroupsOfFiles groups = groups_of_files(split);
  std::vector<std::int64_t> left = split.left;
  const auto has_time = [](std::int64_t time) { return time > 0; };
  const auto share_by = [&](std::uint32_t call, std::vector<std::int64_t> weights, bool is_estimate) {
    const std::vector<std::int64_t> parts = share(call, std::move(weights), copy_of, is_estimate);
    for (std::size_t g = 0; g < parts.size(); ++g)
      left[g] = std::max<std::int64_t>(left[g] - std::max<std::int64_t>(parts[g], 0), 0);
  };
  std::vector<std::uint32_t> rest;
  for (std::size_t j = 0; j < callees_.size(); ++j) {
    if (split.callees[j] != HubSplit::shared) continue;
    for (const std::uint32_t i : calls_to(j)) {
      std::vector<std::int64_t> of_file = left_in_file(g_.calls[i], split, groups);
      if (of_file.empty()) {
        rest.push_back(i);
      } else {
        const bool is_open = std::ranges::count_if(of_file, has_time) > 1;
        share_by(i, std::move(of_file), is_open);
      }
    }
  }
  std::ranges::stable_sort(rest, {},
                           [&](std::uint32_t i) { return std::pair(g_.calls[i].counts.calls, -g_.calls[i].total); });
  const bool is_open = std::ranges::count_if(split.left, has_time) > 1;
  for (const std::uint32_t i : rest) share_by(i, std::ranges::any_of(left, has_time) ? left : split.left, is_open);
}

// Calls that all groups with time left may have made: each is given a part, by that time; n calls go to n groups, and
// who has a part of the time has made one of them. Returns what they cost each.
std::vector<std::int64_t> Hub::share(std::uint32_t call, std::vector<std::int64_t> left,
                                     const std::vector<std::uint32_t>& copy_of, bool is_estimate) {
  const Call whole = g_.calls[call];
  is_estimate = is_estimate || whole.estimated;
  const auto groups = static_cast<std::uint32_t>(left.size());
  std::vector<std::int64_t> calls(groups), self(groups), total(groups);
  if (const auto most = static_cast<std::size_t>(std::max<std::int64_t>(whole.counts.calls, 1)); most < groups) {
    std::vector<std::uint32_t> order(groups);
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(order, std::greater<>{}, [&](std::uint32_t g) { return left[g]; });
    for (std::size_t i = most; i < order.size(); ++i) left[order[i]] = 0;
  }
  const auto made = std::min<std::int64_t>(std::ranges::count_if(left, [](std::int64_t time) { return time > 0; }),
                                           std::max<std::int64_t>(whole.counts.calls, 0));
  if (!apportion(whole.counts.calls - made, left, calls)) return {};  // stays with the plain function
  for (std::uint32_t g = 0; g < groups && made > 0; ++g) calls[g] += left[g] > 0 ? 1 : 0;
  const auto divide = [&](std::int64_t cost, std::vector<std::int64_t>& parts) {
    if (cost == not_measured) {
      std::ranges::fill(parts, not_measured);
    } else {
      apportion(cost, left, parts);
    }
  };
  divide(whole.self, self);
  divide(whole.total, total);
  bool is_first = true;
  for (std::uint32_t g = 0; g < groups; ++g) {
    const auto is_nothing = [](std::int64_t cost) { return cost == 0 || cost == not_measured; };
    if (calls[g] == 0 && is_nothing(self[g]) && is_nothing(total[g])) continue;
    const Counts counts{calls[g], std::min(calls[g], whole.counts.primitive)};
    if (is_first) {
      g_.calls.change(call) = {copy_of[g], whole.callee, whole.line, is_estimate, counts, self[g], total[g]};
    } else {
      g_.calls.push_back({copy_of[g], whole.callee, whole.line, is_estimate, counts, self[g], total[g]});
    }
    is_first = false;
  }
  return total;
}

void Hub::apply(const HubSplit& split) {
  const ContextGraph::Function before = g_.functions[f_];
  std::vector<std::uint32_t> copy_of(split.groups, f_);
  const bool any_stays = std::ranges::any_of(split.callers, [&](std::uint32_t group) { return stays_[group]; });
  bool is_free = !any_stays && g_.is_copy(f_);  // a copy that is divided altogether is one of the parts
  std::vector<std::vector<std::uint32_t>> members(split.groups);
  for (std::uint32_t i = 0; i < callers_.size(); ++i) members[split.callers[i]].push_back(i);
  for (std::uint32_t g = 0; g < split.groups; ++g) {
    if (stays_[g] || members[g].empty()) continue;
    if (is_free) {
      g_.rename(f_, label(std::move(members[g])));
    } else {
      copy_of[g] = g_.add_copy(f_, label(std::move(members[g])));
    }
    is_free = false;
  }
  // Callees too short to tell stay with the plain function unless nobody calls that.
  if (!any_stays) copy_of[HubSplit::idle] = copy_of[split.callers.front()];
  shared_callees_.clear();
  for (std::size_t j = 0; j < callees_.size(); ++j) {
    if (split.callees[j] == HubSplit::shared) shared_callees_.push_back(callees_[j].function);
    for (const std::uint32_t i : calls_to(j)) {
      if (split.callees[j] != HubSplit::shared) g_.calls.change(i).caller = copy_of[split.callees[j]];
    }
  }
  const std::uint32_t added = g_.calls.size();
  share_all(split, copy_of);
  below_.resize(g_.functions.size(), 0);
  const auto add_below = [&](std::uint32_t call) {
    below_[g_.calls[call].caller] += std::max<std::int64_t>(g_.inclusive(call), 0);
  };
  std::ranges::for_each(out_, add_below);
  for (std::uint32_t i = added; i < g_.calls.size(); ++i) add_below(i);  // the shares of all but the first
  // Where it was not measured, self cost is shared by counts.
  std::int64_t measured_self = 0, unmeasured_calls = 0;
  for (const Caller& caller : callers_) measured_self += caller.self;
  for (const std::uint32_t i : in_) unmeasured_calls += is_measured(g_.calls[i]) ? 0 : g_.calls[i].counts.calls;
  if (callers_.back().function == root && !all_measured_) {
    measured_self -= callers_.back().self;
    unmeasured_calls += caller_facts_.back().calls;
  }
  const auto self_of = [&](const Call& c) {
    if (is_measured(c)) return c.self;
    const WideInt rest = std::max<std::int64_t>(before.self - measured_self, 0);
    return unmeasured_calls == 0 ? 0 : static_cast<std::int64_t>(rest * c.counts.calls / unmeasured_calls);
  };

  ContextGraph::Function& plain = g_.functions[f_];
  for (std::size_t k = 0; k < callers_.size(); ++k) {
    const std::uint32_t copied = copy_of[split.callers[k]];
    if (copied == f_) continue;  // as it was
    for (const std::uint32_t i : calls_of(k)) {
      Call& c = g_.calls.change(i);
      c.callee = copied;
      ContextGraph::Function& target = g_.functions[copied];
      const std::int64_t self = self_of(c);
      target.counts.calls += c.counts.calls;
      target.counts.primitive += c.counts.primitive == not_counted ? c.counts.calls : c.counts.primitive;
      target.self += self;
      target.total += is_measured(c) ? c.total : self;
      plain.counts.calls -= c.counts.calls;
      plain.self -= self;
    }
  }
  const bool is_flat = is_exact(before.counts) && all_measured_;
  for (std::uint32_t g = 0; g < split.groups; ++g) {
    ContextGraph::Function& target = g_.functions[copy_of[g]];
    if (copy_of[g] == f_) continue;
    if (!all_measured_) target.total = target.self + below_[copy_of[g]];
    target.total = std::min(target.total, before.total);
    if (is_flat) plain.total -= target.total;
  }
  // The callers' self costs were rounded one by one.
  if (plain.self < 0 || plain.counts.calls == 0) {
    const auto costliest = std::ranges::max_element(
        copy_of, {}, [&](std::uint32_t f) { return f == f_ ? std::int64_t{-1} : g_.functions[f].self; });
    if (*costliest != f_) {
      g_.functions[*costliest].self += plain.self;
      plain.self = 0;
    }
  }
  plain.counts.primitive =
      is_exact(before.counts) ? plain.counts.calls : std::min(before.counts.primitive, plain.counts.calls);
  if (!is_flat) {
    // No more than what it and its callees took, nor than the calls that still lead to it and what none accounted for;
    // no less than what it took itself, where these are mere bounds.
    std::int64_t called = 0, still_called = 0;
    for (std::size_t k = 0; k < callers_.size(); ++k) {
      called += callers_[k].total;
      if (copy_of[split.callers[k]] == f_) still_called += callers_[k].total;
    }
    still_called += std::max<std::int64_t>(before.total - called, 0);
    const std::int64_t most = std::min({plain.total, plain.self + below_[f_], still_called});
    plain.total = plain.counts.calls == 0 ? 0 : std::max(most, std::min(plain.self, plain.total));
  }
  // Of lost functions one may have run inside another: their times add up to no more than all took.
  if (has_lost_ && copy_of[split.callers.back()] == f_)
    plain.total = std::max(plain.total, std::min(plain.self + below_[f_], whole()));
  below_[f_] = 0;
  for (const std::uint32_t copy : copy_of) below_[copy] = 0;
}

// Collects what is known of a function; false: it cannot be split.
bool Hub::look_at(std::uint32_t function) {
  f_ = function;
  return g_.in_cycle(f_) && g_.can_be_divided(f_) && leads_back() && collect();
}

void Hub::find_leads(const HubSplit& split) {
  leads_.assign(split.groups, false);
  for (std::size_t j = 0; j < callees_.size(); ++j) {
    if (callee_facts_[j].leads) leads_[split.callees[j]] = true;
  }
}

std::optional<HubSplit> Hub::find(std::uint32_t function) {
  if (!look_at(function)) return std::nullopt;
  const bool passes_on = g_.name(f_) == passes_calls_on;
  std::optional<HubSplit> split = split_hub(caller_facts_, callee_facts_, {step(), passes_on}, workspace_);
  if (!split || split->groups < 2) return std::nullopt;
  find_leads(*split);
  if (!takes_false_way_out(*split)) return std::nullopt;
  return split;
}

// Of a call that was not measured, what its caller or callee took counts: that may have changed, too.
bool Hub::is_as_found(std::uint32_t function) const {
  const auto is_as_it_was = [&](std::uint32_t i) { return !g_.calls.is_news(i) && is_measured(g_.calls[i]); };
  return std::ranges::all_of(g_.calls_to(function), is_as_it_was) &&
         std::ranges::all_of(g_.calls_from(function), is_as_it_was);
}

// At most, by callees that are shared.
std::uint64_t Hub::new_calls(const HubSplit& split) const {
  std::uint64_t shared = 0;
  for (std::size_t j = 0; j < callees_.size(); ++j) {
    if (split.callees[j] == HubSplit::shared) shared += calls_to(j).size();
  }
  return shared * split.groups;
}

Hub::Result Hub::split(std::uint32_t function, const HubSplit& found, std::uint64_t& new_calls_left) {
  std::optional<HubSplit> another;
  if (is_as_found(function)) {
    if (!look_at(function)) return Result::whole;
    find_leads(found);
  } else {
    another = find(function);
    if (!another) return Result::whole;
  }
  const HubSplit& split = another ? *another : found;
  if (new_calls(split) > new_calls_left) return Result::too_many_calls;
  new_calls_left -= new_calls(split);
  // Plain stays what leads nowhere; or what has no caller to be named after, if that leads back.
  stays_ = leads_;
  stays_.flip();
  if (callers_.back().function == root && leads_[split.callers.back()]) {
    stays_.assign(split.groups, false);
    stays_[split.callers.back()] = true;
  }
  apply(split);
  return Result::divided;
}

}  // namespace profconv
