#include "transforms/folding/folded_calls.hpp"

#include <algorithm>

#include <profconv/error.hpp>

#include "base/hash.hpp"

namespace profconv {

FoldedCalls::FoldedCalls(const Profile& profile, const CallTotals& totals)
    : metrics_(profile.metrics.size()),
      has_self_(!profile.call_self.empty()),
      has_total_(!profile.call_total.empty() || !profile.total.empty()),
      seed_(random_seed()) {
  const std::size_t functions = profile.functions.size();
  first_out_.assign(functions, none);
  first_in_.assign(functions, none);
  made_.assign(functions, 0);
  received_.assign(functions, 0);
  entries_.reserve(profile.calls.size());
  numbers_.reserve(profile.calls.size());
  for (std::uint32_t i = 0; i < profile.calls.size(); ++i) {
    const std::uint32_t e = number_of(profile.calls[i]) =
        add(profile.calls[i], profile.call_counts.empty() ? Counts{} : profile.call_counts[i]);
    for (std::size_t m = 0; m < metrics_; ++m) {
      if (has_self_) self(e, m) = profile.call_self.at(i, m);
      if (has_total_) total(e, m) = totals.row(i)[m];
    }
    entries_[e].estimated = profile.is_share(i);
  }
}

std::uint32_t& FoldedCalls::number_of(const Call& call) {
  const std::uint64_t functions =
      std::uint64_t{static_cast<std::uint32_t>(call.caller)} << 32 | static_cast<std::uint32_t>(call.callee);
  return numbers_.find(hash_mix(hash_mix(seed_, functions), call.line),
                       [&](std::uint32_t e) { return entries_[e].call == call; });
}

std::uint32_t FoldedCalls::add(const Call& call, Counts counts) {
  const auto e = static_cast<std::uint32_t>(entries_.size());
  if (e == none) throw Error("folding makes more calls than the model can number");
  entries_.push_back({call, counts, true, false, first_out_[index(call.caller)], first_in_[index(call.callee)]});
  first_out_[index(call.caller)] = first_in_[index(call.callee)] = e;
  ++made_[index(call.caller)];
  ++received_[index(call.callee)];
  if (has_self_) self_.resize(self_.size() + metrics_, 0);
  if (has_total_) total_.resize(total_.size() + metrics_, 0);
  return e;
}

void FoldedCalls::remove(std::uint32_t call) {
  entries_[call].alive = false;
  --made_[index(entries_[call].call.caller)];
  --received_[index(entries_[call].call.callee)];
}

void FoldedCalls::collect(FunctionId function, Numbers& in, Numbers& out, Numbers& own) const {
  in.clear();
  out.clear();
  own.clear();
  for (std::uint32_t e = first_in_[index(function)]; e != none; e = entries_[e].next_in) {
    if (entries_[e].alive) (entries_[e].call.caller == function ? own : in).push_back(e);
  }
  for (std::uint32_t e = first_out_[index(function)]; e != none; e = entries_[e].next_out) {
    if (entries_[e].alive && entries_[e].call.callee != function) out.push_back(e);
  }
  std::ranges::sort(in);
  std::ranges::sort(out);
}

}  // namespace profconv
