#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/error.hpp>

#include "io/byte_cursor.hpp"
#include "io/unzstd.hpp"

namespace profconv {

/// Variable-width numbers of Python 3.15's binary recordings: 7 bits a byte, least significant first, bit 7: more.
///
/// `next` gives the next byte, `fail` throws with a reason. `bits` is 32 or 64; more is an error, as in CPython.
template <class Next, class Fail>
std::uint64_t take_varint(unsigned bits, Next next, Fail fail) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const std::uint64_t byte = next();
    const std::uint64_t part = byte & 0x7f;
    if (shift >= bits || (shift + 7 > bits && (part >> (bits - shift)) != 0))
      fail("expected a number of at most " + std::to_string(bits) + " bits, found a larger one");
    value |= part << shift;
    if ((byte & 0x80) == 0) return value;
  }
}

/// 0, 1, 2, 3, ... stand for 0, -1, 1, -2, ...
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

/// The sample data of a recording: bytes as they stand in the file, or unpacked piece by piece in constant memory.
class SampleStream {
 public:
  /// `data` begins at byte `offset` of the file. Both views outlive the stream.
  SampleStream(std::span<const std::byte> data, std::size_t offset, std::string_view source, std::endian order)
      : source_(source), order_(order), base_(offset), begin_(first(data)), next_(begin_), end_(begin_ + data.size()) {}
  SampleStream(Unzstd unpacked, std::string_view source, std::endian order)
      : source_(source), order_(order), packed_(std::move(unpacked)), buffer_(buffer_size) {
    begin_ = next_ = end_ = buffer_.data();
  }
  SampleStream(const SampleStream&) = delete;
  SampleStream& operator=(const SampleStream&) = delete;

  bool at_end() {
    if (next_ == end_) refill();
    return next_ == end_;
  }
  /// Makes the next `n` bytes available, or what there is: to be called before anything of that size is taken.
  void ensure(std::size_t n) {
    if (static_cast<std::size_t>(end_ - next_) < n) refill();
  }

  std::uint8_t byte() {
    if (next_ == end_) fail("the sample data end within a record", "the file looks damaged");
    return std::to_integer<std::uint8_t>(*next_++);
  }
  std::uint32_t varint() {
    if (next_ != end_ && std::to_integer<unsigned>(*next_) < 0x80) return std::to_integer<std::uint32_t>(*next_++);
    return static_cast<std::uint32_t>(long_varint(32));
  }
  void skip_varint64() {
    if (next_ != end_ && std::to_integer<unsigned>(*next_) < 0x80) {
      ++next_;
    } else {
      long_varint(64);
    }
  }
  template <class T>
  T fixed() {
    std::byte bytes[sizeof(T)];
    if (static_cast<std::size_t>(end_ - next_) < sizeof(T))
      fail("the sample data end within a record", "the file looks damaged");
    std::copy_n(next_, sizeof(T), bytes);
    next_ += sizeof(T);
    if (order_ != std::endian::native) std::reverse(bytes, bytes + sizeof(T));
    return std::bit_cast<T>(bytes);
  }

  /// Of the next byte: in the file, or in the unpacked data.
  std::uint64_t offset() const noexcept { return base_ + static_cast<std::uint64_t>(next_ - begin_); }

  [[noreturn]] void fail(std::string reason, std::string hint = {}) const {
    fail_at(offset(), std::move(reason), std::move(hint));
  }
  [[noreturn]] void fail_at(std::uint64_t offset, std::string reason, std::string hint = {}) const {
    throw FormatError(Error::Parts{
        std::string(source_), at_byte(static_cast<std::size_t>(offset)) + (packed_ ? " of the unpacked samples" : ""),
        std::move(reason), std::move(hint)});
  }

 private:
  static constexpr std::size_t buffer_size = std::size_t{1} << 18;  // fits the second-level cache
  static const std::byte* first(std::span<const std::byte> data) { return data.data(); }

  void refill() {
    if (!packed_ || packed_end_) return;
    const auto left = static_cast<std::size_t>(end_ - next_);
    base_ += static_cast<std::uint64_t>(next_ - begin_);
    std::copy_n(next_, left, buffer_.data());
    const std::span<std::byte> room = std::span(buffer_).subspan(left);
    const std::size_t read = packed_->read(room);
    packed_end_ = read < room.size();
    begin_ = next_ = buffer_.data();
    end_ = begin_ + left + read;
  }
  std::uint64_t long_varint(unsigned bits) {
    const std::uint64_t start = offset();
    return take_varint(
        bits, [this] { return byte(); }, [&](std::string reason) { fail_at(start, std::move(reason)); });
  }

  std::string_view source_;
  std::endian order_;
  std::optional<Unzstd> packed_;
  bool packed_end_ = false;
  std::vector<std::byte> buffer_;
  std::uint64_t base_ = 0;  // offset of *begin_
  const std::byte *begin_ = nullptr, *next_ = nullptr, *end_ = nullptr;
};

}  // namespace profconv
