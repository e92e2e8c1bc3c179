#include "transforms/folding/folded_graph.hpp"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <numeric>
#include <utility>

#include <profconv/error.hpp>

#include "base/visible.hpp"
#include "base/wide_int.hpp"
#include "model/apportion.hpp"
#include "model/checked.hpp"
#include "model/id_index.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {

FoldedGraph::FoldedGraph(const Profile& profile, const CallGraph& graph, const CallsTo& calls_to,
                         const FoldOptions& options)
    : p_(profile),
      graph_(graph),
      calls_to_(calls_to),
      options_(options),
      totals_(profile),
      owners_(profile),
      metrics_(profile.metrics.size()),
      hits_(profile.metric(hits_metric.name).value_or(SIZE_MAX)),
      calls_(profile, totals_) {
  const std::size_t n = p_.functions.size();
  gone_.assign(n, false);
  called_otherwise_.assign(n, false);
  total_weights_.resize(metrics_);
  self_weights_.resize(metrics_);
  call_weights_.resize(metrics_);
  self_parts_.resize(calls_.has_self() ? metrics_ : 0);
  total_parts_.resize(calls_.has_total() ? metrics_ : 0);
  self_.reserve(n * metrics_);
  for (std::size_t i = 0; i < n && !p_.self.empty(); ++i) append(self_, p_.self.row(i));
  added_.assign(self_.size(), 0);
}

void FoldedGraph::find_uncalled(FunctionId function) {
  const std::size_t f = index(function);
  bool counted = !p_.counts.empty() && p_.counts[f].calls != not_counted;
  WideInt uncalled = counted ? p_.counts[f].calls : 0;
  for (const std::vector<std::uint32_t>* list : {&in_, &own_}) {
    for (const std::uint32_t e : *list) {
      counted = counted && calls_[e].counts.calls != not_counted;
      uncalled -= calls_[e].counts.calls;
    }
  }
  uncalled_ = counted && uncalled > 0 ? static_cast<std::int64_t>(uncalled) : 0;
  has_uncalled_ = uncalled_ > 0;

  uncalled_total_.assign(metrics_, 0);
  uncalled_self_.assign(metrics_, 0);
  for (std::size_t m = 0; m < metrics_; ++m) {
    if (p_.total.empty() || combine(m) == Combine::max) continue;
    WideInt rest = p_.total.at(f, m);
    // Calls from within a circle may be inside the cost of another call already: if the function was ever active twice.
    for (const std::uint32_t e : in_) {
      const bool is_inside = graph_.component(calls_[e].call.caller) == graph_.component(function) && recurs(function);
      if (!is_inside) rest -= calls_.total(e, m);
    }
    // Where nobody counted, the cost tells: what the callers do not account for, but for rounding. In a circle it tells
    // nothing.
    const bool by_cost = !counted && !graph_.in_cycle(function) && rest > static_cast<WideInt>(in_.size());
    if (by_cost) has_uncalled_ = true;
    if (rest > 0 && (by_cost || uncalled_ > 0)) uncalled_total_[m] = static_cast<std::int64_t>(rest);
  }
}

// Whether it may have been called while it was active.
bool FoldedGraph::recurs(FunctionId function) const {
  if (p_.counts.empty()) return true;
  const Counts& counts = p_.counts[index(function)];
  return counts.calls == not_counted || counts.calls != counts.primitive;
}

// What was folded into the function is part of the self cost of the calls to it, too: shared by what they spent below
// it.
void FoldedGraph::settle(FunctionId function, std::size_t m) {
  if (!calls_.has_self() || added_.empty()) return;
  std::int64_t& added = added_[index(function) * metrics_ + m];
  if (combine(m) == Combine::sum && added != 0) {
    share(added, call_weights_[m], Combine::sum, parts_);
    for (std::size_t i = 0; i < in_.size(); ++i) {
      std::int64_t& own = calls_.self(in_[i], m);
      if (own != not_measured) add(own, parts_[i], Combine::sum, function);
    }
  }
  added = 0;
}

// The callers' self costs are known where the source recorded them for every caller.
bool FoldedGraph::weigh_self(std::int64_t self, std::size_t m, Row& weights) const {
  if (!calls_.has_self() || self_.empty()) return false;
  const auto recorded = [&](std::uint32_t e) { return calls_.self(e, m); };
  weights.clear();
  WideInt rest = self;
  for (const std::uint32_t e : in_) {
    if (recorded(e) == not_measured) return false;
    weights.push_back(recorded(e));
    rest -= recorded(e);
  }
  for (const std::uint32_t e : own_) {
    if (recorded(e) != not_measured) rest -= recorded(e);
  }
  weights.push_back(has_uncalled_ && rest > 0 ? static_cast<std::int64_t>(rest) : 0);
  return true;
}

// What each caller spent below the function: its inclusive cost less its self cost.
bool FoldedGraph::weigh_calls(std::size_t m, Row& weights) const {
  weights.clear();
  if (!calls_.has_self() || !calls_.has_total()) return false;
  for (const std::uint32_t e : in_) {
    const std::int64_t own = calls_.self(e, m), total = calls_.total(e, m);
    if (own == not_measured) return false;
    weights.push_back(total > own ? total - std::max<std::int64_t>(own, 0) : 0);
  }
  weights.push_back(std::max<std::int64_t>(uncalled_total_[m] - uncalled_self_[m], 0));
  return true;
}

void FoldedGraph::weigh(FunctionId function) {
  const auto is_useful = [](const Row& weights) {
    return std::ranges::any_of(weights, [](std::int64_t w) { return w > 0; });
  };
  count_weights_.clear();
  for (const std::uint32_t e : in_) count_weights_.push_back(std::max<std::int64_t>(calls_[e].counts.calls, 0));
  count_weights_.push_back(uncalled_);
  if (!is_useful(count_weights_)) {
    count_weights_.assign(in_.size() + 1, 1);
    if (!has_uncalled_) count_weights_.back() = 0;
  }

  Row own;
  for (std::size_t m = 0; m < metrics_; ++m) {
    Row& total = total_weights_[m];
    total.clear();
    if (calls_.has_total()) {
      for (const std::uint32_t e : in_) total.push_back(calls_.total(e, m));
      total.push_back(uncalled_total_[m]);
    }
    if (!is_useful(total)) total = count_weights_;
    // The function's own part first, as it was before others were folded into it.
    const std::int64_t now = self_.empty() ? 0 : self(function, m);
    const std::int64_t before =
        now - (added_.empty() || combine(m) == Combine::max ? 0 : added_[index(function) * metrics_ + m]);
    if (has_uncalled_) {
      if (!weigh_self(before, m, own) || !is_useful(own)) own = total;
      share(before, own, combine(m), parts_);
    }
    uncalled_self_[m] = has_uncalled_ ? parts_.back() : 0;
    Row& calls = call_weights_[m];
    if (!weigh_calls(m, calls) || !is_useful(calls)) calls = total;
    settle(function, m);
    if (!weigh_self(now, m, self_weights_[m]) || !is_useful(self_weights_[m])) self_weights_[m] = total;
  }
}

// A gauge is not shared: each caller has seen it.
void FoldedGraph::share(std::int64_t value, const Row& weights, Combine how, Row& parts) const {
  parts.resize(weights.size());
  if (value == not_measured || how == Combine::max) {
    parts.assign(weights.size(), value);
    if (!has_uncalled_) parts.back() = 0;
  } else {
    apportion(value, weights, parts);
  }
}

void FoldedGraph::add(std::int64_t& sum, std::int64_t value, Combine how, FunctionId function) const {
  if (!combine_checked(sum, value, how)) {
    throw Error("the cost of function " + quoted(p_.text(p_.function(function).name)) +
                " with what is folded into it does not fit 64 bits");
  }
}

void FoldedGraph::share_self(FunctionId function) {
  if (self_.empty()) return;
  for (std::size_t m = 0; m < metrics_; ++m) {
    share(self(function, m), self_weights_[m], combine(m), parts_);
    for (std::size_t i = 0; i < in_.size() && m != hits_; ++i) {
      const Call& call = calls_[in_[i]].call;
      add(self(call.caller, m), parts_[i], combine(m), call.caller);
      add(added_[index(call.caller) * metrics_ + m], parts_[i], combine(m), call.caller);
      if (!p_.line_self.empty() && parts_[i] != 0) added_lines_.push_back({call.caller, call.line, m, parts_[i]});
    }
    self(function, m) = parts_.back();
  }
}

// Whether these calls into the function may have led to all of that call: it is part of what they cost.
bool FoldedGraph::allows(const Positions& calls, std::uint32_t out) {
  if (owners_.builds_classes() && calls_[out].counts.calls > 0) {  // each builds one
    WideInt left = 0;
    for (const std::uint32_t i : calls) left += calls_left_[i];
    if (left < calls_[out].counts.calls) return false;
  }
  if (!calls_.has_total() || metrics_ == 0 || combine(0) == Combine::max || totals_.estimated() != 0) return true;
  WideInt cost = 0;
  for (const std::uint32_t i : calls) cost += std::max<std::int64_t>(calls_.total(in_[i], 0), 0);
  // Times are rounded, and shares of them are not exact.
  const WideInt slack = static_cast<WideInt>(calls.size()) + 1 + cost / 16;
  return calls_.total(out, 0) <= cost + slack;
}

// Takes what goes to these calls from what they have left.
void FoldedGraph::take(const Positions& calls, std::uint32_t out) {
  if (owners_.builds_classes() && calls_[out].counts.calls > 0) {
    Row weights;
    for (const std::uint32_t i : calls) weights.push_back(calls_left_[i]);
    parts_.resize(weights.size());
    apportion(calls_[out].counts.calls, weights, parts_);
    for (std::size_t i = 0; i < calls.size(); ++i)
      calls_left_[calls[i]] = std::max<std::int64_t>(calls_left_[calls[i]] - parts_[i], 0);
  }
}

// Divides the calls that the function makes into those whose owner is known and those that are shared.
void FoldedGraph::find_owners(FunctionId function) {
  in_calls_.clear();
  calls_left_.clear();
  for (const std::uint32_t e : in_) {
    in_calls_.push_back(calls_[e].call);
    calls_left_.push_back(std::max<std::int64_t>(calls_[e].counts.calls, 0));
  }
  decided_.clear();
  open_.clear();
  all_.resize(in_.size() + (has_uncalled_ ? 1 : 0));
  std::iota(all_.begin(), all_.end(), std::uint32_t{0});
  if (in_.size() == 1 && !has_uncalled_) {  // as most have
    for (const std::uint32_t out : out_) decided_.push_back({out, all_});
    return;
  }
  const Function& f = p_.function(function);
  owners_.set_calls(in_calls_, is_build_class(p_.text(f.file), p_.text(f.name)));
  std::vector<std::uint32_t> order = out_;
  // From the top of each file, so that what a function above has made is not there any more for what stands below.
  std::ranges::stable_sort(order, {}, [&](std::uint32_t out) { return p_.function(calls_[out].call.callee).line; });
  for (const std::uint32_t out : order) {
    const FunctionId callee = calls_[out].call.callee;
    const auto& choices = owners_.choices(callee);
    const auto best = std::ranges::find_if(choices, [&](const Positions& calls) { return allows(calls, out); });
    const auto from_its_file = owners_.calls_from_its_file(callee);
    if (best != choices.end()) {
      take(*best, out);
      decided_.push_back({out, {}, *best});
      decided_.back().to = decided_.back().kept;  // stays where it is when the row is moved
    } else if (!from_its_file.empty()) {
      open_.push_back({out, from_its_file});
    } else {
      open_.push_back({out, all_});
    }
  }
}

// What is known first: the others share what that leaves, the costliest first.
void FoldedGraph::share_calls() {
  if (decided_.empty() && open_.empty()) return;
  left_ = call_weights_;
  const auto by_number = [](const Decided& d) { return d.out; };
  std::ranges::sort(decided_, {}, by_number);
  std::ranges::sort(open_, {}, by_number);
  if (calls_.has_total() && metrics_ != 0)
    std::ranges::stable_sort(open_, std::greater<>(), [&](const Decided& d) { return calls_.total(d.out, 0); });
  for (const std::vector<Decided>* list : {&decided_, &open_}) {
    for (const Decided& d : *list) share_call(d.out, d.to);
  }
}

// Weights for those in `to`: of the first row in which any of them has one.
void FoldedGraph::weigh_among(std::span<const std::uint32_t> to, std::initializer_list<const Row*> rows) {
  for (const Row* row : rows) {
    weights_.clear();
    for (const std::uint32_t i : to) weights_.push_back(std::max<std::int64_t>((*row)[i], 0));
    if (std::ranges::any_of(weights_, [](std::int64_t w) { return w > 0; })) return;
  }
  weights_.assign(to.size(), 1);
}

// A gauge is not shared: each caller that made calls has seen it. One part for each of these, none for the others.
void FoldedGraph::share_among(std::int64_t value, Combine how, const std::vector<bool>& made_calls, Row& parts) {
  parts.assign(weights_.size(), 0);
  if (value != not_measured && how != Combine::max) {
    apportion(value, weights_, parts);
    return;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = made_calls[i] ? value : 0;
}

// A call that the function makes becomes one of each of its callers in `to`.
void FoldedGraph::share_call(std::uint32_t out, std::span<const std::uint32_t> to) {
  const FunctionId callee = calls_[out].call.callee;
  const Counts counts = calls_[out].counts;
  const bool counted = counts.calls != not_counted, has_primitive = counted && counts.primitive != not_counted;
  if (metrics_ != 0 && calls_.has_total()) {
    weigh_among(to, {&left_[0], &call_weights_[0], &count_weights_});
  } else {
    weigh_among(to, {&count_weights_});
  }
  // Recursive calls are shared by themselves, so that no part has more primitive calls than calls.
  const std::int64_t primitive = has_primitive ? counts.primitive : counted ? counts.calls : 0;
  primitive_parts_.resize(to.size());
  recursive_parts_.resize(to.size());
  apportion_nearest(primitive, weights_, primitive_parts_);
  apportion_nearest(has_primitive ? counts.calls - counts.primitive : 0, weights_, recursive_parts_);
  // Who made no call has no part in what they cost.
  std::vector<bool> made_calls(to.size(), true);
  for (std::size_t i = 0; i < to.size() && counted && counts.calls > 0; ++i)
    made_calls[i] = primitive_parts_[i] + recursive_parts_[i] > 0;
  for (std::size_t m = 0; m < metrics_; ++m) {
    weigh_among(to, {&left_[m], &call_weights_[m], &count_weights_});
    for (std::size_t i = 0; i < to.size(); ++i) weights_[i] = made_calls[i] ? weights_[i] : 0;
    if (std::ranges::all_of(weights_, [](std::int64_t w) { return w == 0; }))
      weights_.assign(made_calls.begin(), made_calls.end());
    if (calls_.has_self()) share_among(calls_.self(out, m), combine(m), made_calls, self_parts_[m]);
    if (!calls_.has_total()) continue;
    share_among(calls_.total(out, m), combine(m), made_calls, total_parts_[m]);
    for (std::size_t i = 0; i < to.size(); ++i) {
      std::int64_t& left = left_[m][to[i]];
      left = std::max<std::int64_t>(left - std::max<std::int64_t>(total_parts_[m][i], 0), 0);
    }
  }
  const auto caller = [&](std::uint32_t i) { return i == in_.size() ? no_function : in_calls_[i].caller; };
  // From several lines of one caller it is that caller's all the same; and who spent nothing below the function made
  // none of its calls. What goes to a call of which it is not known whose it is, is no better known.
  const std::uint32_t* first = nullptr;
  bool is_estimate = calls_[out].estimated;
  for (const std::uint32_t i : to) is_estimate = is_estimate || (i < in_.size() && calls_[in_[i]].estimated);
  for (const std::uint32_t& i : to) {
    if (metrics_ != 0 && call_weights_[0][i] <= 0) continue;
    if (first == nullptr) first = &i;
    is_estimate = is_estimate || caller(i) != caller(*first);
  }
  is_estimate = is_estimate || (first == nullptr && to.size() > 1);
  called_otherwise_[index(callee)] = true;
  bool stays = false;
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto is_nothing = [&](const std::vector<Row>& parts) {
      return std::ranges::all_of(parts, [&](const Row& row) { return row[i] == 0; });
    };
    Counts part;
    if (counted) part.calls = primitive_parts_[i] + recursive_parts_[i];
    if (has_primitive) part.primitive = primitive_parts_[i];
    if (part.calls == 0 && is_nothing(self_parts_) && is_nothing(total_parts_)) {
      // It may have made the call all the same: then what it has of its own is less than all.
      const bool may_have_made = is_estimate && to[i] < in_.size() && metrics_ != 0 && call_weights_[0][to[i]] > 0;
      if (may_have_made) doubted_.insert(pair_key(in_calls_[to[i]].caller, callee));
      continue;
    }
    if (to[i] == in_.size()) {  // what stays with the function
      stays = true;
      calls_[out].counts = part;
      calls_[out].estimated = is_estimate;
      for (std::size_t m = 0; m < metrics_; ++m) {
        if (calls_.has_self()) calls_.self(out, m) = self_parts_[m][i];
        if (calls_.has_total()) calls_.total(out, m) = total_parts_[m][i];
      }
      continue;
    }
    const Call from = in_calls_[to[i]];
    const Call wanted{from.caller, callee, from.line};
    std::uint32_t& e = calls_.number_of(wanted);
    const bool known = e != IdIndex::empty && calls_[e].alive;
    if (!known) {
      e = calls_.add(wanted, part);
    } else if (!add_counts_checked(calls_[e].counts, part)) {
      throw Error("a call count with what is folded does not fit 64 bits");
    }
    // Of two calls in one circle one may have been inside the other.
    const bool may_overlap =
        known && graph_.component(from.caller) == graph_.component(callee) && recurs(from.caller) && recurs(callee);
    calls_[e].estimated = (known && calls_[e].estimated) || is_estimate || may_overlap;
    for (std::size_t m = 0; m < metrics_; ++m) {
      if (calls_.has_self()) {
        // Known and unknown self costs together are unknown.
        std::int64_t& sum = calls_.self(e, m);
        if (known && (sum == not_measured || self_parts_[m][i] == not_measured)) {
          sum = not_measured;
        } else if (known) {
          add(sum, self_parts_[m][i], combine(m), callee);
        } else {
          sum = self_parts_[m][i];
        }
      }
      if (calls_.has_total()) add(calls_.total(e, m), total_parts_[m][i], combine(m), callee);
    }
  }
  if (!stays) calls_.remove(out);
}

void FoldedGraph::leave_remainder(FunctionId function) {
  Remainder& rest = remainders_[static_cast<std::uint32_t>(function)];
  const std::size_t f = index(function);
  if (!p_.counts.empty() && p_.counts[f].calls != not_counted) {
    rest.calls = uncalled_;
    if (p_.counts[f].primitive != not_counted) rest.primitive = std::min(p_.counts[f].primitive, uncalled_);
  }
  rest.total = uncalled_total_;
  for (std::size_t m = 0; m < metrics_; ++m) {
    if (combine(m) == Combine::max && !p_.total.empty()) rest.total[m] = p_.total.at(f, m);
    if (!self_.empty()) rest.total[m] = std::max(rest.total[m], self(function, m));
  }
}

bool FoldedGraph::fold(FunctionId function) {
  calls_.collect(function, in_, out_, own_);
  if (in_.empty()) return true;  // it was called without a recorded caller only: it stays as it is
  find_uncalled(function);
  find_owners(function);
  std::uint64_t pairs = 0, looks = 0;
  for (const std::vector<Decided>* list : {&decided_, &open_}) {
    for (const Decided& d : *list) {
      looks += d.to.size();
      const std::int64_t calls = calls_[d.out].counts.calls;
      pairs += calls > 0 ? std::min<std::uint64_t>(d.to.size(), static_cast<std::uint64_t>(calls)) : d.to.size();
    }
  }
  // What is called less often than it has callers makes fewer calls than are looked at.
  constexpr std::uint64_t looks_per_call = 16;
  if (pairs > options_.max_new_calls || pairs > options_.max_new_calls_together - made_ ||
      looks / looks_per_call > options_.max_new_calls ||
      (looks + looked_) / looks_per_call > options_.max_new_calls_together)
    return false;
  looked_ += looks;
  made_ += pairs;
  weigh(function);
  share_self(function);
  share_calls();
  for (const std::uint32_t e : in_) calls_.remove(e);
  for (const std::uint32_t e : own_) calls_.remove(e);
  if (has_uncalled_) {
    leave_remainder(function);
  } else {
    gone_[index(function)] = true;
  }
  return true;
}

std::size_t FoldedGraph::shared() const {
  std::size_t shared = 0;
  for (std::uint32_t e = 0; e < calls_.size(); ++e) {
    if (calls_[e].alive && calls_[e].estimated) ++shared;
  }
  return shared;
}

}  // namespace profconv
