#include "transforms/import_times.hpp"

#include <algorithm>
#include <array>

namespace profconv {
namespace {

// What every Python has loaded before it runs a program.
bool is_loaded_at_start(std::string_view module) {
  constexpr std::array<std::string_view, 26> modules = {
      "sys",      "builtins",  "_thread", "_warnings",        "_weakref",  "_io",         "marshal", "posix", "nt",
      "time",     "zipimport", "_codecs", "codecs",           "encodings", "_signal",     "_abc",    "abc",   "io",
      "__main__", "_stat",     "stat",    "_collections_abc", "posixpath", "genericpath", "os",      "site"};
  return std::ranges::find(modules, module) != modules.end();
}

}  // namespace

ImportTimes::ImportTimes(const Program& program, std::size_t metric) : ImportWalk(program), metric_(metric) {
  std::size_t imports = 0;
  for (std::uint32_t f = 0; f < program.files().size(); ++f) {
    first_.push_back(imports);
    imports += program.scan(f).imports.size();
  }
  costs_.resize(imports);
  loaded_by_.resize(program.files().size());
  walk();
}

std::int64_t ImportTimes::cost_of(std::uint32_t function) const {
  const CostTable& total = program_.profile().total;
  return total.empty() ? 0 : std::max<std::int64_t>(total.at(function, metric_), 0);
}

bool ImportTimes::names(std::uint32_t file, std::uint32_t import, std::uint32_t module) const {
  std::vector<Load> found;
  modules_of(file, import, found);
  return std::ranges::find(found, module, &Load::module) != found.end();
}

void ImportTimes::reach(std::uint32_t file, std::uint32_t first) {
  const PythonScan::Import& import = program_.scan(file).imports[first];
  Cost& cost = costs_[first_[file] + first];
  cost.known = import.module.empty();
  for (std::size_t dot = 0; !import.module.empty() && dot != std::string_view::npos;) {
    dot = import.module.find('.', dot + 1);
    const std::string_view name = import.module.substr(0, dot);
    const std::uint32_t module = program_.module_file(file, name, import.level);
    cost.known = module != Program::none && program_.function_at({module, 0}) != Program::none;
    if (module != Program::none || import.level != 0) continue;
    if (is_loaded_at_start(name) || !seen_.emplace(name).second) cost.known = true;
  }
}

bool ImportTimes::loads(const Load& load) {
  const std::uint32_t function = program_.function_at({load.module, 0});
  if (function == Program::none) return false;
  loaded_by_[load.module] = {load.file, load.import};
  Cost& cost = costs_[first_[load.file] + load.import];
  (load.by_name ? cost.by_name : cost.by_import) += cost_of(function);
  ++(load.by_name ? cost.named : cost.imported);
  return true;
}

}  // namespace profconv
