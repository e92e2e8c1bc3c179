#include "readers/sampling_samples.hpp"

#include <algorithm>
#include <string>

namespace profconv {
namespace {

enum Kind : std::uint8_t { repeat, full, suffix, pop_push };

// A stack costs memory for each thread; no process has a million of them.
constexpr std::size_t most_threads = std::size_t{1} << 20;

// Bytes of the largest record but REPEAT: head, delta, status, two counts, frames.
constexpr std::size_t largest_record = 13 + 10 + 1 + 2 * 5 + SampleReader::most_frames * 5;
constexpr std::size_t largest_repeat = 10 + 1;

}  // namespace

SampleReader::SampleReader(SampleStream& stream, std::span<const Frame> frames, Claims claims, std::int64_t interval_ns,
                           ProfileBuilder& builder)
    : stream_(stream), frames_(frames), claims_(claims), interval_ns_(interval_ns), builder_(builder) {}

SampleReader::Totals SampleReader::read() {
  while (!stream_.at_end()) read_record();
  totals_.threads = threads_.size();
  return totals_;
}

SampleReader::Thread& SampleReader::thread() {
  const std::uint64_t offset = stream_.offset();
  const auto id = stream_.fixed<std::uint64_t>();
  const auto interpreter = stream_.fixed<std::uint32_t>();
  if (last_thread_ < threads_.size() && threads_[last_thread_].id == id &&
      threads_[last_thread_].interpreter == interpreter) {
    return threads_[last_thread_];
  }
  const auto [known, is_new] =
      thread_numbers_.try_emplace({id, interpreter}, static_cast<std::uint32_t>(threads_.size()));
  if (is_new) {
    if (threads_.size() >= std::min<std::size_t>(claims_.threads, most_threads)) {
      stream_.fail_at(offset, "a record of thread " + std::to_string(id) + " is one thread more than the " +
                                  std::to_string(threads_.size()) + " that the header says");
    }
    threads_.push_back({id, interpreter, false, {}, {}, {}});
  }
  last_thread_ = known->second;
  return threads_[last_thread_];
}

void SampleReader::read_record() {
  stream_.ensure(largest_record);
  Thread& t = thread();
  const std::uint64_t offset = stream_.offset();
  const std::uint8_t kind = stream_.byte();
  if (kind == repeat) return read_repeats(t);
  if (kind > pop_push)
    stream_.fail_at(offset, "expected a record of kind 0 to 3, found " + std::to_string(kind),
                    "the file looks damaged");
  stream_.skip_varint64();  // time since the thread's last sample
  const std::uint8_t status = stream_.byte();
  std::size_t keep = 0;
  if (kind == suffix || kind == pop_push) {
    const std::uint64_t at = stream_.offset();
    keep = stream_.varint();
    if (keep > t.frames.size()) {
      stream_.fail_at(at, "expected at most " + std::to_string(t.frames.size()) +
                              " frames of the previous stack, found " + std::to_string(keep));
    }
    if (kind == pop_push) keep = t.frames.size() - keep;
  }
  take_frames(t, keep, stream_.varint());
  add(t, status, 1);
}

// The same stack again; runs of one status are added at once.
void SampleReader::read_repeats(Thread& t) {
  const std::uint32_t samples = stream_.varint();
  std::uint64_t run = 0;
  std::uint8_t status = 0;
  for (std::uint32_t i = 0; i < samples; ++i) {
    stream_.ensure(largest_repeat);
    stream_.skip_varint64();
    const std::uint8_t next = stream_.byte();
    if (next != status && run != 0) {
      add(t, status, run);
      run = 0;
    }
    status = next;
    ++run;
  }
  if (run != 0) add(t, status, run);
}

// The new frames come innermost first.
void SampleReader::take_frames(Thread& t, std::size_t keep, std::size_t count) {
  if (keep + count > most_frames) {
    stream_.fail("expected a stack of at most " + std::to_string(most_frames) + " frames, found " +
                 std::to_string(keep + count));
  }
  t.frames.resize(keep + count);
  for (std::size_t i = keep + count; i-- > keep;) {
    const std::uint32_t frame = stream_.varint();
    if (frame >= frames_.size())
      stream_.fail("frame " + std::to_string(frame) + " is not there, the table has " + std::to_string(frames_.size()));
    t.frames[i] = frame;
  }
  find_nodes(t, keep);
}

void SampleReader::find_nodes(Thread& t, std::size_t keep) {
  const bool cut = t.frames.size() == most_frames;
  if (cut && truncated_ == no_parent)
    truncated_ = builder_.node(no_parent, builder_.function({.name = "<truncated>", .file = "~"}), 0);
  if (cut != t.cut) keep = 0;  // all of it hangs elsewhere now
  t.cut = cut;
  t.nodes.resize(t.frames.size());
  for (std::size_t i = keep; i < t.frames.size(); ++i) {
    const NodeId parent = i > 0 ? t.nodes[i - 1] : cut ? truncated_ : no_parent;
    const Frame& frame = frames_[t.frames[i]];
    t.nodes[i] = frame.own ? parent : builder_.node(parent, frame.function, frame.line);
  }
}

LabelsId SampleReader::labels(Thread& t, std::uint8_t status) {
  for (const auto& [known, id] : t.labels) {
    if (known == status) return id;
  }
  std::string name = std::to_string(t.id);
  if (t.interpreter != 0) name += " of interpreter " + std::to_string(t.interpreter);
  t.labels.emplace_back(status, builder_.labels({}, name, status));
  return t.labels.back().second;
}

void SampleReader::add(Thread& t, std::uint8_t status, std::uint64_t count) {
  totals_.samples += count;
  if (totals_.samples > claims_.samples)
    stream_.fail("there are more samples than the " + std::to_string(claims_.samples) + " that the header says");
  const NodeId leaf = t.nodes.empty() ? no_parent : t.nodes.back();
  if (leaf == no_parent) {
    totals_.empty += count;
    return;
  }
  if (t.cut) totals_.cut += count;
  const auto samples = static_cast<std::int64_t>(count);  // at most 2^32
  std::int64_t costs[2] = {0, samples};
  if (interval_ns_ > 0 && __builtin_mul_overflow(samples, interval_ns_, &costs[0]))
    stream_.fail("the time of " + std::to_string(samples) + " samples does not fit 64 bits of nanoseconds");
  builder_.add_sample({leaf, labels(t, status)}, interval_ns_ > 0 ? std::span<const std::int64_t>(costs)
                                                                  : std::span<const std::int64_t>(costs).subspan(1));
}

}  // namespace profconv
