#include "readers/pstats_plain.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "base/parallel.hpp"
#include "base/prefetch.hpp"
#include "base/release.hpp"
#include "codecs/marshal_bytes.hpp"
#include "io/byte_cursor.hpp"
#include "readers/pstats_numbers.hpp"

// These forms of marshal (codecs/marshal.hpp) are read here; bit 7 of the first byte: it can be referred to.
//
//   72 <int32>    reference      69 <int32>    int         67 <8 bytes>    float
//   29 <count>    tuple          7a|5a <size>  string      61|41|73|75 <int32>  string      7b ... 30    dict
//
// The dict is gone through once for the functions and what they cost, and of each call only its length is found out.
// What calls cost is read after that, thousands of calls at a time and on another core: nothing else needs it.

namespace profconv {
namespace {

constexpr std::ptrdiff_t int_size = 5, float_size = 9;
constexpr std::size_t calls_in_batch = 8192, entries_in_batch = 4096, keys_together = 32;

bool is_flagged(char type) noexcept { return (static_cast<std::uint8_t>(type) & marshal_reference_flag) != 0; }

/// What references refer to. Those that were added stay where they are, and may be looked at beside the adding of more.
class References {
 public:
  enum class Kind : std::uint8_t { other, function, text, integer, real };
  class Reference {
   public:
    Reference() = default;
    Reference(Kind kind, std::uint64_t value) : packed_(value << kind_bits | static_cast<std::uint64_t>(kind)) {}
    bool is(Kind kind) const noexcept {
      return (packed_ & ((1U << kind_bits) - 1)) == static_cast<std::uint64_t>(kind);
    }
    /// Of a function or text its id, of an int the value in 32 bits, of a real its offset.
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
  std::uint32_t size_ = 0;
};

/// A function as a dump mentions it: the number of a reference, or its own with a bit.
using Mention = std::uint32_t;
constexpr Mention by_function = 0x80000000;

/// A key that can be referred to, whose function is looked up later, together with those of others: each lookup is
/// three looks at memory that is anywhere, and those of many are waited for together.
struct PassedKey {
  static constexpr std::uint32_t unflagged = 0xffffffff;
  struct Text {
    const char* begin;  // null: what the reference refers to
    std::uint32_t size;
    std::uint32_t reference;  // to it, if it is here and flagged
  };
  Text file, name;
  std::uint32_t line;
  std::uint32_t reference;  // to the key
};

/// Calls that were passed over, to be read.
struct Passed {
  struct Call {
    Mention caller;
    std::uint32_t costs;  // where they begin, from `begin` on
  };
  struct Group {
    FunctionId callee;
    std::size_t end;  // in `calls`; it begins where the one before ends
  };
  std::size_t begin = 0, end = 0;  // in the file
  std::uint32_t references = 0;    // that there were
  std::size_t functions = 0;       // that there were
  std::vector<Call> calls;
  std::vector<Group> groups;
};

class PlainReader {
 public:
  PlainReader(const Bytes& bytes, const ReadOptions& options)
      : begin_(reinterpret_cast<const char*>(bytes.data.data())),
        next_(begin_),
        end_(begin_ + bytes.data.size()),
        references_(bytes.data.size()),
        builder_(std::array{time_metric}, options.limits),
        ns_per_unit_(pstats_ns_per_unit(options.time_unit_s)),
        keeps_self_((options.want & Want::call_self) != Want::none),
        cursor_(bytes.data, bytes.source) {
    // A call takes 23 bytes at least. Functions with calls take some hundreds; more of them, and the tables grow.
    builder_.reserve(bytes.data.size() / 160, bytes.data.size() / 23, bytes.data.size());
    builder_.add_source(bytes.source, "pstats", options.command, bytes.mtime_ns, 0);
    if (options.as_recorded) recorded_.emplace();
  }

  std::optional<Profile> read();

 private:
  using Kind = References::Kind;
  struct Costs {
    std::array<std::int64_t, 2> counts;
    std::array<double, 2> times;
  };
  struct PassedEntry {
    Mention function;
    Costs costs;
    std::size_t end_of_calls;  // in `passed_`; they begin where those of the entry before end
  };

  std::size_t offset_of(const char* byte) const noexcept { return static_cast<std::size_t>(byte - begin_); }
  bool take_head(char type, char count);
  bool take_dict();
  const References::Reference* referred(const char* object, std::uint32_t references, References::Kind kind) const;
  bool take_text(PassedKey::Text& text);
  bool take_line(std::uint32_t& line);
  bool take_key(Mention& function);
  void look_up_keys();
  void look_up(std::span<const PassedKey> keys);
  FunctionId function_of(Mention mention) const noexcept;
  template <std::ptrdiff_t room>
  bool read_count(const char*& next, std::uint32_t references, std::int64_t& count) const;
  template <std::ptrdiff_t room>
  bool read_time(const char*& next, std::uint32_t references, double& time) const;
  bool read_costs(const char*& next, std::uint32_t references, Costs& costs) const;
  template <std::ptrdiff_t room>
  bool pass_number();
  bool pass_numbers();
  bool pass_callers();
  bool take_entry();
  bool take_entries();
  bool add_entries();
  void record(FunctionId function, const Costs& costs);

  bool read_passed_beside();
  void read_calls(const Passed& passed);
  bool add_calls(const Passed& passed);

  const char* begin_;
  const char* next_;
  const char* end_;
  References references_;
  ProfileBuilder builder_;
  double ns_per_unit_;
  bool keeps_self_;
  std::optional<Recorded> recorded_;
  std::vector<PassedKey> keys_;
  FunctionId last_function_{};  // that was looked up
  std::vector<PassedEntry> entries_;
  Passed passed_;

  // What reads calls.
  ByteCursor cursor_;  // where that is
  std::vector<TimedCall> calls_;
  std::vector<std::uint32_t> met_;  // per function: the callee whose caller it was last, counted from 1
  std::uint32_t callees_ = 0;
  std::atomic<bool> is_plain_ = true;
  WorkBeside reading_;  // uses the above
};

// The beginning of a container, which nothing refers to as such.
bool PlainReader::take_head(char type, char count) {
  constexpr std::ptrdiff_t size = 2;
  if (end_ - next_ < size || (*next_ & 0x7f) != type || next_[1] != count) return false;
  if (is_flagged(*next_)) references_.add(Kind::other, 0);
  next_ += size;
  return true;
}

bool PlainReader::take_dict() {
  if (next_ == end_ || (*next_ & 0x7f) != '{') return false;
  if (is_flagged(*next_)) references_.add(Kind::other, 0);
  ++next_;
  return true;
}

// What the reference at `object` refers to; null if that is of another kind, or not among the first `references`.
[[gnu::always_inline]] inline const References::Reference* PlainReader::referred(const char* object,
                                                                                 std::uint32_t references,
                                                                                 Kind kind) const {
  const auto number = load_marshalled<std::uint32_t>(object + 1);
  return number < references && references_[number].is(kind) ? &references_[number] : nullptr;
}

bool PlainReader::take_text(PassedKey::Text& text) {
  if (end_ - next_ < static_cast<std::ptrdiff_t>(MarshalledText::longest_head)) return false;
  if (*next_ == 'r') {
    if (referred(next_, references_.size(), Kind::text) == nullptr) return false;
    text = {nullptr, 0, load_marshalled<std::uint32_t>(next_ + 1)};
    next_ += int_size;
    return true;
  }
  MarshalledText found;
  if (!find_marshalled_text(next_, end_, found)) return false;
  text = {next_ + found.head, static_cast<std::uint32_t>(found.size), PassedKey::unflagged};
  if (is_flagged(*next_)) {
    text.reference = references_.size();
    references_.add(Kind::text, 0);  // until it is looked up
  }
  next_ += found.head + found.size;
  return true;
}

bool PlainReader::take_line(std::uint32_t& line) {
  const char* const object = next_;
  std::int64_t value = 0;
  if (!read_count<0>(next_, references_.size(), value)) return false;
  line = static_cast<std::uint32_t>(value);
  if (is_flagged(*object)) references_.add(Kind::integer, line);
  return true;
}

bool PlainReader::take_key(Mention& function) {
  if (end_ - next_ < int_size) return false;
  if (*next_ == 'r') {
    if (referred(next_, references_.size(), Kind::function) == nullptr) return false;
    function = load_marshalled<std::uint32_t>(next_ + 1);
    next_ += int_size;
    return function < by_function;
  }
  PassedKey key{};
  key.reference = references_.size();
  const bool has_reference = is_flagged(*next_);
  if (!take_head(')', 3) || !take_text(key.file) || !take_line(key.line) || !take_text(key.name)) return false;
  keys_.push_back(key);
  function = key.reference;
  if (has_reference) {
    references_.set(key.reference, Kind::function, 0);  // until it is looked up
  } else {
    keys_.back().reference = PassedKey::unflagged;
    look_up_keys();
    function = static_cast<std::uint32_t>(last_function_) | by_function;
  }
  return references_.size() <= by_function && builder_.function_count() <= by_function;
}

// In the order of the keys, as functions are numbered by their first mention.
void PlainReader::look_up_keys() {
  for (std::size_t i = 0; i < keys_.size(); i += keys_together)
    look_up(std::span(keys_).subspan(i, std::min(keys_together, keys_.size() - i)));
  keys_.clear();
}

void PlainReader::look_up(std::span<const PassedKey> keys) {
  struct Hashes {
    std::uint64_t file = 0, name = 0, function = 0;
  };
  std::array<Hashes, keys_together> hashes;
  std::array<Function, keys_together> functions;
  const auto view = [](const PassedKey::Text& text) { return std::string_view(text.begin, text.size); };
  const auto intern = [&](const PassedKey::Text& text, std::uint64_t hash) {
    if (text.begin == nullptr) return StringId{static_cast<std::uint32_t>(references_[text.reference].value())};
    const StringId id = builder_.intern(view(text), hash);
    if (text.reference != PassedKey::unflagged)
      references_.set(text.reference, Kind::text, static_cast<std::uint32_t>(id));
    return id;
  };
  for (std::size_t k = 0; k < keys.size(); ++k) {
    if (keys[k].file.begin != nullptr) hashes[k].file = builder_.look_for(view(keys[k].file));
    if (keys[k].name.begin != nullptr) hashes[k].name = builder_.look_for(view(keys[k].name));
  }
  for (std::size_t k = 0; k < keys.size(); ++k) {
    functions[k] = {};
    functions[k].file = intern(keys[k].file, hashes[k].file);
    functions[k].line = keys[k].line;
    functions[k].name = intern(keys[k].name, hashes[k].name);
    hashes[k].function = builder_.look_for(functions[k]);
  }
  for (std::size_t k = 0; k < keys.size(); ++k) {
    last_function_ = builder_.function(functions[k], hashes[k].function);
    if (keys[k].reference != PassedKey::unflagged)
      references_.set(keys[k].reference, Kind::function, static_cast<std::uint32_t>(last_function_));
    if (recorded_ && recorded_->keys.size() < builder_.function_count())
      recorded_->keys.push_back({last_function_, functions[k].file, functions[k].name, functions[k].line});
  }
}

FunctionId PlainReader::function_of(Mention mention) const noexcept {
  return FunctionId{(mention & by_function) != 0 ? mention & ~by_function
                                                 : static_cast<std::uint32_t>(references_[mention].value())};
}

// There are at least `room` bytes.
template <std::ptrdiff_t room>
inline bool PlainReader::read_count(const char*& next, std::uint32_t references, std::int64_t& count) const {
  if (room < int_size && end_ - next < int_size) return false;
  if (*next == 'r') {
    const References::Reference* const known = referred(next, references, Kind::integer);
    if (known == nullptr) return false;
    count = static_cast<std::int32_t>(known->value());
  } else {
    if ((*next & 0x7f) != 'i') return false;
    count = load_marshalled<std::int32_t>(next + 1);
  }
  next += int_size;
  return count >= 0;
}

template <std::ptrdiff_t room>
inline bool PlainReader::read_time(const char*& next, std::uint32_t references, double& time) const {
  if (room < int_size && end_ - next < int_size) return false;
  if (*next != 'r') {
    if ((*next & 0x7f) != 'g' || (room < float_size && end_ - next < float_size)) return false;
    time = load_marshalled<double>(next + 1);
    next += float_size;
    return true;
  }
  const References::Reference* const known = referred(next, references, Kind::real);
  if (known == nullptr) return false;
  next += int_size;
  // The file may have been written to meanwhile.
  const char* const object = begin_ + known->value();
  if ((*object & 0x7f) != 'g') return false;
  time = load_marshalled<double>(object + 1);
  return true;
}

[[gnu::always_inline]] inline bool PlainReader::read_costs(const char*& next, std::uint32_t references,
                                                           Costs& costs) const {
  constexpr std::ptrdiff_t most = 2 * int_size + 2 * float_size;
  if (end_ - next >= most) {
    return read_count<most>(next, references, costs.counts[0]) && read_count<most>(next, references, costs.counts[1]) &&
           read_time<float_size>(next, references, costs.times[0]) &&
           read_time<float_size>(next, references, costs.times[1]);
  }
  return read_count<0>(next, references, costs.counts[0]) && read_count<0>(next, references, costs.counts[1]) &&
         read_time<0>(next, references, costs.times[0]) && read_time<0>(next, references, costs.times[1]);
}

// Any number; which kind is where, is found out when it is read. There are at least `room` bytes.
template <std::ptrdiff_t room>
[[gnu::always_inline]] inline bool PlainReader::pass_number() {
  if (room < int_size && end_ - next_ < int_size) return false;
  const auto byte = static_cast<std::uint8_t>(*next_);
  switch (byte) {
    case 'r':  // to something before it
      if (load_marshalled<std::uint32_t>(next_ + 1) >= references_.size()) return false;
      [[fallthrough]];
    case 'i': next_ += int_size; return true;
    case 'i' | marshal_reference_flag:
      references_.add(Kind::integer, load_marshalled<std::uint32_t>(next_ + 1));
      next_ += int_size;
      return true;
    case 'g' | marshal_reference_flag: references_.add(Kind::real, offset_of(next_)); [[fallthrough]];
    case 'g': next_ += float_size; return room >= float_size || next_ <= end_;
    default: return false;
  }
}

// Those of a function or call.
[[gnu::always_inline]] inline bool PlainReader::pass_numbers() {
  constexpr std::ptrdiff_t most = 4 * float_size;
  if (end_ - next_ >= most) {
    return pass_number<most>() && pass_number<most>() && pass_number<most>() && pass_number<most>();
  }
  return pass_number<0>() && pass_number<0>() && pass_number<0>() && pass_number<0>();
}

bool PlainReader::pass_callers() {
  constexpr std::ptrdiff_t head = 2;
  for (;;) {
    if (next_ == end_) return false;
    if (*next_ == '0') break;
    Mention caller = 0;
    if (*next_ == 'r' && end_ - next_ >= int_size) {
      caller = load_marshalled<std::uint32_t>(next_ + 1);
      if (caller >= references_.size() || (caller & by_function) != 0) return false;
      next_ += int_size;
    } else if (!take_key(caller)) {
      return false;
    }
    const std::size_t costs = offset_of(next_) - passed_.begin;
    if (end_ - next_ < head || next_[0] != ')' || next_[1] != 4 || costs > 0xffffffff) return false;
    passed_.calls.push_back({caller, static_cast<std::uint32_t>(costs)});
    next_ += head;
    if (!pass_numbers()) return false;
  }
  ++next_;
  return true;
}

void PlainReader::record(FunctionId function, const Costs& costs) {
  const auto integer = [](std::int64_t value) {
    return Recorded::Number{static_cast<double>(value), value, Recorded::Number::Kind::integer};
  };
  const auto real = [](double value) { return Recorded::Number{value, 0, Recorded::Number::Kind::real}; };
  Recorded::Entry entry;
  entry.key = static_cast<std::uint32_t>(function);
  entry.primitive = integer(costs.counts[0]);
  entry.calls = integer(costs.counts[1]);
  entry.self_s = real(costs.times[0]);
  entry.total_s = real(costs.times[1]);
  recorded_->entries.push_back(entry);
}

bool PlainReader::take_entry() {
  PassedEntry entry{};
  if (!take_key(entry.function)) return false;
  if (!take_head(')', 5)) return false;
  const char* numbers = next_;
  if (!pass_numbers()) return false;
  if (!read_costs(numbers, references_.size(), entry.costs)) return false;
  if (!take_dict() || !pass_callers()) return false;
  entry.end_of_calls = passed_.calls.size();
  entries_.push_back(entry);
  return true;
}

bool PlainReader::take_entries() {
  if (!take_dict()) return false;
  while (next_ != end_ && *next_ != '0') {
    if (!take_entry()) return false;
    if (keys_.size() >= keys_together) look_up_keys();
    if (passed_.calls.size() >= calls_in_batch || entries_.size() >= entries_in_batch) {
      if (!read_passed_beside()) return false;
    }
  }
  return read_passed_beside() && end_ - next_ == 1 && builder_.function_count() != 0;
}

bool PlainReader::add_entries() {
  for (const PassedEntry& entry : entries_) {
    const FunctionId function = function_of(entry.function);
    const std::optional<std::int64_t> self = pstats_ns(entry.costs.times[0], ns_per_unit_);
    const std::optional<std::int64_t> total = pstats_ns(entry.costs.times[1], ns_per_unit_);
    if (!self || !total) return false;
    const auto [least, most] = std::minmax(entry.costs.counts[0], entry.costs.counts[1]);
    if (!builder_.add_entry(function, {most, least}, *self, *total)) return false;
    if (recorded_) record(function, entry.costs);
    passed_.groups.push_back({function, entry.end_of_calls});
  }
  entries_.clear();
  return true;
}

// What was passed over has ended with an entry.
bool PlainReader::read_passed_beside() {
  constexpr std::size_t large_file = std::size_t{1} << 20;
  look_up_keys();
  if (!add_entries()) return false;
  passed_.end = offset_of(next_);
  passed_.references = references_.size();
  passed_.functions = builder_.function_count();
  if (cursor_.size() >= large_file) {
    reading_.add([this, passed = std::make_shared<Passed>(std::exchange(passed_, {}))] { read_calls(*passed); });
    passed_.calls.reserve(calls_in_batch + calls_in_batch / 4);
  } else {
    read_calls(passed_);
    passed_.calls.clear();
    passed_.groups.clear();
  }
  passed_.begin = offset_of(next_);
  return is_plain_;
}

void PlainReader::read_calls(const Passed& passed) {
  if (!is_plain_) return;
  if (!add_calls(passed)) is_plain_ = false;
  cursor_.seek(passed.end);
  cursor_.let_go();
}

// What a call's key and first count refer to is anywhere in memory: that of calls some places on is fetched meanwhile.
bool PlainReader::add_calls(const Passed& passed) {
  constexpr std::size_t ahead = 16;
  const char* const begin = begin_ + passed.begin;
  const auto fetch = [&](const Passed::Call& call) {
    if (call.caller < passed.references) prefetch(&references_[call.caller]);
    if (const auto count = load_marshalled<std::uint32_t>(begin + call.costs + 3);
        begin[call.costs + 2] == 'r' && count < passed.references)
      prefetch(&references_[count]);
  };
  constexpr std::size_t together = 256;  // added to the tables, while they are in the processor's cache
  met_.resize(passed.functions, 0);
  calls_.clear();
  std::size_t at = 0;
  for (const Passed::Group& group : passed.groups) {
    const std::size_t first = calls_.size();
    ++callees_;
    for (; at < group.end; ++at) {
      fetch(passed.calls[std::min(at + ahead, passed.calls.size() - 1)]);
      const Passed::Call& call = passed.calls[at];
      std::uint32_t caller = call.caller & ~by_function;
      if (caller == call.caller) {
        if (caller >= passed.references || !references_[caller].is(Kind::function)) return false;
        caller = static_cast<std::uint32_t>(references_[caller].value());
      }
      prefetch(&met_[caller]);
      const char* numbers = begin + call.costs + 2;
      Costs costs;
      if (!read_costs(numbers, passed.references, costs)) return false;
      const std::optional<std::int64_t> self = pstats_ns(costs.times[0], ns_per_unit_);
      const std::optional<std::int64_t> total = pstats_ns(costs.times[1], ns_per_unit_);
      if (!self || !total) return false;
      const Counts counts{std::max(costs.counts[0], costs.counts[1]), std::min(costs.counts[0], costs.counts[1])};
      calls_.push_back({FunctionId{caller}, group.callee, counts, keeps_self_ ? *self : not_measured, *total});
    }
    for (const TimedCall& call : std::span(calls_).subspan(first)) {  // once each
      if (std::exchange(met_[index(call.caller)], callees_) == callees_) return false;
    }
    if (calls_.size() < together) continue;
    builder_.add_calls(calls_);
    calls_.clear();
  }
  builder_.add_calls(calls_);
  return true;
}

std::optional<Profile> PlainReader::read() {
  if (!take_entries()) return std::nullopt;
  reading_.wait();
  if (!is_plain_) return std::nullopt;
  if (recorded_) builder_.set_recorded(std::move(*recorded_));
  // The tables are about to be copied into their order: nobody asks for these any more.
  references_ = References(0);
  release(met_);
  release(calls_);
  return std::move(builder_).finish();
}

}  // namespace

std::optional<Profile> read_plain_pstats(const Bytes& bytes, const ReadOptions& options) {
  constexpr std::uint32_t depth = 4;  // of what a call is made of
  const bool wants_callers = (options.want & Want::recorded_callers) != Want::none;
  if ((options.as_recorded && wants_callers) || options.limits.max_depth < depth) return std::nullopt;
  try {
    return PlainReader(bytes, options).read();
  } catch (const Error&) {  // a limit, or a sum that does not fit
    return std::nullopt;
  }
}

}  // namespace profconv
