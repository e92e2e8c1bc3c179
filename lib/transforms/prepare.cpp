#include <cstddef>
#include <utility>

#include <profconv/prepare.hpp>

namespace profconv {
namespace {

class Preparation {
 public:
  Preparation(const SourceFiles& sources, const PrepareOptions& options, Diagnostics& diagnostics,
              PrepareReport& report)
      : sources_(sources), options_(options), diagnostics_(diagnostics), report_(report) {}

  Profile run(Profile&& profile) {
    profile = select_samples(std::move(profile), options_.samples, diagnostics_);
    profile = name_functions(std::move(profile));
    if (options_.split || options_.fold.imports) profile = split_functions(std::move(profile));
    profile = focus(std::move(profile), options_.focus, diagnostics_);
    FoldOptions late = options_.fold;
    if (std::exchange(late.imports, false)) profile = fold(std::move(profile), {.imports = true}, diagnostics_);
    if (may_find_lines_) profile = place_calls(std::move(profile));
    return fold(std::move(profile), late, diagnostics_);
  }

 private:
  // What cannot be used is told when lines are looked for.
  Profile name_functions(Profile&& profile) {
    SourceReport found;
    Diagnostics unheard;
    const SourceUse use{.calls = false, .names = options_.use.names, .callers = options_.use.callers};
    profile = apply_sources(std::move(profile), sources_, use, found, unheard);
    // Where none of those that were looked for is there, there are none to find lines in either.
    may_find_lines_ = found.files == 0 || found.files_used + found.files_misfit != 0;
    report_.sources.callers_found = found.callers_found;
    return std::move(profile);
  }

  Profile split_functions(Profile&& profile) {
    const std::size_t said_before = diagnostics_.all().size();
    profile = split(std::move(profile),
                    {.sources = &sources_,
                     .estimate_importers = options_.fold.imports,
                     .keep_call_self = options_.keep_call_self || options_.fold.any(),
                     .mark_shares = options_.mark_shares},
                    diagnostics_);
    for (std::size_t i = said_before; i < diagnostics_.all().size(); ++i)
      report_.split.push_back(diagnostics_.all()[i].text);
    return std::move(profile);
  }

  Profile place_calls(Profile&& profile) {
    const SourceUse use{.calls = options_.use.calls, .names = options_.use.names, .callers = false};
    return apply_sources(std::move(profile), sources_, use, report_.sources, diagnostics_);
  }

  const SourceFiles& sources_;
  const PrepareOptions& options_;
  Diagnostics& diagnostics_;
  PrepareReport& report_;
  bool may_find_lines_ = true;
};

}  // namespace

Profile prepare(Profile&& profile, const SourceFiles& sources, const PrepareOptions& options, Diagnostics& diagnostics,
                PrepareReport* report) {
  PrepareReport told;
  profile = Preparation(sources, options, diagnostics, told).run(std::move(profile));
  if (report != nullptr) *report = std::move(told);
  return std::move(profile);
}

}  // namespace profconv
