#include "io/temporary_files.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <profconv/error.hpp>

#include "base/random_bits.hpp"

namespace profconv {
namespace {

std::string random_letters() {
  constexpr char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t count = sizeof letters - 1;
  std::string text;
  for (std::uint64_t bits = random_bits(); text.size() < 10; bits /= count) text += letters[bits % count];
  return text;
}

// What a signal handler may look at: the paths of the files that exist, owned by their TemporaryFile. Outputs beyond
// the last slot are written as well, only not removed by a signal.
std::array<std::atomic<const char*>, 16> existing = {};
static_assert(std::atomic<const char*>::is_always_lock_free);

std::size_t announce(const char* path) noexcept {
  for (std::size_t i = 0; i < existing.size(); ++i) {
    const char* free = nullptr;
    if (existing[i].compare_exchange_strong(free, path)) return i;
  }
  return existing.size();
}

void withdraw(std::size_t& slot) noexcept {
  if (slot < existing.size()) existing[slot] = nullptr;
  slot = existing.size();
}

// Puts `from` in the place of an existing file by exchanging the two, and removes the old one. Whoever looks sees the
// same as with rename(), which has ext4 send the new file to the disk first: half as long again as the conversion of a
// large dump.
bool replace(const char* from, const char* to) noexcept {
#ifdef RENAME_EXCHANGE
  const auto exchange = [&] { return ::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) == 0; };
  if (!exchange()) return false;  // there is none, or the system can't
  if (::unlink(from) == 0) return true;
  static_cast<void>(exchange());  // not a file: rename() says so
#endif
  return false;
}

}  // namespace

TemporaryFile::TemporaryFile(const std::filesystem::path& destination, const std::string& name) {
  constexpr std::size_t longest = 200;  // with the additions still below the usual limit of 255 bytes a name
  const std::string base = destination.filename().string().substr(0, longest);
  constexpr int tries = 100;
  for (int i = 0; i < tries; ++i) {
    path_ = destination.parent_path() / ("." + base + "." + random_letters() + ".tmp");
    slot_ = announce(path_.c_str());  // before it exists, so that no moment is left out
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ >= 0) break;
    const int code = errno;
    withdraw(slot_);
    if (code != EEXIST || i + 1 == tries) throw IoError(name, "cannot write", code);
  }
}

TemporaryFile::~TemporaryFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!path_.empty()) ::unlink(path_.c_str());
  withdraw(slot_);
}

void TemporaryFile::move_to(const std::filesystem::path& destination, const std::string& name) {
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) throw IoError(name, "cannot write", errno);
  if (!replace(path_.c_str(), destination.c_str()) && std::rename(path_.c_str(), destination.c_str()) != 0)
    throw IoError(name, "cannot write", errno);
  withdraw(slot_);
  path_.clear();
}

void TemporaryFile::remove_all() noexcept {
  for (const auto& path : existing) {
    if (const char* name = path) ::unlink(name);
  }
}

}  // namespace profconv
