#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "source/python_scan.hpp"

namespace profconv {

/// A scanned file, and what finds things in it.
struct PythonIndex {
  PythonScan scan;                            ///< What functions return in the order of the scopes.
  std::vector<std::uint32_t> scopes_by_line;  ///< By `first_line`.
  std::vector<std::uint32_t> star_imports;    ///< Indexes of `scan.imports`: `from module import *`.

  PythonIndex() = default;
  explicit PythonIndex(PythonScan&& scan);

  /// Bindings of a name in a scope.
  template <class Visit>
  void each_binding(std::uint32_t scope, std::string_view name, Visit visit) const {
    each(bindings_, hash(scope, name), [&](const PythonScan::Binding& b) {
      if (b.scope == scope && b.name == name) visit(b);
    });
  }
  /// Bindings of an attribute of this name anywhere in the file.
  template <class Visit>
  void each_attribute(std::string_view name, Visit visit) const {
    each(attributes_, hash(PythonScan::none, name), [&](const PythonScan::Binding& b) {
      if (b.name == name) visit(b);
    });
  }

 private:
  struct Key {
    std::uint64_t hash;  // of scope and name, or of an attribute's name alone
    std::uint32_t binding;
  };

  static std::uint64_t hash(std::uint32_t scope, std::string_view name);
  template <class Visit>
  void each(const std::vector<Key>& keys, std::uint64_t wanted, Visit visit) const {
    constexpr int most = 500;  // a source that binds one name for ever must not take for ever at each look
    auto key = std::ranges::lower_bound(keys, wanted, {}, &Key::hash);
    for (int i = 0; i < most && key != keys.end() && key->hash == wanted; ++i, ++key)
      visit(scan.bindings[key->binding]);
  }

  std::vector<Key> bindings_, attributes_;  // sorted by hash
};

}  // namespace profconv
