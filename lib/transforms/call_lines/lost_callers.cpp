#include "transforms/call_lines/lost_callers.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>

#include <profconv/builder.hpp>

#include "model/namesakes.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
constexpr std::uint32_t none = PythonScan::none;

class LostCallerFinder {
 public:
  explicit LostCallerFinder(const Program& program)
      : program_(program), p_(program.profile()), metric_(p_.metric(time_metric.name).value_or(0)) {}

  std::vector<LostCaller> run() && {
    std::vector<LostCaller> found;
    const auto has_source = [](const Program::File& file) { return file.source != nullptr; };
    if (p_.total.empty() || p_.call_total.empty() || std::ranges::none_of(program_.files(), has_source)) return found;
    for (std::size_t call = 0; call < p_.calls.size(); ++call) {
      if (!is_by_namesake(p_, call) || !program_.has_source(p_.calls[call].callee)) continue;
      if (const std::uint32_t caller = function_around(p_.calls[call].callee); caller != none)
        found.push_back({call, FunctionId{caller}});
    }
    // The costliest first, as several may stand in one function, whose time then is not enough for all.
    std::ranges::stable_sort(found, std::ranges::greater{}, [&](const LostCaller& l) { return total(callee(l)); });
    std::erase_if(found, [&](const LostCaller& lost) { return !take_time(lost); });
    return found;
  }

 private:
  FunctionId callee(const LostCaller& lost) const { return p_.calls[lost.call].callee; }
  std::int64_t total(FunctionId function) const { return p_.total.at(index(function), metric_); }

  // The function that all code of this one's line and name stands in, `none` if there are several or it never ran.
  std::uint32_t function_around(FunctionId function) const {
    const Program::Place place = program_.place(function);
    const std::vector<Scope>& scopes = program_.scan(place.file).scopes;
    const Scope& own = scopes[place.scope];
    const auto is_namesake = [&](const Scope& s) { return s.first_line == own.first_line && s.name == own.name; };
    std::uint32_t around = none;
    for (const Scope& scope : scopes) {
      if (!is_namesake(scope)) continue;
      std::uint32_t parent = scope.parent;
      while (parent != none && is_namesake(scopes[parent])) parent = scopes[parent].parent;
      if (parent == none || (around != none && around != parent)) return none;
      around = parent;
    }
    return around == none ? none : program_.function_at({place.file, around});
  }

  // Whether the caller has time for the calls that nothing else accounts for; from then on they do.
  bool take_time(const LostCaller& lost) {
    std::int64_t& left = unexplained(lost.caller);
    const std::int64_t needed = total(callee(lost));
    // A comprehension is called nowhere else. So little time that it may be rounding tells nothing of other code.
    const Scope& scope = program_.scope(program_.place(callee(lost)));
    const bool is_run_there = scope.is_comprehension() && scope.kind != Scope::Kind::generator;
    if (left < needed || (!is_run_there && needed <= rounding(lost.caller))) return false;
    left -= needed;
    return true;
  }

  std::span<const Call> calls_from(FunctionId caller) const {
    return {std::ranges::lower_bound(p_.calls, caller, {}, &Call::caller),
            std::ranges::upper_bound(p_.calls, caller, {}, &Call::caller)};
  }

  // What the function's own time and its calls may be off by together.
  std::int64_t rounding(FunctionId caller) const { return static_cast<std::int64_t>(2 + calls_from(caller).size()); }

  // Time of a function that is neither its own nor that of its callees.
  std::int64_t& unexplained(FunctionId caller) {
    const auto [entry, is_new] = unexplained_.try_emplace(caller, 0);
    if (!is_new) return entry->second;
    const std::span<const Call> calls = calls_from(caller);
    const auto first = static_cast<std::size_t>(calls.data() - p_.calls.data());
    std::int64_t rest = total(caller) + rounding(caller) - (p_.self.empty() ? 0 : p_.self.at(index(caller), metric_));
    for (std::size_t i = first; i < first + calls.size() && rest > 0; ++i)
      rest -= std::max<std::int64_t>(p_.call_total.at(i, metric_), 0);
    return entry->second = rest;
  }

  const Program& program_;
  const Profile& p_;
  const std::size_t metric_;
  std::map<FunctionId, std::int64_t> unexplained_;
};

}  // namespace

bool may_find_lost_callers(const Profile& profile, const SourceFiles& sources) {
  if (!sources.enabled()) return false;
  const std::vector<Call>& calls = profile.calls;
  for (std::size_t call = 0; call < calls.size(); ++call) {
    if (!is_by_namesake(profile, call)) continue;
    if (sources.may_find(profile.text(profile.function(calls[call].callee).file))) return true;
  }
  return false;
}

std::vector<LostCaller> find_lost_callers(const Program& program) { return LostCallerFinder(program).run(); }

Profile with_lost_callers(const Profile& profile, const std::vector<LostCaller>& found) {
  std::map<std::size_t, FunctionId> callers;
  for (const LostCaller& lost : found) callers.emplace(lost.call, lost.caller);
  Rebuild result(profile);
  for (std::uint32_t f = 0; f < profile.functions.size(); ++f) result.add_whole(FunctionId{f});
  for (std::size_t call = 0; call < profile.calls.size(); ++call) {
    const auto lost = callers.find(call);
    if (lost == callers.end()) {
      result.add_call(call);
    } else {
      result.add_estimated_call(lost->second, call);
    }
  }
  result.add_stacks(Rebuild::Dropped::cut);
  result.add_recorded();
  return std::move(result).finish();
}

}  // namespace profconv
