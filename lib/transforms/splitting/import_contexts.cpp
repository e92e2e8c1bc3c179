#include "transforms/splitting/import_contexts.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/hash_tables.hpp"
#include "base/wide_int.hpp"

namespace profconv {
namespace {

using Call = ContextGraph::Call;

// REQUIRES: value and numerator fit 64 bits. The denominator may be a sum of many such.
std::int64_t part(WideInt value, WideInt numerator, WideInt denominator) {
  if (value <= 0 || numerator <= 0 || denominator <= 0) return 0;
  return static_cast<std::int64_t>(value * std::min(numerator, denominator) / denominator);
}

class Contexts {
 public:
  Contexts(ContextGraph& graph, const ImportTree& tree) : g_(graph), tree_(tree), recorded_(graph.calls) {
    find_ways();
    find_overheads();
    find_uncalled();
  }

  std::size_t add(std::uint64_t most_calls);

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  struct Step {  // a call on the way through the machinery
    std::uint32_t call;
    std::int64_t bodies = 0, time = 0;  // that it leads to: how many, and their time
  };
  struct Share {  // what is known of an entry
    const ImportTree::Entry* entry;
    std::int64_t count = 0, total = 0, self = 0, bodies = 0;
    std::int64_t overhead = 0;  // of what follows the first function
    WideInt pools = 0;          // what that costs in all, for everybody
    std::uint64_t calls = 0;    // that the importer's copies may make
  };
  struct Helpers {
    std::vector<std::uint32_t> calls{};
    WideInt total = 0;
    bool known = false;
  };

  std::vector<Step> way_of(const ImportTree::Entry& entry);
  void find_ways();
  void find_overheads();
  void find_uncalled();
  std::int64_t overhead_of(const Share& share);
  const Helpers& helpers_of(std::uint32_t function);
  bool is_helper(const Call& call) const {
    return !on_way_[call.callee] && !g_.is_module_body(call.callee) && ImportTree::is_passable(call);
  }
  std::uint32_t copy(std::uint32_t f, std::uint32_t importer, const std::string& label);
  std::int64_t take(std::uint32_t from, std::uint32_t caller, std::uint32_t callee, std::int64_t count,
                    std::int64_t self, std::int64_t total);
  WideInt take_helpers(std::uint32_t function, std::uint32_t copied, std::int64_t numerator, WideInt denominator);
  void move(std::uint32_t from, std::uint32_t to, std::int64_t count, std::int64_t self, std::int64_t total);
  void add(const Share& share);
  std::int64_t still_called(std::uint32_t function) const;
  std::int64_t still_spent(std::uint32_t function) const;
  void restore_recorded();
  void finish();
  void mark_recorded();

  ContextGraph& g_;
  const ImportTree& tree_;
  const ContextCalls recorded_;  // as they were; what is taken is taken from the graph's
  std::vector<Share> shares_;
  std::vector<bool> on_way_;              // functions that get copies
  std::vector<std::int64_t> uncalled_;    // per function: time of calls without a recorded caller
  std::vector<std::uint32_t> step_;       // per function: its place in the way that is being found
  NumberMap<Helpers> helpers_;            // per function of the machinery
  std::vector<std::int64_t> entry_self_;  // per function: self cost of the calls into it from outside the machinery
  std::int64_t overheads_ = 0;            // of all entries
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> copies_;  // (function, importer)
  struct Taken {
    std::uint32_t largest;  // the costliest part
    std::size_t parts = 0;
  };
  std::map<std::uint32_t, Taken> taken_;  // per call on a way
};

// A tree below the entry's callee: what leads to a step is before it. It is found again each time it is needed, as all
// ways together may be long.
std::vector<Contexts::Step> Contexts::way_of(const ImportTree::Entry& entry) {
  const std::uint32_t first = recorded_.callee(entry.call);
  std::vector<Step> way;
  for (const std::uint32_t b : entry.bodies) {
    const std::uint32_t call = tree_.bodies()[b].call, last = recorded_.caller(call);
    const std::size_t known = way.size();
    for (std::uint32_t f = last; f != first && step_[f] == none;) {
      const std::uint32_t i = tree_.last_call(first, f);
      if (i == ImportTree::no_call) break;
      way.push_back({i});
      f = recorded_.caller(i);
    }
    std::reverse(way.begin() + static_cast<std::ptrdiff_t>(known), way.end());
    for (std::size_t s = known; s < way.size(); ++s)
      step_[recorded_.callee(way[s].call)] = static_cast<std::uint32_t>(s);
    if (step_[last] == none) continue;  // the first function called it
    ++way[step_[last]].bodies;
    way[step_[last]].time += recorded_[call].total;
  }
  for (std::size_t s = way.size(); s-- > 0;) {
    step_[recorded_.callee(way[s].call)] = none;
    const std::uint32_t before = recorded_.caller(way[s].call);
    if (before == first) continue;
    way[step_[before]].bodies += way[s].bodies;
    way[step_[before]].time += way[s].time;
  }
  return way;
}

// Every entry of which bodies are known gets a share of its call; that of a complete one is all of it.
void Contexts::find_ways() {
  on_way_.assign(g_.functions.size(), false);
  step_.assign(g_.functions.size(), none);
  for (const ImportTree::Entry& entry : tree_.entries()) {
    if (entry.bodies.empty()) continue;
    const Call& call = g_.calls[entry.call];
    Share share{&entry};
    for (const std::uint32_t b : entry.bodies) share.bodies += g_.calls[tree_.bodies()[b].call].total;
    on_way_[call.callee] = true;
    for (const Step& step : way_of(entry)) on_way_[g_.calls.callee(step.call)] = true;
    shares_.push_back(share);
  }
}

// As it is before anything is taken.
const Contexts::Helpers& Contexts::helpers_of(std::uint32_t function) {
  Helpers& helpers = helpers_[function];
  if (std::exchange(helpers.known, true)) return helpers;
  for (const std::uint32_t i : g_.calls_from(function)) {
    if (!is_helper(recorded_[i])) continue;
    helpers.calls.push_back(i);
    helpers.total += recorded_[i].total;
  }
  return helpers;
}

// What is left of the share's time without the first function, what that calls but for the way, and the bodies.
std::int64_t Contexts::overhead_of(const Share& share) {
  // Each one's part is rounded by itself, as it will be taken; where there are many, that would take too long.
  constexpr std::size_t few = 256;
  const std::uint32_t first = recorded_.callee(share.entry->call);
  const Helpers& helpers = helpers_of(first);
  WideInt taken = 0;
  if (helpers.calls.size() <= few) {
    for (const std::uint32_t i : helpers.calls) taken += part(recorded_[i].total, share.self, entry_self_[first]);
  } else if (share.self > 0 && entry_self_[first] > 0) {
    taken = helpers.total * std::min(share.self, entry_self_[first]) / entry_self_[first];
  }
  const WideInt left = WideInt{share.total} - share.bodies - share.self - taken;
  return static_cast<std::int64_t>(std::max<WideInt>(left, 0));
}

void Contexts::find_overheads() {
  entry_self_.assign(g_.functions.size(), 0);
  std::int64_t calls = 0, spent = 0;  // of all imports
  for (const ImportTree::Entry& entry : tree_.entries()) {
    const Call& call = g_.calls[entry.call];
    calls += std::max<std::int64_t>(call.counts.calls, 0);
    spent += call.total;
    entry_self_[call.callee] += call.self;
  }
  for (const ImportTree::Body& body : tree_.bodies()) spent -= g_.calls[body.call].total;
  for (Share& share : shares_) {
    const Call& call = g_.calls[share.entry->call];
    const auto known = static_cast<std::int64_t>(share.entry->bodies.size());
    if (share.entry->complete) {
      share.count = call.counts.calls;
      share.self = call.self;
      share.total = call.total;
    } else {
      share.count = std::min(known, call.counts.calls);
      share.self = part(call.self, share.count, call.counts.calls);
      // An import costs about the same everywhere, without what it runs.
      share.total =
          share.bodies + share.self +
          std::min(part(spent, known, calls), std::max<std::int64_t>(call.total - share.bodies - share.self, 0));
      // The other calls of it are left what the function itself and its helpers cost.
      const std::int64_t others = call.self - share.self;
      const auto helpers = static_cast<std::int64_t>(
          std::min<WideInt>(helpers_of(call.callee).total, std::numeric_limits<std::int64_t>::max()));
      const std::int64_t left = call.total - others - part(helpers, others, entry_self_[call.callee]);
      share.total = std::min(std::max(std::min(share.total, left), share.bodies + share.self), call.total);
    }
    share.overhead = overhead_of(share);
    share.calls = 1 + g_.calls_from(call.callee).size();
    for (const Step& step : way_of(*share.entry)) {
      const std::uint32_t callee = g_.calls.callee(step.call);
      share.pools += g_.calls[step.call].self + helpers_of(callee).total;
      share.calls += 1 + g_.calls_from(callee).size();
    }
    overheads_ += share.overhead;
  }
  std::ranges::stable_sort(shares_, std::greater<>{}, [](const Share& s) { return std::pair(s.total, s.entry->call); });
}

// `exec` runs the program, too. If as many calls have no caller as were made while no other was active, they took all
// of the function's time: that of others is inside theirs.
void Contexts::find_uncalled() {
  uncalled_.assign(g_.functions.size(), 0);
  for (std::uint32_t f = 0; f < uncalled_.size(); ++f) {
    if (!on_way_[f]) continue;
    const ContextGraph::Function& function = g_.functions[f];
    bool counted = function.counts.calls != not_counted && function.counts.primitive != not_counted;
    WideInt calls = function.counts.calls, rest = function.total;
    for (const std::uint32_t i : g_.calls_to(f)) {
      const Call& call = recorded_[i];
      if (call.caller == f) continue;
      counted = counted && call.counts.calls != not_counted;
      calls -= call.counts.calls;
      rest -= std::max<std::int64_t>(call.total, 0);
    }
    const bool is_all = counted && calls > 0 && calls >= function.counts.primitive;
    uncalled_[f] = is_all ? function.total : static_cast<std::int64_t>(std::max<WideInt>(rest, 0));
  }
}

std::uint32_t Contexts::copy(std::uint32_t f, std::uint32_t importer, const std::string& label) {
  const auto [found, is_new] = copies_.try_emplace({f, importer}, 0);
  if (is_new) found->second = g_.add_copy(f, label);
  return found->second;
}

// Takes a part of a call and has the copies make it. Returns its inclusive time.
std::int64_t Contexts::take(std::uint32_t from, std::uint32_t caller, std::uint32_t callee, std::int64_t count,
                            std::int64_t self, std::int64_t total) {
  Call& source = g_.calls.change(from);
  count = std::min(count, source.counts.calls);
  self = std::min(self, source.self);
  if (count == 0 && self == 0 && total == 0) return 0;
  const std::uint32_t line = source.line;
  source.counts.calls -= count;
  source.counts.primitive = std::min(source.counts.primitive, source.counts.calls);
  source.self -= self;
  source.estimated = true;
  g_.calls.push_back({caller, callee, line, true, {count, count}, self, total});
  return total;
}

WideInt Contexts::take_helpers(std::uint32_t function, std::uint32_t copied, std::int64_t numerator,
                               WideInt denominator) {
  WideInt sum = 0;
  for (const std::uint32_t i : g_.calls_from(function)) {
    const Call& whole = recorded_[i];
    if (!is_helper(whole)) continue;
    const std::int64_t total = std::min(part(whole.total, numerator, denominator), g_.calls[i].total);
    const std::int64_t self = part(whole.self, numerator, denominator);
    std::int64_t count = part(whole.counts.calls, numerator, denominator);
    if (count == 0 && (total > 0 || self > 0)) {  // who has a part of the time has made a call, but for the last one
      if (g_.calls[i].counts.calls < 2) continue;
      count = 1;
    }
    sum += take(i, copied, whole.callee, count, self, total);
    if (total != 0) g_.calls.change(i).total -= total;
  }
  return sum;
}

// Moves a part of what a function did to a copy of it. A dump may count fewer calls of it than the calls to it.
void Contexts::move(std::uint32_t from, std::uint32_t to, std::int64_t count, std::int64_t self, std::int64_t total) {
  ContextGraph::Function &source = g_.functions[from], &target = g_.functions[to];
  count = std::min(count, source.counts.calls);
  source.counts.calls -= count;
  source.counts.primitive = std::min(source.counts.primitive, source.counts.calls);
  source.self -= self;
  target.counts.calls += count;
  target.counts.primitive += count;
  target.self += self;
  target.total += total;
}

void Contexts::add(const Share& share) {
  const std::uint32_t entry = share.entry->call, importer = recorded_[entry].caller;
  const std::string label = g_.label(importer);
  const std::uint32_t first = recorded_[entry].callee;
  const std::uint32_t first_copy = copy(first, importer, label);
  if (share.entry->complete) {
    g_.calls.change(entry).callee = first_copy;
  } else {
    take(entry, importer, first_copy, share.count, share.self, share.total);
    g_.calls.change(entry).total -= share.total;
  }
  move(first, first_copy, share.count, share.self, share.total);

  struct Left {
    WideInt time;
    std::int64_t bodies;
  };
  std::map<std::uint32_t, Left> left;  // per function: inclusive time that its calls on the way may still have
  left[first] = {share.total - share.self - take_helpers(first, first_copy, share.self, entry_self_[first]),
                 share.bodies};
  const WideInt all = std::max<WideInt>(share.pools, overheads_);
  for (const Step& step : way_of(*share.entry)) {
    const Call& whole = recorded_[step.call];
    Left& above = left[whole.caller];
    const WideInt part_of_it = above.bodies <= step.time ? above.time : part(above.time, step.time, above.bodies);
    const auto total = static_cast<std::int64_t>(std::max<WideInt>(step.time, part_of_it));
    above.time -= total;
    above.bodies -= step.time;
    const std::uint32_t copied = copy(whole.callee, importer, label);
    const std::int64_t count = std::min(step.bodies, g_.calls[step.call].counts.calls);
    const std::int64_t self = std::min(part(whole.self, share.overhead, all), g_.calls[step.call].self);
    const std::uint32_t made = g_.calls.size();  // by the next, if there is anything to take
    take(step.call, copy(whole.caller, importer, label), copied, count, self, total);
    if (made < g_.calls.size()) {
      Taken& taken = taken_.try_emplace(step.call, Taken{made}).first->second;
      if (total > g_.calls[taken.largest].total) taken.largest = made;
      ++taken.parts;
    }
    move(whole.callee, copied, count, self, total);
    left[whole.callee] = {total - self - take_helpers(whole.callee, copied, share.overhead, all), step.time};
  }
  for (const std::uint32_t b : share.entry->bodies) {
    Call& body = g_.calls.change(tree_.bodies()[b].call);
    body.caller = copy(body.caller, importer, label);
  }
}

// What nothing leads to any more goes to the costliest copy; what else is left cannot take longer than what leads to
// it.
void Contexts::finish() {
  WideInt rest = 0;  // time of the plain machinery and of the calls that still lead to it
  for (const ImportTree::Entry& entry : tree_.entries()) {
    if (!entry.complete || entry.bodies.empty()) rest += g_.calls[entry.call].total;
  }
  for (const auto& [call, taken] : taken_) {
    const std::uint32_t largest = taken.largest;
    Call& source = g_.calls.change(call);
    if (source.counts.calls == 0 && source.self != 0) {
      g_.calls.change(largest).self += source.self;
      move(source.callee, g_.calls[largest].callee, 0, source.self, 0);
      source.self = 0;
    }
    rest += source.self;
  }
  std::map<std::uint32_t, std::uint32_t> costliest;
  for (const auto& [key, copied] : copies_) {
    const auto [found, is_new] = costliest.try_emplace(key.first, copied);
    if (g_.functions[copied].total > g_.functions[found->second].total) found->second = copied;
    if (is_new) rest += uncalled_[key.first];
  }
  for (const auto& [function, copied] : costliest) {
    for (const std::uint32_t i : g_.calls_from(function)) {
      const Call& call = g_.calls[i];
      if (call.caller != function || !is_helper(recorded_[i])) continue;
      if (g_.functions[function].counts.calls == 0) {
        g_.calls.change(i).caller = copied;
      } else {
        rest += call.total;
      }
    }
  }
  const auto left = static_cast<std::int64_t>(std::min<WideInt>(rest, std::numeric_limits<std::int64_t>::max()));
  constexpr int deepest = 8;  // what bounds one call bounds those of its callee, and of its caller, in turn
  for (int round = 0; round < deepest; ++round) {
    for (const auto& [call, taken] : taken_) {
      Call& source = g_.calls.change(call);
      const bool is_nothing = source.counts.calls == 0 && source.self == 0;
      source.total =
          is_nothing ? 0 : std::min({source.total, left, still_called(source.caller), still_spent(source.callee)});
    }
  }
  for (const auto& [function, copied] : costliest) {
    ContextGraph::Function& plain = g_.functions[function];
    if (plain.self < 0 || plain.counts.calls == 0) move(function, copied, 0, plain.self, 0);  // rounding
    plain.total = plain.counts.calls == 0 ? 0 : std::min({plain.total, left, still_called(function)});
  }
}

// A call on a way that one importer has alone took what was recorded, as far as what leads to it leaves room for that:
// that may be known of it in turn.
void Contexts::restore_recorded() {
  constexpr int most_rounds = 16;
  bool any = true;
  for (int round = 0; any && round < most_rounds; ++round) {
    any = false;
    for (const auto& [call, taken] : taken_) {
      const Call& whole = recorded_[call];
      const bool is_all =
          taken.parts == 1 && g_.calls[call].counts.calls == 0 && whole.counts.calls == whole.counts.primitive;
      Call& made = g_.calls.change(taken.largest);
      if (!is_all || made.total == whole.total || whole.total > g_.functions[made.caller].total) continue;
      g_.functions[made.callee].total += whole.total - made.total;
      made.total = whole.total;
      any = true;
    }
  }
}

// What one importer has alone, and as it was recorded, is no estimate.
void Contexts::mark_recorded() {
  for (const auto& [call, taken] : taken_) {
    const Call& whole = recorded_[call];
    const Call made = g_.calls[taken.largest];
    const bool is_all = taken.parts == 1 && made.counts.calls == whole.counts.calls && made.self == whole.self &&
                        made.total == whole.total;
    if (is_all) g_.calls.change(taken.largest).estimated = whole.estimated;
  }
}

// What a function still takes itself and for its calls.
std::int64_t Contexts::still_spent(std::uint32_t function) const {
  WideInt sum = std::max<std::int64_t>(g_.functions[function].self, 0);
  for (const std::uint32_t i : g_.calls_from(function)) {
    const Call& call = g_.calls[i];
    if (call.caller == function && call.callee != function) sum += std::max<std::int64_t>(call.total, 0);
  }
  return static_cast<std::int64_t>(std::min<WideInt>(sum, std::numeric_limits<std::int64_t>::max()));
}

// What a function may have taken in all: no more than the calls that still lead to it, and those without a caller.
std::int64_t Contexts::still_called(std::uint32_t function) const {
  WideInt most = uncalled_[function];
  for (const std::uint32_t i : g_.calls_to(function)) {
    const Call& call = g_.calls[i];
    if (call.caller != function && call.callee == function) most += std::max<std::int64_t>(call.total, 0);
  }
  return static_cast<std::int64_t>(std::min<WideInt>(most, std::numeric_limits<std::int64_t>::max()));
}

std::size_t Contexts::add(std::uint64_t most_calls) {
  std::size_t without = 0;
  std::uint64_t made = 0;
  for (const Share& share : shares_) {
    if (made + share.calls > most_calls) {
      ++without;
      continue;
    }
    made += share.calls;
    add(share);
  }
  restore_recorded();
  finish();
  mark_recorded();
  return without;
}

}  // namespace

std::size_t add_import_contexts(ContextGraph& graph, const ImportTree& tree, std::uint64_t most_calls) {
  return Contexts(graph, tree).add(most_calls);
}

}  // namespace profconv
