#include "writers/callgrind_outline.hpp"

#include <algorithm>
#include <utility>

#include "base/parallel.hpp"
#include "base/prefetch.hpp"

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
    std::vector<std::uint64_t> keys;
    const std::size_t end = begin_of_caller(last);
    for (std::size_t i = begin_of_caller(first); i < end;) {
      const std::size_t begin = i;
      const FunctionId caller = calls[i].caller;
      keys.clear();
      for (; i < end && calls[i].caller == caller; ++i)
        keys.push_back(std::uint64_t{positions[index(calls[i].callee)]} << 32 | i);
      sort_rows(keys, order.data() + begin);
    }
  });
  return order;
}

CallgrindOutline::CallgrindOutline(const Profile& profile, const CallGraph& graph, const CallgrindBalance& balance,
                                   const CallgrindNames& names, std::vector<std::uint32_t> call_order)
    : p_(profile),
      graph_(graph),
      balance_(balance),
      names_(names),
      ids_(profile, names),
      call_order_(std::move(call_order)) {}

void CallgrindOutline::number() {
  number_root();
  number_functions();
}

void CallgrindOutline::number_root() {
  const std::vector<CallgrindBalance::RootCall>& calls = balance_.root_calls();
  if (calls.empty()) return;
  // C functions may be in the same "file"; then it is theirs.
  const std::uint32_t slot = names_.find_file(CallgrindNames::no_file).value_or(none);
  const std::uint32_t file = slot != none ? ids_.meet_file(slot) : ids_.new_file();
  root_ = Root{slot, file, ids_.new_function()};
  root_news_.reserve(calls.size());
  for (const CallgrindBalance::RootCall& call : calls) root_news_.push_back(ids_.meet(call.callee));
  for (std::size_t i = 0; i < calls.size(); i += rows_per_part)
    parts_.push_back({true, i, std::min(i + rows_per_part, calls.size())});
}

void CallgrindOutline::number_functions() {
  const std::vector<FunctionId>& functions = names_.sorted();
  constexpr std::size_t large = std::size_t{1} << 18;  // with fewer, all that leads to numbers is in a core's caches
  const bool looks_at_costs = !balance_.all_are_written();
  std::size_t rows = rows_per_part;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    prefetch_calls(i, looks_at_costs);
    if (functions.size() >= large) look_ahead(i);
    if (rows >= rows_per_part) {
      parts_.push_back({false, i, i, definitions_.size()});
      rows = 0;
    }
    if (const CallgrindNews news = ids_.meet(functions[i]); news.any())
      definitions_.push_back({static_cast<std::uint32_t>(i), true, news});
    const std::span<const std::uint32_t> calls = calls_from(functions[i]);
    for (const std::uint32_t row : calls) {
      const FunctionId callee = p_.calls[row].callee;
      if (ids_.is_known(callee) || !balance_.is_written(row)) continue;
      definitions_.push_back({row, false, ids_.meet(callee)});
    }
    rows += 1 + calls.size();
    parts_.back().end = i + 1;
  }
  definitions_.push_back({});  // an end that nothing reaches
}

// Has fetched what the names of a function some places on and of its callees are numbered by.
void CallgrindOutline::look_ahead(std::size_t position) const noexcept {
  constexpr std::size_t most = 24;
  const auto each_callee = [&](std::size_t places, auto visit) {
    const FunctionId function = function_at(position, places);
    visit(function);
    const std::span<const std::uint32_t> calls = calls_from(function);
    for (const std::uint32_t row : calls.first(std::min(calls.size(), most))) visit(p_.calls[row].callee);
  };
  each_callee(4, [&](FunctionId f) { ids_.prefetch_known(f); });
  each_callee(2, [&](FunctionId f) { ids_.prefetch_meeting(f); });
}

// Functions are in another order than the tables have, and each calls others anywhere in them: the processor would wait
// for every row. It is fetched in steps, as each step leads to the next.
void CallgrindOutline::prefetch_calls(std::size_t position, bool with_costs) const noexcept {
  graph_.prefetch_calls_from(function_at(position, 12));
  constexpr std::size_t most = 24;  // more, and they are in a row long enough for the processor to see where it leads
  const CallGraph::Range calls = graph_.calls_from(function_at(position, 8));
  const std::size_t count = std::min(calls.end - calls.begin, most);
  if (count == 0) return;
  const auto fetch = [count](const auto* row, std::size_t columns = 1) {
    prefetch(row, count * columns * sizeof *row);
  };
  fetch(&p_.calls[calls.begin]);
  fetch(&call_order_[calls.begin]);
  if (!with_costs) return;
  const std::span<const std::int64_t> costs = balance_.cost(calls.begin);
  fetch(costs.data(), costs.size());
  if (!p_.call_counts.empty()) fetch(&p_.call_counts[calls.begin]);
}

}  // namespace profconv
