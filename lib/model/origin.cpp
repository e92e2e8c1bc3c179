#include "model/origin.hpp"

#include <cctype>
#include <cstddef>

namespace profconv {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// "python3.11", "pypy3.9", "python3.13t", "Python311" with the prefix given
bool is_versioned(std::string_view folder, std::string_view prefix) {
  return folder.size() > prefix.size() && folder.starts_with(prefix) && is_digit(folder[prefix.size()]);
}

bool is_standard_folder(std::string_view above, std::string_view folder) {
  const bool unix_library = above == "lib" || above == "lib64" || above == "lib32" || above == "Lib";
  if (unix_library && (is_versioned(folder, "python") || is_versioned(folder, "pypy"))) return true;
  if (above == "lib-python" || folder == "lib_pypy" || folder == "lib-dynload") return true;
  if (folder.ends_with(".zip") && is_versioned(folder, "python")) return true;
  return (folder == "Lib" || folder == "lib") && is_versioned(above, "Python");  // Windows
}

}  // namespace

Origin origin_of(std::string_view file) {
  if (is_c_file(file)) return Origin::builtin;
  if (file.starts_with("<frozen ")) return Origin::stdlib;
  std::string_view above;
  Origin origin = Origin::own;
  for (std::size_t begin = 0;;) {
    const std::size_t end = file.find_first_of("/\\", begin);
    if (end == std::string_view::npos) return origin;  // what is left is the file's own name
    const std::string_view folder = file.substr(begin, end - begin);
    if (folder == "site-packages" || folder == "dist-packages") return Origin::site;
    if (is_standard_folder(above, folder)) origin = Origin::stdlib;
    above = folder;
    begin = end + 1;
  }
}

}  // namespace profconv
