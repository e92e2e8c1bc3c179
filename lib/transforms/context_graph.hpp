#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>

#include "base/hash_tables.hpp"
#include "base/prefetch.hpp"
#include "model/components.hpp"
#include "model/modules.hpp"
#include "transforms/call_lists.hpp"

namespace profconv {

/// The calls of a profile. Costs are those of the metric "time". A few addresses: in a loop over many of them a copy of
/// its own stays in registers.
class RecordedCalls {
 public:
  struct Call {
    std::uint32_t caller, callee, line;
    Counts counts;
    std::int64_t self, total;  ///< May be `not_measured`.
  };

  /// The profile outlives it.
  RecordedCalls(const Profile& profile, std::size_t time)
      : size_(static_cast<std::uint32_t>(profile.calls.size())),
        calls_(profile.calls.data()),
        counts_(profile.call_counts.data()),
        self_(profile.call_self, time),
        total_(profile.call_total, time) {}

  std::uint32_t size() const noexcept { return size_; }
  [[gnu::always_inline]] Call operator[](std::uint32_t i) const noexcept {  // most want a number or two of it
    const profconv::Call& c = calls_[i];
    return {static_cast<std::uint32_t>(c.caller),
            static_cast<std::uint32_t>(c.callee),
            c.line,
            counts_[i],
            self_[i],
            total_[i]};
  }
  std::uint32_t caller(std::uint32_t i) const noexcept { return static_cast<std::uint32_t>(calls_[i].caller); }
  std::uint32_t callee(std::uint32_t i) const noexcept { return static_cast<std::uint32_t>(calls_[i].callee); }
  std::int64_t count(std::uint32_t i) const noexcept { return counts_[i].calls; }
  void prefetch(std::uint32_t i) const noexcept {
    profconv::prefetch(&calls_[i]);
    profconv::prefetch(&counts_[i]);
    self_.prefetch(i);
    total_.prefetch(i);
  }

 private:
  // A column of a table that may be empty.
  class Column {
   public:
    Column(const CostTable& table, std::size_t column)
        : values_(table.empty() ? nullptr : table.row(0).data() + column), width_(table.columns()) {}
    std::int64_t operator[](std::uint32_t row) const noexcept {
      return values_ == nullptr ? not_measured : values_[row * width_];
    }
    void prefetch(std::uint32_t row) const noexcept {
      if (values_ != nullptr) profconv::prefetch(&values_[row * width_]);
    }

   private:
    const std::int64_t* values_;
    std::size_t width_;
  };

  std::uint32_t size_;
  const profconv::Call* calls_;
  const Counts* counts_;
  Column self_, total_;
};

/// The same, of which few are changed and some added: these alone are kept, the others looked up where they are.
class ContextCalls {
 public:
  using Call = RecordedCalls::Call;
  /// A call that was changed or added, and whose it was.
  struct News {
    std::uint32_t call, caller, callee;  ///< `CallLists::nobody` of one that was added.
  };

  /// The profile outlives it.
  ContextCalls(const Profile& profile, std::size_t time) : as_recorded_(profile, time) {
    is_other_.reserve(recorded() + recorded() / 16);  // for some that are added
    is_other_.resize(recorded(), false);
  }

  const RecordedCalls& as_recorded() const noexcept { return as_recorded_; }  ///< Those of the profile, as they were.
  std::uint32_t recorded() const noexcept { return as_recorded_.size(); }     ///< These are the first ones.
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(is_other_.size()); }
  [[gnu::always_inline]] Call operator[](std::uint32_t i) const noexcept {
    if (!is_as_recorded(i)) [[unlikely]]
      return other(i);
    return as_recorded_[i];
  }
  std::uint32_t caller(std::uint32_t i) const noexcept {
    return is_as_recorded(i) ? as_recorded_.caller(i) : other(i).caller;
  }
  std::uint32_t callee(std::uint32_t i) const noexcept {
    return is_as_recorded(i) ? as_recorded_.callee(i) : other(i).callee;
  }
  /// A call that was counted 0 times and took no time says nothing (Python 3.12 and 3.13 record some).
  static bool carries_nothing(const Call& call) noexcept {
    return call.counts.calls == 0 && call.total <= 0 && (call.self == 0 || call.self == not_measured);
  }
  bool carries_nothing(std::uint32_t i) const noexcept {
    return is_as_recorded(i) && as_recorded_.count(i) != 0 ? false : carries_nothing((*this)[i]);
  }
  /// Has the memory of a call fetched, which will be asked for soon.
  void prefetch(std::uint32_t i) const noexcept {
    if (i >= recorded()) return;
    profconv::prefetch(&is_other_[i]);
    as_recorded_.prefetch(i);
  }
  /// To be written to; good as long as this lives.
  Call& change(std::uint32_t i);
  void push_back(const Call& call);
  /// What was changed or added since the last `take_news`, each call once.
  const std::vector<News>& news() const noexcept { return news_; }
  bool is_news(std::uint32_t i) const noexcept { return !is_as_recorded(i) && others_[place_.find(i)->second].is_news; }
  std::vector<News> take_news();

  /// Calls `visit(number, call)` for each that was changed or added; those that were added in their order.
  template <class Visit>
  void each_other(Visit visit) const {
    for (const Other& other : others_) visit(other.number, other.call);
  }

 private:
  // A call that is not what the profile says, or not in it.
  struct Other {
    Call call;
    std::uint32_t number;
    bool is_news;
  };

  bool is_as_recorded(std::uint32_t i) const noexcept { return is_other_[i] == 0; }
  const Call& other(std::uint32_t i) const noexcept { return others_[place_.find(i)->second].call; }
  Other& add_other(std::uint32_t i, const Call& call);

  RecordedCalls as_recorded_;
  std::vector<std::uint8_t> is_other_;  // per call; nearly all are not, and a byte is soon looked at
  NumberMap<std::uint32_t> place_;      // of those that are: in others_
  std::deque<Other> others_;
  std::vector<News> news_;
};

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
  /// function of which nothing is left takes its place and what other metrics say of it. The graph is used up.
  Profile result(Profile&& profile) &&;

 private:
  static constexpr std::uint32_t gone = 0xffffffff;  // of a function that a copy replaces

  void find_components();
  void replace_empty(std::vector<std::uint32_t>& ids) const;
  void write_functions(ProfileBuilder& builder, const std::vector<std::uint32_t>& ids) const;
  void write_calls(ProfileBuilder& builder, const std::vector<std::uint32_t>& ids) const;
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
