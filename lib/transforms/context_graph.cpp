#include "transforms/context_graph.hpp"

#include <algorithm>
#include <numeric>

#include <profconv/builder.hpp>

#include "base/wide_int.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {

bool ContextGraph::can_hold(const Profile& profile) {
  return profile.metric(time_metric.name) && !profile.counts.empty() && !profile.self.empty() &&
         !profile.total.empty() && !profile.calls.empty() && !profile.call_counts.empty() && profile.nodes.empty();
}

ContextGraph::ContextGraph(const Profile& profile)
    : p_(profile), modules_(profile), time_(*profile.metric(time_metric.name)) {
  has_lines_.assign(p_.functions.size(), false);
  for (const Line& line : p_.lines) has_lines_[index(line.function)] = true;
  functions.reserve(p_.functions.size());
  for (std::uint32_t f = 0; f < p_.functions.size(); ++f)
    functions.push_back({FunctionId{f}, {}, p_.counts[f], p_.self.at(f, time_), p_.total.at(f, time_)});
  calls.reserve(p_.calls.size());
  for (std::uint32_t i = 0; i < p_.calls.size(); ++i) {
    const profconv::Call& c = p_.calls[i];
    calls.push_back({static_cast<std::uint32_t>(c.caller), static_cast<std::uint32_t>(c.callee), c.line, i,
                     p_.call_counts[i], p_.call_self.empty() ? not_measured : p_.call_self.at(i, time_),
                     p_.call_total.empty() ? not_measured : p_.call_total.at(i, time_)});
  }
  reindex();
}

void ContextGraph::reindex() {
  first_by_caller_.assign(functions.size() + 1, 0);
  first_by_callee_.assign(functions.size() + 1, 0);
  for (const Call& c : calls) {
    ++first_by_caller_[c.caller + 1];
    ++first_by_callee_[c.callee + 1];
  }
  std::partial_sum(first_by_caller_.begin(), first_by_caller_.end(), first_by_caller_.begin());
  std::partial_sum(first_by_callee_.begin(), first_by_callee_.end(), first_by_callee_.begin());
  by_caller_.resize(calls.size());
  by_callee_.resize(calls.size());
  std::vector<std::size_t> next_caller(first_by_caller_.begin(), first_by_caller_.end() - 1);
  std::vector<std::size_t> next_callee(first_by_callee_.begin(), first_by_callee_.end() - 1);
  for (std::uint32_t i = 0; i < calls.size(); ++i) {
    by_caller_[next_caller[calls[i].caller]++] = i;
    by_callee_[next_callee[calls[i].callee]++] = i;
  }
  components_ = Components(first_by_caller_, [&](std::size_t i) {
    const Call& c = calls[by_caller_[i]];
    return carries_nothing(c) ? Components::leads_nowhere : c.callee;
  });
}

std::int64_t ContextGraph::inclusive(std::uint32_t call) const {
  const Call& c = calls[call];
  if (c.total != not_measured) return c.total;
  if (c.callee + 1 >= first_by_callee_.size()) return functions[c.callee].total;  // a copy made since: for few callers
  WideInt all = 0;
  for (const std::uint32_t i : calls_to(c.callee)) {
    if (calls[i].caller != c.callee) all += std::max<std::int64_t>(calls[i].counts.calls, 0);
  }
  if (all == 0 || c.caller == c.callee) return 0;
  const std::int64_t total = std::max<std::int64_t>(functions[c.callee].total, 0);
  return static_cast<std::int64_t>(WideInt{total} * std::max<std::int64_t>(c.counts.calls, 0) / all);
}

std::string ContextGraph::unique(FunctionId function, std::string context) {
  std::string text = context;
  for (std::size_t n = 2; !contexts_.emplace(function, text).second; ++n)
    text = std::string(context).append("#").append(std::to_string(n));
  return text;
}

std::uint32_t ContextGraph::add_copy(std::uint32_t of, std::string context) {
  const FunctionId original = functions[of].origin;
  functions.push_back({original, unique(original, std::move(context)), {0, 0}, 0, 0});
  components_.of.push_back(components_.of[of]);
  return static_cast<std::uint32_t>(functions.size() - 1);
}

void ContextGraph::rename(std::uint32_t copy, std::string context) {
  Function& f = functions[copy];
  contexts_.erase({f.origin, f.context});
  f.context = unique(f.origin, std::move(context));
}

std::string ContextGraph::label(std::uint32_t f) const {
  const profconv::Function& function = origin(f);
  if (is_module_body(f)) return std::string(module(f));
  return std::string(p_.text(index(function.qualified) != 0 ? function.qualified : function.name));
}

Profile ContextGraph::result() const {
  Rebuild rebuild(p_);
  ProfileBuilder& builder = rebuild.builder();
  std::vector<FunctionId> ids(functions.size(), no_function);
  // Copies stand behind their function; the order of functions is the order of the input.
  std::vector<std::vector<std::uint32_t>> copies_of(p_.functions.size());
  for (auto f = static_cast<std::uint32_t>(p_.functions.size()); f < functions.size(); ++f)
    copies_of[index(functions[f].origin)].push_back(f);
  std::vector<bool> used(functions.size(), false);
  for (const Call& c : calls) {
    if (carries_nothing(c) && c.row == no_row) continue;
    used[c.caller] = used[c.callee] = true;
  }
  for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
    const Function& plain = functions[f];
    const bool empty = plain.counts.calls == 0 && plain.self == 0 && !used[f];
    if (copies_of[f].empty() || !empty) {
      rebuild.add_function(FunctionId{f});
      ids[f] = rebuild[FunctionId{f}];
    }
    for (const std::uint32_t copy : copies_of[f]) {
      FunctionKey key = rebuild.key(FunctionId{f});
      key.context = functions[copy].context;
      ids[copy] = builder.function(key);
      builder.mark_entry(ids[copy]);
    }
  }
  std::vector<std::int64_t> self, total;
  for (std::uint32_t f = 0; f < functions.size(); ++f) {
    if (ids[f] == no_function) continue;
    const std::size_t row = index(functions[f].origin);
    const bool is_copy = f >= p_.functions.size();
    self.assign(p_.metrics.size(), 0);
    total.assign(p_.metrics.size(), 0);
    // What other metrics say stays with the plain function, or with the first copy where that is gone.
    if (!is_copy || (ids[row] == no_function && copies_of[row].front() == f)) {
      std::ranges::copy(p_.self.row(row), self.begin());
      std::ranges::copy(p_.total.row(row), total.begin());
      if (!is_copy) rebuild.add_lines(FunctionId{f});
    }
    self[time_] = functions[f].self;
    total[time_] = functions[f].total;
    builder.add_counts(ids[f], functions[f].counts);
    builder.add_self(ids[f], self);
    builder.add_total(ids[f], total);
  }
  for (const Call& c : calls) {
    if (ids[c.caller] == no_function || ids[c.callee] == no_function) continue;
    self.assign(p_.metrics.size(), not_measured);
    total.assign(p_.metrics.size(), not_measured);
    if (c.row != no_row) {
      if (!p_.call_self.empty()) std::ranges::copy(p_.call_self.row(c.row), self.begin());
      if (!p_.call_total.empty()) std::ranges::copy(p_.call_total.row(c.row), total.begin());
    } else if (carries_nothing(c)) {
      continue;
    }
    self[time_] = c.self;
    total[time_] = c.total;
    const auto row_of = [](const CostTable& table, const std::vector<std::int64_t>& row) {
      return table.empty() ? std::span<const std::int64_t>{} : std::span<const std::int64_t>(row);
    };
    builder.add_call({ids[c.caller], ids[c.callee], c.line}, c.counts, row_of(p_.call_self, self),
                     row_of(p_.call_total, total));
  }
  return std::move(rebuild).finish();
}

}  // namespace profconv
