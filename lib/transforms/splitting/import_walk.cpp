#include "transforms/splitting/import_walk.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <profconv/builder.hpp>

namespace profconv {

using Scope = PythonScan::Scope;

ImportWalk::ImportWalk(const Program& program) : program_(program) {
  const Profile& profile = program.profile();
  const std::size_t metric = profile.metric(time_metric.name).value_or(0);
  std::vector<std::pair<std::int64_t, std::uint32_t>> roots;
  for (std::uint32_t f = 0; f < program.files().size() && !profile.total.empty(); ++f) {
    const std::uint32_t body = program.function_at({f, 0});
    if (body != Program::none) roots.emplace_back(-profile.total.at(body, metric), f);
  }
  std::ranges::sort(roots);
  for (const auto& [cost, file] : roots) roots_.push_back(file);
  if (!roots_.empty()) main_ = roots_.front();
  find_modules();
}

// Looked up once: statements are asked for them again and again.
void ImportWalk::find_modules() {
  first_import_.push_back(0);
  for (std::uint32_t f = 0; f < program_.files().size(); ++f) {
    const auto& imports = program_.scan(f).imports;
    for (std::uint32_t i = 0; i < imports.size(); ++i) {
      first_load_.push_back(loads_.size());
      if (imports[i].first) find_modules_of(f, i);
    }
    first_import_.push_back(first_load_.size());
  }
  first_load_.push_back(loads_.size());
}

void ImportWalk::reach(std::uint32_t, std::uint32_t) {}

bool ImportWalk::is_run_by_module(std::uint32_t file, const PythonScan::Import& import) const {
  const PythonScan& scan = program_.scan(file);
  std::uint32_t scope = import.scope;
  while (scan.scopes[scope].kind == Scope::Kind::class_body) scope = scan.scopes[scope].parent;
  return scope == 0;
}

void ImportWalk::find_modules_of(std::uint32_t file, std::uint32_t first) {
  const auto& imports = program_.scan(file).imports;
  const PythonScan::Import& import = imports[first];
  const auto add = [&](std::uint32_t module, bool by_name) {
    if (module != Program::none) loads_.push_back({file, first, module, by_name});
  };
  for (std::size_t dot = 0; !import.module.empty() && dot != std::string_view::npos;) {
    dot = import.module.find('.', dot + 1);
    add(program_.module_file(file, import.module.substr(0, dot), import.level), false);
  }
  for (std::size_t i = first; i < imports.size() && (i == first || !imports[i].first); ++i) {
    if (!imports[i].name.empty() && imports[i].name != "*")
      add(program_.module_file(file, import.module, import.level, imports[i].name), true);
  }
}

void ImportWalk::walk() {
  run_.assign(program_.files().size(), false);
  for (std::size_t i = 0; i < roots_.size(); ++i) {
    if (i == 1) run_functions();
    run(roots_[i]);
  }
}

void ImportWalk::run(std::uint32_t file) {
  if (run_[file]) return;
  run_[file] = true;
  std::vector<Step> stack;
  stack.push_back({file, 0, {}});
  go_on(stack);
}

void ImportWalk::begin(Step& step, std::uint32_t import) {
  reach(step.file, import);
  const std::span<const Load> loads = modules_of(step.file, import);
  step.loads.assign(loads.rbegin(), loads.rend());
}

// Depth first, as Python does, with a stack of our own.
void ImportWalk::go_on(std::vector<Step>& stack) {
  while (!stack.empty()) {
    Step& step = stack.back();
    if (!step.loads.empty()) {
      const Load load = step.loads.back();
      step.loads.pop_back();
      if (!run_[load.module] && loads(load)) {
        run_[load.module] = true;
        stack.push_back({load.module, 0, {}});
      }
      continue;
    }
    const PythonScan& scan = program_.scan(step.file);
    if (step.next == scan.imports.size()) {
      stack.pop_back();
      continue;
    }
    const std::uint32_t next = step.next++;
    const PythonScan::Import& import = scan.imports[next];
    const PythonScan::Block& block = scan.blocks[import.block];
    if (import.first && is_run_by_module(step.file, import) && program_.may_run(block) &&
        (!block.main_only || step.file == main_))
      begin(step, next);
  }
}

void ImportWalk::run_functions() {
  std::vector<Step> stack;
  for (std::uint32_t f = 0; f < program_.files().size(); ++f) {
    const auto& imports = program_.scan(f).imports;
    for (std::uint32_t i = 0; i < imports.size(); ++i) {
      if (!imports[i].first || is_run_by_module(f, imports[i])) continue;
      if (program_.function_at({f, imports[i].scope}) == Program::none) continue;
      stack.push_back({f, static_cast<std::uint32_t>(imports.size()), {}});
      begin(stack.back(), i);
      go_on(stack);
    }
  }
}

}  // namespace profconv
