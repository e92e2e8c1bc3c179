#include "codecs/pickle.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>
#include <utility>

#include "base/counted.hpp"
#include "base/hash_tables.hpp"
#include "base/hex.hpp"
#include "base/visible.hpp"
#include "codecs/pickle_opcodes.hpp"
#include "codecs/pickle_scalars.hpp"

namespace profconv {
namespace {

// What protocols 0 and 1 make an instance with: copyreg._reconstructor(class, object, None).
constexpr PickleClass reconstructors[] = {{"copy_reg", "_reconstructor"}, {"copyreg", "_reconstructor"}};
constexpr PickleClass plain_objects[] = {{"__builtin__", "object"}, {"builtins", "object"}};

bool is_one_of(std::span<const PickleClass> classes, PickleClass c) {
  return std::ranges::find(classes, c) != classes.end();
}

std::string full_name(PickleClass c) { return std::string(c.module) + "." + std::string(c.name); }

}  // namespace

const char* name_of(PickleType type) noexcept {
  switch (type) {
    case PickleType::none: return "None";
    case PickleType::boolean: return "a bool";
    case PickleType::integer: return "an int";
    case PickleType::big_integer: return "an int beyond 64 bits";
    case PickleType::real: return "a float";
    case PickleType::text: return "a string";
    case PickleType::tuple: return "a tuple";
    case PickleType::list: return "a list";
    case PickleType::dict: return "a dict";
    case PickleType::global: return "a class";
    case PickleType::object: return "an instance";
  }
  return "an object";
}

/// Runs the opcodes.
class PickleMachine {
 public:
  PickleMachine(ByteCursor& cursor, std::span<const PickleClass> allowed) : cursor_(cursor), allowed_(allowed) {
    // A profile of lines takes 2 to 3 bytes for a value, and a dozen for one that it puts into the memo. More than a
    // claim: a bound on what is worth reserving.
    constexpr std::size_t most = std::size_t{1} << 20;
    p_.items_.reserve(std::min(cursor.left() / 2, most));
    memo_.reserve(std::min(cursor.left() / 8, most));
  }

  Pickle run();

 private:
  using Type = PickleType;

  bool step(std::uint8_t opcode);  // false: STOP
  void step_text(std::uint8_t opcode);
  void step_number_text(std::uint8_t opcode);
  void step_container(std::uint8_t opcode);
  void step_class(std::uint8_t opcode);

  PickleValue value(Type type, std::uint64_t bits) const { return {type, at_, bits}; }
  void push(Type type, std::uint64_t bits) { stack_.push_back(value(type, bits)); }
  void push_integer(std::int64_t i) { push(Type::integer, static_cast<std::uint64_t>(i)); }
  void push_real(Type type, double d) { push(type, std::bit_cast<std::uint64_t>(d)); }
  void push_text(std::string_view text) {
    p_.texts_.push_back(text);
    push(Type::text, p_.texts_.size() - 1);
  }
  void push_decoded(std::string text) {
    p_.decoded_.push_back(std::move(text));
    push_text(p_.decoded_.back());
  }
  void push_container(Type type) {
    p_.containers_.emplace_back();
    push(type, p_.containers_.size() - 1);
  }

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  void need(std::size_t n) const {
    if (stack_.size() - floor() < n)
      fail("the stack holds " + std::to_string(stack_.size() - floor()) + " values, " + std::to_string(n) +
           " are wanted");
  }
  PickleValue pop() {
    need(1);
    const PickleValue v = stack_.back();
    stack_.pop_back();
    return v;
  }
  std::size_t pop_mark() {
    if (marks_.empty()) fail("there is no mark on the stack");
    const std::size_t mark = marks_.back();
    marks_.pop_back();
    return mark;
  }

  std::string_view take_line(const char* what);
  template <class T>
  std::size_t take_length(const char* what);
  std::string_view take_sized(std::size_t n, const char* what) { return cursor_.take(n, what); }
  double take_big_endian_double();
  void push_number(const PickleNumber& number);
  template <class T>
  T expected(std::optional<T> decoded, const char* what, std::string_view text) const {
    if (!decoded) fail(std::string("expected ") + what + ", found " + quoted(text));
    return std::move(*decoded);
  }

  void push_tuple(std::size_t first_on_stack);
  void add_part(PickleValue v, std::size_t first);
  void put(std::uint64_t number);
  void get(std::uint64_t number);
  std::uint64_t memo_number(std::string_view text) const;

  void push_global(PickleClass c);
  void push_object(PickleValue global, PickleValue arguments);
  void reduce();
  void build();
  [[noreturn]] void refuse(PickleClass c, const char* how = "") const;
  [[noreturn]] void refuse_opcode(const char* name, const char* what) const;
  [[noreturn]] void fail(std::string reason, std::string hint = {}) const {
    cursor_.fail_at(at_, std::move(reason), std::move(hint));
  }

  ByteCursor& cursor_;
  std::span<const PickleClass> allowed_;
  Pickle p_;
  std::size_t at_ = 0;  // offset of the opcode
  std::vector<PickleValue> stack_;
  std::vector<std::size_t> marks_;  // sizes of the stack where a MARK stands
  // The memo: numbers as writers give them are counted up; a number far off must not make room for all before it.
  std::vector<PickleValue> memo_;
  static constexpr auto nothing = static_cast<PickleType>(0xff);  // the type of a place in it that was left out
  NumberMap<PickleValue> far_memo_;
  std::size_t memo_size_ = 0;
};

std::string_view PickleMachine::take_line(const char* what) {
  const std::string_view ahead = cursor_.ahead();
  const std::size_t end = ahead.find('\n');
  if (end == std::string_view::npos) {
    throw TruncatedError(Error::Parts{std::string(cursor_.source()), at_byte(at_),
                                      std::string(what) + " has no end of line", "the file looks cut off"});
  }
  cursor_.seek(cursor_.offset() + end + 1);
  return ahead.substr(0, end);
}

template <class T>
std::size_t PickleMachine::take_length(const char* what) {
  const T length = cursor_.little<T>(what);
  if constexpr (std::is_signed_v<T>) {
    if (length < 0) fail(std::string(what) + " has the negative size " + std::to_string(length));
  }
  return static_cast<std::size_t>(length);
}

double PickleMachine::take_big_endian_double() {
  return std::bit_cast<double>(__builtin_bswap64(cursor_.little<std::uint64_t>("a float")));
}

void PickleMachine::push_number(const PickleNumber& number) {
  switch (number.kind) {
    case PickleNumber::Kind::boolean: return push(Type::boolean, static_cast<std::uint64_t>(number.integer));
    case PickleNumber::Kind::integer: return push_integer(number.integer);
    case PickleNumber::Kind::big: return push_real(Type::big_integer, number.real);
    case PickleNumber::Kind::real: return push_real(Type::real, number.real);
  }
}

void PickleMachine::push_tuple(std::size_t first) {
  const std::size_t count = stack_.size() - first;
  constexpr std::size_t most = (std::size_t{1} << 24) - 1;
  if (count > most) fail("a tuple has " + std::to_string(count) + " items, more than " + std::to_string(most));
  const std::uint64_t bits = std::uint64_t{p_.items_.size()} << 24 | count;
  p_.items_.insert(p_.items_.end(), stack_.begin() + static_cast<std::ptrdiff_t>(first), stack_.end());
  stack_.resize(first);
  push(Type::tuple, bits);
}

// Moves what is on the stack from `first` on to the end of a list or dict.
void PickleMachine::add_part(PickleValue v, std::size_t first) {
  Pickle::Container& container = p_.containers_[v.bits_];
  const std::size_t count = stack_.size() - first;
  if (v.type() == Type::dict && count % 2 != 0) fail("a dict gets a key without a value");
  if (count == 0) return;
  const std::size_t begin = p_.items_.size();
  p_.items_.insert(p_.items_.end(), stack_.begin() + static_cast<std::ptrdiff_t>(first), stack_.end());
  stack_.resize(first);
  container.count += count;
  if (container.last != Pickle::no_part) {
    Pickle::Part& last = p_.parts_[container.last];
    if (last.first + last.count == begin) {
      last.count += count;
      return;
    }
  }
  if (p_.parts_.size() >= Pickle::no_part) fail("the pickle has too many lists");
  const auto part = static_cast<std::uint32_t>(p_.parts_.size());
  p_.parts_.push_back({begin, count, Pickle::no_part});
  (container.last == Pickle::no_part ? container.first : p_.parts_[container.last].next) = part;
  container.last = part;
}

void PickleMachine::put(std::uint64_t number) {
  need(1);
  // Python 2 counts from 1, and a writer may leave out what it does not need; but numbers never run ahead of the bytes.
  const bool near = number <= cursor_.offset();
  if (!near) {
    if (far_memo_.insert_or_assign(number, stack_.back()).second) ++memo_size_;
    return;
  }
  if (number == memo_.size()) {  // one after the other, as writers give them
    memo_.push_back(stack_.back());
    ++memo_size_;
    return;
  }
  if (number > memo_.size()) memo_.resize(number + 1, PickleValue(nothing, 0, 0));
  if (memo_[number].type() == nothing) ++memo_size_;
  memo_[number] = stack_.back();
}

void PickleMachine::get(std::uint64_t number) {
  if (number < memo_.size() && memo_[number].type() != nothing) return stack_.push_back(memo_[number]);
  const auto found = far_memo_.find(number);
  if (found == far_memo_.end()) fail("there is nothing in the memo under " + std::to_string(number));
  stack_.push_back(found->second);
}

std::uint64_t PickleMachine::memo_number(std::string_view text) const {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    fail("expected a number of the memo, found " + quoted(text));
  return number;
}

void PickleMachine::refuse(PickleClass c, const char* how) const {
  const std::string name = full_name(c);
  throw PickleRefused(Error::Parts{std::string(cursor_.source()),
                                   at_byte(at_),
                                   std::string("the pickle wants ") + how + visible(name) +
                                       "; only data are read, nothing is imported or run",
                                   {}},
                      name);
}

void PickleMachine::refuse_opcode(const char* name, const char* what) const {
  fail(std::string("the pickle wants ") + what + " (opcode " + name +
       "); only data are read, nothing is imported or run");
}

void PickleMachine::push_global(PickleClass c) {
  if (!is_one_of(allowed_, c) && !is_one_of(reconstructors, c) && !is_one_of(plain_objects, c)) refuse(c);
  p_.globals_.push_back(c);
  push(Type::global, p_.globals_.size() - 1);
}

// An instance of a class, made without arguments.
void PickleMachine::push_object(PickleValue global, PickleValue arguments) {
  if (global.type() != Type::global)
    fail(std::string("expected a class to make an instance of, found ") + name_of(global.type()));
  const PickleClass c = p_.globals_[global.bits_];
  if (!is_one_of(allowed_, c)) refuse(c);
  if (arguments.type() != Type::tuple || !p_.tuple(arguments).empty())
    fail("an instance of " + full_name(c) + " gets arguments");
  p_.objects_.push_back({global.bits_, {}});
  push(Type::object, p_.objects_.size() - 1);
}

void PickleMachine::reduce() {
  need(2);
  const PickleValue arguments = pop(), function = pop();
  if (function.type() != Type::global)
    fail(std::string("expected a function to call, found ") + name_of(function.type()));
  const PickleClass c = p_.globals_[function.bits_];
  if (!is_one_of(reconstructors, c)) refuse(c, "to call ");
  const auto fits = [&] {
    if (arguments.type() != Type::tuple) return false;
    const std::span<const PickleValue> a = p_.tuple(arguments);
    return a.size() == 3 && a[0].type() == Type::global && a[1].type() == Type::global &&
           is_one_of(plain_objects, p_.globals_[a[1].bits_]) && a[2].type() == Type::none;
  };
  if (!fits()) fail("expected " + full_name(c) + "(class, object, None)");
  const PickleValue global = p_.tuple(arguments)[0];
  if (const PickleClass made = p_.globals_[global.bits_]; !is_one_of(allowed_, made)) refuse(made);
  p_.objects_.push_back({global.bits_, {}});
  push(Type::object, p_.objects_.size() - 1);
}

void PickleMachine::build() {
  need(2);
  PickleValue state = pop();
  const PickleValue object = stack_.back();
  if (object.type() != Type::object)
    fail(std::string("expected an instance that gets a state, found ") + name_of(object.type()));
  if (state.type() == Type::tuple) {  // (state, state of slots)
    const std::span<const PickleValue> parts = p_.tuple(state);
    if (parts.size() == 2 && parts[0].type() == Type::none) state = parts[1];
  }
  if (state.type() != Type::dict)
    fail(std::string("expected a dict for the state of an instance, found ") + name_of(state.type()));
  PickleValue& place = p_.objects_[object.bits_].state;
  if (place.type() != Type::none) fail("an instance gets a state twice");
  place = state;
}

void PickleMachine::step_text(std::uint8_t opcode) {
  switch (opcode) {
    case STRING: {
      const std::string_view line = take_line("a string");
      return push_decoded(expected(decode_quoted(line), "a string in quotes", line));
    }
    case UNICODE: {
      const std::string_view line = take_line("a string");
      return push_decoded(expected(decode_raw_unicode(line), "a string", line));
    }
    case SHORT_BINSTRING:
    case SHORT_BINUNICODE:
    case SHORT_BINBYTES: return push_text(take_sized(cursor_.take_byte(), "a string"));
    case BINSTRING: return push_text(take_sized(take_length<std::int32_t>("a string"), "a string"));
    case BINUNICODE:
    case BINBYTES: return push_text(take_sized(take_length<std::uint32_t>("a string"), "a string"));
    default: return push_text(take_sized(take_length<std::uint64_t>("a string"), "a string"));
  }
}

void PickleMachine::step_number_text(std::uint8_t opcode) {
  const char* const what = opcode == FLOAT ? "a float as text" : "an int as text";
  const std::string_view line = take_line(what);
  push_number(expected(opcode == INT    ? decode_int(line)
                       : opcode == LONG ? decode_long_text(line)
                                        : decode_float(line),
                       what, line));
}

void PickleMachine::step_container(std::uint8_t opcode) {
  switch (opcode) {
    case EMPTY_TUPLE: return push_tuple(stack_.size());
    case TUPLE: return push_tuple(pop_mark());
    case TUPLE1: need(1); return push_tuple(stack_.size() - 1);
    case TUPLE2: need(2); return push_tuple(stack_.size() - 2);
    case TUPLE3: need(3); return push_tuple(stack_.size() - 3);
    case EMPTY_LIST: return push_container(Type::list);
    case EMPTY_DICT: return push_container(Type::dict);
    case LIST:
    case DICT: {
      const std::size_t first = pop_mark();
      p_.containers_.emplace_back();
      const PickleValue container = value(opcode == LIST ? Type::list : Type::dict, p_.containers_.size() - 1);
      add_part(container, first);
      return stack_.push_back(container);
    }
    default: break;
  }
  const bool dict = opcode == SETITEM || opcode == SETITEMS;
  std::size_t first = 0;
  if (opcode == APPENDS || opcode == SETITEMS) {
    first = pop_mark();
  } else {
    need(dict ? 3 : 2);
    first = stack_.size() - (dict ? 2 : 1);
  }
  if (first <= floor()) fail(std::string("there is no ") + (dict ? "dict" : "list") + " before the items");
  const PickleValue container = stack_[first - 1];
  if (container.type() != (dict ? Type::dict : Type::list))
    fail(std::string("expected ") + (dict ? "a dict" : "a list") + " that gets items, found " +
         name_of(container.type()));
  add_part(container, first);
}

void PickleMachine::step_class(std::uint8_t opcode) {
  switch (opcode) {
    case GLOBAL: {
      const std::string_view module = take_line("a module");
      return push_global({module, take_line("a class")});
    }
    case STACK_GLOBAL: {
      need(2);
      const PickleValue name = pop(), module = pop();
      if (name.type() != Type::text || module.type() != Type::text) fail("expected a module and a class as strings");
      return push_global({p_.text(module), p_.text(name)});
    }
    case NEWOBJ: {
      need(2);
      const PickleValue arguments = pop(), global = pop();
      return push_object(global, arguments);
    }
    case NEWOBJ_EX: {
      need(3);
      const PickleValue keywords = pop(), arguments = pop(), global = pop();
      if (keywords.type() != Type::dict || p_.size(keywords) != 0) fail("an instance gets arguments by keyword");
      return push_object(global, arguments);
    }
    case REDUCE: return reduce();
    case BUILD: return build();
    case INST: {
      const std::string_view module = take_line("a module");
      refuse({module, take_line("a class")});
    }
    default: refuse_opcode("OBJ", "an instance of an old class");
  }
}

bool PickleMachine::step(std::uint8_t opcode) {
  switch (opcode) {
    case STOP: return false;
    case PROTO: {
      constexpr std::uint8_t newest = 5;
      const std::uint8_t version = cursor_.take_byte();
      if (version > newest) fail("the pickle has protocol " + std::to_string(version) + ", known are 0 to 5");
      return true;
    }
    case FRAME: {
      const auto length = cursor_.little<std::uint64_t>("a frame");
      if (length > cursor_.left()) {
        throw TruncatedError(Error::Parts{std::string(cursor_.source()), at_byte(at_),
                                          "a frame of the pickle wants " + std::to_string(length) + " bytes, " +
                                              std::to_string(cursor_.left()) + " left",
                                          "the file looks cut off"});
      }
      return true;
    }
    case MARK: marks_.push_back(stack_.size()); return true;
    case POP:
      if (!marks_.empty() && marks_.back() == stack_.size()) {
        marks_.pop_back();
      } else {
        static_cast<void>(pop());
      }
      return true;
    case POP_MARK: stack_.resize(pop_mark()); return true;
    case DUP: {
      need(1);
      const PickleValue top = stack_.back();
      stack_.push_back(top);
      return true;
    }

    case NONE: push(Type::none, 0); return true;
    case NEWTRUE: push(Type::boolean, 1); return true;
    case NEWFALSE: push(Type::boolean, 0); return true;
    case BININT1: push_integer(cursor_.take_byte()); return true;
    case BININT2: push_integer(cursor_.little<std::uint16_t>("an int")); return true;
    case BININT: push_integer(cursor_.little<std::int32_t>("an int")); return true;
    case LONG1: push_number(decode_long(take_sized(cursor_.take_byte(), "an int"))); return true;
    case LONG4: push_number(decode_long(take_sized(take_length<std::int32_t>("an int"), "an int"))); return true;
    case INT:
    case LONG:
    case FLOAT: step_number_text(opcode); return true;
    case BINFLOAT: push_real(Type::real, take_big_endian_double()); return true;

    case STRING:
    case UNICODE:
    case BINSTRING:
    case SHORT_BINSTRING:
    case BINUNICODE:
    case SHORT_BINUNICODE:
    case BINUNICODE8:
    case BINBYTES:
    case SHORT_BINBYTES:
    case BINBYTES8: step_text(opcode); return true;

    case EMPTY_TUPLE:
    case TUPLE:
    case TUPLE1:
    case TUPLE2:
    case TUPLE3:
    case EMPTY_LIST:
    case LIST:
    case APPEND:
    case APPENDS:
    case EMPTY_DICT:
    case DICT:
    case SETITEM:
    case SETITEMS: step_container(opcode); return true;

    case PUT: put(memo_number(take_line("a number of the memo"))); return true;
    case BINPUT: put(cursor_.take_byte()); return true;
    case LONG_BINPUT: put(cursor_.little<std::uint32_t>("a number of the memo")); return true;
    case MEMOIZE: put(memo_size_); return true;
    case GET: get(memo_number(take_line("a number of the memo"))); return true;
    case BINGET: get(cursor_.take_byte()); return true;
    case LONG_BINGET: get(cursor_.little<std::uint32_t>("a number of the memo")); return true;

    case GLOBAL:
    case STACK_GLOBAL:
    case NEWOBJ:
    case NEWOBJ_EX:
    case REDUCE:
    case BUILD:
    case INST:
    case OBJ: step_class(opcode); return true;

    case PERSID: refuse_opcode("PERSID", "an object from outside");
    case BINPERSID: refuse_opcode("BINPERSID", "an object from outside");
    case EXT1: refuse_opcode("EXT1", "a class by its extension code");
    case EXT2: refuse_opcode("EXT2", "a class by its extension code");
    case EXT4: refuse_opcode("EXT4", "a class by its extension code");
    case EMPTY_SET: refuse_opcode("EMPTY_SET", "a set");
    case ADDITEMS: refuse_opcode("ADDITEMS", "a set");
    case FROZENSET: refuse_opcode("FROZENSET", "a set");
    case BYTEARRAY8: refuse_opcode("BYTEARRAY8", "a bytearray");
    case NEXT_BUFFER: refuse_opcode("NEXT_BUFFER", "a buffer from outside");
    case READONLY_BUFFER: refuse_opcode("READONLY_BUFFER", "a buffer from outside");
    default: fail("0x" + hexadecimal(opcode, 2) + " is no opcode of a pickle");
  }
}

Pickle PickleMachine::run() {
  for (;;) {
    at_ = cursor_.offset();
    if (cursor_.left() == 0) {
      throw TruncatedError(
          Error::Parts{std::string(cursor_.source()), at_byte(at_), "the pickle has no end", "the file looks cut off"});
    }
    if (!step(cursor_.take_byte())) break;
  }
  if (!marks_.empty() || stack_.size() != 1) {
    fail("the pickle ends with " + counted(stack_.size(), "value") +
         (marks_.empty() ? "" : " and " + counted(marks_.size(), "mark")) + ", expected 1 value");
  }
  p_.root_ = stack_.back();
  return std::move(p_);
}

Pickle Pickle::decode(ByteCursor& cursor, std::span<const PickleClass> allowed) {
  return PickleMachine(cursor, allowed).run();
}

std::int64_t Pickle::integer(PickleValue v) const noexcept { return static_cast<std::int64_t>(v.bits_); }

double Pickle::real(PickleValue v) const noexcept {
  return v.type() == PickleType::integer || v.type() == PickleType::boolean ? static_cast<double>(integer(v))
                                                                            : std::bit_cast<double>(v.bits_);
}

std::span<const PickleValue> Pickle::tuple(PickleValue v) const noexcept {
  constexpr std::uint64_t count_mask = (std::uint64_t{1} << 24) - 1;
  return std::span(items_).subspan(v.bits_ >> 24, v.bits_ & count_mask);
}

}  // namespace profconv
