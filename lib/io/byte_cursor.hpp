#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <profconv/error.hpp>

namespace profconv {

/// The input ends before something that it began: a file cut short, or a length that lies.
class TruncatedError : public FormatError {
 public:
  using FormatError::FormatError;
};

/// A position in the input's bytes; the only code that touches them raw. Knows its source and offset, so errors get
/// their position here and nowhere else. A view: the bytes outlive it.
class ByteCursor {
 public:
  ByteCursor(std::span<const std::byte> bytes, std::string_view source) : bytes_(bytes), source_(source) {}

  std::size_t offset() const noexcept { return offset_; }
  std::size_t size() const noexcept { return bytes_.size(); }
  std::size_t left() const noexcept { return bytes_.size() - offset_; }
  std::string_view source() const noexcept { return source_; }

  /// What lies ahead, and what lies from an offset on, without taking it.
  std::string_view ahead() const noexcept { return from(offset_); }
  std::string_view from(std::size_t offset) const noexcept {
    return {reinterpret_cast<const char*>(bytes_.data()) + offset, bytes_.size() - offset};
  }

  /// Goes to an offset that was looked at before.
  void seek(std::size_t offset) noexcept { offset_ = offset; }

  /// Gives back memory of what was taken, now and then, where that is a mapped file's: a large one need not be in
  /// memory as a whole. It can be gone back to all the same.
  void let_go() noexcept {
    constexpr std::size_t stretch = std::size_t{4} << 20;
    if (offset_ >= let_go_ + stretch) let_go_of_taken();
  }
  /// The same at once, when all that is wanted was taken.
  void let_go_of_taken() noexcept;

  std::uint8_t take_byte() {
    if (left() == 0) fail_short(1, "a value");
    return std::to_integer<std::uint8_t>(bytes_[offset_++]);
  }

  /// The next `n` bytes. `what` names the thing in the message, e.g. "a string".
  std::string_view take(std::size_t n, const char* what) {
    if (n > left()) fail_short(n, what);
    const auto* begin = reinterpret_cast<const char*>(bytes_.data()) + offset_;
    offset_ += n;
    return {begin, n};
  }

  /// A fixed-width number in a byte order.
  template <class T>
  T fixed(std::endian order, const char* what) {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::string_view raw = take(sizeof(T), what);
    char bytes[sizeof(T)];
    std::memcpy(bytes, raw.data(), sizeof(T));
    if (order != std::endian::native) std::reverse(std::begin(bytes), std::end(bytes));
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return value;
  }
  template <class T>
  T little(const char* what) {
    return fixed<T>(std::endian::little, what);
  }

  [[noreturn]] void fail(std::string reason, std::string hint = {}) const {
    fail_at(offset_, std::move(reason), std::move(hint));
  }
  [[noreturn]] void fail_at(std::size_t offset, std::string reason, std::string hint = {}) const;

 private:
  [[noreturn]] void fail_short(std::size_t wanted, const char* what) const;

  std::span<const std::byte> bytes_;
  std::string_view source_;
  std::size_t offset_ = 0;
  std::size_t let_go_ = 0;  // what is before was
};

/// "byte 812", the form of `Error::where` for offsets.
std::string at_byte(std::size_t offset);

}  // namespace profconv
