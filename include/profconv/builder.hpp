#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/input.hpp>
#include <profconv/profile.hpp>

namespace profconv {

/// A metric by its fixed key; the constants below are all there are, in their fixed order.
struct MetricKey {
  std::string_view name;
  Unit unit;
  Combine combine;
};

inline constexpr MetricKey time_metric{"time", Unit::nanoseconds, Combine::sum};
inline constexpr MetricKey samples_metric{"samples", Unit::count, Combine::sum};
inline constexpr MetricKey hits_metric{"hits", Unit::count, Combine::sum};
inline constexpr MetricKey mem_grow_metric{"mem_grow", Unit::bytes, Combine::sum};
inline constexpr MetricKey mem_free_metric{"mem_free", Unit::bytes, Combine::sum};
inline constexpr MetricKey mem_peak_metric{"mem_peak", Unit::bytes, Combine::max};
inline constexpr MetricKey all_metrics[] = {time_metric,     samples_metric,  hits_metric,
                                            mem_grow_metric, mem_free_metric, mem_peak_metric};

/// What tells functions apart: equal keys are one function.
struct FunctionKey {
  std::string_view name;
  std::string_view qualified = {};
  std::string_view file = {};
  std::string_view context = {};
  std::uint32_t line = 0;
};

/// Calls of one function by another, where time is the only metric. In nanoseconds; `not_measured` where it was not.
struct TimedCall {
  FunctionId caller, callee;
  Counts counts;
  std::int64_t self = not_measured, total = not_measured;
};

/// Index from hashes to ids of rows that live elsewhere; open addressing, no deletion. Keeps a part of each hash, so
/// that it neither looks at rows that only share a slot nor asks for hashes again when it grows.
class IdIndex {
 public:
  /// Returns the slot of the first id with this hash for which `equal(id)` holds, or a free slot (value `empty`) that
  /// the caller fills. Good until the next call.
  template <class Equal>
  std::uint32_t& find(std::uint64_t hash, Equal equal);
  /// Has fetched what `find` will look at soon.
  void prefetch(std::uint64_t hash) const noexcept;
  void reserve(std::size_t ids);

  static constexpr std::uint32_t empty = 0xffffffff;

 private:
  struct Slot {
    std::uint32_t id = empty;
    std::uint32_t hash = 0;  // its lower half
  };
  void resize(std::size_t slots);

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

/// Builds a Profile. Belongs to one thread; interning of strings and functions happens here only.
///
/// Costs have one value per metric of the constructor's list, in the metric's unit; an empty span means "not known".
/// Costs and counts added twice to the same function, call or line add up (`max` metrics: the larger one stays); a sum
/// that leaves the 64-bit range throws Error naming the function. The views passed in need not outlive the call.
class ProfileBuilder {
 public:
  /// `metrics` in the order of `all_metrics`, each at most once. Throws Error for more than `limits` allows.
  explicit ProfileBuilder(std::span<const MetricKey> metrics, const Limits& limits = Limits::of_tables());
  /// Starts with the metrics, sources and strings of a profile, so that ids of its strings are good for the result.
  static ProfileBuilder with_strings_of(const Profile& profile);
  /// Goes on with a finished profile: all its ids stay good. REQUIRES: no stacks are added.
  static ProfileBuilder resume(Profile&& profile);
  ProfileBuilder(ProfileBuilder&&) = default;
  ProfileBuilder& operator=(ProfileBuilder&&) = default;

  /// Makes room for tables of an expected size, of which only what is filled takes memory. To be called before the
  /// first row is added.
  void reserve(std::size_t functions, std::size_t calls, std::size_t string_bytes);
  void reserve_lines(std::size_t lines);  ///< The same for the lines alone.

  /// Throws Error when the strings together exceed the address space or their number 2^32 - 2.
  StringId intern(std::string_view text);
  /// Several at once, in their order. Where nothing was interned since the strings came from a profile, few are looked
  /// for among these rather than all of these indexed.
  std::vector<StringId> intern(std::span<const std::string> texts);
  std::string_view text(StringId id) const noexcept { return profile_.strings[id]; }

  /// In two steps, for who has many texts and functions at a time: has fetched what `intern` or `function` will look at
  /// soon, and returns the hash that these take.
  std::uint64_t look_for(std::string_view text) const noexcept;
  std::uint64_t look_for(const Function& key) const noexcept;
  StringId intern(std::string_view text, std::uint64_t hash);
  FunctionId function(const Function& key, std::uint64_t hash);  ///< REQUIRES: the ids came from this builder.

  void add_source(std::string_view name, std::string_view format, std::string_view command, std::int64_t mtime_ns,
                  std::int64_t interval_ns);

  /// The function with this key, made on first mention.
  FunctionId function(const FunctionKey& key);
  FunctionId function(const Function& key);  ///< REQUIRES: the ids came from this builder.
  std::size_t function_count() const noexcept { return profile_.functions.size(); }
  const Function& key(FunctionId id) const noexcept { return profile_.functions[index(id)]; }

  /// Says that the input has an entry for this function: `finish()` puts functions with entries first, in the order of
  /// these calls (the first one counts), and those that were only mentioned after them.
  bool mark_entry(FunctionId function);  ///< False if that was said before.

  /// What an input's entries say, where time is the only metric.
  struct Entry {
    FunctionId function;
    Counts counts;
    std::int64_t self, total;
  };
  /// Adds all entries, `count` of them: `entry(i)` says the one numbered i; two threads ask at a time. Puts
  /// functions in the order in which `finish()` would, and returns the new id of each; the old ones are good no longer.
  /// For who adds calls in their order after that. Empty, and nothing is to be done with this any more, if a function
  /// has two. REQUIRES: no function's costs or counts were added, and nothing is looked for any more.
  std::vector<FunctionId> add_ordered_entries(std::size_t count, const std::function<Entry(std::size_t)>& entry);

  /// Has the function's rows fetched, which will be added to soon.
  void prefetch(FunctionId function) const noexcept;
  void add_counts(FunctionId function, Counts counts);
  void add_self(FunctionId function, std::span<const std::int64_t> cost);
  /// The self cost so far; `not_measured` where nothing was added.
  std::int64_t self(FunctionId function, std::size_t metric) const noexcept {
    return profile_.self.has_row(index(function)) ? profile_.self.at(index(function), metric) : not_measured;
  }
  void add_total(FunctionId function, std::span<const std::int64_t> cost);

  /// Adds one observed call edge; `estimated`: its numbers are shares. REQUIRES: both ids came from this builder.
  void add_call(Call call, Counts counts, std::span<const std::int64_t> self, std::span<const std::int64_t> total,
                bool estimated = false);
  /// Adds several at once, where time is the only metric. REQUIRES: the ids came from this builder.
  void add_calls(std::span<const TimedCall> calls);
  /// Adds all calls, `count` of them, which are in their order: `make(i, calls, counts)` says what those are from the
  /// one numbered i on. It is asked for some at a time, on all cores. REQUIRES: functions are in their order, too; no
  /// two calls are equal.
  void add_ordered_calls(
      std::size_t count,
      const std::function<void(std::size_t first, std::span<Call> calls, std::span<Counts> counts)>& make);
  /// What these calls took, where time is the only metric, in the same way. Without a time of their own `self` is
  /// empty.
  void add_ordered_times(
      bool with_self,
      const std::function<void(std::size_t first, std::span<std::int64_t> self, std::span<std::int64_t> total)>& make);
  void add_line(Line line, std::span<const std::int64_t> self, std::span<const std::int64_t> total);

  /// A line of a source file that the input shows; of several with one number the first stays. REQUIRES: the ids came
  /// from this builder.
  void add_source_line(SourceLine line) { profile_.source_lines.push_back(line); }
  /// All that another profile has of these.
  void add_source_lines(const Profile& profile);
  /// Has them stand for other files: `file_of(file)`.
  void rename_source_files(const std::function<StringId(StringId)>& file_of);

  /// The stack prefix that extends `parent` (`no_parent`: an outermost frame) by one frame; equal prefixes are one
  /// node.
  NodeId node(NodeId parent, FunctionId function, std::uint32_t line);
  LabelsId labels(std::string_view process, std::string_view thread, std::uint32_t status);
  /// Adds a sample. Equal (leaf, labels) pairs add up.
  void add_sample(Sample sample, std::span<const std::int64_t> cost);

  /// Says after `resume` which calls have another caller, callee or line now: each row once, in any order. All others
  /// are as they were; `finish()` need not look at these. REQUIRES: rows of the profile that `resume` was given.
  void set_changed_calls(std::vector<std::uint32_t> rows) { changed_calls_ = std::move(rows); }

  /// The tables so far, to be changed in place; `finish()` sorts, merges and checks what it finds. Strings and new
  /// functions come from this builder as ever.
  Profile& tables() noexcept {
    calls_of_.clear();
    return profile_;
  }

  std::size_t call_count() const noexcept { return profile_.calls.size(); }
  std::size_t line_count() const noexcept { return profile_.lines.size(); }
  /// Adds up equal calls and equal lines now rather than in `finish()`, to save memory. Calls that are there then take
  /// no row of their own when they are added again.
  void compact();

  /// Keeps the numbers as recorded; ids are this builder's and are renumbered with the rest.
  void set_recorded(Recorded recorded);
  void set_recorded(RecordedLines recorded);
  void set_recorded(RecordedMemory recorded);

  /// Sorts and merges the tables, checks every invariant and hands the profile over. The builder is used up.
  Profile finish() &&;

 private:
  ProfileBuilder();
  void make_tables();
  void index_strings();
  StringId append(std::string_view text);
  void index_functions();
  std::uint64_t hash(const Function& key) const noexcept;
  void forget_what_to_look_for();
  std::vector<FunctionId> put_functions_in_order();
  void compact_tables();
  void index_calls();
  std::size_t find_call(const Call& call) noexcept;
  void mark_estimated(std::size_t call);
  void note_long(std::string_view text);
  static std::uint64_t most_of_names(std::uint64_t texts);
  [[noreturn]] void fail_names(std::uint64_t bytes) const;
  void check_names() const;
  void complete_rows();
  void sort_calls();
  void merge_calls();
  void sort_lines();
  void sort_source_lines();
  void add_row(CostTable& table, std::size_t row, std::span<const std::int64_t> cost, FunctionId function) const;
  void append_row(CostTable& table, std::size_t row, std::span<const std::int64_t> cost, FunctionId function) const;
  [[noreturn]] void overflow(FunctionId function, std::string_view what) const;

  Profile profile_;
  Limits limits_;
  std::uint64_t seed_;
  bool strings_indexed_ = true, functions_indexed_ = true;
  std::uint64_t looked_at_ = 0;   // bytes of long texts
  std::size_t longest_ = 0;       // of the texts that were interned
  std::size_t sorted_calls_ = 0;  // rows that were in order: when `resume` was called or after `compact`
  std::optional<std::vector<std::uint32_t>> changed_calls_;  // which of these are not any more, where that is known
  std::vector<std::uint32_t> calls_of_;  // per caller where its calls began after `compact`; last: where all ended
  std::size_t next_call_ = 0;            // the row behind the call that was found last
  IdIndex string_index_, function_index_, node_index_, labels_index_, sample_index_;
  std::vector<FunctionId> entries_;
  std::vector<bool> has_entry_;
  bool in_order_of_entries_ = false;  // what functions cost
};

}  // namespace profconv
