#include "writers/callgrind_outline.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <utility>

#include "base/parallel.hpp"

namespace profconv {
namespace {

constexpr std::size_t rows_per_part = 4096;           // some 250 KB
constexpr std::uint64_t no_call = ~std::uint64_t{0};  // behind all others

// The rows in the lower halves of keys, in the keys' order. No two keys are equal. Of a few, the place of each is how
// many are less, which takes no branch that nobody could foresee.
void sort_rows(std::span<std::uint64_t> keys, std::uint32_t* rows) {
  constexpr std::size_t few = 16;
  if (keys.size() > few) {
    std::ranges::sort(keys);
    std::ranges::transform(keys, rows, [](std::uint64_t key) { return static_cast<std::uint32_t>(key); });
    return;
  }
  for (const std::uint64_t key : keys) {
    std::size_t place = 0;
    for (const std::uint64_t other : keys) place += other < key ? 1 : 0;
    rows[place] = static_cast<std::uint32_t>(key);
  }
}

}  // namespace

std::vector<std::uint32_t> ordered_calls(const Profile& profile, const CallgrindNames& names) {
  const std::vector<std::uint32_t>& positions = names.positions();
  const std::vector<Call>& calls = profile.calls;
  std::vector<std::uint32_t> order(calls.size());
  const auto begin_of_caller = [&](std::size_t row) {  // the first row from there on that begins one
    while (row != 0 && row < calls.size() && calls[row].caller == calls[row - 1].caller) ++row;
    return row;
  };
  run_on_stretches(calls.size(), [&](std::size_t first, std::size_t last) {
    constexpr std::size_t ahead = 16;
    const Call* const rows = calls.data();
    const std::uint32_t* const position = positions.data();
    std::vector<std::uint64_t> keys;
    const std::size_t end = begin_of_caller(last);
    for (std::size_t i = begin_of_caller(first); i < end;) {
      const std::size_t begin = i;
      const FunctionId caller = rows[i].caller;
      keys.clear();
      for (; i < end && rows[i].caller == caller; ++i) {
        prefetch(&position[index(rows[std::min(i + ahead, end - 1)].callee)]);
        keys.push_back(std::uint64_t{position[index(rows[i].callee)]} << 32 | i);
      }
      sort_rows(keys, order.data() + begin);
    }
  });
  return order;
}

CallgrindOutline::CallgrindOutline(const Profile& profile, const CallsFrom& calls_from, const CallgrindNames& names,
                                   std::vector<std::uint32_t> call_order)
    : p_(profile), calls_from_(calls_from), names_(names), ids_(profile, names), call_order_(std::move(call_order)) {
  find_mentions([](std::uint32_t /*call*/) { return true; });
}

void CallgrindOutline::number(const CallgrindBalance& balance) {
  if (!balance.all_are_written()) find_mentions([&](std::uint32_t call) { return balance.is_written(call); });
  number_root(balance);
  number_mentions();
}

void CallgrindOutline::number_root(const CallgrindBalance& balance) {
  const std::vector<CallgrindBalance::RootCall>& calls = balance.root_calls();
  if (calls.empty()) return;
  // C functions may be in the same "file"; then it is theirs.
  const std::uint32_t slot = names_.find_file(CallgrindNames::no_file).value_or(none);
  const std::uint32_t file = slot != none ? ids_.meet_file(slot) : ids_.new_file();
  root_ = Root{slot, file, ids_.new_function()};
  root_news_.reserve(calls.size());
  for (const CallgrindBalance::RootCall& call : calls) root_news_.push_back(ids_.meet(call.callee));
  std::vector<Part> parts;
  for (std::size_t i = 0; i < calls.size(); i += rows_per_part)
    parts.push_back({true, i, std::min(i + rows_per_part, calls.size())});
  parts_.insert(parts_.begin(), parts.begin(), parts.end());
}

// Per function, the call to it that comes first in the file: the position of its caller in the upper half, the row of
// Profile::calls in the lower one; or `no_call`. Calls of a caller are in the order of their callees, so those
// of one callee are in that of their rows.
template <class IsWritten>
std::vector<std::uint64_t> CallgrindOutline::first_calls(IsWritten is_written) const {
  constexpr std::size_t least = 100'000, most = 8, ahead = 16;  // calls; stretches; calls
  const Call* const calls = p_.calls.data();
  const std::uint32_t* const positions = names_.positions().data();
  const std::size_t rows = p_.calls.size(), stretches = std::clamp<std::size_t>(rows / least, 1, most);
  std::vector<std::uint64_t> first(p_.functions.size(), no_call);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;  // guards `first`
  run_on_cores(stretches, [&] {
    std::vector<std::uint64_t> own(first.size(), no_call);
    for (std::size_t i = next++; i < stretches; i = next++) {
      const auto begin = static_cast<std::uint32_t>(rows * i / stretches);
      const auto end = static_cast<std::uint32_t>(rows * (i + 1) / stretches);
      for (std::uint32_t row = begin; row < end; ++row) {
        prefetch(&own[index(calls[std::min<std::size_t>(row + ahead, end - 1)].callee)]);
        std::uint64_t& first_of_callee = own[index(calls[row].callee)];
        const std::uint64_t here = std::uint64_t{positions[index(calls[row].caller)]} << 32 | row;
        first_of_callee = std::min(first_of_callee, is_written(row) ? here : no_call);
      }
    }
    const std::scoped_lock lock(mutex);
    for (std::size_t f = 0; f < first.size(); ++f) first[f] = std::min(first[f], own[f]);
  });
  return first;
}

// Each function is mentioned first by the first call to it, if that comes before its own place. So mentions are in the
// order of the functions that make them: of each first itself, then its callees, all of which come behind it.
template <class IsWritten>
void CallgrindOutline::find_mentions(IsWritten is_written) {
  const std::vector<FunctionId>& functions = names_.sorted();
  const std::vector<std::uint64_t> first = first_calls(is_written);
  const auto first_call = [&](std::size_t place) {
    constexpr std::size_t ahead = 16;
    prefetch(&first[index(function_at(place, ahead))]);
    return first[index(functions[place])];
  };
  // The position of the function that mentions this one first.
  const auto mentioned_by = [](std::size_t place, std::uint64_t call) {
    return std::min<std::size_t>(place, call >> 32);
  };
  std::vector<std::uint32_t> next(functions.size() + 1, 0);  // per position: where the mentions go on that it makes
  for (std::size_t i = 0; i < functions.size(); ++i) ++next[mentioned_by(i, first_call(i)) + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());

  parts_.clear();
  std::size_t rows = rows_per_part;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    calls_from_.prefetch(function_at(i, 12));
    if (rows >= rows_per_part) {
      parts_.push_back({false, i, i, next[i]});
      rows = 0;
    }
    const CallsFrom::Range calls = calls_from_[functions[i]];
    rows += 1 + calls.end - calls.begin;
    parts_.back().end = i + 1;
  }

  mentions_.assign(functions.size() + 1, {});  // and an end that nothing reaches
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const std::uint64_t call = first_call(i);
    const std::size_t by = mentioned_by(i, call);
    const bool is_call = by != i;
    mentions_[next[by]++] = {static_cast<std::uint32_t>(is_call ? call : i), functions[i], is_call};
  }
}

void CallgrindOutline::number_mentions() {
  const std::size_t end = mentions_.size() - 1;
  for (std::size_t i = 0; i < end; ++i) {
    const auto ahead = [&](std::size_t places) { return mentions_[std::min(i + places, end - 1)].function; };
    ids_.prefetch_known(ahead(16));
    ids_.prefetch_meeting(ahead(8));
    mentions_[i].news = ids_.meet(mentions_[i].function);
  }
}

}  // namespace profconv
