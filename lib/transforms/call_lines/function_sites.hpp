#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "transforms/call_lines/call_flow.hpp"
#include "transforms/call_lines/callee.hpp"
#include "transforms/call_lines/entities.hpp"

namespace profconv {

/// The places of one function that may make calls, what stands there, and what is known so far of its callees. The
/// rules that find the sites of callees share it. Belongs to one thread.
///
/// Sites are in the order of the values of the scan, which is that of the text: what is called, the arguments, the
/// call.
class FunctionSites {
 public:
  using Place = Program::Place;
  using Value = PythonScan::Value;
  static constexpr std::uint32_t none = PythonScan::none;

  /// `main`: the file of the main program, `none` if it is not known.
  FunctionSites(const Program& program, const Resolver& resolver, Entities& entities, std::uint32_t main)
      : program_(program), resolver_(resolver), entities_(entities), main_(main) {}

  /// Looks at another function. `values`: those of its scope and of what runs as part of it. Where line times are known
  /// they will tell which of more places made the calls.
  void look_at(Place function, std::span<const std::uint32_t> values, bool knows_line_times);
  /// All that the profile says the function calls.
  void set_callees(std::span<const Callee> callees);
  /// What is called at a site is known now.
  void explain(std::uint32_t site) { explained_[site] = true; }

  const Program& program() const noexcept { return program_; }
  const Resolver& resolver() const noexcept { return resolver_; }
  Place function() const noexcept { return function_; }
  std::uint32_t file() const noexcept { return function_.file; }
  const PythonScan& scan() const noexcept { return *scan_; }
  bool knows_line_times() const noexcept { return knows_line_times_; }

  const std::vector<CallSite>& all() const noexcept { return sites_; }
  std::size_t size() const noexcept { return sites_.size(); }
  const CallSite& operator[](std::uint32_t site) const noexcept { return sites_[site]; }
  const Value& value(std::uint32_t site) const noexcept { return any_value(sites_[site].value); }
  /// What is called, or what an attribute, subscript or operator is applied to. REQUIRES: there is something.
  const Value& base(std::uint32_t site) const noexcept { return any_value(value(site).base); }
  /// Any value of the function's file.
  const Value& any_value(std::uint32_t value) const noexcept { return scan_->values[value]; }

  /// What a value of a file stands for, of this function's if none is named. Good until another function is looked at.
  const Entity& entity_of(std::uint32_t file, std::uint32_t value) const { return entities_.of(file, value); }
  const Entity& entity_of(std::uint32_t value) const { return entity_of(function_.file, value); }
  const Entity& base_entity(std::uint32_t site) const { return entity_of(value(site).base); }

  /// Sites where something of this name is called, also by another name that the source gives it, or an attribute or
  /// variable has it.
  template <class Visit>
  void each_named(std::string_view name, Visit visit) const {
    auto at = std::ranges::lower_bound(names_, name, {}, &Name::text);
    for (; at != names_.end() && at->text == name; ++at) visit(at->site);
  }
  /// The same for the names of all that a decorator decorates.
  template <class Visit>
  void each_decorated_by(std::string_view decorator, Visit visit) const {
    // A decorator may have decorated many more functions than are named here, or fewer.
    const std::span<const std::string_view> decorated = resolver_.decorations().by(decorator);
    if (decorated.size() <= names_.size()) {
      for (const std::string_view name : decorated) each_named(name, visit);
      return;
    }
    for (const Name& name : names_) {
      if (resolver_.decorations().contain(decorator, name.text)) visit(name.site);
    }
  }

  /// The name that is called, "f" of x.f(); "" where something without a name is called.
  std::string_view called_name(std::uint32_t site) const;
  /// Whether anything stands in the brackets of a call.
  bool has_arguments(std::uint32_t site) const { return value(site).base + 1 != sites_[site].value; }
  /// Functions that are made or named in the arguments of a call.
  std::vector<std::uint32_t> given_to(std::uint32_t site) const;
  /// The innermost call in whose arguments a value stands; `none` if there is none, or if it has very many behind it.
  std::uint32_t call_around(std::uint32_t value) const;
  /// Whether a value stands in the arguments of a call; of a function of this name, if not empty.
  bool is_given_to(std::uint32_t value, std::string_view function) const;
  bool is_in_loop(std::uint32_t site) const;

  /// Whether one of the callees has this name.
  bool is_observed(std::string_view name) const { return std::ranges::binary_search(observed_, name); }
  bool is_explained(std::uint32_t site) const { return explained_[site]; }

 private:
  struct Name {
    std::string_view text;
    std::uint32_t site;
  };

  void index_names();

  const Program& program_;
  const Resolver& resolver_;
  Entities& entities_;
  std::uint32_t main_;

  Place function_;
  bool knows_line_times_ = false;
  const PythonScan* scan_ = nullptr;
  std::vector<CallSite> sites_;
  std::vector<Name> names_;                 // of calls and attributes, sorted
  std::vector<std::string_view> observed_;  // names of the callees, sorted
  std::vector<bool> explained_;             // per site
};

}  // namespace profconv
