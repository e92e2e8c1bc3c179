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

#include "base/visible.hpp"
#include "model/call_graph.hpp"
#include "model/from_stacks.hpp"
#include "transforms/fold_choice.hpp"
#include "transforms/folded_graph.hpp"
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
  std::size_t refused = 0;
  while (!next.empty()) {
    const auto [work, component, f] = next.top();
    next.pop();
    if (folded.work(f) > work) {
      next.emplace(folded.work(f), component, f);
    } else if (!folded.fold(f)) {
      ++refused;
    }
  }
  diagnostics.note({}, {}, "folded " + counted(order.size() - refused, "function") + " into their callers");
  if (folded.estimated() != 0) {
    diagnostics.note({}, {},
                     "the inclusive costs of " + counted(folded.estimated(), "call") +
                         " are estimated from call counts; the source has no times for calls");
  }
  if (refused != 0) {
    diagnostics.warn({}, {},
                     counted(refused, "function") + " not folded: each would make more than " +
                         std::to_string(options.max_new_calls) + " calls, or all together more than " +
                         std::to_string(options.max_new_calls_together));
  }
  return folded.result();
}

}  // namespace profconv
