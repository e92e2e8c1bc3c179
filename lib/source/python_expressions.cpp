#include <algorithm>
#include <utility>

#include "base/one_of.hpp"
#include "source/python_scanner.hpp"

namespace profconv {

namespace {

// The name of a class that is declared further down: x: "C".
std::string_view quoted_name(std::string_view text) {
  if (text.size() < 3 || (text.front() != '"' && text.front() != '\'')) return {};
  const std::string_view name = text.substr(1, text.size() - 2);
  return is_python_name(name) ? name : std::string_view{};
}

// How tightly operators with two operands bind: comparisons least of all, powers most, and these from the right.
constexpr std::size_t comparison = 0, power = 7;

std::size_t tightness_of(std::string_view name) {
  if (name == "|") return 1;
  if (name == "^") return 2;
  if (name == "&") return 3;
  if (name == "<<" || name == ">>") return 4;
  if (name == "+" || name == "-") return 5;
  if (is_one_of(name, {"*", "/", "//", "%", "@"})) return 6;
  return name == "**" ? power : comparison;
}

}  // namespace

// Whether a type is being declared: of a parameter, a result, a variable.
bool PythonScanner::in_annotation() const {
  for (std::size_t i = frames_.size(); i-- > 0;) {
    const Frame& f = frames_[i];
    if (f.kind == Frame::Kind::parameters) return f.colon;
    if (f.kind == Frame::Kind::statement) return annotated_ || behind_arrow_;
    if (f.kind != Frame::Kind::subscript) return false;
  }
  return false;
}

std::uint32_t PythonScanner::annotation_value() const {
  const Frame& f = frames_.back();
  const bool or_none = f.has_operator && f.other != none && f.current != none &&
                       out_.values[f.current].kind == Value::Kind::literal && out_.values[f.current].name == "constant";
  return or_none ? f.other : element_value();
}

void PythonScanner::expression_token(const Token& t) {
  if (top().expression_line == 0) top().expression_line = t.line;
  switch (t.kind) {
    case Token::Kind::name: name_token(t); break;
    case Token::Kind::number:
      last_number_ = t.text;
      literal("number", t.line);
      break;
    case Token::Kind::string:
      if (const std::string_view name = quoted_name(t.text); !name.empty() && in_annotation()) {
        attribute_or_name({Token::Kind::name, t.line, name});
      } else {
        literal("str", t.line);
      }
      break;
    case Token::Kind::fstring_begin: push(Frame::Kind::text, none, t.line); break;
    case Token::Kind::field_begin: push(Frame::Kind::field, none, t.line); break;
    case Token::Kind::field_end: close_until(Frame::Kind::field); break;
    case Token::Kind::fstring_end: close_until(Frame::Kind::text); break;
    default: op_token(t); break;
  }
  last_line_ = tokens_.line();
}

void PythonScanner::literal(std::string_view type, std::uint32_t line) {
  end_operand();
  top().current = add_value(Value::Kind::literal, type, none, line);
  top().operand = true;
}

void PythonScanner::name_token(const Token& t) {
  if (!top().after_dot && is_python_keyword(t.text) && keyword_token(t)) return;
  attribute_or_name(t);
}

// One that nobody has to give is taken off again when its default is met.
void PythonScanner::add_parameter(Scope& function) {
  constexpr std::uint8_t many = 100;
  if (function.least_arguments < many) ++function.least_arguments;
  if (function.most_arguments < many) {
    ++function.most_arguments;
  } else {
    function.most_arguments = PythonScan::any_number;
  }
}

void PythonScanner::attribute_or_name(const Token& t) {
  Frame& f = top();
  if (f.after_dot) {
    f.after_dot = false;
    f.current = add_value(Value::Kind::attribute, t.text, f.current, t.line);
    return;
  }
  end_operand();
  if ((f.kind == Frame::Kind::parameters || f.kind == Frame::Kind::lambda_parameters) && !f.named) {
    f.named = true;
    f.parameter = static_cast<std::uint32_t>(out_.bindings.size());
    if (f.starred) {  // *args is a tuple, **kwargs a dict, whatever the annotation says of what they hold
      const std::uint32_t all = add_value(Value::Kind::literal, f.is_mapping ? "dict" : "tuple", none, t.line);
      bind(Binding::Kind::assignment, f.base, t.text, all);
      f.parameter = none;
      out_.scopes[f.base].most_arguments = PythonScan::any_number;
    } else {
      bind(Binding::Kind::parameter, f.base, t.text, none);
      add_parameter(out_.scopes[f.base]);
    }
    return;
  }
  f.current = add_value(Value::Kind::name, t.text, none, t.line);
  f.operand = true;
}

// True when the word was one that does not name anything.
bool PythonScanner::keyword_token(const Token& t) {
  const std::string_view word = t.text;
  if (word == "None" || word == "True" || word == "False") {
    literal("constant", t.line);
    return true;
  }
  if (word == "for") {
    comprehension_for();
    return true;
  }
  if (word == "lambda") {
    begin_lambda(t.line);
    return true;
  }
  Frame& f = top();
  if (word == "and" || word == "or") {
    maybe(word == "or");
  } else if (word == "in") {
    if (f.kind == Frame::Kind::statement && statement_ == Statement::for_ && target_end_ == none) {
      target_end_ = static_cast<std::uint32_t>(out_.values.size());
      iterable_begin_ = tokens_.position();
      f.elements = 0;
      fresh_expression();
    } else if (f.part == Frame::Part::targets) {
      comprehension_in();
    } else {
      operation("in");
      f.is_answer = true;
    }
  } else if (word == "is") {
    end_operand();
    f.operate();
    f.is_answer = true;
  } else if (word == "not") {
    has_not_ = true;
    if (!f.operand && !f.is_answer) add_value(Value::Kind::test, {}, none, f.expression_line);  // no `is not`
    end_operand();
    f.operate();
  } else if (word == "if") {
    if (top().part == Frame::Part::first_iterable || top().part == Frame::Part::later) {
      comprehension_if();
    } else {
      conditional_if();
    }
  } else if (word == "else") {
    conditional_else();
  } else if (word == "await") {
    f.await_line = t.line;
  } else if (word == "yield") {
    out_.scopes[scope_].is_generator = true;
    f.yield_line = t.line;
    f.operate();
  } else if (word == "from") {
    end_operand();
    if (f.yield_line != 0) {
      f.await_line = f.yield_line;
      f.has_operator = false;
    }
  } else if (word == "as") {
    context_as();
  } else {
    end_operand();
  }
  return true;
}

// with MANAGER as TARGET; except TYPES as TARGET
void PythonScanner::context_as() {
  end_expression();
  Frame& f = top();
  if (statement_ == Statement::except_ && f.kind == Frame::Kind::statement) {
    is_group_ = f.starred;
    types_end_ = static_cast<std::uint32_t>(out_.values.size());
    fresh_expression();
  }
  if (statement_ != Statement::with_ || (f.kind != Frame::Kind::statement && f.kind != Frame::Kind::group)) return;
  const std::uint32_t line = f.expression_line;
  enter_context(element_value(), line);
  fresh_expression();
  f.as_value = static_cast<std::uint32_t>(out_.values.size() - 1);
  f.had_as = frames_[0].had_as = true;
}

void PythonScanner::op_token(const Token& t) {
  const std::string_view op = t.text;
  if (op.size() == 1) {
    switch (op.front()) {
      case '.': top().after_dot = top().operand; return;
      case '(':
      case '[':
      case '{': open(t); return;
      case ')':
      case ']':
      case '}': close(); return;
      case ',': comma(); return;
      case ':': colon(); return;
      case '=': equals(); return;
      case ';':
      case '`':
      case '$':
      case '?':
      case '!': end_operand(); return;
      default: operation(op); return;
    }
  }
  Frame& f = top();
  if (op == "...") {
    literal("constant", t.line);
  } else if (op == "->") {
    end_expression();
    fresh_expression();
    behind_arrow_ = statement_ == Statement::define;
  } else if (op == ":=") {
    end_operand();
    f.walrus = element_value();
    f.current = none;
  } else if (op.front() == '!' && f.kind == Frame::Kind::field && op != "!=") {
    end_operand();
    f.conversion = op.substr(1);
  } else if (op.back() == '=' && op != "==" && op != "!=" && op != "<=" && op != ">=") {
    augmented(t);
  } else {
    operation(op);
  }
}

void PythonScanner::augmented(const Token& t) {
  end_operand();
  const std::uint32_t target = element_value();
  const std::uint32_t value = add_value(Value::Kind::operation, t.text, target, statement_line_);
  if (target != none && top().kind == Frame::Kind::statement) {
    assign(target, none);
    // It is read as well.
    Value stored = out_.values[target];
    out_.values[target].stored = false;
    if (stored.kind == Value::Kind::attribute || stored.kind == Value::Kind::subscript) {
      stored.stored = true;
      out_.values.push_back(stored);
    }
  }
  out_.values[value].stored = true;
  fresh_expression();
}

void PythonScanner::operation(std::string_view name) {
  Frame& f = top();
  const bool parameters = f.kind == Frame::Kind::parameters || f.kind == Frame::Kind::lambda_parameters;
  const bool binary = f.operand;
  end_operand();
  if (!binary && (name == "*" || name == "**")) {
    f.starred = parameters || statement_ != Statement::for_;
    f.is_mapping = name.size() > 1;
    return;
  }
  if (parameters && !f.named) return;  // the / between them
  const std::size_t tight = tightness_of(name);
  const std::uint32_t left = binary ? left_operand(tight) : none;
  const std::uint32_t value = add_value(Value::Kind::operation, name, left, f.expression_line);
  if (name == "|" && in_annotation()) f.other = f.has_operator ? none : f.current;
  auto operators = f.operators;
  if (binary && operators[tight] == none) operators[tight] = value;
  f.operate();
  if (tight != comparison || !binary) f.operators = operators;
  f.current = none;
}

// What stands before an operator, or what the operators there make of it that bind as tightly: their value. Of literals
// they make one, and text is formatted to text.
std::uint32_t PythonScanner::left_operand(std::size_t tightness) {
  Frame& f = top();
  const auto is_literal = [&](std::uint32_t v) {
    return v != none && out_.values[v].kind == Value::Kind::literal && out_.values[v].name != "constant";
  };
  std::uint32_t left = f.current;
  for (std::size_t t = f.operators.size() - 1; t > comparison && t >= tightness; --t) {
    if (f.operators[t] == none || (t == power && tightness == power)) continue;
    const std::uint32_t value = std::exchange(f.operators[t], none);
    const std::uint32_t first = out_.values[value].base;
    const bool is_text = is_literal(first) && out_.values[first].name == "str" && out_.values[value].name == "%";
    if (!is_text && !(is_literal(first) && is_literal(left))) {
      left = value;
    } else if (is_text || out_.values[first].name != "number") {
      left = first;
    }
  }
  return left;
}

void PythonScanner::end_operand() {
  Frame& f = top();
  if (!f.operand) return;
  f.operand = f.after_dot = false;
  if (f.await_line != 0) {
    f.current = add_value(Value::Kind::await, {}, f.current, f.await_line);
    f.await_line = 0;
  }
}

void PythonScanner::end_expression() {
  end_operand();
  Frame& f = top();
  if (f.walrus != none) {
    assign(f.walrus, element_value());
    f.walrus = none;
  }
  if (f.as_value != none) {
    if (const std::uint32_t target = element_value(); target != none) assign(target, f.as_value);
    f.as_value = none;
  }
}

std::uint32_t PythonScanner::element_value() const {
  const Frame& f = frames_.back();
  return f.has_operator ? none : f.current;
}

std::uint32_t PythonScanner::expression_value() const { return frames_.back().elements > 0 ? none : element_value(); }

// Both operands of `a or b` and `a if c else b`, the last of `a and b`.
std::vector<std::uint32_t> PythonScanner::expression_values() const {
  const Frame& f = frames_.back();
  if (f.elements > 0 || !f.is_choice) return {expression_value()};
  if (f.other == none) return {f.current};
  return {f.other, f.current};
}

void PythonScanner::fresh_expression() {
  Frame& f = top();
  f.current = f.other = f.group = none;
  f.operand = f.after_dot = f.has_operator = f.is_answer = f.conditional = f.is_choice = f.starred = false;
  f.operators = Frame::no_operators();
  f.expression_line = f.await_line = f.yield_line = 0;
  f.expression_begin = static_cast<std::uint32_t>(out_.values.size());
  f.expression_blocks = static_cast<std::uint32_t>(out_.blocks.size());
  f.block = block_ = f.element_block;
}

// An element of a bracket or tuple is complete.
void PythonScanner::end_element() {
  end_expression();
  Frame& f = top();
  const std::uint32_t value = element_value();
  if (f.starred && f.kind != Frame::Kind::parameters && f.kind != Frame::Kind::lambda_parameters)
    out_.values[add_value(Value::Kind::iterate, {}, value, f.expression_line)].block = f.element_block;
  f.gives_any |= f.starred;
  switch (f.kind) {
    case Frame::Kind::call:
      if (f.elements == 0 && !f.colon && f.part == Frame::Part::element) f.first_argument = value;
      break;
    case Frame::Kind::brace:
      if (f.elements == 0 && !f.colon) f.first_argument = value;
      break;
    case Frame::Kind::bases:
      if (value != none && !f.colon) out_.bases.push_back({f.base, value});
      if (value != none && f.colon && f.expression_begin != 0 &&
          out_.values[f.expression_begin - 1].name == "metaclass")
        out_.metaclasses.push_back({f.base, value});
      break;
    case Frame::Kind::parameters:
      if (f.colon && f.parameter != none) out_.bindings[f.parameter].value = annotation_value();
      break;
    case Frame::Kind::statement:
      if (statement_ == Statement::with_ && !f.had_as && value != none) enter_context(value, out_.values[value].line);
      if (statement_ == Statement::delete_) remove(value);
      break;
    default: break;
  }
  f.colon = f.named = f.had_as = false;
  f.parameter = none;
}

void PythonScanner::comma() {
  while (top().kind == Frame::Kind::lambda_body) end_lambda();
  end_element();
  if (frames_.size() == 1 && statement_ == Statement::assert_ && top().elements == 0) end_assertion();
  if (frames_.size() == 1) row_.push_back(top().starred ? none : element_value());
  ++top().elements;
  fresh_expression();
}

void PythonScanner::colon() {
  while (top().kind == Frame::Kind::lambda_body) end_lambda();
  Frame& f = top();
  switch (f.kind) {
    case Frame::Kind::lambda_parameters:
      end_expression();
      f.kind = Frame::Kind::lambda_body;
      scope_ = f.base;
      f.element_block = out_.scopes[f.base].block;
      fresh_expression();
      return;
    case Frame::Kind::statement:
      if (statement_ != Statement::match_ && statement_ != Statement::case_ && statement_ >= Statement::define &&
          statement_ <= Statement::with_) {
        if (statement_ == Statement::with_ && f.had_as) end_expression();
        end_header();
      } else if ((statement_ == Statement::match_ || statement_ == Statement::case_) && statement_tokens_ > 1) {
        end_header();
      } else if (!annotated_ && targets_.empty()) {
        end_operand();
        if (const std::uint32_t target = expression_value(); target != none) {
          targets_.push_back(target);
          annotated_ = true;
        }
        fresh_expression();
      }
      return;
    case Frame::Kind::brace:
      end_expression();
      if (f.part == Frame::Part::element) {
        if (f.elements == 0) f.first_argument = element_value();
        f.colon = f.is_mapping = true;
        const std::uint32_t begin = f.expression_begin;
        fresh_expression();
        f.expression_begin = begin;  // a comprehension takes the key along
      }
      return;
    case Frame::Kind::parameters:
      end_expression();
      f.colon = true;
      fresh_expression();
      return;
    case Frame::Kind::field:  // how to format it: what {x=} shows is what repr() gives, what {x=:5} shows is not
      end_operand();
      if (f.conversion == "=") f.conversion = {};
      return;
    default:
      end_operand();
      f.operate();
      f.is_slice = true;
      return;
  }
}

void PythonScanner::equals() {
  end_operand();
  Frame& f = top();
  switch (f.kind) {
    case Frame::Kind::statement:
      if (annotated_) {
        annotated_ = false;
        if (const std::uint32_t type = annotation_value(); type != none && !targets_.empty())
          annotate(targets_.front(), type);
      } else if (const std::uint32_t target = expression_value(); target != none) {
        targets_.push_back(target);
      } else {
        // a, b = x, y is assigned at its end. Other names stand for something unknown.
        row_.push_back(f.starred ? none : element_value());
        const bool is_row =
            f.elements > 0 && unpacked_.empty() && targets_.empty() && std::ranges::find(row_, none) == row_.end();
        if (is_row) unpacked_ = row_;
        for (auto v = targets_.empty() ? f.first_value : f.expression_begin; v < out_.values.size() && !is_row; ++v) {
          if (out_.values[v].kind == Value::Kind::name && out_.values[v].scope == scope_ && !out_.values[v].called)
            assign(v, none);
        }
      }
      row_.clear();
      f.elements = 0;
      fresh_expression();
      return;
    case Frame::Kind::call:
    case Frame::Kind::bases:
      if (f.current != none && f.current + 1 == out_.values.size() && out_.values[f.current].kind == Value::Kind::name)
        out_.values[f.current].kind = Value::Kind::keyword;
      f.colon = true;
      fresh_expression();
      return;
    case Frame::Kind::parameters:
    case Frame::Kind::lambda_parameters:
      if (f.colon && f.parameter != none) out_.bindings[f.parameter].value = annotation_value();
      if (std::uint8_t& least = out_.scopes[f.base].least_arguments; f.parameter != none && least != 0) --least;
      f.colon = false;
      f.parameter = none;
      fresh_expression();
      return;
    case Frame::Kind::field: f.conversion = "="; return;
    default: return;
  }
}

}  // namespace profconv
