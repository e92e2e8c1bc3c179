// Calls that the source does not write as calls: comprehensions, imports, class statements, iteration and awaiting.

#include <algorithm>

#include "base/one_of.hpp"
#include "transforms/call_sites.hpp"
#include "transforms/protocols.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;
using Binding = PythonScan::Binding;

// Modules of the standard library that every program has loaded or that are often asked for names; no packages in any
// version of Python.
bool is_plain_module(std::string_view name) {
  return is_one_of(
      name, {"__future__", "abc",      "argparse",   "ast",         "base64",   "bisect",   "builtins",  "codecs",
             "contextlib", "copy",     "csv",        "dataclasses", "datetime", "decimal",  "enum",      "fractions",
             "functools",  "glob",     "hashlib",    "heapq",       "inspect",  "io",       "itertools", "math",
             "numbers",    "operator", "os",         "pickle",      "pprint",   "queue",    "random",    "shutil",
             "socket",     "struct",   "subprocess", "sys",         "tempfile", "textwrap", "threading", "time",
             "types",      "typing",   "uuid",       "warnings",    "weakref"});
}

}  // namespace

bool CallSites::by_structure(const Callee& callee, double calls, double cost, FoundSites& found) {
  if (callee.is_import) return by_import(callee, calls, cost, found);
  if (callee.is_c && callee.name == "__build_class__") return by_class_statement(cost, found);
  if (!callee.place) return false;
  const Scope& scope = program_.scope(callee.place);
  if (scope.kind == Scope::Kind::module) return by_module(callee.place.file, found);
  if (scope.kind == Scope::Kind::function && scope.parent != none && scope.parent != 0) {
    // What a decorator with arguments returns is applied where it decorates.
    const Scope& maker = program_.scan(callee.place.file).scopes[scope.parent];
    for (std::uint32_t s = 0; s < sites_.size(); ++s) {
      if (sites_.value(s).kind != Value::Kind::decoration || sites_.value(s).base == none) continue;
      const Value& decorator = sites_.base(s);
      if (decorator.kind == Value::Kind::call && decorator.base != none &&
          sites_.step(decorator.base).name == maker.name)
        found.shares.push_back({s, 1, 0});
    }
    found.rule = found.shares.empty() ? SiteRule::undecided : SiteRule::exact;
    return !found.shares.empty();
  }
  if (scope.is_comprehension() && scope.kind != Scope::Kind::generator && callee.place.file == sites_.file()) {
    for (std::uint32_t s = 0; s < sites_.size(); ++s) {
      if (sites_.value(s).kind != Value::Kind::comprehension) continue;
      // Comprehensions of one kind on one line are one function for the profiler.
      const Scope& other = sites_.scan().scopes[sites_.value(s).base];
      if (other.kind == scope.kind && other.first_line == scope.first_line) found.shares.push_back({s, 1, 0});
    }
    found.rule = found.shares.empty() ? SiteRule::undecided : SiteRule::exact;
    return !found.shares.empty();
  }
  return false;
}

// A module's code that runs right below its import: the machinery was folded, or is older than Python 3.3.
bool CallSites::by_module(std::uint32_t module, FoundSites& found) {
  const ImportTimes::Statement loaded = imports_.loaded_by(module);
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    if (sites_.value(s).kind != Value::Kind::import) continue;
    const std::uint32_t import = sites_.value(s).base;
    if (loaded.file == sites_.file() && loaded.import == import) {
      found.shares.assign(1, {s, 1, 0});
      break;
    }
    // The first one that names it, if the order of all imports says nothing.
    if (found.shares.empty() && imports_.names(sites_.file(), import, module)) found.shares.push_back({s, 1, 0});
  }
  found.rule = found.shares.empty() ? SiteRule::undecided : SiteRule::exact;
  return !found.shares.empty();
}

// Whether `from module import name` may look for a module of that name: in packages only.
bool CallSites::may_load_names(std::uint32_t import) const {
  const PythonScan::Import& from = sites_.scan().imports[import];
  if (from.name.empty() || (from.level == 0 && is_plain_module(from.module))) return false;
  if (from.module.empty()) return true;
  const std::uint32_t file = program_.imported(sites_.file(), import);
  return file == none || program_.files()[file].is_frozen || program_.is_package(file);
}

// Each import statement gets the cost of the modules that it loaded below this callee.
bool CallSites::by_import(const Callee& callee, double calls, double cost, FoundSites& found) {
  const bool names = callee.name == "_handle_fromlist";
  struct Load {
    double cost = 0;
    std::uint32_t modules = 0;
  };
  std::vector<Load> loads;
  Load all;
  const auto look = [&](bool any) {
    loads.assign(found.shares.size(), {});
    all = {};
    for (std::size_t i = 0; i < loads.size(); ++i) {
      for (const ImportTimes::Loaded& loaded :
           imports_.loaded(sites_.file(), sites_.value(found.shares[i].site).base)) {
        if (loaded.by_name != names || (!any && !reach_.reaches(callee.function, loaded.module))) continue;
        loads[i].cost += static_cast<double>(loaded.cost);
        all.cost += static_cast<double>(loaded.cost);
        ++loads[i].modules;
        ++all.modules;
      }
    }
  };
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    if (sites_.value(s).kind != Value::Kind::import) continue;
    if (!names || may_load_names(sites_.value(s).base)) found.shares.push_back({s, 1, 0});
  }
  if (found.shares.empty()) return false;
  look(false);
  if (!names) {
    // What a single importer loaded stands on its first import of it, whatever the order of all imports says.
    for (const std::uint32_t module : reach_.modules_of_one_importer(callee.function)) {
      if (imports_.loaded_by(module).file == sites_.file()) continue;
      const auto site = std::ranges::find_if(found.shares, [&](const auto& share) {
        return imports_.names(sites_.file(), sites_.value(share.site).base, module);
      });
      if (site == found.shares.end()) continue;
      Load& load = loads[static_cast<std::size_t>(site - found.shares.begin())];
      const double own = imports_.cost_of_module(module);
      load.cost += own;
      all.cost += own;
      ++load.modules;
      ++all.modules;
    }
  }
  if (all.modules == 0) look(true);
  if (all.modules == 0 &&
      (callee.name == "_find_and_load" || callee.name.find("__import__") != std::string_view::npos)) {
    // The order of all imports says that others loaded what it names; but it loaded something, for so long.
    constexpr double most_of_it = 0.6;
    std::vector<std::pair<double, std::size_t>> candidates;  // cost, share
    for (std::size_t i = 0; i < loads.size(); ++i)
      candidates.emplace_back(imports_.costliest_of(sites_.file(), sites_.value(found.shares[i].site).base, cost), i);
    std::ranges::sort(candidates, std::ranges::greater{});
    for (const auto& [own, i] : candidates) {
      if (own < cost * most_of_it / calls || all.cost + own > cost || all.modules >= calls) continue;
      loads[i] = {own, 1};
      all = {all.cost + own, all.modules + 1};
    }
  }
  // What finding and reading the files costs, for those that were loaded and those of which the profile has no code.
  const double overhead =
      std::max(cost - all.cost, cost * 0.001) / std::max(calls, static_cast<double>(all.modules) + 1);
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const bool has_loaded = loads[i].modules != 0;
    // A module of C or without code in the profile may have been loaded; one that was there already was not.
    const bool may_load = !has_loaded && !imports_.is_known(sites_.file(), sites_.value(found.shares[i].site).base) &&
                          !names && calls > all.modules;
    const double own = has_loaded || may_load ? overhead : names ? overhead * 0.5 : overhead * 1e-3;
    found.cost_weights.push_back(loads[i].cost + own);
    found.shares[i].weight = has_loaded || names || may_load ? 1 : 1e-3;
  }
  found.rule = all.modules > 0 || found.shares.size() == 1 ? SiteRule::exact : SiteRule::name;
  found.tells_counts = found.one_a_run = false;
  return true;
}

// Class statements: what the body of each costs is known, and where bases or metaclasses take part in the rest.
bool CallSites::by_class_statement(double all, FoundSites& found) {
  const Profile& profile = program_.profile();
  double bodies = 1, parts = 0;
  std::vector<double> part;  // of the rest
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    if (sites_.value(s).kind != Value::Kind::definition) continue;
    const std::uint32_t body = program_.function_at({sites_.file(), sites_.value(s).base});
    const double cost = body == none || profile.total.empty()
                            ? 0
                            : static_cast<double>(std::max<std::int64_t>(profile.total.at(body, metric_), 0));
    found.shares.push_back({s, body == none ? 0.01 : 1, 0});
    found.cost_weights.push_back(cost);
    bodies += cost;
    const Place klass{sites_.file(), sites_.value(s).base};
    part.push_back(resolver_.member(klass, "__init_subclass__").is(Entity::Kind::function) ? 1 : 0);
    parts += part.back();
  }
  if (found.shares.empty()) return false;
  for (double& weight : found.cost_weights) weight += bodies * 0.05 / static_cast<double>(found.shares.size());
  const double rest = std::max(all - bodies, 0.0);
  for (std::size_t i = 0; i < part.size() && parts > 0; ++i) found.cost_weights[i] += rest * part[i] / parts;
  found.rule = SiteRule::exact;
  return true;
}

// How well going through a value explains a method that is a generator or coroutine. `__call__` is one of what is
// called.
double CallSites::resumed_method_fits(const Callee& callee, std::uint32_t site) {
  const std::uint32_t base = sites_.value(site).base;
  const bool is_call = base != none && sites_.step(base).kind == Value::Kind::call && sites_.step(base).base != none;
  if (callee.name != "__call__" || !is_call) return fits_.receiver_fits(callee, sites_.base_entity(site));
  const Entity called = sites_.entity_of(sites_.step(base).base);
  const bool may_be = called.is(Entity::Kind::instance) || called.is(Entity::Kind::unknown);
  return may_be ? fits_.receiver_fits(callee, called) : 0.02;
}

// Generators and coroutines run where they are resumed: in a for, an await, a call that goes through them.
bool CallSites::by_consumption(const Callee& callee, FoundSites& found) {
  if (!callee.place) return false;
  const Scope& scope = program_.scope(callee.place);
  if (!scope.is_generator && !scope.is_async) return false;
  const auto resumes = [&](const Value& v) {
    return v.kind == Value::Kind::await || (v.kind == Value::Kind::iterate && (scope.is_generator || !scope.is_async));
  };
  std::vector<SitedEdge::Share> given;  // to something that may go through it
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    const Value& v = sites_.value(s);
    if ((v.kind == Value::Kind::iterate || v.kind == Value::Kind::await) && flow_.comes_from(v.base, callee)) {
      found.shares.push_back({s, 1, 0});
    } else if (v.kind == Value::Kind::call && v.argument != none && flow_.comes_from(v.argument, callee)) {
      const bool consumes = v.base != none && is_builtin_consumer(sites_.step(v.base).name);
      (consumes ? found.shares : given).push_back({s, consumes ? 1 : 0.1, 0});
    }
  }
  found.tells_counts = found.one_a_run = false;
  found.rule = SiteRule::exact;
  if (!found.shares.empty()) return true;
  found.rule = SiteRule::protocol;
  if (callee.name.starts_with("__")) {
    for (std::uint32_t s = 0; s < sites_.size(); ++s) {
      if (!resumes(sites_.value(s)) || sites_.value(s).unpacks()) continue;
      if (sites_.value(s).kind == Value::Kind::await && !awaits_by(sites_.value(s).name, callee.name)) continue;
      const double weight = resumed_method_fits(callee, s);
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
  by_name(callee, found);
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

}  // namespace profconv
