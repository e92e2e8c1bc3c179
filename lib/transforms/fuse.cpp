#include <profconv/fuse.hpp>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>
#include <profconv/transforms.hpp>

#include "base/counted.hpp"
#include "transforms/fusion/join.hpp"
#include "transforms/fusion/place_calls.hpp"
#include "transforms/fusion/recover_calls.hpp"
#include "transforms/fusion/settle_lines.hpp"
#include "transforms/rebuild.hpp"

// The steps of a fusion: add up each kind; join the kinds (join.cpp, function_matcher.cpp); find the lines of calls
// (place_calls.cpp, true_lines.cpp) or calls themselves (recover_calls.cpp) in the source; make self costs of inclusive
// ones (settle_lines.cpp).

namespace profconv {
namespace {

bool is_sampled(const Profile& profile) { return profile.metric(samples_metric.name).has_value(); }

/// Whether lines know inclusive costs alone, so that there is something to settle.
bool has_inclusive_lines(const Profile& p) {
  for (std::size_t i = 0; i < p.line_total.rows(); ++i) {
    for (std::size_t m = 0; m < p.metrics.size(); ++m) {
      if (p.line_total.at(i, m) != not_measured && (p.line_self.empty() || p.line_self.at(i, m) == not_measured))
        return true;
    }
  }
  return false;
}

std::vector<FuseReport::Function> describe(const Joined& joined) {
  const Profile& p = joined.profile;
  std::vector<FuseReport::Function> functions(p.functions.size());
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const Function& f = p.functions[i];
    const Joined::Origin& origin = joined.origins[i];
    functions[i].name = std::string(p.text(f.file))
                            .append(":")
                            .append(std::to_string(f.line))
                            .append("(")
                            .append(p.text(p.text(f.qualified).empty() ? f.name : f.qualified))
                            .append(")");
    functions[i].in_calls = origin.seen[calls_kind];
    functions[i].in_lines = origin.seen[lines_kind];
    functions[i].in_memory = origin.seen[memory_kind] || origin.seen[traced_kind];
    // Functions without files, which may be the call graph's, are those that were looked for.
    const auto match = [&](std::initializer_list<std::size_t> kinds) {
      for (const std::size_t kind : kinds) {
        if (origin.match[kind] != FuseReport::Match::none) return origin.match[kind];
      }
      return FuseReport::Match::none;
    };
    if (functions[i].in_lines) functions[i].lines_matched = match({lines_kind, calls_kind});
    if (functions[i].in_memory) functions[i].memory_matched = match({memory_kind, traced_kind, calls_kind});
  }
  return functions;
}

// Without its source nobody knows what a function calls, and what its lines took is counted as its own.
void tell_without_source(const Profile& p, const SourceFiles& sources, Diagnostics& diagnostics) {
  std::vector<bool> has_lines(p.functions.size(), false);
  for (const Line& line : p.lines) has_lines[index(line.function)] = true;
  std::size_t all = 0, without = 0;
  for (std::size_t f = 0; f < has_lines.size(); ++f) {
    if (!has_lines[f]) continue;
    ++all;
    without += sources.find(p.text(p.functions[f].file)) == nullptr ? 1U : 0U;
  }
  if (all < 2 || without == 0) return;  // one alone has nothing twice
  diagnostics.warn({}, {},
                   "the source of " + counted(without, "function") + " of " + std::to_string(all) +
                       " was not found: what their lines spent in profiled functions counts twice");
}

void tell_unmatched(const FuseReport& report, Diagnostics& diagnostics) {
  const auto tell = [&](std::size_t unmatched, auto is_in, const char* profiler) {
    if (unmatched == 0) return;
    const auto all = static_cast<std::size_t>(std::ranges::count_if(report.functions, is_in));
    if (unmatched == all) {
      diagnostics.warn({}, {},
                       "no function of the " + std::string(profiler) + " (" + std::to_string(all) +
                           ") was seen by another profiler: was it another file, or another version of it? Its costs "
                           "are added to those of the others");
      return;
    }
    diagnostics.note({}, {},
                     counted(unmatched, "function") + " of the " + profiler +
                         (unmatched == 1 ? " was seen by no other profiler; it keeps"
                                         : " were seen by no other profiler; they keep") +
                         " what is known");
  };
  tell(
      report.unmatched_lines, [](const FuseReport::Function& f) { return f.in_lines; }, "line profile");
  tell(
      report.unmatched_memory, [](const FuseReport::Function& f) { return f.in_memory; }, "memory profile");
}

// Reports show and sort by time where there is one.
void warn_of_samples_without_time(std::size_t inputs, const std::string& first, Diagnostics& diagnostics) {
  diagnostics.warn(first, {},
                   counted(inputs, "input") + (inputs == 1 ? " has samples" : " have samples") +
                       " without a time, and others have times: these samples weigh nothing in what is shown by time; "
                       "--interval says what one is worth");
}

}  // namespace

struct Fuser::Impl {
  std::optional<Merger> kinds[profile_kinds];
  std::optional<bool> sampled;
  // Of sampled profiles: whether there are some with times; those that have samples alone.
  bool has_time = false;
  std::size_t without_time = 0;
  std::string first_without_time;
};

Fuser::Fuser() : impl_(std::make_unique<Impl>()) {}
Fuser::Fuser(Fuser&&) noexcept = default;
Fuser& Fuser::operator=(Fuser&&) noexcept = default;
Fuser::~Fuser() = default;

void Fuser::add(Profile&& profile) {
  const bool sampled = is_sampled(profile);
  const ProfileKind kind = sampled ? ProfileKind::calls : kind_of(profile);
  if (impl_->sampled.value_or(sampled) != sampled) {
    throw UsageError("a sampled profile and one that measured calls or lines cannot be fused: samples are no calls",
                     "convert them one by one");
  }
  impl_->sampled = sampled;
  if (sampled && !profile.functions.empty()) {
    if (profile.metric(time_metric.name)) {
      impl_->has_time = true;
    } else if (impl_->without_time++ == 0 && !profile.sources.empty()) {
      impl_->first_without_time = profile.text(profile.sources.front().name);
    }
  }
  std::optional<Merger>& merger = impl_->kinds[static_cast<std::size_t>(kind)];
  if (!merger) merger.emplace();
  merger->add(std::move(profile));
}

Profile Fuser::finish(const FuseOptions& options, Diagnostics& diagnostics, FuseReport* report) && {
  if (!impl_->kinds[calls_kind])
    std::swap(impl_->kinds[calls_kind], impl_->kinds[traced_kind]);  // the only one that knows calls
  std::optional<Profile> merged[profile_kinds];
  const Profile* profiles[profile_kinds] = {};
  std::size_t kinds = 0, last = 0;
  for (std::size_t k = 0; k < profile_kinds; ++k) {
    if (!impl_->kinds[k]) continue;
    merged[k] = std::move(*impl_->kinds[k]).finish();
    profiles[k] = &*merged[k];
    ++kinds;
    last = k;
  }
  if (impl_->has_time && impl_->without_time != 0)
    warn_of_samples_without_time(impl_->without_time, impl_->first_without_time, diagnostics);
  FuseReport own;
  FuseReport& told = report != nullptr ? *report : own;
  told.kinds = kinds;
  if (kinds == 1 && (*impl_->sampled || !has_inclusive_lines(*merged[last]))) return std::move(*merged[last]);
  const bool has_calls = profiles[calls_kind] != nullptr;
  if (kinds == 1 && !has_calls && (!options.recover_calls || options.sources == nullptr))
    return std::move(*merged[last]);

  Joined joined = join(profiles, options.sources);
  for (std::optional<Profile>& profile : merged) profile.reset();
  std::vector<FuseReport::Function> functions = describe(joined);
  Profile profile = std::move(joined.profile);
  if (has_calls) {
    profile = place_calls(std::move(profile), options.sources, functions);
  } else if (options.recover_calls) {
    RecoveredCalls recovered = recover_calls(std::move(profile), options.sources);
    profile = std::move(recovered.profile);
    if (options.sources != nullptr && options.sources->enabled())
      tell_without_source(profile, *options.sources, diagnostics);
    told.recovered_calls = recovered.edges;
    if (recovered.edges != 0) {
      diagnostics.note(
          {}, {},
          counted(recovered.edges, "call") +
              " between profiled functions found in their sources; how often and for how long is estimated "
              "from hits");
    }
  }
  // Where nobody recorded calls and none was found, what lines took themselves is not known.
  if (has_calls || !profile.calls.empty()) settle_lines(profile, functions);

  for (FuseReport::Function& f : functions) {
    if (!f.in_lines && !f.in_memory) continue;
    const bool alone = int{f.in_calls} + int{f.in_lines} + int{f.in_memory} == 1;
    if (alone && kinds > 1) ++(f.in_lines ? told.unmatched_lines : told.unmatched_memory);
    told.functions.push_back(std::move(f));
  }
  tell_unmatched(told, diagnostics);
  return profile;
}

Profile fuse(std::vector<Profile>&& profiles, const FuseOptions& options, Diagnostics& diagnostics,
             FuseReport* report) {
  Fuser fuser;
  for (Profile& profile : profiles) fuser.add(std::move(profile));
  return std::move(fuser).finish(options, diagnostics, report);
}

}  // namespace profconv
