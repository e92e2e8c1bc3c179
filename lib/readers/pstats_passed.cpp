#include "readers/pstats_passed.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <span>
#include <utility>

#include "base/group_rows.hpp"
#include "base/prefetch.hpp"
#include "codecs/marshal_bytes.hpp"
#include "readers/pstats_numbers.hpp"

namespace profconv {
namespace {

constexpr std::ptrdiff_t int_size = marshalled_int_size, float_size = marshalled_float_size;
constexpr FunctionId nobody{0xffffffff};

}  // namespace

PassedReader::PassedReader(const Bytes& bytes, const ReadOptions& options, const References& references,
                           ProfileBuilder& builder)
    : begin_(reinterpret_cast<const char*>(bytes.data.data())),
      end_(begin_ + bytes.data.size()),
      references_(references),
      builder_(builder),
      ns_per_unit_(pstats_ns_per_unit(options.time_unit_s)),
      keeps_self_((options.want & Want::call_self) != Want::none) {
  const std::size_t most = bytes.data.size() / least_row_size;
  entries_ = std::make_unique_for_overwrite<Entry[]>(most);
  if (options.as_recorded) recorded_ = std::make_unique_for_overwrite<Costs[]>(most);
  callers_ = std::make_unique_for_overwrite<FunctionId[]>(most);
  calls_ = std::make_unique_for_overwrite<PackedCounts[]>(most);
  times_ = std::make_unique_for_overwrite<Times[]>(most);
}

// The first look at a page of the file is an interrupt, in which the system maps some around it, too. It is taken here
// for what will be passed some batches later.
void PassedReader::touch_ahead(const PassedEntries& passed) const noexcept {
  constexpr std::size_t ahead = std::size_t{1} << 20, around = std::size_t{1} << 16;
  const std::size_t end = std::min(passed.end + ahead, static_cast<std::size_t>(end_ - begin_));
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

// REQUIRES: there are some references. False: they are of another form, or one of a count's is to something else.
[[gnu::always_inline]] inline bool PassedReader::read_usual_costs(const char* at, std::uint32_t references,
                                                                  Costs& costs) const noexcept {
  unsigned are_counts = UsualCosts::begin_at(at) ? 1 : 0;
  for (std::size_t i = 0; i < costs.counts.size(); ++i) {
    const char* const count = at + UsualCosts::counts[i];
    const auto value = load_marshalled<std::uint32_t>(count + 1);
    const bool refers = *count == 'r';
    const auto is_known = static_cast<unsigned>(refers) & static_cast<unsigned>(value < references);
    const References::Reference known = references_[value & (0 - is_known)];  // else any
    costs.counts[i] = static_cast<std::int32_t>(refers ? known.value() : value);
    are_counts &= (unsigned{!refers} | (is_known & unsigned{known.is(Kind::integer)})) & unsigned{costs.counts[i] >= 0};
    costs.times[i] = load_marshalled<double>(at + UsualCosts::times[i] + 1);
  }
  return are_counts != 0;
}

[[gnu::always_inline]] inline bool PassedReader::read_costs(const char* next, std::uint32_t references,
                                                            Costs& costs) const noexcept {
  constexpr std::ptrdiff_t most = 2 * static_cast<std::ptrdiff_t>(MarshalledLong::longest) + 2 * float_size;
  if (end_ - next >= most) {
    if (references != 0 && read_usual_costs(next, references, costs)) [[likely]]
      return true;
    return read_count<most>(next, references, costs.counts[0]) && read_count<most>(next, references, costs.counts[1]) &&
           read_time<float_size>(next, references, costs.times[0]) &&
           read_time<float_size>(next, references, costs.times[1]);
  }
  return read_count<0>(next, references, costs.counts[0]) && read_count<0>(next, references, costs.counts[1]) &&
         read_time<0>(next, references, costs.times[0]) && read_time<0>(next, references, costs.times[1]);
}

// False: a time is no number, or something does not fit.
[[gnu::always_inline]] inline bool PassedReader::convert(const Costs& costs, Numbers& numbers) const noexcept {
  const std::optional<std::int64_t> self = pstats_ns(costs.times[0], ns_per_unit_);
  const std::optional<std::int64_t> total = pstats_ns(costs.times[1], ns_per_unit_);
  if (!self || !total) return false;
  // Some dumps have them the other way round.
  numbers.counts = {std::max(costs.counts[0], costs.counts[1]), std::min(costs.counts[0], costs.counts[1])};
  numbers.times = {*self, *total};
  return numbers.counts.calls <= PackedCounts::most;
}

[[gnu::always_inline]] inline bool PassedReader::find_function(const PassedEntries& passed,
                                                               PassedEntries::Mention mention,
                                                               FunctionId& function) const noexcept {
  if ((mention & PassedEntries::by_key) != 0) {
    function = passed.functions[mention & ~PassedEntries::by_key];
    return true;
  }
  const References::Reference known = references_[mention];
  function = FunctionId{static_cast<std::uint32_t>(known.value())};
  return known.is(Kind::function);
}

bool PassedReader::read(const PassedEntries& passed) {
  touch_ahead(passed);
  return read_entries(passed) && read_calls(passed);
}

bool PassedReader::read_entries(const PassedEntries& passed) {
  constexpr std::size_t ahead = 16;  // what the key of the entry so many places on refers to is fetched meanwhile
  for (std::size_t at = 0; at < passed.entries.size(); ++at) {
    const PassedEntries::Entry& then = passed.entries[std::min(at + ahead, passed.entries.size() - 1)];
    if (then.function < passed.references) prefetch(&references_[then.function]);
    prefetch(begin_ + passed.begin + then.costs);
    const PassedEntries::Entry& passed_entry = passed.entries[at];
    Entry& entry = entries_[passed.first_entry + at];
    FunctionId function{};
    Costs costs;
    Numbers numbers;
    if (!find_function(passed, passed_entry.function, function)) return false;
    if (!read_costs(begin_ + passed.begin + passed_entry.costs, passed.references, costs)) return false;
    if (!convert(costs, numbers)) return false;
    entry = {{function, numbers.counts}, numbers.times};
    if (recorded_ != nullptr) recorded_[passed.first_entry + at] = costs;
  }
  return true;
}

// What a call's key and first count refer to is anywhere in memory: that of calls some places on is fetched meanwhile.
bool PassedReader::read_calls(const PassedEntries& passed) {
  constexpr std::size_t ahead = 16;
  const char* const begin = begin_ + passed.begin;
  const auto fetch = [&](const PassedEntries::Call& call) {
    if (call.caller < passed.references) prefetch(&references_[call.caller]);
    if (const auto count = load_marshalled<std::uint32_t>(begin + call.costs + 1);
        begin[call.costs] == 'r' && count < passed.references)
      prefetch(&references_[count]);
  };
  FunctionId* const callers = &callers_[passed.first_call];
  PackedCounts* const calls = &calls_[passed.first_call];
  Times* const times = &times_[passed.first_call];
  std::size_t at = 0;
  std::uint32_t callee = passed.first_entry;
  for (const PassedEntries::Entry& entry : passed.entries) {
    for (; at < entry.end_of_calls; ++at) {
      prefetch(begin + passed.calls[std::min(at + 3 * ahead, passed.calls.size() - 1)].costs);
      fetch(passed.calls[std::min(at + ahead, passed.calls.size() - 1)]);
      prefetch(&calls[at + ahead]);
      prefetch(&times[at + ahead]);
      const PassedEntries::Call& call = passed.calls[at];
      Costs costs;
      Numbers numbers;
      if (!find_function(passed, call.caller, callers[at])) return false;
      if (!read_costs(begin + call.costs, passed.references, costs) || !convert(costs, numbers)) return false;
      calls[at] = {FunctionId{callee}, numbers.counts};
      times[at] = numbers.times;
    }
    ++callee;
  }
  return true;
}

std::vector<Recorded::Entry> PassedReader::recorded_entries(std::uint32_t count) const {
  const auto integer = [](std::int64_t value) {
    return Recorded::Number{static_cast<double>(value), value, Recorded::Number::Kind::integer};
  };
  const auto real = [](double value) { return Recorded::Number{value, 0, Recorded::Number::Kind::real}; };
  std::vector<Recorded::Entry> recorded(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Costs& costs = recorded_[i];
    recorded[i].key = static_cast<std::uint32_t>(entries_[i].counts.function());
    recorded[i].primitive = integer(costs.counts[0]);
    recorded[i].calls = integer(costs.counts[1]);
    recorded[i].self_s = real(costs.times[0]);
    recorded[i].total_s = real(costs.times[1]);
  }
  return recorded;
}

// Functions with entries come first, in the order of these: that is the order of calls' callees already.
bool PassedReader::add(std::uint32_t entry_count, std::uint32_t call_count) {
  constexpr std::size_t ahead = 24;
  recorded_.reset();
  const std::vector<FunctionId> functions = builder_.add_ordered_entries(entry_count, [&](std::size_t i) {
    const auto& [counts, times] = entries_[i];
    return ProfileBuilder::Entry{counts.function(), counts.counts(), times.self, times.total};
  });
  if (functions.empty()) return false;
  entries_.reset();
  std::vector<std::uint32_t> first, order;
  group_rows(
      call_count, functions.size(), [&](std::uint32_t call) { return index(functions[index(callers_[call])]); }, first,
      order);
  callers_.reset();
  std::atomic<bool> is_once_each = true;
  // Addresses of their own, as what is written to might be what references lead to.
  const std::uint32_t* const row_of = order.data();
  const auto row_ahead = [=](std::size_t place) {
    return row_of[std::min<std::size_t>(place + ahead, call_count - 1)];
  };
  builder_.add_ordered_calls(
      call_count, [&, row_of, row_ahead](std::size_t at, std::span<Call> calls, std::span<Counts> counts) {
        if (calls.empty()) return;  // of a dump that has none
        const PackedCounts* const recorded = calls_.get();
        auto caller = static_cast<std::uint32_t>(std::ranges::upper_bound(first, at) - first.begin() - 1);
        FunctionId last = at == first[caller] ? nobody : recorded[row_of[at - 1]].function();
        std::uint32_t end = first[caller + 1];
        bool is_twice = false;
        for (std::size_t i = 0; i < calls.size(); ++i) {
          prefetch(&recorded[row_ahead(at + i)]);
          for (; at + i == end; last = nobody) end = first[++caller + 1];
          const PackedCounts& call = recorded[row_of[at + i]];
          is_twice |= call.function() == last;
          last = call.function();
          calls[i] = {FunctionId{caller}, last, 0};
          counts[i] = call.counts();
        }
        if (is_twice) is_once_each = false;
      });
  calls_.reset();
  builder_.add_ordered_times(
      keeps_self_, [&, row_of, row_ahead](std::size_t at, std::span<std::int64_t> self, std::span<std::int64_t> total) {
        const Times* const recorded = times_.get();
        for (std::size_t i = 0; i < total.size(); ++i) {
          prefetch(&recorded[row_ahead(at + i)]);
          const Times& times = recorded[row_of[at + i]];
          if (!self.empty()) self[i] = times.self;
          total[i] = times.total;
        }
      });
  times_.reset();
  return is_once_each;
}

}  // namespace profconv
