#include "source/python_scanner.hpp"

#include <algorithm>

#include "source/python_items.hpp"

namespace profconv {

PythonScan scan_python(std::string_view text) { return PythonScanner(text).run(); }

PythonScan scan_python(std::string_view text, std::span<const std::uint32_t> lines) {
  return PythonScanner(text, lines).run();
}

std::string qualified_name(const PythonScan& scan, std::uint32_t scope, bool inlined_comprehensions) {
  std::vector<std::uint32_t> path;
  for (std::uint32_t s = scope; s != 0 && s != PythonScan::none; s = scan.scopes[s].parent) {
    const PythonScan::Scope::Kind kind = scan.scopes[s].kind;
    const bool is_inlined = inlined_comprehensions && s != scope && kind > PythonScan::Scope::Kind::generator;
    if (!is_inlined) path.push_back(s);
    if (scan.scopes[s].is_global) break;
  }
  if (path.empty()) return "<module>";
  std::string text;
  for (std::size_t i = path.size(); i-- > 0;) {
    const PythonScan::Scope& s = scan.scopes[path[i]];
    text += s.name;
    const bool is_function = s.kind == PythonScan::Scope::Kind::function || s.kind == PythonScan::Scope::Kind::lambda;
    if (i != 0) text += is_function ? ".<locals>." : ".";
  }
  return text;
}

PythonScan PythonScanner::run() && {
  add_scope(Scope::Kind::module, "<module>", 1);
  out_.scopes[0].parent = none;
  block_ = out_.scopes[0].block;
  suites_.push_back({false, false, 0, block_, block_, {}});
  frames_.push_back({});
  for (;;) {
    const Token t = tokens_.next();
    if (t.kind == Token::Kind::end) break;
    token(t);
  }
  end_statement();
  while (suites_.size() > 1) end_suite();
  out_.scopes[0].last_line = last_line_;
  out_.complete = tokens_.complete();
  return std::move(out_);
}

void PythonScanner::token(const Token& t) {
  switch (t.kind) {
    case Token::Kind::newline:
      last_line_ = t.line;
      end_statement();
      while (suites_.back().is_inline) end_suite();
      return;
    case Token::Kind::indent:
      // A level of its own in any case, so that its dedent ends no other.
      begin_suite(false);
      if (!looks_everywhere_ && suites_.back().opens_scope) skip_function();
      return;
    case Token::Kind::dedent:
      header_ = {};
      while (suites_.size() > 1 && suites_.back().is_inline) end_suite();
      end_suite();
      return;
    default: break;
  }
  if (in_statement_ && t.kind == Token::Kind::op && t.is(";")) {
    end_lambdas();
    if (top().kind == Frame::Kind::statement) {
      end_statement();
      return;
    }
  }
  if (!in_statement_) {
    if (header_.pending) begin_suite(true);
    begin_statement(t);
  } else {
    ++statement_tokens_;
    // `match.x = 1`, `case, y = 2`: names after all
    if (statement_tokens_ == 1 && (statement_ == Statement::match_ || statement_ == Statement::case_) &&
        t.kind == Token::Kind::op && std::string_view("([{-+~*").find(t.text.front()) == std::string_view::npos)
      statement_ = Statement::expression;
    expression_token(t);
  }
}

void PythonScanner::begin_suite(bool is_inline) {
  Suite suite{is_inline, false, scope_, block_, block_, {}};
  if (header_.pending) {
    suite.block = suite.block_now = header_.block;
    if (header_.scope != none) {
      suite.opens_scope = true;
      suite.scope = header_.scope;
    }
  }
  header_ = {};
  suites_.push_back(std::move(suite));
  scope_ = suites_.back().scope;
  block_ = suites_.back().block_now;
}

// The body of a function that did not run, unless it is one that makes objects: others may ask what these hold.
void PythonScanner::skip_function() {
  Scope& scope = out_.scopes[scope_];
  if (scope.kind != Scope::Kind::function || scope.name == "__init__" || scope.name == "__new__") return;
  const auto next = std::ranges::lower_bound(lines_, scope.first_line);
  if (next != lines_.end() && *next <= tokens_.line()) return;
  const std::size_t begin = tokens_.position();
  if (!tokens_.skip_block(next == lines_.end() ? none : *next)) return;
  last_line_ = tokens_.skipped_to();
  scope.is_generator = text_.substr(begin, tokens_.position() - begin).find("yield") != std::string_view::npos;
  out_.skipped.push_back({scope.first_line, last_line_});
}

void PythonScanner::end_suite() {
  if (suites_.size() < 2) return;
  const Suite& ended = suites_.back();
  if (ended.opens_scope) out_.scopes[ended.scope].last_line = last_line_;
  const std::uint32_t block = ended.block;
  const bool branch = !ended.opens_scope && out_.blocks[block].ends;
  suites_.pop_back();
  if (branch && block != suites_.back().block) {
    // What follows an if that returned runs where its condition did not hold, what follows its else, where it did.
    const bool is_first = out_.blocks[block].parent == suites_.back().block_now;
    if (is_first) chain().rest &= chain().in_else ? chain().condition.holds : chain().condition.fails;
    chain().ending.push_back(block);
  }
  scope_ = suites_.back().scope;
  block_ = suites_.back().block_now;
}

void PythonScanner::begin_statement(const Token& t) {
  in_statement_ = true;
  statement_ = Statement::expression;
  statement_line_ = t.line;
  statement_tokens_ = 0;
  is_async_ = annotated_ = header_bracket_ = behind_arrow_ = false;
  target_begin_ = target_end_ = defined_ = types_end_ = pattern_end_ = none;
  targets_.clear();
  row_.clear();
  unpacked_.clear();
  managers_.clear();
  frames_.resize(1);
  frames_[0] = {};
  frames_[0].outer_scope = scope_;
  frames_[0].outer_block = frames_[0].element_block = block_;
  frames_[0].first_value = static_cast<std::uint32_t>(out_.values.size());
  has_not_ = false;
  fresh_expression();
  Token first = t;
  if (first.kind == Token::Kind::name && first.is("async")) {
    is_async_ = true;
    first = tokens_.next();
    if (first.kind == Token::Kind::newline || first.kind == Token::Kind::end) return token(first);
  }
  if (first.kind == Token::Kind::name && begin_compound(first)) return;
  leave_ended_branches();
  if (first.kind == Token::Kind::name && begin_simple(first)) return;
  if (first.kind == Token::Kind::op && first.is("@")) {
    statement_ = Statement::decorator;
    if (decorator_line_ == 0) decorator_line_ = first.line;
    return;
  }
  expression_token(first);
}

// Statements with a suite. Their conditions and iterables are read as expressions; the suite begins behind the colon.
bool PythonScanner::begin_compound(const Token& t) {
  const auto condition_in = [&](std::uint32_t block) {
    block_ = frames_[0].outer_block = frames_[0].element_block = frames_[0].block = block;
  };
  Chain& last = chain();
  if (t.is("elif") && last.group != none) {
    statement_ = Statement::elif_;
    last.block = add_block(Block::Kind::branch, last.block, last.group);
    out_.blocks[last.block].needs &= last.condition.fails;
    last.group = groups_++;
    condition_begin_ = tokens_.position();
    condition_in(last.block);
  } else if (t.is("else")) {
    statement_ = Statement::else_;
  } else if (t.is("except")) {
    statement_ = Statement::except_;
  } else if (t.is("finally")) {
    statement_ = Statement::finally_;
  } else if (t.is("case")) {
    statement_ = Statement::case_;
    expression_token(t);
  } else if (t.is("def") || t.is("class")) {
    leave_ended_branches();
    define(t.is("def") ? Statement::define : Statement::class_header, is_async_ ? statement_line_ : t.line);
  } else if (t.is("match")) {
    leave_ended_branches();
    statement_ = Statement::match_;
    expression_token(t);
  } else if (t.is("if") || t.is("while") || t.is("for") || t.is("with") || t.is("try")) {
    leave_ended_branches();
    chain().group = groups_++;
    chain().block = block_;
    statement_ = t.is("if")      ? Statement::if_
                 : t.is("while") ? Statement::while_
                 : t.is("for")   ? Statement::for_
                 : t.is("with")  ? Statement::with_
                                 : Statement::try_;
    condition_begin_ = tokens_.position();
    if (statement_ == Statement::while_) condition_in(add_block(Block::Kind::loop, block_));
    if (statement_ == Statement::for_) target_begin_ = static_cast<std::uint32_t>(out_.values.size());
  } else {
    return false;
  }
  return true;
}

bool PythonScanner::begin_simple(const Token& t) {
  if (t.is("import")) {
    import_statement();
  } else if (t.is("from")) {
    from_statement();
  } else if (t.is("global")) {
    global_statement();
  } else if (t.is("return") || t.is("raise") || t.is("break") || t.is("continue")) {
    if (t.is("return")) statement_ = Statement::return_;
    if (t.is("raise")) out_.blocks[suites_.back().block_now].raises = true;
    if (!t.is("continue")) cut_loops(!t.is("break"));
    ends_here();
  } else if (t.is("del")) {
    statement_ = Statement::delete_;
  } else if (t.is("assert")) {
    statement_ = Statement::assert_;
  } else {
    return t.is("pass") || t.is("nonlocal");
  }
  return true;
}

// assert CONDITION, MESSAGE: who is asked for the message raises it.
void PythonScanner::end_assertion() {
  Frame& f = top();
  if (!f.is_answer) add_value(Value::Kind::test, {}, element_value(), statement_line_);
  f.element_block = add_block(Block::Kind::branch, f.element_block, groups_++);
  out_.blocks[f.element_block].raises = true;
}

// case PATTERN: what looks like a call asks what something is, what looks like an operator is a choice.
void PythonScanner::end_pattern() {
  const std::size_t end = pattern_end_ == none ? out_.values.size() : pattern_end_;
  for (std::size_t v = frames_[0].first_value; v < end; ++v) {
    Value& value = out_.values[v];
    if (value.kind != Value::Kind::call && value.kind != Value::Kind::operation) continue;
    if (value.kind == Value::Kind::call && value.base != none) out_.values[value.base].called = false;
    value.kind = Value::Kind::other;
  }
}

// The block, and what it is the end of, is left here.
void PythonScanner::ends_here() {
  for (std::uint32_t b = suites_.back().block_now;; b = out_.blocks[b].parent) {
    out_.blocks[b].ends = true;
    if (out_.blocks[b].kind != Block::Kind::rest) return;
  }
}

// The loops around may end before they went through everything: all, or the innermost one alone.
void PythonScanner::cut_loops(bool all) {
  for (std::size_t i = suites_.size(); i-- > 0 && !suites_[i].opens_scope;) {
    Block& block = out_.blocks[suites_[i].block];
    if (block.kind != Block::Kind::loop) continue;
    block.is_cut = true;
    if (!all) return;
  }
}

// What follows an if with a branch that returned runs less often than what precedes it.
void PythonScanner::leave_ended_branches() {
  Chain& last = chain();
  if (!last.ending.empty()) {
    const std::uint32_t rest = add_block(Block::Kind::rest, suites_.back().block_now);
    out_.blocks[rest].needs &= last.rest;
    out_.blocks[rest].likely = std::ranges::all_of(last.ending, [&](std::uint32_t b) {
      return out_.blocks[b].kind == Block::Kind::handler || out_.blocks[b].raises;
    });
    for (const std::uint32_t b : last.ending) {
      out_.blocks[b].rest = rest;
      if (out_.blocks[b].kind == Block::Kind::attempt) out_.blocks[rest].unlikely = true;
    }
    suites_.back().block_now = block_ = rest;
    frames_[0].outer_block = frames_[0].element_block = frames_[0].block = rest;
  }
  last = {};
}

void PythonScanner::end_statement() {
  if (!in_statement_) return;
  pop_to_statement();
  end_expression();
  const std::uint32_t value = expression_value();
  if (!unpacked_.empty()) unpack();
  if (annotated_) {
    if (const std::uint32_t type = annotation_value(); type != none && !targets_.empty())
      annotate(targets_.front(), type);
  } else if (!targets_.empty()) {
    for (const std::uint32_t v : expression_values()) {
      for (const std::uint32_t target : targets_) assign(target, v);
    }
  } else if (statement_ == Statement::return_) {
    for (const std::uint32_t v : expression_values()) {
      if (v != none) out_.returns.push_back({scope_, v});
    }
  } else if (statement_ == Statement::decorator && value != none) {
    decorators_.push_back(value);
  } else if (statement_ == Statement::delete_) {
    remove(element_value());
  } else if (statement_ == Statement::assert_ && top().elements == 0) {
    end_assertion();
  }
  if (statement_ != Statement::decorator) forget_decorators();
  block_ = suites_.back().block_now;
  in_statement_ = false;
}

// At the colon of a compound statement.
void PythonScanner::end_header() {
  end_expression();
  const std::uint32_t value = expression_value();
  Chain& last = chain();
  const std::uint32_t level = suites_.back().block_now;
  const std::uint32_t condition = last.block != none ? last.block : level;
  header_ = {true, none, none};
  switch (statement_) {
    case Statement::define:
      if (behind_arrow_ && annotation_value() != none) out_.return_types.push_back({defined_, annotation_value()});
      [[fallthrough]];
    case Statement::class_header:
      header_.scope = defined_;
      header_.block = out_.scopes[defined_].block;
      break;
    case Statement::if_:
    case Statement::elif_:
      block_ = condition;
      if (!top().is_answer) add_value(Value::Kind::test, {}, value, statement_line_);
      header_.block = add_block(Block::Kind::branch, condition, last.group);
      last.condition = asked_runtime();
      out_.blocks[header_.block].needs &= last.condition.holds;
      note_condition(value);
      break;
    case Statement::while_:
      header_.block = block_ = frames_[0].outer_block;
      if (!top().is_answer) add_value(Value::Kind::test, {}, value, statement_line_);
      out_.blocks[block_].test_end = static_cast<std::uint32_t>(out_.values.size());
      break;
    case Statement::for_:
      header_.block = block_ = add_block(Block::Kind::loop, level);
      out_.blocks[block_].items = written_items(header_from(iterable_begin_)).value_or(none);
      out_.blocks[block_].never = out_.blocks[block_].never || out_.blocks[block_].items == 0;
      bind_names(target_begin_, target_end_,
                 is_async_ ? add_value(Value::Kind::await, "for", value, statement_line_)
                           : add_value(Value::Kind::iterate, {}, value, statement_line_));
      break;
    case Statement::case_:
      end_pattern();
      if (last.group == none) last.group = groups_++;
      header_.block = add_block(Block::Kind::branch, condition, last.group);
      break;
    case Statement::else_:
      header_.block = add_block(Block::Kind::branch, condition, last.group);
      out_.blocks[header_.block].needs &= last.condition.fails;
      last.in_else = true;
      break;
    case Statement::try_: header_.block = add_block(Block::Kind::attempt, level); break;
    case Statement::except_:
      header_.block = add_block(Block::Kind::handler, level);
      name_caught(value);
      break;
    case Statement::with_:
      if (!frames_[0].had_as) enter_context(element_value(), statement_line_);
      for (const auto& [manager, line] : managers_) add_value(Value::Kind::exit, {}, manager, line);
      [[fallthrough]];
    default: header_.block = add_block(Block::Kind::always, level); break;
  }
  forget_decorators();
  block_ = level;
  in_statement_ = false;
}

// except TYPES as TARGET
void PythonScanner::name_caught(std::uint32_t target) {
  if (types_end_ == none || target == none || out_.values[target].kind != Value::Kind::name) return;
  out_.values[target].stored = true;
  const std::uint32_t first = is_group_ ? types_end_ : frames_[0].first_value;
  out_.handlers.push_back({header_.block, target, first, types_end_});
}

// The text of a header from there to its colon, which was read last.
std::string_view PythonScanner::header_from(std::size_t begin) const {
  const std::string_view text = text_.substr(begin, tokens_.position() - begin);
  return text.substr(0, text.rfind(':'));
}

// What the condition of an `if` asks of the Python that runs.
RuntimeCondition PythonScanner::asked_runtime() const { return runtime_condition(header_from(condition_begin_)); }

// Some conditions say by their names how often they hold.
void PythonScanner::note_condition(std::uint32_t single) {
  Block& block = out_.blocks[header_.block];
  if (single != none) {
    const Value& value = out_.values[single];
    block.never = block.never || value.name == "TYPE_CHECKING" || value.name == "number";
    if (value.kind == Value::Kind::literal && value.name == "number" && last_number_ != "0") block.never = false;
  }
  for (std::size_t v = frames_[0].first_value; v < out_.values.size(); ++v) {
    const Value& value = out_.values[v];
    if (value.kind != Value::Kind::name && value.kind != Value::Kind::attribute) continue;
    if (value.name == "__name__") block.main_only = true;
    const std::string_view name = value.name;
    if (name.find("debug") != std::string_view::npos || name.find("DEBUG") != std::string_view::npos ||
        name == "verbose" || name == "VERBOSE")
      block.unlikely = !has_not_;
  }
}

void PythonScanner::define(Statement kind, std::uint32_t line) {
  const Token name = tokens_.next();
  if (name.kind != Token::Kind::name) {
    token(name);
    return;
  }
  statement_ = kind;
  const std::uint32_t first_line = decorator_line_ == 0 ? line : decorator_line_;
  for (const std::uint32_t decorator : decorators_)
    add_value(Value::Kind::decoration, {}, decorator, out_.values[decorator].line);
  defined_ =
      add_scope(kind == Statement::define ? Scope::Kind::function : Scope::Kind::class_body, name.text, first_line);
  for (const std::uint32_t decorator : decorators_) out_.decorators.push_back({defined_, decorator});
  Scope& scope = out_.scopes[defined_];
  scope.def_line = line;
  scope.is_async = is_async_;
  scope.is_global = globals_.contains({scope_, name.text});
  bind(Binding::Kind::definition, scope.is_global ? 0 : scope_, name.text, defined_);
  if (kind == Statement::class_header) add_value(Value::Kind::definition, name.text, defined_, line);
}

void PythonScanner::add_import(std::string_view module, std::string_view name, std::string_view alias,
                               std::uint32_t level, std::uint32_t line, bool first) {
  const auto id = static_cast<std::uint32_t>(out_.imports.size());
  out_.imports.push_back({module, name, level, line, scope_, block_, first});
  if (first) add_value(Value::Kind::import, {}, id, line);
  const std::string_view bound = !alias.empty()  ? alias
                                 : !name.empty() ? name
                                                 : module.substr(0, module.find_first_of(". \t"));
  bind(Binding::Kind::import, globals_.contains({scope_, bound}) ? 0 : scope_, bound, id);
}

std::uint32_t PythonScanner::add_scope(Scope::Kind kind, std::string_view name, std::uint32_t line) {
  const auto id = static_cast<std::uint32_t>(out_.scopes.size());
  Scope scope;
  scope.name = name;
  scope.kind = kind;
  scope.parent = scope_;
  scope.first_line = scope.def_line = scope.last_line = line;
  scope.block = add_block(Block::Kind::body, none);
  scope.is_generator = kind == Scope::Kind::generator;
  out_.scopes.push_back(scope);
  return id;
}

std::uint32_t PythonScanner::add_block(Block::Kind kind, std::uint32_t parent, std::uint32_t group) {
  Block block;
  block.kind = kind;
  block.parent = parent;
  block.group = group;
  if (parent != none) {  // what surrounds it may be known to be rare
    block.never = out_.blocks[parent].never;
    block.main_only = out_.blocks[parent].main_only;
    block.needs = out_.blocks[parent].needs;
  }
  out_.blocks.push_back(block);
  return static_cast<std::uint32_t>(out_.blocks.size() - 1);
}

std::uint32_t PythonScanner::add_value(Value::Kind kind, std::string_view name, std::uint32_t base,
                                       std::uint32_t line) {
  Value value;
  value.kind = kind;
  value.base = base;
  value.line = line;
  value.statement = statement_line_;
  value.scope = scope_;
  value.block = block_;
  value.name = name;
  out_.values.push_back(value);
  return static_cast<std::uint32_t>(out_.values.size() - 1);
}

}  // namespace profconv
