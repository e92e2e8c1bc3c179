#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The model: one call-graph profile as a few flat tables. Readers build it (through ProfileBuilder), transforms map it
/// to another one, writers print it. After `ProfileBuilder::finish()` a Profile is constant and may be read from
/// several threads.

namespace profconv {

enum class StringId : std::uint32_t {};    ///< Index into Profile::strings; 0 is "".
enum class FunctionId : std::uint32_t {};  ///< Index into Profile::functions.
enum class NodeId : std::uint32_t {};      ///< Index into Profile::nodes; a parent precedes its children.
enum class LabelsId : std::uint32_t {};    ///< Index into Profile::labels; 0 is "no labels".

template <class Id>
constexpr std::size_t index(Id id) noexcept {
  return static_cast<std::size_t>(id);
}

/// The parent of a stack's outermost frame.
inline constexpr NodeId no_parent{std::numeric_limits<std::uint32_t>::max()};
inline constexpr std::int64_t not_counted = -1;  ///< In Counts: nobody counted (not the same as zero calls).
/// In a cost table: no value was recorded here. Adding it to a value gives the value.
inline constexpr std::int64_t not_measured = std::numeric_limits<std::int64_t>::min();

enum class Unit : std::uint8_t { nanoseconds, count, bytes };
enum class Combine : std::uint8_t { sum, max };  ///< `max`: gauges such as peak memory; never added up.

/// A column of every cost table.
struct Metric {
  StringId name;  ///< The fixed key: "time", "samples", "hits", "mem_grow", "mem_free", "mem_peak".
  Unit unit;
  Combine combine;
};

struct Function {
  StringId name;           ///< As recorded, e.g. "append", "<module>", "<built-in method builtins.len>".
  StringId qualified;      ///< "Class.method" where the source says so, else "".
  StringId file;           ///< As recorded: absolute, relative, "~" for C functions, "" when unknown.
  StringId context;        ///< "" or the caller that this copy of the function is for.
  std::uint32_t line = 0;  ///< First line, from 1; 0 when unknown.

  friend bool operator==(const Function&, const Function&) = default;
};

/// A call edge; `line` is the caller's line that makes the call, 0 when unknown.
struct Call {
  FunctionId caller;
  FunctionId callee;
  std::uint32_t line = 0;

  /// By caller, callee and line: the order of Profile::calls.
  friend auto operator<=>(const Call&, const Call&) = default;  // NOLINT(modernize-use-nullptr): there is none
};

/// One source line of a function.
struct Line {
  FunctionId function;
  std::uint32_t line = 0;  ///< From 1; 0: somewhere in the function.
};

/// One recorded stack prefix.
struct Node {
  NodeId parent;  ///< `no_parent` for an outermost frame.
  FunctionId function;
  std::uint32_t line = 0;  ///< The line being executed, 0 when unknown.
};

struct Sample {
  NodeId leaf;  ///< The innermost frame of the stack.
  LabelsId labels;
};

/// What a sample was taken of.
struct Labels {
  StringId process;
  StringId thread;
  /// Bits of `status`.
  static constexpr std::uint32_t has_gil = 1, on_cpu = 2, unknown = 4, waits_for_gil = 8, in_exception = 16,
                                 main_thread = 32;
  std::uint32_t status = 0;

  friend bool operator==(const Labels&, const Labels&) = default;
};

/// Where the numbers came from.
struct Source {
  StringId name;                 ///< File name as given, "-" for standard input.
  StringId format;               ///< The format's name in `formats()`.
  StringId command;              ///< What was profiled, "" when unknown.
  std::int64_t mtime_ns = 0;     ///< Modification time in nanoseconds since 1970 (UTC), 0 when unknown.
  std::int64_t interval_ns = 0;  ///< Sampling interval in nanoseconds, 0 when nothing was sampled.
};

/// Call counts of a function or of a call edge; `not_counted` where nobody counted.
struct Counts {
  std::int64_t calls = not_counted;      ///< All calls, recursive ones included.
  std::int64_t primitive = not_counted;  ///< Calls that were not made while the same function (edge) was active.

  friend bool operator==(const Counts&, const Counts&) = default;
};

/// One row per row of the table it belongs to, or empty: the source has no counts.
using CountTable = std::vector<Counts>;

/// Costs: one row per row of the table it belongs to, one column per metric, row-major; or empty: the source has no
/// such cost.
class CostTable {
 public:
  CostTable() = default;
  explicit CostTable(std::size_t columns) : columns_(columns) {}

  bool empty() const noexcept { return values_.empty(); }
  std::size_t columns() const noexcept { return columns_; }
  std::size_t rows() const noexcept { return columns_ == 0 ? 0 : values_.size() / columns_; }
  bool has_row(std::size_t i) const noexcept { return i * columns_ < values_.size(); }

  std::span<const std::int64_t> row(std::size_t i) const noexcept { return {values_.data() + i * columns_, columns_}; }
  std::span<std::int64_t> row(std::size_t i) noexcept { return {values_.data() + i * columns_, columns_}; }
  std::int64_t at(std::size_t row, std::size_t column) const noexcept { return values_[row * columns_ + column]; }
  std::int64_t& at(std::size_t row, std::size_t column) noexcept { return values_[row * columns_ + column]; }

  void resize(std::size_t rows, std::int64_t value) { values_.resize(rows * columns_, value); }
  void reserve(std::size_t rows) { values_.reserve(rows * columns_); }
  void append(std::span<const std::int64_t> row) {
    for (const std::int64_t value : row) values_.push_back(value);
  }
  void clear() noexcept { values_.clear(); }

 private:
  std::size_t columns_ = 0;
  std::vector<std::int64_t> values_;
};

/// Owns the text of a profile: arbitrary bytes, UTF-8 as a rule; equal strings have equal ids.
class StringTable {
 public:
  StringTable() : ends_{0} {}

  std::size_t size() const noexcept { return ends_.size(); }
  std::string_view operator[](StringId id) const noexcept {
    const std::size_t i = index(id);
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }
  /// Where the table looks for a string: for who has memory fetched before it asks.
  const void* place_of(StringId id) const noexcept { return ends_.data() + index(id); }

 private:
  friend class ProfileBuilder;  // interning happens there only
  StringId append(std::string_view text);

  std::string bytes_;
  std::vector<std::size_t> ends_;  // ends_[i]: end of string i in bytes_; string 0 is ""
};

/// A line of a source file, as an input shows it beside its numbers: reports are printed where the file is.
struct SourceLine {
  StringId file{};
  std::uint32_t line = 0;  ///< From 1.
  StringId text{};         ///< Without its newline.

  friend bool operator==(const SourceLine&, const SourceLine&) = default;
};

/// The numbers of a `pstats` dump exactly as they stood in the file, for reports that repeat another tool's output to
/// the byte (integer nanoseconds and repaired counts cannot). Kept on request only: `ReadOptions::as_recorded`.
struct Recorded {
  /// A number with its type, which shows in reports: Python prints 2, 2.0 and True.
  struct Number {
    enum class Kind : std::uint8_t { integer, real, boolean };
    double value = 0;
    std::int64_t integer = 0;  ///< Exact, unless it is `real`. Integers beyond 64 bits are kept as `real`.
    Kind kind = Kind::integer;

    friend bool operator==(const Number&, const Number&) = default;
  };
  /// A function as the file names it; indexes are good for `entries` and `callers`.
  struct Key {
    FunctionId function;
    StringId file;
    StringId name;          ///< As pstats prints it; for a code object that is not Function::name.
    std::int64_t line = 0;  ///< Not clamped.
  };
  struct Caller {
    std::uint32_t key = 0;     ///< Index into `keys`.
    bool counts_only = false;  ///< A bare count instead of four numbers; it is in `calls`.
    Number calls, primitive;   ///< Position 0 and 1 of the caller's tuple.
    Number self_s, total_s;    ///< Seconds.
  };
  struct Entry {
    std::uint32_t key = 0;                      ///< Index into `keys`.
    Number primitive, calls;                    ///< Position 0 and 1 of the entry, not exchanged.
    Number self_s, total_s;                     ///< Seconds.
    std::size_t first_caller = 0, callers = 0;  ///< Range in `callers`, in the file's order.
  };
  std::vector<Key> keys;
  std::vector<Entry> entries;  ///< In the file's order.
  std::vector<Caller> callers;
};

/// The numbers of a line_profiler dump exactly as they stood in the file, for its own report. Kept on request only:
/// `ReadOptions::as_recorded`.
struct RecordedLines {
  struct Row {
    std::int64_t line = 0;
    Recorded::Number hits, time;  ///< Time in ticks.
  };
  struct Entry {
    FunctionId function;
    std::size_t first_row = 0, rows = 0;  ///< Range in `rows`, in the file's order.
  };
  double unit_s = 0;           ///< Seconds per tick.
  std::vector<Entry> entries;  ///< In the file's order; each function once.
  std::vector<Row> rows;
};

/// The listings of memory_profiler exactly as they stood in its report, for a report that repeats them to the byte.
/// Kept on request only: `ReadOptions::as_recorded`.
struct RecordedMemory {
  struct Row {
    std::uint32_t line = 0;
    bool executed = false;  ///< Otherwise the row has a source and nothing else.
    double usage_mib = 0, increment_mib = 0;
    std::int64_t occurrences = not_counted;
    StringId source;  ///< The source line without its newline.
  };
  struct Listing {
    FunctionId function;
    std::size_t first_row = 0, rows = 0;           ///< Range in `rows`, in the report's order.
    int decimals = 1;                              ///< Of the numbers, 0 to 99.
    bool increments = false, occurrences = false;  ///< Which columns there are.
    bool ends_within_line = false;                 ///< The last source line had no newline.
  };
  std::vector<Listing> listings;
  std::vector<Row> rows;
};

struct Profile {
  StringTable strings;
  std::vector<Source> sources;
  std::vector<Metric> metrics;  ///< The columns of every cost table below, in the fixed order of their keys.

  std::vector<Function> functions;  ///< In the order of the input's entries; those only mentioned as callers come last.
  CountTable counts;                ///< Row i belongs to functions[i], as in `self` and `total`.
  CostTable self;                   ///< Never `not_measured`.
  CostTable total;                  ///< Inclusive, counted once per outermost activation. Never `not_measured`.

  /// Sorted by (caller, callee, line); each occurs once. Row i of the next four belongs to calls[i].
  std::vector<Call> calls;
  CountTable call_counts;
  CostTable call_self;
  CostTable call_total;
  /// 1 where the numbers of a call are shares, since a transform could not tell whose they are; or empty: none are.
  std::vector<std::uint8_t> call_estimated;

  /// Sorted by (function, line); each occurs once. Row i of the next two belongs to lines[i].
  std::vector<Line> lines;
  /// Where a function has lines with a metric measured, they add up to its self cost.
  CostTable line_self;
  /// Inclusive. Sources that know only inclusive line times (line_profiler) fill this one alone.
  CostTable line_total;

  std::vector<SourceLine> source_lines;  ///< Sorted by (file, line); each occurs once.

  std::vector<Node> nodes;  ///< Whole stacks, when the source kept them.
  std::vector<Labels> labels;
  std::vector<Sample> samples;
  CostTable sample_cost;  ///< Row i belongs to samples[i].

  std::optional<Recorded> recorded;
  std::optional<RecordedLines> recorded_lines;
  std::optional<RecordedMemory> recorded_memory;

  std::string_view text(StringId id) const noexcept { return strings[id]; }
  const Function& function(FunctionId id) const noexcept { return functions[index(id)]; }
  /// Whether the numbers of the call are shares, as `call_estimated` says.
  bool is_share(std::size_t call) const noexcept { return !call_estimated.empty() && call_estimated[call] != 0; }
  /// Whether what the call cost was not measured, but is a share of what was.
  bool is_estimate(std::size_t call, std::size_t metric) const noexcept {
    return call_total.empty() || call_total.at(call, metric) == not_measured || is_share(call);
  }
  /// Column of the metric with this key, if the profile has it.
  std::optional<std::size_t> metric(std::string_view key) const noexcept;
};

/// Sum of the self costs of all functions, one value per metric (`max` metrics: the largest).
/// Throws Error if a sum leaves the 64-bit range.
std::vector<std::int64_t> total_cost(const Profile& profile);

/// Throws Error naming the first invariant of the tables above that does not hold. Linear in the size of the profile.
void check(const Profile& profile);

}  // namespace profconv
