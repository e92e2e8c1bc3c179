#include <profconv/output.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <profconv/error.hpp>

#include "base/digits.hpp"
#include "io/file_descriptor.hpp"
#include "io/temporary_files.hpp"

namespace profconv {
namespace {

constexpr std::size_t buffer_size = 64 * 1024;  // a larger text takes longer to copy than to write
constexpr int gzip_level = 6;                   // gzip's own default

class Deflate {
 public:
  Deflate() {
    constexpr int gzip_wrapper = 16, memory_level = 8;
    if (deflateInit2(&z_, gzip_level, Z_DEFLATED, MAX_WBITS + gzip_wrapper, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  Deflate(const Deflate&) = delete;
  Deflate& operator=(const Deflate&) = delete;
  ~Deflate() { deflateEnd(&z_); }

  /// Packs `text` and gives the packed pieces to `sink`.
  template <class Sink>
  void pack(std::string_view text, bool last, Sink sink) {
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    z_.avail_in = static_cast<uInt>(text.size());
    int result = Z_OK;
    do {
      z_.next_out = reinterpret_cast<Bytef*>(packed_.data());
      z_.avail_out = static_cast<uInt>(packed_.size());
      result = deflate(&z_, last ? Z_FINISH : Z_NO_FLUSH);
      sink(std::string_view(packed_.data(), packed_.size() - z_.avail_out));
    } while (z_.avail_out == 0 || (last && result != Z_STREAM_END));
  }

 private:
  z_stream z_ = {};
  std::vector<char> packed_ = std::vector<char>(buffer_size);
};

// The file that a chain of symbolic links ends at, whether it exists or not.
std::filesystem::path follow_links(std::filesystem::path path) {
  constexpr int most_links = 40;  // as the kernel's own limit
  std::error_code error;
  for (int i = 0; i < most_links; ++i) {
    const std::filesystem::path target = std::filesystem::read_symlink(path, error);
    if (error) return path;
    path = target.is_absolute() ? target : path.parent_path() / target;
  }
  throw IoError(path.string(), "cannot write", ELOOP);
}

bool is_device_path(const std::string& path) { return path.starts_with("/dev/") || path.starts_with("/proc/"); }

}  // namespace

struct Output::Impl {
  std::string name;
  std::string* target = nullptr;  // in memory
  int fd = -1;
  bool owned = false;  // close the descriptor
  std::optional<TemporaryFile> temporary;
  std::filesystem::path destination;
  std::optional<Deflate> deflate;
  std::unique_ptr<char[]> buffer =
      std::make_unique_for_overwrite<char[]>(buffer_size);  // not touched before it is used
  bool finished = false;

  ~Impl() {
    if (owned && fd >= 0) ::close(fd);
  }

  void put_raw(std::string_view bytes) {
    if (target != nullptr) {
      target->append(bytes);
      return;
    }
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd, bytes.data(), bytes.size());
      if (n < 0) {
        if (may_try_again(fd, POLLOUT)) continue;
        throw IoError(name, "cannot write", errno);
      }
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  void put(std::string_view bytes, bool last) {
    if (deflate) {
      deflate->pack(bytes, last, [this](std::string_view packed) { put_raw(packed); });
    } else {
      put_raw(bytes);
    }
  }
};

Output::Output(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  next_ = impl_->buffer.get();
  end_ = next_ + buffer_size;
}
Output::Output(Output&&) noexcept = default;
Output& Output::operator=(Output&&) noexcept = default;
Output::~Output() = default;

Output Output::file(const std::string& path, Packing packing) {
  auto impl = std::make_unique<Impl>();
  impl->name = path;
  if (packing == Packing::gzip) impl->deflate.emplace();
  if (path == "-" || path == "/dev/stdout") {
    impl->fd = STDOUT_FILENO;
    return Output(std::move(impl));
  }
  if (path.find('\0') != std::string::npos) throw IoError(path, "cannot write", EINVAL);  // would be cut there
  struct stat status = {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) throw IoError(path, "cannot write", EISDIR);
  if (is_device_path(path) || (exists && !S_ISREG(status.st_mode))) {
    impl->fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (impl->fd < 0) throw IoError(path, "cannot write", errno);
    impl->owned = true;
    return Output(std::move(impl));
  }
  // rename() asks for the folder's permission only; a file that is write-protected is to stay.
  if (exists && ::access(path.c_str(), W_OK) != 0) throw IoError(path, "cannot write", errno);
  impl->destination = follow_links(path);
  impl->temporary.emplace(impl->destination, path);
  impl->fd = impl->temporary->descriptor();
  if (exists) static_cast<void>(::fchmod(impl->fd, status.st_mode & 07777));  // a replaced file keeps its permissions
  return Output(std::move(impl));
}

Output Output::string(std::string& target, Packing packing) {
  auto impl = std::make_unique<Impl>();
  impl->target = &target;
  if (packing == Packing::gzip) impl->deflate.emplace();
  return Output(std::move(impl));
}

void Output::write_slowly(std::string_view text) {
  if (text.size() >= buffer_size) {
    make_room(buffer_size);
    impl_->put(text, false);
    return;
  }
  while (!text.empty()) {
    if (next_ == end_) make_room(1);
    const std::size_t n = std::min(text.size(), static_cast<std::size_t>(end_ - next_));
    text.copy(next_, n);
    next_ += n;
    text.remove_prefix(n);
  }
}

void Output::make_room(std::size_t bytes) {
  if (static_cast<std::size_t>(end_ - next_) >= bytes) return;
  char* const begin = impl_->buffer.get();
  impl_->put({begin, static_cast<std::size_t>(next_ - begin)}, false);
  next_ = begin;
}

void Output::write_number(std::int64_t value) {
  make_room(longest_decimal);
  next_ = write_decimal(next_, value);
}

void Output::write_number(std::uint64_t value) {
  make_room(longest_decimal);
  next_ = write_decimal(next_, value);
}

void Output::finish() {
  if (impl_->finished) return;
  char* const begin = impl_->buffer.get();
  impl_->put({begin, static_cast<std::size_t>(next_ - begin)}, true);
  next_ = begin;
  impl_->finished = true;
  if (impl_->temporary) {
    impl_->temporary->move_to(impl_->destination, impl_->name);
  } else if (impl_->owned) {
    const int fd = std::exchange(impl_->fd, -1);
    if (::close(fd) != 0) throw IoError(impl_->name, "cannot write", errno);
  }
}

void Output::remove_temporary_files() noexcept { TemporaryFile::remove_all(); }

const std::string& Output::name() const noexcept { return impl_->name; }

}  // namespace profconv
