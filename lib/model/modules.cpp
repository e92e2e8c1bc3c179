#include "model/modules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <utility>

#include "base/hash.hpp"
#include "base/hash_tables.hpp"
#include "base/one_of.hpp"
#include "base/path.hpp"
#include "model/files_of.hpp"
#include "model/id_index.hpp"
#include "model/origin.hpp"

namespace profconv {
namespace {

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= path.size(); ++i) {
    if (i < path.size() && !is_separator(path[i])) continue;
    parts.push_back(path.substr(begin, i - begin));
    begin = i + 1;
  }
  return parts;
}

bool is_absolute(std::string_view path) {
  return is_separator(path[0]) || (path.size() > 2 && path[1] == ':' && is_separator(path[2]));
}

std::string_view without_ending(std::string_view file) {
  const std::size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return file;
  const bool known = is_one_of(file.substr(dot), {".py", ".pyc", ".pyo", ".pyw", ".pyx", ".ipynb"});
  return known ? file.substr(0, dot) : file;
}

// "python3.11", "pypy3.9", "python27.zip", "2.7" below lib-python
bool is_library_folder(const std::vector<std::string_view>& parts, std::size_t i) {
  const std::string_view part = parts[i];
  if (is_one_of(part, {"site-packages", "dist-packages", "lib-dynload", "lib_pypy"})) return true;
  if (part.ends_with(".zip") || part.ends_with(".egg") || part.ends_with(".whl")) return true;
  if (i == 0) return false;
  const std::string_view above = parts[i - 1];
  if (above == "lib-python") return true;
  for (const std::string_view python : {"python", "pypy"}) {
    if ((above == "lib" || above == "lib64") && part.starts_with(python) && part.size() > python.size() &&
        std::isdigit(static_cast<unsigned char>(part[python.size()]))) {
      return true;
    }
  }
  return part == "Lib" || (part == "lib" && above.starts_with("Python"));  // Windows: C:\Python311\Lib
}

std::string join(const std::vector<std::string_view>& parts, std::size_t begin) {
  std::string text;
  for (std::size_t i = begin; i < parts.size(); ++i) {
    if (parts[i].empty() || parts[i] == ".") continue;
    if (!text.empty()) text += '.';
    text += parts[i];
  }
  return text;
}

std::size_t parent_package_size(std::string_view module) {
  const std::size_t dot = module.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? module.size() : dot;
}

constexpr std::string_view init_name = "__init__", built_in = "built-in";

// What stands in an input for a file may be no path: "", "~", "<string>", "<frozen zipimport>".
bool is_path(std::string_view file) {
  return !file.empty() && file != "~" && !(file.front() == '<' && file.back() == '>');
}

}  // namespace

struct Modules::Path {
  std::string_view folder;  // with its last separator; empty where there is none
  std::string_view base;
  std::string_view stem;

  explicit Path(std::string_view path) {
    const std::size_t cut = last_separator(path);
    const std::size_t begin = cut == std::string_view::npos ? 0 : cut + 1;
    folder = path.substr(0, begin);
    base = path.substr(begin);
    stem = without_ending(base);
  }

  std::string_view folder_path() const { return folder.substr(0, folder.size() - 1); }
  bool is_python() const { return stem.size() != base.size(); }
  // The package's own file.
  bool is_init() const { return !folder.empty() && stem == init_name; }
  // Its module is the folder's package and the stem, no more.
  bool is_plain() const { return is_init() || (!stem.empty() && stem.find('.') == std::string_view::npos); }
};

class Modules::Maker {
 public:
  explicit Maker(Modules& modules) : m_(modules) {}

  void make();

 private:
  // A file's row, or what its package, which has no number yet, is called in the profile's own text.
  struct Asked {
    StringId file;
    Row row;
    std::string_view package;
    std::uint64_t hash = 0;
  };

  void find_package_folders(std::span<const StringId> files);
  Asked ask(StringId file);
  std::uint32_t folder_number(std::string_view folder);
  Folder make_folder(std::string_view folder) const;
  std::uint64_t hash(std::string_view text) const { return hash_bytes(text, seed_); }
  template <class Keep>
  std::uint32_t intern(std::string_view package, std::uint64_t hash, Keep keep);
  std::uint32_t intern_copy(std::string_view package);

  Modules& m_;
  TextViewSet package_folders_;  // folders whose __init__.py is in the profile, without their last separators
  std::vector<std::string_view> folder_paths_;  // by number, as m_.folders_ are
  IdIndex folder_numbers_, package_numbers_;
  std::uint64_t seed_ = random_seed();
  std::string_view last_folder_;  // files of one folder often follow each other
  std::uint32_t last_number_ = none;
};

Modules::Modules(const Profile& profile) : profile_(profile) { Maker(*this).make(); }

std::string Modules::module(StringId file) const {
  return name_of(profile_.text(file), rows_[index(file)].folder).module;
}

void Modules::Maker::make() {
  const std::vector<StringId> files = files_of(m_.profile_);
  find_package_folders(files);
  m_.rows_.resize(m_.profile_.strings.size());
  // Some at a time: what one is looked for in is fetched while the next ones are taken apart.
  constexpr std::size_t together = 32;
  std::array<Asked, together> asked;
  for (std::span<const StringId> left = files; !left.empty();) {
    const std::span<const StringId> some = left.first(std::min(together, left.size()));
    left = left.subspan(some.size());
    std::ranges::transform(some, asked.begin(), [&](StringId file) { return ask(file); });
    for (const Asked& file : std::span(asked).first(some.size())) {
      Row& row = m_.rows_[index(file.file)] = file.row;
      if (row.package != none) continue;
      row.package = intern(file.package, file.hash, [&] { return file.package; });
    }
  }
}

void Modules::Maker::find_package_folders(std::span<const StringId> files) {
  for (const StringId file : files) {
    const std::string_view path = m_.profile_.text(file);
    if (!without_ending(path).ends_with(init_name)) continue;
    if (const Path parts(path); parts.is_init()) package_folders_.emplace(parts.folder_path());
  }
}

Modules::Maker::Asked Modules::Maker::ask(StringId file) {
  const std::string_view path = m_.profile_.text(file);
  std::uint32_t folder = none;
  if (is_path(path)) {
    if (const Path parts(path); !parts.folder.empty()) {
      folder = folder_number(parts.folder);
      Folder::Package& package = parts.is_python() ? m_.folders_[folder].of_python : m_.folders_[folder].of_others;
      if (parts.is_plain() && !package.name.empty()) {
        if (package.number == none) package.number = intern_copy(package.name);
        return {file, {folder, package.number}, {}};
      }
      if (parts.is_plain() && !parts.is_init()) {
        const std::uint64_t hash_of_stem = hash(parts.stem);
        package_numbers_.prefetch(hash_of_stem);
        return {file, {folder, none}, parts.stem, hash_of_stem};
      }
    }
  }
  const Name name = m_.name_of(path, folder);
  return {file, {folder, intern_copy(std::string_view(name.module).substr(0, name.package_size))}, {}};
}

// The package's number. Of a new one, keep() gives the text that outlives this.
template <class Keep>
std::uint32_t Modules::Maker::intern(std::string_view package, std::uint64_t hash, Keep keep) {
  std::uint32_t& number =
      package_numbers_.find(hash, [&](std::uint32_t known) { return m_.packages_[known] == package; });
  if (number == IdIndex::empty) {
    number = static_cast<std::uint32_t>(m_.packages_.size());
    m_.packages_.push_back(keep());
  }
  return number;
}

std::uint32_t Modules::Maker::intern_copy(std::string_view package) {
  return intern(package, hash(package), [&] { return std::string_view(m_.made_.emplace_back(package)); });
}

std::uint32_t Modules::Maker::folder_number(std::string_view folder) {
  if (folder == last_folder_) return last_number_;
  std::uint32_t& number =
      folder_numbers_.find(hash(folder), [&](std::uint32_t known) { return folder_paths_[known] == folder; });
  if (number == IdIndex::empty) {
    number = static_cast<std::uint32_t>(folder_paths_.size());
    folder_paths_.push_back(folder);
    m_.folders_.push_back(make_folder(folder));
  }
  last_folder_ = folder;
  return last_number_ = number;
}

Modules::Name Modules::name_of(std::string_view path, std::uint32_t folder) const {
  const auto with_size = [](std::string_view module, std::size_t size) { return Name{std::string(module), size}; };
  if (is_c_file(path)) return with_size(built_in, built_in.size());
  if (path.empty()) return with_size(unknown, unknown.size());
  if (!is_path(path)) {
    constexpr std::string_view frozen = "<frozen ";
    if (!path.starts_with(frozen)) return with_size(path, path.size());
    const std::string_view module = path.substr(frozen.size(), path.size() - frozen.size() - 1);
    return with_size(module, parent_package_size(module));
  }
  const Path parts(path);
  std::string name;
  if (folder != none) name = (parts.is_python() ? folders_[folder].of_python : folders_[folder].of_others).name;
  if (!parts.is_init() && !parts.stem.empty() && parts.stem != ".") {
    if (!name.empty()) name += '.';
    name += parts.stem;
  }
  if (name.empty()) name = parts.stem.empty() ? path : parts.stem;  // "/", "..", "x/"
  const std::size_t size = parts.is_init() ? name.size() : parent_package_size(name);
  return {std::move(name), size};
}

// `folder` ends with its separator.
Modules::Folder Modules::Maker::make_folder(std::string_view folder) const {
  const std::string_view path = folder.substr(0, folder.size() - 1);
  const std::vector<std::string_view> parts = split_path(path);
  std::size_t library = parts.size();
  while (library > 0 && !is_library_folder(parts, library - 1)) --library;
  if (library > 0) {
    const std::string package = join(parts, library);
    return {{package}, {package}};
  }
  // Upwards while the folder is a package.
  std::size_t begin = parts.size(), end = folder.size();
  while (begin > 0 && end > 0 && package_folders_.contains(folder.substr(0, end - 1))) {
    --begin;
    end -= 1 + parts[begin].size();
  }
  std::string package = join(parts, begin);
  const bool relative = !is_absolute(folder) && std::ranges::find(parts, "..") == parts.end();
  return {{relative ? join(parts, 0) : package}, {package}};
}

}  // namespace profconv
