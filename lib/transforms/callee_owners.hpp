#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <profconv/profile.hpp>

#include "base/hash_tables.hpp"

namespace profconv {

/// Whether that is the C function that makes classes.
bool is_build_class(std::string_view file, std::string_view name);

/// Whose a function is that several callers of one function may have led to: `sum` calls the generators of all who call
/// `sum`, `__build_class__` the bodies of everybody's classes.
///
/// A comprehension, a generator expression, a lambda and what stands in a function (`OWNER.<locals>.x`) belong to what
/// they stand in, the body of a class to code of its file: by qualified names where there are any in the file, else to
/// the nearest caller above. Among an owner's calls those on the function's own line come first. What was defined in
/// one place can still be used in another: who asks has to see whether the numbers allow it.
class CalleeOwners {
 public:
  /// The profile outlives it.
  explicit CalleeOwners(const Profile& profile);

  /// Takes the calls into one function, which is `__build_class__` or not.
  void set_calls(std::span<const Call> calls, bool build_classes);
  bool builds_classes() const noexcept { return build_classes_; }

  /// Choices for a callee of that function, the best first: each some of the calls, by position. Good until it is asked
  /// again.
  const std::vector<std::vector<std::uint32_t>>& choices(FunctionId callee);
  /// The calls from the callee's file, where it must be from one of them: it is a class's body.
  std::span<const std::uint32_t> calls_from_its_file(FunctionId callee) const;

 private:
  using Positions = std::vector<std::uint32_t>;

  std::string_view name_of(const Function& f) const {
    return p_.text(f.qualified).empty() ? p_.text(f.name) : p_.text(f.qualified);
  }
  void add_choices(const Positions& calls, std::uint32_t line);
  void add_named(const Function& callee);
  void add_nearest(const Function& callee);

  const Profile& p_;
  std::vector<bool> is_qualified_;  // per string, of files: some of its functions have a qualified name
  std::span<const Call> calls_;
  bool build_classes_ = false;
  NumberMap<Positions> by_file_;
  std::vector<Positions> choices_;
};

}  // namespace profconv
