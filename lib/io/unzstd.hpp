#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace profconv {

/// Unpacks one zstd frame (RFC 8878) piece by piece, so that its size costs no memory.
///
/// Memory is bounded by the window that the frame asks for, at most 128 MiB (the library's own limit).
class Unzstd {
 public:
  /// `name` is for messages, as is `offset`: the byte of the file that `packed` begins at. `packed` outlives the
  /// object.
  Unzstd(std::span<const std::byte> packed, std::size_t offset, std::string name, std::uint64_t max_size);
  Unzstd(Unzstd&&) noexcept;
  Unzstd& operator=(Unzstd&&) noexcept;
  ~Unzstd();

  /// Fills `out` with the next bytes and returns how many they are; fewer than it holds only at the end. Throws
  /// FormatError for broken data, for bytes after the frame, and for more than `max_size`.
  std::size_t read(std::span<std::byte> out);

 private:
  struct Stream;
  /// At the next byte of the file; data are found to be broken in the piece that begins there.
  [[noreturn]] void fail(std::string reason, std::string hint = {}) const;

  std::size_t offset_;
  std::string name_;
  std::uint64_t max_size_, unpacked_ = 0;
  bool done_ = false;
  std::unique_ptr<Stream> stream_;
};

}  // namespace profconv
