#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include <profconv/input.hpp>

namespace profconv {

/// Bytes that grow without being copied by hand; big blocks move by remapping, so growing does not double the memory.
class GrowingBuffer {
 public:
  GrowingBuffer() = default;
  GrowingBuffer(const GrowingBuffer&) = delete;
  GrowingBuffer& operator=(const GrowingBuffer&) = delete;
  ~GrowingBuffer();

  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  std::size_t size() const noexcept { return size_; }
  /// Free space behind the bytes, at least `n`.
  std::span<std::byte> space(std::size_t n);
  void grew_by(std::size_t n) noexcept { size_ += n; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

/// Whether the bytes start with gzip's magic number.
bool is_gzip(std::span<const std::byte> bytes) noexcept;

/// Unpacks gzip (RFC 1952) from a source of packed bytes: any number of members one after the other, checksums
/// verified.
class Gunzip {
 public:
  /// Where packed bytes come from; an empty span is the end.
  struct Source {
    virtual ~Source() = default;
    virtual std::span<const std::byte> next() = 0;
  };

  Gunzip(Source& packed, std::string name, const Limits& limits);
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;
  ~Gunzip();

  /// Unpacks until `out` holds at least `wanted` bytes or the end is reached; returns whether it is the end.
  /// Throws FormatError for broken data and for more than the limits allow.
  bool unpack(GrowingBuffer& out, std::size_t wanted);

  /// From now on data that end too early, after they gave something, are at their end there.
  void salvage() noexcept { salvage_ = true; }
  /// Whether they ended so.
  bool cut_off() const noexcept { return cut_off_; }
  std::uint64_t packed_size() const noexcept;  ///< Bytes unpacked so far.

 private:
  struct Stream;
  void refill();
  void start_next_member();
  [[noreturn]] void fail(std::string reason, std::string hint = {}) const;

  Source& packed_;
  std::string name_;
  Limits limits_;
  bool salvage_ = false, cut_off_ = false;
  std::unique_ptr<Stream> stream_;
};

}  // namespace profconv
