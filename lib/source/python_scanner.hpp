#pragma once

#include <array>
#include <cstddef>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "source/python_scan.hpp"
#include "source/python_tokens.hpp"

namespace profconv {

/// Fills a PythonScan in one pass over the tokens. Statements are in python_scanner.cpp, what gives names a value in
/// python_bindings.cpp, expressions in python_expressions.cpp, python_brackets.cpp and python_comprehensions.cpp.
class PythonScanner {
 public:
  explicit PythonScanner(std::string_view text) : text_(text), tokens_(text) {}
  PythonScanner(std::string_view text, std::span<const std::uint32_t> lines)
      : text_(text), tokens_(text), lines_(lines), looks_everywhere_(false) {}
  PythonScan run() &&;

 private:
  using Scope = PythonScan::Scope;
  using Block = PythonScan::Block;
  using Value = PythonScan::Value;
  using Binding = PythonScan::Binding;
  static constexpr std::uint32_t none = PythonScan::none;

  enum class Statement : std::uint8_t {
    expression,
    match_,  // these two may be names as well
    case_,
    decorator,
    define,
    class_header,
    if_,
    elif_,
    else_,
    for_,
    while_,
    try_,
    except_,
    finally_,
    with_,
    return_,
    delete_,
    assert_,
  };

  // An open bracket, lambda or f-string; the first one is the statement. Each is in the middle of an expression.
  struct Frame {
    enum class Kind : std::uint8_t {
      statement,
      call,
      subscript,
      group,
      list,
      brace,
      parameters,
      bases,
      text,
      field,
      lambda_parameters,
      lambda_body
    };
    enum class Part : std::uint8_t { element, targets, first_iterable, later };  // of a comprehension

    Kind kind = Kind::statement;
    Part part = Part::element;
    bool operand = false;  // the last token ended an operand
    bool after_dot = false;
    bool has_operator = false;  // the expression is more than one operand
    bool is_slice = false;      // of a subscript
    bool is_answer = false;     // what stands before is the answer of `in` or `is`, whose truth nobody is asked for
    bool is_choice = false;     // nothing but operands between `or`, `and`, or `if ... else`
    bool starred = false;       // behind * or **
    bool is_mapping = false;    // behind **
    bool colon = false;         // behind a colon (of a dict, an annotation) or the = of an argument
    bool named = false;         // the parameter's name was read
    bool conditional = false;   // behind the `if` of a conditional expression
    bool iterating = false;     // in the iterable of a comprehension
    bool had_as = false;
    bool gives_any = false;        // a call: * or ** in its arguments
    std::string_view conversion;   // of a field
    std::uint32_t line = 0;        // of the bracket
    std::uint32_t current = none;  // the operand so far
    std::uint32_t other = none;    // of a choice: what the expression stands for as well
    std::uint32_t base = none;     // what is called or subscripted; a lambda's scope
    std::uint32_t elements = 0;    // before the present one
    std::uint32_t expression_line = 0;
    std::uint32_t expression_begin = 0, expression_blocks = 0;  // its values and blocks begin here
    std::uint32_t await_line = 0, yield_line = 0;
    std::uint32_t first_argument = none;
    std::uint32_t walrus = none, as_value = none;
    // The last operators whose right operand may go on, by how tightly they bind: values
    std::array<std::uint32_t, 8> operators = no_operators();
    std::uint32_t parameter = none;  // binding of the last one
    std::uint32_t comprehension = none, filter = none;
    std::uint32_t target_begin = 0, target_end = 0;
    std::uint32_t group = none;  // of the conditional expression
    std::uint32_t first_value = 0, first_block = 0, first_scope = 0;
    std::uint32_t outer_scope = 0, outer_block = 0;
    std::uint32_t element_block = 0;  // where elements run
    std::uint32_t block = 0;          // where the present expression runs, apart from what `and` hides

    static constexpr std::array<std::uint32_t, 8> no_operators() {
      return {none, none, none, none, none, none, none, none};
    }
    void operate() {
      has_operator = true;
      is_choice = false;
      operators = no_operators();
    }
  };

  // Branches of the last if, try or match of a block.
  struct Chain {
    std::uint32_t group = none;
    std::uint32_t block = none;  // where the conditions stand
    RuntimeCondition condition;  // the last one, as far as it asks for a Python
    RuntimeNeeds rest;           // of what follows, as branches ended
    bool in_else = false;
    std::vector<std::uint32_t> ending;
  };

  struct Suite {
    bool is_inline = false;
    bool opens_scope = false;
    std::uint32_t scope = 0;
    std::uint32_t block = 0;      // as it began
    std::uint32_t block_now = 0;  // after branches that ended: a `rest`
    Chain chain;                  // of the statements in this suite
  };

  struct Header {  // of a suite that is about to begin
    bool pending = false;
    std::uint32_t scope = none, block = none;
  };

  // Statements
  void token(const Token& t);
  void begin_statement(const Token& t);
  bool begin_compound(const Token& t);
  bool begin_simple(const Token& t);
  void end_statement();
  void end_header();
  RuntimeCondition asked_runtime() const;
  std::string_view header_from(std::size_t begin) const;
  void note_condition(std::uint32_t single);
  void begin_suite(bool is_inline);
  void end_suite();
  void skip_function();
  void leave_ended_branches();
  void define(Statement kind, std::uint32_t line);
  void import_statement();
  void from_statement();
  void add_import(std::string_view module, std::string_view name, std::string_view alias, std::uint32_t level,
                  std::uint32_t line, bool first);
  std::string_view dotted(Token& t);
  void global_statement();
  void remove(std::uint32_t target);
  void annotate(std::uint32_t target, std::uint32_t type);
  void assign(std::uint32_t target, std::uint32_t value);
  void unpack();
  void bind_names(std::uint32_t begin, std::uint32_t end, std::uint32_t value);
  void enter_context(std::uint32_t manager, std::uint32_t line);
  void end_assertion();
  void end_pattern();
  void name_caught(std::uint32_t target);
  void ends_here();
  void cut_loops(bool all);
  void forget_decorators() {
    decorators_.clear();
    decorator_line_ = 0;
  }

  // Expressions
  void expression_token(const Token& t);
  void name_token(const Token& t);
  bool keyword_token(const Token& t);
  void op_token(const Token& t);
  void open(const Token& t);
  void close();
  void colon();
  void comma();
  void equals();
  void operation(std::string_view name);
  std::uint32_t left_operand(std::size_t tightness);
  void add_parameter(Scope& function);
  void attribute_or_name(const Token& t);
  void literal(std::string_view type, std::uint32_t line);
  bool in_annotation() const;
  std::uint32_t annotation_value() const;  // of `A | None` that of A
  void augmented(const Token& t);
  void context_as();
  void end_operand();
  void end_expression();
  void end_element();
  void fresh_expression();
  std::uint32_t element_value() const;                   // of the present element
  std::uint32_t expression_value() const;                // `none` for tuples
  std::vector<std::uint32_t> expression_values() const;  // what it may stand for; at least one, `none` if unknown
  void begin_lambda(std::uint32_t line);
  void end_lambdas();
  void end_lambda();
  void comprehension_for();
  void comprehension_in();
  void comprehension_if();
  void end_iterable();
  void move_into_block(std::uint32_t values, std::uint32_t blocks, std::uint32_t from, std::uint32_t to);
  void conditional_if();
  void conditional_else();
  void maybe(bool is_or);
  void push(Frame::Kind kind, std::uint32_t base, std::uint32_t line);
  void close_until(Frame::Kind kind);
  bool forget_literals(const Frame& f);
  std::uint32_t close_frame();
  Frame& top() { return frames_.back(); }
  void pop_to_statement();

  std::uint32_t add_scope(Scope::Kind kind, std::string_view name, std::uint32_t line);
  std::uint32_t add_block(Block::Kind kind, std::uint32_t parent, std::uint32_t group = none);
  std::uint32_t add_value(Value::Kind kind, std::string_view name, std::uint32_t base, std::uint32_t line);
  void bind(Binding::Kind kind, std::uint32_t scope, std::string_view name, std::uint32_t value,
            std::uint32_t base = none) {
    out_.bindings.push_back({kind, scope, value, base, name});
  }
  Chain& chain() { return suites_.back().chain; }

  std::string_view text_;
  PythonTokens tokens_;
  std::span<const std::uint32_t> lines_;  // of the functions to look into
  bool looks_everywhere_ = true;
  PythonScan out_;
  std::uint32_t scope_ = 0, block_ = 0;
  std::uint32_t groups_ = 0;
  std::vector<Frame> frames_;
  std::vector<Suite> suites_;
  Header header_;
  Statement statement_ = Statement::expression;
  bool in_statement_ = false;
  bool has_not_ = false;   // in the statement
  bool is_group_ = false;  // of an except with `as`: `except*`
  std::string_view last_number_;
  bool is_async_ = false;
  std::uint32_t statement_line_ = 0;
  std::uint32_t statement_tokens_ = 0;
  std::size_t condition_begin_ = 0;  // of an if, in the text
  std::size_t iterable_begin_ = 0;   // of a for
  std::uint32_t last_line_ = 1;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> managers_;  // of a with: values, and the lines where they begin
  std::uint32_t defined_ = none;                                   // scope of the def or class whose header is read
  std::uint32_t target_begin_ = none, target_end_ = none;          // values of a for's targets
  std::uint32_t types_end_ = none;                                 // of an except: the values before `as`
  std::uint32_t pattern_end_ = none;                               // of a case: the values before its guard
  std::vector<std::uint32_t> targets_;                             // of assignments: values, in order
  std::vector<std::uint32_t> unpacked_;  // the same of a, b = ...: values, none of them `none`
  std::vector<std::uint32_t> row_;       // elements of the statement's expression, before commas
  bool annotated_ = false;               // x: T
  bool header_bracket_ = false;          // the ( of a def or class was read
  bool behind_arrow_ = false;            // of a def
  std::vector<std::uint32_t> decorators_;
  std::uint32_t decorator_line_ = 0;
  std::set<std::pair<std::uint32_t, std::string_view>> globals_;
};

}  // namespace profconv
