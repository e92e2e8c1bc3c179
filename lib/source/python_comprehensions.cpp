// Parts of expressions that run more or less often than the rest: behind `and` and `or`, in conditional expressions and
// in comprehensions. What runs there was read, as a rule, before anybody could know.

#include <utility>

#include "source/python_scanner.hpp"

namespace profconv {

// What `and`, `or` are followed by.
void PythonScanner::maybe(bool is_or) {
  end_operand();
  Frame& f = top();
  if (!std::exchange(f.is_answer, false)) add_value(Value::Kind::test, {}, f.current, f.expression_line);
  f.is_choice = f.is_choice || !f.has_operator;
  f.has_operator = true;
  f.operators = Frame::no_operators();
  if (f.other == none && is_or) f.other = f.current;
  f.expression_line = 0;
  block_ = add_block(Block::Kind::maybe, block_);
}

// Values and blocks of the present expression move to another block.
void PythonScanner::move_into_block(std::uint32_t values, std::uint32_t blocks, std::uint32_t from, std::uint32_t to) {
  for (std::size_t v = values; v < out_.values.size(); ++v) {
    if (out_.values[v].block == from) out_.values[v].block = to;
  }
  for (std::size_t b = blocks; b < out_.blocks.size(); ++b) {
    if (out_.blocks[b].parent == from && b != to) out_.blocks[b].parent = to;
  }
}

// VALUE if CONDITION else OTHER: the value was read before we knew.
void PythonScanner::conditional_if() {
  end_operand();
  Frame& f = top();
  if (statement_ == Statement::case_ && f.kind == Frame::Kind::statement) {
    // The guard of a case is asked where the pattern fits.
    if (pattern_end_ == none) pattern_end_ = static_cast<std::uint32_t>(out_.values.size());
    f.operate();
    f.expression_line = 0;
    f.block = block_ = add_block(Block::Kind::maybe, block_);
    return;
  }
  f.group = groups_++;
  const std::uint32_t branch = add_block(Block::Kind::branch, f.block, f.group);
  move_into_block(f.expression_begin, f.expression_blocks, f.block, branch);
  block_ = f.block;
  f.other = !f.has_operator || f.is_choice ? f.current : none;
  f.operate();
  f.conditional = true;
  f.expression_line = 0;
}

void PythonScanner::conditional_else() {
  end_operand();
  Frame& f = top();
  if (!f.conditional) return;
  f.conditional = false;
  f.is_choice = true;
  f.operators = Frame::no_operators();
  f.block = block_ = add_block(Block::Kind::branch, f.block, f.group);
  f.expression_line = 0;
  f.expression_begin = static_cast<std::uint32_t>(out_.values.size());
  f.expression_blocks = static_cast<std::uint32_t>(out_.blocks.size());
}

// The element of a comprehension was read before we knew: it moves into the scope of the comprehension.
void PythonScanner::comprehension_for() {
  while (top().kind == Frame::Kind::lambda_body) end_lambda();
  Frame& f = top();
  switch (f.kind) {
    case Frame::Kind::call:
    case Frame::Kind::group:
    case Frame::Kind::list:
    case Frame::Kind::brace:
    case Frame::Kind::subscript: break;
    default: end_operand(); return;
  }
  if (f.iterating) {
    end_iterable();
  } else {
    end_expression();
  }
  if (f.part == Frame::Part::element) {
    const Scope::Kind kind = f.kind == Frame::Kind::list    ? Scope::Kind::list
                             : f.kind != Frame::Kind::brace ? Scope::Kind::generator
                             : f.colon                      ? Scope::Kind::dict
                                                            : Scope::Kind::set;
    constexpr std::string_view names[] = {"<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>"};
    const auto name = names[static_cast<std::size_t>(kind) - static_cast<std::size_t>(Scope::Kind::generator)];
    const std::uint32_t scope = f.comprehension = add_scope(kind, name, f.line);
    const std::uint32_t loop = add_block(Block::Kind::loop, out_.scopes[scope].block);
    for (std::size_t v = f.first_value; v < out_.values.size(); ++v) {
      if (out_.values[v].scope == f.outer_scope) out_.values[v].scope = scope;
    }
    for (std::size_t s = f.first_scope; s < scope; ++s) {
      if (out_.scopes[s].parent == f.outer_scope) out_.scopes[s].parent = scope;
    }
    move_into_block(f.first_value, f.first_block, f.element_block, loop);
    f.element_block = loop;
  }
  f.part = Frame::Part::targets;
  scope_ = f.comprehension;
  fresh_expression();
  f.target_begin = static_cast<std::uint32_t>(out_.values.size());
}

void PythonScanner::comprehension_in() {
  end_operand();
  Frame& f = top();
  const bool first = f.target_end == 0;
  f.target_end = static_cast<std::uint32_t>(out_.values.size());
  f.part = first ? Frame::Part::first_iterable : Frame::Part::later;
  f.iterating = true;
  fresh_expression();
  if (first) {  // is evaluated outside
    scope_ = f.outer_scope;
    f.block = block_ = f.outer_block;
  }
}

void PythonScanner::end_iterable() {
  end_expression();
  Frame& f = top();
  const std::uint32_t value = element_value();
  if (f.part == Frame::Part::first_iterable) add_value(Value::Kind::get_iterator, {}, value, f.line);
  f.iterating = false;
  f.part = Frame::Part::later;
  scope_ = f.comprehension;
  fresh_expression();
  bind_names(f.target_begin, f.target_end, add_value(Value::Kind::iterate, {}, value, f.line));
  fresh_expression();
}

// The element runs only where the condition holds.
void PythonScanner::comprehension_if() {
  if (top().iterating) {
    end_iterable();
  } else {
    end_expression();
    fresh_expression();
  }
  Frame& f = top();
  if (f.filter != none) return;
  f.filter = add_block(Block::Kind::branch, f.element_block, groups_++);
  for (std::size_t v = f.first_value; v < f.target_begin; ++v) {
    if (out_.values[v].block == f.element_block) out_.values[v].block = f.filter;
  }
}

}  // namespace profconv
