#pragma once

#include <cstddef>
#include <cstdint>

#include "base/hash_tables.hpp"
#include "transforms/call_lines/resolve.hpp"

namespace profconv {

/// What values of the program stand for, each looked up once: functions are asked for the same ones again and again.
/// Belongs to one thread.
class Entities {
 public:
  explicit Entities(const Resolver& resolver) : resolver_(resolver) {}

  /// Good until `forget_many`.
  const Entity& of(std::uint32_t file, std::uint32_t value) const {
    const auto [known, is_new] = known_.try_emplace(pair_of(file, value));
    if (is_new) known->second = resolver_.value(file, value);
    return known->second;
  }
  /// Gives memory back where it has become much.
  void forget_many() {
    constexpr std::size_t most = 1 << 20;
    if (known_.size() > most) known_.clear();
  }

 private:
  const Resolver& resolver_;
  mutable NumberMap<Entity> known_;  // by file and value
};

}  // namespace profconv
