#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/formats.hpp>

/// The second pass over a dump of the plain form. The first one (pstats_plain.hpp) has functions looked up and finds
/// out where entries and their calls begin, no more; batches of them are read here, on other cores while the first goes
/// on.

namespace profconv {

inline constexpr std::ptrdiff_t marshalled_int_size = 5, marshalled_float_size = 9;
inline constexpr std::size_t least_row_size = 23;  ///< No entry and no call takes fewer bytes in a file.

/// Costs as nearly all stand in a dump: two counts, each an int or a reference to one, and two floats, and nothing
/// refers to any of them. Which of the two a count is nobody could foresee, so no branch is on it.
struct UsualCosts {
  static constexpr std::ptrdiff_t size = 2 * marshalled_int_size + 2 * marshalled_float_size;
  static constexpr std::array<std::ptrdiff_t, 2> counts{0, marshalled_int_size};
  static constexpr std::array<std::ptrdiff_t, 2> times{2 * marshalled_int_size, size - marshalled_float_size};

  /// Whether such begin there, where there are as many bytes.
  static bool begin_at(const char* at) noexcept {
    const auto is_count = [&](std::ptrdiff_t i) { return unsigned{at[i] == 'r'} | unsigned{at[i] == 'i'}; };
    return (is_count(counts[0]) & is_count(counts[1]) & unsigned{at[times[0]] == 'g'} &
            unsigned{at[times[1]] == 'g'}) != 0;
  }
};

/// What one core writes and another one reads is not to share a line of the processors' caches with anything else.
inline constexpr std::size_t own_line = 64;

/// What references refer to. Those that were added stay where they are, and may be looked at beside the adding of more.
class References {
 public:
  enum class Kind : std::uint8_t { other, function, text, integer, long_integer, real };
  class Reference {
   public:
    Reference() = default;  // cppcheck-suppress uninitMemberVar  // of many, those are filled that there are
    Reference(Kind kind, std::uint64_t value) : packed_(value << kind_bits | static_cast<std::uint64_t>(kind)) {}
    bool is(Kind kind) const noexcept {
      return (packed_ & ((1U << kind_bits) - 1)) == static_cast<std::uint64_t>(kind);
    }
    /// Of a function or text its id when it was looked up, of an int the value in 32 bits, of a longer one or a real
    /// its offset.
    std::uint64_t value() const noexcept { return packed_ >> kind_bits; }

   private:
    static constexpr unsigned kind_bits = 3;
    std::uint64_t packed_;
  };

  /// Of an input of so many bytes: an object takes two at least. Only what is filled takes memory.
  explicit References(std::size_t bytes) : all_(std::make_unique_for_overwrite<Reference[]>(bytes / 2 + 1)) {}

  std::uint32_t size() const noexcept { return size_; }
  const Reference& operator[](std::uint32_t number) const noexcept { return all_[number]; }
  void add(Kind kind, std::uint64_t value) noexcept { all_[size_++] = {kind, value}; }
  void set(std::uint32_t number, Kind kind, std::uint64_t value) noexcept { all_[number] = {kind, value}; }

 private:
  std::unique_ptr<Reference[]> all_;
  alignas(own_line) std::uint32_t size_ = 0;  // who adds writes here all the time, who looks at some reads the above
};

/// Some entries of the dict with their calls.
struct PassedEntries {
  /// A function as a dump mentions it: the number of a reference, or with a bit that in `functions`.
  using Mention = std::uint32_t;
  static constexpr Mention by_key = 0x80000000;

  struct Call {
    Mention caller;
    std::uint32_t costs;  // where these begin, from `begin` on
  };
  struct Entry {
    Mention function;
    std::uint32_t costs;
    std::size_t end_of_calls;  // in `calls`; they begin where those of the entry before end
  };

  std::size_t begin = 0, end = 0;                 // in the file
  std::uint32_t first_entry = 0, first_call = 0;  // how many were passed before
  std::uint32_t references = 0;                   // that there were at the end
  std::vector<Entry> entries;
  std::vector<Call> calls;
  std::vector<FunctionId> functions;  // of the keys that stand here and that nothing refers to
};

/// Reads what was passed into rows, and adds these to the tables in their order when all were read.
class alignas(own_line) PassedReader {
 public:
  /// All of these outlive it.
  PassedReader(const Bytes& bytes, const ReadOptions& options, const References& references, ProfileBuilder& builder);

  /// May run beside everything else, and others of its kind. REQUIRES: what the entries refer to was looked up. False:
  /// something is not of the plain form.
  bool read(const PassedEntries& passed);
  /// The entries' numbers as they stood.
  std::vector<Recorded::Entry> recorded_entries(std::uint32_t count) const;
  /// All that was read. False: a function has two entries, or an entry a caller twice.
  bool add(std::uint32_t entry_count, std::uint32_t call_count);

 private:
  using Kind = References::Kind;
  struct Costs {  // as they stand
    std::array<std::int64_t, 2> counts;
    std::array<double, 2> times;
  };
  struct Times {
    std::int64_t self, total;
  };
  struct Numbers {  // as the tables have them
    Counts counts;
    Times times;
  };

  // A function and counts, on the way into their order: these are fetched from anywhere in memory, where they share
  // lines of the caches with as few others as can be.
  class PackedCounts {
   public:
    static constexpr std::int64_t most = (std::int64_t{1} << 48) - 1;

    PackedCounts() = default;  // cppcheck-suppress uninitMemberVar  // as above
    /// REQUIRES: none of the counts is more than `most`.
    PackedCounts(FunctionId function, const Counts& counts) noexcept
        : function_(function),
          calls_low_(static_cast<std::uint32_t>(counts.calls)),
          primitive_low_(static_cast<std::uint32_t>(counts.primitive)),
          calls_high_(static_cast<std::uint16_t>(counts.calls >> 32)),
          primitive_high_(static_cast<std::uint16_t>(counts.primitive >> 32)) {}

    FunctionId function() const noexcept { return function_; }
    Counts counts() const noexcept {
      return {std::int64_t{calls_high_} << 32 | calls_low_, std::int64_t{primitive_high_} << 32 | primitive_low_};
    }

   private:
    FunctionId function_;
    std::uint32_t calls_low_, primitive_low_;
    std::uint16_t calls_high_, primitive_high_;
  };
  struct Entry {
    PackedCounts counts;
    Times times;
  };

  void touch_ahead(const PassedEntries& passed) const noexcept;
  const References::Reference* referred(const char* object, std::uint32_t references, Kind kind) const noexcept;
  bool read_rare_count(const char*& next, std::uint32_t references, std::int64_t& count) const noexcept;
  template <std::ptrdiff_t room>
  bool read_count(const char*& next, std::uint32_t references, std::int64_t& count) const noexcept;
  template <std::ptrdiff_t room>
  bool read_time(const char*& next, std::uint32_t references, double& time) const noexcept;
  bool read_usual_costs(const char* at, std::uint32_t references, Costs& costs) const noexcept;
  bool read_costs(const char* next, std::uint32_t references, Costs& costs) const noexcept;
  bool convert(const Costs& costs, Numbers& numbers) const noexcept;
  bool find_function(const PassedEntries& passed, PassedEntries::Mention mention, FunctionId& function) const noexcept;
  bool read_entries(const PassedEntries& passed);
  bool read_calls(const PassedEntries& passed);

  const char *begin_, *end_;
  const References& references_;
  ProfileBuilder& builder_;
  double ns_per_unit_;
  bool keeps_self_;
  // In the order of the file. Only what is filled takes memory.
  std::unique_ptr<Entry[]> entries_;
  std::unique_ptr<Costs[]> recorded_;  // of the entries, if the options ask for them
  std::unique_ptr<FunctionId[]> callers_;
  std::unique_ptr<PackedCounts[]> calls_;  // with their callees
  std::unique_ptr<Times[]> times_;         // of the calls
};

}  // namespace profconv
