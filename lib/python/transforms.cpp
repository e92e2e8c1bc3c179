#include "python/transforms.hpp"

#include <string>
#include <utility>
#include <vector>

#include <boost/python/def.hpp>
#include <boost/python/dict.hpp>
#include <boost/python/extract.hpp>
#include <boost/python/list.hpp>
#include <profconv/error.hpp>
#include <profconv/fuse.hpp>
#include <profconv/prepare.hpp>
#include <profconv/source.hpp>
#include <profconv/transforms.hpp>

#include "python/arguments.hpp"
#include "python/core_profile.hpp"
#include "python/gil.hpp"
#include "python/options.hpp"
#include "python/report.hpp"
#include "python/text.hpp"

namespace profconv::python {
namespace {

namespace py = boost::python;

/// Applies `change` to a copy, without the interpreter's lock.
template <class Change>
CoreProfile changed(const CoreProfile& profile, py::list& report, Change change) {
  const Handle before = profile.handle;
  Diagnostics diagnostics;
  Handle after;
  {
    const WithoutGil released;
    after = make_handle(change(Profile(**before), diagnostics));
  }
  append(report, diagnostics);
  return {after};
}

std::vector<Handle> handles_of(const py::list& profiles) {
  std::vector<Handle> handles;
  for (py::ssize_t i = 0; i < py::len(profiles); ++i) {
    const py::extract<const CoreProfile&> profile(profiles[i]);
    if (!profile.check()) type_error("expected a profile, found " + type_name(profiles[i]));
    handles.push_back(profile().handle);
  }
  if (handles.empty()) throw UsageError("at least one profile is needed");
  return handles;
}

CoreProfile merge_profiles(const py::list& profiles) {
  const std::vector<Handle> handles = handles_of(profiles);
  Handle sum;
  {
    const WithoutGil released;
    Merger merger;
    for (const Handle& handle : handles) merger.add(Profile(**handle));
    sum = make_handle(std::move(merger).finish());
  }
  return {sum};
}

CoreProfile fuse_profiles(const py::list& profiles, const py::dict& arguments, py::list lines, py::list report) {
  const std::vector<Handle> handles = handles_of(profiles);
  const FuseArguments options = fuse_options(arguments);
  Diagnostics diagnostics;
  FuseReport fused;
  Handle sum;
  {
    const WithoutGil released;
    const SourceFiles sources(options.sources);
    Fuser fuser;
    for (const Handle& handle : handles) fuser.add(Profile(**handle));
    sum = make_handle(
        std::move(fuser).finish({.sources = &sources, .recover_calls = options.recover_calls}, diagnostics, &fused));
    sources.report(diagnostics);
  }
  for (const std::string& line : to_lines(fused)) lines.append(to_str(line));
  append(report, diagnostics);
  return {sum};
}

CoreProfile fold_profile(const CoreProfile& profile, const py::dict& arguments, py::list report) {
  const TextsOf texts(**profile.handle);
  const FoldOptions options = fold_options(arguments);
  return changed(profile, report, [&](Profile&& p, Diagnostics& d) { return fold(std::move(p), options, d); });
}

CoreProfile split_profile(const CoreProfile& profile, const py::dict& arguments, py::list report) {
  const SplitArguments given = split_options(arguments);
  return changed(profile, report, [&](Profile&& p, Diagnostics& d) {
    const SourceFiles sources(given.sources);
    SplitOptions options = given.options;
    options.sources = &sources;
    return split(std::move(p), options, d);
  });
}

CoreProfile apply_profile_sources(const CoreProfile& profile, const py::dict& arguments, py::list report) {
  const SourceArguments options = source_options(arguments);
  return changed(profile, report, [&](Profile&& p, Diagnostics& d) {
    const SourceFiles sources(options.sources);
    SourceReport used;
    Profile applied = apply_sources(std::move(p), sources, options.use, used, d);
    sources.report(d);
    return applied;
  });
}

/// Qualified names, no false cycles, calls on their lines: as prof2calltree does it, and without a copy for each step.
CoreProfile prepare_calltree(CoreProfile& profile, const py::dict& arguments, py::list report) {
  const CalltreeArguments options = calltree_options(arguments);
  const Handle before = options.is_last ? std::exchange(profile.handle, make_handle(Profile())) : profile.handle;
  const bool is_alone = before.use_count() == 1;  // while the lock is held nobody else comes or goes
  Diagnostics diagnostics;
  Handle after;
  {
    const WithoutGil released;
    Profile p = is_alone ? std::move(*before).take() : Profile(**before);
    const SourceFiles sources(options.sources);
    // Of lines alone, the calls between their functions.
    if (p.calls.empty() && !p.lines.empty()) {
      Fuser fuser;
      fuser.add(std::move(p));
      p = std::move(fuser).finish({.sources = &sources}, diagnostics, nullptr);
    }
    p = prepare(std::move(p), sources, {.split = options.split}, diagnostics);
    sources.report(diagnostics);
    after = make_handle(std::move(p));
  }
  append(report, diagnostics);
  return {after};
}

CoreProfile focus_profile(const CoreProfile& profile, const py::dict& arguments, py::list report) {
  const TextsOf texts(**profile.handle);
  const FocusOptions options = focus_options(arguments);
  return changed(profile, report, [&](Profile&& p, Diagnostics& d) { return focus(std::move(p), options, d); });
}

CoreProfile prune_profile(const CoreProfile& profile, const py::dict& arguments, py::list report) {
  const PruneOptions options = prune_options(arguments);
  return changed(profile, report, [&](Profile&& p, Diagnostics& d) { return prune(std::move(p), options, d); });
}

constexpr std::pair<const char*, GroupBy> groups[] = {{"function", GroupBy::function},
                                                      {"file", GroupBy::file},
                                                      {"module", GroupBy::module},
                                                      {"package", GroupBy::package}};

CoreProfile group_profile(const CoreProfile& profile, const py::object& by, py::list report) {
  const GroupBy what = Argument("by", by).choice<GroupBy>(groups);
  return changed(profile, report, [&](Profile&& p, Diagnostics& d) { return group(std::move(p), what, d); });
}

CoreProfile map_profile_paths(const CoreProfile& profile, const py::list& pairs, py::list report) {
  const TextsOf texts(**profile.handle);
  std::vector<PathMapping> mappings;
  for (py::ssize_t i = 0; i < py::len(pairs); ++i) {
    mappings.push_back({bytes_of(pairs[i][0], "path"), bytes_of(pairs[i][1], "path")});
    if (mappings.back().from.empty()) throw UsageError("the path to be mapped is empty");
  }
  return changed(profile, report, [&](Profile&& p, Diagnostics& d) { return map_paths(std::move(p), mappings, d); });
}

CoreProfile strip_profile_paths(const CoreProfile& profile, py::list report) {
  return changed(profile, report, [](Profile&& p, Diagnostics&) { return strip_paths(std::move(p)); });
}

}  // namespace

void export_transforms() {
  py::def("merge", merge_profiles);
  py::def("fuse", fuse_profiles);
  py::def("fold", fold_profile);
  py::def("split", split_profile);
  py::def("apply_sources", apply_profile_sources);
  py::def("prepare_calltree", prepare_calltree);
  py::def("focus", focus_profile);
  py::def("prune", prune_profile);
  py::def("group", group_profile);
  py::def("map_paths", map_profile_paths);
  py::def("strip_paths", strip_profile_paths);
}

}  // namespace profconv::python
