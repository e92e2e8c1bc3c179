#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace profconv {

/// A file under a temporary name beside its destination; removed again unless it is moved there. The name starts with a
/// dot: KCachegrind loads every file whose name starts with that of the opened one.
class TemporaryFile {
 public:
  /// Creates it with the permissions that umask says. `name` is the destination as the user wrote it, for messages.
  TemporaryFile(const std::filesystem::path& destination, const std::string& name);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  int descriptor() const noexcept { return fd_; }
  /// Closes the file and puts it in its place. No fsync: this guards against our death, not the machine's.
  void move_to(const std::filesystem::path& destination, const std::string& name);

  /// Removes all that exist; async-signal-safe.
  static void remove_all() noexcept;

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  std::size_t slot_ = 0;
};

}  // namespace profconv
