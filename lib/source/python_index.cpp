#include "source/python_index.hpp"

#include <numeric>
#include <tuple>
#include <utility>

#include "base/hash.hpp"

namespace profconv {

std::uint64_t PythonIndex::hash(std::uint32_t scope, std::string_view name) { return hash_bytes(name, scope); }

PythonIndex::PythonIndex(PythonScan&& scanned) : scan(std::move(scanned)) {
  scopes_by_line.resize(scan.scopes.size());
  std::iota(scopes_by_line.begin(), scopes_by_line.end(), 0u);
  std::ranges::stable_sort(scopes_by_line, {}, [&](std::uint32_t s) { return scan.scopes[s].first_line; });
  std::ranges::stable_sort(scan.returns, {}, &PythonScan::Owned::scope);
  for (std::uint32_t i = 0; i < scan.imports.size(); ++i) {
    if (scan.imports[i].name == "*") star_imports.push_back(i);
  }
  for (std::uint32_t b = 0; b < scan.bindings.size(); ++b) {
    const PythonScan::Binding& binding = scan.bindings[b];
    const bool is_attribute = binding.base != PythonScan::none;
    (is_attribute ? attributes_ : bindings_)
        .push_back({hash(is_attribute ? PythonScan::none : binding.scope, binding.name), b});
  }
  for (auto* keys : {&bindings_, &attributes_})
    std::ranges::sort(*keys, {}, [](const Key& key) { return std::tuple(key.hash, key.binding); });
}

}  // namespace profconv
