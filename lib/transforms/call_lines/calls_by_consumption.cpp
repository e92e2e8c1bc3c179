#include "transforms/call_lines/calls_by_consumption.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/one_of.hpp"
#include "transforms/call_lines/protocols.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;

constexpr std::uint32_t none = PythonScan::none;

// Calls of these show in a profile under no name, but they call what they are given.
bool is_builtin_consumer(std::string_view name) {
  return is_one_of(name, {"list", "tuple", "set", "frozenset", "dict", "enumerate", "zip", "map", "filter", "reversed",
                          "bytes", "bytearray", "OrderedDict", "Counter", "deque", "str", "max", "min"});
}

}  // namespace

bool CallsByConsumption::find(const Callee& callee, FoundSites& found) const {
  if (!callee.place) return false;
  const Scope& scope = program_.scope(callee.place);
  if (!scope.is_generator && !scope.is_async) return false;
  const auto resumes = [&](const Value& v) {
    return v.kind == Value::Kind::await || (v.kind == Value::Kind::iterate && (scope.is_generator || !scope.is_async));
  };
  constexpr double least = 0.15;        // what has its name and is something else
  std::vector<SitedEdge::Share> given;  // to something that may go through it
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    const Value& v = sites_.value(s);
    if (v.kind == Value::Kind::iterate || v.kind == Value::Kind::await) {
      if (const double fits = flow_.comes_from(v.base, callee); fits >= least) found.shares.push_back({s, fits, 0});
    } else if (v.kind == Value::Kind::call && v.argument != none) {
      const double fits = flow_.comes_from(v.argument, callee);
      if (fits < least) continue;
      const bool consumes = v.base != none && is_builtin_consumer(sites_.any_value(v.base).name);
      (consumes ? found.shares : given).push_back({s, consumes ? fits : fits * 0.1, 0});
    }
  }
  found.tells_counts = found.one_a_run = false;
  if (!found.shares.empty()) {
    found.rule = best_weight(found.shares) >= 0.9 ? SiteRule::exact : SiteRule::name;
    // Many things may be gone through under one name; a coroutine is one of those that are known to be it.
    if (scope.is_async && !scope.is_generator) keep_likely(found.shares);
    return true;
  }
  found.rule = SiteRule::protocol;
  if (callee.name.starts_with("__")) {
    for (std::uint32_t s = 0; s < sites_.size(); ++s) {
      if (!resumes(sites_.value(s)) || sites_.value(s).unpacks()) continue;
      if (sites_.value(s).kind == Value::Kind::await && !awaits_by(sites_.value(s).name, callee.name)) continue;
      const double weight = method_fits(callee, s);
      if (weight > 0) found.shares.push_back({s, weight, 0});
    }
    keep_likely(found.shares);
    if (!found.shares.empty()) return true;
  }
  if (scope.kind == Scope::Kind::generator) {
    for (std::uint32_t s = 0; s < sites_.size(); ++s) {
      if (sites_.value(s).kind == Value::Kind::comprehension && sites_.file() == callee.place.file &&
          sites_.value(s).base == callee.place.scope)
        found.shares.push_back({s, 1, 0});
    }
    if (!found.shares.empty()) {
      found.rule = given.empty() ? SiteRule::name : SiteRule::exact;
      if (!given.empty()) found.shares = std::move(given);
      return true;
    }
  }
  // Resumed through a variable that nobody follows, or where it is made.
  names_.find_by_own_name(callee, found);
  constexpr std::size_t few = 16;  // each is looked for in all that is bound
  const bool has_few = found.shares.size() <= few;
  for (auto& share : found.shares) {
    const bool is_call = sites_.value(share.site).kind == Value::Kind::call;
    if (!has_few || !is_call || share.weight < 1 || !flow_.is_used_there(sites_[share.site].value)) share.weight *= 0.1;
  }
  const bool is_used = std::ranges::any_of(found.shares, [](const auto& share) { return share.weight >= 1; });
  const SiteRule named = found.shares.empty() ? SiteRule::protocol : found.rule;
  found.shares.insert(found.shares.end(), given.begin(), given.end());
  const std::size_t known = found.shares.size();
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    if (!resumes(sites_.value(s)) || sites_.value(s).unpacks()) continue;  // what is taken apart: a tuple
    constexpr double unless_used = 0.15;
    const double weight = flow_.may_give_generator(sites_.value(s).base) * (is_used ? unless_used : 1);
    if (weight > 0) found.shares.push_back({s, weight, 0});
  }
  double best = 0;
  for (const auto& share : found.shares) best = std::max(best, share.weight);
  found.rule = found.shares.size() > known ? SiteRule::protocol : named;
  std::erase_if(found.shares, [&](const auto& share) { return share.weight < best * 0.2; });
  keep_one_per_site(found.shares);
  found.tells_counts = found.one_a_run = false;
  return !found.shares.empty();
}

// How well going through a value explains a method that is a generator or coroutine. `__call__` is one of what is
// called.
double CallsByConsumption::method_fits(const Callee& callee, std::uint32_t site) const {
  const std::uint32_t base = sites_.value(site).base;
  const bool is_call =
      base != none && sites_.any_value(base).kind == Value::Kind::call && sites_.any_value(base).base != none;
  if (callee.name != "__call__" || !is_call) return fits_.receiver_fits(callee, sites_.base_entity(site));
  const Entity called = sites_.entity_of(sites_.any_value(base).base);
  const bool may_be = called.is(Entity::Kind::instance) || called.is(Entity::Kind::unknown);
  return may_be ? fits_.receiver_fits(callee, called) : 0.02;
}

}  // namespace profconv
