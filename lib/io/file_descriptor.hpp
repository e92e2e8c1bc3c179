#pragma once

#include <cerrno>
#include <cstdint>
#include <utility>

#include <poll.h>
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

/// After a read or write that failed: true where it may be tried again, as a signal came, or, of a pipe that does not
/// block, when it is ready for `events` (POLLIN, POLLOUT). Node and some CI systems give such ones.
inline bool may_try_again(int fd, short events) noexcept {
  if (errno == EINTR) return true;
  if (errno != EAGAIN) return false;
  struct pollfd ready = {fd, events, 0};
  return ::poll(&ready, 1, -1) >= 0 || errno == EINTR;
}

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
