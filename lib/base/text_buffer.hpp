#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#include "base/digits.hpp"

namespace profconv {

/// Text in the making, in one piece that grows. Unlike a `std::string` it hands out room to write into, so that a line
/// of many small parts is checked for room once.
class TextBuffer {
 public:
  /// Where to write next: room for `size` characters. What was written counts once `written` says where it ends.
  char* room(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    return text_.get() + size_;
  }
  void written(const char* end) noexcept { size_ = static_cast<std::size_t>(end - text_.get()); }

  void write(std::string_view text) { written(append(room(text.size()), text)); }
  void write(char c) {
    *room(1) = c;
    ++size_;
  }
  template <class Number>
  void write_number(Number value) {
    written(write_decimal(room(longest_decimal), value));
  }

  /// Copies `text` to where there is room for it; returns its end.
  static char* append(char* out, std::string_view text) noexcept {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  }

  /// The same for a text of at least 8 characters, a few dozen as a rule, of which a program copies millions: in steps
  /// of a register's size, where compilers choose an instruction for long texts that takes as long as a look at memory.
  static char* append_short(char* out, std::string_view text) noexcept {
    const std::size_t size = text.size();
    if (size < 16) {
      copy<8>(out, text, 0);
      copy<8>(out, text, size - 8);
    } else {
      for (std::size_t at = 0; at + 16 < size; at += 16) copy<16>(out, text, at);
      copy<16>(out, text, size - 16);
    }
    return out + size;
  }

  std::string_view text() const noexcept { return {text_.get(), size_}; }
  std::size_t size() const noexcept { return size_; }
  void clear() noexcept { size_ = 0; }
  /// Drops what is behind the first `size` characters.
  void cut(std::size_t size) noexcept { size_ = size; }

 private:
  // `realloc` moves the pages of a large text rather than its bytes.
  struct Free {
    void operator()(char* text) const noexcept { std::free(text); }
  };

  // A size that the compiler knows, `at` characters on.
  template <std::size_t size>
  static void copy(char* out, std::string_view text, std::size_t at) noexcept {
    std::memcpy(out + at, text.data() + at, size);
  }

  void grow(std::size_t size) {
    constexpr std::size_t least = 4096;
    const std::size_t capacity = std::max({size_ + size, capacity_ + capacity_ / 2, least});
    auto* const moved = static_cast<char*>(std::realloc(text_.get(), capacity));
    if (moved == nullptr) throw std::bad_alloc();
    static_cast<void>(text_.release());  // freed, or the same
    text_.reset(moved);
    capacity_ = capacity;
  }

  std::unique_ptr<char, Free> text_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace profconv
