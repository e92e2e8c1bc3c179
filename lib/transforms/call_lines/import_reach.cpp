#include "transforms/call_lines/import_reach.hpp"

#include <algorithm>

#include "transforms/splitting/import_tree.hpp"

namespace profconv {

ImportReach::ImportReach(const Program& program) : program_(program), callers_(program.profile().functions.size(), 0) {
  const Profile& profile = program.profile();
  for (std::size_t i = 0; i < profile.calls.size(); ++i) {
    const Call& call = profile.calls[i];
    // Calls on several lines are several rows.
    const bool again =
        i > 0 && profile.calls[i - 1].caller == call.caller && profile.calls[i - 1].callee == call.callee;
    if (!again) ++callers_[index(call.callee)];
  }
  constexpr std::size_t rounds = 64;
  steps_left_ = rounds * (profile.calls.size() + 1);
}

const ImportReach::Below& ImportReach::below(FunctionId function) {
  const auto [found, is_new] = below_.try_emplace(index(function));
  Below& below = found->second;
  if (!is_new) return below;
  const Profile& profile = program_.profile();
  NumberSet seen{index(function)};
  std::vector<FunctionId> open{function};
  while (!open.empty() && below.known) {
    const FunctionId f = open.back();
    open.pop_back();
    auto call = std::ranges::lower_bound(profile.calls, f, {}, &Call::caller);
    for (; call != profile.calls.end() && call->caller == f; ++call) {
      if (steps_left_ == 0) {
        below.known = false;
        break;
      }
      --steps_left_;
      const Function& callee = profile.function(call->callee);
      const Program::Place place = program_.place(call->callee);
      if (place && place.scope == 0) {
        below.modules.push_back(place.file);
      } else if ((is_importlib(profile.text(callee.file)) ||
                  is_exec_or_import(profile.text(callee.file), profile.text(callee.name))) &&
                 seen.insert(index(call->callee)).second) {
        open.push_back(call->callee);
      }
    }
  }
  std::ranges::sort(below.modules);
  below.modules.erase(std::unique(below.modules.begin(), below.modules.end()), below.modules.end());
  return below;
}

bool ImportReach::reaches(FunctionId function, std::uint32_t module) {
  const Below& found = below(function);
  return !found.known || std::ranges::binary_search(found.modules, module);
}

const std::vector<std::uint32_t>& ImportReach::modules_of_one_importer(FunctionId function) {
  static const std::vector<std::uint32_t> nothing;
  return callers_[index(function)] == 1 ? below(function).modules : nothing;
}

}  // namespace profconv
