#include "readers/memory_growth.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <span>

#include "base/wide_int.hpp"
#include "model/known.hpp"
#include "readers/memory_balance.hpp"
#include "readers/memory_brackets.hpp"
#include "readers/memory_calls.hpp"
#include "readers/memory_loops.hpp"

namespace profconv {
namespace {

/// Whether an increment is the process's whole memory, once for each execution, and no change.
///
/// `least` is the smallest reading in the listing. A true increment is the difference to some reading in the listing,
/// so on average it stays below the row's largest reading by about `least`; one that stays below by less than half of
/// that is none. Without occurrences only the increment of a line executed once can be told: it equals the reading.
bool is_absolute(const MemoryRow& row, std::int64_t least, std::int64_t smallest_digit) {
  if (row.increment <= 0 || least < 4 * smallest_digit) return false;  // rounding would decide
  if (row.occurrences == not_counted) return row.increment == row.usage;
  const double times = static_cast<double>(row.occurrences);
  return static_cast<double>(row.increment) > times * (static_cast<double>(row.usage) - static_cast<double>(least) / 2);
}

/// The same for lines whose executions call a profiled function now and then, as each turn of a generator expression
/// is one: whether the increment is a multiple of the reading, no larger one than there were such calls.
///
/// While the line was executed the readings were between that of the row above and its own. Where these are so far
/// apart that every eighth increment would be such a multiple, nothing is said.
bool is_partly_absolute(const MemoryRow& row, const MemoryRow& above, std::int64_t most_calls,
                        std::int64_t smallest_digit) {
  if (row.occurrences == not_counted || row.increment <= 0 || row.usage <= 0) return false;
  const double increment = static_cast<double>(row.increment), usage = static_cast<double>(row.usage),
               times = std::round(increment / usage), most = static_cast<double>(std::min(most_calls, row.occurrences));
  if (times < 1 || times > most) return false;
  const double least = static_cast<double>(std::min(row.usage, above.usage)),
               rounding = (times + 1) * static_cast<double>(smallest_digit);
  if (times * (usage - least) + 2 * rounding > usage / 8) return false;
  return increment >= times * least - rounding && increment <= times * usage + rounding;
}

class GrowthFinder {
 public:
  explicit GrowthFinder(const MemoryListings& text)
      : text_(text), listings_(text.listings()), most_calls_(text.most_calls()), callees_(memory_calls(text)) {}

  std::vector<MemoryGrowth> run() && {
    names_callee_.assign(text_.row_count(), false);
    for (const MemoryCallee& callee : callees_) {
      for (const MemoryCall& call : callee.calls) names_callee_[call.row] = true;
    }
    for (const MemoryListing& listing : listings_) {
      loops_.push_back(outermost_loops(text_.rows(listing)));
      brackets_.emplace_back(text_.rows(listing));
    }
    for (std::uint32_t l = 0; l < listings_.size(); ++l) add_readings(l);
    for (std::uint32_t l = 0; l < listings_.size(); ++l) recognise_by_count(l);
    MemoryBalance balance(text_, callees_, loops_, whole_, growth_);
    for (std::uint32_t l = 0; l < listings_.size(); ++l) bound_by_readings(l);
    balance.settle();
    for (std::uint32_t l = 0; l < listings_.size(); ++l) bound_by_readings(l);
    balance.settle();
    balance.share_rest();
    balance.take_back_releases();
    return std::move(growth_);
  }

 private:
  void add_readings(std::uint32_t l);
  void recognise_by_count(std::uint32_t callee);
  bool may_hold_memories(const MemoryRow& row) const;
  void bound_by_readings(std::uint32_t l);
  MemoryGrowth whole_memories(std::uint32_t l, std::size_t row) const;

  /// Memory before a row was executed.
  struct Before {
    const MemoryRow* row = nullptr;     ///< That shows it.
    std::int64_t usage = not_measured;  ///< not_measured: nobody knows what the rows in between did.
    WideInt entered = 0;                ///< What they grew by.
  };
  std::optional<Before> before(std::uint32_t l, std::size_t row, bool is_straight) const;

  const MemoryListings& text_;
  std::span<const MemoryListing> listings_;
  std::int64_t most_calls_;                     // of a profiled function
  std::vector<MemoryCallee> callees_;           // per listing
  std::vector<std::vector<MemoryLoop>> loops_;  // the same
  std::vector<MemoryBrackets> brackets_;        // the same
  std::vector<MemoryGrowth> growth_;            // per row of the text
  std::vector<bool> names_callee_;              // the same: whether its source names a profiled function
  std::vector<bool> whole_;                     // the same: whether each execution has a whole memory in the increment
  std::vector<std::int64_t> least_in_;          // per listing: its smallest reading
  std::int64_t least_ = std::numeric_limits<std::int64_t>::max();  // the smallest of the text
};

// The executed row above one of a listing; none above its first.
const MemoryRow* row_above(std::span<const MemoryRow> rows, std::size_t row) {
  while (row-- > 0) {
    if (rows[row].executed && rows[row].usage != not_measured) return &rows[row];
  }
  return nullptr;
}

const MemoryRow* row_below(std::span<const MemoryRow> rows, std::size_t row) {
  while (++row < rows.size()) {
    if (rows[row].executed && rows[row].usage != not_measured) return &rows[row];
  }
  return nullptr;
}

std::int64_t narrowed(WideInt value) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp<WideInt>(value, -most, most));
}

// The smallest reading.
std::int64_t least_of(std::span<const MemoryRow> rows) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const MemoryRow& row : rows) {
    if (row.executed && row.usage != not_measured) least = std::min(least, row.usage);
  }
  return least;
}

// What memory was before a row of a listing was executed, in a function that goes straight through its rows; `entered`
// is what rows in between did until then. Above the first one there is nothing.
//
// A row that opened brackets around this one is executed again behind it, and so is a `with`: neither shows what was
// before. Of rows that are through with their brackets the one that opened these was the last one, unless an old Python
// did not come back to it; then it shows less.
std::optional<GrowthFinder::Before> GrowthFinder::before(std::uint32_t l, std::size_t row, bool is_straight) const {
  const MemoryListing& listing = listings_[l];
  const std::span<const MemoryRow> rows = text_.rows(listing);
  const MemoryBrackets& brackets = brackets_[l];
  Before result;
  for (std::size_t i = row; i-- > 0;) {
    if (!rows[i].executed || rows[i].usage == not_measured) continue;
    if (!listing.layout.occurrences) return Before{&rows[i], rows[i].usage, 0};
    if (brackets.end(i) > row) continue;
    result.row = &rows[i];
    result.usage = rows[i].usage;
    for (std::size_t opener = brackets.opener(i); opener != MemoryBrackets::none && brackets.end(opener) <= row;
         opener = brackets.opener(i)) {
      i = opener;
      if (!rows[i].executed || rows[i].usage <= result.usage) continue;
      result.row = &rows[i];
      result.usage = rows[i].usage;
    }
    const bool encloses =
        is_straight && rows[i].occurrences > 1 && is_with(rows[i]) && indentation(rows[i]) < indentation(rows[row]);
    if (!encloses) return result;
    const MemoryGrowth& growth = growth_[listing.first_row + i];
    if (growth.by != MemoryGrowth::By::recorded || growth.bytes == not_measured)
      return Before{&rows[i], not_measured, 0};
    result.entered += std::max<std::int64_t>(growth.bytes, 0);
  }
  return std::nullopt;
}

// What such a row grew by, if the row above tells: both show the largest of their readings, and that is the last one of
// the row above before this one where both were executed once. Of a row that was executed once it is, too, if this one
// shows more: memory that grew was smaller before. What rows in its brackets did is theirs.
MemoryGrowth GrowthFinder::whole_memories(std::uint32_t l, std::size_t row) const {
  const MemoryListing& listing = listings_[l];
  const std::span<const MemoryRow> rows = text_.rows(listing);
  const bool is_straight = rows.front().occurrences == 1 && !is_in_one_of(loops_[l], row);
  const std::optional<Before> before = this->before(l, row, is_straight);
  if (!before) return {0, MemoryGrowth::By::row_above};
  if (before->usage == not_measured) return {not_measured, MemoryGrowth::By::unknown};
  WideInt from = WideInt{before->usage} + before->entered;
  const std::size_t end = listing.layout.occurrences ? brackets_[l].end(row) : row + 1;
  for (std::size_t i = row + 1; i < end; ++i) {
    const MemoryGrowth& inside = growth_[listing.first_row + i];
    if (inside.by == MemoryGrowth::By::unknown) return {not_measured, MemoryGrowth::By::unknown};
    if (inside.bytes == not_measured) continue;
    // What may turn out to be memories is no more than the reading there rose by.
    const bool is_sure = inside.by != MemoryGrowth::By::recorded || !may_hold_memories(rows[i]);
    from += is_sure ? inside.bytes : std::clamp<std::int64_t>(rows[i].usage - before->usage, 0, inside.bytes);
  }
  const MemoryRow* const below = row_below(rows, end - 1);
  if (is_straight && below != nullptr && before->row->occurrences == 1) {
    // Of several executions the row shows the largest reading; the one below was measured against the last. Behind
    // brackets that is the row which opened them.
    const auto next = static_cast<std::size_t>(below - rows.data());
    const std::size_t opener = brackets_[l].opener(row);
    const bool is_next = opener == MemoryBrackets::none || next < brackets_[l].end(opener);
    const bool is_measured = is_next && below->occurrences == 1 && below->increment != not_measured &&
                             !is_in_one_of(loops_[l], next) &&
                             !is_absolute(*below, least_in_[l], MemoryListings::smallest_digit(listing));
    if (is_measured && rows[row].occurrences > 1)
      return {narrowed(WideInt{below->usage} - below->increment - from), MemoryGrowth::By::readings};
  }
  const std::int64_t difference = narrowed(rows[row].usage - from);
  const bool is_last = rows[row].occurrences == 1 && difference > 0;
  if (!listing.layout.occurrences || is_straight || is_last) return {difference, MemoryGrowth::By::row_above};
  return {not_measured, MemoryGrowth::By::unknown};
}

// What the row's own numbers and those above it tell.
void GrowthFinder::add_readings(std::uint32_t l) {
  const MemoryListing& listing = listings_[l];
  const std::span<const MemoryRow> rows = text_.rows(listing);
  const std::int64_t least = least_of(rows);
  least_in_.push_back(least);
  least_ = std::min(least_, least);
  const std::int64_t digit = MemoryListings::smallest_digit(listing);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const MemoryRow& row = rows[i];
    MemoryGrowth& growth = growth_.emplace_back();
    whole_.push_back(false);
    if (!row.executed) continue;
    const MemoryRow* const above = row_above(rows, i);
    const bool absolute = is_absolute(row, least, digit);
    // A comprehension's turns are executions, too, and a generator goes on in some only.
    whole_.back() = absolute && !has_word(row.source, "for") && !has_word(row.source, "yield");
    growth.bytes = row.increment;
    // Whoever goes on in a generator comes from another function, as often as it yields.
    const std::int64_t most_calls = has_word(row.source, "yield") ? row.occurrences : most_calls_;
    if (i == 0) {
      growth.bytes = 0;  // it holds the memory at entry
    } else if (row.usage == not_measured) {
      continue;
    } else if (absolute || (above != nullptr && is_partly_absolute(row, *above, most_calls, digit))) {
      growth = {not_measured, MemoryGrowth::By::unknown};
    } else if (!listing.layout.increment) {
      growth.bytes = above == nullptr ? 0 : row.usage - above->usage;
    }
  }
  // A row needs what those in its brackets did.
  for (std::size_t i = rows.size(); i-- > 0;) {
    MemoryGrowth& growth = growth_[listing.first_row + i];
    if (growth.by == MemoryGrowth::By::unknown) growth = whole_memories(l, i);
  }
}

// Rows that name a function and were executed as often as it was called have called it each time.
void GrowthFinder::recognise_by_count(std::uint32_t callee) {
  const MemoryCallee& called = callees_[callee];
  if (called.calls.size() < 2 || called.has_others) return;  // of a single one its increment tells
  WideInt executions = 0;
  for (const MemoryCall& call : called.calls) {
    const MemoryRow& row = text_.row(call.row);
    if (row.occurrences == not_counted || row.usage == not_measured) return;
    if (row.increment < WideInt{least_} * row.occurrences - MemoryListings::smallest_digit(listings_[call.listing]))
      return;
    executions += row.occurrences;
  }
  if (executions != text_.rows(listings_[callee]).front().occurrences) return;
  for (const MemoryCall& call : called.calls) {
    whole_[call.row] = true;
    if (growth_[call.row].by != MemoryGrowth::By::recorded) continue;
    growth_[call.row] = whole_memories(call.listing, call.row - listings_[call.listing].first_row);
  }
}

// Whether a row's increment may be one reading or some, no more than there can be.
bool GrowthFinder::may_hold_memories(const MemoryRow& row) const {
  if (row.usage <= 0 || row.increment < row.usage / 2) return false;
  const std::int64_t most = has_word(row.source, "yield") ? row.occurrences : std::min(row.occurrences, most_calls_);
  return row.increment / row.usage <= most;
}

// In one call of a function memory grows by no more than its readings differ by. Where the rows say otherwise, some
// hold whole memories that no test above tells, as the readings lie too far apart: each turn of a comprehension has
// one, and each time that a generator goes on. Those that say most too much are replaced until the rest may be so.
void GrowthFinder::bound_by_readings(std::uint32_t l) {
  const MemoryListing& listing = listings_[l];
  const std::span<const MemoryRow> rows = text_.rows(listing);
  if (!listing.layout.occurrences || rows.empty() || rows.front().occurrences == not_counted) return;
  struct Candidate {
    MemoryGrowth* growth;
    MemoryGrowth otherwise;
    bool may_call;  // it names a profiled function, or goes on where others were
  };
  std::vector<Candidate> candidates;
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = 0;
  WideInt sum = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    MemoryGrowth& growth = growth_[listing.first_row + i];
    if (growth.bytes != not_measured) sum += growth.bytes;
    if (!rows[i].executed || rows[i].usage == not_measured) continue;
    least = std::min(least, rows[i].usage);
    most = std::max(most, rows[i].usage);
    if (i > 0 && growth.by == MemoryGrowth::By::recorded && may_hold_memories(rows[i]))
      candidates.push_back(
          {&growth, whole_memories(l, i), names_callee_[listing.first_row + i] || has_word(rows[i].source, "yield")});
  }
  const WideInt rounding = WideInt{rows.size()} * MemoryListings::smallest_digit(listing);
  // Rows show the largest of their readings: of several calls that is not what memory grew from. Of a row that calls
  // nothing profiled only what the whole process grew by tells.
  const WideInt calls = rows.front().occurrences;
  const WideInt bound = calls * (most - least), loose_bound = calls > 1 ? calls * (most - least_) : bound;
  const auto too_much = [](const Candidate& c) { return c.growth->bytes - known(c.otherwise.bytes); };
  std::ranges::stable_sort(candidates, std::greater<>{}, too_much);
  for (const Candidate& candidate : candidates) {
    if (sum - (candidate.may_call ? bound : loose_bound) - rounding < least / 2) continue;
    sum -= too_much(candidate);
    *candidate.growth = candidate.otherwise;
  }
}

}  // namespace

std::vector<MemoryGrowth> memory_growth(const MemoryListings& text) { return GrowthFinder(text).run(); }

}  // namespace profconv
