#include "common/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace profconv::cli {
namespace {

/// A descriptor of the device that an output goes to; none for files and pipes, which opening alone would change.
class Device {
 public:
  explicit Device(const std::string& output) {
    if (output == "-") {
      fd_ = STDOUT_FILENO;
      return;
    }
    struct stat status {};
    if (::stat(output.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return;
    fd_ = ::open(output.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    is_own_ = fd_ >= 0;
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device() {
    if (is_own_) ::close(fd_);
  }

  int fd() const noexcept { return fd_; }

 private:
  int fd_ = -1;
  bool is_own_ = false;
};

}  // namespace

bool is_terminal(const std::string& output) {
  const Device device(output);
  return device.fd() >= 0 && ::isatty(device.fd()) != 0;
}

std::size_t terminal_columns(const std::string& output) {
  const Device device(output);
  winsize size{};
  return device.fd() >= 0 && ::ioctl(device.fd(), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace profconv::cli
