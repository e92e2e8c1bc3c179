#include "transforms/program.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <iterator>
#include <optional>

#include "base/group_rows.hpp"
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

// "a.b" of a name is a/b of a path.
std::string as_path(std::string_view dotted) {
  std::string path(dotted);
  std::ranges::replace(path, '.', '/');
  return path;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The name of a module as an import statement has it, and that of one in it: what path ends like both? "a . b" of a
// source is a/b of a path.
class ModuleName {
 public:
  ModuleName(std::string_view module, std::string_view inner) : module_(module), inner_(inner) {}

  bool is_empty() const noexcept { return module_.empty() && inner_.empty(); }
  std::string_view last_part() const noexcept {
    return inner_.empty() ? without_blanks(module_.substr(module_.rfind('.') + 1)) : inner_;  // npos + 1 is 0
  }
  /// How much of the path stands before the name, the slash included; nothing if it does not end like it.
  std::optional<std::size_t> rest_of(std::string_view path) const noexcept {
    std::string_view rest = path;
    if (!inner_.empty()) {
      if (!rest.ends_with(inner_)) return std::nullopt;
      rest.remove_suffix(inner_.size());
      if (!module_.empty()) {
        if (!rest.ends_with('/')) return std::nullopt;
        rest.remove_suffix(1);
      }
    }
    for (std::size_t i = module_.size(); i-- > 0;) {
      if (is_blank(module_[i])) continue;
      if (rest.empty() || rest.back() != (module_[i] == '.' ? '/' : module_[i])) return std::nullopt;
      rest.remove_suffix(1);
    }
    if (!rest.empty() && rest.back() != '/') return std::nullopt;
    return rest.size();
  }

 private:
  std::string_view module_, inner_;
};

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
  show_source_lines(profile, sources);
  list_files(sources);
  if (files_.empty()) return;
  read_files(sources);
  if (std::ranges::any_of(files_, [](const File& file) { return file.source != nullptr; })) find_runtime();
  try_others(sources);
  find_places();
  find_packages(sources);
  find_imported();
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
  std::vector<std::uint32_t> in_files;
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
    if (file != frozen) in_files.push_back(f);
  }
  std::ranges::replace(file_of_, frozen, none);
  group_rows(
      in_files.size(), [&](std::size_t i) { return in_files[i]; }, files_.size(),
      [&](std::uint32_t f) { return file_of_[index(profile_.functions[f].file)]; }, first_in_file_, in_files_);
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

// Of the functions of a file, ascending.
std::vector<std::uint32_t> Program::recorded_lines(std::uint32_t file) const {
  std::vector<std::uint32_t> lines;
  for (const std::uint32_t f : functions_in(file)) lines.push_back(profile_.functions[f].line);
  std::ranges::sort(lines);
  return lines;
}

// Its functions are looked for while all that was read is still near.
bool Program::read_file(std::uint32_t slot, const SourceFiles& sources) {
  File& file = files_[slot];
  if (!file.is_frozen || !file.path.empty())
    file.source = sources.find(file.is_frozen ? std::string_view(file.path) : profile_.text(file.name));
  if (file.source != nullptr) file.code = &file.source->code(recorded_lines(slot));
  for (const std::uint32_t f : functions_in(slot)) find_place(f);
  return file.source != nullptr;
}

void Program::read_files(const SourceFiles& sources) {
  // Where one is the others may be, too; that none is is known before a thread has started.
  const auto files = static_cast<std::uint32_t>(files_.size());
  std::uint32_t first = 0;
  while (first < files && !read_file(first, sources)) ++first;
  std::atomic<std::uint32_t> next{first + 1};
  constexpr std::size_t most = 8;
  run_on_cores(std::min<std::size_t>(most, (files - first) / 4 + 1), [&] {
    for (std::uint32_t i = next++; i < files; i = next++) read_file(i, sources);
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

// A sampler records no first lines, and an input that shows the beginning of a function may have ended there: neither
// says that the file is of another version.
void Program::find_place(std::uint32_t f) {
  const Function& function = profile_.functions[f];
  const std::uint32_t slot = file_of_[index(function.file)];
  File& file = files_[slot];
  places_[f] = {};
  if (file.is_frozen && profile_.text(function.name) == "<module>") places_[f] = {slot, 0};
  if (file.source == nullptr || !file.source->knows(function.line)) return;
  const std::uint32_t scope = scope_of(file, function);
  const bool is_open = function.line == 0 || !file.source->is_whole();
  if (scope == none && (is_open || is_part_of_types(*file.source, function))) return;
  ++file.recorded;
  if (scope == none) return;
  ++file.standing;
  places_[f] = {slot, scope};
}

// A name may be that of several files, below several folders or beside several profiles: the first one that fits.
void Program::try_others(const SourceFiles& sources) {
  for (std::uint32_t slot = 0; slot < files_.size(); ++slot) {
    File& file = files_[slot];
    if (file.source == nullptr || file.fits()) continue;
    const std::string_view name = file.is_frozen ? std::string_view(file.path) : profile_.text(file.name);
    const auto look_at = [&](const SourceFile& source) {
      file.source = &source;
      file.code = &source.code(recorded_lines(slot));
      file.recorded = file.standing = 0;
      for (const std::uint32_t f : functions_in(slot)) find_place(f);
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
  function_at_.resize(files_.size());
  for (std::uint32_t i = 0; i < files_.size(); ++i) {
    const File& file = files_[i];
    std::vector<std::uint32_t>& at = function_at_[i];
    at.assign(file.code->scan.scopes.size(), none);
    for (const std::uint32_t f : functions_in(i)) {
      Place& place = places_[f];
      const bool is_imported = place && file.is_frozen && place.scope == 0;
      if (place && file.source == nullptr && !is_imported) place = {};
      if (place && at[place.scope] == none) at[place.scope] = f;
    }
  }
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

void Program::find_imported() {
  imported_.resize(files_.size());
  std::atomic<std::uint32_t> next{0};
  const auto find = [&] {
    for (std::uint32_t file = next++; file < files_.size(); file = next++) {
      const std::vector<PythonScan::Import>& imports = scan(file).imports;
      std::vector<std::uint32_t>& modules = imported_[file];
      modules.reserve(imports.size());
      for (const PythonScan::Import& import : imports) {
        const std::size_t dot = import.module.find('.');
        const bool is_same = !import.first && !import.name.empty() && !modules.empty();  // from module import a, b
        std::uint32_t module = is_same ? modules.back() : module_file(file, import.module, import.level);
        if (module == none && import.name.empty() && dot != std::string_view::npos)
          module = module_file(file, import.module.substr(0, dot), import.level);
        modules.push_back(module);
      }
    }
  };
  constexpr std::size_t most = 8, worth_a_thread = 64;
  run_on_cores(std::min(most, files_.size() / worth_a_thread + 1), find);
}

bool Program::is_package(std::uint32_t file) const {
  return without_ending(profile_.text(files_[file].name)).ends_with(package_file);
}

bool Program::is_package_folder(std::string_view folder) const {
  const auto known = paths_.find(folder);
  return known != paths_.end() ? is_package(known->second) : packages_.contains(folder);
}

// Of `from . import name`: the package, or what is in it by that name.
std::uint32_t Program::file_below(std::string_view folder, std::string_view module, std::string_view name) const {
  std::string path(folder);
  for (std::string_view part : {module, name}) {
    if (part.empty()) continue;
    if (!path.empty()) path += '/';
    for (const char c : part) {
      if (!is_blank(c)) path += c == '.' ? '/' : c;
    }
  }
  const auto found = paths_.find(path);
  return found == paths_.end() ? none : found->second;
}

std::uint32_t Program::module_file(std::uint32_t importer, std::string_view module, std::uint32_t level,
                                   std::string_view name) const {
  const std::string_view from = profile_.text(files_[importer].name);
  if (level > 0) {
    std::string_view folder = folder_of(from);
    for (std::uint32_t up = 1; up < level; ++up) folder = folder_of(folder);
    return file_below(folder, module, name);
  }
  const ModuleName wanted(module, name);
  if (wanted.is_empty()) return none;
  // The file whose path ends like the module's name; of several the one nearest to the importer.
  const auto named = named_files_.find(wanted.last_part());
  if (named == named_files_.end()) return none;
  // Programs have tens of one name; a made-up profile, whose report shows all sources, may have any number.
  constexpr std::size_t most = 256;
  std::uint32_t best = none;
  std::string_view best_root;
  for (const std::uint32_t file : std::span(named->second).first(std::min(most, named->second.size()))) {
    const std::string_view path = module_paths_[file];
    const std::optional<std::size_t> rest = wanted.rest_of(path);
    if (!rest) continue;
    const std::string_view root = path.substr(0, *rest);
    // `import a` is not x/a.py where x is a package.
    if (!root.empty() && is_package_folder(root.substr(0, *rest - 1))) continue;
    const auto is_nearer = [&] {
      const std::size_t near = common_prefix(root, from), best_near = common_prefix(best_root, from);
      return near != best_near ? near > best_near : profile_.text(files_[file].name) < profile_.text(files_[best].name);
    };
    if (best != none && !is_nearer()) continue;
    best = file;
    best_root = root;
  }
  return best;
}

}  // namespace profconv
