#include "model/modules.hpp"

#include <algorithm>
#include <cctype>

#include "base/one_of.hpp"
#include "base/path.hpp"
#include "base/release.hpp"
#include "model/files_of.hpp"

namespace profconv {
namespace {

bool is_separator(char c) { return c == '/' || c == '\\'; }

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
  for (const std::string_view ending : {".py", ".pyc", ".pyo", ".pyw", ".pyx", ".ipynb"}) {
    if (file.size() > ending.size() && file.ends_with(ending)) return file.substr(0, file.size() - ending.size());
  }
  return file;
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

constexpr std::string_view init_name = "__init__";

}  // namespace

Modules::Modules(const Profile& profile) {
  slot_.resize(profile.strings.size());
  const std::vector<StringId> files = files_of(profile);
  std::size_t size = 0;
  for (std::uint32_t slot = 0; slot < files.size(); ++slot) {
    slot_[index(files[slot])] = slot;
    const std::string_view path = profile.text(files[slot]);
    size += path.size();
    const std::size_t cut = last_separator(path);
    if (cut == std::string_view::npos || !path.substr(cut + 1).starts_with(init_name)) continue;
    if (without_ending(path.substr(cut + 1)) == init_name) package_folders_.emplace(path.substr(0, cut));
  }
  names_.reserve(files.size());
  text_.reserve(size);  // names are made of parts of paths
  for (const StringId file : files) add(profile.text(file));
  release(package_folders_);
  release(folders_);
}

void Modules::add(std::string_view file) {
  const std::size_t begin = text_.size();
  if (file.empty() || file == "~") {
    text_ += "built-in";
  } else if (file.front() == '<' && file.back() == '>') {
    constexpr std::string_view frozen = "<frozen ";
    if (file.starts_with(frozen)) {
      const std::string_view module = file.substr(frozen.size(), file.size() - frozen.size() - 1);
      text_ += module;
      names_.push_back({begin, module.size(), parent_package_size(module)});
      return;
    }
    text_ += file;
  } else {
    add_path(file);
    return;
  }
  const std::size_t size = text_.size() - begin;
  names_.push_back({begin, size, size});
}

void Modules::add_path(std::string_view file) {
  const std::size_t cut = last_separator(file);
  const bool in_folder = cut != std::string_view::npos;
  const std::string_view base = in_folder ? file.substr(cut + 1) : file;
  const std::string_view stem = without_ending(base);
  std::string_view package;
  if (in_folder) {
    const std::string_view path = file.substr(0, cut);
    auto known = folders_.find(path);
    if (known == folders_.end()) known = folders_.emplace(path, folder_of(file.substr(0, cut + 1))).first;
    package = stem.size() != base.size() ? known->second.python_package : known->second.package;
  }

  const std::size_t begin = text_.size();
  text_ += package;
  const bool is_package = in_folder && stem == init_name;
  if (!is_package && !stem.empty() && stem != ".") {
    if (!package.empty()) text_ += '.';
    text_ += stem;
  }
  if (text_.size() == begin) text_ += stem.empty() ? file : stem;  // "/", "..", "x/"
  const std::string_view module = std::string_view(text_).substr(begin);
  names_.push_back({begin, module.size(), is_package ? module.size() : parent_package_size(module)});
}

// `folder` ends with its separator.
Modules::Folder Modules::folder_of(std::string_view folder) const {
  const std::string_view path = folder.substr(0, folder.size() - 1);
  const std::vector<std::string_view> parts = split_path(path);
  std::size_t library = parts.size();
  while (library > 0 && !is_library_folder(parts, library - 1)) --library;
  if (library > 0) {
    const std::string package = join(parts, library);
    return {package, package};
  }
  // Upwards while the folder is a package.
  std::size_t begin = parts.size(), end = folder.size();
  while (begin > 0 && end > 0 && package_folders_.contains(folder.substr(0, end - 1))) {
    --begin;
    end -= 1 + parts[begin].size();
  }
  std::string package = join(parts, begin);
  const bool relative = !is_absolute(folder) && std::ranges::find(parts, "..") == parts.end();
  return {relative ? join(parts, 0) : package, package};
}

}  // namespace profconv
