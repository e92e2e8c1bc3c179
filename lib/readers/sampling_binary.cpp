// sampling-binary: recordings of Python 3.15's profiler, `python -m profiling.sampling run --binary`.
//
// File = header (64 bytes) | sample data | string table | frame table | [statistics] | footer (32), without gaps. Fixed
// numbers are in the byte order of the machine that recorded; varints are as in sampling_stream.hpp.
//
//     header       0 u32 0x54414348: "HCAT" little-endian, "TACH" big-endian     4 u32 version, 1
//                  8 u8[4] Python's version    12 u64 start, us    20 u64 interval, us    28 u64 samples
//                 36 u32 threads    40 u64 offset of the string table    48 u64 offset of the frame table
//                 56 u32 packing: 0 none, 1 zstd (the sample data alone)    60 u32 bits 0-2: mode + 1
//     sample data  records: u64 thread, u32 interpreter, u8 kind, then
//                    0 REPEAT    varint n, n times { varint delta us, u8 status }
//                    1 FULL      varint delta, u8 status, varint depth, depth frames
//                    2 SUFFIX    varint delta, u8 status, varint keep, varint new, new frames
//                    3 POP_PUSH  varint delta, u8 status, varint pop, varint push, push frames
//                  A frame is a varint, the innermost comes first. SUFFIX keeps the outermost frames of the thread's
//                  previous stack, POP_PUSH drops its innermost ones; REPEAT as a thread's first record is its empty
//                  stack. Status: 1 holds the GIL, 2 on CPU, 4 unknown, 8 waits for the GIL, 16 handles an exception,
//                  32 main thread.
//     strings      varint length, UTF-8
//     frames       varint file, varint function, svarint line, svarint lines, svarint column, svarint columns, u8
//     opcode
//                  line -1: no position
//     statistics   56 bytes: f64 seconds, f64 reads a second, f64 failed %, f64 missed %, u32 flags (1: failed is set,
//                  2: missed is set), u32 0, "TACHSTAT", u32 version 1, u32 size
//     footer       u32 strings    u32 frames    u64 size of the file    16 bytes 0
//
// Example, the start of a file: 48434154 01000000 030f0200 5978d99900000000 f401000000000000 ... = little-endian,
// version 1, Python 3.15.2, 500 us. Then af0c000000000000 00000000 01 8905 25 05 00 01 02 03 04 = thread 3247, FULL,
// +649 us, status 37, five frames.
//
// Source: CPython 3.15.2, Modules/_remote_debugging/binary_io.h and Lib/profiling/sampling/binary_reader.py, and files
// of that version. As CPython's replay does, the profiler's own frames (`_sync_coordinator.py`) are left out, and
// samples without a frame. Times of samples, columns and opcodes are not kept: the model has no place for them.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "base/visible.hpp"
#include "io/byte_cursor.hpp"
#include "io/unzstd.hpp"
#include "model/from_stacks.hpp"
#include "readers/readers.hpp"
#include "readers/sampled_function.hpp"
#include "readers/sampling_samples.hpp"
#include "readers/sampling_stream.hpp"

namespace profconv {
namespace {

constexpr std::size_t header_size = 64, footer_size = 32, statistics_size = 56, old_statistics_size = 32,
                      signature_from_end = 16;
constexpr std::string_view little_magic = "HCAT", big_magic = "TACH", statistics_signature = "TACHSTAT";

struct Header {
  std::endian order = std::endian::little;
  std::uint8_t python[3] = {};
  std::uint64_t interval_us = 0, samples = 0, strings_at = 0, frames_at = 0;
  std::uint32_t threads = 0, packing = 0, mode = 0;
};

struct Statistics {
  double seconds = 0, rate = 0;
  std::optional<double> failed_percent, missed_percent;
};

class BinaryReader {
 public:
  BinaryReader(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics)
      : cursor_(bytes.data, bytes.source), bytes_(bytes), options_(options), diagnostics_(diagnostics) {}

  Profile read();

 private:
  void read_header();
  void read_footer();
  void read_statistics();
  void read_strings();
  std::vector<SampleReader::Frame> read_frames(ProfileBuilder& builder);
  std::int64_t interval_ns();
  SampleReader::Totals read_samples(std::span<const SampleReader::Frame> frames, std::int64_t interval,
                                    ProfileBuilder& builder);
  void report(const SampleReader::Totals& totals, std::int64_t interval);

  std::uint64_t varint(unsigned bits);
  std::int64_t svarint() { return unzigzag(varint(32)); }
  std::string_view string(std::uint64_t number);
  std::string_view mode() const;

  ByteCursor cursor_;
  const Bytes& bytes_;
  const ReadOptions& options_;
  Diagnostics& diagnostics_;
  Header header_;
  std::uint32_t string_count_ = 0, frame_count_ = 0;
  std::size_t tables_end_ = 0;
  std::optional<Statistics> statistics_;
  std::vector<std::string_view> strings_;
};

std::uint64_t BinaryReader::varint(unsigned bits) {
  const std::size_t start = cursor_.offset();
  return take_varint(
      bits, [this] { return cursor_.take_byte(); },
      [&](std::string reason) { cursor_.fail_at(start, std::move(reason)); });
}

std::string_view BinaryReader::string(std::uint64_t number) {
  if (number >= strings_.size())
    cursor_.fail("string " + std::to_string(number) + " is not there, the table has " +
                 std::to_string(strings_.size()));
  return strings_[static_cast<std::size_t>(number)];
}

std::string_view BinaryReader::mode() const {
  constexpr std::array<std::string_view, 6> modes = {"unknown", "wall", "cpu", "gil", "all", "exception"};
  const std::uint32_t number = header_.mode & 7;
  return number < modes.size() ? modes[number] : modes[0];
}

void BinaryReader::read_header() {
  const std::string_view magic = cursor_.take(4, "the magic number");
  if (magic == std::string_view("\0\0\0\0", 4)) {
    cursor_.fail_at(0, "the header is empty: this recording was not finished",
                    "the recorder writes the header and the tables at its end; nothing can be read without them");
  }
  if (magic != little_magic && magic != big_magic) cursor_.fail_at(0, "expected HCAT or TACH, found " + quoted(magic));
  Header& h = header_;
  h.order = magic == little_magic ? std::endian::little : std::endian::big;
  const std::size_t version_at = cursor_.offset();
  const auto version = cursor_.fixed<std::uint32_t>(h.order, "the version of the format");
  if (version != 1)
    cursor_.fail_at(version_at, "version " + std::to_string(version) + " of the format is unknown, known is 1");
  const std::string_view python = cursor_.take(4, "Python's version");
  std::copy_n(python.begin(), 3, h.python);
  cursor_.fixed<std::uint64_t>(h.order, "the start");
  h.interval_us = cursor_.fixed<std::uint64_t>(h.order, "the interval");
  h.samples = cursor_.fixed<std::uint64_t>(h.order, "the number of samples");
  h.threads = cursor_.fixed<std::uint32_t>(h.order, "the number of threads");
  const std::size_t offsets_at = cursor_.offset();
  h.strings_at = cursor_.fixed<std::uint64_t>(h.order, "an offset");
  h.frames_at = cursor_.fixed<std::uint64_t>(h.order, "an offset");
  h.packing = cursor_.fixed<std::uint32_t>(h.order, "the kind of packing");
  h.mode = cursor_.fixed<std::uint32_t>(h.order, "the mode");
  if (cursor_.left() < footer_size)
    cursor_.fail("expected a footer of " + std::to_string(footer_size) + " bytes, found " +
                     std::to_string(cursor_.left()) + " bytes",
                 "the file looks cut off");
  const std::size_t footer_at = cursor_.size() - footer_size;
  if (h.strings_at < header_size || h.strings_at > h.frames_at || h.frames_at > footer_at) {
    cursor_.fail_at(offsets_at,
                    "expected the tables between byte 64 and the footer at byte " + std::to_string(footer_at) +
                        ", found them at " + std::to_string(h.strings_at) + " and " + std::to_string(h.frames_at),
                    "the file looks cut off, or is of a Python before 3.15's release");
  }
  if (h.packing > 1) cursor_.fail_at(56, "expected packing 0 (none) or 1 (zstd), found " + std::to_string(h.packing));
}

void BinaryReader::read_footer() {
  const std::size_t footer_at = cursor_.size() - footer_size;
  cursor_.seek(footer_at);
  string_count_ = cursor_.fixed<std::uint32_t>(header_.order, "the number of strings");
  frame_count_ = cursor_.fixed<std::uint32_t>(header_.order, "the number of frames");
  const auto size = cursor_.fixed<std::uint64_t>(header_.order, "the file's size");
  if (size != cursor_.size()) {
    cursor_.fail_at(
        footer_at + 8,
        "expected a file of " + std::to_string(cursor_.size()) + " bytes, the footer says " + std::to_string(size),
        "the file looks cut off, or something was added to it");
  }
  tables_end_ = footer_at;
}

// Their signature is at their end; old ones are shorter.
void BinaryReader::read_statistics() {
  const std::size_t end = tables_end_;
  const auto frames_at = static_cast<std::size_t>(header_.frames_at);
  if (end - frames_at < old_statistics_size) return;
  cursor_.seek(end - signature_from_end);
  if (!cursor_.ahead().starts_with(statistics_signature)) return;
  cursor_.take(statistics_signature.size() + 4, "the statistics");
  const std::size_t size_at = cursor_.offset();
  const auto size = cursor_.fixed<std::uint32_t>(header_.order, "the size of the statistics");
  if (size < old_statistics_size || size > end - frames_at)
    cursor_.fail_at(size_at, "expected the size of the statistics, found " + std::to_string(size));
  tables_end_ = end - size;
  cursor_.seek(tables_end_);
  Statistics& s = statistics_.emplace();
  s.seconds = cursor_.fixed<double>(header_.order, "a duration");
  s.rate = cursor_.fixed<double>(header_.order, "a rate");
  if (size < statistics_size) return;
  const auto failed = cursor_.fixed<double>(header_.order, "a share");
  const auto missed = cursor_.fixed<double>(header_.order, "a share");
  const auto flags = cursor_.fixed<std::uint32_t>(header_.order, "flags");
  if ((flags & 1) != 0) s.failed_percent = failed;
  if ((flags & 2) != 0) s.missed_percent = missed;
}

void BinaryReader::read_strings() {
  cursor_.seek(static_cast<std::size_t>(header_.strings_at));
  if (string_count_ > header_.frames_at - header_.strings_at)  // one byte each at least
    cursor_.fail("expected " + std::to_string(string_count_) + " strings, found " +
                 std::to_string(header_.frames_at - header_.strings_at) + " bytes for them");
  strings_.reserve(string_count_);
  for (std::uint32_t i = 0; i < string_count_; ++i) {
    const std::size_t at = cursor_.offset();
    const std::uint64_t length = varint(32);
    if (cursor_.offset() > header_.frames_at || length > header_.frames_at - cursor_.offset())
      cursor_.fail_at(at, "string " + std::to_string(i) + " of " + std::to_string(length) +
                              " bytes does not end before the frame table at byte " +
                              std::to_string(header_.frames_at));
    strings_.push_back(cursor_.take(static_cast<std::size_t>(length), "a string"));
  }
  if (cursor_.offset() != header_.frames_at)
    cursor_.fail("expected the frame table at byte " + std::to_string(header_.frames_at) +
                 ", the strings end at byte " + std::to_string(cursor_.offset()));
}

std::vector<SampleReader::Frame> BinaryReader::read_frames(ProfileBuilder& builder) {
  constexpr std::size_t smallest = 7;
  if (frame_count_ > (tables_end_ - cursor_.offset()) / smallest)
    cursor_.fail("expected " + std::to_string(frame_count_) + " frames, found " +
                 std::to_string(tables_end_ - cursor_.offset()) + " bytes for them");
  std::vector<SampleReader::Frame> frames;
  frames.reserve(frame_count_);
  std::map<std::pair<std::uint64_t, std::uint64_t>, FunctionId> functions;  // by their strings
  for (std::uint32_t i = 0; i < frame_count_; ++i) {
    const std::uint64_t file_number = varint(32);
    const std::string_view file = string(file_number);
    const std::uint64_t name_number = varint(32);
    const std::string_view name = string(name_number);
    const std::int64_t line = svarint();
    for (int skipped = 0; skipped < 3; ++skipped) svarint();  // end line, column, end column
    cursor_.take_byte();                                      // opcode
    const bool own = file.ends_with("_sync_coordinator.py");
    // Frames of one file and name are a function, whatever their lines: long texts are looked at once.
    const auto [known, is_new] = functions.try_emplace({file_number, name_number}, FunctionId{});
    if (is_new && !own) known->second = builder.function(sampled_function(file, name));
    frames.push_back({known->second, line > 0 ? static_cast<std::uint32_t>(line) : 0, own});
  }
  if (cursor_.offset() != tables_end_)
    cursor_.fail("expected the end of the frame table at byte " + std::to_string(tables_end_) + ", it is at byte " +
                 std::to_string(cursor_.offset()));
  return frames;
}

std::int64_t BinaryReader::interval_ns() {
  constexpr std::uint64_t most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 1000;
  if (header_.interval_us > most)
    cursor_.fail_at(20, "an interval of " + std::to_string(header_.interval_us) +
                            " microseconds does not fit 64 bits of nanoseconds");
  const auto recorded = static_cast<std::int64_t>(header_.interval_us * 1000);
  if (recorded == 0) return options_.interval_ns;
  if (options_.interval_ns != 0 && options_.interval_ns != recorded)
    diagnostics_.warn(std::string(bytes_.source), "byte 20",
                      "the recorded interval of " + std::to_string(header_.interval_us) +
                          " microseconds counts, not the one that was given");
  return recorded;
}

SampleReader::Totals BinaryReader::read_samples(std::span<const SampleReader::Frame> frames, std::int64_t interval,
                                                ProfileBuilder& builder) {
  const std::span<const std::byte> data =
      bytes_.data.subspan(header_size, static_cast<std::size_t>(header_.strings_at) - header_size);
  const SampleReader::Claims claims{header_.samples, header_.threads};
  if (header_.packing == 0 || data.empty()) {
    SampleStream stream(data, header_size, bytes_.source, header_.order);
    return SampleReader(stream, frames, claims, interval, builder).read();
  }
  SampleStream stream(Unzstd(data, header_size, std::string(bytes_.source), options_.limits.max_size), bytes_.source,
                      header_.order);
  return SampleReader(stream, frames, claims, interval, builder).read();
}

std::string percent(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", value);
  return text;
}

void BinaryReader::report(const SampleReader::Totals& totals, std::int64_t interval) {
  const std::string source(bytes_.source);
  std::string what = "recorded by Python " + std::to_string(header_.python[0]) + "." +
                     std::to_string(header_.python[1]) + "." + std::to_string(header_.python[2]) + ", mode " +
                     std::string(mode()) + ", every " + std::to_string(interval / 1000) + " microseconds, " +
                     std::to_string(totals.threads) + (totals.threads == 1 ? " thread" : " threads");
  diagnostics_.note(source, {}, std::move(what));
  if (totals.samples == 0) {
    diagnostics_.warn(source, {}, "there are no samples in it");
  } else if (totals.samples < header_.samples) {
    diagnostics_.warn(
        source, "byte 28",
        "the header says " + std::to_string(header_.samples) + " samples, there are " + std::to_string(totals.samples));
  }
  if (totals.empty != 0) {
    diagnostics_.note(source, {},
                      std::to_string(totals.empty) + (totals.empty == 1 ? " sample has" : " samples have") +
                          " no frame of the program and " + (totals.empty == 1 ? "is" : "are") + " left out");
  }
  if (totals.cut != 0) {
    diagnostics_.warn(source, {},
                      std::to_string(totals.cut) + (totals.cut == 1 ? " sample has a stack" : " samples have stacks") +
                          " of 256 frames, the most that the recorder keeps; below <truncated> the outermost are "
                          "missing");
  }
  if (!statistics_) return;
  constexpr double many = 20;  // percent
  const Statistics& s = *statistics_;
  if (s.failed_percent && *s.failed_percent > many) {
    diagnostics_.warn(
        source, {},
        percent(*s.failed_percent) + " of the recorder's looks at the program failed, so times are too low by as much");
  }
  if (s.missed_percent && *s.missed_percent > many) {
    diagnostics_.warn(source, {},
                      percent(*s.missed_percent) +
                          " of the samples were not taken, the recorder was late, so times are too low by as much");
  }
}

Profile BinaryReader::read() {
  read_header();
  read_footer();
  read_statistics();
  read_strings();
  const std::int64_t interval = interval_ns();
  std::vector<MetricKey> metrics;
  if (interval > 0) metrics.push_back(time_metric);
  metrics.push_back(samples_metric);
  ProfileBuilder builder(metrics, options_.limits);
  builder.add_source(bytes_.source, "sampling-binary", options_.command, bytes_.mtime_ns, interval);
  const std::vector<SampleReader::Frame> frames = read_frames(builder);
  const SampleReader::Totals totals = read_samples(frames, interval, builder);
  report(totals, interval);
  return derive_from_stacks(std::move(builder).finish(), options_.limits);
}

}  // namespace

Profile read_sampling_binary(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics) {
  return BinaryReader(bytes, options, diagnostics).read();
}

// An unfinished recording begins with zeros, as other things do: readers/foreign.cpp says so.
Match sniff_sampling_binary(std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  return text.starts_with(little_magic) || text.starts_with(big_magic) ? Match::yes : Match::no;
}

}  // namespace profconv
