#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "io/byte_cursor.hpp"

/// Decoder for Python's marshal format (CPython Python/marshal.c), versions 0 to 5, as written by Python 2.3 to 3.15
/// and PyPy.
///
/// Every object starts with a type byte; bit 7 set means "also goes into the table of references". Numbers are
/// little-endian on every platform. `r N` stands for entry N of that table; in Python 2, `R N` stands for entry N of a
/// table of the `t` strings. Containers take their entry before their items are read.
///
///     29 02 e9 01 00 00 00 72 00 00 00 00      a tuple of 2: the int 1 (reference 0), and reference 0 again
///
/// The decoder gives one object at a time and builds no values, so a hostile file can cost no more than its size.

namespace profconv {

enum class MarshalType : std::uint8_t {
  null,  ///< Ends a dict; an error anywhere else.
  none,
  boolean,
  stop_iteration,
  ellipsis,
  integer,
  big_integer,  ///< Does not fit 64 bits; `real` is the nearest double.
  real,
  complex,
  text,  ///< Bytes and all kinds of strings: Python 2 wrote text as bytes.
  tuple,
  list,
  dict,
  set,
  frozenset,
  slice,
  code,
};

/// "a tuple", "an int": for messages.
const char* name_of(MarshalType type) noexcept;

/// The layouts of a code object; the version that wrote a file is not in the file.
enum class CodeLayout : std::uint8_t {
  unknown,
  python_2,     ///< 2.3 to 2.7
  python_3_0,   ///< 3.0 to 3.7
  python_3_8,   ///< 3.8 to 3.10, PyPy 3.8 and later
  python_3_11,  ///< 3.11 and later
};

/// Thrown for the first code object when the layout is `unknown`: start again with a layout.
struct CodeObjectMet {};

inline constexpr std::uint32_t no_tag = 0xffffffff;

/// One object: a scalar with its value, or the beginning of a container.
struct MarshalItem {
  MarshalType type = MarshalType::null;
  bool by_reference = false;  ///< Was written before; a container is walked again where it stands.
  std::uint32_t slot = 0xffffffff;
  std::uint32_t tag = no_tag;  ///< What `set_tag` said of this very object when it was met before.
  std::uint32_t count = 0;     ///< Items of a tuple, list or set; 3 for a slice.
  std::size_t offset = 0;      ///< Where it begins (or the reference to it).
  std::size_t body = 0;        ///< Where a container's items begin.
  std::int64_t integer = 0;    ///< integer and boolean
  double real = 0;             ///< real and big_integer
  std::string_view text;

  bool is_number() const noexcept {
    return type == MarshalType::integer || type == MarshalType::real || type == MarshalType::boolean ||
           type == MarshalType::big_integer;
  }
  bool is_container() const noexcept { return type >= MarshalType::tuple && type <= MarshalType::slice; }
};

struct MarshalNumber {
  double value = 0;
  std::int64_t integer = 0;
  bool exact = false;    ///< `integer` holds the value.
  bool boolean = false;  ///< And it is a bool.
  std::size_t offset = 0;
};

/// A string of a key: what `set_tag` said of it when it was met before, else its text.
struct MarshalText {
  std::uint32_t tag = no_tag;
  std::uint32_t slot = 0xffffffff;
  std::string_view text;
};

/// A tuple (file, line, function), as dicts of pstats have for keys.
struct MarshalKey {
  std::uint32_t slot = 0xffffffff;
  MarshalText file, name;
  std::int64_t line = 0;
  std::size_t line_offset = 0;
};

/// What a profile needs of a code object.
struct CodeObject {
  std::string_view file, name;
  std::int64_t first_line = 0;
};

class MarshalReader {
 public:
  MarshalReader(ByteCursor& cursor, CodeLayout layout, std::uint32_t max_depth);

  /// The next object; of a container only the beginning. `null` only where `may_end` says so.
  MarshalItem next(bool may_end = false);

  /// The commonest objects of a profile, without the general way's detour. Each takes the next object if it is of its
  /// kind and else leaves it for `next`.
  std::uint32_t take_tagged_tuple() noexcept;  ///< A reference to a tuple with a tag: the tag, else `no_tag`.
  /// An int of 32 bits or a float of 8 bytes, or a reference to one.
  bool take_number(MarshalNumber& number);
  /// The first four items of a tuple of `size` that nothing refers to: all of them such numbers.
  bool take_numbers(unsigned size, std::array<MarshalNumber, 4>& numbers);
  /// A tuple of a string, an int of 32 bits and a string, that is no reference; its items may be.
  bool take_key(MarshalKey& key);

  /// Between these two, `next` gives a container's items (a dict's: key, value, key, value, ..., null).
  void enter(const MarshalItem& container);
  void leave(const MarshalItem& container);

  /// Passes over what `item` began. Linear: what a reference stands for is not walked.
  void skip(const MarshalItem& item);

  /// Reads a code object that was not met by reference before.
  CodeObject read_code(const MarshalItem& item);

  /// Remembers a number for this object; `next` gives it again for references to it. No effect for objects that are in
  /// neither table of references.
  void set_tag(const MarshalItem& item, std::uint32_t tag) { set_tag(item.slot, tag); }
  void set_tag(std::uint32_t slot, std::uint32_t tag);

  /// Gives back the memory of the references. To be called when nothing more is read.
  void forget_references();

  ByteCursor& cursor() noexcept { return cursor_; }

 private:
  struct Slot {
    std::size_t offset = 0;      // of the object's type byte
    std::uint32_t tag = no_tag;  // of an int of 32 bits the value
    bool open = false;           // a container whose items are still being read
    bool holds_value = false;    // in `tag`
    MarshalType type = MarshalType::null;

    std::int32_t value() const noexcept { return static_cast<std::int32_t>(tag); }
  };
  static constexpr std::uint32_t no_slot = 0xffffffff;
  static constexpr std::uint32_t interned_bit = 0x80000000;  // the slot is in interned_

  MarshalItem decode(std::size_t offset, bool may_end);
  MarshalItem follow(const std::vector<Slot>& table, std::uint32_t bit, std::size_t offset);
  void decode_big_integer(MarshalItem& item);
  double decode_text_float();
  std::size_t take_size(const char* what);
  void begin_sequence(MarshalItem& item, MarshalType type, std::size_t count);
  bool decode_number(const char*& next, MarshalNumber& number) const noexcept;
  bool decode_text(const char*& next, const char* end, MarshalText& text);
  bool decode_key(const char*& next, const char* end, MarshalKey& key);
  std::size_t offset_of(const char* byte) const noexcept {
    return cursor_.offset() + static_cast<std::size_t>(byte - cursor_.ahead().data());
  }
  void add_number_slot(const char* object, const MarshalNumber& number);
  void add_int_slot(std::size_t offset, std::int32_t value) {
    references_.push_back({offset, static_cast<std::uint32_t>(value), false, true, MarshalType::integer});
  }
  void add_slot(std::size_t offset, MarshalType type, bool open = false) {
    references_.push_back({offset, no_tag, open, false, type});
  }
  void prefetch_reference(const char* object) const noexcept;
  void look_ahead(std::string_view ahead) const noexcept;
  void close_slot(const MarshalItem& item);

  ByteCursor& cursor_;
  CodeLayout layout_;
  std::uint32_t max_depth_;
  std::vector<Slot> references_;
  std::vector<Slot> interned_;  // Python 2's `t` strings

  std::uint32_t depth_ = 0;
  std::vector<std::size_t> returns_;  // where to go on after containers walked by reference
  std::size_t replayed_ = 0;          // bytes read by walking containers again
};

}  // namespace profconv
