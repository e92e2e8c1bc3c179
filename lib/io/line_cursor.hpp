#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <profconv/error.hpp>

namespace profconv {

/// Goes through text line by line and knows the line's number, so errors get their position here and nowhere else.
/// A view: the bytes outlive it.
class LineCursor {
 public:
  LineCursor(std::span<const std::byte> bytes, std::string_view source)
      : rest_(reinterpret_cast<const char*>(bytes.data()), bytes.size()), source_(source) {}

  /// Goes to the next line (without its end, LF or CR LF); false at the end.
  bool next() {
    if (rest_.empty()) return false;
    const std::size_t end = rest_.find('\n');
    line_ = rest_.substr(0, end);
    has_newline_ = end != std::string_view::npos;
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    ++number_;
    return true;
  }

  std::string_view line() const noexcept { return line_; }
  bool has_newline() const noexcept { return has_newline_; }  ///< False: the input ends with this line, and within it.
  std::size_t number() const noexcept { return number_; }     ///< From 1.
  std::string_view source() const noexcept { return source_; }

  [[noreturn]] void fail(std::string reason, std::string hint = {}) const {
    throw FormatError(
        Error::Parts{std::string(source_), "line " + std::to_string(number_), std::move(reason), std::move(hint)});
  }

 private:
  std::string_view rest_, line_;
  std::string_view source_;
  std::size_t number_ = 0;
  bool has_newline_ = true;
};

}  // namespace profconv
