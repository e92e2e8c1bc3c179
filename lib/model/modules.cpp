#include "model/modules.hpp"

#include <algorithm>
#include <array>
#include <cctype>

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

bool is_python_source(std::string_view file) { return without_ending(file).size() != file.size(); }

// "python3.11", "pypy3.9", "python27.zip", "2.7" below lib-python
bool is_library_folder(const std::vector<std::string_view>& parts, std::size_t i) {
  const std::string_view part = parts[i];
  constexpr std::array folders = {std::string_view("site-packages"), std::string_view("dist-packages"),
                                  std::string_view("lib-dynload"), std::string_view("lib_pypy")};
  if (std::ranges::find(folders, part) != folders.end()) return true;
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

std::string join(const std::vector<std::string_view>& parts, std::size_t begin, std::size_t end) {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) {
    if (parts[i].empty() || parts[i] == ".") continue;
    if (!text.empty()) text += '.';
    text += parts[i];
  }
  return text;
}

std::string parent_package(const std::string& module) {
  const std::size_t dot = module.rfind('.');
  return dot == std::string::npos || dot == 0 ? module : module.substr(0, dot);
}

constexpr std::string_view init_name = "__init__";

}  // namespace

Modules::Modules(const Profile& profile) {
  constexpr std::uint32_t none = 0xffffffff;
  slot_.assign(profile.strings.size(), none);
  std::vector<StringId> files;
  for (const Function& f : profile.functions) {
    std::uint32_t& slot = slot_[index(f.file)];
    if (slot != none) continue;
    slot = static_cast<std::uint32_t>(files.size());
    files.push_back(f.file);
    const std::string_view path = profile.text(f.file);
    const std::size_t cut = path.find_last_of("/\\");
    if (cut != std::string_view::npos && without_ending(path.substr(cut + 1)) == init_name)
      package_folders_.emplace(path.substr(0, cut));
  }
  names_.reserve(files.size());
  for (const StringId file : files) names_.push_back(names_of(profile.text(file)));
}

Modules::Names Modules::names_of(std::string_view file) const {
  if (file.empty() || file == "~") return {"built-in", "built-in"};
  if (file.front() == '<' && file.back() == '>') {
    constexpr std::string_view frozen = "<frozen ";
    if (!file.starts_with(frozen)) return {std::string(file), std::string(file)};
    const std::string module(file.substr(frozen.size(), file.size() - frozen.size() - 1));
    return {module, parent_package(module)};
  }
  return names_of_path(file);
}

Modules::Names Modules::names_of_path(std::string_view file) const {
  const std::vector<std::string_view> parts = split_path(file);
  std::vector<std::string_view> named = parts;
  named.back() = without_ending(parts.back());
  const bool is_package = named.back() == init_name && parts.size() > 1;
  const std::size_t end = is_package ? named.size() - 1 : named.size();

  std::size_t begin = named.size() - 1;
  std::size_t library = parts.size() - 1;
  while (library > 0 && !is_library_folder(parts, library - 1)) --library;
  if (library > 0) {
    begin = library;
  } else if (!is_absolute(file) && is_python_source(parts.back()) && std::ranges::find(parts, "..") == parts.end()) {
    begin = 0;
  } else {
    // Upwards while the folder is a package.
    std::size_t folder_end = file.size() - parts.back().size();
    while (begin > 0 && folder_end > 0 && package_folders_.contains(std::string(file.substr(0, folder_end - 1)))) {
      --begin;
      folder_end -= 1 + parts[begin].size();
    }
    if (is_package && begin == named.size() - 1) --begin;  // cannot happen: its own folder is a package
  }
  std::string module = join(named, begin, end);
  if (module.empty()) module = named.back().empty() ? file : named.back();  // "/", "..", "x/"
  std::string package = is_package ? module : parent_package(module);
  return {std::move(module), std::move(package)};
}

}  // namespace profconv
