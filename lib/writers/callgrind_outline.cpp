#include "writers/callgrind_outline.hpp"

#include <algorithm>
#include <utility>

#include "base/parallel.hpp"

namespace profconv {
namespace {

constexpr std::size_t rows_per_part = 4096;  // some 250 KB

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

template <class IsWritten>
void CallgrindOutline::find_mentions(IsWritten is_written) {
  const std::vector<FunctionId>& functions = names_.sorted();
  parts_.clear();
  mentions_.clear();
  mentions_.resize(functions.size() + 1);  // and one that is known already, then an end that nothing reaches
  std::vector<std::uint8_t> is_known(functions.size(), 0);  // bytes are quicker to look at than bits
  std::size_t met = 0;
  const auto meet = [&](std::uint32_t place, FunctionId function, bool is_call, bool is_in_output) {
    std::uint8_t& is_known_here = is_known[index(function)];
    mentions_[met] = {place, function, is_call};  // without a branch: nobody could foresee it
    const auto is_first = static_cast<std::uint8_t>((is_known_here ^ 1U) & unsigned{is_in_output});
    is_known_here |= is_first;
    met += is_first;
  };
  const bool is_large = functions.size() >= std::size_t{1} << 19;  // with fewer they are in a core's caches
  std::size_t rows = rows_per_part;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    prefetch_calls(i, [](std::size_t /*first*/, std::size_t /*count*/) {});
    if (is_large) {
      for (const std::uint32_t row : calls_from(function_at(i, 4))) prefetch(&is_known[index(p_.calls[row].callee)]);
    }
    if (rows >= rows_per_part) {
      parts_.push_back({false, i, i, met});
      rows = 0;
    }
    meet(static_cast<std::uint32_t>(i), functions[i], false, true);
    const std::span<const std::uint32_t> calls = calls_from(functions[i]);
    for (const std::uint32_t row : calls) meet(row, p_.calls[row].callee, true, is_written(row));
    rows += 1 + calls.size();
    parts_.back().end = i + 1;
  }
  mentions_[met] = {};
  mentions_.resize(met + 1);
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
