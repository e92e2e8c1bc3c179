#include "io/gunzip.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#include <zlib.h>

#include <profconv/error.hpp>

namespace profconv {

GrowingBuffer::~GrowingBuffer() { std::free(data_); }

std::span<std::byte> GrowingBuffer::space(std::size_t n) {
  if (capacity_ - size_ < n) {
    const std::size_t capacity = std::max(size_ + n, capacity_ + capacity_ / 2);
    void* moved = std::realloc(data_, capacity);
    if (moved == nullptr) throw std::bad_alloc();
    data_ = static_cast<std::byte*>(moved);
    capacity_ = capacity;
  }
  return {data_ + size_, capacity_ - size_};
}

bool is_gzip(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

struct Gunzip::Stream {
  z_stream z = {};
  std::uint64_t packed_size = 0;  // bytes handed to zlib so far
  bool in_member = true;
  bool done = false;
};

Gunzip::Gunzip(Source& packed, std::string name, const Limits& limits)
    : packed_(packed), name_(std::move(name)), limits_(limits), stream_(std::make_unique<Stream>()) {
  constexpr int gzip_only = 16;  // added to the window size: expect a gzip header, verify its trailer
  if (inflateInit2(&stream_->z, MAX_WBITS + gzip_only) != Z_OK) throw std::bad_alloc();
}

Gunzip::~Gunzip() { inflateEnd(&stream_->z); }

std::uint64_t Gunzip::packed_size() const noexcept { return stream_->packed_size - stream_->z.avail_in; }

void Gunzip::fail(std::string reason, std::string hint) const {
  throw FormatError(Error::Parts{name_, "byte " + std::to_string(packed_size()) + " of the gzip data",
                                 std::move(reason), std::move(hint)});
}

void Gunzip::refill() {
  if (stream_->z.avail_in != 0) return;
  const std::span<const std::byte> next = packed_.next();
  // zlib's interface has no const; it does not write to its input.
  stream_->z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(next.data()));
  stream_->z.avail_in = static_cast<uInt>(next.size());
  stream_->packed_size += next.size();
}

// After a member: another one, zero padding (tape blocks), or the end.
void Gunzip::start_next_member() {
  z_stream& z = stream_->z;
  for (refill(); z.avail_in != 0 && *z.next_in == 0; refill()) {
    ++z.next_in;
    --z.avail_in;
  }
  if (z.avail_in == 0) {
    stream_->done = true;
  } else if (*z.next_in == 0x1f) {
    inflateReset(&z);
    stream_->in_member = true;
  } else {
    fail("expected another gzip member or the end, found something else");
  }
}

bool Gunzip::unpack(GrowingBuffer& out, std::size_t wanted) {
  z_stream& z = stream_->z;
  while (!stream_->done && out.size() < wanted) {
    if (!stream_->in_member) {
      start_next_member();
      continue;
    }
    refill();
    if (z.avail_in == 0) {
      if (out.size() == 0) fail("the gzip data end too early", "the file looks cut off");
      if (!salvage_) fail("the gzip data end too early", "the file looks cut off; --salvage converts what is there");
      stream_->done = cut_off_ = true;
      break;
    }

    const std::size_t most = std::min<std::size_t>(wanted - out.size(), std::size_t{1} << 20);
    const std::span<std::byte> space = out.space(most);
    z.next_out = reinterpret_cast<Bytef*>(space.data());
    z.avail_out = static_cast<uInt>(most);
    const int result = inflate(&z, Z_NO_FLUSH);
    out.grew_by(most - z.avail_out);
    if (result == Z_STREAM_END) {
      stream_->in_member = false;
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      fail(std::string("broken gzip data: ") + (z.msg != nullptr ? z.msg : "unknown fault"));
    }

    if (out.size() > limits_.max_size) {
      fail("unpacks to more than " + std::to_string(limits_.max_size) + " bytes", "--max-size raises the limit");
    }
    if (out.size() > limits_.ratio_free_size && out.size() / limits_.max_ratio > packed_size()) {
      fail("unpacks to more than " + std::to_string(limits_.max_ratio) + " times its size, which no profile does",
           "--max-ratio raises the limit");
    }
  }
  return stream_->done;
}

}  // namespace profconv
