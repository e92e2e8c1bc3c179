#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "io/byte_cursor.hpp"

namespace profconv {

/// One record of a hotshot log.
struct HotshotRecord {
  enum class Kind : std::uint8_t { enter, exit, line, info, define_file, define_function };

  Kind kind = Kind::info;
  std::uint32_t file = 0;   ///< enter, define_*: the number of a file.
  std::uint32_t line = 0;   ///< enter, define_function: first line of the function; line: the line.
  std::uint32_t ticks = 0;  ///< enter, exit, line: since the event before; 0 where it was not taken.
  bool timed = false;       ///< Whether the event carries `ticks`.
  std::string_view text;    ///< info: the key; define_*: the name. Views into the input.
  std::string_view value;   ///< info.
};

/// Takes a hotshot log apart, record by record. The layout is described above the reader, readers/hotshot.cpp.
class HotshotLog {
 public:
  /// `declared_times` false: the log's own word about frame times is not believed, there are none.
  HotshotLog(ByteCursor cursor, bool declared_times)
      : cursor_(cursor), believes_(declared_times), frame_times_(declared_times) {}

  /// The next record; empty at the end. Throws TruncatedError, FormatError.
  std::optional<HotshotRecord> next();

  /// Where the last record began.
  std::size_t offset() const noexcept { return begin_; }
  std::string_view source() const noexcept { return cursor_.source(); }
  /// Whether line events carry ticks from here on.
  bool line_times() const noexcept { return line_times_; }

 private:
  std::uint32_t take_packed();
  std::uint32_t take_packed_after(std::uint8_t first);
  std::uint32_t take_rest(std::uint64_t value, unsigned shift, bool more);
  std::string_view take_text(const char* what);

  ByteCursor cursor_;
  bool believes_;
  bool frame_times_;         // on unless the log says otherwise, as in CPython's reader
  bool line_times_ = false;  // off unless ...
  std::size_t begin_ = 0;
};

}  // namespace profconv
