#include "io/regular_file.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file_descriptor.hpp"

namespace profconv {

// O_NONBLOCK: a FIFO without a writer would hold us for ever.
RegularFile read_regular_file(const std::string& path, std::uint64_t max_size) {
  using Outcome = RegularFile::Outcome;
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (file.get() < 0) {
    const bool absent = errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG;
    return {absent ? Outcome::missing : Outcome::unreadable};
  }
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return {Outcome::unreadable};
  if (!S_ISREG(status.st_mode)) return {Outcome::not_regular};
  if (static_cast<std::uint64_t>(status.st_size) > max_size) return {Outcome::too_large};
  // The size may be 0 where it is unknown (/proc), and the file may grow while we read.
  std::string text(static_cast<std::size_t>(status.st_size) + 1, '\0');
  std::size_t used = 0;
  for (;;) {
    if (used == text.size()) {
      if (used > max_size) return {Outcome::too_large};
      text.resize(std::min<std::size_t>(used * 2, static_cast<std::size_t>(max_size) + 1));
    }
    const ssize_t n = ::read(file.get(), text.data() + used, text.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return {Outcome::unreadable};
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
  }
  if (used > max_size) return {Outcome::too_large};
  text.resize(used);
  return {Outcome::found, std::move(text), mtime_ns(status)};
}

}  // namespace profconv
