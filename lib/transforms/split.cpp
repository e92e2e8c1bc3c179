#include <algorithm>
#include <atomic>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <profconv/diagnostics.hpp>
#include <profconv/transforms.hpp>

#include "base/counted.hpp"
#include "base/parallel.hpp"
#include "model/from_stacks.hpp"
#include "transforms/program.hpp"
#include "transforms/rebuild.hpp"
#include "transforms/splitting/context_graph.hpp"
#include "transforms/splitting/hub.hpp"
#include "transforms/splitting/hub_survey.hpp"
#include "transforms/splitting/import_contexts.hpp"
#include "transforms/splitting/import_statements.hpp"
#include "transforms/splitting/import_tree.hpp"
#include "transforms/stack_rebuild.hpp"

namespace profconv {
namespace {

struct FoundHub {
  std::uint32_t function;
  HubSplit split;
};

// Those of `functions` that can be split, as things are; in their order. Looked for on all cores: few can be, of the
// many that a large program has in circles. Notes which have no chance, where there is a survey.
std::vector<FoundHub> find_hubs(ContextGraph& graph, std::span<const std::uint32_t> functions, const HubSurvey* survey,
                                std::vector<std::uint8_t>& has_no_chance) {
  // Few at a time where there are few: these may have many calls each. A small graph is looked at before another thread
  // has started.
  constexpr std::size_t stretches = 64, longest = 1024, few_calls = 9000;
  const std::size_t stretch =
      graph.calls.size() < few_calls ? longest : std::clamp<std::size_t>(functions.size() / stretches, 1, longest);
  std::vector<std::vector<FoundHub>> found((functions.size() + stretch - 1) / stretch);
  std::atomic<std::size_t> next{0};
  run_on_cores(found.size(), [&] {
    Hub hub(graph);
    HubTimes times;
    std::vector<std::uint32_t> look;
    for (std::size_t i = next++; i < found.size(); i = next++) {
      const auto part = functions.subspan(i * stretch, std::min(stretch, functions.size() - i * stretch));
      look.clear();
      for (const std::uint32_t f : part) {
        const HubChance chance = survey == nullptr ? HubChance::some : survey->chance(f, times);
        if (chance == HubChance::some) look.push_back(f);
        if (chance == HubChance::none) has_no_chance[f] = true;
      }
      for (std::size_t k = 0; k < look.size(); ++k) {
        graph.prefetch_lists(look[std::min(k + 4, look.size() - 1)]);
        graph.prefetch_calls(look[std::min(k + 2, look.size() - 1)]);
        if (std::optional<HubSplit> split = hub.find(look[k])) found[i].push_back({look[k], std::move(*split)});
      }
    }
  });
  std::vector<FoundHub> hubs;
  for (std::vector<FoundHub>& part : found) std::ranges::move(part, std::back_inserter(hubs));
  return hubs;
}

struct Divided {
  std::size_t hubs = 0, whole = 0;  // the others would have made too many calls
};

/// Splits hubs until nothing changes.
Divided split_hubs(ContextGraph& graph, std::uint64_t new_calls_left) {
  constexpr int most_rounds = 8;  // each one goes a call further down a chain of hubs
  std::optional<HubSurvey> survey;
  run_both(
      graph.calls.size(), [&] { graph.index_callees(); }, [&] { survey.emplace(graph); });
  Hub hub(graph);
  Divided divided;
  std::vector<bool> look(graph.functions.size(), true);
  std::vector<std::uint8_t> has_no_chance(graph.functions.size(), false);
  for (int round = 0; round < most_rounds; ++round) {
    const auto functions = static_cast<std::uint32_t>(graph.functions.size());
    std::vector<std::uint32_t> in_circles, changed, shared_callees;
    for (std::uint32_t f = 0; f < functions; ++f) {
      if (look[f] && !has_no_chance[f] && graph.in_cycle(f)) in_circles.push_back(f);
    }
    const std::vector<FoundHub> found = find_hubs(graph, in_circles, survey ? &*survey : nullptr, has_no_chance);
    survey.reset();
    divided.whole = 0;
    for (const FoundHub& f : found) {
      const Hub::Result result = hub.split(f.function, f.split, new_calls_left);
      if (result == Hub::Result::divided) {
        changed.push_back(f.function);
        std::ranges::copy(hub.shared_callees(), std::back_inserter(shared_callees));
      }
      divided.whole += result == Hub::Result::too_many_calls ? 1u : 0u;
    }
    if (changed.empty()) break;
    divided.hubs += changed.size();
    graph.index_changes();
    // What a split function or its copy calls or is called by may have become divisible.
    for (auto f = functions; f < graph.functions.size(); ++f) changed.push_back(f);
    look.assign(graph.functions.size(), false);
    has_no_chance.resize(graph.functions.size(), false);
    for (const std::uint32_t callee : shared_callees) has_no_chance[callee] = false;
    for (const std::uint32_t f : changed) {
      look[f] = true;
      for (const std::uint32_t i : graph.calls_from(f)) look[graph.calls[i].callee] = true;
      for (const std::uint32_t i : graph.calls_to(f)) look[graph.calls[i].caller] = true;
    }
  }
  return divided;
}

}  // namespace

Profile split(Profile&& profile, const SplitOptions& options, Diagnostics& diagnostics) {
  if (follows_from_stacks(profile)) {
    const std::vector<bool> marks = marks_in_circles(profile);
    const auto count = static_cast<std::size_t>(std::ranges::count(marks, true));
    if (count == 0) return std::move(profile);
    diagnostics.note({}, {}, "split " + counted(count, "function") + " by caller");
    return split_stacks(profile, marks);
  }
  if (!ContextGraph::can_hold(profile)) return std::move(profile);
  const auto is_copy = [](const Function& f) { return index(f.context) != 0; };
  if (std::ranges::any_of(profile.functions, is_copy)) return std::move(profile);  // is split already
  ContextGraph graph(profile);
  const Divided divided = split_hubs(graph, options.max_new_calls);

  ImportTree imports(graph);
  const auto decided = [&] {
    return static_cast<std::size_t>(std::ranges::count_if(
        imports.bodies(), [](const ImportTree::Body& b) { return b.entry != ImportTree::undecided; }));
  };
  imports.decide_by_time();
  std::optional<Program> program;
  std::optional<ImportStatements> statements;
  if (options.sources != nullptr && options.sources->enabled() && decided() < imports.bodies().size()) {
    program.emplace(profile, *options.sources);
    statements.emplace(*program, graph, imports);
    while (statements->decide()) imports.decide_by_time();
  }
  const std::size_t proved = decided();
  if (options.estimate_importers) {
    if (statements) statements->estimate();
    imports.estimate();
  }
  const std::size_t estimated = decided() - proved;
  const std::size_t without = imports.bodies().empty() ? 0 : add_import_contexts(graph, imports, options.max_new_calls);
  if (!options.keep_call_self) profile.call_self = CostTable(profile.metrics.size());
  if (divided.whole != 0) {
    diagnostics.note({}, {},
                     counted(divided.whole, "function") + " not split by caller: all together would make more than " +
                         std::to_string(options.max_new_calls) + " calls");
  }
  if (graph.copies() == 0) return std::move(profile);
  if (divided.hubs != 0) diagnostics.note({}, {}, "split " + counted(divided.hubs, "function") + " by caller");
  if (const std::size_t modules = imports.bodies().size(); modules != 0) {
    diagnostics.note(
        {}, {}, "the importers of " + std::to_string(proved) + " of " + counted(modules, "module") + " are proved");
    if (estimated != 0)
      diagnostics.warn({}, {}, "which import ran " + counted(estimated, "module") + " is estimated, not proved");
  }
  if (without != 0) {
    diagnostics.note({}, {},
                     counted(without, "importer") +
                         " without a copy of the import machinery: all together would make more than " +
                         std::to_string(options.max_new_calls) + " calls");
  }
  return std::move(graph).result(std::move(profile), options.mark_shares);
}

}  // namespace profconv
