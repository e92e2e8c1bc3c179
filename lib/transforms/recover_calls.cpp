#include "transforms/recover_calls.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "base/wide_int.hpp"
#include "model/known.hpp"
#include "transforms/function_matcher.hpp"
#include "transforms/line_runs.hpp"
#include "transforms/rebuild.hpp"
#include "transforms/resolve.hpp"
#include "transforms/site_calls.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;

// Functions of one name (`run` of every class) beyond which nobody can tell which is meant.
constexpr std::size_t most_namesakes = 32;

std::string_view item_method(Value::Access access) {
  switch (access) {
    case Value::Access::store: return "__setitem__";
    case Value::Access::remove: return "__delitem__";
    default: return "__getitem__";
  }
}

class Recovery {
 public:
  Recovery(const Profile& profile, const SourceFiles& sources)
      : p_(profile),
        sources_(sources),
        program_(profile, sources),
        resolver_(program_),
        time_(profile.metric(time_metric.name)),
        hits_(profile.metric(hits_metric.name)),
        first_line_(profile.functions.size() + 1, 0),
        counts_(profile.functions.size(), not_counted),
        found_(profile.functions.size()),
        runs_(profile.functions.size()) {
    for (const Line& line : p_.lines) ++first_line_[index(line.function) + 1];
    for (std::size_t f = 0; f < p_.functions.size(); ++f) first_line_[f + 1] += first_line_[f];
  }

  RecoveredCalls run() && {
    note_runs();
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
      counts_[f] = calls_of(FunctionId{f});
      if (const std::string_view name = called_name(FunctionId{f}); !name.empty())
        namesakes_[name].push_back(FunctionId{f});
    }
    for (std::uint32_t file = 0; file < program_.files().size(); ++file) find_in(file);
    for (const auto& [name, calls] : open_) decide(namesakes_.find(name)->second, calls);
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) add(FunctionId{f});
    return finish();
  }

 private:
  static constexpr std::uint32_t none = Program::none;

  struct Found {
    FunctionId caller;
    std::size_t line;       // row of p_.lines
    SiteHits hits;          // of that row
    bool is_guess = false;  // other functions have the name
  };
  struct Edge {
    Call call;
    std::int64_t calls;
    bool is_estimated;
  };

  std::int64_t hits(std::size_t row) const {
    const std::int64_t value = p_.line_self.empty() ? not_measured : p_.line_self.at(row, *hits_);
    return std::max<std::int64_t>(value, 0);
  }

  void note_runs() {
    for (std::size_t i = 0; i < p_.lines.size(); ++i) {
      if (hits(i) != 0) runs_[index(p_.lines[i].function)].note_hits(p_.lines[i].line, hits(i));
    }
    for (std::uint32_t file = 0; file < program_.files().size(); ++file) {
      if (program_.files()[file].source == nullptr) continue;
      for (const Value& value : program_.scan(file).values) {
        const FunctionId caller = caller_of({file, value.scope});
        if (index(caller) != none) runs_[index(caller)].note(value, is_head(file, value));
      }
    }
  }

  // How often the first line ran that was executed, if that is executed once per call.
  std::int64_t calls_of(FunctionId f) const {
    const SourceFile* const source = sources_.find(p_.text(p_.function(f).file));
    for (std::size_t i = first_line_[index(f)]; i < first_line_[index(f) + 1]; ++i) {
      if (hits(i) == 0) continue;
      if (source == nullptr) return not_counted;
      if (is_loop(*source, p_.lines[i].line)) return not_counted;
      const std::int64_t runs = runs_[index(f)].of_line(p_.lines[i].line);
      const bool is_with = begins_with_one_of(source->line(p_.lines[i].line), {"with ", "async with "});
      if (!is_with || i + 1 == first_line_[index(f) + 1]) return runs;
      // It is hit again at its end, what stands in it is not.
      return is_loop(*source, p_.lines[i + 1].line) ? not_counted : std::min(runs, hits(i + 1));
    }
    return not_counted;
  }

  static bool is_loop(const SourceFile& source, std::uint32_t line) {
    return begins_with_one_of(source.line(line), {"for ", "while ", "async for "});
  }

  // What stands where a function is called: the class's name for `__init__`; "" when that is not known.
  std::string_view called_name(FunctionId f) const {
    const std::string_view name = bare_name(p_.text(p_.function(f).name));
    if (name != "__init__" && name != "__new__") return name.starts_with('<') ? std::string_view{} : name;
    const Program::Place place = program_.place(f);
    const Program::Place klass = place ? resolver_.class_of(place) : Program::Place{};
    return klass ? program_.scope(klass).name : std::string_view{};
  }

  // The function whose lines a scope's are: comprehensions run within one.
  FunctionId caller_of(Program::Place scope) const {
    while (scope.scope != none && program_.scope(scope).is_comprehension()) scope.scope = program_.scope(scope).parent;
    return FunctionId{scope.scope == none ? none : program_.function_at(scope)};
  }

  // Of p_.lines.
  std::optional<std::size_t> row_of(FunctionId caller, const Value& value) const {
    const std::uint32_t number = runs_[index(caller)].line_of(value, value.line);
    const auto first = p_.lines.begin() + static_cast<std::ptrdiff_t>(first_line_[index(caller)]),
               last = p_.lines.begin() + static_cast<std::ptrdiff_t>(first_line_[index(caller) + 1]);
    const auto line = std::ranges::lower_bound(first, last, number, {}, &Line::line);
    if (number == 0 || line == last || line->line != number) return std::nullopt;
    return static_cast<std::size_t>(line - p_.lines.begin());
  }

  void find_in(std::uint32_t file) {
    if (program_.files()[file].source == nullptr) return;
    for (const Value& value : program_.scan(file).values) {
      if (value.base == none && value.kind != Value::Kind::operation) continue;
      const FunctionId caller = caller_of({file, value.scope});
      if (index(caller) == none) continue;
      const std::optional<std::size_t> row = row_of(caller, value);
      if (!row) continue;
      const bool repeats = program_.scan(file).scopes[value.scope].is_comprehension();
      const SiteHits site = runs_[index(caller)].of(value, p_.lines[*row].line, is_head(file, value), repeats);
      look_at(file, value, {caller, *row, site});
    }
  }

  bool is_head(std::uint32_t file, const Value& value) const {
    return begins_loop_or_with(program_.files()[file].source->line(value.statement));
  }

  void look_at(std::uint32_t file, const Value& value, const Found& found) {
    switch (value.kind) {
      case Value::Kind::call: {
        const Entity called = resolver_.value(file, value.base);
        if (called.is(Entity::Kind::function)) {
          note(called.place, found);
        } else if (called.is(Entity::Kind::klass)) {
          note_member(called, "__init__", found);
          note_member(called, "__new__", found);
        } else if (called.is(Entity::Kind::instance)) {
          note_member(called, "__call__", found);
        } else if (called.is(Entity::Kind::unknown) || called.is(Entity::Kind::external)) {
          note_open(program_.scan(file).values[value.base].name, found);
        }
        break;
      }
      case Value::Kind::comprehension: note({file, value.base}, found); break;
      case Value::Kind::subscript: note_method(file, value, item_method(value.access()), found); break;
      case Value::Kind::enter:
        note_method(file, value, "__enter__", found);
        note_method(file, value, "__exit__", found);
        break;
      case Value::Kind::iterate: note_method(file, value, "__next__", found); break;
      case Value::Kind::operation:
        if (value.name == "in") note_open("__contains__", found);
        break;
      default: break;
    }
  }

  void note(Program::Place function, const Found& found) {
    const std::uint32_t callee = function ? program_.function_at(function) : none;
    if (callee != none) found_[callee].push_back(found);
  }
  void note_member(const Entity& owner, std::string_view name, const Found& found) {
    const Entity member = resolver_.member(owner.place, name);
    if (member.is(Entity::Kind::function)) note(member.place, found);
  }
  void note_method(std::uint32_t file, const Value& value, std::string_view name, const Found& found) {
    const Entity receiver = resolver_.value(file, value.base);
    if (receiver.is(Entity::Kind::instance)) {
      note_member(receiver, name, found);
    } else if (receiver.is(Entity::Kind::unknown) || receiver.is(Entity::Kind::external)) {
      note_open(name, found);
    }
  }
  // A call of one of the functions with this name.
  void note_open(std::string_view name, const Found& found) {
    if (const auto callees = namesakes_.find(name); callees != namesakes_.end()) open_[callees->first].push_back(found);
  }

  // Calls of a name that the sources do not resolve: of several functions with the name they are those of the one whose
  // count fits, all lines together or each alone.
  void decide(const std::vector<FunctionId>& callees, const std::vector<Found>& calls) {
    const auto give = [&](FunctionId callee, std::span<const Found> given) {
      for (Found found : given) {
        found.is_guess = callees.size() > 1;
        found_[index(callee)].push_back(found);
      }
    };
    if (callees.size() == 1) return give(callees.front(), calls);
    if (callees.size() > most_namesakes) return;
    std::vector<WideInt> left;  // calls that are not found yet
    for (const FunctionId callee : callees) {
      left.push_back(counts_[index(callee)]);
      for (const Found& known : found_[index(callee)]) left.back() -= all_of(known.hits);
    }
    const auto the_only = [&](WideInt wanted) {
      std::optional<FunctionId> only;
      for (std::size_t i = 0; i < callees.size(); ++i) {
        if (left[i] != wanted) continue;
        if (only) return std::optional<FunctionId>{};
        only = callees[i];
      }
      return only;
    };
    WideInt sum = 0;
    for (const Found& found : calls) sum += all_of(found.hits);
    if (const auto callee = the_only(sum)) return give(*callee, calls);
    for (const Found& found : calls) {
      if (const auto callee = the_only(all_of(found.hits))) give(*callee, std::span(&found, 1));
    }
  }

  static WideInt all_of(const SiteHits& hits) { return WideInt{hits.sure} + hits.maybe; }

  bool took_long_enough(const Found& found, FunctionId callee, std::int64_t calls) const {
    if (!time_ || p_.line_total.empty() || p_.total.empty() || found.caller == callee) return true;
    const std::int64_t line = p_.line_total.at(found.line, *time_), all = counts_[index(callee)];
    if (line == not_measured || all <= 0) return true;
    // Clocks are read once more for the line than for what it calls; an average call may cost less than this one.
    return calls < all || WideInt{p_.total.at(index(callee), *time_)} <= WideInt{line} + line / 20;
  }

  // Calls on one line are one edge. What it cost is known where all calls of the function are on it, apart from those
  // of itself; else it is a share.
  void add(FunctionId callee) {
    const std::vector<SiteHits> sites = join_lines(found_[index(callee)]);
    const std::vector<Found>& found = found_[index(callee)];
    const std::vector<std::int64_t> calls = calls_of_sites(counts_[index(callee)], sites);
    const std::vector<bool> decided = decided_sites(counts_[index(callee)], sites);
    const std::size_t first = edges_.size();
    std::size_t others = 0;  // callers' lines
    WideInt sum = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (calls[i] == 0 || !took_long_enough(found[i], callee, calls[i])) continue;
      edges_.push_back(
          {{found[i].caller, callee, p_.lines[found[i].line].line}, calls[i], found[i].is_guess || !decided[i]});
      if (found[i].caller != callee) ++others;
      sum += calls[i];
    }
    const bool cost_is_known = others == 1 && sum == counts_[index(callee)];
    for (Edge& edge : std::span(edges_).subspan(first))
      edge.is_estimated |= !cost_is_known && edge.call.caller != callee;
  }

  // What was found on one line becomes one; returns the hits.
  static std::vector<SiteHits> join_lines(std::vector<Found>& found) {
    std::ranges::sort(found, {}, [](const Found& f) { return std::tuple(f.caller, f.line); });
    std::vector<SiteHits> sites;
    std::size_t kept = 0;
    for (const Found& f : found) {
      if (kept > 0 && found[kept - 1].caller == f.caller && found[kept - 1].line == f.line) {
        sites.back() += f.hits;
        found[kept - 1].is_guess |= f.is_guess;
      } else {
        sites.push_back(f.hits);
        found[kept++] = f;
      }
    }
    found.resize(kept);
    return sites;
  }

  RecoveredCalls finish() {
    Rebuild result(p_);
    for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
      const FunctionId f{i};
      result.add_function(f);
      result.builder().add_counts(f, {counts_[i], not_counted});
      result.add_costs(f);
      result.add_lines(f);
    }
    for (const Edge& e : edges_) result.builder().add_call(e.call, {e.calls, not_counted}, {}, {}, e.is_estimated);
    result.add_stacks(Rebuild::Dropped::cut);
    return {std::move(result).finish(), edges_.size()};
  }

  const Profile& p_;
  const SourceFiles& sources_;
  const Program program_;
  const Resolver resolver_;
  std::optional<std::size_t> time_, hits_;
  std::vector<std::size_t> first_line_;                            // per function: its first row of p_.lines
  std::vector<std::int64_t> counts_;                               // per function: how often it was called
  std::vector<std::vector<Found>> found_;                          // per callee
  std::vector<LineRuns> runs_;                                     // per function
  std::map<std::string_view, std::vector<FunctionId>> namesakes_;  // by what stands where they are called
  std::map<std::string_view, std::vector<Found>> open_;            // calls of one of those, by the same
  std::vector<Edge> edges_;
};

}  // namespace

RecoveredCalls recover_calls(Profile&& profile, const SourceFiles* sources) {
  const bool possible = sources != nullptr && sources->enabled() && profile.calls.empty() && !profile.lines.empty() &&
                        profile.metric(hits_metric.name).has_value();
  if (!possible) return {std::move(profile), 0};
  RecoveredCalls recovered = Recovery(profile, *sources).run();
  if (recovered.edges == 0) return {std::move(profile), 0};
  return recovered;
}

}  // namespace profconv
