// The commonest objects of a profile, taken without the general way's detour (marshal.cpp has that).
//
// These ways know the following forms only, and only outside of containers that are walked again:
//   r <int32>       reference      [e9|69] <int32>        int         [e7|67] <8 bytes>     float
//   29 <count>      tuple          [fa|7a|da|5a] <size>   string      [f5|75|e1|61|c1|41] <int32>   string

#include "base/prefetch.hpp"
#include "codecs/marshal.hpp"
#include "codecs/marshal_bytes.hpp"

namespace profconv {

void MarshalReader::prefetch_reference(const char* object) const noexcept {
  if (*object != 'r') return;
  if (const auto number = load_marshalled<std::uint32_t>(object + 1); number < references_.size())
    prefetch(&references_[number]);
}

// A reference to a tuple is a key of a dict of pstats. As a rule a tuple of two ints and two floats follows, and then
// the next key; or the dict ends, and an entry with a dict follows. What the key a few places on and its first int
// refer to is anywhere in memory, and is fetched meanwhile.
inline void MarshalReader::look_ahead(std::string_view ahead) const noexcept {
  constexpr std::size_t key = 5, numbers = 2 + 2 * 5 + 2 * 9, call = key + numbers, entry = 1 + key + numbers + 1;
  constexpr std::size_t calls = 3, most_entries = 2;
  if (ahead.size() < calls * call + most_entries * entry + call) return;
  const char* then = ahead.data() + calls * call;
  if (*then == '0') prefetch_reference(then + 1);
  for (std::size_t i = 0; i <= most_entries; ++i, then += entry) {
    if (*then != 'r' || then[key] != ')') continue;
    prefetch_reference(then);
    prefetch_reference(then + key + 2);
    return;
  }
}

std::uint32_t MarshalReader::take_tagged_tuple() noexcept {
  const std::string_view ahead = cursor_.ahead();
  constexpr std::size_t size = 5;
  if (ahead.size() < size || ahead[0] != 'r' || !returns_.empty()) return no_tag;
  const auto number = load_marshalled<std::uint32_t>(ahead.data() + 1);
  if (number >= references_.size()) return no_tag;
  const Slot& slot = references_[number];
  if (slot.open || slot.type != MarshalType::tuple) return no_tag;
  if (slot.tag == no_tag) return no_tag;
  cursor_.seek(cursor_.offset() + size);
  look_ahead(ahead);
  return slot.tag;
}

// Moves `next` over the number. REQUIRES: nine bytes, the longest form, from `next` to the end.
[[gnu::always_inline]] inline bool MarshalReader::decode_number(const char*& next,
                                                                MarshalNumber& number) const noexcept {
  const char* object = next;
  std::size_t size = 0;
  if (*next == 'r') {
    const auto reference = load_marshalled<std::uint32_t>(next + 1);
    if (reference >= references_.size()) return false;
    const Slot& slot = references_[reference];
    if (slot.holds_value) {
      number.integer = slot.value();
      number.value = static_cast<double>(number.integer);
      number.exact = true;
      number.boolean = false;
      next += 5;
      return true;
    }
    if (slot.type != MarshalType::integer && slot.type != MarshalType::real) return false;
    object = cursor_.from(slot.offset).data();  // is complete: it was read before
    size = 5;
  }
  number.boolean = false;
  switch (static_cast<std::uint8_t>(*object) & ~marshal_reference_flag) {
    case 'i':
      number.integer = load_marshalled<std::int32_t>(object + 1);
      number.value = static_cast<double>(number.integer);
      number.exact = true;
      next += size == 0 ? 5 : size;
      return true;
    case 'g':
      number.value = load_marshalled<double>(object + 1);
      number.exact = false;
      next += size == 0 ? 9 : size;
      return true;
    default: return false;
  }
}

// An object of a fast way that goes into the table of references.
void MarshalReader::add_number_slot(const char* object, const MarshalNumber& number) {
  if ((static_cast<std::uint8_t>(*object) & marshal_reference_flag) == 0) return;  // 'r' has no flag either
  number.exact ? add_int_slot(number.offset, static_cast<std::int32_t>(number.integer))
               : add_slot(number.offset, MarshalType::real);
}

bool MarshalReader::take_number(MarshalNumber& number) {
  const std::string_view ahead = cursor_.ahead();
  constexpr std::size_t longest = 9;
  const char* next = ahead.data();
  if (ahead.size() < longest || !returns_.empty() || !decode_number(next, number)) return false;
  number.offset = cursor_.offset();
  add_number_slot(ahead.data(), number);
  cursor_.seek(number.offset + static_cast<std::size_t>(next - ahead.data()));
  return true;
}

bool MarshalReader::take_numbers(unsigned size, std::array<MarshalNumber, 4>& numbers) {
  const std::string_view ahead = cursor_.ahead();
  constexpr std::size_t longest = 2 + 4 * 9;
  if (ahead.size() < longest || ahead[0] != ')' || static_cast<std::uint8_t>(ahead[1]) != size || !returns_.empty())
    return false;
  const std::size_t offset = cursor_.offset();
  const char* next = ahead.data() + 2;
  unsigned flags = 0;
  for (MarshalNumber& number : numbers) {
    number.offset = offset + static_cast<std::size_t>(next - ahead.data());
    flags |= static_cast<std::uint8_t>(*next);
    if (!decode_number(next, number)) return false;
  }
  if ((flags & marshal_reference_flag) != 0) {
    for (const MarshalNumber& number : numbers) add_number_slot(ahead.data() + (number.offset - offset), number);
  }
  cursor_.seek(offset + static_cast<std::size_t>(next - ahead.data()));
  return true;
}

bool MarshalReader::decode_text(const char*& next, const char* end, MarshalText& text) {
  if (end - next < static_cast<std::ptrdiff_t>(MarshalledText::longest_head)) return false;
  if (*next == 'r') {
    const auto reference = load_marshalled<std::uint32_t>(next + 1);
    if (reference >= references_.size()) return false;
    const Slot& slot = references_[reference];
    text.tag = slot.tag;
    next += 5;
    return slot.type == MarshalType::text && slot.tag != no_tag;
  }
  MarshalledText found;
  if (!find_marshalled_text(next, end, found)) return false;
  if ((static_cast<std::uint8_t>(*next) & marshal_reference_flag) != 0) {
    text.slot = static_cast<std::uint32_t>(references_.size());
    add_slot(offset_of(next), MarshalType::text);
  }
  text.text = {next + found.head, found.size};
  next += found.head + found.size;
  return true;
}

bool MarshalReader::decode_key(const char*& next, const char* end, MarshalKey& key) {
  constexpr std::size_t head = 2, longest = 9;
  if (end - next < static_cast<std::ptrdiff_t>(head)) return false;
  const auto byte = static_cast<std::uint8_t>(*next);
  if ((byte & ~marshal_reference_flag) != ')' || next[1] != 3) return false;
  if ((byte & marshal_reference_flag) != 0) {
    key.slot = static_cast<std::uint32_t>(references_.size());
    add_slot(offset_of(next), MarshalType::tuple);
  }
  next += head;
  if (!decode_text(next, end, key.file) || end - next < static_cast<std::ptrdiff_t>(longest)) return false;
  const char* const object = next;
  MarshalNumber line;
  line.offset = key.line_offset = offset_of(next);
  if (!decode_number(next, line) || !line.exact) return false;
  add_number_slot(object, line);
  key.line = line.integer;
  return decode_text(next, end, key.name);
}

bool MarshalReader::take_key(MarshalKey& key) {
  if (!returns_.empty() || depth_ >= max_depth_) return false;
  const std::string_view ahead = cursor_.ahead();
  const std::size_t slots = references_.size();
  const char* next = ahead.data();
  if (!decode_key(next, next + ahead.size(), key)) {
    references_.resize(slots);
    return false;
  }
  cursor_.seek(offset_of(next));
  return true;
}

}  // namespace profconv
