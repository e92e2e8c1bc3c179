#include "transforms/fusion/place_calls.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <optional>
#include <vector>

#include <profconv/builder.hpp>

#include "base/wide_int.hpp"
#include "model/apportion.hpp"
#include "model/known.hpp"
#include "transforms/call_lines/site_calls.hpp"
#include "transforms/call_lines/true_lines.hpp"
#include "transforms/program.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {
namespace {

// More calls than this whenever a line is hit are a loop, and no proof.
constexpr std::int64_t most_calls_per_hit = 8;
// line_profiler and cProfile slow a program down differently: a line may have taken half of what its call took.
constexpr std::int64_t time_tolerance = 2;
// Lines looked at for all calls together. A real program needs few thousands; a made-up one stops here, and the lines
// of the calls that are left stay unknown.
constexpr std::size_t most_looks = std::size_t{1} << 27;

class Placer {
 public:
  Placer(const Profile& profile, const SourceFiles* sources, std::span<FuseReport::Function> functions)
      : p_(profile),
        functions_(functions),
        time_(profile.metric(time_metric.name)),
        hits_(profile.metric(hits_metric.name)),
        result_(profile) {
    if (sources == nullptr || !sources->enabled()) return;
    const Program program(profile, *sources);
    true_lines_ = find_true_lines(program);
  }

  Profile run() && {
    for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
      result_.add_whole(FunctionId{i});
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
    double given = 0;     // of it, to calls on several lines
  };
  struct Shared {  // a call on several lines
    std::size_t call;
    std::vector<Place*> places;
    std::vector<std::int64_t> counts;  // weights
    std::vector<SiteHits> open = {};   // where these do not tell how often each line made it; else empty
    std::vector<double> costs = {};
  };

  void place(FunctionId caller, std::size_t first_line, std::size_t last_line, std::size_t first_call,
             std::size_t last_call) {
    take_places(caller, first_line, last_line, first_call, last_call);
    if (places_.empty()) {
      for (std::size_t c = first_call; c < last_call; ++c) result_.add_call(c);
      return;
    }
    // The costliest calls first: they leave the least doubt, and what they take from a line decides about others.
    order_.resize(last_call - first_call);
    std::iota(order_.begin(), order_.end(), first_call);
    std::ranges::stable_sort(order_, std::ranges::greater{}, [&](std::size_t c) { return cost(c); });
    std::vector<std::size_t> rest;
    for (const std::size_t c : order_) {
      if (p_.calls[c].line != 0) {
        take(p_.calls[c].line, cost(c));
        result_.add_call(c);
      } else if (is_guess(c) || !place_by_source(c)) {
        rest.push_back(c);
      }
    }
    for (const std::size_t c : rest) {
      if (!place_by_numbers(c) && !place_by_source(c)) result_.add_call(c);
    }
    share_costs();
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
  Place* place_before(std::uint32_t line) {
    const auto found = std::ranges::upper_bound(places_, line, {}, &Place::line);
    return found == places_.begin() ? nullptr : &*std::prev(found);
  }
  Place* place_at(std::uint32_t line) {
    const auto found = std::ranges::lower_bound(places_, line, {}, &Place::line);
    return found != places_.end() && found->line == line ? &*found : nullptr;
  }
  void take(std::uint32_t line, std::int64_t cost) {
    if (Place* const place = place_at(line)) place->budget -= std::min(place->budget, cost);
  }

  // The source names it nowhere: numbers come first.
  bool is_guess(std::size_t call) const {
    return true_lines_.empty() || true_lines_[call].rule == SourceReport::Rule::elimination;
  }

  bool place_by_source(std::size_t call) {
    if (true_lines_.empty()) return false;
    const std::vector<TrueLines::Part>& parts = true_lines_[call].parts;
    if (!may_look(parts.size())) return false;
    std::vector<Place*> named;
    std::vector<SiteHits> hits;
    std::vector<std::int64_t> likely;  // weights, by what the source says of each place
    const auto add = [&](Place* place, const TrueLines::Part& part, const SiteHits& part_hits) {
      if (place == nullptr) return;
      if (named.empty() || named.back() != place) {
        named.push_back(place);
        hits.emplace_back();
        likely.push_back(0);
      }
      hits.back() += part_hits;
      likely.back() += std::llround(part.calls * (1 << 30));
    };
    for (const TrueLines::Part& part : parts) add(place_at(part.line), part, part.hits);
    // Hits of a statement may be counted further up than any place in it says.
    for (std::size_t i = 0; i < parts.size() && named.empty(); ++i) {
      Place* const before = place_before(parts[i].line);
      add(before, parts[i], {0, before == nullptr ? 0 : before->hits, false});
    }
    if (named.empty()) return false;
    const bool is_exact = true_lines_[call].rule == SourceReport::Rule::exact;
    WideInt sum = 0;
    bool are_open = false, repeat = false;
    for (const SiteHits& h : hits) {
      sum += WideInt{h.sure} + h.maybe;
      are_open |= h.maybe != 0;
      repeat |= h.repeats;
    }
    const bool adds_up = sum == calls(call) && !repeat;
    are_open = are_open && is_exact && !adds_up;
    std::vector<std::int64_t> counts = are_open              ? open_calls(calls(call), hits, likely)
                                       : adds_up || is_exact ? calls_of_sites(calls(call), hits)
                                                             : likely;
    if (named.size() > 1 && !adds_up && !is_exact && cost(call) > 0) {
      // Only one of them took long enough, and may have made all calls?
      Place* const only = the_only(named, [&](const Place& place) { return is_long_enough(place, call); });
      const auto at = static_cast<std::size_t>(std::ranges::find(named, only) - named.begin());
      if (only != nullptr && WideInt{hits[at].sure} + hits[at].maybe >= calls(call)) {
        named = {only};
        counts = {1};
      }
    }
    const auto is_nothing = [](std::int64_t count) { return count == 0; };
    if (std::ranges::all_of(counts, is_nothing)) counts = likely;
    if (std::ranges::all_of(counts, is_nothing)) std::ranges::fill(counts, 1);
    if (!functions_.empty()) {
      FuseReport::Function& report = functions_[index(p_.calls[call].caller)];
      ++report.by_name;
      if (named.size() > 1 && !adds_up) ++report.shared;
    }
    if (named.size() == 1) {
      split(call, named, counts, counts);
    } else {
      shared_.push_back({call, std::move(named), std::move(counts)});
      if (are_open) shared_.back().open = std::move(hits);
    }
    return true;
  }

  // Calls on several lines: by counts they are divided already, and their costs by what the lines took. Lines and calls
  // are scaled in turns until both add up, as far as they can.
  void share_costs() {
    for (Shared& s : shared_) {
      double sum = 0;
      for (const std::int64_t count : s.counts) sum += static_cast<double>(count);
      for (const std::int64_t count : s.counts)
        s.costs.push_back(static_cast<double>(cost(s.call)) * static_cast<double>(count) / sum);
    }
    constexpr int turns = 16;
    for (int turn = 0; turn < turns && has_times_; ++turn) {
      for (Place& place : places_) place.given = 0;
      for (const Shared& s : shared_) {
        for (std::size_t i = 0; i < s.places.size(); ++i) s.places[i]->given += s.costs[i];
      }
      for (Shared& s : shared_) {
        double sum = 0;
        for (std::size_t i = 0; i < s.places.size(); ++i) {
          const Place& place = *s.places[i];
          if (place.given > 0) s.costs[i] *= (static_cast<double>(place.budget) + 1) / place.given;
          sum += s.costs[i];
        }
        for (double& part : s.costs) part *= sum > 0 ? static_cast<double>(cost(s.call)) / sum : 1;
      }
    }
    for (Shared& s : shared_) {
      std::vector<std::int64_t> weights;
      for (const double part : s.costs) weights.push_back(std::llround(part));
      if (fills_its_lines(s)) s.counts = open_calls(calls(s.call), s.open, weights);
      if (std::ranges::all_of(weights, [](std::int64_t w) { return w == 0; })) weights = s.counts;
      split(s.call, s.places, s.counts, weights);
    }
    shared_.clear();
  }

  // Whether the time of the lines tells how often each made the call, as nearly all of it is the call's.
  bool fills_its_lines(const Shared& s) const {
    if (s.open.empty() || !has_times_) return false;
    WideInt lines = 0;
    for (const Place* const place : s.places) lines += place->budget;
    return WideInt{cost(s.call)} * 5 >= lines * 4;
  }

  bool place_by_numbers(std::size_t call) {
    if (!has_times_ || !may_look(places_.size())) return false;
    std::vector<Place*> all;
    for (Place& place : places_) all.push_back(&place);
    const auto divides = [&](const Place& place) {
      return may_be_all(place, call) && WideInt{place.budget} * 4 >= cost(call);
    };
    Place* place = cost(call) > 0 ? place_by_time(all, call) : nullptr;
    const bool by_time = place != nullptr;
    if (place == nullptr) place = the_only(all, divides);
    if (place == nullptr || !is_long_enough(*place, call)) return false;
    if (!functions_.empty()) {
      FuseReport::Function& report = functions_[index(p_.calls[call].caller)];
      ++(by_time ? report.by_time : report.by_hits);
    }
    split(call, {place}, {1}, {1});
    return true;
  }

  // The only line that took long enough: about as long, or no other one has a part of it. Of several the only one that
  // took as long as the call, and was hit as often.
  Place* place_by_time(const std::vector<Place*>& all, std::size_t call) const {
    const WideInt wanted = cost(call);
    const auto is_enough = [&](const Place& place) { return WideInt{place.budget} * 5 >= wanted * 4; };
    if (Place* const only = the_only(all, [&](const Place& place) { return is_long_enough(place, call); })) {
      const auto has_a_part = [&](const Place* place) { return place != only && WideInt{place->budget} * 4 >= wanted; };
      return is_enough(*only) || std::ranges::none_of(all, has_a_part) ? only : nullptr;
    }
    return the_only(all, [&](const Place& place) {
      return is_enough(place) && WideInt{place.budget} * 4 <= wanted * 5 &&
             (may_be_all(place, call) || place.hits == calls(call) + 1);  // a loop on one line
    });
  }

  // A line that calls f twice in one expression has twice as many calls as hits.
  bool may_be_all(const Place& place, std::size_t call) const {
    return place.hits > 0 && calls(call) > 0 && calls(call) % place.hits == 0 &&
           calls(call) / place.hits <= most_calls_per_hit;
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
  void split(std::size_t call, const std::vector<Place*>& places, const std::vector<std::int64_t>& weights,
             const std::vector<std::int64_t>& cost_weights) {
    const Call& c = p_.calls[call];
    const std::size_t n = places.size(), metrics = p_.metrics.size();
    const auto shares = [&](std::int64_t value, const std::vector<std::int64_t>& by) {
      std::vector<std::int64_t> parts(n, value == not_measured ? not_measured : 0);
      if (value != not_measured) apportion(value, by, parts);
      return parts;
    };
    const Counts counts = p_.call_counts.empty() ? Counts{} : p_.call_counts[call];
    const auto count_shares = [&](std::int64_t count) {
      return count == not_counted ? std::vector<std::int64_t>(n, not_counted) : shares(count, weights);
    };
    const std::vector<std::int64_t> all = count_shares(counts.calls), primitive = count_shares(counts.primitive);
    const auto cost_shares = [&](const CostTable& table) {
      std::vector<std::vector<std::int64_t>> rows;
      if (table.empty()) return rows;
      rows.assign(n, std::vector<std::int64_t>(metrics));
      for (std::size_t m = 0; m < metrics; ++m) {
        const std::vector<std::int64_t> parts = shares(table.at(call, m), cost_weights);
        for (std::size_t i = 0; i < n; ++i) rows[i][m] = parts[i];
      }
      return rows;
    };
    const auto self = cost_shares(p_.call_self), total = cost_shares(p_.call_total);
    const auto row = [](const std::vector<std::vector<std::int64_t>>& rows, std::size_t i) {
      return rows.empty() ? std::span<const std::int64_t>{} : std::span<const std::int64_t>(rows[i]);
    };
    for (std::size_t i = 0; i < n; ++i) {
      if (n > 1 && weights[i] == 0 && cost_weights[i] == 0) continue;  // gets nothing
      result_.builder().add_call({result_[c.caller], result_[c.callee], places[i]->line}, {all[i], primitive[i]},
                                 row(self, i), row(total, i));
      if (time_ && !total.empty()) places[i]->budget -= std::min(places[i]->budget, known(total[i][*time_]));
    }
  }

  const Profile& p_;
  std::span<FuseReport::Function> functions_;
  std::optional<std::size_t> time_, hits_;
  std::vector<TrueLines> true_lines_;  // per call; empty without sources
  Rebuild result_;
  std::vector<Place> places_;   // of the caller at hand
  std::vector<Shared> shared_;  // the same
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
