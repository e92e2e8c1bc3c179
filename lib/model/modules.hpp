#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/profile.hpp>

namespace profconv {

/// The Python module and package of every file of a profile, guessed from the paths alone (no file is opened).
///
///     /usr/lib/python3.11/json/decoder.py           module json.decoder   package json
///     .../site-packages/numpy/__init__.py           module numpy          package numpy
///     /usr/lib/python3.11/argparse.py, ./t.py       module argparse, t    package argparse, t
///     <frozen importlib._bootstrap>                 module importlib._bootstrap  package importlib
///     ~, <built-in> (C functions)                   built-in              built-in
///     "" (nobody recorded it)                       <unknown>             <unknown>
///
/// Below a folder that holds modules (site-packages, dist-packages, lib/python3.11, an archive) every folder is a
/// package. Elsewhere a folder is one if the profile has its `__init__.py`, or if the path is relative.
class Modules {
 public:
  /// The profile has to outlive this.
  explicit Modules(const Profile& profile);

  std::string module(StringId file) const;
  std::string_view package(StringId file) const { return packages_[package_number(file)]; }

  /// For tables: the same one for files whose packages have one name.
  std::uint32_t package_number(StringId file) const { return rows_[index(file)].package; }
  /// What the module and package of no file are called.
  static constexpr std::string_view unknown = "<unknown>";
  /// The names by number.
  const std::vector<std::string_view>& packages() const noexcept { return packages_; }
  /// What the names lie in that are no part of the profile's texts: for who keeps names, and nothing else of this.
  std::deque<std::string> take_texts() && noexcept { return std::move(made_); }

 private:
  static constexpr std::uint32_t none = 0xffffffff;

  struct Row {
    std::uint32_t folder = none, package = none;
  };
  // What a folder says of the modules in it: their package's name and its number, `none` while nobody needed it.
  struct Folder {
    struct Package {
      std::string name;
      std::uint32_t number = none;
    };
    Package of_python;  // of Python's source files
    Package of_others;
  };
  // A module's name, of which the package's is the beginning.
  struct Name {
    std::string module;
    std::size_t package_size;
  };
  struct Path;  // in parts
  class Maker;  // has what is needed to make one and no more

  Name name_of(std::string_view path, std::uint32_t folder) const;

  const Profile& profile_;
  std::vector<Folder> folders_;
  std::vector<std::string_view> packages_;  // in the profile or in made_
  std::deque<std::string> made_;
  std::vector<Row> rows_;  // per string of the profile; good for strings that are files
};

}  // namespace profconv
