#pragma once

#include <cstdint>

#include "transforms/call_lines/callee_fits.hpp"
#include "transforms/call_lines/class_relations.hpp"
#include "transforms/call_lines/function_sites.hpp"

namespace profconv {

/// Where what a call gave goes, so that it is known where a generator or coroutine is resumed.
class ResultFlow {
 public:
  ResultFlow(const FunctionSites& sites, const ClassRelations& classes, const CalleeFits& fits)
      : sites_(sites), classes_(classes), fits_(fits), program_(sites.program()), resolver_(sites.resolver()) {}

  /// How well the callee explains an expression's value: from 0, it comes from elsewhere, to 1, it is a call of it, a
  /// name that such a call was assigned to, what itertools make of it.
  double comes_from(std::uint32_t v, const Callee& callee) const {
    StepLimit steps;
    return produces(v, callee, deepest, steps);
  }
  /// How likely a generator is behind an expression that nobody follows.
  double may_give_generator(std::uint32_t v) const { return may_give_generator(v, deepest); }
  /// Whether a call stands for itself: `x in f()`, `xs += f()`, `a, *b = f()`. What it gives is used there and then, as
  /// nothing keeps it, gives it on or puts it into something else.
  bool is_used_there(std::uint32_t call) const;

 private:
  using Place = Program::Place;
  static constexpr int deepest = 4;  // values, one of which leads to the next

  double produces(std::uint32_t v, const Callee& callee, int depth, StepLimit& steps) const;
  double called_fits(std::uint32_t call, const Callee& callee, int depth, StepLimit& steps) const;
  bool is_iterated_by(const Entity& entity, const Callee& callee, int depth, StepLimit& steps) const;
  bool returns(Place function, const Callee& callee, int depth, StepLimit& steps) const;
  bool gives(std::uint32_t file, std::uint32_t v, const Callee& callee, int depth, StepLimit& steps) const;
  double may_give_generator(std::uint32_t v, int depth) const;

  const FunctionSites& sites_;
  const ClassRelations& classes_;
  const CalleeFits& fits_;
  const Program& program_;
  const Resolver& resolver_;
};

}  // namespace profconv
