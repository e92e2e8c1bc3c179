#include "transforms/splitting/context_graph.hpp"

#include <algorithm>
#include <numeric>

#include <profconv/builder.hpp>

#include "base/hash_tables.hpp"
#include "base/parallel.hpp"
#include "base/release.hpp"
#include "base/wide_int.hpp"
#include "model/find_text.hpp"

namespace profconv {

bool ContextGraph::can_hold(const Profile& profile) {
  return profile.metric(time_metric.name) && !profile.counts.empty() && !profile.self.empty() &&
         !profile.total.empty() && !profile.calls.empty() && !profile.call_counts.empty() && profile.nodes.empty();
}

ContextGraph::ContextGraph(const Profile& profile)
    : calls(profile, *profile.metric(time_metric.name)),
      p_(profile),
      time_(*profile.metric(time_metric.name)),
      module_body_(find_text(profile.strings, "<module>")) {
  has_lines_.assign(p_.functions.size(), false);
  for (const Line& line : p_.lines) has_lines_[index(line.function)] = true;
  functions.reserve(p_.functions.size() + p_.functions.size() / 8);  // and copies
  for (std::uint32_t f = 0; f < p_.functions.size(); ++f)
    functions.push_back({FunctionId{f}, p_.counts[f], p_.self.at(f, time_), p_.total.at(f, time_)});
}

void ContextGraph::prefetch_lists(std::uint32_t f) const noexcept {
  for (const CallLists* lists : {&calls_from_, &calls_to_}) prefetch(lists->of(f).data());
}

void ContextGraph::prefetch_calls(std::uint32_t f) const noexcept {
  constexpr std::size_t most = 16;
  for (const CallLists* lists : {&calls_from_, &calls_to_}) {
    const std::span<const std::uint32_t> list = lists->of(f);
    for (const std::uint32_t i : list.first(std::min(most, list.size()))) calls.prefetch(i);
  }
}

void ContextGraph::index_callees() {
  const auto caller = [recorded = calls.as_recorded()](std::uint32_t i) { return recorded.caller(i); };
  calls_from_.make(calls.recorded(), functions.size(), caller);
  find_components();
}

void ContextGraph::index_changes() {
  std::vector<CallLists::Move> of_callers, of_callees;
  for (const ContextCalls::News& before : calls.take_news()) {
    of_callers.push_back({before.call, before.caller, calls.caller(before.call)});
    of_callees.push_back({before.call, before.callee, calls.callee(before.call)});
  }
  run_both(
      calls.size(), [&] { calls_from_.move(of_callers, functions.size()); },
      [&] { calls_to_.move(of_callees, functions.size()); });
  find_components();
}

void ContextGraph::find_components() {
  const std::vector<std::uint32_t>& from = calls_from_.all();
  std::vector<std::uint32_t> leads_to(from.size());
  run_on_stretches(from.size(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      leads_to[i] = calls.carries_nothing(from[i]) ? Components::leads_nowhere : calls.callee(from[i]);
  });
  components_ = Components(calls_from_.first(), leads_to);
}

std::int64_t ContextGraph::inclusive(std::uint32_t call) const {
  const Call& c = calls[call];
  if (c.total != not_measured) return c.total;
  if (c.callee >= calls_to_.functions()) return functions[c.callee].total;  // a copy made since: for few callers
  WideInt all = 0;
  for (const std::uint32_t i : calls_to(c.callee)) {
    if (calls[i].caller != c.callee) all += std::max<std::int64_t>(calls[i].counts.calls, 0);
  }
  if (all == 0 || c.caller == c.callee) return 0;
  const std::int64_t total = std::max<std::int64_t>(functions[c.callee].total, 0);
  return static_cast<std::int64_t>(WideInt{total} * std::max<std::int64_t>(c.counts.calls, 0) / all);
}

std::string ContextGraph::unique(FunctionId function, std::string_view context) {
  constexpr std::size_t second = 2;
  std::string text(context);
  const auto [first, is_new] = contexts_.try_emplace({function, text}, second);
  while (!is_new) {
    text = std::string(context).append("#").append(std::to_string(first->second++));
    if (contexts_.try_emplace({function, text}, second).second) break;
  }
  return text;
}

std::uint32_t ContextGraph::add_copy(std::uint32_t of, std::string_view context) {
  const FunctionId original = functions[of].origin;
  functions.push_back({original, {0, 0}, 0, 0});
  copied_for_.push_back(unique(original, context));
  components_.of.push_back(components_.of[of]);
  return static_cast<std::uint32_t>(functions.size() - 1);
}

void ContextGraph::rename(std::uint32_t copy, std::string_view context) {
  const FunctionId original = functions[copy].origin;
  std::string& old = this->context(copy);
  contexts_.erase({original, old});
  old = unique(original, context);
}

std::string ContextGraph::module(std::uint32_t f) const {
  if (!modules_) modules_.emplace(p_);
  return modules_->module(origin(f).file);
}

std::string ContextGraph::label(std::uint32_t f) const {
  const profconv::Function& function = origin(f);
  if (is_module_body(f)) return module(f);
  return std::string(p_.text(index(function.qualified) != 0 ? function.qualified : function.name));
}

// Calls of the profile of which nothing is left, as all was taken by others that were added: these get their rows. Not
// where other metrics say something of them.
std::vector<std::uint32_t> ContextGraph::emptied_calls() const {
  std::vector<std::uint32_t> emptied;
  if (p_.metrics.size() != 1) return emptied;
  std::size_t added = 0;
  calls.each_other([&](std::uint32_t number, const Call& call) {
    const bool is_empty = ContextCalls::carries_nothing(call);
    if (number < calls.recorded() && is_empty) emptied.push_back(number);
    added += number >= calls.recorded() && !is_empty ? 1U : 0U;
  });
  emptied.resize(std::min(emptied.size(), added));
  return emptied;
}

// The functions' ids in the result.
std::vector<std::uint32_t> ContextGraph::ids_of_functions(const std::vector<std::uint32_t>& emptied) const {
  const auto originals = static_cast<std::uint32_t>(p_.functions.size());
  const NumberSet without(emptied.begin(), emptied.end());
  const auto stays = [&](std::uint32_t call) {
    return !calls.carries_nothing(call) || (call < calls.recorded() && !without.contains(call));
  };
  NumberSet used_lately;
  for (const ContextCalls::News& news : calls.news()) {
    if (!stays(news.call)) continue;
    used_lately.insert(calls.caller(news.call));
    used_lately.insert(calls.callee(news.call));
  }
  const auto is_used = [&](std::uint32_t f) {
    if (used_lately.contains(f)) return true;
    if (f >= calls_from_.functions()) return false;  // was made since the lists
    const auto makes = [&](std::uint32_t call) { return calls.caller(call) == f && stays(call); };
    const auto gets = [&](std::uint32_t call) { return calls.callee(call) == f && stays(call); };
    return std::ranges::any_of(calls_from(f), makes) || std::ranges::any_of(calls_to(f), gets);
  };
  const auto is_nothing = [&](std::uint32_t f) {
    return functions[f].counts.calls == 0 && functions[f].self == 0 && !is_used(f);
  };
  std::vector<std::uint32_t> ids(functions.size());
  std::iota(ids.begin(), ids.end(), 0u);
  std::uint32_t next = originals;
  for (auto copy = originals; copy < functions.size(); ++copy) {
    const auto original = static_cast<std::uint32_t>(functions[copy].origin);
    if (is_nothing(copy)) {
      ids[copy] = gone;
    } else if (ids[original] == original && is_nothing(original)) {
      ids[copy] = original;
      ids[original] = gone;
    } else {
      ids[copy] = next++;
    }
  }
  return ids;
}

void ContextGraph::write_functions(ProfileBuilder& builder, const std::vector<std::uint32_t>& ids) const {
  Profile& p = builder.tables();
  const auto originals = static_cast<std::uint32_t>(p.functions.size());
  p.functions.reserve(functions.size());
  p.counts.reserve(functions.size());
  p.self.reserve(functions.size());
  p.total.reserve(functions.size());
  const std::vector<StringId> contexts = builder.intern(copied_for_);
  const auto write = [&](std::uint32_t f) {
    const Function& function = functions[f];
    p.counts[ids[f]] = function.counts;
    p.self.at(ids[f], time_) = function.self;
    p.total.at(ids[f], time_) = function.total;
  };
  run_on_stretches(originals, [&](std::size_t begin, std::size_t end) {
    for (auto f = static_cast<std::uint32_t>(begin); f < end; ++f) {
      if (ids[f] != gone) write(f);
    }
  });
  for (std::uint32_t f = originals; f < functions.size(); ++f) {
    if (ids[f] == gone) continue;
    if (ids[f] >= originals) {
      p.functions.push_back(p.functions[index(functions[f].origin)]);
      p.counts.push_back({});
      p.self.resize(p.functions.size(), 0);
      p.total.resize(p.functions.size(), 0);
    }
    p.functions[ids[f]].context = contexts[f - originals];
    write(f);
  }
}

void ContextGraph::write_calls(ProfileBuilder& builder, const std::vector<std::uint32_t>& ids,
                               const std::vector<std::uint32_t>& emptied, bool marks_shares) const {
  Profile& p = builder.tables();
  const auto write = [&](std::size_t row, const Call& c) {
    p.calls[row] = {FunctionId{ids[c.caller]}, FunctionId{ids[c.callee]}, c.line};
    p.call_counts[row] = c.counts;
    if (!p.call_self.empty()) p.call_self.at(row, time_) = c.self;
    if (!p.call_total.empty()) p.call_total.at(row, time_) = c.total;
    if (!p.call_estimated.empty()) p.call_estimated[row] = c.estimated ? 1 : 0;
  };
  bool any_share = false;
  calls.each_other([&](std::uint32_t, const Call& call) { any_share = any_share || call.estimated; });
  if (marks_shares && any_share) p.call_estimated.resize(p.calls.size(), 0);
  const NumberSet without(emptied.begin(), emptied.end());
  const auto is_new = [&](std::uint32_t number, const Call& c) {
    return number >= calls.recorded() && !ContextCalls::carries_nothing(c);
  };
  std::vector<std::uint32_t> changed;
  std::size_t added = 0;
  calls.each_other([&](std::uint32_t number, const Call& call) {
    if (number < calls.recorded()) {
      if (!without.contains(number)) write(number, call);
      changed.push_back(number);
    } else if (is_new(number, call)) {
      ++added;
    }
  });
  builder.set_changed_calls(std::move(changed));

  std::size_t row = p.calls.size();
  const std::size_t rows = row + added - emptied.size();
  p.calls.resize(rows);
  p.call_counts.resize(rows);
  if (!p.call_self.empty()) p.call_self.resize(rows, not_measured);
  if (!p.call_total.empty()) p.call_total.resize(rows, not_measured);
  if (!p.call_estimated.empty()) p.call_estimated.resize(rows, 0);
  auto emptied_row = emptied.begin();
  calls.each_other([&](std::uint32_t number, const Call& call) {
    if (is_new(number, call)) write(emptied_row != emptied.end() ? *emptied_row++ : row++, call);
  });
}

Profile ContextGraph::result(Profile&& profile, bool marks_shares) && {
  const std::vector<std::uint32_t> emptied = emptied_calls(), ids = ids_of_functions(emptied);
  ProfileBuilder builder = ProfileBuilder::resume(std::move(profile));
  Profile& p = builder.tables();
  p.recorded = {};
  p.recorded_lines = {};
  p.recorded_memory = {};
  write_functions(builder, ids);
  write_calls(builder, ids, emptied, marks_shares);
  // What follows takes memory again.
  calls_from_.clear();
  calls_to_.clear();
  release(functions);
  return std::move(builder).finish();
}

}  // namespace profconv
