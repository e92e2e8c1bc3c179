#include "transforms/splitting/hub_times.hpp"

#include <array>
#include <cstdlib>

#include "transforms/splitting/split_hub.hpp"

namespace profconv {
namespace {

// The sums of all sets of some times, of half the callees that a hub may have for it.
class Sums {
 public:
  explicit Sums(std::span<const std::int64_t> times) {
    sums_[0] = 0;
    for (const std::int64_t time : times) {
      for (std::size_t k = 0; k < size_; ++k) sums_[size_ + k] = sums_[k] + time;
      size_ *= 2;
    }
  }
  std::span<const std::int64_t> all() const noexcept { return std::span(sums_).first(size_); }

 private:
  std::array<std::int64_t, std::size_t{1} << (most_callees_in_sums + 1) / 2> sums_;
  std::size_t size_ = 1;
};

// Which times are near one of some sums, `slack` at most: a bit for all times with a hash, so it says yes too often.
class NearSums {
 public:
  NearSums(std::span<const std::int64_t> sums, std::int64_t slack) {
    for (const std::int64_t sum : sums) {  // two at most, as twice the slack is less than a width
      for (const std::int64_t time : {sum - slack, sum + slack})
        words_[bit(time) / 64] |= std::uint64_t{1} << bit(time) % 64;
    }
  }
  bool may_have(std::int64_t time) const noexcept { return (words_[bit(time) / 64] >> bit(time) % 64 & 1) != 0; }

 private:
  static constexpr int width_bits = 5, bits = 10;
  static_assert(2 * (hub_rounding + most_callees_in_sums / 2) < (1 << width_bits));

  static std::size_t bit(std::int64_t time) noexcept {
    return static_cast<std::uint64_t>(time >> width_bits) * 0x9e3779b97f4a7c15u >> (64 - bits);
  }

  std::array<std::uint64_t, (std::size_t{1} << bits) / 64> words_{};
};

// Some times in a row; what is added may not count.
class Times {
 public:
  /// In memory with room for `most` of them and one that does not count.
  Times(std::vector<std::int64_t>& room, std::size_t most) : times_(room) {
    if (times_.size() <= most) times_.resize(most + 1);
  }
  void add_if(bool counts, std::int64_t time) noexcept {  // without a branch: nobody could foresee it
    times_[size_] = time;
    size_ += counts ? 1U : 0U;
  }
  std::span<const std::int64_t> all() const noexcept { return std::span(times_).first(size_); }

 private:
  std::vector<std::int64_t>& times_;
  std::size_t size_ = 0;
};

bool any_equal(std::span<const std::int64_t> times, std::span<const HubTimes::Callee> callees) {
  bool any = false;
  for (const std::int64_t time : times) {
    for (const HubTimes::Callee& c : callees)
      any |= static_cast<std::uint64_t>(c.total - time + hub_rounding) <= 2 * std::uint64_t{hub_rounding};
  }
  return any;
}

}  // namespace

// All in one go: a loop takes as long to end as it does to look at a few, since nobody can foresee how many there are.
void HubTimes::begin(std::span<const std::int64_t> callers, std::size_t callees) {
  callers_ = callers;
  if (callees_.size() < callees) callees_.resize(callees);
  added_ = 0;
  least_ = shortest_leading_ = no_callee;
  second_ = longest_ = below_ = total_ = longest_once_ = longest_leading_ = 0;
  for (const std::int64_t time : callers) {
    below_ += time;
    least_ = std::min(least_, time);
    second_ = std::max(second_, std::min(longest_, time));
    longest_ = std::max(longest_, time);
  }
}

HubChance HubTimes::chance(std::int64_t lost) {
  std::int64_t longest = longest_ + hub_rounding, second = second_ + hub_rounding, least = least_ + hub_rounding;
  if (lost != 0) {
    second = std::max(second, std::min(longest, lost));
    longest = std::max(longest, lost);
    least = std::min(least, lost);
  }
  // What the solver does first, where no two times are equal: callees that were called once are given, the longest
  // first, to the only caller that has time for it.
  const bool any_given = second < longest_once_ && longest_once_ <= longest;
  if (any_given) {
    give_away(lost);
    least = *std::ranges::min_element(left_);
    // Of the root the rounding is that of all callers.
    if (least <= 2 * (hub_rounding + static_cast<std::int64_t>(left_.size()))) return HubChance::some;
  }
  // All callers have time left for some callee that leads and was not given, so that they are still together; maybe
  // whichever of them still lead when other hubs were split: fewer may, but more cannot.
  if (shortest_leading_ == no_callee || least < shortest_leading_) return HubChance::some;
  if (any_match(lost, any_given)) return HubChance::some;
  return longest_leading_ != no_callee && least >= longest_leading_ ? HubChance::none : HubChance::none_yet;
}

void HubTimes::give_away(std::int64_t lost) {
  left_.clear();  // per caller, rounding included: what it has at most
  for (const std::int64_t time : callers_) left_.push_back(time + hub_rounding);
  if (lost != 0) left_.push_back(lost);
  given_.assign(added_, false);
  const auto longest_of = [&] {  // of those that were called once and not given; how many there are if it is none
    std::size_t longest = added_;
    for (std::size_t j = 0; j < added_; ++j) {
      if (callees_[j].once && given_[j] == 0 && (longest == added_ || callees_[j].total > callees_[longest].total))
        longest = j;
    }
    return longest;
  };
  const auto give = [&](std::int64_t total) {
    std::int64_t second = 0;
    std::int64_t* first = &left_[0];
    for (std::int64_t& time : std::span(left_).subspan(1)) {
      second = std::max(second, std::min(*first, time));
      if (time > *first) first = &time;
    }
    if (second >= total || *first < total) return false;
    *first -= total;
    return true;
  };
  for (std::size_t j = longest_of(); j != added_ && give(callees_[j].total); j = longest_of()) given_[j] = true;
  shortest_leading_ = no_callee;
  longest_leading_ = 0;
  for (std::size_t j = 0; j < added_; ++j) {
    if (!callees_[j].leads) continue;
    const std::int64_t least = given_[j] != 0 ? no_callee : least_of(callees_[j]);
    shortest_leading_ = std::min(shortest_leading_, least);
    longest_leading_ = std::max(longest_leading_, least);
  }
}

// Whether what a caller spent is what one of the callees took, or some of them if that says more than chance would.
bool HubTimes::any_match(std::int64_t lost, bool any_given) {
  if (added_ < 2) return any_equal(callers_, callees());
  // Of many callees sums tell nothing, but they may when some were given away.
  if (added_ > most_callees_in_sums) return any_given || any_equal(callers_, callees());
  // What a caller has left of its time is told by fewer sets than the whole.
  const std::size_t tries = any_given ? 0 : (callers_.size() + (lost != 0 ? 1 : 0)) << added_;
  const auto is_telling = [&](std::int64_t time) { return !fits_by_chance(tries, time, hub_rounding); };
  if (is_telling(least_)) return any_sum(callers_);
  Times telling(telling_, callers_.size()), others(others_, callers_.size());
  for (const std::int64_t time : callers_) {
    const bool is = is_telling(time);
    telling.add_if(is, time);
    others.add_if(!is, time);
  }
  return any_equal(others.all(), callees()) || (!telling.all().empty() && any_sum(telling.all()));
}

// Whether one of these times is what some of the callees took, or nearly. Every set of callees is one of the first half
// of them and one of the second.
bool HubTimes::any_sum(std::span<const std::int64_t> times) {
  const std::int64_t slack = hub_rounding + static_cast<std::int64_t>(added_) / 2;
  Times parts(parts_, added_);  // what took longer than any caller is part of no sum
  for (const Callee& c : callees()) parts.add_if(c.total <= longest_ + slack, c.total);
  const std::size_t half = parts.all().size() / 2;
  const Sums lower(parts.all().first(half)), upper(parts.all().subspan(half));
  const NearSums near(lower.all(), slack);
  const auto is_lower = [&](std::int64_t time) {
    return std::ranges::any_of(lower.all(), [&](std::int64_t sum) { return std::abs(sum - time) <= slack; });
  };
  for (const std::int64_t time : times) {
    for (const std::int64_t sum : upper.all()) {
      if (near.may_have(time - sum) && is_lower(time - sum)) return true;
    }
  }
  return false;
}

}  // namespace profconv
