#include "transforms/import_times.hpp"

#include <algorithm>
#include <array>
#include <utility>

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

using Scope = PythonScan::Scope;

ImportTimes::ImportTimes(const Program& program, std::size_t metric) : program_(program), metric_(metric) {
  std::size_t imports = 0;
  for (const Program::File& file : program.files()) {
    first_.push_back(imports);
    imports += file.scan.imports.size();
  }
  loads_.resize(imports);
  loaded_.assign(program.files().size(), false);
  // The main program: of the modules the one that costs most.
  std::vector<std::pair<std::int64_t, std::uint32_t>> roots;
  const Profile& profile = program.profile();
  for (std::uint32_t f = 0; f < program.files().size(); ++f) {
    const std::uint32_t function = program.function_at({f, 0});
    if (function != Program::none && !profile.total.empty())
      roots.emplace_back(-profile.total.at(function, metric_), f);
  }
  std::ranges::sort(roots);
  for (std::size_t i = 0; i < roots.size(); ++i) {
    if (i == 0) {
      main_ = roots[i].second;
      loaded_[main_] = true;
      run_from(main_);
      continue;
    }
    // What the main program did not reach was imported by a function, or by its name at run time.
    if (i == 1) {
      for (std::uint32_t f = 0; f < program.files().size(); ++f) {
        const PythonScan& scan = program.scan(f);
        for (std::uint32_t import = 0; import < scan.imports.size(); ++import) {
          if (!scan.imports[import].first || is_run_by_module(f, scan.imports[import].scope)) continue;
          if (program.function_at({f, scan.imports[import].scope}) == Program::none) continue;
          std::vector<std::uint32_t> loaded;
          run(f, import, loaded);
          for (const std::uint32_t file : loaded) run_from(file);
        }
      }
    }
    if (!loaded_[roots[i].second]) {
      loaded_[roots[i].second] = true;
      run_from(roots[i].second);
    }
  }
}

bool ImportTimes::is_run_by_module(std::uint32_t file, std::uint32_t scope) const {
  const PythonScan& scan = program_.scan(file);
  while (scan.scopes[scope].kind == Scope::Kind::class_body) scope = scan.scopes[scope].parent;
  return scope == 0;
}

// Depth first, as Python does, with a stack of our own.
void ImportTimes::run_from(std::uint32_t file) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> stack{{file, 0}};  // file, next import
  std::vector<std::uint32_t> loaded;
  while (!stack.empty()) {
    auto& [f, next] = stack.back();
    const PythonScan& scan = program_.scan(f);
    const auto runs = [&, file_now = f](const PythonScan::Import& import) {
      if (!import.first || !is_run_by_module(file_now, import.scope)) return false;
      const PythonScan::Block& block = scan.blocks[import.block];
      return !block.never && (!block.main_only || file_now == main_);
    };
    while (next < scan.imports.size() && !runs(scan.imports[next])) ++next;
    if (next == scan.imports.size()) {
      stack.pop_back();
      continue;
    }
    loaded.clear();
    const std::uint32_t import = next++, from = f;
    run(from, import, loaded);
    for (std::size_t i = loaded.size(); i-- > 0;) stack.emplace_back(loaded[i], 0);
  }
}

bool ImportTimes::load_file(std::uint32_t file, std::vector<std::uint32_t>& loaded, std::int64_t& cost) {
  if (file == Program::none || loaded_[file]) return false;
  const std::uint32_t function = program_.function_at({file, 0});
  if (function == Program::none) return false;
  loaded_[file] = true;
  loaded.push_back(file);
  cost += std::max<std::int64_t>(program_.profile().total.at(function, metric_), 0);
  return true;
}

void ImportTimes::load_frozen(std::string_view module, Load& load) {
  const std::uint32_t function = program_.frozen_module(module);
  if (function == Program::none) return;
  load.known = true;
  if (!frozen_loaded_.insert(function).second) return;
  ++load.imported;
  load.by_import += std::max<std::int64_t>(program_.profile().total.at(function, metric_), 0);
}

void ImportTimes::run(std::uint32_t file, std::uint32_t first, std::vector<std::uint32_t>& loaded) {
  const auto& imports = program_.scan(file).imports;
  const PythonScan::Import& import = imports[first];
  Load& load = loads_[first_[file] + first];
  for (std::size_t dot = import.module.find('.'); !import.module.empty(); dot = import.module.find('.', dot + 1)) {
    const std::uint32_t module = program_.module_file(file, import.module.substr(0, dot), import.level);
    load.known = module != Program::none && program_.function_at({module, 0}) != Program::none;
    if (load_file(module, loaded, load.by_import)) ++load.imported;
    if (module == Program::none && import.level == 0) {
      const std::string_view name = import.module.substr(0, dot);
      load_frozen(name, load);
      if (is_loaded_at_start(name) || !seen_.emplace(name).second) load.known = true;
    }
    if (dot == std::string_view::npos) break;
  }
  if (import.module.empty()) load.known = true;
  for (std::size_t i = first; i < imports.size() && (i == first || !imports[i].first); ++i) {
    if (imports[i].name.empty() || imports[i].name == "*") continue;
    const std::uint32_t module = program_.module_file(file, import.module, import.level, imports[i].name);
    if (load_file(module, loaded, load.by_name)) ++load.named;
  }
}

}  // namespace profconv
