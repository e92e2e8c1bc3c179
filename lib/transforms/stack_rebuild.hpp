#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>

namespace profconv {

/// Makes a profile of the changed stacks of another one; everything follows from the stacks, so all costs are exact.
/// What transforms do with profiles that follow from their stacks.
class StackRebuild {
 public:
  struct Frame {
    FunctionId function;  ///< Of the result.
    std::uint32_t line;
  };

  /// REQUIRES: `profile` has complete stacks and outlives this.
  explicit StackRebuild(const Profile& profile);

  ProfileBuilder& builder() noexcept { return builder_; }
  /// A function of the profile as it is, in the result. Those that nothing mentions are not in it; the others keep
  /// their order.
  FunctionId same(FunctionId function);
  /// The stack of a sample, as nodes of the profile, the outermost first; good until the next call.
  std::span<const NodeId> path(std::size_t sample);
  /// Adds the cost of a sample under this stack; an empty one is dropped.
  void add(std::size_t sample, std::span<const Frame> frames);

  Profile finish() &&;

 private:
  const Profile& p_;
  ProfileBuilder builder_;
  std::vector<FunctionId> functions_;
  std::vector<LabelsId> labels_;
  std::vector<NodeId> path_;
};

/// The stacks through a function that is `matched`, of those through none that is `ignored`.
Profile focus_stacks(const Profile& profile, const std::vector<bool>& matched, const std::vector<bool>& ignored);

/// The stacks without the `chosen` functions; where nothing else is left, the outermost frame stays.
Profile fold_stacks(const Profile& profile, const std::vector<bool>& chosen);

/// The stacks with the group of each function in its place; neighbours of one group are one frame. `keeps_lines`: a
/// group is in one file.
Profile group_stacks(const Profile& profile, const std::function<FunctionKey(const Function&)>& key, bool keeps_lines);

/// The functions that are no functions (`<native>`, `<GC>`: file "~") and in a circle of calls: they stand for whatever
/// C code ran, and so call and are called by what has nothing to do with each other.
std::vector<bool> marks_in_circles(const Profile& profile);

/// The stacks with a copy of each `chosen` function for each function that called it (`context`).
Profile split_stacks(const Profile& profile, const std::vector<bool>& chosen);

}  // namespace profconv
