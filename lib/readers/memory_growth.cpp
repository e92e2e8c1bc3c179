#include "readers/memory_growth.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string_view>

#include "base/hash_tables.hpp"
#include "base/name_byte.hpp"
#include "base/wide_int.hpp"

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

/// Names before a parenthesis in a piece of source, in the order in which they are called: f(g(x)) calls g first.
class CalledNames {
 public:
  explicit CalledNames(std::string_view source) {
    std::vector<std::string_view> open;  // "" for a parenthesis without a name
    for (std::size_t i = 0; i < source.size(); ++i) {
      const char c = source[i];
      if (is_name_byte(c)) {
        const std::size_t begin = i;
        while (i + 1 < source.size() && is_name_byte(source[i + 1])) ++i;
        word_ = source.substr(begin, i + 1 - begin);
      } else if (c == '(') {
        open.push_back(word_);
        word_ = {};
      } else if (c == ')' && !open.empty()) {
        add(open.back());
        open.pop_back();
        word_ = {};
      } else if (c != ' ') {
        word_ = {};
      }
    }
    for (; !open.empty(); open.pop_back()) add(open.back());  // it goes on in the next line
  }

  const std::vector<std::string_view>& all() const noexcept { return names_; }

 private:
  void add(std::string_view name) {
    if (!name.empty()) names_.push_back(name);
  }

  std::string_view word_;
  std::vector<std::string_view> names_;
};

bool has_word(std::string_view source, std::string_view word) {
  for (std::size_t at = source.find(word); at != std::string_view::npos; at = source.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_name_byte(source[at - 1])) && (end == source.size() || !is_name_byte(source[end]))) return true;
  }
  return false;
}

/// Whether the line defines or decorates something, and calls nothing that it names.
bool is_header(std::string_view source) {
  source.remove_prefix(std::min(source.find_first_not_of(" \t"), source.size()));
  return source.starts_with('@') || source.starts_with("def ") || source.starts_with("async def ") ||
         source.starts_with("class ");
}

class GrowthFinder {
 public:
  explicit GrowthFinder(const MemoryListings& text)
      : text_(text), listings_(text.listings()), most_calls_(text.most_calls()) {}

  std::vector<MemoryGrowth> run() && {
    for (const MemoryListing& listing : listings_) add_readings(listing);
    find_calls();
    for (std::uint32_t l = 0; l < callees_.size(); ++l) subtract_entries(l);
    for (const MemoryListing& listing : listings_) bound_by_readings(listing);
    return std::move(growth_);
  }

 private:
  // A row that calls a profiled function.
  struct Call {
    std::uint32_t listing;
    std::size_t row;  // of the text
  };
  struct Callee {
    std::vector<Call> calls;
    bool has_others = false;  // calls that no row's increment can be told by
  };
  static constexpr std::uint32_t several = std::numeric_limits<std::uint32_t>::max();

  void add_readings(const MemoryListing& listing);
  void find_calls();
  void subtract_entries(std::uint32_t callee);
  bool may_hold_memories(const MemoryRow& row) const;
  void bound_by_readings(const MemoryListing& listing);
  WideInt entries(const MemoryListing& listing) const;
  const MemoryRow& row(const Call& call) const {
    const MemoryListing& listing = listings_[call.listing];
    return text_.rows(listing)[call.row - listing.first_row];
  }

  const MemoryListings& text_;
  std::span<const MemoryListing> listings_;
  std::int64_t most_calls_;  // of a profiled function
  std::vector<MemoryGrowth> growth_;
  // Of the whole text: a row shows the largest of its readings only.
  std::int64_t least_ = std::numeric_limits<std::int64_t>::max(), most_ = 0;
  std::vector<Callee> callees_;  // per listing
};

// What the row's own numbers and those above it tell.
void GrowthFinder::add_readings(const MemoryListing& listing) {
  const std::span<const MemoryRow> rows = text_.rows(listing);
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const MemoryRow& row : rows) {
    if (!row.executed || row.usage == not_measured) continue;
    least = std::min(least, row.usage);
    most_ = std::max(most_, row.usage);
  }
  least_ = std::min(least_, least);
  const std::int64_t digit = MemoryListings::smallest_digit(listing);
  const MemoryRow* above = nullptr;  // the executed one
  for (const MemoryRow& row : rows) {
    MemoryGrowth& growth = growth_.emplace_back();
    if (!row.executed) continue;
    growth.bytes = row.increment;
    // Whoever goes on in a generator comes from another function, as often as it yields.
    const std::int64_t most_calls = has_word(row.source, "yield") ? row.occurrences : most_calls_;
    const bool absolute =
        is_absolute(row, least, digit) || (above != nullptr && is_partly_absolute(row, *above, most_calls, digit));
    if (&row == &rows.front()) {
      growth.bytes = 0;  // it holds the memory at entry
    } else if (row.usage != not_measured && (absolute || !listing.layout.increment)) {
      growth.bytes = above == nullptr ? 0 : row.usage - above->usage;
      if (absolute) growth.by = MemoryGrowth::By::row_above;
    }
    if (row.usage != not_measured) above = &row;
  }
}

// Which rows name functions that have a listing, and which of them they call first: the memory at its entry is what the
// row began with.
void GrowthFinder::find_calls() {
  callees_.resize(listings_.size());
  TextMap<std::uint32_t> by_name;
  for (std::uint32_t l = 0; l < listings_.size(); ++l) {
    if (listings_[l].rows == 0) continue;
    const auto [known, is_new] = by_name.try_emplace(text_.name(listings_[l]), l);
    if (!is_new) known->second = several;
  }
  for (std::uint32_t l = 0; l < listings_.size(); ++l) {
    if (!listings_[l].layout.occurrences) continue;
    const std::span<const MemoryRow> rows = text_.rows(listings_[l]);
    for (std::size_t i = 1; i < rows.size(); ++i) {
      if (!rows[i].executed || rows[i].increment == not_measured || is_header(rows[i].source)) continue;
      bool is_first = true;
      const CalledNames names(rows[i].source);
      for (const std::string_view name : names.all()) {
        const auto callee = by_name.find(name);
        if (callee == by_name.end() || callee->second == several || callee->second == l) continue;
        if (is_first) {
          callees_[callee->second].calls.push_back({l, listings_[l].first_row + i});
        } else {
          callees_[callee->second].has_others = true;
        }
        is_first = false;
      }
    }
  }
}

// The whole memories at the entries of a function, a generator's goings-on included.
WideInt GrowthFinder::entries(const MemoryListing& listing) const {
  const std::span<const MemoryRow> rows = text_.rows(listing);
  WideInt sum = rows.front().increment;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const bool holds_memory = growth_[listing.first_row + i].by == MemoryGrowth::By::row_above;
    if (holds_memory && has_word(rows[i].source, "yield")) sum += rows[i].increment;
  }
  return sum;
}

// What the one row changed that calls the function, or that is left when those are known that ran once.
void GrowthFinder::subtract_entries(std::uint32_t callee) {
  const std::vector<Call>& calls = callees_[callee].calls;
  if (calls.empty() || callees_[callee].has_others) return;
  const MemoryListing& listing = listings_[callee];
  const MemoryRow& entry = text_.rows(listing).front();
  if (!entry.executed || entry.increment == not_measured || entry.occurrences == not_counted) return;
  WideInt left = entries(listing);
  std::int64_t calls_left = entry.occurrences;
  const Call* last = nullptr;
  for (const Call& call : calls) {
    const MemoryRow& row = this->row(call);
    const MemoryGrowth& growth = growth_[call.row];
    if (calls.size() > 1 && row.occurrences == 1 && growth.by == MemoryGrowth::By::row_above) {
      left -= row.increment - growth.bytes;
      --calls_left;
    } else if (last == nullptr) {
      last = &call;
    } else {
      return;  // nobody knows which of them had how much
    }
  }
  if (last == nullptr) return;
  const MemoryRow& row = this->row(*last);
  MemoryGrowth& growth = growth_[last->row];
  // A function with a profiler of its own, which knows its lines alone, has a listing for each call.
  if (row.usage == not_measured || calls_left < (growth.by == MemoryGrowth::By::row_above ? 1 : 2)) return;
  // Half a digit of each number that is in it.
  const WideInt rounding = WideInt{calls.size() + 1} * MemoryListings::smallest_digit(listings_[last->listing]);
  const WideInt change = row.increment - left, size = change < 0 ? -change : change;
  // The name may be another function's: then there are no whole memories in the increment.
  if (row.increment < WideInt{least_} * std::min(row.occurrences, calls_left) - rounding) return;
  // The function may be called elsewhere, too: then there are more in its entries.
  if (size > WideInt{most_ - least_} * row.occurrences + rounding) return;
  if (calls_left > row.occurrences && size > least_ / 2) return;
  if (size > std::numeric_limits<std::int64_t>::max()) return;
  growth = {size <= rounding ? 0 : static_cast<std::int64_t>(change), MemoryGrowth::By::callee_entry};
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
void GrowthFinder::bound_by_readings(const MemoryListing& listing) {
  const std::span<const MemoryRow> rows = text_.rows(listing);
  if (!listing.layout.occurrences || rows.empty() || rows.front().occurrences == not_counted) return;
  struct Candidate {
    MemoryGrowth* growth;
    std::int64_t difference;  // to the row above
  };
  std::vector<Candidate> candidates;
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = 0;
  WideInt sum = 0;
  const MemoryRow* above = nullptr;  // the executed one
  for (std::size_t i = 0; i < rows.size(); ++i) {
    MemoryGrowth& growth = growth_[listing.first_row + i];
    if (growth.bytes != not_measured) sum += growth.bytes;
    if (!rows[i].executed || rows[i].usage == not_measured) continue;
    least = std::min(least, rows[i].usage);
    most = std::max(most, rows[i].usage);
    if (above != nullptr && growth.by == MemoryGrowth::By::recorded && may_hold_memories(rows[i]))
      candidates.push_back({&growth, rows[i].usage - above->usage});
    above = &rows[i];
  }
  if (candidates.empty()) return;
  const std::int64_t calls = rows.front().occurrences;
  const WideInt rounding = WideInt{rows.size()} * MemoryListings::smallest_digit(listing);
  const WideInt bound = WideInt{calls} * (most - least);
  std::ranges::stable_sort(candidates, std::greater<>{},
                           [](const Candidate& c) { return c.growth->bytes - c.difference; });
  std::size_t replaced = 0;
  for (; replaced < candidates.size() && sum - bound - rounding >= least / 2; ++replaced) {
    const Candidate& c = candidates[replaced];
    sum -= c.growth->bytes - c.difference;
    *c.growth = {c.difference, MemoryGrowth::By::row_above};
  }
  // All rows of a loop show the same reading, its largest: what they grew by is the one row's that says so.
  if (replaced == 1 && calls == 1 && sum < bound)
    candidates.front().growth->bytes += static_cast<std::int64_t>(bound - sum);
}

}  // namespace

std::vector<MemoryGrowth> memory_growth(const MemoryListings& text) { return GrowthFinder(text).run(); }

}  // namespace profconv
