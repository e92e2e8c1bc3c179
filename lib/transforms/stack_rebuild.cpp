#include "transforms/stack_rebuild.hpp"

#include <algorithm>
#include <utility>

#include "model/from_stacks.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {

StackRebuild::StackRebuild(const Profile& profile)
    : p_(profile),
      builder_(ProfileBuilder::with_strings_of(profile)),
      functions_(profile.functions.size(), no_function) {
  for (const Labels& l : p_.labels) labels_.push_back(builder_.labels(p_.text(l.process), p_.text(l.thread), l.status));
}

FunctionId StackRebuild::same(FunctionId function) {
  FunctionId& known = functions_[index(function)];
  if (known == no_function) known = builder_.function(p_.function(function));
  return known;
}

std::span<const NodeId> StackRebuild::path(std::size_t sample) {
  path_.clear();
  for (NodeId node = p_.samples[sample].leaf; node != no_parent; node = p_.nodes[index(node)].parent)
    path_.push_back(node);
  std::ranges::reverse(path_);
  return path_;
}

void StackRebuild::add(std::size_t sample, std::span<const Frame> frames) {
  NodeId leaf = no_parent;
  for (const Frame& frame : frames) leaf = builder_.node(leaf, frame.function, frame.line);
  if (leaf != no_parent)
    builder_.add_sample({leaf, labels_[index(p_.samples[sample].labels)]}, p_.sample_cost.row(sample));
}

Profile StackRebuild::finish() && {
  for (const FunctionId f : functions_) {
    if (f != no_function) builder_.mark_entry(f);
  }
  return derive_from_stacks(std::move(builder_).finish());
}

Profile focus_stacks(const Profile& profile, const std::vector<bool>& matched, const std::vector<bool>& ignored) {
  StackRebuild result(profile);
  std::vector<StackRebuild::Frame> frames;
  for (std::size_t i = 0; i < profile.samples.size(); ++i) {
    const std::span<const NodeId> path = result.path(i);
    const auto any = [&](const std::vector<bool>& marks) {
      return std::ranges::any_of(path, [&](NodeId node) { return marks[index(profile.nodes[index(node)].function)]; });
    };
    if (!any(matched) || any(ignored)) continue;
    frames.clear();
    for (const NodeId node : path)
      frames.push_back({result.same(profile.nodes[index(node)].function), profile.nodes[index(node)].line});
    result.add(i, frames);
  }
  return std::move(result).finish();
}

Profile fold_stacks(const Profile& profile, const std::vector<bool>& chosen) {
  StackRebuild result(profile);
  std::vector<StackRebuild::Frame> frames;
  for (std::size_t i = 0; i < profile.samples.size(); ++i) {
    frames.clear();
    const std::span<const NodeId> path = result.path(i);
    for (const NodeId node : path) {
      const Node& n = profile.nodes[index(node)];
      if (!chosen[index(n.function)]) frames.push_back({result.same(n.function), n.line});
    }
    if (frames.empty()) {
      const Node& outermost = profile.nodes[index(path.front())];
      frames.push_back({result.same(outermost.function), outermost.line});
    }
    result.add(i, frames);
  }
  return std::move(result).finish();
}

Profile group_stacks(const Profile& profile, const std::function<FunctionKey(const Function&)>& key, bool keeps_lines) {
  StackRebuild result(profile);
  std::vector<FunctionId> groups;
  for (const Function& f : profile.functions) groups.push_back(result.builder().function(key(f)));
  std::vector<StackRebuild::Frame> frames;
  for (std::size_t i = 0; i < profile.samples.size(); ++i) {
    frames.clear();
    for (const NodeId node : result.path(i)) {
      const Node& n = profile.nodes[index(node)];
      const FunctionId group = groups[index(n.function)];
      if (frames.empty() || frames.back().function != group) frames.push_back({group, 0});
      frames.back().line = keeps_lines ? n.line : 0;  // of the frame that made the call out of the group
    }
    result.add(i, frames);
  }
  return std::move(result).finish();
}

}  // namespace profconv
