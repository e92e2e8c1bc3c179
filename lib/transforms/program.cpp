#include "transforms/program.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <iterator>
#include <optional>

#include "base/parallel.hpp"
#include "base/path.hpp"
#include "base/prefetch.hpp"
#include "model/files_of.hpp"
#include "model/find_text.hpp"

namespace profconv {
namespace {

constexpr std::string_view package_file = "/__init__", frozen_file = "<frozen ";

std::string_view without_ending(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? path : path.substr(0, dot);
}

std::string_view folder_of(std::string_view path) {
  const std::size_t cut = path.rfind('/');
  return cut == std::string_view::npos ? std::string_view{} : path.substr(0, cut);
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

// "a . b" of a source is a/b of a path.
std::string as_path(std::string_view dotted) {
  std::string path(dotted);
  std::ranges::replace(path, '.', '/');
  if (path.find_first_of(" \t") != std::string::npos) std::erase_if(path, [](char c) { return c == ' ' || c == '\t'; });
  return path;
}

constexpr std::string_view comprehension_names[] = {"<listcomp>", "<dictcomp>", "<setcomp>"};

/// The library of a Python 3 that a file is in.
struct Library {
  int minor = 0;            // 13 for "/usr/lib/python3.13/abc.py" and "C:\\Python313\\Lib\\abc.py", 0 for other files
  std::string_view root{};  // "/usr/lib/python3.13/", "C:\\Python313\\"
};

Library library_of(std::string_view path) {
  for (const std::string_view folder : {"python3.", "Python3"}) {
    const std::size_t at = path.find(folder);
    if (at == std::string_view::npos || at == 0 || !is_separator(path[at - 1])) continue;
    const std::string_view rest = path.substr(at + folder.size());
    int minor = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), minor);
    if (error != std::errc{} || end == rest.data() + rest.size() || !(is_separator(*end) || *end == 't')) continue;
    const std::size_t cut = path.find_first_of("/\\", at);
    return {minor, path.substr(0, cut == std::string_view::npos ? at : cut + 1)};
  }
  return {};
}

// Where the modules of the standard library are, if this is the file of one: not what was installed beside them.
std::string_view library_folder(std::string_view path) {
  const std::string_view root = library_of(path).root;
  if (root.empty()) return {};
  const std::string_view rest = path.substr(root.size());
  constexpr std::string_view windows = "Lib\\";
  const std::size_t library = rest.starts_with(windows) ? windows.size() : 0;
  if (rest.substr(library).starts_with("site-packages") || rest.substr(library).starts_with("dist-packages")) return {};
  return path.substr(0, root.size() + library);
}

// "abc" of <frozen abc>. Nothing for the import system, which has rules of its own.
std::string_view frozen_module(std::string_view file) {
  const std::string_view name = file.substr(frozen_file.size(), file.size() - frozen_file.size() - 1);
  return file.ends_with('>') && !name.starts_with("importlib") && name != "zipimport" ? name : std::string_view{};
}

// Several versions, or systems, of a profile that others were added to, are as good as none.
Runtime runtime_of(const std::vector<std::string_view>& paths) {
  using System = Runtime::System;
  int least = 0, greatest = 0;
  bool windows = false, other = false;
  for (const std::string_view path : paths) {
    other = other || path.starts_with('/');
    windows = windows || (path.size() > 2 && path[1] == ':' && is_separator(path[2]));
    const int minor = library_of(path).minor;
    if (minor == 0) continue;
    least = least == 0 ? minor : std::min(least, minor);
    greatest = std::max(greatest, minor);
  }
  Runtime runtime;
  if (least != 0 && least == greatest) runtime.version = static_cast<std::uint16_t>(300 + least);
  // Relative paths are those of a program that ran where its sources are found, here.
  if (!windows || !other) runtime.system = windows ? System::windows : System::other;
  return runtime;
}

}  // namespace

bool makes_type_parameters(std::string_view name) { return name.starts_with("<generic parameters of "); }

const PythonIndex& Program::File::empty() {
  static const PythonIndex index{scan_python(std::string_view{})};
  return index;
}

Program::Program(const Profile& profile, const SourceFiles& sources)
    : profile_(profile), places_(profile.functions.size()) {
  list_files(sources);
  if (files_.empty()) return;
  read_files(sources);
  if (std::ranges::any_of(files_, [](const File& file) { return file.source != nullptr; })) find_runtime();
  for (const std::uint32_t f : in_files_) find_place(f);
  try_others(sources);
  find_places();
  find_packages(sources);
}

std::vector<std::string_view> Program::paths_of(const std::vector<StringId>& files) const {
  std::vector<std::string_view> paths;
  paths.reserve(files.size());
  for (const StringId file : files) paths.push_back(profile_.text(file));
  return paths;
}

// Most profiles come without their sources: that is found out by a look at each path.
void Program::list_files(const SourceFiles& sources) {
  constexpr std::uint32_t frozen = none - 1, there = none - 2, frozen_there = none - 3;
  const std::vector<StringId> files = files_of(profile_);
  const std::vector<std::string_view> paths = paths_of(files);
  const std::vector<bool> may_find = sources.may_find(paths);
  file_of_.assign(profile_.strings.size(), none);
  bool any = false;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const bool is_frozen = paths[i].starts_with(frozen_file);
    if (!is_frozen && !may_find[i]) continue;
    file_of_[index(files[i])] = is_frozen ? frozen : there;
    any = true;
  }
  if (!any) return;
  find_frozen(files, paths, sources);
  for (const Frozen& module : frozen_) file_of_[index(module.name)] = frozen_there;
  const std::size_t functions = profile_.functions.size();
  constexpr std::size_t ahead = 24;
  for (std::uint32_t f = 0; f < functions; ++f) {
    prefetch(&file_of_[index(profile_.functions[std::min(f + ahead, functions - 1)].file)]);
    const Function& function = profile_.functions[f];
    std::uint32_t& file = file_of_[index(function.file)];
    if (file == none) continue;
    const bool is_frozen = file == frozen && profile_.text(function.name) == "<module>";
    if (file == there || file == frozen_there || is_frozen) {
      const bool has_path = file == frozen_there;
      file = static_cast<std::uint32_t>(files_.size());
      files_.push_back({});
      files_.back().name = function.file;
      files_.back().is_frozen = is_frozen || has_path;
      if (has_path) files_.back().path = std::ranges::lower_bound(frozen_, function.file, {}, &Frozen::name)->path;
    }
    if (file != frozen) in_files_.push_back(f);
  }
  std::ranges::replace(file_of_, frozen, none);
}

// Which Python made the profile; that takes a look at all paths and texts.
void Program::find_runtime() {
  runtime_ = runtime_of(paths_of(files_of(profile_)));
  for (const std::string_view name : comprehension_names) {
    const std::optional<StringId> id = find_text(profile_.strings, name);
    if (id && std::ranges::find(profile_.functions, *id, &Function::name) != profile_.functions.end()) inlined_ = false;
  }
}

// What the interpreter holds stands beside the other files of its library as well, if the profile has one of these.
void Program::find_frozen(const std::vector<StringId>& files, const std::vector<std::string_view>& paths,
                          const SourceFiles& sources) {
  std::string_view folder;
  bool looked = false;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!paths[i].starts_with(frozen_file)) continue;
    const std::string_view module = frozen_module(paths[i]);
    if (module.empty()) continue;
    for (std::size_t k = 0; k < paths.size() && !looked && folder.empty(); ++k) folder = library_folder(paths[k]);
    looked = true;
    if (folder.empty()) return;
    std::string path = std::string(folder) + as_path(module) + ".py";
    if (sources.may_find(path)) frozen_.push_back({files[i], std::move(path)});
  }
  std::ranges::sort(frozen_, {}, &Frozen::name);
}

// Per file: the lines of its functions, ascending.
std::vector<std::vector<std::uint32_t>> Program::recorded_lines() const {
  std::vector<std::vector<std::uint32_t>> lines(files_.size());
  for (const std::uint32_t f : in_files_) {
    const Function& function = profile_.functions[f];
    lines[file_of_[index(function.file)]].push_back(function.line);
  }
  for (std::vector<std::uint32_t>& of_file : lines) std::ranges::sort(of_file);
  return lines;
}

void Program::read_files(const SourceFiles& sources) {
  const std::vector<std::vector<std::uint32_t>> lines = recorded_lines();
  const auto read = [&](std::size_t i) {
    File& file = files_[i];
    if (!file.is_frozen || !file.path.empty())
      file.source = sources.find(file.is_frozen ? std::string_view(file.path) : profile_.text(file.name));
    if (file.source != nullptr) file.code = &file.source->code(lines[i]);
    return file.source != nullptr;
  };
  // Where one is the others may be, too; that none is is known before a thread has started.
  std::size_t first = 0;
  while (first < files_.size() && !read(first)) ++first;
  std::atomic<std::size_t> next{first + 1};
  constexpr std::size_t most = 8;
  run_on_cores(std::min(most, (files_.size() - first) / 4 + 1), [&] {
    for (std::size_t i = next++; i < files_.size(); i = next++) read(i);
  });
}

// The scope that stands at a function's first line under its name.
std::uint32_t Program::scope_of(const File& file, const Function& function) const {
  const auto& scopes = file.code->scan.scopes;
  const auto& by_line = file.code->scopes_by_line;
  const std::string_view name = profile_.text(function.name);
  if (name == "<module>") return 0;
  const auto is_named = [&](std::string_view scope) {
    return name == scope ||
           (name.size() > scope.size() && name.ends_with(scope) && (name[name.size() - scope.size() - 1] == '.'));
  };
  auto at = std::ranges::lower_bound(by_line, function.line, {}, [&](std::uint32_t s) { return scopes[s].first_line; });
  for (; at != by_line.end() && scopes[*at].first_line == function.line; ++at) {
    if (*at != 0 && is_named(scopes[*at].name)) return *at;
  }
  // Before Python 3.8 the first line of a comprehension is that of its element, of a class that of `class`.
  const bool comprehension =
      std::ranges::find(comprehension_names, name) != std::end(comprehension_names) || name == "<genexpr>";
  for (std::size_t steps = 0; at != by_line.begin() && steps < 50; ++steps) {
    const PythonScan::Scope& scope = scopes[*--at];
    if (*at == 0 || !is_named(scope.name)) continue;
    if (comprehension ? scope.last_line >= function.line : scope.def_line == function.line) return *at;
  }
  return none;
}

// Code that only Python 3.12 and later make of a statement: what makes type parameters, and what is worked out when it
// is asked for, a bound of one (`T`) or the value of a type alias.
bool Program::is_part_of_types(const SourceFile& source, const Function& function) const {
  const std::string_view name = profile_.text(function.name);
  if (makes_type_parameters(name)) return true;
  std::string_view line = source.line(function.line);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  constexpr std::array<std::string_view, 4> statements = {"type ", "class ", "def ", "async def "};
  const bool may_have_some =
      std::ranges::any_of(statements, [&](std::string_view statement) { return line.starts_with(statement); });
  const std::size_t brackets = line.starts_with("type ") ? 0 : line.find('[');
  return may_have_some && brackets < line.find('(') && line.find(name, brackets) != std::string_view::npos;
}

void Program::find_place(std::uint32_t f) {
  const Function& function = profile_.functions[f];
  const std::uint32_t slot = file_of_[index(function.file)];
  File& file = files_[slot];
  places_[f] = {};
  if (file.is_frozen && profile_.text(function.name) == "<module>") places_[f] = {slot, 0};
  if (file.source == nullptr || is_part_of_types(*file.source, function)) return;
  ++file.recorded;
  const std::uint32_t scope = scope_of(file, function);
  if (scope == none) return;
  ++file.standing;
  places_[f] = {slot, scope};
}

// A name may be that of several files, below several folders or beside several profiles: the first one that fits.
void Program::try_others(const SourceFiles& sources) {
  NumberMap<std::vector<std::uint32_t>> functions_of;  // of files that do not fit
  for (const std::uint32_t f : in_files_) {
    const std::uint32_t slot = file_of_[index(profile_.functions[f].file)];
    if (files_[slot].source != nullptr && !files_[slot].fits()) functions_of[slot].push_back(f);
  }
  if (functions_of.empty()) return;
  const std::vector<std::vector<std::uint32_t>> lines = recorded_lines();
  for (auto& [slot, functions] : functions_of) {
    File& file = files_[slot];
    const std::string_view name = file.is_frozen ? std::string_view(file.path) : profile_.text(file.name);
    const auto look_at = [&](const SourceFile& source) {
      file.source = &source;
      file.code = &source.code(lines[slot]);
      file.recorded = file.standing = 0;
      for (const std::uint32_t f : functions) find_place(f);
    };
    const SourceFile* const first = file.source;
    const SourceFile* other = sources.find_another(name);
    if (other == nullptr) continue;
    for (; other != nullptr; other = sources.find_another(name)) {
      look_at(*other);
      if (file.fits()) break;
    }
    if (other == nullptr) look_at(*first);
  }
}

void Program::find_places() {
  module_paths_.resize(files_.size());
  for (std::uint32_t i = 0; i < files_.size(); ++i) {
    File& file = files_[i];
    if (file.source != nullptr && !file.fits()) {
      file.source = nullptr;
      file.code = &File::empty();
    }
    if (file.source == nullptr && !file.is_frozen) continue;
    const std::string_view path = module_paths_[i] = path_of(file);
    paths_.emplace(path, i);
    named_files_[path.substr(path.rfind('/') + 1)].push_back(i);
  }
  for (const std::uint32_t f : in_files_) {
    Place& place = places_[f];
    const bool is_imported = place && files_[place.file].is_frozen && place.scope == 0;
    if (place && files_[place.file].source == nullptr && !is_imported) place = {};
    if (place) at_.emplace(pair_of(place.file, place.scope), f);
  }
}

std::uint32_t Program::function_at(Place place) const noexcept {
  const auto found = at_.find(pair_of(place.file, place.scope));
  return found == at_.end() ? none : found->second;
}

std::vector<std::uint32_t> Program::returns(Place function) const {
  std::vector<std::uint32_t> found;
  const auto& all = scan(function.file).returns;
  const auto& returns = files_[function.file].code->returns_by_scope;
  auto at = std::ranges::lower_bound(returns, function.scope, {}, [&](std::uint32_t i) { return all[i].scope; });
  for (; at != returns.end() && all[*at].scope == function.scope; ++at) found.push_back(all[*at].value);
  return found;
}

// "a/b" for a/b.py, a/b/__init__.py and <frozen a.b>.
std::string Program::path_of(const File& file) const {
  std::string_view path = profile_.text(file.name);
  if (file.is_frozen) {
    path.remove_prefix(frozen_file.size());
    return as_path(path.substr(0, path.size() - 1));
  }
  path = without_ending(path);
  if (path.ends_with(package_file)) path.remove_suffix(package_file.size());
  return std::string(path);
}

// Of a package that was loaded before the profile began, no function need be in it.
void Program::find_packages(const SourceFiles& sources) {
  TextSet known;
  for (std::uint32_t i = 0; i < files_.size(); ++i) {
    if (files_[i].source == nullptr) continue;
    const std::string_view folder = folder_of(module_paths_[i]);
    if (folder.empty() || paths_.contains(folder) || !known.emplace(folder).second) continue;
    if (sources.is_there(std::string(folder) + std::string(package_file) + ".py")) packages_.emplace(folder);
  }
}

bool Program::is_package(std::uint32_t file) const {
  return without_ending(profile_.text(files_[file].name)).ends_with(package_file);
}

std::uint32_t Program::file_at(std::string_view folder, std::string_view dotted) const {
  std::string path(folder);
  if (!dotted.empty()) {
    if (!path.empty()) path += '/';
    path += dotted;
  }
  const auto found = paths_.find(path);
  return found == paths_.end() ? none : found->second;
}

std::uint32_t Program::module_file(std::uint32_t importer, std::string_view module, std::uint32_t level,
                                   std::string_view name) const {
  std::string dotted = as_path(module);
  if (!name.empty()) {
    if (!dotted.empty()) dotted += '/';
    dotted += name;
  }
  const std::string_view from = profile_.text(files_[importer].name);
  if (level > 0) {
    std::string_view folder = folder_of(from);
    for (std::uint32_t up = 1; up < level; ++up) folder = folder_of(folder);
    return file_at(folder, dotted);
  }
  if (dotted.empty()) return none;
  // The file whose path ends like the module's name; of several the one nearest to the importer.
  const std::size_t cut = dotted.rfind('/');
  const auto named = named_files_.find(std::string_view(dotted).substr(cut + 1));  // npos + 1 is 0
  if (named == named_files_.end()) return none;
  std::uint32_t best = none;
  std::size_t best_rank = 0;
  for (const std::uint32_t file : named->second) {
    const std::string_view path = module_paths_[file];
    if (!path.ends_with(dotted)) continue;
    const std::size_t rest = path.size() - dotted.size();
    if (rest > 0 && path[rest - 1] != '/') continue;
    const std::string_view root = path.substr(0, rest);
    // `import a` is not x/a.py where x is a package.
    const auto above = rest > 0 ? paths_.find(root.substr(0, rest - 1)) : paths_.end();
    const bool inside_package =
        above != paths_.end() ? is_package(above->second) : rest > 0 && packages_.contains(root.substr(0, rest - 1));
    const std::size_t rank = (inside_package ? 1 : 100'000) + common_prefix(root, from);
    if (rank > best_rank ||
        (rank == best_rank && profile_.text(files_[file].name) < profile_.text(files_[best].name))) {
      best = file;
      best_rank = rank;
    }
  }
  return best_rank >= 100'000 ? best : none;
}

}  // namespace profconv
