#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <profconv/diagnostics.hpp>
#include <profconv/transforms.hpp>

#include "model/short_paths.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {

Profile strip_paths(Profile&& profile) {
  const Profile& p = profile;
  const ShortPaths paths(p);
  if (std::ranges::all_of(p.functions, [&](const Function& f) { return paths.path(f.file) == p.text(f.file); }))
    return std::move(profile);

  Rebuild result(p);
  for (std::uint32_t i = 0; i < p.functions.size(); ++i) {
    const FunctionId f{i};
    Function key = p.functions[i];
    key.file = result.builder().intern(paths.path(key.file));
    result.add_whole(f, key);
  }
  result.builder().rename_source_files([&](StringId file) { return result.builder().intern(paths.path(file)); });
  for (std::size_t i = 0; i < p.calls.size(); ++i) result.add_call(i);
  result.add_stacks(Rebuild::Dropped::cut);
  return std::move(result).finish();
}

}  // namespace profconv
