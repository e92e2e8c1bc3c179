#include "transforms/recover_calls.hpp"

#include <algorithm>
#include <iterator>
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
#include "transforms/call_sites.hpp"
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
      note_properties(FunctionId{f});
    }
    for (std::uint32_t file = 0; file < program_.files().size(); ++file) find_in(file);
    for (const auto& [name, calls] : open_) decide(namesakes_.find(name)->second, calls);
    for (const auto& [access, found] : open_accesses_) decide(functions_of(properties_.find(access)->second), found);
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) add(FunctionId{f});
    return finish();
  }

 private:
  static constexpr std::uint32_t none = Program::none;

  struct Found {
    FunctionId caller;
    std::size_t line;            // row of p_.lines
    SiteHits hits;               // of that row
    bool is_guess = false;       // other functions have the name
    Program::Place likely = {};  // of several that may be meant
  };
  struct Edge {
    Call call;
    std::int64_t calls;
    bool is_estimated;
  };
  using AttributeAccess = std::pair<std::string_view, Value::Access>;
  struct Property {
    FunctionId function;
    Program::Place klass;
    bool is_kept;
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

  void note_properties(FunctionId f) {
    const Program::Place place = program_.place(f);
    if (!place) return;
    for (const Resolver::Property& p : resolver_.properties_of(place))
      properties_[{p.attribute, p.access}].push_back({f, p.klass, p.is_kept});
  }

  static std::vector<FunctionId> functions_of(const std::vector<Property>& properties) {
    std::vector<FunctionId> functions;
    std::ranges::transform(properties, std::back_inserter(functions), &Property::function);
    return functions;
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
    const std::vector<Value>& values = program_.scan(file).values;
    for (std::uint32_t v = 0; v < values.size(); ++v) {
      const Value& value = values[v];
      if (!may_call(file, v)) continue;
      const FunctionId caller = caller_of({file, value.scope});
      if (index(caller) == none) continue;
      const std::optional<std::size_t> row = row_of(caller, value);
      if (!row) continue;
      const SiteHits site =
          runs_[index(caller)].of(program_.scan(file), value, p_.lines[*row].line, is_head(file, value));
      if (is_mention(value)) {
        note_mention(file, v, {caller, *row, {0, clamped(all_of(site)), true}});
      } else {
        look_at(file, value, {caller, *row, site});
      }
    }
  }

  bool is_property(const Value& value) const {
    return value.kind == Value::Kind::attribute && properties_.contains({value.name, value.access()});
  }
  bool is_mention(const Value& value) const {
    const bool is_name = value.kind == Value::Kind::name || value.kind == Value::Kind::attribute;
    return is_name && !value.called && !value.stored && !is_property(value);
  }

  // Told without a look at what it stands for.
  bool may_call(std::uint32_t file, std::uint32_t v) const {
    const PythonScan& scan = program_.scan(file);
    const Value& value = scan.values[v];
    if (is_mention(value)) return namesakes_.contains(value.name) && is_called_where_given(scan, v);
    if (value.kind == Value::Kind::attribute) return is_property(value);
    return value.base != none || value.kind == Value::Kind::operation;
  }

  // map(f, x) calls it, any number of times.
  void note_mention(std::uint32_t file, std::uint32_t v, const Found& found) {
    const Entity entity = resolver_.value(file, v);
    if (entity.is(Entity::Kind::function)) {
      note(entity.place, found);
    } else if (entity.is(Entity::Kind::unknown)) {
      note_open(program_.scan(file).values[v].name, found);
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
          note_function(file, value, called.place, found);
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
      case Value::Kind::attribute: note_access(file, value, found); break;
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
  // A method of an object, whose own class may have another one of that name.
  void note_function(std::uint32_t file, const Value& call, Program::Place function, Found found) {
    const Value& name = program_.scan(file).values[call.base];
    const auto namesakes = namesakes_.find(name.name);
    const bool may_be_others =
        name.kind == Value::Kind::attribute && namesakes != namesakes_.end() &&
        namesakes->second.size() <= most_namesakes && !is_super(file, name.base) &&
        std::ranges::any_of(namesakes->second, [&](FunctionId f) { return overrides(f, function); });
    if (!may_be_others) return note(function, found);
    found.likely = function;
    open_[namesakes->first].push_back(found);
  }
  bool is_super(std::uint32_t file, std::uint32_t value) const {
    const std::vector<Value>& values = program_.scan(file).values;
    return value != none && values[value].kind == Value::Kind::call && values[value].base != none &&
           values[values[value].base].name == "super";
  }
  bool overrides(FunctionId f, Program::Place function) const {
    const Program::Place place = program_.place(f);
    if (!place || place == function) return false;
    const Program::Place klass = resolver_.class_of(place), base = resolver_.class_of(function);
    return klass && base && ran(f) && resolver_.derives(klass, base);
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
  // An attribute that is a property of some class: of an object's own class, else of the bases' that it has first, or
  // of one that is derived from it. What keeps its value is called at some of the looks, and so is what may be another
  // class's.
  void note_access(std::uint32_t file, const Value& value, Found found) {
    const AttributeAccess access{value.name, value.access()};
    const std::vector<Property>& properties = properties_.find(access)->second;
    const Entity receiver = resolver_.value(file, value.base);
    const Property* own = nullptr;
    const bool is_unknown = receiver.is(Entity::Kind::unknown) || receiver.is(Entity::Kind::external);
    bool may_be_others = is_unknown;
    for (const Property& p : properties) {
      if (!receiver.is(Entity::Kind::instance)) break;
      if (!resolver_.derives(receiver.place, p.klass)) {
        may_be_others |= resolver_.derives(p.klass, receiver.place);
      } else if (own == nullptr || resolver_.derives(p.klass, own->klass)) {
        own = &p;
      }
    }
    if (is_unknown || (own != nullptr && own->is_kept)) found.hits = at_most(found.hits);
    if (may_be_others) {
      if (own != nullptr) found.likely = program_.place(own->function);
      open_accesses_[access].push_back(found);
    } else if (own != nullptr) {
      found_[index(own->function)].push_back(found);
    }
  }
  static SiteHits at_most(const SiteHits& hits) { return {0, clamped(all_of(hits)), hits.repeats}; }
  // A call of one of the functions with this name.
  void note_open(std::string_view name, const Found& found) {
    if (const auto callees = namesakes_.find(name); callees != namesakes_.end()) open_[callees->first].push_back(found);
  }

  struct Candidate {
    FunctionId function;
    WideInt left;  // of its calls, those not found yet
  };

  // Those that ran.
  std::vector<Candidate> candidates(const std::vector<FunctionId>& callees) const {
    std::vector<Candidate> found;
    for (const FunctionId callee : callees) {
      if (!ran(callee)) continue;
      WideInt left = counts_[index(callee)];
      for (const Found& known : found_[index(callee)]) left -= all_of(known.hits);
      found.push_back({callee, left});
    }
    return found;
  }

  bool ran(FunctionId f) const {
    const auto costs = p_.total.empty() ? std::span<const std::int64_t>{} : p_.total.row(index(f));
    return counts_[index(f)] != not_counted || std::ranges::any_of(costs, [](std::int64_t cost) { return cost != 0; });
  }

  // Calls of a name that the sources do not resolve: of several functions with the name they are those of the one whose
  // count fits, all lines together or each alone; what is left are calls of all of them, if they were called no more
  // often together.
  void decide(const std::vector<FunctionId>& callees, const std::vector<Found>& calls) {
    if (callees.size() > most_namesakes) return;
    const auto give = [&](FunctionId callee, const Found& found) {
      found_[index(callee)].push_back(found);
      found_[index(callee)].back().is_guess = callees.size() > 1;
    };
    std::vector<Candidate> left = candidates(callees);
    const auto the_only = [&](WideInt wanted) -> const Candidate* {
      if (left.size() == 1) return left.data();
      const auto fits = [&](const Candidate& c) { return c.left == wanted; };
      return std::ranges::count_if(left, fits) == 1 ? &*std::ranges::find_if(left, fits) : nullptr;
    };
    if (const Candidate* only = the_only(hits_of(calls))) {
      for (const Found& found : calls) give(only->function, found);
      return;
    }
    std::vector<Found> open;
    std::vector<FunctionId> explained;
    for (const Found& found : calls) {
      const Candidate* only = the_only(all_of(found.hits));
      if (only == nullptr) {
        open.push_back(found);
        continue;
      }
      give(only->function, found);
      explained.push_back(only->function);
    }
    std::erase_if(left,
                  [&](const Candidate& c) { return c.left == 0 || std::ranges::count(explained, c.function) != 0; });
    const bool are_counted = std::ranges::all_of(
        left, [&](const Candidate& c) { return counts_[index(c.function)] != not_counted && c.left > 0; });
    WideInt calls_left = 0;
    for (const Candidate& c : left) calls_left += c.left;
    const bool repeat = std::ranges::any_of(open, [](const Found& found) { return found.hits.repeats; });
    if (!are_counted || (calls_left > hits_of(open) && !repeat)) {
      for (const Found& found : open) note(found.likely, found);
      return;
    }
    for (const Candidate& c : left) {
      for (Found found : open) {
        found.hits = at_most(found.hits);
        give(c.function, found);
      }
    }
  }

  static WideInt hits_of(const std::vector<Found>& calls) {
    WideInt sum = 0;
    for (const Found& found : calls) sum += all_of(found.hits);
    return sum;
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
  std::map<AttributeAccess, std::vector<Property>> properties_;    // of the functions
  std::map<AttributeAccess, std::vector<Found>> open_accesses_;    // of attributes of nobody knows what
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
