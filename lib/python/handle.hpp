#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include <profconv/profile.hpp>

#include "model/calls_to.hpp"

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

 private:
  Profile profile_;
  mutable std::once_flag indexed_;
  mutable std::optional<CallsTo> calls_to_;
};

/// What a Python object holds of a profile. Never null.
using Handle = std::shared_ptr<SharedProfile>;

inline Handle make_handle(Profile&& profile) { return std::make_shared<SharedProfile>(std::move(profile)); }

}  // namespace profconv::python
