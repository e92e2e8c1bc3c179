#include "io/temporary_files.hpp"

#include <cerrno>
#include <cstdio>
#include <random>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <profconv/error.hpp>

namespace profconv {
namespace {

std::string random_letters() {
  constexpr char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string text;
  for (int i = 0; i < 10; ++i) text += letters[random() % (sizeof letters - 1)];
  return text;
}

}  // namespace

TemporaryFile::TemporaryFile(const std::filesystem::path& destination, const std::string& name) {
  constexpr std::size_t longest = 200;  // with the additions still below the usual limit of 255 bytes a name
  const std::string base = destination.filename().string().substr(0, longest);
  constexpr int tries = 100;
  for (int i = 0; i < tries && fd_ < 0; ++i) {
    path_ = destination.parent_path() / ("." + base + "." + random_letters() + ".tmp");
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0 && errno != EEXIST) break;
  }
  if (fd_ < 0) throw IoError(name, "cannot write", errno);
}

TemporaryFile::~TemporaryFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

void TemporaryFile::move_to(const std::filesystem::path& destination, const std::string& name) {
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) throw IoError(name, "cannot write", errno);
  if (std::rename(path_.c_str(), destination.c_str()) != 0) throw IoError(name, "cannot write", errno);
  path_.clear();
}

}  // namespace profconv
