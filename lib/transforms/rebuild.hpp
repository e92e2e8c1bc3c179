#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>

namespace profconv {

inline constexpr FunctionId no_function{std::numeric_limits<std::uint32_t>::max()};

/// Copies a profile into a builder, with other functions: what transforms share. Metrics, sources and strings are
/// copied at once, so that ids of strings stay good, the rest piece by piece. A function that `add_function` was not
/// called for is dropped, and with it what `add_...` finds of it.
class Rebuild {
 public:
  explicit Rebuild(const Profile& profile);

  ProfileBuilder& builder() noexcept { return builder_; }
  /// The function in the result, `no_function` when it was dropped.
  FunctionId operator[](FunctionId function) const noexcept { return functions_[index(function)]; }

  /// Has `function` stand in the result under this key; the order of these calls is the order of the result.
  void add_function(FunctionId function, const Function& key);
  void add_function(FunctionId function, const FunctionKey& key);
  void add_function(FunctionId function) { add_function(function, p_.function(function)); }

  /// The same with its counts, costs and lines.
  void add_whole(FunctionId function, const Function& key);
  void add_whole(FunctionId function) { add_whole(function, p_.function(function)); }

  void add_counts(FunctionId function);
  void add_costs(FunctionId function);
  void add_call(std::size_t call);
  /// The call as one of another caller, which may not have made it.
  void add_estimated_call(FunctionId caller, std::size_t call);
  /// The lines of one function.
  void add_lines(FunctionId function);
  /// For functions that become one with others: costs that no line accounts for are put on line 0, so that sums hold.
  void add_missing_lines(FunctionId function);

  enum class Dropped : std::uint8_t {
    cut,   ///< A stack with a dropped function is dropped.
    skip,  ///< Frames of dropped functions are left out; a stack of nothing else is dropped.
  };
  void add_stacks(Dropped dropped);
  /// REQUIRES: no function was dropped and none became one with another.
  void add_recorded();

  Profile finish() && { return std::move(builder_).finish(); }

 private:
  void add_call(FunctionId caller, std::size_t call, bool estimated);
  std::span<const std::int64_t> row(const CostTable& table, std::size_t i) const {
    return table.empty() ? std::span<const std::int64_t>{} : table.row(i);
  }

  const Profile& p_;
  ProfileBuilder builder_;
  std::vector<FunctionId> functions_;
  std::vector<std::size_t> first_line_;  // per function: its first row of p_.lines
};

/// The profile without the functions and calls that are not marked; they keep their costs.
Profile keep(const Profile& profile, const std::vector<bool>& functions, const std::vector<bool>& calls);

}  // namespace profconv
