#pragma once

#include <cstdint>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace profconv {

/// Closes a descriptor at the end of its scope, unless it is somebody else's.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1, bool owned = true) : fd_(fd), owned_(owned) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)), owned_(other.owned_) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~FileDescriptor() {
    if (fd_ >= 0 && owned_) ::close(fd_);
  }
  int get() const noexcept { return fd_; }

 private:
  int fd_;
  bool owned_;
};

/// Modification time in nanoseconds since 1970 (UTC).
inline std::int64_t mtime_ns(const struct stat& status) {
#ifdef __APPLE__
  const struct timespec mtime = status.st_mtimespec;
#else
  const struct timespec mtime = status.st_mtim;
#endif
  return std::int64_t{mtime.tv_sec} * 1'000'000'000 + mtime.tv_nsec;
}

}  // namespace profconv
