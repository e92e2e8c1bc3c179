#pragma once

#include <cstdint>

#include "transforms/call_lines/callee.hpp"
#include "transforms/call_lines/entities.hpp"

namespace profconv {

/// How many more steps one question about a class or value may take: it leads to others, and a hostile source leads
/// anywhere.
class StepLimit {
 public:
  bool take() noexcept {
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  std::uint32_t left_ = 2000;
};

/// What classes of the program are to one another, to metaclasses and to what makes their objects. Belongs to one
/// thread.
class ClassRelations {
 public:
  using Place = Program::Place;

  ClassRelations(const Program& program, const Resolver& resolver, const Entities& entities)
      : program_(program), resolver_(resolver), entities_(entities) {}

  /// Whether an object of one class may be of another one, too: derived from it, or from both, as with mixins.
  bool may_be_of(Place klass, Place other) const;
  /// Whether a class may be one of exceptions: not if all its bases are known.
  bool may_be_exception(Place klass) const;
  /// Whether objects of a class are classes: it is made of `type`, or of something that this profile has no source of.
  bool is_metaclass(Place klass, StepLimit& steps) const { return is_metaclass(klass, deepest, steps); }
  /// The one that a class names, or whose base does, at most `depth` classes further; nothing if it is no class of the
  /// program.
  Place metaclass_of(Place klass, int depth, StepLimit& steps) const;
  /// How well an object of a class being made explains a call of the callee, an `__init__` or the like.
  double constructor_fits(const Callee& callee, Place klass) const;

 private:
  // Classes looked at, one a base of the other.
  static constexpr int deepest = 8;

  bool is_metaclass(Place klass, int depth, StepLimit& steps) const;
  double metaclass_fits(Place klass, Place metaclass, int depth, StepLimit& steps) const;
  bool may_have_generated(const Callee& callee, Place klass, int depth, StepLimit& steps) const;

  const Program& program_;
  const Resolver& resolver_;
  const Entities& entities_;
  mutable struct {
    Place klass, other;
    bool are = false;
  } last_kin_;  // what was asked last of two classes
};

}  // namespace profconv
