#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>

#include "model/components.hpp"
#include "model/modules.hpp"
#include "transforms/splitting/call_lists.hpp"
#include "transforms/splitting/context_calls.hpp"

namespace profconv {

/// A call graph whose functions may be divided into copies, one for some of their callers. Costs are those of the
/// metric "time"; what other metrics say goes where the whole of a call or function goes.
///
/// Functions are the profile's, then the copies. Public members are rows; lists of calls and components are good when
/// they were indexed after the last change of who calls whom.
class ContextGraph {
 public:
  struct Function {
    FunctionId origin;  ///< The function of the profile.
    Counts counts;
    std::int64_t self, total;
  };
  using Call = ContextCalls::Call;

  /// Whether the profile has what splitting needs: counts of functions and calls, self and inclusive times of
  /// functions; no stacks.
  static bool can_hold(const Profile& profile);
  /// REQUIRES: can_hold(profile). The profile outlives the graph.
  explicit ContextGraph(const Profile& profile);

  std::vector<Function> functions;
  ContextCalls calls;

  void index_callees();  ///< `calls_from` and the components, of the profile's calls. May run beside the other one.
  /// `calls_to`, of these. Calls `with.look(call, place)` for each of the calls, on all cores, with its place in all
  /// these lists, and `with.fetch` some calls before.
  template <class With>
  void index_callers(With with) {
    const auto callee = [recorded = calls.as_recorded()](std::uint32_t i) { return recorded.callee(i); };
    calls_to_.make(calls.recorded(), functions.size(), callee, with);
  }
  void index_changes();  ///< Both, of what was changed since.
  std::span<const std::uint32_t> calls_from(std::uint32_t f) const noexcept { return calls_from_.of(f); }
  std::span<const std::uint32_t> calls_to(std::uint32_t f) const noexcept { return calls_to_.of(f); }
  const CallLists& calls_to() const noexcept { return calls_to_; }
  /// Have fetched what will be asked for soon: the lists of a function; the calls in them, if they are not many.
  void prefetch_lists(std::uint32_t f) const noexcept;
  void prefetch_calls(std::uint32_t f) const noexcept;
  std::uint32_t component(std::uint32_t f) const noexcept { return components_.of[f]; }
  bool in_cycle(std::uint32_t f) const noexcept { return components_.size[components_.of[f]] > 1; }
  /// The inclusive time of a call; where it was not measured, the callee's, shared by the counts of the calls to it.
  std::int64_t inclusive(std::uint32_t call) const;

  /// A copy without calls, counts or costs. `context` is made different from those of other copies of the function.
  std::uint32_t add_copy(std::uint32_t of, std::string_view context);
  /// Gives a copy another context.
  void rename(std::uint32_t copy, std::string_view context);
  bool is_copy(std::uint32_t f) const noexcept { return f >= p_.functions.size(); }
  std::size_t copies() const noexcept { return functions.size() - p_.functions.size(); }
  /// What a function is called in a context: its module for a module's body, else its name.
  std::string label(std::uint32_t f) const;

  const StringTable& strings() const noexcept { return p_.strings; }
  std::string_view name(std::uint32_t f) const noexcept { return p_.text(origin(f).name); }
  std::string_view file(std::uint32_t f) const noexcept { return p_.text(origin(f).file); }
  const profconv::Function& origin(std::uint32_t f) const noexcept { return p_.function(functions[f].origin); }
  /// Costs of lines cannot be divided, nor can what nobody counted.
  bool can_be_divided(std::uint32_t f) const noexcept {
    return !has_lines_[index(functions[f].origin)] && functions[f].counts.calls != not_counted;
  }
  bool is_module_body(std::uint32_t f) const noexcept { return origin(f).name == module_body_; }
  /// The module of a function's file, dotted.
  std::string module(std::uint32_t f) const;

  /// The profile of the constructor, which is moved from, with the copies behind its functions. The first copy of a
  /// function of which nothing is left takes its place and what other metrics say of it; of copies and calls of which
  /// nothing is left there is none. Marks calls that are shares (`call_estimated`) if it is to. The graph is used up.
  Profile result(Profile&& profile, bool marks_shares) &&;

 private:
  static constexpr std::uint32_t gone = 0xffffffff;  // of a function that a copy replaces, or of an empty copy

  void find_components();
  std::vector<std::uint32_t> emptied_calls() const;
  std::vector<std::uint32_t> ids_of_functions(const std::vector<std::uint32_t>& emptied) const;
  void write_functions(ProfileBuilder& builder, const std::vector<std::uint32_t>& ids) const;
  void write_calls(ProfileBuilder& builder, const std::vector<std::uint32_t>& ids,
                   const std::vector<std::uint32_t>& emptied, bool marks_shares) const;
  std::string& context(std::uint32_t copy) noexcept { return copied_for_[copy - p_.functions.size()]; }
  std::string unique(FunctionId function, std::string_view context);

  const Profile& p_;
  mutable std::optional<Modules> modules_;  // made when first needed
  std::size_t time_;                        // the metric's column
  std::optional<StringId> module_body_;     // the name of modules' bodies
  std::vector<bool> has_lines_;
  std::vector<std::string> copied_for_;  // contexts of the copies
  CallLists calls_from_, calls_to_;
  Components components_;
  std::map<std::pair<FunctionId, std::string>, std::size_t> contexts_;  // and the next number to tell another from it
};

}  // namespace profconv
