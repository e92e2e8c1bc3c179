// What gives names a value: imports, `global`, assignments, `with ... as`.

#include "source/python_scanner.hpp"

namespace profconv {

// A dotted name, beginning with `t`; leaves the token behind it in `t`.
std::string_view PythonScanner::dotted(Token& t) {
  const char* begin = t.text.data();
  const char* end = begin;
  while (t.kind == Token::Kind::name && !t.is("import") && !t.is("as")) {
    end = t.text.data() + t.text.size();
    t = tokens_.next();
    if (!t.is(".")) break;
    t = tokens_.next();
  }
  return {begin, static_cast<std::size_t>(end - begin)};
}

void PythonScanner::import_statement() {
  Token t = tokens_.next();
  while (t.kind == Token::Kind::name) {
    const std::uint32_t line = statement_line_;
    const std::string_view module = dotted(t);
    std::string_view alias;
    if (t.is("as")) {
      t = tokens_.next();
      if (t.kind == Token::Kind::name) {
        alias = t.text;
        t = tokens_.next();
      }
    }
    if (module.empty()) break;
    add_import(module, {}, alias, 0, line, true);
    if (!t.is(",")) break;
    t = tokens_.next();
  }
  if (t.kind == Token::Kind::newline || t.is(";") || t.kind == Token::Kind::end) token(t);
}

void PythonScanner::from_statement() {
  const std::uint32_t line = statement_line_;
  std::uint32_t level = 0;
  Token t = tokens_.next();
  for (; t.kind == Token::Kind::op && (t.is(".") || t.is("...")); t = tokens_.next())
    level += static_cast<std::uint32_t>(t.text.size());
  const std::string_view module = t.kind == Token::Kind::name && !t.is("import") ? dotted(t) : std::string_view{};
  bool first = true;
  if (t.is("import")) {
    for (t = tokens_.next();; t = tokens_.next()) {
      if (t.kind == Token::Kind::op && (t.is("(") || t.is(")") || t.is(","))) continue;
      if (t.is("*")) {
        add_import(module, t.text, {}, level, line, first);
      } else if (t.kind == Token::Kind::name) {
        const std::string_view name = t.text;
        std::string_view alias;
        t = tokens_.next();
        if (t.is("as")) {
          t = tokens_.next();
          alias = t.text;
          t = tokens_.next();
        }
        add_import(module, name, alias, level, line, first);
        first = false;
        if (t.is(",") || t.is(")")) continue;
        break;
      } else {
        break;
      }
      first = false;
    }
  }
  if (t.kind == Token::Kind::newline || t.is(";") || t.kind == Token::Kind::end) token(t);
}

void PythonScanner::global_statement() {
  Token t = tokens_.next();
  for (; t.kind == Token::Kind::name || t.is(","); t = tokens_.next()) {
    if (t.kind == Token::Kind::name) globals_.emplace(scope_, t.text);
  }
  if (t.kind == Token::Kind::newline || t.is(";") || t.kind == Token::Kind::end) token(t);
}

// `target` is a value: a name, an attribute, or something else that binds nothing.
void PythonScanner::assign(std::uint32_t target, std::uint32_t value) {
  Value& to = out_.values[target];
  to.stored = true;
  if (to.kind == Value::Kind::name) {
    bind(Binding::Kind::assignment, globals_.contains({scope_, to.name}) ? 0 : scope_, to.name, value);
  } else if (to.kind == Value::Kind::attribute) {
    bind(Binding::Kind::attribute, scope_, to.name, value, to.base);
  }
}

// a, b = x, y; or what the parts of one value are nobody knows, but it is gone through.
void PythonScanner::unpack() {
  row_.push_back(frames_[0].starred ? none : element_value());
  const bool is_single = frames_[0].elements == 0;
  const std::uint32_t part = is_single ? add_value(Value::Kind::iterate, PythonScan::unpacking, row_.front(),
                                                   out_.values[unpacked_.front()].line)
                                       : none;
  const bool is_each = !is_single && row_.size() == unpacked_.size();
  // A number as a rule is what a variable begins with before it is anything.
  const auto is_number = [&](std::uint32_t v) {
    return v != none && out_.values[v].kind == Value::Kind::literal && out_.values[v].name == "number";
  };
  for (std::size_t i = 0; i < unpacked_.size(); ++i)
    assign(unpacked_[i], is_each && !is_number(row_[i]) ? row_[i] : part);
}

void PythonScanner::remove(std::uint32_t target) {
  if (target == none) return;
  out_.values[target].stored = out_.values[target].deleted = true;
}

void PythonScanner::annotate(std::uint32_t target, std::uint32_t type) {
  const Value& to = out_.values[target];
  if (to.kind == Value::Kind::name) bind(Binding::Kind::annotation, scope_, to.name, type);
  if (to.kind == Value::Kind::attribute) bind(Binding::Kind::annotated_attribute, scope_, to.name, type, to.base);
}

// Names among the values of targets: a single one stands for `value`, one of several for something unknown.
void PythonScanner::bind_names(std::uint32_t begin, std::uint32_t end, std::uint32_t value) {
  if (begin == none || end == none) return;
  for (std::uint32_t v = begin; v < end; ++v) {
    const Value& target = out_.values[v];
    if (target.kind == Value::Kind::name && target.scope == scope_) assign(v, end - begin == 1 ? value : none);
  }
}

void PythonScanner::enter_context(std::uint32_t manager, std::uint32_t line) {
  managers_.emplace_back(manager, line);
  if (is_async_) {
    add_value(Value::Kind::await, "with", manager, line);
  } else {
    add_value(Value::Kind::enter, {}, manager, line);
  }
}

}  // namespace profconv
