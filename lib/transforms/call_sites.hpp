#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash_tables.hpp"
#include "transforms/callee.hpp"
#include "transforms/callee_fits.hpp"
#include "transforms/class_relations.hpp"
#include "transforms/dynamic_calls.hpp"
#include "transforms/entities.hpp"
#include "transforms/found_sites.hpp"
#include "transforms/function_sites.hpp"
#include "transforms/import_reach.hpp"
#include "transforms/import_times.hpp"
#include "transforms/resolve.hpp"
#include "transforms/result_flow.hpp"

namespace profconv {

/// Whether a function of this name, called without a trace in the profile, goes through what it is given.
bool is_builtin_consumer(std::string_view name);

/// Whether a value stands in the arguments of a call of `map`, `sorted` or another function that is known to call what
/// it is given, then or when its result is gone through; and all calls around it, values of the scan, are no others:
/// functions that call it themselves, or that have a name of these and are something else.
bool is_called_where_given(const PythonScan& scan, std::uint32_t value,
                           const std::function<bool(std::uint32_t)>& is_another);

/// The sites of one function that may have made the calls of its edges.
class CallSites {
 public:
  using Place = Program::Place;

  CallSites(const Program& program, const Resolver& resolver, const ImportTimes& imports, std::uint32_t metric)
      : program_(program),
        resolver_(resolver),
        entities_(resolver),
        classes_(program, resolver, entities_),
        sites_(program, resolver, entities_, imports.main()),
        fits_(sites_, classes_),
        dynamic_(sites_),
        flow_(sites_, classes_),
        imports_(imports),
        reach_(program),
        metric_(metric) {}

  CallSites(const CallSites&) = delete;  // members refer to others
  CallSites& operator=(const CallSites&) = delete;

  /// Looks at another function. `values`: those of its scope and of what runs as part of it. Where line times are known
  /// they will tell which of more places made the calls.
  void begin(Place function, std::span<const std::uint32_t> values, bool knows_line_times);

  /// The sites for each of the edges.
  std::vector<FoundSites> find(const std::vector<Callee>& callees, const std::vector<double>& calls,
                               const std::vector<double>& costs, double runs);

  /// Blocks with a call that the profile would have, had it been made: each with a factor for how often they ran.
  std::vector<std::pair<std::uint32_t, double>> doubts();
  /// The name that is called, "f" of x.f(); "" where something without a name is called.
  std::string_view called_name(std::uint32_t site) const { return sites_.called_name(site); }
  /// Functions that are made or named in the arguments of a call.
  std::vector<std::uint32_t> given_to(std::uint32_t site) const { return sites_.given_to(site); }

  const std::vector<CallSite>& sites() const noexcept { return sites_.all(); }

 private:
  using Value = PythonScan::Value;
  static constexpr std::uint32_t none = PythonScan::none;

  bool by_structure(const Callee& callee, double calls, double cost, FoundSites& found);
  bool by_import(const Callee& callee, double calls, double cost, FoundSites& found);
  bool may_load_names(std::uint32_t import) const;
  bool by_module(std::uint32_t module, FoundSites& found);
  bool by_class_statement(double all, FoundSites& found);
  bool by_consumption(const Callee& callee, FoundSites& found);
  bool by_name(const Callee& callee, FoundSites& found);
  bool by_names(const Callee& callee, FoundSites& found);
  template <class Add>
  void add_properties(const Callee& callee, Add add);
  bool by_constructor(const Callee& callee, FoundSites& found);
  bool makes_class(std::uint32_t site) const;
  bool by_decoration(const Callee& callee, FoundSites& found);
  bool by_protocol(const Callee& callee, FoundSites& found);
  bool by_reference(const Callee& callee, FoundSites& found);
  bool add_looks_for_keys(FoundSites& found) const;
  void add_dynamic_loops(const Callee& callee, double calls, double runs, FoundSites& found);
  bool add_mentions(const Callee& callee, FoundSites& found);
  bool is_given_away(std::uint32_t value) const;
  void by_elimination(const std::vector<Callee>& callees, std::vector<FoundSites>& found);

  bool is_unseen_generator(std::uint32_t value) const;
  bool is_uncalled_function(std::uint32_t called) const;
  bool is_kept_method(const Value& name) const;
  double resumed_method_fits(const Callee& callee, std::uint32_t site);
  double hash_fits(const Callee& callee, std::uint32_t site);
  double argument_fits(const Callee& callee, std::uint32_t site);
  double text_fits(const Callee& callee, const Entity& object, std::string_view conversion);
  double placeholder_fits(const Callee& callee, const Entity& text) const;
  double index_fits(const Callee& callee, std::uint32_t site);
  bool rules_out(const Callee& callee, std::uint32_t site);

  const Program& program_;
  const Resolver& resolver_;
  Entities entities_;
  ClassRelations classes_;
  FunctionSites sites_;
  CalleeFits fits_;
  DynamicCalls dynamic_;
  ResultFlow flow_;
  const ImportTimes& imports_;
  ImportReach reach_;
  std::uint32_t metric_;
};

}  // namespace profconv
