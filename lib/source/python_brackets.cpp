// Expressions in each other: what stands in brackets, and lambdas.

#include <algorithm>

#include "source/python_scanner.hpp"

namespace profconv {

void PythonScanner::push(Frame::Kind kind, std::uint32_t base, std::uint32_t line) {
  if (kind == Frame::Kind::text) end_operand();
  Frame f;
  f.kind = kind;
  f.base = base;
  f.line = line;
  f.first_value = static_cast<std::uint32_t>(out_.values.size());
  f.first_block = static_cast<std::uint32_t>(out_.blocks.size());
  f.first_scope = static_cast<std::uint32_t>(out_.scopes.size());
  f.outer_scope = scope_;
  f.outer_block = f.element_block = block_;
  frames_.push_back(f);
  fresh_expression();
}

void PythonScanner::open(const Token& t) {
  Frame& f = top();
  const bool header = frames_.size() == 1 && !header_bracket_ && t.is("(") && defined_ != none;
  if (header) {
    header_bracket_ = true;
    f.operand = false;
    push(statement_ == Statement::define ? Frame::Kind::parameters : Frame::Kind::bases, defined_, t.line);
  } else if (t.is("(")) {
    push(f.operand ? Frame::Kind::call : Frame::Kind::group, f.operand ? f.current : none, t.line);
  } else if (t.is("[")) {
    push(f.operand ? Frame::Kind::subscript : Frame::Kind::list, f.operand ? f.current : none, t.line);
  } else {
    end_operand();
    push(Frame::Kind::brace, none, t.line);
  }
}

void PythonScanner::close() {
  end_lambdas();
  switch (top().kind) {
    case Frame::Kind::statement:
    case Frame::Kind::text:
    case Frame::Kind::field: end_operand(); return;  // closes nothing
    default: break;
  }
  const Frame::Kind kind = top().kind;
  const std::uint32_t value = close_frame();
  Frame& f = top();
  if (kind == Frame::Kind::parameters || kind == Frame::Kind::bases) {
    fresh_expression();
    return;
  }
  f.current = value;
  f.operand = true;
}

// Whether nothing but literals stands in a bracket. Then these are forgotten: nobody asks for the parts of a table, of
// which there may be many, and making it calls nothing.
bool PythonScanner::forget_literals(const Frame& f) {
  const auto inner = std::span(out_.values).subspan(f.first_value);
  if (out_.blocks.size() != f.first_block) return false;
  if (!std::ranges::all_of(inner, [](const Value& v) { return v.kind == Value::Kind::literal; })) return false;
  out_.values.resize(f.first_value);
  return true;
}

// Takes the innermost frame off; the value that it makes.
std::uint32_t PythonScanner::close_frame() {
  if (top().part != Frame::Part::element && top().iterating) end_iterable();
  const std::uint32_t elements = top().elements + (top().operand || top().part != Frame::Part::element ? 1 : 0);
  end_element();
  const std::uint32_t element = expression_value();
  const Frame f = top();
  const std::uint32_t base_line = f.base != none && (f.kind == Frame::Kind::call || f.kind == Frame::Kind::subscript)
                                      ? out_.values[f.base].line
                                      : f.line;
  frames_.pop_back();
  scope_ = f.outer_scope;
  block_ = f.outer_block;
  std::uint32_t inner = element;
  if (f.comprehension != none) {
    out_.scopes[f.comprehension].last_line = tokens_.line();
    inner = add_value(Value::Kind::comprehension, out_.scopes[f.comprehension].name, f.comprehension, f.line);
  }
  switch (f.kind) {
    case Frame::Kind::call: {
      const std::uint32_t call = add_value(Value::Kind::call, {}, f.base, base_line);
      out_.values[call].argument = f.comprehension != none ? inner : f.first_argument;
      if (!f.gives_any && elements < PythonScan::any_number)
        out_.values[call].arguments = static_cast<std::uint8_t>(elements);
      if (f.base != none) out_.values[f.base].called = true;
      return call;
    }
    case Frame::Kind::subscript: {
      const std::string_view how = f.is_slice ? PythonScan::slicing : std::string_view{};
      const std::uint32_t subscript = add_value(Value::Kind::subscript, how, f.base, base_line);
      out_.values[subscript].argument = element;
      return subscript;
    }
    case Frame::Kind::group:
      if (inner != none) return inner;
      if (f.elements == 0) return add_value(Value::Kind::other, {}, none, f.line);
      forget_literals(f);
      return add_value(Value::Kind::literal, "tuple", none, f.line);
    case Frame::Kind::list:
      if (f.comprehension != none) return inner;
      forget_literals(f);
      return add_value(Value::Kind::literal, "list", none, f.line);
    case Frame::Kind::brace: {
      if (f.comprehension != none) return inner;
      const bool is_empty = f.first_value == out_.values.size();
      if (!forget_literals(f)) add_value(Value::Kind::operation, PythonScan::hashing, f.first_argument, f.line);
      return add_value(Value::Kind::literal, f.is_mapping || is_empty ? "dict" : "set", none, f.line);
    }
    case Frame::Kind::field:
      return add_value(Value::Kind::format, f.conversion == "=" ? "r" : f.conversion, element, f.line);
    case Frame::Kind::text: return add_value(Value::Kind::literal, "str", none, f.line);
    default: return none;
  }
}

// The end of an f-string or of a field of one; what is open inside it ends as well.
void PythonScanner::close_until(Frame::Kind kind) {
  const bool is_open = std::ranges::any_of(frames_, [&](const Frame& f) { return f.kind == kind; });
  if (!is_open) return;
  for (bool found = false; !found;) {
    end_lambdas();
    found = top().kind == kind;
    const std::uint32_t value = close_frame();
    if (kind == Frame::Kind::text && found) {
      top().current = value;
      top().operand = true;
    }
  }
}

void PythonScanner::pop_to_statement() {
  while (frames_.size() > 1) {
    end_lambdas();
    if (frames_.size() > 1) close_frame();
  }
}

void PythonScanner::begin_lambda(std::uint32_t line) {
  end_operand();
  const std::uint32_t scope = add_scope(Scope::Kind::lambda, "<lambda>", line);
  push(Frame::Kind::lambda_parameters, scope, line);
}

void PythonScanner::end_lambda() {
  end_expression();
  const std::uint32_t value = expression_value();
  const Frame f = top();
  if (f.kind == Frame::Kind::lambda_body && value != none) out_.returns.push_back({f.base, value});
  out_.scopes[f.base].last_line = last_line_;
  frames_.pop_back();
  scope_ = f.outer_scope;
  block_ = f.outer_block;
  top().current = add_value(Value::Kind::lambda, "<lambda>", f.base, f.line);
  top().operand = true;
}

void PythonScanner::end_lambdas() {
  while (top().kind == Frame::Kind::lambda_body || top().kind == Frame::Kind::lambda_parameters) end_lambda();
}

}  // namespace profconv
