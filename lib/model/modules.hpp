#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <profconv/profile.hpp>

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

  std::string_view module(StringId file) const { return names_[slot_[index(file)]].module; }
  std::string_view package(StringId file) const { return names_[slot_[index(file)]].package; }

 private:
  struct Names {
    std::string module, package;
  };
  Names names_of(std::string_view file) const;
  Names names_of_path(std::string_view file) const;

  std::unordered_set<std::string> package_folders_;  // folders whose __init__.py is in the profile
  std::vector<std::uint32_t> slot_;                  // per string of the profile; good for strings that are files
  std::vector<Names> names_;
};

}  // namespace profconv
