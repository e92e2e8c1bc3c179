#include "transforms/fusion/recovered_sites.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/wide_int.hpp"
#include "model/known.hpp"
#include "transforms/call_lines/calls_by_reference.hpp"
#include "transforms/fusion/function_matcher.hpp"

namespace profconv {
namespace {

using Value = PythonScan::Value;
constexpr std::uint32_t none = Program::none;

// Functions of one name (`run` of every class) beyond which nobody can tell which is meant.
constexpr std::size_t most_namesakes = 32;

std::string_view item_method(Value::Access access) {
  switch (access) {
    case Value::Access::store: return "__setitem__";
    case Value::Access::remove: return "__delitem__";
    default: return "__getitem__";
  }
}

WideInt all_of(const SiteHits& hits) { return WideInt{hits.sure} + hits.maybe; }

WideInt all_of(const std::vector<RecoveredSite>& sites) {
  WideInt sum = 0;
  for (const RecoveredSite& site : sites) sum += all_of(site.hits);
  return sum;
}

SiteHits at_most(const SiteHits& hits) { return {0, clamped(all_of(hits)), hits.repeats}; }

class SiteFinder {
 public:
  SiteFinder(const Program& program, const Resolver& resolver, const RecordedRuns& recorded)
      : program_(program),
        resolver_(resolver),
        p_(program.profile()),
        recorded_(recorded),
        found_(p_.functions.size()) {}

  std::vector<std::vector<RecoveredSite>> run() && {
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
      if (const std::string_view name = called_name(FunctionId{f}); !name.empty())
        namesakes_[name].push_back(FunctionId{f});
      note_properties(FunctionId{f});
    }
    for (std::uint32_t file = 0; file < program_.files().size(); ++file) find_in(file);
    for (const auto& [name, sites] : open_) decide(namesakes_.find(name)->second, sites);
    for (const auto& [access, sites] : open_accesses_) decide(functions_of(properties_.find(access)->second), sites);
    return std::move(found_);
  }

 private:
  using AttributeAccess = std::pair<std::string_view, Value::Access>;
  struct Property {
    FunctionId function;
    Program::Place klass;
    bool is_kept;
  };

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
    std::vector<std::string_view> names = resolver_.other_names(place);
    names.push_back(program_.scope(place).name);
    for (const std::string_view name : names) {
      for (const profconv::Property& p : resolver_.properties_of(place, name))
        properties_[{p.attribute, p.access}].push_back({f, p.klass, p.is_kept});
    }
  }

  static std::vector<FunctionId> functions_of(const std::vector<Property>& properties) {
    std::vector<FunctionId> functions;
    std::ranges::transform(properties, std::back_inserter(functions), &Property::function);
    return functions;
  }

  // Of p_.lines.
  std::optional<std::size_t> row_of(FunctionId caller, const Value& value) const {
    const std::uint32_t number = recorded_.runs[index(caller)].line_of(value, value.line);
    const auto first = p_.lines.begin() + static_cast<std::ptrdiff_t>(recorded_.first_line[index(caller)]),
               last = p_.lines.begin() + static_cast<std::ptrdiff_t>(recorded_.first_line[index(caller) + 1]);
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
      const FunctionId caller = function_of(program_, {file, value.scope});
      if (index(caller) == none) continue;
      const std::optional<std::size_t> row = row_of(caller, value);
      if (!row) continue;
      const SiteHits site = recorded_.runs[index(caller)].of(program_.scan(file), value, p_.lines[*row].line,
                                                             is_head(program_, file, value));
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

  // Whether a call in the file is one of a function of Python: that calls what it is given itself.
  std::function<bool(std::uint32_t)> is_profiled(std::uint32_t file) const {
    return [this, file](std::uint32_t call) {
      const Entity called = resolver_.value(file, program_.scan(file).values[call].base);
      return called.is(Entity::Kind::function) || called.is(Entity::Kind::klass) || called.is(Entity::Kind::instance);
    };
  }

  // Told without a look at what it stands for.
  bool may_call(std::uint32_t file, std::uint32_t v) const {
    const PythonScan& scan = program_.scan(file);
    const Value& value = scan.values[v];
    if (is_mention(value)) return namesakes_.contains(value.name) && is_called_where_given(scan, v, is_profiled(file));
    if (value.kind == Value::Kind::attribute) return is_property(value);
    return value.base != none || value.kind == Value::Kind::operation;
  }

  // map(f, x) calls it, any number of times.
  void note_mention(std::uint32_t file, std::uint32_t v, const RecoveredSite& found) {
    const Entity entity = resolver_.value(file, v);
    if (entity.is(Entity::Kind::function)) {
      note(entity.place, found);
    } else if (entity.is(Entity::Kind::unknown)) {
      note_open(program_.scan(file).values[v].name, found);
    }
  }

  void look_at(std::uint32_t file, const Value& value, const RecoveredSite& found) {
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

  void note(Program::Place function, const RecoveredSite& found) {
    const std::uint32_t callee = function ? program_.function_at(function) : none;
    if (callee != none) found_[callee].push_back(found);
  }
  // A method of an object, whose own class may have another one of that name.
  void note_function(std::uint32_t file, const Value& call, Program::Place function, RecoveredSite found) {
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
  void note_member(const Entity& owner, std::string_view name, const RecoveredSite& found) {
    const Entity member = resolver_.member(owner.place, name);
    if (member.is(Entity::Kind::function)) note(member.place, found);
  }
  void note_method(std::uint32_t file, const Value& value, std::string_view name, const RecoveredSite& found) {
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
  void note_access(std::uint32_t file, const Value& value, RecoveredSite found) {
    const AttributeAccess access{value.name, value.access()};
    const std::vector<Property>& properties = properties_.find(access)->second;
    const Entity receiver = resolver_.value(file, value.base);
    const Property* own = nullptr;
    const bool is_unknown = receiver.is(Entity::Kind::unknown) || receiver.is(Entity::Kind::external);
    bool may_be_others = is_unknown;
    for (const Property& p : properties) {
      if (!receiver.is(Entity::Kind::instance)) break;
      if (!resolver_.derives(receiver.place, p.klass)) {
        may_be_others |= !is_super(file, value.base) && resolver_.derives(p.klass, receiver.place);
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
  // A call of one of the functions with this name.
  void note_open(std::string_view name, const RecoveredSite& found) {
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
      WideInt left = recorded_.calls[index(callee)];
      for (const RecoveredSite& known : found_[index(callee)]) left -= all_of(known.hits);
      found.push_back({callee, left});
    }
    return found;
  }

  bool ran(FunctionId f) const {
    const auto costs = p_.total.empty() ? std::span<const std::int64_t>{} : p_.total.row(index(f));
    return recorded_.calls[index(f)] != not_counted ||
           std::ranges::any_of(costs, [](std::int64_t cost) { return cost != 0; });
  }

  // Calls of a name that the sources do not resolve: of several functions with the name they are those of the one whose
  // count fits, all lines together or each alone; what is left are calls of all of them, if they were called no more
  // often together.
  void decide(const std::vector<FunctionId>& callees, const std::vector<RecoveredSite>& calls) {
    if (callees.size() > most_namesakes) return;
    const auto give = [&](FunctionId callee, const RecoveredSite& found) {
      found_[index(callee)].push_back(found);
      found_[index(callee)].back().is_guess = callees.size() > 1;
    };
    std::vector<Candidate> left = candidates(callees);
    const auto the_only = [&](WideInt wanted) -> const Candidate* {
      if (left.size() == 1) return left.data();
      const auto fits = [&](const Candidate& c) { return c.left == wanted; };
      return std::ranges::count_if(left, fits) == 1 ? &*std::ranges::find_if(left, fits) : nullptr;
    };
    if (const Candidate* only = the_only(all_of(calls))) {
      for (const RecoveredSite& found : calls) give(only->function, found);
      return;
    }
    std::vector<RecoveredSite> open;
    std::vector<FunctionId> explained;
    for (const RecoveredSite& found : calls) {
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
        left, [&](const Candidate& c) { return recorded_.calls[index(c.function)] != not_counted && c.left > 0; });
    WideInt calls_left = 0;
    for (const Candidate& c : left) calls_left += c.left;
    const bool repeat = std::ranges::any_of(open, [](const RecoveredSite& found) { return found.hits.repeats; });
    if (!are_counted || (calls_left > all_of(open) && !repeat)) {
      for (const RecoveredSite& found : open) note(found.likely, found);
      return;
    }
    // Each has its part of the calls that were made whenever a line was hit, then of the others.
    for (const Candidate& c : left) {
      for (RecoveredSite found : open) {
        const std::int64_t all = clamped(all_of(found.hits));
        found.hits.sure = static_cast<std::int64_t>(found.hits.sure * c.left / std::max<WideInt>(calls_left, 1));
        found.hits.maybe = all - found.hits.sure;
        give(c.function, found);
      }
    }
  }

  const Program& program_;
  const Resolver& resolver_;
  const Profile& p_;
  const RecordedRuns& recorded_;
  std::vector<std::vector<RecoveredSite>> found_;                        // per callee
  std::map<std::string_view, std::vector<FunctionId>> namesakes_;        // by what stands where they are called
  std::map<std::string_view, std::vector<RecoveredSite>> open_;          // calls of one of those, by the same
  std::map<AttributeAccess, std::vector<Property>> properties_;          // of the functions
  std::map<AttributeAccess, std::vector<RecoveredSite>> open_accesses_;  // of attributes of nobody knows what
};

}  // namespace

FunctionId function_of(const Program& program, Program::Place scope) {
  while (scope.scope != none && program.scope(scope).is_comprehension()) scope.scope = program.scope(scope).parent;
  return FunctionId{scope.scope == none ? none : program.function_at(scope)};
}

bool is_head(const Program& program, std::uint32_t file, const PythonScan::Value& value) {
  return begins_loop_or_with(program.files()[file].source->line(value.statement));
}

std::vector<std::vector<RecoveredSite>> recovered_sites(const Program& program, const Resolver& resolver,
                                                        const RecordedRuns& recorded) {
  return SiteFinder(program, resolver, recorded).run();
}

}  // namespace profconv
