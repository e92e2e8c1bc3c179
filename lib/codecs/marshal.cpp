#include "codecs/marshal.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "base/hex.hpp"
#include "base/release.hpp"
#include "base/visible.hpp"
#include "codecs/marshal_bytes.hpp"

namespace profconv {

const char* name_of(MarshalType type) noexcept {
  switch (type) {
    case MarshalType::null: return "the end of a dict";
    case MarshalType::none: return "None";
    case MarshalType::boolean: return "a bool";
    case MarshalType::stop_iteration: return "StopIteration";
    case MarshalType::ellipsis: return "Ellipsis";
    case MarshalType::integer: return "an int";
    case MarshalType::big_integer: return "an int beyond 64 bits";
    case MarshalType::real: return "a float";
    case MarshalType::complex: return "a complex number";
    case MarshalType::text: return "a string";
    case MarshalType::tuple: return "a tuple";
    case MarshalType::list: return "a list";
    case MarshalType::dict: return "a dict";
    case MarshalType::set: return "a set";
    case MarshalType::frozenset: return "a frozenset";
    case MarshalType::slice: return "a slice";
    case MarshalType::code: return "a code object";
  }
  return "an object";
}

MarshalReader::MarshalReader(ByteCursor& cursor, CodeLayout layout, std::uint32_t max_depth)
    : cursor_(cursor), layout_(layout), max_depth_(max_depth) {
  // As many as a dump of Python 3 has; only what is filled takes memory.
  constexpr std::size_t bytes_per_reference = 64;
  references_.reserve(cursor.size() / bytes_per_reference);
}

void MarshalReader::close_slot(const MarshalItem& item) {
  if (item.slot != no_slot && !item.by_reference) references_[item.slot].open = false;
}

std::size_t MarshalReader::take_size(const char* what) {
  const std::size_t at = cursor_.offset();
  const auto size = cursor_.little<std::int32_t>(what);
  if (size < 0) cursor_.fail_at(at, std::string(what) + " has the negative size " + std::to_string(size));
  return static_cast<std::size_t>(size);
}

void MarshalReader::begin_sequence(MarshalItem& item, MarshalType type, std::size_t count) {
  item.type = type;
  item.count = static_cast<std::uint32_t>(count);
  item.body = cursor_.offset();
  // Every item takes a byte at least: a size that the file cannot hold is refused before anybody reserves memory for
  // it.
  if (count > cursor_.left()) {
    throw TruncatedError(Error::Parts{std::string(cursor_.source()), at_byte(item.offset),
                                      std::string(name_of(type)) + " of " + std::to_string(count) +
                                          " items wants at least as many bytes, " + std::to_string(cursor_.left()) +
                                          " left",
                                      "the file looks cut off"});
  }
}

double MarshalReader::decode_text_float() {
  const std::size_t at = cursor_.offset();
  const std::string_view text = cursor_.take(cursor_.take_byte(), "a float");
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size())
    cursor_.fail_at(at, "expected a float as text, found " + quoted(text));
  // Out of range: from_chars leaves the value alone; the reader of the number refuses what is not finite.
  return error == std::errc{} ? value : std::numeric_limits<double>::infinity();
}

void MarshalReader::decode_big_integer(MarshalItem& item) {
  const auto size = cursor_.little<std::int32_t>("a big int");
  const std::size_t digits = static_cast<std::size_t>(std::llabs(std::int64_t{size}));
  const std::size_t at = cursor_.offset();
  const std::string_view raw = cursor_.take(digits * 2, "a big int");
  const auto digit = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<std::uint8_t>(raw[2 * i])) |
           (static_cast<std::uint32_t>(static_cast<std::uint8_t>(raw[2 * i + 1])) << 8);
  };
  constexpr std::uint32_t digit_limit = 1u << 15;
  item.type = MarshalType::big_integer;
  item.real = size < 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  constexpr std::size_t double_digits = 69;                 // 15 * 69 > 1024: more digits are beyond every double
  if (digits > double_digits && !returns_.empty()) return;  // was looked at when it was first met

  if (digits != 0 && digit(digits - 1) == 0)
    cursor_.fail_at(at + 2 * (digits - 1), "the most significant digit of a big int is 0");
  bool fits = true;
  std::uint64_t magnitude = 0;
  double real = 0;
  for (std::size_t i = digits; i-- > 0;) {  // the most significant digit is the last
    if (digit(i) >= digit_limit)
      cursor_.fail_at(at + 2 * i,
                      "a digit of a big int is " + std::to_string(digit(i)) + ", at most 32767 is possible");
    fits = fits && magnitude < (std::uint64_t{1} << (63 - 15));
    magnitude = (magnitude << 15) | digit(i);
    real = real * digit_limit + digit(i);
  }
  const bool negative = size < 0;
  if (fits) item.type = MarshalType::integer;
  if (fits) item.integer = negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  item.real = negative ? -real : real;
}

MarshalItem MarshalReader::follow(const std::vector<Slot>& table, std::uint32_t bit, std::size_t offset) {
  const std::size_t at = cursor_.offset();
  const auto number = cursor_.little<std::int32_t>("a reference");
  if (number < 0 || static_cast<std::size_t>(number) >= table.size()) {
    cursor_.fail_at(at, "reference " + std::to_string(number) + " to an object that is not there, " +
                            std::to_string(table.size()) + " are known");
  }
  const Slot slot = table[static_cast<std::size_t>(number)];
  if (slot.open)
    cursor_.fail_at(
        at, "reference " + std::to_string(number) + " to an object that is still being read: it would hold itself");
  const std::size_t back = cursor_.offset();
  cursor_.seek(slot.offset);
  returns_.push_back(back);  // objects read here take no entries of their own
  MarshalItem item = decode(slot.offset, false);
  returns_.pop_back();
  cursor_.seek(back);
  item.by_reference = true;
  item.offset = offset;
  item.slot = static_cast<std::uint32_t>(number) | bit;
  if (!slot.holds_value) item.tag = slot.tag;
  return item;
}

MarshalItem MarshalReader::next(bool may_end) {
  const std::size_t offset = cursor_.offset();
  const MarshalItem item = decode(offset, may_end);
  if (!returns_.empty()) {
    // A container may be walked again for every reference to it; together no further than eight times the file. Where
    // all calls have one tuple of numbers, each costs 5 bytes and is 30.
    constexpr std::size_t free_bytes = 64 * 1024, times = 8;
    replayed_ += cursor_.offset() - offset;
    if (replayed_ / times > cursor_.size() + free_bytes / times) {
      cursor_.fail_at(offset, "objects that are referenced again and again hold more than eight times the file");
    }
  }
  return item;
}

MarshalItem MarshalReader::decode(std::size_t offset, bool may_end) {
  MarshalItem item;
  item.offset = offset;
  const std::uint8_t byte = cursor_.take_byte();
  const char code = static_cast<char>(byte & ~marshal_reference_flag);
  const bool replay = !returns_.empty();
  const bool flagged = (byte & marshal_reference_flag) != 0 && !replay;

  switch (code) {
    case '0':
      if (!may_end) cursor_.fail_at(offset, "expected a value, found the end of a dict");
      return item;
    case 'N': item.type = MarshalType::none; return item;
    case 'T':
    case 'F':
      item.type = MarshalType::boolean;
      item.integer = code == 'T';
      return item;
    case 'S': item.type = MarshalType::stop_iteration; return item;
    case '.': item.type = MarshalType::ellipsis; return item;
    case 'r': return follow(references_, 0, offset);
    case 'R': return follow(interned_, interned_bit, offset);
    case 'i':
      item.type = MarshalType::integer;
      item.integer = cursor_.little<std::int32_t>("an int");
      break;
    case 'I':
      item.type = MarshalType::integer;
      item.integer = cursor_.little<std::int64_t>("a 64-bit int");
      break;
    case 'l': decode_big_integer(item); break;
    case 'f':
      item.type = MarshalType::real;
      item.real = decode_text_float();
      break;
    case 'g':
      item.type = MarshalType::real;
      item.real = cursor_.little<double>("a float");
      break;
    case 'x':
      item.type = MarshalType::complex;
      static_cast<void>(decode_text_float());
      static_cast<void>(decode_text_float());
      break;
    case 'y':
      item.type = MarshalType::complex;
      cursor_.take(16, "a complex number");
      break;
    case 's':
    case 't':
    case 'u':
    case 'a':
    case 'A':
      item.type = MarshalType::text;
      item.text = cursor_.take(take_size("a string"), "a string");
      break;
    case 'z':
    case 'Z':
      item.type = MarshalType::text;
      item.text = cursor_.take(cursor_.take_byte(), "a string");
      break;
    // Containers take their entry before their items.
    case '(': begin_sequence(item, MarshalType::tuple, take_size("a tuple")); break;
    case ')': begin_sequence(item, MarshalType::tuple, cursor_.take_byte()); break;
    case '[': begin_sequence(item, MarshalType::list, take_size("a list")); break;
    case '<': begin_sequence(item, MarshalType::set, take_size("a set")); break;
    case '>': begin_sequence(item, MarshalType::frozenset, take_size("a frozenset")); break;
    case ':': begin_sequence(item, MarshalType::slice, 3); break;
    case '{':
      item.type = MarshalType::dict;
      item.body = cursor_.offset();
      break;
    case 'c':
      if (layout_ == CodeLayout::unknown) throw CodeObjectMet{};
      item.type = MarshalType::code;
      item.body = cursor_.offset();
      break;
    default: cursor_.fail_at(offset, "0x" + hexadecimal(byte, 2) + " is no type of marshal object");
  }

  if (flagged) {
    const bool open = item.is_container() || item.type == MarshalType::code;
    item.slot = static_cast<std::uint32_t>(references_.size());
    code == 'i' ? add_int_slot(offset, static_cast<std::int32_t>(item.integer)) : add_slot(offset, item.type, open);
  } else if (code == 't' && !replay) {  // Python 3's carry the flag; both tables never mix in a real file
    interned_.push_back({offset, no_tag, false, false, item.type});
    item.slot = static_cast<std::uint32_t>(interned_.size() - 1) | interned_bit;
  }
  return item;
}

void MarshalReader::set_tag(std::uint32_t slot, std::uint32_t tag) {
  if (slot == no_slot) return;
  if ((slot & interned_bit) != 0) {
    interned_[slot & ~interned_bit].tag = tag;
  } else {
    references_[slot].tag = tag;
  }
}

void MarshalReader::forget_references() {
  release(references_);
  release(interned_);
}

void MarshalReader::enter(const MarshalItem& container) {
  if (++depth_ > max_depth_)
    cursor_.fail_at(container.offset, "values are nested more than " + std::to_string(max_depth_) + " deep",
                    "--max-depth raises the limit");
  if (container.by_reference) {
    returns_.push_back(cursor_.offset());
    cursor_.seek(container.body);
  }
}

void MarshalReader::leave(const MarshalItem& container) {
  --depth_;
  close_slot(container);
  if (container.by_reference) {
    cursor_.seek(returns_.back());
    returns_.pop_back();
  }
}

void MarshalReader::skip(const MarshalItem& item) {
  if (item.by_reference) return;
  if (item.type == MarshalType::code) {
    static_cast<void>(read_code(item));
    return;
  }
  if (!item.is_container()) return;

  struct Open {
    MarshalItem item;
    std::uint32_t left;
  };
  std::vector<Open> path;
  const auto open = [&](const MarshalItem& container) {
    enter(container);
    path.push_back({container, container.count});
  };
  open(item);
  while (!path.empty()) {
    Open& top = path.back();
    const bool dict = top.item.type == MarshalType::dict;
    MarshalItem child;
    bool ended = !dict && top.left == 0;
    if (!ended) {
      child = next(dict);
      ended = child.type == MarshalType::null;
    }
    if (ended) {
      leave(top.item);
      path.pop_back();
      continue;
    }
    if (!dict) --top.left;
    if (dict) {
      skip(child);  // the key
      child = next();
    }
    if (child.by_reference) continue;
    if (child.type == MarshalType::code) {
      static_cast<void>(read_code(child));
    } else if (child.is_container()) {
      open(child);
    }
  }
}

// Code objects nest through their constants; `depth_` bounds that recursion.
CodeObject MarshalReader::read_code(const MarshalItem& item) {
  enter(item);
  CodeObject code;
  const auto ints = [&](int n) {
    for (int i = 0; i < n; ++i) static_cast<void>(cursor_.little<std::int32_t>("a code object"));
  };
  const auto objects = [&](int n) {
    for (int i = 0; i < n; ++i) skip(next());
  };
  const auto text = [&](const char* what) {
    const MarshalItem part = next();
    if (part.type != MarshalType::text)
      cursor_.fail_at(part.offset, std::string("expected a code object's ") + what + ", found " + name_of(part.type));
    return part.text;
  };
  switch (layout_) {
    case CodeLayout::unknown: throw CodeObjectMet{};
    case CodeLayout::python_2:  // argcount nlocals stacksize flags | code consts names varnames freevars cellvars
      ints(4);
      objects(6);
      break;
    case CodeLayout::python_3_0:  // + kwonlyargcount
      ints(5);
      objects(6);
      break;
    case CodeLayout::python_3_8:  // + posonlyargcount
      ints(6);
      objects(6);
      break;
    case CodeLayout::python_3_11:  // argcount posonlyargcount kwonlyargcount stacksize flags | code consts names
                                   // localsplusnames localspluskinds
      ints(5);
      objects(5);
      break;
  }
  code.file = text("file name");
  code.name = text("name");
  if (layout_ == CodeLayout::python_3_11) static_cast<void>(text("qualified name"));
  code.first_line = cursor_.little<std::int32_t>("a code object");
  objects(layout_ == CodeLayout::python_3_11 ? 2 : 1);  // lnotab, or linetable and exceptiontable
  leave(item);
  return code;
}

}  // namespace profconv
