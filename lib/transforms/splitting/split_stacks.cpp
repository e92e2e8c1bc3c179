#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/call_graph.hpp"
#include "model/origin.hpp"
#include "transforms/stack_rebuild.hpp"

namespace profconv {
namespace {

/// What a copy for this caller is called after: its name, with the file where another function has the same name.
class CallerNames {
 public:
  explicit CallerNames(const Profile& profile) : p_(profile) {
    for (const Function& f : p_.functions) ++times_[name(f)];
  }

  std::string operator()(FunctionId caller) const {
    const Function& f = p_.function(caller);
    std::string text(name(f));
    if (times_.at(name(f)) > 1 && index(f.file) != 0) text += " (" + std::string(p_.text(f.file)) + ")";
    return text;
  }

 private:
  std::string_view name(const Function& f) const { return p_.text(index(f.qualified) != 0 ? f.qualified : f.name); }

  const Profile& p_;
  std::map<std::string_view, std::size_t> times_;
};

}  // namespace

std::vector<bool> marks_in_circles(const Profile& profile) {
  const CallGraph graph(profile);
  std::vector<bool> marks(profile.functions.size(), false);
  for (std::uint32_t i = 0; i < marks.size(); ++i)
    marks[i] = is_c_file(profile.text(profile.functions[i].file)) && graph.in_cycle(FunctionId{i});
  return marks;
}

Profile split_stacks(const Profile& profile, const std::vector<bool>& chosen) {
  const CallerNames names(profile);
  StackRebuild result(profile);
  std::map<std::pair<FunctionId, FunctionId>, FunctionId> copies;  // function and caller
  const auto copy = [&](FunctionId function, FunctionId caller) {
    const auto [known, is_new] = copies.try_emplace({function, caller});
    if (is_new) {
      const Function& f = profile.function(function);
      known->second = result.builder().function({.name = profile.text(f.name),
                                                 .qualified = profile.text(f.qualified),
                                                 .file = profile.text(f.file),
                                                 .context = names(caller),
                                                 .line = f.line});
    }
    return known->second;
  };
  std::vector<StackRebuild::Frame> frames;
  for (std::size_t i = 0; i < profile.samples.size(); ++i) {
    frames.clear();
    const FunctionId* caller = nullptr;  // the innermost one so far that is not split
    for (const NodeId node : result.path(i)) {
      const Node& n = profile.nodes[index(node)];
      const bool is_split = chosen[index(n.function)];
      frames.push_back({is_split && caller != nullptr ? copy(n.function, *caller) : result.same(n.function), n.line});
      if (!is_split) caller = &n.function;
    }
    result.add(i, frames);
  }
  return std::move(result).finish();
}

}  // namespace profconv
