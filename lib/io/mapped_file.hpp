#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace profconv {

/// A regular file in memory. Where somebody cuts the file while it is mapped, the system answers a look at what is gone
/// with SIGBUS; here the missing bytes become zeros and `cut_short` says so.
///
/// For that, the first mapping installs a handler of SIGBUS for the process. It deals with faults inside of these
/// mappings alone and hands all others to the handler that was there before.
class MappedFile {
 public:
  /// Empty where the file cannot be mapped, or too many are: it can be read then.
  static std::optional<MappedFile> map(int descriptor, std::size_t size);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const noexcept { return {address_, size_}; }
  /// Gives the memory of these bytes back if they are part of a mapped file; any other bytes are left alone. They stay
  /// readable: a look at them brings them back.
  static void let_go(std::span<const std::byte> bytes) noexcept;
  bool cut_short() const noexcept;

 private:
  MappedFile(std::byte* address, std::size_t size, std::size_t slot) : address_(address), size_(size), slot_(slot) {}

  std::byte* address_;
  std::size_t size_, slot_;
};

}  // namespace profconv
