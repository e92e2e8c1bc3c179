#include "io/unzstd.hpp"

#include <new>
#include <utility>

#include <zstd.h>
#include <profconv/error.hpp>

#include "io/byte_cursor.hpp"

namespace profconv {

struct Unzstd::Stream {
  explicit Stream(std::span<const std::byte> packed)
      : context(ZSTD_createDCtx()), input{packed.data(), packed.size(), 0} {
    if (context == nullptr) throw std::bad_alloc();
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { ZSTD_freeDCtx(context); }

  ZSTD_DCtx* context;
  ZSTD_inBuffer input;
};

Unzstd::Unzstd(std::span<const std::byte> packed, std::size_t offset, std::string name, std::uint64_t max_size)
    : offset_(offset), name_(std::move(name)), max_size_(max_size), stream_(std::make_unique<Stream>(packed)) {}
Unzstd::Unzstd(Unzstd&&) noexcept = default;
Unzstd& Unzstd::operator=(Unzstd&&) noexcept = default;
Unzstd::~Unzstd() = default;

void Unzstd::fail(std::string reason, std::string hint) const {
  throw FormatError(Error::Parts{name_, at_byte(offset_ + stream_->input.pos), std::move(reason), std::move(hint)});
}

std::size_t Unzstd::read(std::span<std::byte> out) {
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  while (!done_ && output.pos < output.size) {
    const std::size_t before_in = stream_->input.pos, before_out = output.pos;
    const std::size_t result = ZSTD_decompressStream(stream_->context, &output, &stream_->input);
    if (ZSTD_isError(result) != 0) fail(std::string("broken zstd data from here on: ") + ZSTD_getErrorName(result));
    if (result == 0) {
      done_ = true;
      if (stream_->input.pos != stream_->input.size)
        fail(std::to_string(stream_->input.size - stream_->input.pos) + " bytes follow the zstd data");
    } else if (stream_->input.pos == before_in && output.pos == before_out) {
      fail("the zstd data end too early", "the file looks cut off");
    }
  }
  unpacked_ += output.pos;
  if (unpacked_ > max_size_)
    fail("unpacks to more than " + std::to_string(max_size_) + " bytes", "--max-size raises the limit");
  return output.pos;
}

}  // namespace profconv
