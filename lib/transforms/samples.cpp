#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/diagnostics.hpp>
#include <profconv/error.hpp>
#include <profconv/transforms.hpp>

#include "base/pattern.hpp"
#include "base/visible.hpp"
#include "model/from_stacks.hpp"
#include "transforms/rebuild.hpp"
#include "transforms/stack_rebuild.hpp"

namespace profconv {
namespace {

using State = SampleOptions::State;

std::uint32_t bit_of(State state) {
  switch (state) {
    case State::gil: return Labels::has_gil;
    case State::cpu: return Labels::on_cpu;
    case State::exception: return Labels::in_exception;
  }
  return 0;
}

const char* name_of(State state) {
  switch (state) {
    case State::gil: return "gil";
    case State::cpu: return "cpu";
    case State::exception: return "exception";
  }
  return "";
}

/// The labels whose samples stay.
class Choice {
 public:
  Choice(const Profile& profile, const SampleOptions& options) : p_(profile), kept_(profile.labels.size(), true) {
    if (!options.threads.empty()) choose_threads(options.threads);
    for (const State state : options.only) choose_state(state);
  }

  bool operator[](LabelsId labels) const { return kept_[index(labels)]; }

 private:
  void choose_threads(const std::vector<std::string>& names) {
    std::vector<bool> wanted(kept_.size(), false);
    for (const std::string& name : names) {
      const Pattern glob = Pattern::glob(name);
      bool found = false;
      for (std::size_t i = 0; i < kept_.size(); ++i) {
        const Labels& l = p_.labels[i];
        const std::string_view thread = p_.text(l.thread), own = own_name(thread);
        const bool is_main = name == "main" && ((l.status & Labels::main_thread) != 0 || own == "MainThread");
        if (!is_main && (thread.empty() || !(glob.matches(thread) || glob.matches(own)))) continue;
        wanted[i] = found = true;
      }
      if (!found) throw UsageError("there is no thread " + quoted(name), known_threads());
    }
    for (std::size_t i = 0; i < kept_.size(); ++i) kept_[i] = kept_[i] && wanted[i];
  }

  // "worker" of py-spy's "(0x7F12): worker".
  static std::string_view own_name(std::string_view thread) {
    const std::size_t end = thread.starts_with('(') ? thread.find("): ") : std::string_view::npos;
    return end == std::string_view::npos ? thread : thread.substr(end + 3);
  }

  void choose_state(State state) {
    std::uint32_t seen = 0;
    for (const Labels& l : p_.labels) seen |= l.status;
    if (seen == 0)
      throw UsageError("the profile does not say which samples were of state " + std::string(name_of(state)),
                       "binary recordings of Python 3.15's profiler do");
    if ((seen & bit_of(state)) == 0 && (seen & Labels::unknown) != 0)
      throw UsageError("no sample is known to be of state " + std::string(name_of(state)),
                       "the mode in which Python's profiler recorded did not look at it; see its option --mode");
    for (std::size_t i = 0; i < kept_.size(); ++i) kept_[i] = kept_[i] && (p_.labels[i].status & bit_of(state)) != 0;
  }

  std::string known_threads() const {
    constexpr std::size_t most = 8;
    std::vector<std::string_view> names;
    for (const Labels& l : p_.labels) {
      const std::string_view name = p_.text(l.thread);
      if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
    if (names.empty()) return "the profile does not tell threads apart";
    std::string text = names.size() == 1 ? "there is only" : "there are";
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i) text += (i == 0 ? " " : ", ") + quoted(names[i]);
    if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
    return text;
  }

  const Profile& p_;
  std::vector<bool> kept_;
};

/// The frames that stand for a sample's process and thread; named as py-spy names them. Of several processes threads
/// may have one name: then the process is a part of it.
class Roots {
 public:
  explicit Roots(const Profile& profile) : p_(profile) {
    for (const Labels& l : p_.labels) processes_[l.thread].insert(l.process);
  }

  void add(StackRebuild& result, const Labels& labels, std::vector<StackRebuild::Frame>& frames) const {
    const std::string_view process = p_.text(labels.process), thread = p_.text(labels.thread);
    const auto add = [&](const std::string& name) { frames.push_back({result.builder().function({.name = name}), 0}); };
    const std::string of_process = "process " + std::string(process);
    if (!process.empty()) add(of_process);
    if (thread.empty()) return;
    std::string name =
        thread.starts_with('(') ? "thread " + std::string(thread) : "thread (" + std::string(thread) + ")";
    if (!process.empty() && processes_.at(labels.thread).size() > 1) name += " of " + of_process;
    add(name);
  }

 private:
  const Profile& p_;
  std::map<StringId, std::set<StringId>> processes_;  // per thread
};

}  // namespace

Profile select_samples(Profile&& profile, const SampleOptions& options, Diagnostics& diagnostics) {
  if (!options.any()) return std::move(profile);
  if (!has_complete_stacks(profile))
    throw UsageError("threads and states belong to samples of stacks, and the profile has none, or not for all costs",
                     "binary recordings of Python 3.15's profiler and collapsed stacks have them");
  const Choice choice(profile, options);
  const Roots roots(profile);
  StackRebuild result(profile);
  std::vector<StackRebuild::Frame> frames;
  std::size_t dropped = 0;
  for (std::size_t i = 0; i < profile.samples.size(); ++i) {
    const LabelsId labels = profile.samples[i].labels;
    if (!choice[labels]) {
      ++dropped;
      continue;
    }
    frames.clear();
    if (options.separate_threads) roots.add(result, profile.labels[index(labels)], frames);
    for (const NodeId node : result.path(i))
      frames.push_back({result.same(profile.nodes[index(node)].function), profile.nodes[index(node)].line});
    result.add(i, frames);
  }
  if (dropped != 0 && dropped == profile.samples.size())
    diagnostics.warn({}, {}, "no sample is left of the chosen threads and states");
  return std::move(result).finish();
}

}  // namespace profconv
