#include "readers/hotshot_log.hpp"

#include <string>

#include "base/hex.hpp"

namespace profconv {
namespace {

constexpr std::uint8_t more_follows = 0x80;

}  // namespace

// Groups of 7 bits, the least significant first.
std::uint32_t HotshotLog::take_rest(std::uint64_t value, unsigned shift, bool more) {
  for (; more; shift += 7) {
    const std::size_t offset = cursor_.offset();
    const std::uint8_t byte = cursor_.take_byte();
    more = (byte & more_follows) != 0;
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (value > 0xffffffffu || (more && shift >= 28))
      cursor_.fail_at(offset, "expected a packed number of at most 32 bits, found a longer one");
  }
  return static_cast<std::uint32_t>(value);
}

std::uint32_t HotshotLog::take_packed() { return take_rest(0, 0, true); }

// The first byte holds the record's code in its low two bits and five bits of the number.
std::uint32_t HotshotLog::take_packed_after(std::uint8_t first) {
  return take_rest((first & 0x7fu) >> 2, 5, (first & more_follows) != 0);
}

std::string_view HotshotLog::take_text(const char* what) { return cursor_.take(take_packed(), what); }

std::optional<HotshotRecord> HotshotLog::next() {
  using Kind = HotshotRecord::Kind;
  for (;;) {
    begin_ = cursor_.offset();
    if (cursor_.left() == 0) return std::nullopt;
    const std::uint8_t code = cursor_.take_byte();
    HotshotRecord record;
    switch (code & 3) {
      case 0:
        record.kind = Kind::enter;
        record.file = take_packed_after(code);
        record.line = take_packed();
        record.timed = frame_times_;
        if (record.timed) record.ticks = take_packed();
        return record;
      case 1:
        record.kind = Kind::exit;
        record.timed = frame_times_;
        record.ticks = take_packed_after(code);
        return record;
      case 2:
        record.kind = Kind::line;
        record.line = take_packed_after(code);
        record.timed = line_times_;
        if (record.timed) record.ticks = take_packed();
        return record;
      default: break;
    }
    switch (code) {
      case 0x13:
        record.kind = Kind::info;
        record.text = take_text("the key of an info");
        record.value = take_text("the value of an info");
        return record;
      case 0x23:
        record.kind = Kind::define_file;
        record.file = take_packed();
        record.text = take_text("a file name");
        return record;
      case 0x33: line_times_ = cursor_.take_byte() != 0; break;
      case 0x43:
        record.kind = Kind::define_function;
        record.file = take_packed();
        record.line = take_packed();
        record.text = take_text("a function name");
        return record;
      case 0x53: frame_times_ = cursor_.take_byte() != 0 && believes_; break;
      default:
        cursor_.fail_at(begin_, "expected a record of hotshot, found the unknown code 0x" + hexadecimal(code, 2));
    }
  }
}

}  // namespace profconv
