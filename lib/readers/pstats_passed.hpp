#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/formats.hpp>

#include "io/byte_cursor.hpp"

/// What is gone past in a dump of the plain form (pstats_plain.hpp), and how that is read: some entries at a time,
/// beside the going on.

namespace profconv {

inline constexpr std::ptrdiff_t marshalled_int_size = 5, marshalled_float_size = 9;

/// What one core writes and another one reads is not to share a line of the processors' caches with anything else.
inline constexpr std::size_t own_line = 64;

/// What references refer to. Those that were added stay where they are, and may be looked at beside the adding of more.
class References {
 public:
  enum class Kind : std::uint8_t { other, function, text, integer, long_integer, real };
  class Reference {
   public:
    Reference() = default;
    Reference(Kind kind, std::uint64_t value) : packed_(value << kind_bits | static_cast<std::uint64_t>(kind)) {}
    bool is(Kind kind) const noexcept {
      return (packed_ & ((1U << kind_bits) - 1)) == static_cast<std::uint64_t>(kind);
    }
    /// Of a function or text its id when it was looked up, of an int the value in 32 bits, of a longer one or a real
    /// its offset.
    std::uint64_t value() const noexcept { return packed_ >> kind_bits; }

   private:
    static constexpr unsigned kind_bits = 3;
    std::uint64_t packed_ = 0;
  };

  /// An object takes two bytes at least.
  explicit References(std::size_t bytes) { blocks_.reserve(bytes / 2 / block_size + 1); }

  std::uint32_t size() const noexcept { return size_; }
  const Reference& operator[](std::uint32_t number) const noexcept {
    return blocks_[number / block_size][number % block_size];
  }
  void add(Kind kind, std::uint64_t value) {
    if (size_ % block_size == 0) blocks_.push_back(std::make_unique_for_overwrite<Reference[]>(block_size));
    blocks_.back()[size_++ % block_size] = {kind, value};
  }
  void set(std::uint32_t number, Kind kind, std::uint64_t value) noexcept {
    blocks_[number / block_size][number % block_size] = {kind, value};
  }

 private:
  static constexpr std::uint32_t block_size = 8192;
  std::vector<std::unique_ptr<Reference[]>> blocks_;
  alignas(own_line) std::uint32_t size_ = 0;  // who adds writes here all the time, who looks at some reads the above
};

/// Some entries of the dict with their calls.
struct PassedEntries {
  /// A function as a dump mentions it: the number of a reference, or its own with a bit.
  using Mention = std::uint32_t;
  static constexpr Mention by_function = 0x80000000;

  struct Call {
    Mention caller;
    std::uint32_t costs;  // where these begin, from `begin` on
  };
  struct Entry {
    Mention function;
    std::uint32_t costs;
    std::size_t end_of_calls;  // in `calls`; they begin where those of the entry before end
  };

  std::size_t begin = 0, end = 0;  // in the file
  std::uint32_t references = 0;    // that there were at the end
  std::size_t functions = 0;       // that there were
  std::vector<Entry> entries;
  std::vector<Call> calls;
};

/// Reads what was passed into the tables, in the order in which it was passed.
class alignas(own_line) PassedReader {
 public:
  /// All of these outlive it. What the entries refer to was looked up.
  PassedReader(const Bytes& bytes, const ReadOptions& options, const References& references, ProfileBuilder& builder);

  /// What functions cost. False: something is not of the plain form.
  bool add_entries(const PassedEntries& passed);
  /// What calls cost, which is more; may run beside everything else. False: something is not of the plain form.
  bool add_calls(const PassedEntries& passed);
  /// The entries' numbers as they stood, if the options ask for them.
  std::vector<Recorded::Entry> take_recorded() { return std::move(recorded_); }
  void release_memory() noexcept;  ///< When all was read.

 private:
  using Kind = References::Kind;
  struct Costs {  // as they stand
    std::array<std::int64_t, 2> counts;
    std::array<double, 2> times;
  };
  struct Numbers {  // as the tables have them
    Counts counts;
    std::int64_t self, total;
  };

  void touch_ahead(const PassedEntries& passed) const noexcept;
  const References::Reference* referred(const char* object, std::uint32_t references, Kind kind) const noexcept;
  bool read_rare_count(const char*& next, std::uint32_t references, std::int64_t& count) const noexcept;
  template <std::ptrdiff_t room>
  bool read_count(const char*& next, std::uint32_t references, std::int64_t& count) const noexcept;
  template <std::ptrdiff_t room>
  bool read_time(const char*& next, std::uint32_t references, double& time) const noexcept;
  bool read_costs(const char* next, std::uint32_t references, Costs& costs) const noexcept;
  bool convert(const Costs& costs, Numbers& numbers) const noexcept;
  bool find_function(PassedEntries::Mention mention, FunctionId& function) const noexcept;
  void record(FunctionId function, const Costs& costs);

  const char *begin_, *end_;
  const References& references_;
  ProfileBuilder& builder_;
  double ns_per_unit_;
  bool keeps_self_, as_recorded_;
  ByteCursor cursor_;  // where that is
  std::vector<Recorded::Entry> recorded_;
  std::vector<TimedCall> calls_;
  std::vector<std::uint32_t> met_;  // per function: the entry whose caller it was last, counted from 1
  std::uint32_t entries_ = 0;
};

}  // namespace profconv
