#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/byte_cursor.hpp"

/// Decoder for Python's pickles (CPython Lib/pickletools.py), protocols 0 to 5, that can only decode data.
///
/// A pickle is a program for a stack machine that may import and call anything. Here nothing is imported and nothing is
/// called: a class that the reader did not name is refused by its name, and so is everything else that would run code
/// or ask for objects from elsewhere. The instances of named classes are inert values, a class and its state.
///
///     80 05                        PROTO 5
///     5d 28 4b 01 4b 02 65 2e      EMPTY_LIST, MARK, BININT1 1, BININT1 2, APPENDS, STOP: [1, 2]
///
/// Values lie in a few flat arrays, no more than some times the size of the pickle, however deep they are nested and
/// however often they are referenced. Nothing here recurses; who walks a value must bound the walk, since a small
/// pickle can describe a huge one by references, or one that holds itself.

namespace profconv {

enum class PickleType : std::uint8_t {
  none,
  boolean,
  integer,
  big_integer,  ///< Does not fit 64 bits; `real` is a double near to it.
  real,
  text,  ///< Bytes and all kinds of strings: Python 2 wrote text as bytes. UTF-8 as a rule.
  tuple,
  list,
  dict,
  global,  ///< A class that was named, not an instance of it.
  object,  ///< An instance of a class that the reader allows.
};

/// "a tuple", "an int": for messages.
const char* name_of(PickleType type) noexcept;

/// A class by its full name.
struct PickleClass {
  std::string_view module, name;

  friend bool operator==(const PickleClass&, const PickleClass&) = default;
};

/// The pickle wants a class or function that the reader does not know.
class PickleRefused : public FormatError {
 public:
  PickleRefused(Parts parts, std::string name) : FormatError(std::move(parts)), name_(std::move(name)) {}
  const std::string& name() const noexcept { return name_; }  ///< "os.system"

 private:
  std::string name_;
};

/// One value; to be asked about at the Pickle that it is from. Cheap to copy.
class PickleValue {
 public:
  PickleValue() = default;

  PickleType type() const noexcept { return static_cast<PickleType>(place_ & 0xff); }
  std::size_t offset() const noexcept { return place_ >> 8; }  ///< Of the opcode that made it.
  bool is_number() const noexcept { return type() >= PickleType::boolean && type() <= PickleType::real; }

 private:
  friend class Pickle;
  friend class PickleMachine;
  PickleValue(PickleType type, std::size_t offset, std::uint64_t bits)
      : place_(offset << 8 | static_cast<std::uint8_t>(type)), bits_(bits) {}

  std::uint64_t place_ = 0;
  std::uint64_t bits_ = 0;  // the number, or an index into one of Pickle's arrays
};
static_assert(sizeof(PickleValue) == 16);

/// A decoded pickle. Its texts are views of the input, which must outlive it.
class Pickle {
 public:
  /// Decodes the pickle that begins at the cursor, and leaves the cursor behind it. Throws PickleRefused, FormatError.
  static Pickle decode(ByteCursor& cursor, std::span<const PickleClass> allowed);

  PickleValue root() const noexcept { return root_; }

  std::int64_t integer(PickleValue v) const noexcept;  ///< REQUIRES: integer or boolean.
  double real(PickleValue v) const noexcept;           ///< REQUIRES: a number.
  std::string_view text(PickleValue v) const noexcept { return texts_[v.bits_]; }
  std::span<const PickleValue> tuple(PickleValue v) const noexcept;
  std::size_t size(PickleValue v) const noexcept {
    return containers_[v.bits_].count;
  }  ///< Of a list; twice of a dict.
  PickleClass class_of(PickleValue object) const noexcept { return globals_[objects_[object.bits_].global]; }
  PickleValue state_of(PickleValue object) const noexcept {
    return objects_[object.bits_].state;
  }  ///< A dict, or none.

  /// Calls `action(item)` for the items of a list.
  template <class Action>
  void for_each_item(PickleValue list, Action action) const {
    for_each_part(list, [&](std::span<const PickleValue> part) {
      for (const PickleValue& item : part) action(item);
    });
  }
  /// Calls `action(key, value)` for the entries of a dict, as they were written; a key may come twice.
  template <class Action>
  void for_each_entry(PickleValue dict, Action action) const {
    for_each_part(dict, [&](std::span<const PickleValue> part) {
      for (std::size_t i = 0; i + 1 < part.size(); i += 2) action(part[i], part[i + 1]);
    });
  }

 private:
  friend class PickleMachine;
  static constexpr std::uint32_t no_part = 0xffffffff;
  struct Part {  // of a list or dict: what one opcode added
    std::size_t first = 0, count = 0;
    std::uint32_t next = no_part;
  };
  struct Container {
    std::size_t count = 0;
    std::uint32_t first = no_part, last = no_part;
  };
  struct Object {
    std::size_t global = 0;
    PickleValue state;
  };

  Pickle() = default;
  template <class Action>
  void for_each_part(PickleValue container, Action action) const {
    for (std::uint32_t i = containers_[container.bits_].first; i != no_part; i = parts_[i].next)
      action(std::span(items_).subspan(parts_[i].first, parts_[i].count));
  }

  PickleValue root_;
  std::vector<PickleValue> items_;  // of all containers; those of a part or a tuple stand together
  std::vector<Container> containers_;
  std::vector<Part> parts_;
  std::vector<std::string_view> texts_;
  std::deque<std::string> decoded_;  // texts that do not stand in the input as they are
  std::vector<PickleClass> globals_;
  std::vector<Object> objects_;
};

}  // namespace profconv
