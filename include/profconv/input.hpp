#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace profconv {

/// Bounds on what one input may cost, hostile or not; going over one is a FormatError that says how to raise it. They
/// lie far above what real profiles need. Independent of them, whatever an input counts (items, bytes, rows) is
/// compared with the bytes that are left before memory is taken for it.
struct Limits {
  std::uint64_t max_size = std::uint64_t{4} << 30;  ///< Bytes of one input, after unpacking, and as UTF-8.
  /// A gzip input may unpack to at most `max_ratio` times its packed size once it is over `ratio_free_size` bytes.
  /// Real dumps shrink 2 to 8 times, zeros 1000 times.
  std::uint64_t max_ratio = 100;
  std::uint64_t ratio_free_size = std::uint64_t{16} << 20;
  std::uint32_t max_depth = 200;  ///< Nesting of values in marshalled data; the deepest real dump has 12.
  std::uint64_t max_string = std::uint64_t{256} << 20;  ///< Bytes of one name or path.
  std::uint32_t max_functions = 100'000'000;
  std::uint32_t max_calls = 1'000'000'000;  ///< Call edges (caller, callee, line) and, apart from them, stack prefixes.
  std::uint32_t max_lines = 1'000'000'000;  ///< Lines with a cost of their own.

  /// What is not read but made of profiles that were: only what 32-bit ids can number.
  static constexpr Limits of_tables() noexcept {
    constexpr std::uint32_t most = 0xfffffffe;
    return {.max_string = 0xffffffffffffffff, .max_functions = most, .max_calls = most, .max_lines = most};
  }
};

/// The bytes of one input: a memory-mapped file, a stream, or memory; gzip (RFC 1952, any number of members) is
/// unpacked. Text of Windows is made plain: UTF-16 with a byte order mark becomes UTF-8, and a mark of UTF-8 is left
/// out. No binary profile begins like a mark.
///
/// Owns the bytes; the view that `bytes()` gives is good as long as the Input lives.
class Input {
 public:
  /// Opens a file; "-" is standard input. Messages about its content call it `name`, or by its path where that is
  /// empty. Throws IoError when it cannot be opened.
  static Input open(const std::string& path, const Limits& limits = {}, std::string name = {});
  /// Views memory that the caller keeps alive. `name` is used in messages only.
  static Input view(std::span<const std::byte> bytes, std::string name, const Limits& limits = {});

  Input(Input&&) noexcept;
  Input& operator=(Input&&) noexcept;
  ~Input();

  /// The first bytes, at most `head_size` of them, unpacked and converted: enough to detect the format without
  /// unpacking the rest. The view is good until `bytes()` is called, which may move them.
  std::span<const std::byte> head();
  /// All bytes, unpacked and converted. Throws FormatError for broken gzip data and for more than `Limits` allows.
  std::span<const std::byte> bytes();

  /// From now on gzip data that end too early are no fault: `bytes()` is what they unpack to.
  void salvage() noexcept;
  /// Where gzip data ended too early, in packed bytes; empty when they did not, or as long as they are not unpacked.
  std::optional<std::uint64_t> cut_off_at() const noexcept;

  /// Throws IoError when the file was written to or cut short since it was opened: what was read of it then means
  /// nothing. For files only; pipes and memory have no way to tell. `read` asks this.
  void require_unchanged() const;

  const std::string& name() const noexcept;
  std::int64_t mtime_ns() const noexcept;  ///< Modification time in nanoseconds since 1970 (UTC); 0 when unknown.
  bool packed() const noexcept;            ///< Whether the input is gzip.
  bool converted() const noexcept;         ///< Whether it is UTF-16, as far as it was looked at.

  static constexpr std::size_t head_size = 64 * 1024;

 private:
  struct Impl;
  explicit Input(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace profconv
