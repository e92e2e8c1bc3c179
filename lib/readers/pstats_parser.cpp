#include "readers/pstats_parser.hpp"

#include <cmath>
#include <optional>
#include <utility>

#include "base/prefetch.hpp"
#include "base/release.hpp"
#include "base/visible.hpp"
#include "model/checked.hpp"
#include "readers/pstats_key.hpp"
#include "readers/pstats_numbers.hpp"

namespace profconv {
namespace {

Recorded::Number recorded(const MarshalNumber& number) {
  using Kind = Recorded::Number::Kind;
  return {number.value, number.integer, number.boolean ? Kind::boolean : number.exact ? Kind::integer : Kind::real};
}

}  // namespace

PstatsParser::PstatsParser(const Bytes& bytes, const ReadOptions& options, CodeLayout layout,
                           const PstatsSelection* selection)
    : options_(options),
      source_(bytes.source),
      cursor_(bytes.data, bytes.source),
      marshal_(cursor_, layout, options.limits.max_depth),
      selection_(selection),
      builder_(std::array{time_metric}, options.limits),
      ns_per_unit_(pstats_ns_per_unit(options.time_unit_s)),
      keeps_self_((options.want & Want::call_self) != Want::none) {
  // A call takes 23 bytes at least. Functions with calls take some hundreds; more of them, and the tables grow.
  builder_.reserve(bytes.data.size() / 160, bytes.data.size() / 23, bytes.data.size());
  builder_.add_source(bytes.source, "pstats", options.command, bytes.mtime_ns, 0);
  if (!options.as_recorded) return;
  recorded_.emplace();
  keeps_callers_ = (options.want & Want::recorded_callers) != Want::none;
}

MarshalItem PstatsParser::next(const char* place, bool may_end) {
  try {
    return marshal_.next(may_end);
  } catch (const TruncatedError&) {
    throw;
  } catch (const FormatError& error) {  // the codec knows the offset; say in which part of the profile that is
    throw FormatError(Error::Parts{error.source(), error.where(),
                                   "entry " + std::to_string(entry_) + " " + place + ": " + error.reason(),
                                   error.hint()});
  }
}

void PstatsParser::fail(std::size_t offset, const char* place, const std::string& reason, std::string hint) const {
  cursor_.fail_at(offset, "entry " + std::to_string(entry_) + " " + place + ": " + reason, std::move(hint));
}

void PstatsParser::fail_expected(const MarshalItem& item, const char* place, const char* expected) const {
  std::string found = name_of(item.type);
  if (item.type == MarshalType::tuple) found += " of " + std::to_string(item.count);
  if (item.type == MarshalType::text) found += " " + quoted(item.text);
  fail(item.offset, place, std::string("expected ") + expected + ", found " + found);
}

std::string PstatsParser::function_text(FunctionId function) const {
  const Function& key = builder_.key(function);
  return "function " + quoted(builder_.text(key.name)) + " (" + visible(builder_.text(key.file)) + ":" +
         std::to_string(key.line) + ")";
}

StringId PstatsParser::intern_text(const MarshalItem& item) {
  if (item.tag != no_tag) return StringId{item.tag};
  const StringId id = builder_.intern(item.text);
  marshal_.set_tag(item, static_cast<std::uint32_t>(id));
  return id;
}

StringId PstatsParser::intern_text(const MarshalText& text) {
  if (text.tag != no_tag) return StringId{text.tag};
  const StringId id = builder_.intern(text.text);
  marshal_.set_tag(text.slot, static_cast<std::uint32_t>(id));
  return id;
}

// A code object stands for what was run: "<module> of t.py". Two of equal content are one, as they are in Python.
StringId PstatsParser::code_name(const MarshalItem& item) {
  if (item.tag != no_tag) return StringId{item.tag};
  if (item.by_reference) fail(item.offset, "key", "the function name refers to a code object inside another one");
  const CodeObject code = marshal_.read_code(item);
  std::string name = std::string(code.name) + " of " + std::string(code.file);
  if (code.first_line > 1) name += ":" + std::to_string(code.first_line);
  const StringId id = builder_.intern(name);
  if (recorded_) {
    code_names_[id] = builder_.intern("<code object " + std::string(code.name) + ", file \"" + std::string(code.file) +
                                      "\", line " + std::to_string(code.first_line) + ">");
  }
  marshal_.set_tag(item, static_cast<std::uint32_t>(id));
  return id;
}

// `printed` is what pstats prints for the name.
FunctionId PstatsParser::function_of(StringId file, std::int64_t line, std::size_t line_offset, StringId name,
                                     StringId printed) {
  const bool fits = line >= 0 && line <= 0xffffffff;
  if (!fits) bad_lines_.met(line_offset);
  const FunctionId function = builder_.function(Function{name, StringId{0}, file_of_key(builder_, file, line),
                                                         StringId{0}, fits ? static_cast<std::uint32_t>(line) : 0});
  if (recorded_ && recorded_->keys.size() < builder_.function_count())
    recorded_->keys.push_back({function, file, printed, line});
  return function;
}

// Nearly every key: one that was met before, or of the common types.
bool PstatsParser::take_key(FunctionId& function) {
  if (const std::uint32_t tag = marshal_.take_tagged_tuple(); tag != no_tag) {
    function = FunctionId{tag};
    return true;
  }
  MarshalKey key;
  if (!marshal_.take_key(key)) return false;
  const StringId file = intern_text(key.file), name = intern_text(key.name);
  function = function_of(file, key.line, key.line_offset, name, name);
  marshal_.set_tag(key.slot, static_cast<std::uint32_t>(function));
  return true;
}

PstatsParser::FoundKey PstatsParser::parse_key(const MarshalItem& item, const char* place) {
  if (item.type != MarshalType::tuple) fail_expected(item, place, "a tuple (file, line, function)");
  if (item.tag != no_tag) return {FunctionId{item.tag}};
  if (item.count == 1) {
    marshal_.enter(item);
    const MarshalItem only = next(place);
    marshal_.leave(item);
    if (only.type == MarshalType::text && only.text == "__sampled__") return {FunctionId{}, true};
  }
  if (item.count != 3) fail_expected(item, place, "a tuple (file, line, function)");

  marshal_.enter(item);
  const MarshalItem file = next(place);
  if (file.type != MarshalType::text) fail_expected(file, place, "a file name");
  const StringId file_id = intern_text(file);
  const MarshalItem line = next(place);
  if (line.type != MarshalType::integer && line.type != MarshalType::boolean && line.type != MarshalType::big_integer) {
    fail_expected(line, place, "a line number");
  }
  const MarshalItem name = next(place);
  if (name.type != MarshalType::text && name.type != MarshalType::code) fail_expected(name, place, "a function name");
  const StringId name_id = name.type == MarshalType::code ? code_name(name) : intern_text(name);
  marshal_.leave(item);

  const std::int64_t line_value = line.type == MarshalType::big_integer ? -1 : line.integer;
  const StringId printed = recorded_ && name.type == MarshalType::code ? code_names_.at(name_id) : name_id;
  const FunctionId function = function_of(file_id, line_value, line.offset, name_id, printed);
  marshal_.set_tag(item, static_cast<std::uint32_t>(function));
  return {function};
}

PstatsParser::Number PstatsParser::next_number(const char* place) {
  Number number;
  if (marshal_.take_number(number)) return number;
  return parse_number(next(place), place);
}

PstatsParser::Number PstatsParser::parse_number(const MarshalItem& item, const char* what) {
  Number number;
  number.offset = item.offset;
  switch (item.type) {
    case MarshalType::integer:
    case MarshalType::boolean:
      number.value = static_cast<double>(item.integer);
      number.integer = item.integer;
      number.exact = true;
      number.boolean = item.type == MarshalType::boolean;
      return number;
    case MarshalType::real:
    case MarshalType::big_integer: number.value = item.real; return number;
    default: fail_expected(item, what, "a number");
  }
}

inline std::int64_t PstatsParser::count_of(const Number& number, FunctionId function) {
  return number.exact && number.integer >= 0 ? number.integer : odd_count_of(number, function);
}

std::int64_t PstatsParser::odd_count_of(const Number& number, FunctionId function) {
  std::int64_t count = number.integer;
  if (!number.exact) {
    if (std::isnan(number.value)) {
      not_finite_.met(number.offset);
      return not_counted;
    }
    constexpr double limit = 9223372036854775808.0;  // 2^63
    if (!(std::fabs(number.value) < limit)) {
      fail(number.offset, "counts", "a call count of " + function_text(function) + " does not fit 64 bits");
    }
    count = static_cast<std::int64_t>(number.value);
  }
  if (count < not_counted) negative_counts_.met(number.offset);
  return count < 0 ? not_counted : count;
}

inline std::int64_t PstatsParser::ns_of(const Number& number, FunctionId function, const char* what) {
  if (number.exact && ns_per_unit_ == 1 && number.integer != not_measured) return number.integer;
  const std::optional<std::int64_t> ns = pstats_ns(number.value, ns_per_unit_);
  return ns ? *ns : odd_ns_of(number, function, what);
}

std::int64_t PstatsParser::odd_ns_of(const Number& number, FunctionId function, const char* what) {
  if (!std::isfinite(number.value)) {
    not_finite_.met(number.offset);
    return 0;
  }
  fail(number.offset, what, "the time of " + function_text(function) + " does not fit 64 bits of nanoseconds",
       time_unit_hint);
}

Counts PstatsParser::counts_of(const Number& a, const Number& b, FunctionId function) {
  const std::int64_t x = count_of(a, function), y = count_of(b, function);
  if (x == not_counted || y == not_counted) return {std::max(x, y), not_counted};
  return {std::max(x, y), std::min(x, y)};
}

void PstatsParser::parse_four_numbers(FourNumbers& numbers) {
  for (Number& number : numbers) number = next_number("callers");
}

// Calls, primitive calls, self and total time.
void PstatsParser::set_numbers(TimedCall& call, const FourNumbers& numbers, Recorded::Caller* recorded_caller) {
  call.counts = counts_of(numbers[0], numbers[1], call.caller);
  call.self = ns_of(numbers[2], call.caller, "callers");
  call.total = ns_of(numbers[3], call.caller, "callers");
  if (recorded_caller == nullptr) return;
  recorded_caller->calls = recorded(numbers[0]);
  recorded_caller->primitive = recorded(numbers[1]);
  recorded_caller->self_s = recorded(numbers[2]);
  recorded_caller->total_s = recorded(numbers[3]);
}

void PstatsParser::parse_caller_value(TimedCall& call, Recorded::Caller* recorded_caller) {
  FourNumbers numbers;
  if (marshal_.take_numbers(4, numbers)) return set_numbers(call, numbers, recorded_caller);
  const MarshalItem value = next("callers");
  if (value.is_number()) {
    const Number count = parse_number(value, "callers");
    call.counts = {count_of(count, call.caller), not_counted};
    if (recorded_caller != nullptr) {
      recorded_caller->counts_only = true;
      recorded_caller->calls = recorded(count);
    }
    return;
  }
  // gprof2dot reads longer tuples as several of four numbers; no profiler is known to write them.
  if (value.type != MarshalType::tuple || value.tag != no_tag || value.count == 0 || value.count % 4 != 0) {
    fail_expected(value, "callers", "a count or a tuple of 4 numbers");
  }
  marshal_.enter(value);
  parse_four_numbers(numbers);
  set_numbers(call, numbers, recorded_caller);
  for (std::uint32_t i = 4; i < value.count; i += 4) {
    TimedCall more{call.caller, call.callee, {}};
    parse_four_numbers(numbers);
    set_numbers(more, numbers, nullptr);
    const bool fits = add_counts_checked(call.counts, more.counts) && add_checked(call.self, more.self) &&
                      add_checked(call.total, more.total);
    if (!fits) fail(value.offset, "callers", "the numbers of " + function_text(call.caller) + " do not fit 64 bits");
  }
  marshal_.leave(value);
}

void PstatsParser::parse_callers(FunctionId callee) {
  calls_.clear();
  recorded_callers_.clear();
  const MarshalItem dict = next("callers");
  if (dict.type != MarshalType::dict) fail_expected(dict, "callers", "a dict");
  marshal_.enter(dict);
  for (;;) {
    const std::size_t offset = cursor_.offset();
    TimedCall call{};
    call.callee = callee;
    if (take_key(call.caller)) {
      if (index(call.caller) < caller_row_.size()) prefetch(&caller_row_[index(call.caller)]);
    } else {
      const MarshalItem key = next("callers", true);
      if (key.type == MarshalType::null) break;
      const FoundKey found = parse_key(key, "callers");
      if (found.sampled_marker) fail_expected(key, "callers", "a tuple (file, line, function)");
      call.caller = found.function;
    }
    Recorded::Caller* const recorded_caller = keeps_callers_ ? &recorded_callers_.emplace_back() : nullptr;
    if (recorded_caller != nullptr) recorded_caller->key = static_cast<std::uint32_t>(call.caller);
    parse_caller_value(call, recorded_caller);
    if (!keeps_self_) call.self = not_measured;

    if (caller_row_.size() <= index(call.caller)) caller_row_.resize(builder_.function_count(), 0);
    std::uint32_t& row = caller_row_[index(call.caller)];
    if (row > caller_rows_) {  // met in this dict before
      const std::size_t place = row - caller_rows_ - 1;
      doubled_callers_.met(offset);
      calls_[place] = call;
      if (recorded_caller != nullptr) {
        recorded_callers_[place] = *recorded_caller;
        recorded_callers_.pop_back();
      }
    } else {
      calls_.push_back(call);
      row = caller_rows_ + static_cast<std::uint32_t>(calls_.size());
    }
  }
  marshal_.leave(dict);
  caller_rows_ += static_cast<std::uint32_t>(calls_.size());
}

// `offset` is the key's.
void PstatsParser::parse_entry(FunctionId function, std::size_t offset) {
  FourNumbers numbers;
  MarshalItem value;
  if (marshal_.take_numbers(5, numbers)) {
    value.type = MarshalType::tuple;
    marshal_.enter(value);
  } else {
    value = next("value");
    if (value.type != MarshalType::tuple || value.count != 5 || value.tag != no_tag) {
      fail_expected(value, "value", "a tuple of 5 (calls, calls, self, total, callers)");
    }
    marshal_.enter(value);
    constexpr std::array places = {"primitive calls", "calls", "self time", "total time"};
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = next_number(places[i]);
  }

  builder_.prefetch(function);
  builder_.mark_entry(function);
  if (last_entry_.size() <= index(function)) last_entry_.resize(builder_.function_count(), 0);
  const bool doubled = last_entry_[index(function)] != 0;
  if (doubled) doubled_keys_.met(offset);
  const bool replaced = selection_ != nullptr ? !selection_->last_of_key[entry_] : doubled;
  if (replaced) {  // by a later entry; without a selection the file is read again, with one
    marshal_.skip(next("callers"));
  } else {
    parse_callers(function);
  }
  marshal_.leave(value);
  last_entry_[index(function)] = static_cast<std::uint32_t>(entry_) + 1;
  if (replaced) return;

  const std::int64_t self = ns_of(numbers[2], function, "self time"), total = ns_of(numbers[3], function, "total time");
  builder_.add_counts(function, counts_of(numbers[0], numbers[1], function));
  builder_.add_self(function, {&self, 1});
  builder_.add_total(function, {&total, 1});
  builder_.add_calls(calls_);
  if (recorded_) {
    Recorded::Entry entry;
    entry.key = static_cast<std::uint32_t>(function);
    entry.primitive = recorded(numbers[0]);
    entry.calls = recorded(numbers[1]);
    entry.self_s = recorded(numbers[2]);
    entry.total_s = recorded(numbers[3]);
    entry.first_caller = recorded_->callers.size();
    entry.callers = recorded_callers_.size();
    recorded_->callers.insert(recorded_->callers.end(), recorded_callers_.begin(), recorded_callers_.end());
    recorded_->entries.push_back(entry);
  }
}

void PstatsParser::report(Parsed& parsed) {
  Diagnostics& d = parsed.diagnostics;
  doubled_keys_.warn(d, source_, "entry has a key that was there before; the last one counts",
                     "entries have a key that was there before; the last one counts");
  doubled_callers_.warn(d, source_, "caller stands twice in one dict; the last one counts",
                        "callers stand twice in one dict; the last one counts");
  not_finite_.warn(d, source_, "number is infinite or not a number; 0 is used",
                   "numbers are infinite or not a number; 0 is used");
  negative_counts_.warn(d, source_, "call count is negative; taken as unknown",
                        "call counts are negative; taken as unknown");
  bad_lines_.warn(d, source_, "line number is negative or too large; taken as unknown",
                  "line numbers are negative or too large; taken as unknown");
}

void PstatsParser::parse_entries(const Parsed& parsed) {
  for (; parsed.complete || entry_ < selection_->last_of_key.size(); ++entry_) {
    const std::size_t offset = cursor_.offset();
    FunctionId function{};
    if (!take_key(function)) {
      const MarshalItem key = next("key", true);
      if (key.type == MarshalType::null) break;
      const FoundKey found = parse_key(key, "key");
      if (found.sampled_marker) {
        marshal_.skip(next("value"));
        sampled_ = true;
        continue;
      }
      function = found.function;
    }
    parse_entry(function, offset);
    cursor_.let_go();
  }
}

PstatsParser::Parsed PstatsParser::parse() {
  Parsed parsed;
  const MarshalItem top = marshal_.next();
  if (top.type != MarshalType::dict) {
    cursor_.fail_at(top.offset, std::string("expected a dict of functions, found ") + name_of(top.type),
                    "is this a cProfile dump?");
  }
  marshal_.enter(top);
  parsed.complete = selection_ == nullptr || !selection_->cut_short;
  try {
    parse_entries(parsed);
    if (parsed.complete) marshal_.leave(top);
  } catch (const TruncatedError& error) {
    const std::string complete =
        entry_ == 1 ? "1 entry before it is complete" : std::to_string(entry_) + " entries before it are complete";
    if (!options_.salvage || entry_ == 0) {
      throw TruncatedError(
          Error::Parts{error.source(), error.where(), error.reason() + "; " + complete,
                       entry_ == 0 ? error.hint() : error.hint() + "; --salvage converts what is complete"});
    }
    parsed.complete = false;
    parsed.diagnostics.warn(error.source(), error.where(), error.reason() + "; " + complete + " and converted");
  }
  parsed.entries = entry_;
  parsed.sampled = sampled_;
  parsed.consumed = cursor_.left() == 0;
  if (parsed.complete && !parsed.consumed) {
    const std::size_t left = cursor_.left();
    parsed.diagnostics.warn(
        std::string(source_), at_byte(cursor_.offset()),
        std::to_string(left) + (left == 1 ? " byte follows" : " bytes follow") + " the profile; ignored");
  }
  // Of keys met twice the last counts, and of an entry that is cut short nothing may stay.
  if (selection_ == nullptr && (doubled_keys_.count() != 0 || !parsed.complete)) {
    PstatsSelection& selection = parsed.selection.emplace();
    selection.cut_short = !parsed.complete;
    selection.last_of_key.resize(entry_, false);
    for (const std::uint32_t last : last_entry_) {
      if (last != 0) selection.last_of_key[last - 1] = true;
    }
    return parsed;
  }
  report(parsed);
  if (builder_.function_count() == 0 && parsed.complete)
    parsed.diagnostics.warn(std::string(source_), {}, "the profile is empty");
  if (recorded_) builder_.set_recorded(std::move(*recorded_));
  // What follows takes memory again.
  cursor_.let_go_of_taken();
  marshal_.forget_references();
  release(caller_row_);
  release(last_entry_);
  try {
    parsed.profile = std::move(builder_).finish();
  } catch (const Error& error) {  // a sum that does not fit
    throw FormatError(
        Error::Parts{std::string(source_), {}, error.reason(), error.hint().empty() ? time_unit_hint : error.hint()});
  }
  return parsed;
}

}  // namespace profconv
