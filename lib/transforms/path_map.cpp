#include <optional>
#include <string>
#include <utility>

#include <profconv/diagnostics.hpp>
#include <profconv/error.hpp>
#include <profconv/transforms.hpp>

#include "base/counted.hpp"
#include "base/visible.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {

PathMapping parse_path_mapping(std::string_view text) {
  const std::size_t equal = text.find('=');
  if (equal == std::string_view::npos || equal == 0) {
    throw UsageError("bad path mapping " + quoted(text) + ": expected OLD=NEW", "e.g. /build/src=/home/me/src");
  }
  return {std::string(text.substr(0, equal)), std::string(text.substr(equal + 1))};
}

Profile map_paths(Profile&& profile, std::span<const PathMapping> mappings, Diagnostics& diagnostics) {
  if (mappings.empty()) return std::move(profile);
  const Profile& p = profile;
  const auto mapped = [&](StringId file) -> std::optional<std::string> {  // nothing: as it is
    const std::string_view path = p.text(file);
    for (const PathMapping& mapping : mappings) {
      if (path.starts_with(mapping.from)) return mapping.to + std::string(path.substr(mapping.from.size()));
    }
    return std::nullopt;
  };
  std::vector<std::optional<std::string>> files;
  bool changed = false;
  for (const Function& function : p.functions) {
    files.push_back(mapped(function.file));
    changed = changed || (files.back() && *files.back() != p.text(function.file));
  }
  if (!changed) return std::move(profile);

  Rebuild result(p);
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    Function key = p.functions[i];
    if (files[i]) key.file = result.builder().intern(*files[i]);
    result.add_function(FunctionId{i}, key);
  }
  const std::size_t merged = p.functions.size() - result.builder().function_count();
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    const FunctionId f{i};
    result.add_counts(f);
    result.add_costs(f);
    result.add_lines(f);
    if (merged != 0) result.add_missing_lines(f);
  }
  for (std::size_t i = 0; i < p.calls.size(); ++i) result.add_call(i);
  result.builder().rename_source_files([&](StringId file) {
    const std::optional<std::string> path = mapped(file);
    return path ? result.builder().intern(*path) : file;
  });
  result.add_stacks(Rebuild::Dropped::cut);
  if (merged == 0) {
    result.add_recorded();
  } else {
    diagnostics.warn({}, {},
                     "path mapping made " + counted(merged, "function") + " equal to others; their costs are added up");
  }
  return std::move(result).finish();
}

}  // namespace profconv
