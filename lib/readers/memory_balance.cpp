#include "readers/memory_balance.hpp"

#include <algorithm>
#include <cmath>

#include "model/apportion.hpp"
#include "model/known.hpp"

namespace profconv {
namespace {

using By = MemoryGrowth::By;

WideInt size_of(WideInt value) noexcept { return value < 0 ? -value : value; }

// Half a digit of each number that is in a sum.
WideInt rounding_of(const MemoryListing& listing, std::size_t numbers) {
  return WideInt{numbers + 1} * MemoryListings::smallest_digit(listing);
}

// What the row executed before showed: a row that ran once has its reading, and what it differs by.
std::optional<std::int64_t> reading_before(const MemoryRow& row, const MemoryGrowth& growth) {
  if (row.occurrences != 1 || growth.by != By::recorded || growth.bytes == not_measured) return std::nullopt;
  return row.usage - growth.bytes;
}

}  // namespace

MemoryBalance::MemoryBalance(const MemoryListings& text, const std::vector<MemoryCallee>& callees,
                             const std::vector<std::vector<MemoryLoop>>& loops, const std::vector<bool>& whole,
                             std::vector<MemoryGrowth>& growth)
    : text_(text), listings_(text.listings()), callees_(callees), loops_(loops), whole_(whole), growth_(growth) {
  for (const MemoryListing& listing : listings_) {
    for (const MemoryRow& row : text_.rows(listing)) {
      if (!row.executed || row.usage == not_measured) continue;
      least_ = std::min(least_, row.usage);
      most_ = std::max(most_, row.usage);
    }
  }
}

bool MemoryBalance::is_known(std::size_t row) const { return growth_[row].by != By::unknown; }

// A function that calls itself finds the reading before it at its entry, so that its first row has no whole memories.
// What it calls of `super()` by its own name is another one.
bool MemoryBalance::is_recursive(const MemoryListing& listing) const {
  const std::string name = text_.name(listing);
  const std::span<const MemoryRow> rows = text_.rows(listing).subspan(1);
  return std::ranges::any_of(rows, [&](const MemoryRow& row) {
    return row.executed && has_word(row.source, name) && !has_word(row.source, "super");
  });
}

// How many of the row's executions have the whole memory: all of them, but for the turns of a comprehension.
std::int64_t MemoryBalance::calls_on(std::size_t i) const {
  const MemoryRow& row = text_.row(i);
  if (whole_[i] || row.usage <= 0) return row.occurrences;
  const double times = std::round(static_cast<double>(row.increment) / static_cast<double>(row.usage));
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(times), 1, std::max<std::int64_t>(row.occurrences, 1));
}

// Each execution changes memory by no more than all readings differ by: what says otherwise rests on a wrong guess.
bool MemoryBalance::set(std::size_t row, const MemoryListing& listing, WideInt bytes, By by) {
  const WideInt rounding = rounding_of(listing, listing.rows);
  if (size_of(bytes) > WideInt{most_ - least_} * text_.row(row).occurrences + rounding) return false;
  if (size_of(bytes) > std::numeric_limits<std::int64_t>::max()) return false;
  growth_[row] = {size_of(bytes) <= rounding ? 0 : static_cast<std::int64_t>(bytes), by};
  return true;
}

void MemoryBalance::settle() {
  // Each turn settles something that the next one may need; chains are short in what people write.
  constexpr int most_turns = 16;
  bool goes_on = true;
  for (int turn = 0; goes_on && turn < most_turns; ++turn) {
    goes_on = false;
    for (std::uint32_t l = 0; l < listings_.size(); ++l) goes_on |= settle_callee(l);
    for (std::uint32_t l = 0; l < listings_.size(); ++l) {
      if (!listings_[l].layout.occurrences || listings_[l].rows == 0) continue;
      for (std::size_t i = 1; i < listings_[l].rows; ++i) goes_on |= settle_follower(listings_[l], i);
      goes_on |= settle_loops(l);
      goes_on |= settle_function(l);
    }
  }
}

bool MemoryBalance::settle_missing(const Sum& sum, const MemoryListing& listing) {
  return sum.missing.size() == 1 && set(sum.missing.front(), listing, sum.rest, By::readings);
}

// The whole memories at the entries of a function, a generator's goings-on included.
WideInt MemoryBalance::entries(const MemoryListing& listing) const {
  const std::span<const MemoryRow> rows = text_.rows(listing);
  WideInt sum = rows.front().increment;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const bool holds_memory = growth_[listing.first_row + i].by != By::recorded;
    if (holds_memory && has_word(rows[i].source, "yield")) sum += rows[i].increment;
  }
  return sum;
}

// Whether a row of a function may change by so much in all: where that was called once, no more than its readings
// differ by and its other rows released. Else the row called something else, too, that has a memory in its increment.
bool MemoryBalance::may_change(const MemoryListing& listing, WideInt change) const {
  const std::span<const MemoryRow> rows = text_.rows(listing);
  if (rows.front().occurrences != 1) return true;
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = 0;
  WideInt others = 0;
  for (const MemoryRow& row : rows) {
    if (!row.executed || row.usage == not_measured) continue;
    least = std::min(least, row.usage);
    most = std::max(most, row.usage);
    const bool is_opposite = row.increment != not_measured && (row.increment < 0) != (change < 0);
    if (is_opposite) others += size_of(row.increment);
  }
  return size_of(change) <= WideInt{most - least} + others + rounding_of(listing, listing.rows);
}

// What the one row changed that calls the function, or that is left when the others are known.
bool MemoryBalance::settle_callee(std::uint32_t callee) {
  const std::vector<MemoryCall>& calls = callees_[callee].calls;
  if (calls.empty() || callees_[callee].has_others) return false;
  const MemoryListing& listing = listings_[callee];
  const MemoryRow& entry = text_.rows(listing).front();
  if (!entry.executed || entry.increment == not_measured || entry.occurrences == not_counted) return false;
  WideInt left = entries(listing);
  std::int64_t calls_left = entry.occurrences;
  const MemoryCall* last = nullptr;
  By by = By::callee_entry;
  for (const MemoryCall& call : calls) {
    const MemoryGrowth& growth = growth_[call.row];
    if (growth.by == By::callee_entry) return false;  // this sum has told what it can
    if (calls.size() == 1 && growth.by == By::readings) return false;
    const bool is_told = growth.by == By::readings || growth.by == By::shared ||
                         (growth.by == By::row_above && text_.row(call.row).occurrences == 1);
    if (calls.size() > 1 && is_told) {
      left -= text_.row(call.row).increment - growth.bytes;
      calls_left -= calls_on(call.row);
      if (growth.by == By::shared) by = By::shared;  // so this is an estimate, too
    } else if (last == nullptr) {
      last = &call;
    } else {
      return false;  // nobody knows which of them had how much
    }
  }
  if (last == nullptr) return false;
  const MemoryRow& row = text_.row(last->row);
  const bool holds_memory = growth_[last->row].by != By::recorded;
  // A function with a profiler of its own, which knows its lines alone, has a listing for each call.
  if (row.usage == not_measured || calls_left < (holds_memory ? 1 : 2)) return false;
  const WideInt rounding = rounding_of(listings_[last->listing], calls.size());
  const WideInt change = row.increment - left;
  // The name may be another function's: then there are no whole memories in the increment.
  if (row.increment < WideInt{least_} * std::min(row.occurrences, calls_left) - rounding) return false;
  // The function may be called elsewhere, too: then there are more in its entries.
  if (size_of(change) > WideInt{most_ - least_} * row.occurrences + rounding) return false;
  if (calls_left > row.occurrences && size_of(change) > least_ / 2) return false;
  if (size_of(change) > std::numeric_limits<std::int64_t>::max() || !may_change(listings_[last->listing], change))
    return false;
  growth_[last->row] = {size_of(change) <= rounding ? 0 : static_cast<std::int64_t>(change), by};
  return true;
}

// Rows that were executed as often, one after the other: their whole memories differ by what happened in between. The
// first row of a listing, with the memory at entry, may be the one before. What is deeper than all rows below it is a
// block that need not have run each time. Another branch never ran before this one, and its head tells that, although
// nobody executes an `else`.
bool MemoryBalance::settle_follower(const MemoryListing& listing, std::size_t i) {
  const std::span<const MemoryRow> rows = text_.rows(listing);
  const std::size_t first = listing.first_row;
  if (growth_[first + i].by != By::unknown || !whole_[first + i]) return false;
  WideInt change = rows[i].increment;
  std::size_t level = indentation(rows[i]);
  for (std::size_t j = i; j-- > 0;) {
    const MemoryRow& before = rows[j];
    if (indentation(before) < level && is_branch_head(before)) return false;
    if (!before.executed) continue;
    const bool is_entry = j == 0, is_deeper = !is_entry && indentation(before) > level;
    if (!is_deeper && before.occurrences != rows[i].occurrences) return false;
    if (!is_deeper && whole_[first + j] && !(is_entry && is_recursive(listing)))
      return set(first + i, listing, change - before.increment, By::readings);
    if (is_entry || is_loop_head(before) || !is_known(first + j) || growth_[first + j].bytes == not_measured)
      return false;
    change -= growth_[first + j].bytes;
    level = std::min(level, indentation(before));
  }
  return false;
}

MemoryBalance::Sum MemoryBalance::sum_of_rows(const MemoryListing& listing, std::size_t begin, std::size_t end,
                                              WideInt all) const {
  Sum sum{.rest = all, .missing = {}};
  for (std::size_t row = listing.first_row + begin; row < listing.first_row + end; ++row) {
    if (!is_known(row)) {
      sum.missing.push_back(row);
    } else if (growth_[row].bytes != not_measured) {
      sum.rest -= growth_[row].bytes;
    }
  }
  return sum;
}

// The loops of a function that was called once.
std::span<const MemoryLoop> MemoryBalance::loops(std::uint32_t l) const {
  const std::span<const MemoryRow> rows = text_.rows(listings_[l]);
  if (rows.empty() || rows.front().occurrences != 1 || rows.front().usage == not_measured) return {};
  return loops_[l];
}

// From the last reading before the loop to its own last one.
std::optional<MemoryBalance::Sum> MemoryBalance::sum_of_loop(const MemoryListing& listing,
                                                             const MemoryLoop& loop) const {
  const std::span<const MemoryRow> rows = text_.rows(listing);
  std::size_t above = loop.head - 1;
  while (above > 0 && !rows[above].executed) --above;
  std::size_t next = loop.end;
  while (next < rows.size() && !rows[next].executed) ++next;
  std::optional<std::int64_t> end;
  if (next < rows.size()) end = reading_before(rows[next], growth_[listing.first_row + next]);
  if (!end) end = last_reading(rows, loop);
  if (rows[above].usage == not_measured || *end == not_measured) return std::nullopt;
  return sum_of_rows(listing, loop.head, loop.end, WideInt{*end} - rows[above].usage);
}

bool MemoryBalance::settle_loops(std::uint32_t l) {
  bool settled = false;
  for (const MemoryLoop& loop : loops(l)) {
    const std::optional<Sum> sum = sum_of_loop(listings_[l], loop);
    settled |= sum && settle_missing(*sum, listings_[l]);
  }
  return settled;
}

// What a function grew by in all calls, as its callers' rows know it; they may have grown a little themselves.
std::optional<WideInt> MemoryBalance::growth_by_callers(std::uint32_t callee) const {
  const MemoryCallee& called = callees_[callee];
  if (called.calls.empty() || called.has_others) return std::nullopt;
  WideInt sum = 0;
  std::int64_t calls = 0;
  for (const MemoryCall& call : called.calls) {
    const By by = growth_[call.row].by;
    if (by == By::recorded || by == By::unknown || by == By::shared) return std::nullopt;
    sum += growth_[call.row].bytes;
    calls += calls_on(call.row);
  }
  const MemoryListing& listing = listings_[callee];
  if (calls != text_.rows(listing).front().occurrences && !is_recursive(listing)) return std::nullopt;
  return sum;
}

bool MemoryBalance::settle_function(std::uint32_t l) {
  const MemoryListing& listing = listings_[l];
  const Sum unknown = sum_of_rows(listing, 0, listing.rows, 0);
  if (unknown.missing.size() != 1) return false;
  const std::optional<WideInt> grown = growth_by_callers(l);
  if (!grown) return false;
  return settle_missing(sum_of_rows(listing, 0, listing.rows, *grown), listing);
}

// All calls together, where each row that makes some holds whole memories.
std::optional<MemoryBalance::Sum> MemoryBalance::sum_of_calls(std::uint32_t callee) const {
  const MemoryCallee& called = callees_[callee];
  if (called.calls.empty() || called.has_others) return std::nullopt;
  const MemoryListing& listing = listings_[callee];
  const MemoryRow& entry = text_.rows(listing).front();
  if (!entry.executed || entry.increment == not_measured) return std::nullopt;
  Sum sum{.rest = -entries(listing), .missing = {}};
  for (const MemoryCall& call : called.calls) {
    if (growth_[call.row].by == By::recorded) return std::nullopt;
    sum.rest += text_.row(call.row).increment;
    if (is_known(call.row)) {
      sum.rest -= growth_[call.row].bytes;
    } else {
      sum.missing.push_back(call.row);
    }
  }
  return sum;
}

// By executions. That others grew by too much is no release of these. A row with a yield has what happens until the
// generator goes on: nothing, if another one can have grown.
void MemoryBalance::share(const Sum& sum) {
  std::vector<std::int64_t> executions, parts(sum.missing.size());
  WideInt all = 0;
  const auto yields = [&](std::size_t row) { return has_word(text_.row(row).source, "yield"); };
  const bool all_yield = std::ranges::all_of(sum.missing, yields);
  for (const std::size_t row : sum.missing) {
    executions.push_back(yields(row) && !all_yield ? 0 : text_.row(row).occurrences);
    all += executions.back();
  }
  apportion(clamped(std::min(sum.rest, WideInt{most_ - least_} * all)), executions, parts);
  for (std::size_t i = 0; i < parts.size(); ++i) growth_[sum.missing[i]] = {parts[i], By::shared};
}

void MemoryBalance::share_rest() {
  for (std::uint32_t l = 0; l < listings_.size(); ++l) {
    for (const MemoryLoop& loop : loops(l)) {
      if (const std::optional<Sum> sum = sum_of_loop(listings_[l], loop)) share(*sum);
    }
  }
  settle();
  for (std::uint32_t l = 0; l < listings_.size(); ++l) {
    if (const std::optional<Sum> sum = sum_of_calls(l)) share(*sum);
  }
  settle();
}

// An increment is measured against the largest reading of the line before, in any call: a function that was called with
// much once and with little then seems to release the difference each time. Where the rows that call it grew by more
// than its own rows did and their releases together, there were none.
void MemoryBalance::take_back_releases() {
  for (std::uint32_t l = 0; l < listings_.size(); ++l) {
    const MemoryListing& listing = listings_[l];
    const std::optional<WideInt> grown = growth_by_callers(l);
    if (!grown) continue;
    const Sum sum = sum_of_rows(listing, 0, listing.rows, *grown);
    std::vector<std::size_t> releases;
    WideInt released = 0;
    for (std::size_t row = listing.first_row; row < listing.first_row + listing.rows; ++row) {
      const MemoryGrowth& growth = growth_[row];
      if (growth.by != By::recorded || growth.bytes == not_measured || growth.bytes >= 0) continue;
      if (text_.row(row).occurrences < 2) continue;  // it was measured against a reading of the same call
      releases.push_back(row);
      released -= growth.bytes;
    }
    if (!sum.missing.empty() || sum.rest < released) continue;
    for (const std::size_t row : releases) growth_[row] = {0, By::taken_back};
  }
}

}  // namespace profconv
