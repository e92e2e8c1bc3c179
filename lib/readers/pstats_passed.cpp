#include "readers/pstats_passed.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/prefetch.hpp"
#include "base/release.hpp"
#include "codecs/marshal_bytes.hpp"
#include "readers/pstats_numbers.hpp"

namespace profconv {
namespace {

constexpr std::ptrdiff_t int_size = marshalled_int_size, float_size = marshalled_float_size;

}  // namespace

PassedReader::PassedReader(const Bytes& bytes, const ReadOptions& options, const References& references,
                           ProfileBuilder& builder)
    : begin_(reinterpret_cast<const char*>(bytes.data.data())),
      end_(begin_ + bytes.data.size()),
      references_(references),
      builder_(builder),
      ns_per_unit_(pstats_ns_per_unit(options.time_unit_s)),
      keeps_self_((options.want & Want::call_self) != Want::none),
      as_recorded_(options.as_recorded),
      cursor_(bytes.data, bytes.source) {}

void PassedReader::release_memory() noexcept {
  cursor_.let_go_of_taken();
  release(met_);
  release(calls_);
}

// The first look at a page of the file is an interrupt, in which the system maps some around it, too. It is taken here
// for what will be passed some batches later.
void PassedReader::touch_ahead(const PassedEntries& passed) const noexcept {
  constexpr std::size_t ahead = std::size_t{1} << 20, around = std::size_t{1} << 16;
  const std::size_t end = std::min(passed.end + ahead, cursor_.size());
  for (std::size_t at = passed.begin + ahead; at < end; at += around)
    static_cast<void>(*static_cast<const volatile char*>(begin_ + at));
}

// What the reference at `object` refers to; null if that is of another kind, or not among the first `references`.
[[gnu::always_inline]] inline const References::Reference* PassedReader::referred(const char* object,
                                                                                  std::uint32_t references,
                                                                                  Kind kind) const noexcept {
  const auto number = load_marshalled<std::uint32_t>(object + 1);
  return number < references && references_[number].is(kind) ? &references_[number] : nullptr;
}

// One of more than 32 bits, or a reference to that.
[[gnu::noinline]] bool PassedReader::read_rare_count(const char*& next, std::uint32_t references,
                                                     std::int64_t& count) const noexcept {
  MarshalledLong found;
  if (*next == 'r') {
    const References::Reference* const known = referred(next, references, Kind::long_integer);
    if (known == nullptr || !find_marshalled_long(begin_ + known->value(), end_, found)) return false;
    next += int_size;
  } else {
    if ((*next & 0x7f) != 'l' || !find_marshalled_long(next, end_, found)) return false;
    next += found.size;
  }
  count = found.value;
  return true;
}

// There are at least `room` bytes.
template <std::ptrdiff_t room>
[[gnu::always_inline]] inline bool PassedReader::read_count(const char*& next, std::uint32_t references,
                                                            std::int64_t& count) const noexcept {
  if (room < int_size && end_ - next < int_size) return false;
  if (*next == 'r') {
    const References::Reference* const known = referred(next, references, Kind::integer);
    if (known == nullptr) [[unlikely]]
      return read_rare_count(next, references, count);
    count = static_cast<std::int32_t>(known->value());
  } else {
    if ((*next & 0x7f) != 'i') [[unlikely]]
      return read_rare_count(next, references, count);
    count = load_marshalled<std::int32_t>(next + 1);
  }
  next += int_size;
  return count >= 0;
}

template <std::ptrdiff_t room>
[[gnu::always_inline]] inline bool PassedReader::read_time(const char*& next, std::uint32_t references,
                                                           double& time) const noexcept {
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
  const char* const object = begin_ + known->value();  // the file may have been written to meanwhile
  if ((*object & 0x7f) != 'g') return false;
  time = load_marshalled<double>(object + 1);
  return true;
}

[[gnu::always_inline]] inline bool PassedReader::read_costs(const char* next, std::uint32_t references,
                                                            Costs& costs) const noexcept {
  constexpr std::ptrdiff_t most = 2 * static_cast<std::ptrdiff_t>(MarshalledLong::longest) + 2 * float_size;
  if (end_ - next >= most) {
    return read_count<most>(next, references, costs.counts[0]) && read_count<most>(next, references, costs.counts[1]) &&
           read_time<float_size>(next, references, costs.times[0]) &&
           read_time<float_size>(next, references, costs.times[1]);
  }
  return read_count<0>(next, references, costs.counts[0]) && read_count<0>(next, references, costs.counts[1]) &&
         read_time<0>(next, references, costs.times[0]) && read_time<0>(next, references, costs.times[1]);
}

// False: a time is no number, or does not fit.
[[gnu::always_inline]] inline bool PassedReader::convert(const Costs& costs, Numbers& numbers) const noexcept {
  const std::optional<std::int64_t> self = pstats_ns(costs.times[0], ns_per_unit_);
  const std::optional<std::int64_t> total = pstats_ns(costs.times[1], ns_per_unit_);
  if (!self || !total) return false;
  // Some dumps have them the other way round.
  numbers.counts = {std::max(costs.counts[0], costs.counts[1]), std::min(costs.counts[0], costs.counts[1])};
  numbers.self = *self;
  numbers.total = *total;
  return true;
}

void PassedReader::record(FunctionId function, const Costs& costs) {
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
  recorded_.push_back(entry);
}

[[gnu::always_inline]] inline bool PassedReader::find_function(PassedEntries::Mention mention,
                                                               FunctionId& function) const noexcept {
  function = FunctionId{mention & ~PassedEntries::by_function};
  if (function != FunctionId{mention}) return true;
  const References::Reference known = references_[mention];
  function = FunctionId{static_cast<std::uint32_t>(known.value())};
  return known.is(Kind::function);
}

bool PassedReader::add_entries(const PassedEntries& passed) {
  constexpr std::size_t ahead = 16;  // what the key of the entry so many places on refers to is fetched meanwhile
  for (std::size_t at = 0; at < passed.entries.size(); ++at) {
    const PassedEntries::Entry& then = passed.entries[std::min(at + ahead, passed.entries.size() - 1)];
    if (then.function < passed.references) prefetch(&references_[then.function]);
    const PassedEntries::Entry& entry = passed.entries[at];
    FunctionId function{};
    Costs costs;
    if (!find_function(entry.function, function)) return false;
    Numbers numbers;
    if (!read_costs(begin_ + passed.begin + entry.costs, passed.references, costs)) return false;
    if (!convert(costs, numbers)) return false;
    if (!builder_.add_entry(function, numbers.counts, numbers.self, numbers.total)) return false;
    if (as_recorded_) record(function, costs);
  }
  return true;
}

// What a call's key and first count refer to is anywhere in memory: that of calls some places on is fetched meanwhile.
bool PassedReader::add_calls(const PassedEntries& passed) {
  constexpr std::size_t ahead = 16;
  constexpr std::size_t together = 256;  // added to the tables, while they are in the processor's cache
  const char* const begin = begin_ + passed.begin;
  const auto fetch = [&](const PassedEntries::Call& call) {
    if (call.caller < passed.references) prefetch(&references_[call.caller]);
    if (const auto count = load_marshalled<std::uint32_t>(begin + call.costs + 1);
        begin[call.costs] == 'r' && count < passed.references)
      prefetch(&references_[count]);
  };
  touch_ahead(passed);
  met_.resize(passed.functions, 0);
  calls_.clear();
  std::size_t at = 0;
  for (const PassedEntries::Entry& entry : passed.entries) {
    FunctionId callee{};
    if (!find_function(entry.function, callee)) return false;
    const std::size_t first = calls_.size();
    ++entries_;
    for (; at < entry.end_of_calls; ++at) {
      fetch(passed.calls[std::min(at + ahead, passed.calls.size() - 1)]);
      const PassedEntries::Call& call = passed.calls[at];
      FunctionId caller{};
      if (!find_function(call.caller, caller)) return false;
      prefetch(&met_[index(caller)]);
      Costs costs;
      Numbers numbers;
      if (!read_costs(begin + call.costs, passed.references, costs) || !convert(costs, numbers)) return false;
      calls_.push_back({caller, callee, numbers.counts, keeps_self_ ? numbers.self : not_measured, numbers.total});
    }
    for (const TimedCall& call : std::span(calls_).subspan(first)) {  // once each
      if (std::exchange(met_[index(call.caller)], entries_) == entries_) return false;
    }
    if (calls_.size() < together) continue;
    builder_.add_calls(calls_);
    calls_.clear();
  }
  builder_.add_calls(calls_);
  cursor_.seek(passed.end);
  cursor_.let_go();
  return true;
}

}  // namespace profconv
