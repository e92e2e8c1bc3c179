#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "transforms/call_lines/callee_fits.hpp"
#include "transforms/call_lines/calls_by_constructor.hpp"
#include "transforms/call_lines/calls_by_consumption.hpp"
#include "transforms/call_lines/calls_by_elimination.hpp"
#include "transforms/call_lines/calls_by_name.hpp"
#include "transforms/call_lines/calls_by_protocol.hpp"
#include "transforms/call_lines/calls_by_reference.hpp"
#include "transforms/call_lines/calls_by_structure.hpp"
#include "transforms/call_lines/class_relations.hpp"
#include "transforms/call_lines/dynamic_calls.hpp"
#include "transforms/call_lines/entities.hpp"
#include "transforms/call_lines/found_sites.hpp"
#include "transforms/call_lines/function_sites.hpp"

namespace profconv {

/// The sites of one function that may have made the calls of its edges: asks one rule after the other. Belongs to one
/// thread.
class CallSites {
 public:
  CallSites(const Program& program, const Resolver& resolver, const ImportTimes& imports, std::uint32_t metric);
  CallSites(const CallSites&) = delete;  // the rules refer to the sites
  CallSites& operator=(const CallSites&) = delete;

  /// Looks at another function. `values`: those of its scope and of what runs as part of it. Where line times are known
  /// they will tell which of more places made the calls.
  void begin(Program::Place function, std::span<const std::uint32_t> values, bool knows_line_times);

  /// The sites for each of the edges.
  std::vector<FoundSites> find(const std::vector<Callee>& callees, const std::vector<double>& calls,
                               const std::vector<double>& costs, double runs);

  /// Blocks with a call that the profile would have, had it been made: each with a factor for how often they ran.
  std::vector<std::pair<std::uint32_t, double>> doubts() const;
  /// The name that is called, "f" of x.f(); "" where something without a name is called.
  std::string_view called_name(std::uint32_t site) const { return sites_.called_name(site); }
  /// Functions that are made or named in the arguments of a call.
  std::vector<std::uint32_t> given_to(std::uint32_t site) const { return sites_.given_to(site); }

  const std::vector<CallSite>& sites() const noexcept { return sites_.all(); }

 private:
  bool find_by_name_or_constructor(const Callee& callee, FoundSites& found) const;

  // Each knows of those before it only.
  Entities entities_;
  ClassRelations classes_;
  FunctionSites sites_;
  CalleeFits fits_;
  DynamicCalls dynamic_;
  CallsByStructure structure_;
  CallsByProtocol protocols_;
  CallsByName names_;
  CallsByConsumption consumption_;
  CallsByConstructor constructors_;
  CallsByReference references_;
  CallsByElimination elimination_;
};

}  // namespace profconv
