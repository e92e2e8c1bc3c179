#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source/python_runtime.hpp"

namespace profconv {

/// What stands in a Python source file, as far as calls and names are concerned: flat tables, connected by indexes.
/// All text is a view of the file's.
struct PythonScan {
  static constexpr std::uint32_t none = 0xffffffff;
  static constexpr std::uint8_t any_number = 0xff;  ///< Of arguments.
  static constexpr std::string_view hashing = "{}", unpacking = "=",
                                    slicing = ":";  ///< Names of values that do this, see there.

  /// A piece of code that Python compiles on its own.
  struct Scope {
    enum class Kind : std::uint8_t { module, class_body, function, lambda, generator, list, set, dict };

    std::string_view name;  ///< As Python records it: "f", "C", "<lambda>", "<listcomp>", "<module>".
    Kind kind = Kind::module;
    bool is_async = false;
    bool is_generator = false;         ///< Has a `yield`; generator expressions too.
    bool is_global = false;            ///< Declared `global` where it is defined: its qualified name has no parents.
    std::uint8_t least_arguments = 0;  ///< Of a function or lambda, by position or name, those of `self` included.
    std::uint8_t most_arguments = 0;   ///< `any_number` behind * and **, and where there are very many.
    std::uint32_t parent = none;
    std::uint32_t first_line = 1;  ///< As Python records it: the first decorator's, else that of `def` or `class`.
    std::uint32_t def_line = 1;
    std::uint32_t last_line = 1;
    std::uint32_t block = 0;  ///< Its outermost block.

    bool is_comprehension() const noexcept { return kind >= Kind::generator; }
  };

  /// Statements (and parts of expressions) that run equally often, apart from exceptions.
  struct Block {
    enum class Kind : std::uint8_t {
      body,     ///< A scope's outermost.
      branch,   ///< Of an if, a match, a conditional expression; blocks of one `group` exclude each other.
      maybe,    ///< What follows `and` and `or`.
      loop,     ///< Body of a for or while, with the condition, of a comprehension.
      again,    ///< else of a loop.
      attempt,  ///< Body of a try.
      handler,  ///< except.
      always,   ///< finally, the body of a with, else of a try.
      rest,     ///< What follows a statement of which some branch ended in return, raise, break or continue.
    };

    Kind kind = Kind::body;
    bool ends = false;       ///< Ends in return, raise, break or continue.
    bool raises = false;     ///< Ends in raise.
    bool never = false;      ///< Under `if TYPE_CHECKING`, `if 0`.
    bool main_only = false;  ///< Under `if __name__ == "__main__"`.
    bool unlikely = false;   ///< Under a condition that speaks of debugging; a `rest` behind a `try` that returned.
    bool likely = false;     ///< A `rest` that only exceptions lead past.
    bool is_cut = false;     ///< Of a loop: a break, return or raise in it may end it early.
    RuntimeNeeds needs;      ///< Of the Python that runs, by conditions around it.
    std::uint32_t parent = none;
    std::uint32_t group = none;
    std::uint32_t rest = none;   ///< The block that is only reached where this one is not.
    std::uint32_t items = none;  ///< Of a `for`: how many items it goes through, if they are written there.
    std::uint32_t test_end = 0;  ///< Of a `while`: the block's values before this one are its condition's.
  };

  /// A step of an expression, or an operation that may call something.
  struct Value {
    enum class Kind : std::uint8_t {
      name,
      attribute,      ///< `name` of `base`.
      call,           ///< of `base`.
      subscript,      ///< of `base`; `name`: `slicing` or "".
      literal,        ///< `name`: "str", "list", "dict", "set", "number".
      lambda,         ///< `base`: its scope.
      comprehension,  ///< `base`: its scope.
      other,
      // What follows stands for an operation, not for an operand.
      operation,     ///< `name`: the operator, `base`: the left operand, an operation's result if others bind as
                     ///< tightly before it, `none` of a sign; or `hashing`, `base`: the first key.
      iterate,       ///< `base`: what is iterated over; * and ** too; `name`: `unpacking` or "".
      get_iterator,  ///< Of `base`, which a comprehension goes through: before it begins, where it stands.
      enter,         ///< The start of a with: `base` is the context manager. CPython 3.13 and later has it on `line`,
                     ///< older ones on that of the statement, as the next.
      exit,          ///< The end of a with, for each of its context managers: `base`.
      await,         ///< await, yield from, `async for` and `async with`: of `base`; `name`: "for" or "with" of these.
      decoration,    ///< `base`: the decorator.
      definition,    ///< A class statement, `base`: its scope.
      import,        ///< `base`: an index of `imports`.
      test,          ///< if, while, not, and, or: truth of `base`.
      format,        ///< A field of an f-string: `base`; `name`: how it is converted, "r", "s", "a" or "".
      keyword,       ///< The name of an argument.
    };

    /// What happens to it.
    enum class Access : std::uint8_t { read, store, remove };

    Kind kind = Kind::other;
    bool stored = false;                  ///< Assigned to or deleted.
    bool deleted = false;                 ///< Of these, deleted.
    bool called = false;                  ///< `base` of a call.
    std::uint8_t arguments = any_number;  ///< Of a call: how many it has, unless * or ** give more.
    std::uint32_t base = none;
    std::uint32_t argument = none;  ///< The first argument of a call, or what a subscript has in its brackets.
    std::uint32_t line = 0;         ///< Where CPython (3.8 and later) has the operation.
    std::uint32_t statement = 0;    ///< The line where its statement begins.
    std::uint32_t scope = 0, block = 0;
    std::string_view name;

    /// Making a dict or set of what stands in braces.
    bool hashes() const noexcept { return kind == Kind::operation && name == hashing; }
    /// x[a:b]
    bool is_slice() const noexcept { return kind == Kind::subscript && name == slicing; }
    /// a, b = x
    bool unpacks() const noexcept { return kind == Kind::iterate && name == unpacking; }
    Access access() const noexcept { return deleted ? Access::remove : stored ? Access::store : Access::read; }
  };

  /// One name of an import statement: `import module as alias`, `from module import name as alias`.
  struct Import {
    std::string_view module;  ///< As written, with blanks where somebody wrote them; without leading dots.
    std::string_view name;    ///< "" for `import module`, "*" for all.
    std::uint32_t level = 0;  ///< Leading dots.
    std::uint32_t line = 0;
    std::uint32_t scope = 0, block = 0;
    bool first = false;  ///< First of its module in the statement: there is one call of the import system for it.
  };

  /// What a name of a scope, or an attribute, may stand for.
  struct Binding {
    enum class Kind : std::uint8_t {
      assignment,           ///< of `value`, `none` when it is not a single operand.
      parameter,            ///< `value`: its annotation.
      annotation,           ///< `value`: the declared type.
      definition,           ///< `value`: a scope.
      import,               ///< `value`: an index of `imports`.
      attribute,            ///< `value` is assigned to attribute `name` of `base`.
      annotated_attribute,  ///< `value`: the declared type of attribute `name` of `base`.
    };

    Kind kind;
    std::uint32_t scope;
    std::uint32_t value;
    std::uint32_t base;
    std::string_view name;
  };

  /// except TYPES as NAME
  struct Handler {
    std::uint32_t block;
    std::uint32_t target;       ///< The name: a value.
    std::uint32_t first, last;  ///< The values of the types: half-open. None behind `except*`.
  };

  struct Owned {
    std::uint32_t scope, value;
  };
  /// Those of a scope, in a table that is in the order of the scopes.
  static std::span<const Owned> of_scope(const std::vector<Owned>& table, std::uint32_t scope) {
    const auto begin = std::ranges::lower_bound(table, scope, {}, &Owned::scope);
    return {begin, std::ranges::upper_bound(table, scope, {}, &Owned::scope)};
  }

  /// Lines of functions of which the bodies were not looked into.
  struct Skipped {
    std::uint32_t first, last;
  };

  std::vector<Scope> scopes;  ///< The module is the first.
  std::vector<Block> blocks;
  std::vector<Value> values;
  std::vector<Import> imports;
  std::vector<Binding> bindings;
  std::vector<Handler> handlers;   ///< That give what they caught a name; in the order of their blocks.
  std::vector<Owned> decorators;   ///< scope: what is decorated; from the outermost inwards.
  std::vector<Owned> bases;        ///< scope: a class.
  std::vector<Owned> metaclasses;  ///< Per class: `metaclass=` of its statement.
  std::vector<Owned> returns;
  std::vector<Owned> return_types;  ///< Behind `->`; scope: the function, ascending.
  std::vector<Skipped> skipped;     ///< In order.
  bool complete = true;  ///< False when brackets or indentations are nested too deeply; what precedes is here.
};

/// Scans a file. Any bytes give some result; linear in their number.
PythonScan scan_python(std::string_view text);
/// Looks only into functions that stand on one of these lines (ascending) or hold one, and into those that make
/// objects. Of others it tells name and place, and that they are generators where they hold the word.
PythonScan scan_python(std::string_view text, std::span<const std::uint32_t> lines);

/// "C.method", "f.<locals>.inner": as `__qualname__`; "<module>" for the module. `inlined_comprehensions`: those of
/// lists, sets and dicts are a part of what they stand in (Python 3.12 and later).
std::string qualified_name(const PythonScan& scan, std::uint32_t scope, bool inlined_comprehensions = false);

}  // namespace profconv
