#include "transforms/folding/fold_choice.hpp"

#include <algorithm>
#include <string>

#include "base/pattern.hpp"
#include "model/origin.hpp"
#include "transforms/splitting/import_tree.hpp"

namespace profconv {

std::vector<bool> chosen_functions(const Profile& p, const FoldOptions& options) {
  std::vector<Pattern> globs;
  globs.reserve(options.globs.size());
  for (const std::string& glob : options.globs) globs.push_back(Pattern::glob(glob));
  std::vector<bool> chosen(p.functions.size(), false);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const Function& f = p.functions[i];
    switch (origin_of(p.text(f.file))) {
      case Origin::own: break;
      case Origin::builtin: chosen[i] = options.builtins; break;
      case Origin::stdlib: chosen[i] = options.stdlib; break;
      case Origin::site: chosen[i] = options.site; break;
    }
    for (const StringId text : {f.name, f.qualified, f.file}) {
      if (!chosen[i] && text != StringId{}) chosen[i] = any_matches(globs, p.text(text));
    }
  }
  return chosen;
}

// Functions of importlib and the C functions behind imports, with those that nothing else calls.
void choose_import_machinery(const Profile& p, const CallGraph& graph, const CallsTo& calls_to,
                             std::vector<bool>& chosen) {
  std::vector<FunctionId> open;
  const auto choose = [&](std::uint32_t f) {
    if (chosen[f]) return;
    chosen[f] = true;
    open.push_back(FunctionId{f});
  };
  for (std::uint32_t f = 0; f < chosen.size(); ++f) {
    const Function& function = p.functions[f];
    const std::string_view file = p.text(function.file), name = p.text(function.name);
    if (is_importlib(file) || (is_exec_or_import(file, name) && name.find("__import__") != std::string_view::npos))
      choose(f);
  }
  while (!open.empty()) {
    const CallGraph::Range calls = graph.calls_from(open.back());
    open.pop_back();
    for (std::size_t i = calls.begin; i < calls.end; ++i) {
      const FunctionId callee = p.calls[i].callee;
      if (chosen[index(callee)] || !is_c_file(p.text(p.function(callee).file))) continue;
      if (std::ranges::all_of(calls_to[callee],
                              [&](std::uint32_t call) { return chosen[index(p.calls[call].caller)]; }))
        choose(static_cast<std::uint32_t>(callee));
    }
  }
}

}  // namespace profconv
