#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <profconv/measured.hpp>
#include <profconv/profile.hpp>

namespace profconv::python {

/// A profile that several Python objects share and none of them changes, and an index of its calls by callee.
class SharedProfile {
 public:
  explicit SharedProfile(Profile&& profile) : profile_(std::move(profile)) {}

  const Profile& operator*() const noexcept { return profile_; }
  const Profile* operator->() const noexcept { return &profile_; }
  /// The profile itself, for the last one that has it.
  Profile take() && noexcept { return std::move(profile_); }

  /// Rows of Profile::calls that call this function, in order. The index is made on first use.
  std::span<const std::uint32_t> calls_to(FunctionId callee) const;
  /// Which costs of functions nobody took. Made on first use.
  const Measured& measured() const;

 private:
  void index_callees() const;

  Profile profile_;
  mutable std::once_flag indexed_, has_measured_;
  mutable std::optional<Measured> measured_;
  mutable std::vector<std::size_t> ends_;  // per function: where its range in `to_callee_` ends
  mutable std::vector<std::uint32_t> to_callee_;
};

/// What a Python object holds of a profile. Never null.
using Handle = std::shared_ptr<SharedProfile>;

inline Handle make_handle(Profile&& profile) { return std::make_shared<SharedProfile>(std::move(profile)); }

}  // namespace profconv::python
