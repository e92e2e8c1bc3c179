#include "python/handle.hpp"

namespace profconv::python {

std::span<const std::uint32_t> SharedProfile::calls_to(FunctionId callee) const {
  std::call_once(indexed_, [this] { index_callees(); });
  const std::size_t begin = index(callee) == 0 ? 0 : ends_[index(callee) - 1];
  return std::span(to_callee_).subspan(begin, ends_[index(callee)] - begin);
}

const Measured& SharedProfile::measured() const {
  std::call_once(has_measured_, [this] { measured_.emplace(profile_); });
  return *measured_;
}

// A counting sort; each function's calls stay in the order of the table.
void SharedProfile::index_callees() const {
  std::vector<std::size_t> next(profile_.functions.size() + 1, 0);
  for (const Call& call : profile_.calls) ++next[index(call.callee) + 1];
  for (std::size_t i = 1; i < next.size(); ++i) next[i] += next[i - 1];
  to_callee_.resize(profile_.calls.size());
  for (std::size_t row = 0; row < profile_.calls.size(); ++row)
    to_callee_[next[index(profile_.calls[row].callee)]++] = static_cast<std::uint32_t>(row);
  next.pop_back();  // each now holds where its function's range ends
  ends_ = std::move(next);
}

}  // namespace profconv::python
