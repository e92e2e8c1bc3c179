#include "readers/pstats_plain.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "base/parallel.hpp"
#include "base/prefetch.hpp"
#include "codecs/marshal_bytes.hpp"
#include "io/byte_cursor.hpp"
#include "readers/pstats_functions.hpp"
#include "readers/pstats_passed.hpp"

// These forms of marshal (codecs/marshal.hpp) are read here; bit 7 of the first byte: it can be referred to.
//
//   72 <int32>    reference      69 <int32>    int         67 <8 bytes>    float       6c <size> <digits>    long int
//   29 <count>    tuple          7a|5a <size>  string      61|41|73|75 <int32>  string      7b ... 30    dict
//
// The dict is gone past in one go, which finds what references refer to, and of everything else where it is and how
// long. Functions are looked up some keys at a time (readers/pstats_functions.hpp), and what else was passed is read
// behind it (readers/pstats_passed.hpp), thousands of calls at a time and on another core.

namespace profconv {
namespace {

constexpr std::ptrdiff_t int_size = marshalled_int_size, float_size = marshalled_float_size;
constexpr std::size_t entries_at_a_time = 4096;

/// How many calls are handed over together: few enough for the other core to begin early, and to end soon after.
std::size_t calls_at_a_time(std::size_t file_bytes) noexcept {
  constexpr std::size_t least = 1024, most = 8192, bytes_of_eight_calls = 400;
  return std::clamp(file_bytes / bytes_of_eight_calls, least, most);
}

bool is_flagged(char type) noexcept { return (static_cast<std::uint8_t>(type) & marshal_reference_flag) != 0; }

class PlainReader {
 public:
  PlainReader(const Bytes& bytes, const ReadOptions& options)
      : begin_(reinterpret_cast<const char*>(bytes.data.data())),
        next_(begin_),
        end_(begin_ + bytes.data.size()),
        enough_calls_(calls_at_a_time(bytes.data.size())),
        as_recorded_(options.as_recorded),
        references_(bytes.data.size()),
        cursor_(bytes.data, bytes.source),
        builder_(std::array{time_metric}, options.limits),
        finder_(references_, builder_, as_recorded_),
        reader_(bytes, options, references_, builder_) {
    // Functions with calls take some hundreds of bytes; more of them, and the tables grow.
    builder_.reserve(bytes.data.size() / 160, 0, bytes.data.size());
    builder_.add_source(bytes.source, "pstats", options.command, bytes.mtime_ns, 0);
  }

  std::optional<Profile> read();

 private:
  using Kind = References::Kind;

  std::size_t offset_of(const char* byte) const noexcept { return static_cast<std::size_t>(byte - begin_); }
  bool pass_head(char type, char count);
  bool pass_dict();
  bool pass_reference(std::uint32_t& number);
  bool pass_text(PassedKey::Text& text);
  bool pass_line(std::uint32_t& line);
  bool pass_key(PassedEntries::Mention& function);
  template <std::ptrdiff_t room>
  bool pass_number();
  bool pass_long();
  bool pass_usual_costs();
  bool pass_numbers(std::uint32_t& begin);
  bool pass_callers();
  bool pass_entry();
  bool pass_entries();
  bool find_functions();
  bool read_passed();

  const char* begin_;
  const char* next_;
  const char* end_;
  const std::size_t enough_calls_;
  const bool as_recorded_;
  References references_;
  std::vector<PassedKey> keys_;              // passed since functions were looked up
  PassedEntries::Mention unreferenced_ = 0;  // keys of what was passed that nothing refers to
  PassedEntries passed_;
  ByteCursor cursor_;  // where the bytes begin that are still looked at
  ProfileBuilder builder_;
  FunctionFinder finder_;
  PassedReader reader_;
  std::atomic<bool> is_plain_ = true;
  WorkBeside reading_;  // uses the above
};

// The beginning of a container, which nothing refers to as such.
bool PlainReader::pass_head(char type, char count) {
  constexpr std::ptrdiff_t size = 2;
  if (end_ - next_ < size || (*next_ & 0x7f) != type || next_[1] != count) return false;
  if (is_flagged(*next_)) references_.add(Kind::other, 0);
  next_ += size;
  return true;
}

bool PlainReader::pass_dict() {
  if (next_ == end_ || (*next_ & 0x7f) != '{') return false;
  if (is_flagged(*next_)) references_.add(Kind::other, 0);
  ++next_;
  return true;
}

// To something before it. Of what kind that is, is seen when it is needed: it is anywhere in memory, and fetched
// meanwhile.
bool PlainReader::pass_reference(std::uint32_t& number) {
  number = load_marshalled<std::uint32_t>(next_ + 1);
  if (number >= references_.size()) return false;
  prefetch(&references_[number]);
  next_ += int_size;
  return true;
}

bool PlainReader::pass_text(PassedKey::Text& text) {
  if (end_ - next_ < static_cast<std::ptrdiff_t>(MarshalledText::longest_head)) return false;
  if (*next_ == 'r') {
    text = {nullptr, 0, 0};
    return pass_reference(text.reference);
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

bool PlainReader::pass_line(std::uint32_t& line) {
  if (end_ - next_ < int_size) return false;
  line = load_marshalled<std::uint32_t>(next_ + 1);
  if (*next_ == 'r') {
    if (line >= references_.size() || !references_[line].is(Kind::integer)) return false;
    line = static_cast<std::uint32_t>(references_[line].value());
  } else {
    if ((*next_ & 0x7f) != 'i') return false;
    if (is_flagged(*next_)) references_.add(Kind::integer, line);
  }
  next_ += int_size;
  return static_cast<std::int32_t>(line) >= 0;
}

bool PlainReader::pass_key(PassedEntries::Mention& function) {
  if (end_ - next_ < int_size) return false;
  if (*next_ == 'r') return pass_reference(function) && function < PassedEntries::by_key;
  PassedKey key{};
  key.reference = is_flagged(*next_) ? references_.size() : PassedKey::unflagged;
  if (!pass_head(')', 3) || !pass_text(key.file) || !pass_line(key.line) || !pass_text(key.name)) return false;
  keys_.push_back(key);
  if (key.reference != PassedKey::unflagged) {
    references_.set(key.reference, Kind::function, 0);  // until it is looked up
    function = key.reference;
  } else {
    function = PassedEntries::by_key | unreferenced_++;
  }
  return std::max(references_.size(), unreferenced_) <= PassedEntries::by_key;
}

[[gnu::noinline]] bool PlainReader::pass_long() {
  MarshalledLong found;
  if (!find_marshalled_long(next_, end_, found)) return false;
  if (is_flagged(*next_)) references_.add(Kind::long_integer, offset_of(next_));
  next_ += found.size;
  return true;
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
    case 'l':
    case 'l' | marshal_reference_flag: return pass_long();
    default: return false;
  }
}

bool PlainReader::pass_usual_costs() {
  const auto is_known = [this](const char* count) {
    return unsigned{*count != 'r'} | unsigned{load_marshalled<std::uint32_t>(count + 1) < references_.size()};
  };
  const char* const at = std::exchange(next_, next_ + UsualCosts::size);
  return (is_known(at + UsualCosts::counts[0]) & is_known(at + UsualCosts::counts[1])) != 0;
}

// Those of a function or call.
[[gnu::always_inline]] inline bool PlainReader::pass_numbers(std::uint32_t& begin) {
  constexpr std::ptrdiff_t most = 4 * static_cast<std::ptrdiff_t>(MarshalledLong::longest);
  const std::size_t offset = offset_of(next_) - passed_.begin;
  begin = static_cast<std::uint32_t>(offset);
  if (offset > 0xffffffff) return false;
  if (end_ - next_ >= most) {
    if (UsualCosts::begin_at(next_)) [[likely]]
      return pass_usual_costs();
    return pass_number<most>() && pass_number<most>() && pass_number<most>() && pass_number<most>();
  }
  return pass_number<0>() && pass_number<0>() && pass_number<0>() && pass_number<0>();
}

bool PlainReader::pass_callers() {
  constexpr std::ptrdiff_t head = 2;
  for (;;) {
    if (next_ == end_) return false;
    if (*next_ == '0') break;
    PassedEntries::Call call{};
    if (*next_ == 'r' && end_ - next_ >= int_size) {
      call.caller = load_marshalled<std::uint32_t>(next_ + 1);
      if (call.caller >= references_.size() || (call.caller & PassedEntries::by_key) != 0) return false;
      next_ += int_size;
    } else if (!pass_key(call.caller)) {
      return false;
    }
    if (end_ - next_ < head || next_[0] != ')' || next_[1] != 4) return false;
    next_ += head;
    if (!pass_numbers(call.costs)) return false;
    passed_.calls.push_back(call);
  }
  ++next_;
  return true;
}

bool PlainReader::pass_entry() {
  PassedEntries::Entry entry{};
  if (!pass_key(entry.function) || !pass_head(')', 5) || !pass_numbers(entry.costs)) return false;
  if (!pass_dict() || !pass_callers()) return false;
  entry.end_of_calls = passed_.calls.size();
  passed_.entries.push_back(entry);
  return true;
}

// Of keys that were passed. False: some are of another form.
bool PlainReader::find_functions() {
  const bool found = finder_.find(keys_, passed_.functions);
  keys_.clear();
  return found;
}

bool PlainReader::pass_entries() {
  if (!pass_dict()) return false;
  while (next_ != end_ && *next_ != '0') {
    if (!pass_entry()) return false;
    if (keys_.size() >= FunctionFinder::keys_at_a_time && !find_functions()) return false;
    const bool is_enough = passed_.calls.size() >= enough_calls_ || passed_.entries.size() >= entries_at_a_time;
    if (is_enough && !read_passed()) return false;
  }
  return end_ - next_ == 1 && read_passed();
}

// What was passed has ended with an entry. It is read on another core where the file is large. False: something was not
// of the plain form.
bool PlainReader::read_passed() {
  constexpr std::ptrdiff_t large_file = std::ptrdiff_t{1} << 19;  // others are read before a thread has begun
  constexpr std::size_t passed_behind = std::size_t{4} << 20;     // what is before that was read, nearly always
  if (!find_functions()) return false;
  unreferenced_ = 0;
  passed_.end = offset_of(next_);
  passed_.references = references_.size();
  PassedEntries following;
  following.begin = passed_.end;
  following.first_entry = passed_.first_entry + static_cast<std::uint32_t>(passed_.entries.size());
  following.first_call = passed_.first_call + static_cast<std::uint32_t>(passed_.calls.size());
  following.calls.reserve(enough_calls_ + enough_calls_ / 4);
  const auto read = [this](const PassedEntries& passed) {
    if (is_plain_ && !reader_.read(passed)) is_plain_ = false;
  };
  if (end_ - begin_ >= large_file) {
    reading_.add([read, passed = std::make_shared<PassedEntries>(std::move(passed_))] { read(*passed); });
    cursor_.seek(std::max(passed_behind, offset_of(next_)) - passed_behind);
    cursor_.let_go();
  } else {
    read(passed_);
  }
  passed_ = std::move(following);
  return is_plain_;
}

std::optional<Profile> PlainReader::read() {
  if (!pass_entries()) return std::nullopt;
  reading_.wait();
  if (!is_plain_ || builder_.function_count() == 0) return std::nullopt;
  if (as_recorded_) {
    Recorded recorded;
    recorded.keys = std::move(finder_).take_keys();
    recorded.entries = reader_.recorded_entries(passed_.first_entry);
    builder_.set_recorded(std::move(recorded));
  }
  // Nobody asks for these any more.
  references_ = References(0);
  cursor_.seek(offset_of(end_));
  cursor_.let_go_of_taken();
  if (!reader_.add(passed_.first_entry, passed_.first_call)) return std::nullopt;
  return std::move(builder_).finish();
}

}  // namespace

std::optional<Profile> read_plain_pstats(const Bytes& bytes, const ReadOptions& options) {
  constexpr std::uint32_t depth = 4;  // of what a call is made of
  const bool wants_callers = (options.want & Want::recorded_callers) != Want::none;
  if ((options.as_recorded && wants_callers) || options.limits.max_depth < depth) return std::nullopt;
  if (bytes.data.size() / least_row_size > 0xffffffff) return std::nullopt;
  try {
    return PlainReader(bytes, options).read();
  } catch (const Error&) {  // a limit, or a sum that does not fit
    return std::nullopt;
  }
}

}  // namespace profconv
