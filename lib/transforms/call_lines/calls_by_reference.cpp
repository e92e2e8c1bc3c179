#include "transforms/call_lines/calls_by_reference.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/one_of.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;
using Binding = PythonScan::Binding;

}  // namespace

bool is_called_where_given(const PythonScan& scan, std::uint32_t value,
                           const std::function<bool(std::uint32_t)>& is_another) {
  // Values are in the order of the text: what is called, the arguments, the call. The innermost call comes first.
  constexpr std::uint32_t most = 64;
  const std::uint32_t statement = scan.values[value].statement;
  bool is_innermost = true;
  for (std::uint32_t v = value + 1; v < scan.values.size() && v < value + most; ++v) {
    const Value& call = scan.values[v];
    if (call.statement != statement) break;
    if (call.kind != Value::Kind::call || call.base == PythonScan::none || call.base >= value) continue;
    if (is_another(v)) return false;
    const bool calls_it =
        is_one_of(scan.values[call.base].name, {"map", "filter", "sorted", "sort", "min", "max", "reduce", "starmap",
                                                "groupby", "takewhile", "dropwhile", "filterfalse", "accumulate",
                                                "nlargest", "nsmallest", "apply", "imap", "imap_unordered"});
    if (std::exchange(is_innermost, false) && !calls_it) return false;
  }
  return !is_innermost;
}

bool CallsByReference::find(const Callee& callee, FoundSites& found) const {
  if (callee.is_c) return false;
  std::optional<bool> has_looks_for_keys;
  const auto is_default = [&](std::uint32_t site) {
    if (!sites_.is_given_to(sites_[site].value, "defaultdict")) return false;
    if (!has_looks_for_keys) has_looks_for_keys = add_looks_for_keys(found);
    return *has_looks_for_keys;
  };
  if (callee.place && program_.scope(callee.place).kind == Scope::Kind::lambda) {
    for (std::uint32_t s = 0; s < sites_.size(); ++s) {
      const bool is_this = sites_.value(s).kind == Value::Kind::lambda && sites_.file() == callee.place.file &&
                           sites_.value(s).base == callee.place.scope;
      if (is_this && !is_default(s)) found.shares.push_back({s, sites_.is_given_to(sites_[s].value, {}) ? 1 : 0.5, 0});
    }
  } else if (!callee.name.starts_with('<') && !callee.name.starts_with("__")) {
    sites_.each_named(callee.name, [&](std::uint32_t site) {
      const Value& v = sites_.value(site);
      if (v.kind == Value::Kind::call || v.called || v.stored) return;
      if (is_default(site)) return;
      // As a default of getattr or an assigned value it is called elsewhere.
      found.shares.push_back({site, is_given_away(sites_[site].value) ? 1 : 0.5, 0});
    });
    add_by_other_names(callee, found);
  }
  keep_one_per_site(found.shares);
  if (found.shares.empty()) return false;
  found.rule = SiteRule::reference;
  found.tells_counts = found.one_a_run = false;
  return true;
}

// Under a name that the source gives it: `cube = partial(power, 3)`, which calls nothing yet.
void CallsByReference::add_by_other_names(const Callee& callee, FoundSites& found) const {
  if (!callee.place) return;
  const std::size_t named = found.shares.size();
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    const Value& v = sites_.value(s);
    const bool is_mention = (v.kind == Value::Kind::name || v.kind == Value::Kind::attribute) && !v.called && !v.stored;
    if (!is_mention || v.name == callee.name) continue;
    const Entity& entity = sites_.entity_of(sites_[s].value);
    if (entity.is(Entity::Kind::function) && entity.place == callee.place && is_given_away(sites_[s].value))
      found.shares.push_back({s, 1, 0});
  }
  if (found.shares.size() == named) return;
  std::erase_if(found.shares, [&](const auto& share) {
    return sites_.value(share.site).name == callee.name && sites_.is_given_to(sites_[share.site].value, "partial");
  });
}

bool CallsByReference::add_mentions(const Callee& callee, FoundSites& found) const {
  constexpr double unsure = 0.5, hardly = 0.1;
  const std::size_t named = found.shares.size();
  FoundSites mentions;
  if (!find(callee, mentions)) return false;
  for (const auto& share : mentions.shares) {
    // What a function calls that shows in the profile is no call of this one.
    const auto shows = [&](std::uint32_t call) {
      return sites_.is_observed(sites_.any_value(sites_.any_value(call).base).name);
    };
    if (!is_called_where_given(sites_.scan(), sites_[share.site].value, shows)) continue;
    // Line times will tell how much of it is true.
    found.shares.push_back(
        {.site = share.site, .weight = sites_.knows_line_times() ? hardly : unsure, .repeats = true});
  }
  if (found.shares.size() == named) return false;
  keep_one_per_site(found.shares);
  return true;
}

// defaultdict(f) calls f where a key is looked for that is not there: at subscripts of what the call was bound to, or
// of something, if there are no such. False: there are none at all.
bool CallsByReference::add_looks_for_keys(FoundSites& found) const {
  const auto is_default_dict = [&](std::uint32_t v) {
    const Value& object = sites_.any_value(v);
    bool is = false;
    const auto look = [&](const Binding& binding) {
      if (binding.kind != Binding::Kind::assignment || binding.value == none) return;
      const Value& made = sites_.any_value(binding.value);
      is |= made.kind == Value::Kind::call && made.base != none && sites_.any_value(made.base).name == "defaultdict";
    };
    if (object.kind == Value::Kind::name) program_.each_binding({sites_.file(), object.scope}, object.name, look);
    return is;
  };
  std::vector<SitedEdge::Share> others;
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    const Value& v = sites_.value(s);
    if (v.kind != Value::Kind::subscript || v.access() != Value::Access::read || v.is_slice() || v.base == none)
      continue;
    (is_default_dict(v.base) ? found.shares : others).push_back({s, 1, 0});
  }
  if (found.shares.empty()) found.shares = std::move(others);
  return !found.shares.empty();
}

// Whether something is given to a call that may call it in the function's name: what shows in the profile calls it in
// its own, and what keeps it does later.
bool CallsByReference::is_given_away(std::uint32_t value) const {
  const std::uint32_t call = sites_.call_around(value);
  return call != none && !sites_.is_explained(call) && sites_.called_name(call) != "getattr" &&
         sites_.called_name(call) != "get";
}

}  // namespace profconv
