#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/profile.hpp>

#include "base/hash_tables.hpp"

namespace profconv {

/// The Python module and package of every file of a profile, guessed from the paths alone (no file is opened).
///
///     /usr/lib/python3.11/json/decoder.py           module json.decoder   package json
///     .../site-packages/numpy/__init__.py           module numpy          package numpy
///     /usr/lib/python3.11/argparse.py, ./t.py       module argparse, t    package argparse, t
///     <frozen importlib._bootstrap>                 module importlib._bootstrap  package importlib
///     ~ (C functions)                               built-in              built-in
///
/// Below a folder that holds modules (site-packages, dist-packages, lib/python3.11, an archive) every folder is a
/// package. Elsewhere a folder is one if the profile has its `__init__.py`, or if the path is relative.
class Modules {
 public:
  explicit Modules(const Profile& profile);

  std::string_view module(StringId file) const { return text(names_[slot_[index(file)]].module_size, file); }
  std::string_view package(StringId file) const { return text(names_[slot_[index(file)]].package_size, file); }

 private:
  // The module's name from `begin` on in text_; that of the package is its beginning.
  struct Names {
    std::size_t begin, module_size, package_size;
  };
  // What a folder, as a path without its last separator, says of the modules in it: their package's name.
  struct Folder {
    std::string python_package;  // of Python's source files
    std::string package;         // of other files
  };

  std::string_view text(std::size_t size, StringId file) const {
    return std::string_view(text_).substr(names_[slot_[index(file)]].begin, size);
  }
  void add(std::string_view file);
  void add_path(std::string_view file);
  Folder folder_of(std::string_view folder) const;

  TextViewSet package_folders_;  // folders whose __init__.py is in the profile
  TextViewMap<Folder> folders_;
  std::vector<std::uint32_t> slot_;  // per string of the profile; good for strings that are files
  std::vector<Names> names_;
  std::string text_;
};

}  // namespace profconv
