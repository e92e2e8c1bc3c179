#include <algorithm>
#include <functional>
#include <queue>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <profconv/diagnostics.hpp>
#include <profconv/error.hpp>
#include <profconv/transforms.hpp>

#include "base/counted.hpp"
#include "base/visible.hpp"
#include "model/call_graph.hpp"
#include "model/from_stacks.hpp"
#include "transforms/callee_owners.hpp"
#include "transforms/folding/fold_choice.hpp"
#include "transforms/folding/folded_graph.hpp"
#include "transforms/rebuild.hpp"
#include "transforms/stack_rebuild.hpp"

namespace profconv {
namespace {

// "'a*', 'b'"
std::string listed(const std::vector<std::string>& globs) {
  std::string text;
  for (const std::string& glob : globs) text += (text.empty() ? "" : ", ") + quoted(glob);
  return text;
}

// "'a', 'b', 'c' ..."
std::string some_of(const Profile& p, const std::vector<FunctionId>& functions) {
  constexpr std::size_t most = 3;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(most, functions.size()); ++i)
    names.emplace_back(p.text(p.function(functions[i]).name));
  return listed(names) + (functions.size() > most ? " ..." : "");
}

// Whose class a body is, is told by where it stands: better than by the numbers that `__build_class__` is split by. So
// its copies become one again before it is folded.
Profile with_one_build_class(Profile&& profile) {
  const Profile& p = profile;
  const auto is_copy = [&](const Function& f) {
    return f.context != StringId{} && is_build_class(p.text(f.file), p.text(f.name));
  };
  if (std::ranges::none_of(p.functions, is_copy)) return std::move(profile);
  Rebuild result(p);
  for (std::uint32_t i = 0; i < p.functions.size(); ++i) {
    const FunctionId f{i};
    Function key = p.functions[i];
    if (is_copy(key)) key.context = StringId{};
    result.add_whole(f, key);
  }
  for (std::size_t i = 0; i < p.calls.size(); ++i) result.add_call(i);
  result.add_stacks(Rebuild::Dropped::skip);
  return std::move(result).finish();
}

}  // namespace

void add_fold_list(FoldOptions& options, std::string_view list) {
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view item = list.substr(begin, end - begin);
    if (item.empty())
      throw UsageError("bad list of what to fold " + quoted(list) + ": an item is empty", "e.g. builtins,stdlib");
    if (item == "builtins") {
      options.builtins = true;
    } else if (item == "stdlib") {
      options.stdlib = true;
    } else if (item == "site") {
      options.site = true;
    } else if (item == "import") {
      options.imports = true;
    } else {
      options.globs.emplace_back(item);
    }
    begin = end + 1;
  }
}

Profile fold(Profile&& profile, const FoldOptions& options, Diagnostics& diagnostics) {
  if (!options.any()) return std::move(profile);
  if (options.imports) profile = split(std::move(profile), {.estimate_importers = true}, diagnostics);
  if (options.builtins) profile = with_one_build_class(std::move(profile));
  std::vector<bool> chosen = chosen_functions(profile, options);
  const CallGraph graph(profile);
  const CallsTo calls_to(profile);
  if (options.imports) choose_import_machinery(profile, graph, calls_to, chosen);
  std::vector<FunctionId> order;
  for (std::uint32_t i = 0; i < chosen.size(); ++i) {
    if (chosen[i]) order.push_back(FunctionId{i});
  }
  if (order.empty()) {
    if (!options.globs.empty())
      diagnostics.warn({}, {}, "nothing is folded: no function matches " + listed(options.globs));
    return std::move(profile);
  }
  if (follows_from_stacks(profile)) {
    diagnostics.note({}, {}, "folded " + counted(order.size(), "function") + " into their callers");
    return fold_stacks(profile, chosen);
  }

  FoldedGraph folded(profile, graph, calls_to, options);
  // The next one is always the one that makes the fewest new calls, callees before callers: taking out a function with
  // many callers and callees early would join them all. Its number may have changed since it was looked at: then it
  // waits again.
  using Candidate = std::tuple<std::uint64_t, std::uint32_t, FunctionId>;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> next;
  for (const FunctionId f : order) next.emplace(folded.work(f), graph.component(f), f);
  std::vector<FunctionId> refused;
  while (!next.empty()) {
    const auto [work, component, f] = next.top();
    next.pop();
    if (folded.work(f) > work) {
      next.emplace(folded.work(f), component, f);
    } else if (!folded.fold(f)) {
      refused.push_back(f);
    }
  }
  diagnostics.note({}, {}, "folded " + counted(order.size() - refused.size(), "function") + " into their callers");
  if (folded.estimated() != 0) {
    diagnostics.note({}, {},
                     "the inclusive costs of " + counted(folded.estimated(), "call") +
                         " are estimated from call counts; the source has no times for calls");
  }
  Profile result = folded.result();
  if (const std::size_t shared = folded.shared(); shared != 0) {
    diagnostics.note({}, {},
                     counted(shared, "call") +
                         " of what is folded might be of several callers: estimated, by what each of these spent");
  }
  if (!refused.empty()) {
    diagnostics.warn({}, {},
                     counted(refused.size(), "function") + " not folded (" + some_of(profile, refused) +
                         "): each would make more than " + std::to_string(options.max_new_calls) +
                         " calls, or all together more than " + std::to_string(options.max_new_calls_together));
  }
  return result;
}

}  // namespace profconv
