#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>

#include "model/components.hpp"
#include "model/modules.hpp"

namespace profconv {

/// A call graph whose functions may be divided into copies, one for some of their callers. Costs are those of the
/// metric "time"; what other metrics say goes where the whole of a call or function goes.
///
/// Functions are the profile's, then the copies. Public members are rows; `reindex` must follow a change of who calls
/// whom before the lists and components are asked for again.
class ContextGraph {
 public:
  struct Function {
    FunctionId origin;    ///< The function of the profile.
    std::string context;  ///< Of a copy: what it is for.
    Counts counts;
    std::int64_t self, total;
  };
  struct Call {
    std::uint32_t caller, callee, line;
    std::uint32_t row;  ///< Of the profile's table; `no_row`: a part that was taken from one.
    Counts counts;
    std::int64_t self, total;  ///< May be `not_measured`.
  };
  static constexpr std::uint32_t no_row = 0xffffffff;

  /// Whether the profile has what splitting needs: counts of functions and calls, self and inclusive times of
  /// functions; no stacks.
  static bool can_hold(const Profile& profile);
  /// REQUIRES: can_hold(profile). The profile outlives the graph.
  explicit ContextGraph(const Profile& profile);

  std::vector<Function> functions;
  std::vector<Call> calls;

  void reindex();
  std::span<const std::uint32_t> calls_from(std::uint32_t f) const noexcept {
    return std::span(by_caller_).subspan(first_by_caller_[f], first_by_caller_[f + 1] - first_by_caller_[f]);
  }
  std::span<const std::uint32_t> calls_to(std::uint32_t f) const noexcept {
    return std::span(by_callee_).subspan(first_by_callee_[f], first_by_callee_[f + 1] - first_by_callee_[f]);
  }
  std::uint32_t component(std::uint32_t f) const noexcept { return components_.of[f]; }
  bool in_cycle(std::uint32_t f) const noexcept { return components_.size[components_.of[f]] > 1; }
  /// A call that was counted 0 times and took no time says nothing (Python 3.12 and 3.13 record some).
  static bool carries_nothing(const Call& call) noexcept {
    return call.counts.calls == 0 && call.total <= 0 && (call.self == 0 || call.self == not_measured);
  }
  /// The inclusive time of a call; where it was not measured, the callee's, shared by the counts of the calls to it.
  std::int64_t inclusive(std::uint32_t call) const;

  /// A copy without calls, counts or costs. `context` is made different from those of other copies of the function.
  std::uint32_t add_copy(std::uint32_t of, std::string_view context);
  /// Gives a copy another context.
  void rename(std::uint32_t copy, std::string_view context);
  std::size_t copies() const noexcept { return functions.size() - p_.functions.size(); }
  /// What a function is called in a context: its module for a module's body, else its name.
  std::string label(std::uint32_t f) const;

  std::string_view name(std::uint32_t f) const noexcept { return p_.text(origin(f).name); }
  std::string_view file(std::uint32_t f) const noexcept { return p_.text(origin(f).file); }
  const profconv::Function& origin(std::uint32_t f) const noexcept { return p_.function(functions[f].origin); }
  /// Costs of lines cannot be divided, nor can what nobody counted.
  bool can_be_divided(std::uint32_t f) const noexcept {
    return !has_lines_[index(functions[f].origin)] && functions[f].counts.calls != not_counted;
  }
  bool is_module_body(std::uint32_t f) const noexcept { return name(f) == "<module>"; }
  /// The module of a function's file, dotted.
  std::string_view module(std::uint32_t f) const;

  /// The profile of the constructor, which is moved from, with the copies behind its functions. The first copy of a
  /// function of which nothing is left takes its place and what other metrics say of it. The graph is used up.
  Profile result(Profile&& profile) &&;

 private:
  static constexpr std::uint32_t gone = 0xffffffff;  // of a function that a copy replaces

  void replace_empty(Profile& profile, std::vector<std::uint32_t>& ids) const;
  void write_functions(ProfileBuilder& builder, const std::vector<std::uint32_t>& ids) const;
  void write_calls(Profile& profile, const std::vector<std::uint32_t>& ids) const;
  std::string unique(FunctionId function, std::string_view context);

  const Profile& p_;
  mutable std::optional<Modules> modules_;  // made when first needed
  std::size_t time_;                        // the metric's column
  std::vector<bool> has_lines_;
  std::vector<std::uint32_t> first_by_caller_, first_by_callee_;
  std::vector<std::uint32_t> by_caller_, by_callee_;
  Components components_;
  std::set<std::pair<FunctionId, std::string>> contexts_;
};

}  // namespace profconv
