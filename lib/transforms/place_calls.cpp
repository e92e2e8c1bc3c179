#include "transforms/place_calls.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include <profconv/builder.hpp>

#include "base/wide_int.hpp"
#include "model/apportion.hpp"
#include "transforms/call_lines.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {
namespace {

// A line that calls f twice in one expression has twice as many calls as hits; more than this is a loop, and no proof.
constexpr std::int64_t most_calls_per_hit = 8;
// line_profiler and cProfile slow a program down differently: a line may have taken half of what its call took.
constexpr std::int64_t time_tolerance = 2;
// Lines looked at for all calls together. A real program needs few thousands; a made-up one stops here, and the lines
// of the calls that are left stay unknown.
constexpr std::size_t most_looks = std::size_t{1} << 27;

std::int64_t clamped(WideInt value) { return static_cast<std::int64_t>(std::clamp<WideInt>(value, 0, INT64_MAX)); }
std::int64_t known(std::int64_t value) { return std::max<std::int64_t>(value, 0); }

class Placer {
 public:
  Placer(const Profile& profile, const SourceFiles* sources, std::span<FuseReport::Function> functions)
      : p_(profile),
        functions_(functions),
        time_(profile.metric(time_metric.name)),
        hits_(profile.metric(hits_metric.name)),
        call_lines_(sources),
        result_(profile) {}

  Profile run() && {
    for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
      const FunctionId f{i};
      result_.add_function(f);
      result_.add_counts(f);
      result_.add_costs(f);
      result_.add_lines(f);
    }
    std::size_t line = 0, call = 0;
    for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
      const std::size_t first_line = line, first_call = call;
      while (line < p_.lines.size() && p_.lines[line].function == FunctionId{i}) ++line;
      while (call < p_.calls.size() && p_.calls[call].caller == FunctionId{i}) ++call;
      place(FunctionId{i}, first_line, line, first_call, call);
    }
    result_.add_stacks(Rebuild::Dropped::cut);
    return std::move(result_).finish();
  }

 private:
  struct Place {
    std::uint32_t line;
    std::int64_t hits;    // executions
    std::int64_t budget;  // time that calls on the line may have taken, scaled to the call graph's; 0: unknown
  };

  void place(FunctionId caller, std::size_t first_line, std::size_t last_line, std::size_t first_call,
             std::size_t last_call) {
    take_places(caller, first_line, last_line, first_call, last_call);
    if (places_.empty()) {
      for (std::size_t c = first_call; c < last_call; ++c) result_.add_call(c);
      return;
    }
    const bool source = call_lines_.enter(p_, caller, places_.back().line);
    // The costliest calls first: they leave the least doubt, and what they take from a line decides about others.
    order_.resize(last_call - first_call);
    std::iota(order_.begin(), order_.end(), first_call);
    std::ranges::stable_sort(order_, std::ranges::greater{}, [&](std::size_t c) { return cost(c); });
    std::vector<std::size_t> rest;
    for (const std::size_t c : order_) {
      if (p_.calls[c].line != 0) {
        take(p_.calls[c].line, cost(c));
        result_.add_call(c);
      } else if (!(source && place_by_name(c))) {
        rest.push_back(c);
      }
    }
    for (const std::size_t c : rest) {
      if (!place_by_numbers(c)) result_.add_call(c);
    }
    if (!functions_.empty()) functions_[index(caller)].calls = last_call - first_call;
  }

  void take_places(FunctionId caller, std::size_t first_line, std::size_t last_line, std::size_t first_call,
                   std::size_t last_call) {
    places_.clear();
    std::vector<std::int64_t> times;
    for (std::size_t i = first_line; i < last_line; ++i) {
      if (p_.lines[i].line == 0) continue;
      const std::int64_t hits = hits_ && !p_.line_self.empty() ? known(p_.line_self.at(i, *hits_)) : 0;
      const std::int64_t time = time_ && !p_.line_total.empty() ? known(p_.line_total.at(i, *time_)) : 0;
      if (hits == 0 && time == 0) continue;
      places_.push_back({p_.lines[i].line, hits, 0});
      times.push_back(time);
    }
    has_times_ = std::ranges::any_of(times, [](std::int64_t time) { return time != 0; });
    if (!has_times_) return;
    WideInt whole = time_ && !p_.self.empty() ? known(p_.self.at(index(caller), *time_)) : 0;
    for (std::size_t c = first_call; c < last_call; ++c) whole += cost(c);
    std::vector<std::int64_t> budgets(times.size());
    apportion(clamped(whole), times, budgets);
    for (std::size_t i = 0; i < places_.size(); ++i) places_[i].budget = budgets[i];
  }

  std::int64_t cost(std::size_t call) const {
    return time_ && !p_.call_total.empty() ? known(p_.call_total.at(call, *time_)) : 0;
  }
  std::int64_t calls(std::size_t call) const { return p_.call_counts.empty() ? 0 : known(p_.call_counts[call].calls); }
  Place* place_at(std::uint32_t line) {
    const auto found = std::ranges::lower_bound(places_, line, {}, &Place::line);
    return found != places_.end() && found->line == line ? &*found : nullptr;
  }
  void take(std::uint32_t line, std::int64_t cost) {
    if (Place* const place = place_at(line)) place->budget -= std::min(place->budget, cost);
  }

  bool place_by_name(std::size_t call) {
    std::vector<Place*> named;
    std::vector<std::int64_t> expected;  // calls: hits, as often as the name stands there
    WideInt sum = 0;
    const std::vector<CallLine> lines = call_lines_.find(p_, p_.calls[call].callee);
    if (!may_look(lines.size())) return false;
    for (const CallLine& found : lines) {
      Place* place = place_at(found.line);
      if (place == nullptr) place = place_at(found.statement);
      if (place == nullptr) continue;
      if (named.empty() || named.back() != place) {
        named.push_back(place);
        expected.push_back(0);
      }
      expected.back() = clamped(WideInt{expected.back()} + WideInt{place->hits} * found.times);
    }
    if (named.empty()) return false;
    for (const std::int64_t e : expected) sum += e;
    if (sum == 0) std::ranges::fill(expected, 1);
    const bool adds_up = sum == calls(call);
    const bool sure = named.size() == 1 || adds_up;
    if (!sure) {
      // Only one of them took long enough?
      Place* const only = the_only(named, [&](const Place& place) { return is_long_enough(place, call); });
      if (only != nullptr && cost(call) > 0) {
        named = {only};
        expected = {1};
      }
    }
    if (!functions_.empty()) {
      FuseReport::Function& report = functions_[index(p_.calls[call].caller)];
      ++report.by_name;
      if (named.size() > 1 && !adds_up) ++report.shared;
    }
    split(call, named, expected);
    return true;
  }

  bool place_by_numbers(std::size_t call) {
    if (!has_times_ || !may_look(places_.size())) return false;
    std::vector<Place*> all;
    for (Place& place : places_) all.push_back(&place);
    const auto long_enough = [&](const Place& place) { return is_long_enough(place, call); };
    const auto divides = [&](const Place& place) {
      return place.hits > 0 && calls(call) % place.hits == 0 && calls(call) / place.hits <= most_calls_per_hit &&
             calls(call) > 0 && is_long_enough(place, call);
    };
    Place* place = cost(call) > 0 ? the_only(all, long_enough) : nullptr;
    const bool by_time = place != nullptr;
    if (place == nullptr) place = the_only(all, divides);
    if (place == nullptr) return false;
    if (!functions_.empty()) {
      FuseReport::Function& report = functions_[index(p_.calls[call].caller)];
      ++(by_time ? report.by_time : report.by_hits);
    }
    split(call, {place}, {1});
    return true;
  }

  bool may_look(std::size_t lines) {
    if (lines > looks_left_) return false;
    looks_left_ -= lines;
    return true;
  }
  bool is_long_enough(const Place& place, std::size_t call) const {
    return WideInt{place.budget} * time_tolerance >= cost(call);
  }
  template <class Fits>
  static Place* the_only(const std::vector<Place*>& places, Fits fits) {
    Place* only = nullptr;
    for (Place* const place : places) {
      if (!fits(*place)) continue;
      if (only != nullptr) return nullptr;
      only = place;
    }
    return only;
  }

  // Shares an edge over lines; counts and costs in whole units that add up.
  void split(std::size_t call, const std::vector<Place*>& places, const std::vector<std::int64_t>& weights) {
    const Call& c = p_.calls[call];
    const std::size_t n = places.size(), metrics = p_.metrics.size();
    const auto shares = [&](std::int64_t value) {
      std::vector<std::int64_t> parts(n, value == not_measured ? not_measured : 0);
      if (value != not_measured) apportion(value, weights, parts);
      return parts;
    };
    const Counts counts = p_.call_counts.empty() ? Counts{} : p_.call_counts[call];
    const auto count_shares = [&](std::int64_t count) {
      return count == not_counted ? std::vector<std::int64_t>(n, not_counted) : shares(count);
    };
    const std::vector<std::int64_t> all = count_shares(counts.calls), primitive = count_shares(counts.primitive);
    const auto cost_shares = [&](const CostTable& table) {
      std::vector<std::vector<std::int64_t>> rows;
      if (table.empty()) return rows;
      rows.assign(n, std::vector<std::int64_t>(metrics));
      for (std::size_t m = 0; m < metrics; ++m) {
        const std::vector<std::int64_t> parts = shares(table.at(call, m));
        for (std::size_t i = 0; i < n; ++i) rows[i][m] = parts[i];
      }
      return rows;
    };
    const auto self = cost_shares(p_.call_self), total = cost_shares(p_.call_total);
    const auto row = [](const std::vector<std::vector<std::int64_t>>& rows, std::size_t i) {
      return rows.empty() ? std::span<const std::int64_t>{} : std::span<const std::int64_t>(rows[i]);
    };
    for (std::size_t i = 0; i < n; ++i) {
      if (n > 1 && weights[i] == 0) continue;  // gets nothing
      result_.builder().add_call({result_[c.caller], result_[c.callee], places[i]->line}, {all[i], primitive[i]},
                                 row(self, i), row(total, i));
      if (time_ && !total.empty()) places[i]->budget -= std::min(places[i]->budget, known(total[i][*time_]));
    }
  }

  const Profile& p_;
  std::span<FuseReport::Function> functions_;
  std::optional<std::size_t> time_, hits_;
  CallLines call_lines_;
  Rebuild result_;
  std::vector<Place> places_;  // of the caller at hand
  bool has_times_ = false;
  std::size_t looks_left_ = most_looks;
  std::vector<std::size_t> order_;  // scratch
};

}  // namespace

Profile place_calls(Profile&& profile, const SourceFiles* sources, std::span<FuseReport::Function> functions) {
  if (profile.lines.empty() || profile.calls.empty()) return std::move(profile);
  return Placer(profile, sources, functions).run();
}

}  // namespace profconv
