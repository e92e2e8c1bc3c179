#include <profconv/input.hpp>

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <limits>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <profconv/error.hpp>

#include "io/file_descriptor.hpp"
#include "io/gunzip.hpp"
#include "io/mapped_file.hpp"
#include "io/utf16.hpp"

namespace profconv {
namespace {

constexpr std::size_t longest_mark = 3;

bool begins_with(std::span<const std::byte> bytes, std::initializer_list<unsigned> beginning) {
  return bytes.size() >= beginning.size() &&
         std::ranges::equal(bytes.first(beginning.size()), beginning, {},
                            [](std::byte b) { return std::to_integer<unsigned>(b); });
}

}  // namespace

// Bytes arrive in one of three ways: all there (mapping or memory), or in pieces from a descriptor; gzip sits on top of
// both. What Windows wrote as text may begin with a byte order mark. Nothing binary begins like one: neither a type of
// marshal, an opcode of pickle nor the magic number of a recording has the first byte of any.
struct Input::Impl : Gunzip::Source {
  std::string name;
  Limits limits;
  std::int64_t mtime_ns = 0;

  std::optional<MappedFile> mapping;
  std::span<const std::byte> whole;  // the mapping or the caller's memory
  bool streamed = false;             // `descriptor` is read into `buffer` instead
  FileDescriptor descriptor;
  GrowingBuffer buffer;  // streamed or unpacked bytes
  bool complete = false;
  bool packed = false;
  bool whole_handed_out = false;  // to gunzip

  GrowingBuffer pending;  // streamed and packed: what was read ahead to see the magic number
  std::unique_ptr<std::byte[]> chunk;
  std::unique_ptr<Gunzip> gunzip;

  bool mark_looked_for = false;
  std::size_t mark_size = 0;  // of a byte order mark at the beginning
  std::optional<Utf16> utf16;
  GrowingBuffer text;         // made of UTF-16
  std::size_t converted = 0;  // bytes of UTF-16, the mark included
  bool text_complete = false;

  static constexpr std::size_t chunk_size = 256 * 1024;

  std::size_t read_some(std::span<std::byte> space) {
    for (;;) {
      const ssize_t n = ::read(descriptor.get(), space.data(), space.size());
      if (n >= 0) return static_cast<std::size_t>(n);
      if (!may_try_again(descriptor.get(), POLLIN)) throw IoError(name, "cannot read", errno);
    }
  }

  // Gunzip::Source: the packed bytes, piece by piece.
  std::span<const std::byte> next() override {
    if (!streamed) {
      // zlib counts in 32 bits
      const std::size_t n = std::min<std::size_t>(whole.size(), std::size_t{1} << 30);
      const auto piece = whole.first(n);
      whole = whole.subspan(n);
      return piece;
    }
    if (!whole_handed_out) {
      whole_handed_out = true;
      if (pending.size() != 0) return pending.bytes();
    }
    if (!chunk) chunk = std::make_unique<std::byte[]>(chunk_size);
    return {chunk.get(), read_some({chunk.get(), chunk_size})};
  }

  void begin() {
    if (streamed) {
      while (pending.size() < 2) {
        const std::size_t n = read_some(pending.space(head_size).first(head_size - pending.size()));
        if (n == 0) break;
        pending.grew_by(n);
      }
      packed = is_gzip(pending.bytes());
    } else {
      packed = is_gzip(whole);
      if (!packed && whole.size() > limits.max_size) too_big();
    }
    if (packed) gunzip = std::make_unique<Gunzip>(*this, name, limits);
    complete = !packed && !streamed;
  }

  void look_for_mark() {
    if (mark_looked_for) return;
    mark_looked_for = true;
    unpack(longest_mark);
    if (begins_with(unpacked(), {0xef, 0xbb, 0xbf})) {
      mark_size = 3;
    } else if (begins_with(unpacked(), {0xff, 0xfe})) {
      utf16 = Utf16::little_endian;
    } else if (begins_with(unpacked(), {0xfe, 0xff})) {
      utf16 = Utf16::big_endian;
    }
    if (utf16) converted = mark_size = 2;
  }

  // Makes at least `wanted` bytes available, or all there are.
  void fill(std::size_t wanted) {
    look_for_mark();
    if (utf16) return convert(wanted);
    unpack(wanted + std::min(mark_size, std::numeric_limits<std::size_t>::max() - wanted));
  }

  void convert(std::size_t wanted) {
    while (!text_complete && text.size() < wanted) {
      // ASCII takes twice its size. Four bytes are a character at least, so each time some are converted.
      constexpr std::size_t longest_character = 4;
      unpack(converted + std::min(wanted - text.size(), chunk_size) * 2 + longest_character);
      const auto left = unpacked().subspan(converted);
      const auto piece = left.first(std::min(left.size(), chunk_size));
      const bool is_end = complete && piece.size() == left.size();
      converted += append_as_utf8(text, piece, *utf16, is_end);
      if (text.size() > limits.max_size) too_big();
      text_complete = is_end;
    }
  }

  // Makes at least `wanted` bytes available as they are, or all there are.
  void unpack(std::size_t wanted) {
    if (complete) return;
    if (gunzip) {
      complete = gunzip->unpack(buffer, wanted);
      return;
    }
    GrowingBuffer& out = pending;  // a plain stream: what was read ahead is its beginning
    while (out.size() < wanted) {
      const std::size_t room = std::min(chunk_size, wanted - out.size());
      const std::size_t n = read_some(out.space(room).first(room));
      out.grew_by(n);
      if (out.size() > limits.max_size) too_big();
      if (n == 0) {
        complete = true;
        return;
      }
    }
  }

  std::span<const std::byte> available() const { return utf16 ? text.bytes() : unpacked().subspan(mark_size); }

  std::span<const std::byte> unpacked() const {
    if (gunzip) return buffer.bytes();
    return streamed ? pending.bytes() : whole;
  }

  [[noreturn]] void too_big() const {
    throw FormatError(Error::Parts{
        name, {}, "is larger than " + std::to_string(limits.max_size) + " bytes", "--max-size raises the limit"});
  }
};

Input::Input(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Input::Input(Input&&) noexcept = default;
Input& Input::operator=(Input&&) noexcept = default;
Input::~Input() = default;

Input Input::open(const std::string& path, const Limits& limits, std::string name) {
  auto impl = std::make_unique<Impl>();
  impl->name = std::move(name);
  if (impl->name.empty()) impl->name = path;
  impl->limits = limits;
  if (path == "-") {
    impl->descriptor = FileDescriptor(STDIN_FILENO, false);
    impl->streamed = true;
    impl->begin();
    return Input(std::move(impl));
  }
  if (path.find('\0') != std::string::npos) throw IoError(path, "cannot open", EINVAL);  // would be cut there
  impl->descriptor = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (impl->descriptor.get() < 0) throw IoError(path, "cannot open", errno);
  struct stat status = {};
  if (::fstat(impl->descriptor.get(), &status) != 0) throw IoError(path, "cannot read", errno);
  if (S_ISDIR(status.st_mode)) throw IoError(path, "cannot read", EISDIR);
  impl->mtime_ns = profconv::mtime_ns(status);
  const auto size = static_cast<std::size_t>(status.st_size);
  if (S_ISREG(status.st_mode) && size != 0) {
    impl->mapping = MappedFile::map(impl->descriptor.get(), size);
    impl->streamed = !impl->mapping;  // some file systems cannot map
    if (impl->mapping) impl->whole = impl->mapping->bytes();
  } else {
    impl->streamed = true;  // pipes, devices, and files such as those in /proc that say 0 bytes
  }
  impl->begin();
  return Input(std::move(impl));
}

Input Input::view(std::span<const std::byte> bytes, std::string name, const Limits& limits) {
  auto impl = std::make_unique<Impl>();
  impl->name = std::move(name);
  impl->limits = limits;
  impl->whole = bytes;
  impl->begin();
  return Input(std::move(impl));
}

std::span<const std::byte> Input::head() {
  impl_->fill(head_size);
  const auto bytes = impl_->available();
  return bytes.first(std::min(bytes.size(), head_size));
}

void Input::require_unchanged() const {
  if (!impl_->mapping) return;
  struct stat status = {};
  const bool changed = impl_->mapping->cut_short() || ::fstat(impl_->descriptor.get(), &status) != 0 ||
                       static_cast<std::uint64_t>(status.st_size) != impl_->mapping->bytes().size() ||
                       profconv::mtime_ns(status) != impl_->mtime_ns;
  if (changed)
    throw IoError(impl_->name, "the file changed while it was read", 0,
                  "wait until the program that writes it is done");
}

std::span<const std::byte> Input::bytes() {
  impl_->fill(std::numeric_limits<std::size_t>::max());
  return impl_->available();
}

void Input::salvage() noexcept {
  if (impl_->gunzip) impl_->gunzip->salvage();
}

std::optional<std::uint64_t> Input::cut_off_at() const noexcept {
  if (!impl_->gunzip || !impl_->gunzip->cut_off()) return std::nullopt;
  return impl_->gunzip->packed_size();
}

const std::string& Input::name() const noexcept { return impl_->name; }
std::int64_t Input::mtime_ns() const noexcept { return impl_->mtime_ns; }
bool Input::packed() const noexcept { return impl_->packed; }
bool Input::converted() const noexcept { return impl_->utf16.has_value(); }

}  // namespace profconv
