#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include <profconv/profile.hpp>

#include "base/hash_tables.hpp"
#include "base/prefetch.hpp"

namespace profconv {

/// The calls of a profile. Costs are those of the metric "time". It holds addresses alone: a loop over many calls keeps
/// a copy in registers.
class RecordedCalls {
 public:
  struct Call {
    std::uint32_t caller, callee, line;
    bool estimated;  ///< Its numbers are a share of those of several calls.
    Counts counts;
    std::int64_t self, total;  ///< May be `not_measured`.
  };

  /// The profile outlives it.
  RecordedCalls(const Profile& profile, std::size_t time)
      : size_(static_cast<std::uint32_t>(profile.calls.size())),
        calls_(profile.calls.data()),
        counts_(profile.call_counts.data()),
        estimated_(profile.call_estimated.empty() ? nullptr : profile.call_estimated.data()),
        self_(profile.call_self, time),
        total_(profile.call_total, time) {}

  std::uint32_t size() const noexcept { return size_; }
  [[gnu::always_inline]] Call operator[](std::uint32_t i) const noexcept {  // most want a number or two of it
    const profconv::Call& c = calls_[i];
    return {static_cast<std::uint32_t>(c.caller),
            static_cast<std::uint32_t>(c.callee),
            c.line,
            estimated_ != nullptr && estimated_[i] != 0,
            counts_[i],
            self_[i],
            total_[i]};
  }
  std::uint32_t caller(std::uint32_t i) const noexcept { return static_cast<std::uint32_t>(calls_[i].caller); }
  std::uint32_t callee(std::uint32_t i) const noexcept { return static_cast<std::uint32_t>(calls_[i].callee); }
  std::int64_t count(std::uint32_t i) const noexcept { return counts_[i].calls; }
  void prefetch(std::uint32_t i) const noexcept {
    profconv::prefetch(&calls_[i]);
    profconv::prefetch(&counts_[i]);
    self_.prefetch(i);
    total_.prefetch(i);
  }

 private:
  // A column of a table that may be empty.
  class Column {
   public:
    Column(const CostTable& table, std::size_t column)
        : values_(table.empty() ? nullptr : table.row(0).data() + column), width_(table.columns()) {}
    std::int64_t operator[](std::uint32_t row) const noexcept {
      return values_ == nullptr ? not_measured : values_[row * width_];
    }
    void prefetch(std::uint32_t row) const noexcept {
      if (values_ != nullptr) profconv::prefetch(&values_[row * width_]);
    }

   private:
    const std::int64_t* values_;
    std::size_t width_;
  };

  std::uint32_t size_;
  const profconv::Call* calls_;
  const Counts* counts_;
  const std::uint8_t* estimated_;
  Column self_, total_;
};

/// The same, of which few are changed and some added: these alone are kept, the others looked up where the profile has
/// them.
class ContextCalls {
 public:
  using Call = RecordedCalls::Call;
  /// A call that was changed or added, and whose it was.
  struct News {
    std::uint32_t call, caller, callee;  ///< `CallLists::nobody` of one that was added.
  };

  /// The profile outlives it.
  ContextCalls(const Profile& profile, std::size_t time) : as_recorded_(profile, time) {
    is_other_.reserve(recorded() + recorded() / 16);  // for some that are added
    is_other_.resize(recorded(), false);
  }

  const RecordedCalls& as_recorded() const noexcept { return as_recorded_; }  ///< Those of the profile, as they were.
  std::uint32_t recorded() const noexcept { return as_recorded_.size(); }     ///< These are the first ones.
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(is_other_.size()); }
  [[gnu::always_inline]] Call operator[](std::uint32_t i) const noexcept {
    if (!is_as_recorded(i)) [[unlikely]]
      return other(i).call;
    return as_recorded_[i];
  }
  std::uint32_t caller(std::uint32_t i) const noexcept {
    return is_as_recorded(i) ? as_recorded_.caller(i) : other(i).call.caller;
  }
  std::uint32_t callee(std::uint32_t i) const noexcept {
    return is_as_recorded(i) ? as_recorded_.callee(i) : other(i).call.callee;
  }
  /// A call that was counted 0 times and took no time says nothing (Python 3.12 and 3.13 record some).
  static bool carries_nothing(const Call& call) noexcept {
    return call.counts.calls == 0 && call.total <= 0 && (call.self == 0 || call.self == not_measured);
  }
  bool carries_nothing(std::uint32_t i) const noexcept {
    return is_as_recorded(i) && as_recorded_.count(i) != 0 ? false : carries_nothing((*this)[i]);
  }
  /// Has the memory of a call fetched, which will be asked for soon.
  void prefetch(std::uint32_t i) const noexcept {
    if (i >= recorded()) return;
    profconv::prefetch(&is_other_[i]);
    as_recorded_.prefetch(i);
  }
  /// To be written to; good as long as this lives.
  Call& change(std::uint32_t i);
  void push_back(const Call& call);
  /// What was changed or added since the last `take_news`, each call once.
  const std::vector<News>& news() const noexcept { return news_; }
  bool is_news(std::uint32_t i) const noexcept { return !is_as_recorded(i) && other(i).is_news; }
  std::vector<News> take_news();

  /// Calls `visit(number, call)` for each that was changed or added; those that were added in their order.
  template <class Visit>
  void each_other(Visit visit) const {
    for (const Other& other : others_) visit(other.number, other.call);
  }

 private:
  // A call that is not what the profile says, or not in it.
  struct Other {
    Call call;
    std::uint32_t number;
    bool is_news;
  };

  bool is_as_recorded(std::uint32_t i) const noexcept { return is_other_[i] == 0; }
  const Other& other(std::uint32_t i) const noexcept { return others_[place_.find(i)->second]; }
  Other& other(std::uint32_t i) noexcept { return others_[place_.find(i)->second]; }
  Other& add_other(std::uint32_t i, const Call& call);

  RecordedCalls as_recorded_;
  std::vector<std::uint8_t> is_other_;  // per call; nearly all are not, and a byte is soon looked at
  NumberMap<std::uint32_t> place_;      // of those that are: in others_
  std::deque<Other> others_;
  std::vector<News> news_;
};

}  // namespace profconv
