#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "transforms/program.hpp"

namespace profconv {

/// What the decorators of the scanned files decorate, by name. The program outlives it.
class Decorations {
 public:
  explicit Decorations(const Program& program);

  /// Functions and classes that a decorator of this name decorates, each name once; also methods with underscores that
  /// a call of it made for a class.
  std::span<const std::string_view> by(std::string_view decorator) const;
  /// Those of them that begin with two underscores, which are called by operators and the like.
  std::span<const std::string_view> protocols_by(std::string_view decorator) const;
  /// Whether one of these has this name.
  bool contain(std::string_view decorator, std::string_view name) const { return pairs_.contains({decorator, name}); }

 private:
  void add(std::string_view decorator, std::string_view name);
  void add_made_operators(std::uint32_t file);
  void add_makers();

  const Program& program_;
  TextViewMap<std::vector<std::string_view>> names_, protocols_;   // by decorator
  std::set<std::pair<std::string_view, std::string_view>> pairs_;  // decorator, name: the same
};

}  // namespace profconv
