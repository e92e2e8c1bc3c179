#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "base/hash.hpp"
#include "readers/sampling_stream.hpp"

namespace profconv {

/// The records of a recording of Python 3.15's profiler, turned into nodes and samples of a builder. The layout stands
/// above sampling_binary.cpp.
class SampleReader {
 public:
  /// What a number in a stack stands for.
  struct Frame {
    FunctionId function;
    std::uint32_t line;  ///< 0: unknown.
    bool own;            ///< The profiler's own: left out, as CPython's replay does.
  };
  /// What the file's header claims; more is an error.
  struct Claims {
    std::uint64_t samples;
    std::uint32_t threads;
  };
  struct Totals {
    std::uint64_t samples = 0;
    std::uint64_t empty = 0;  ///< Of them, without a frame to show.
    std::uint64_t cut = 0;    ///< Of them, with a stack that was cut off at `most_frames`.
    std::size_t threads = 0;
  };

  static constexpr std::size_t most_frames = 256;  ///< The recorder keeps the innermost ones.

  /// `interval_ns`: 0 when unknown; then the builder has no column for time. The views outlive the reader.
  SampleReader(SampleStream& stream, std::span<const Frame> frames, Claims claims, std::int64_t interval_ns,
               ProfileBuilder& builder);

  Totals read();

 private:
  struct Thread {
    std::uint64_t id;
    std::uint32_t interpreter;
    bool cut = false;
    std::vector<std::uint32_t> frames;                      // outermost first
    std::vector<NodeId> nodes;                              // one per frame: the stack up to it
    std::vector<std::pair<std::uint8_t, LabelsId>> labels;  // by status
  };
  struct Hash : SeededHash {
    std::size_t operator()(const std::pair<std::uint64_t, std::uint32_t>& key) const noexcept {
      return hash_mix(SeededHash::operator()(key.first), key.second);
    }
  };

  Thread& thread();
  void read_record();
  void read_repeats(Thread& thread);
  void take_frames(Thread& thread, std::size_t keep, std::size_t count);
  void find_nodes(Thread& thread, std::size_t keep);
  LabelsId labels(Thread& thread, std::uint8_t status);
  void add(Thread& thread, std::uint8_t status, std::uint64_t count);

  SampleStream& stream_;
  std::span<const Frame> frames_;
  Claims claims_;
  std::int64_t interval_ns_;
  ProfileBuilder& builder_;
  std::vector<Thread> threads_;
  std::unordered_map<std::pair<std::uint64_t, std::uint32_t>, std::uint32_t, Hash> thread_numbers_;
  std::size_t last_thread_ = 0;
  NodeId truncated_ = no_parent;
  Totals totals_;
};

}  // namespace profconv
