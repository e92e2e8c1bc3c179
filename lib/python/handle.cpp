#include "python/handle.hpp"

namespace profconv::python {

std::span<const std::uint32_t> SharedProfile::calls_to(FunctionId callee) const {
  std::call_once(indexed_, [this] { calls_to_.emplace(profile_); });
  return (*calls_to_)[callee];
}

}  // namespace profconv::python
