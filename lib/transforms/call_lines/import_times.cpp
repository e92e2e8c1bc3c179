#include "transforms/call_lines/import_times.hpp"

#include <algorithm>

#include "base/one_of.hpp"
#include "base/release.hpp"
#include "base/wide_int.hpp"
#include "source/python_runtime.hpp"
#include "transforms/splitting/import_tree.hpp"

namespace profconv {
namespace {

// What every Python has loaded before it runs a program.
bool is_loaded_at_start(std::string_view module) {
  return is_one_of(
      module,
      {"sys",      "builtins",  "_thread", "_warnings",        "_weakref",  "_io",         "marshal", "posix", "nt",
       "time",     "zipimport", "_codecs", "codecs",           "encodings", "_signal",     "_abc",    "abc",   "io",
       "__main__", "_stat",     "stat",    "_collections_abc", "posixpath", "genericpath", "os",      "site"});
}

}  // namespace

ImportTimes::ImportTimes(const Program& program, std::size_t metric) : ImportWalk(program), metric_(metric) {
  known_.resize(import_count());
  loaded_by_.resize(program.files().size());
  find_times();
  walk();
  group_loads();
}

// How long the calls into the import system took, by who made them. Where a profile has no such calls at all, they were
// folded, or its Python is older than the import system: then nobody's time is known.
void ImportTimes::find_times() {
  const Profile& profile = program_.profile();
  std::vector<bool> imports(profile.functions.size());
  for (std::size_t f = 0; f < profile.functions.size(); ++f)
    imports[f] = is_importlib(profile.text(profile.functions[f].file));
  const bool has_imports = !profile.call_total.empty() && std::ranges::any_of(profile.calls, [&](const Call& call) {
    return imports[index(call.callee)];
  });
  time_.assign(profile.functions.size(), has_imports ? 0 : unlimited);
  for (std::size_t i = 0; i < profile.calls.size() && has_imports; ++i) {
    const Call& call = profile.calls[i];
    const Function& callee = profile.function(call.callee);
    if (!imports[index(call.callee)] && !is_exec_or_import(profile.text(callee.file), profile.text(callee.name)))
      continue;
    std::int64_t& time = time_[index(call.caller)];
    const std::int64_t cost = std::max<std::int64_t>(profile.call_total.at(i, metric_), 0);
    time = static_cast<std::int64_t>(std::min<WideInt>(WideInt{time} + cost, unlimited));
  }
}

// By statement, in the order of the loads.
void ImportTimes::group_loads() {
  begins_.assign(known_.size() + 1, 0);
  for (const auto& [statement, loaded] : in_order_) ++begins_[statement + 1];
  for (std::size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
  loaded_.resize(in_order_.size());
  std::vector<std::size_t> next(begins_.begin(), begins_.end() - 1);
  for (const auto& [statement, loaded] : in_order_) loaded_[next[statement]++] = loaded;
  release(in_order_);
}

std::span<const ImportTimes::Loaded> ImportTimes::loaded(std::uint32_t file, std::uint32_t import) const {
  const std::size_t statement = number_of(file, import);
  return std::span(loaded_).subspan(begins_[statement], begins_[statement + 1] - begins_[statement]);
}

std::int64_t ImportTimes::cost_of(std::uint32_t function) const {
  const CostTable& total = program_.profile().total;
  return total.empty() ? 0 : std::max<std::int64_t>(total.at(function, metric_), 0);
}

double ImportTimes::cost_of_module(std::uint32_t module) const {
  const std::uint32_t function = program_.function_at({module, 0});
  return function == Program::none ? 0 : static_cast<double>(cost_of(function));
}

double ImportTimes::costliest_of(std::uint32_t file, std::uint32_t import, double most) const {
  double costliest = 0;
  for (const Load& load : modules_of(file, import)) {
    if (const double cost = cost_of_module(load.module); cost <= most) costliest = std::max(costliest, cost);
  }
  return costliest;
}

bool ImportTimes::names(std::uint32_t file, std::uint32_t import, std::uint32_t module) const {
  const std::span<const Load> loads = modules_of(file, import);
  return std::ranges::find(loads, module, &Load::module) != loads.end();
}

void ImportTimes::reach(std::uint32_t file, std::uint32_t first) {
  const PythonScan::Import& import = program_.scan(file).imports[first];
  bool known = import.module.empty();
  for (std::size_t dot = 0; !import.module.empty() && dot != std::string_view::npos;) {
    dot = import.module.find('.', dot + 1);
    const std::string_view name = import.module.substr(0, dot);
    const std::uint32_t module = program_.module_file(file, name, import.level);
    // What did not run, although its source is known, was loaded before.
    known =
        module != Program::none && (program_.files()[module].is_frozen || program_.files()[module].source != nullptr);
    if (module != Program::none || import.level != 0) continue;
    // Python code that the profile does not have ran before it.
    if (is_loaded_at_start(name) || is_python_of_library(name) || !seen_.emplace(name).second) known = true;
  }
  known_[number_of(file, first)] = known;
}

bool ImportTimes::loads(const Load& load) {
  const std::uint32_t function = program_.function_at({load.module, 0});
  if (function == Program::none) return false;
  const std::int64_t cost = cost_of(function);
  const std::uint32_t importer = program_.function_at({load.file, program_.scan(load.file).imports[load.import].scope});
  // Its calls into the import system were too short: it was loaded elsewhere.
  constexpr std::int64_t rounding = 10;
  if (importer != Program::none && time_[importer] < cost - rounding) return false;
  loaded_by_[load.module] = {load.file, load.import};
  in_order_.push_back({number_of(load.file, load.import), {load.module, load.by_name, cost}});
  return true;
}

}  // namespace profconv
