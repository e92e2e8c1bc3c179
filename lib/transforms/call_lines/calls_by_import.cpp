#include "transforms/call_lines/calls_by_import.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "base/one_of.hpp"

namespace profconv {
namespace {

using Value = PythonScan::Value;

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

bool CallsByImport::find(const Callee& callee, double calls, double cost, FoundSites& found) {
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

bool CallsByImport::find_module(std::uint32_t module, FoundSites& found) const {
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
bool CallsByImport::may_load_names(std::uint32_t import) const {
  const PythonScan::Import& from = sites_.scan().imports[import];
  if (from.name.empty() || (from.level == 0 && is_plain_module(from.module))) return false;
  if (from.module.empty()) return true;
  const std::uint32_t file = program_.imported(sites_.file(), import);
  return file == none || program_.files()[file].is_frozen || program_.is_package(file);
}

}  // namespace profconv
