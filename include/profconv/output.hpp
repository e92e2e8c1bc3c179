#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace profconv {

/// Where writers put their bytes: a buffered stream that checks every write.
///
/// A failed write throws IoError (`code()` EPIPE for a closed pipe). Nothing is complete before `finish()` returned.
class Output {
 public:
  enum class Packing : std::uint8_t { plain, gzip };

  /// A file that appears whole or not at all: written under a temporary name that starts with a dot, in the same
  /// folder, and renamed by `finish()`; without `finish()` it is removed again. Symbolic links are followed; what is
  /// not a regular file (a FIFO, `/dev/*`) is written directly. "-" is standard output.
  static Output file(const std::string& path, Packing packing = Packing::plain);
  /// Appends to `target`, which must outlive the Output.
  static Output string(std::string& target, Packing packing = Packing::plain);

  Output(Output&&) noexcept;
  Output& operator=(Output&&) noexcept;
  ~Output();

  void write(std::string_view text) {
    if (text.size() > static_cast<std::size_t>(end_ - next_)) return write_slowly(text);
    text.copy(next_, text.size());
    next_ += text.size();
  }
  void write(char c) {
    if (next_ == end_) make_room(1);
    *next_++ = c;
  }
  void write_number(std::int64_t value);
  void write_number(std::uint64_t value);
  void write_number(std::uint32_t value) { write_number(std::uint64_t{value}); }

  /// Writes what is buffered, closes, and puts the file in its place. To be called once.
  void finish();

  /// Removes the temporary files of all outputs that are not finished. Async-signal-safe, for handlers of signals that
  /// end the process.
  static void remove_temporary_files() noexcept;

  const std::string& name() const noexcept;  ///< The file's name as given, for messages.

 private:
  struct Impl;
  explicit Output(std::unique_ptr<Impl> impl);
  void write_slowly(std::string_view text);
  void make_room(std::size_t bytes);

  std::unique_ptr<Impl> impl_;
  char* next_ = nullptr;  // free part of the buffer in impl_
  char* end_ = nullptr;
};

}  // namespace profconv
