#include <algorithm>
#include <cmath>

#include <profconv/transforms.hpp>

#include "base/counted.hpp"
#include "base/visible.hpp"
#include "model/apportion.hpp"
#include "transforms/call_lines/lost_callers.hpp"
#include "transforms/call_lines/true_lines.hpp"
#include "transforms/program.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {
namespace {

// In whole units that add up, each running sum rounded to nearest; what a double cannot hold is rounded down.
bool divide(std::int64_t value, const std::vector<std::int64_t>& weights, std::vector<std::int64_t>& parts) {
  constexpr std::int64_t exact = std::int64_t{1} << 52;
  double sum = 0;
  for (const std::int64_t weight : weights) sum += static_cast<double>(weight);
  if (value < 0 || value > exact || sum <= 0) return apportion(value, weights, parts);
  double passed = 0;
  std::int64_t given = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    passed += static_cast<double>(weights[i]);
    const std::int64_t upto = std::llround(static_cast<double>(value) * (passed / sum));
    parts[i] = upto - given;
    given = upto;
  }
  return true;
}

// A line with a cost was called from: those without a call have one of those with the most, as long as these have some.
void give_each_a_call(std::vector<std::int64_t>& calls) {
  if (std::ranges::find(calls, 0) == calls.end()) return;
  const auto has_fewer = [&](std::size_t a, std::size_t b) {
    return calls[a] != calls[b] ? calls[a] < calls[b] : a > b;
  };
  std::vector<std::size_t> givers;  // a heap
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (calls[i] > 1) givers.push_back(i);
  }
  std::ranges::make_heap(givers, has_fewer);
  for (std::size_t i = 0; i < calls.size() && !givers.empty(); ++i) {
    if (calls[i] != 0) continue;
    std::ranges::pop_heap(givers, has_fewer);
    ++calls[i];
    if (--calls[givers.back()] > 1) {
      std::ranges::push_heap(givers, has_fewer);
    } else {
      givers.pop_back();
    }
  }
}

/// Divides the rows of calls among their lines.
class CallDivider {
 public:
  CallDivider(const Profile& profile, Rebuild& result) : p_(profile), result_(result) {}

  void add(std::size_t call, const TrueLines& lines) {
    const std::size_t n = lines.parts.size();
    if (n == 0) {
      result_.add_call(call);
      return;
    }
    const Counts counts = p_.call_counts.empty() ? Counts{} : p_.call_counts[call];
    std::vector<std::int64_t> call_weights(n), cost_weights(n);
    constexpr double unit = 1 << 30;
    for (std::size_t i = 0; i < n; ++i) {
      call_weights[i] = std::llround(lines.parts[i].calls * unit);
      cost_weights[i] = std::llround(lines.parts[i].cost * unit);
    }
    std::vector<std::int64_t> calls = divided(counts.calls, call_weights),
                              primitive = divided(counts.primitive, call_weights);
    if (counts.calls != not_counted) give_each_a_call(calls);
    // No more primitive calls than calls, line by line; what is too much fits elsewhere.
    if (counts.calls != not_counted && counts.primitive != not_counted) {
      std::int64_t left = 0;
      for (std::size_t i = 0; i < n; ++i) {
        left += std::max<std::int64_t>(primitive[i] - calls[i], 0);
        primitive[i] = std::min(primitive[i], calls[i]);
      }
      for (std::size_t i = 0; i < n && left > 0; ++i) {
        const std::int64_t room = std::min(left, calls[i] - primitive[i]);
        primitive[i] += room;
        left -= room;
      }
      primitive[0] += left;
    }
    const Costs self = divided(p_.call_self, call, cost_weights), total = divided(p_.call_total, call, cost_weights);
    const Call& c = p_.calls[call];
    for (std::size_t i = 0; i < n; ++i) {
      const Counts part{counts.calls == not_counted ? not_counted : calls[i],
                        counts.primitive == not_counted ? not_counted : primitive[i]};
      result_.builder().add_call({result_[c.caller], result_[c.callee], lines.parts[i].line}, part, self.row(i),
                                 total.row(i), p_.is_share(call));
    }
  }

 private:
  struct Costs {
    std::vector<std::int64_t> values;
    std::size_t columns = 0;
    std::span<const std::int64_t> row(std::size_t i) const { return std::span(values).subspan(i * columns, columns); }
  };

  static std::vector<std::int64_t> divided(std::int64_t value, const std::vector<std::int64_t>& weights) {
    std::vector<std::int64_t> parts(weights.size(), value);
    if (value != not_counted && !divide(value, weights, parts)) parts[0] = value;
    return parts;
  }

  Costs divided(const CostTable& table, std::size_t row, const std::vector<std::int64_t>& weights) const {
    Costs costs;
    if (table.empty()) return costs;
    costs.columns = table.columns();
    costs.values.assign(weights.size() * costs.columns, not_measured);
    std::vector<std::int64_t> parts(weights.size());
    for (std::size_t m = 0; m < costs.columns; ++m) {
      const std::int64_t value = table.at(row, m);
      if (value == not_measured) continue;
      const bool gauge = p_.metrics[m].combine == Combine::max;
      if (gauge) {
        std::ranges::fill(parts, value);
      } else if (!divide(value, weights, parts)) {
        parts[0] = value;
      }
      for (std::size_t i = 0; i < weights.size(); ++i) costs.values[i * costs.columns + m] = parts[i];
    }
    return costs;
  }

  const Profile& p_;
  Rebuild& result_;
};

/// Files of one kind: how many, and the first by name.
struct FileCount {
  std::size_t count = 0;
  std::string_view first = {};

  void add(std::string_view name) {
    ++count;
    if (first.empty() || name < first) first = name;
  }
  std::string text(std::string_view what) const {
    return counted(count, "source file").append(" ").append(what).append(": ").append(visible(first)) +
           (count == 1 ? "" : " is the first");
  }
};

void note_files(const Program& program, SourceReport& report, Diagnostics& diagnostics) {
  const Profile& profile = program.profile();
  std::int64_t profiled = 0;  // when the last of the profiles was written
  for (const Source& source : profile.sources) profiled = std::max(profiled, source.mtime_ns);
  FileCount misfits, newer;
  for (const Program::File& file : program.files()) {
    if (file.is_frozen) continue;
    ++report.files;
    if (file.source != nullptr) {
      ++report.files_used;
      if (profiled != 0 && file.source->mtime_ns() > profiled) newer.add(profile.text(file.name));
    } else if (file.recorded > 0) {
      misfits.add(profile.text(file.name));
    }
  }
  report.files_misfit += misfits.count;
  if (misfits.count != 0) diagnostics.warn({}, {}, misfits.text("left out, of another version than the profile"));
  if (newer.count != 0) diagnostics.note({}, {}, newer.text("changed after the profile was made, and still fit it"));
}

void note_rules(const Program& program, const std::vector<TrueLines>& lines, SourceReport& report) {
  const Profile& profile = program.profile();
  const std::size_t metric = profile.metric(time_metric.name).value_or(0);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!program.has_source(profile.calls[i].caller) || profile.calls[i].line != 0) continue;
    const std::int64_t cost =
        profile.call_total.empty() ? 0 : std::max<std::int64_t>(profile.call_total.at(i, metric), 0);
    SourceReport::Sum& sum = report.by_rule[static_cast<std::size_t>(lines[i].rule)];
    ++sum.edges;
    sum.cost += cost;
    if (lines[i].parts.size() > 1) {
      ++sum.spread;
      sum.spread_cost += cost;
    }
  }
}

}  // namespace

Profile apply_sources(Profile&& profile, const SourceFiles& sources, const SourceUse& use, SourceReport& report,
                      Diagnostics& diagnostics) {
  const bool wants_callers = use.callers && may_find_lost_callers(profile, sources);
  if (!sources.enabled() || (!use.calls && !use.names && !wants_callers)) return std::move(profile);
  const Program program(profile, sources);
  const bool names_or_places = use.calls || use.names;
  std::vector<LostCaller> lost;
  if (wants_callers) lost = find_lost_callers(program);
  report.callers_found += lost.size();
  if (!lost.empty() && names_or_places) {
    const SourceUse rest{.calls = use.calls, .names = use.names, .callers = false};
    return apply_sources(with_lost_callers(profile, lost), sources, rest, report, diagnostics);
  }
  note_files(program, report, diagnostics);
  if (!lost.empty()) return with_lost_callers(profile, lost);
  if (report.files_used == 0 || !names_or_places) return std::move(profile);

  Rebuild result(profile);
  for (std::uint32_t i = 0; i < profile.functions.size(); ++i) {
    const FunctionId f{i};
    Function key = profile.functions[i];
    const Program::Place place = program.place(f);
    ++report.functions;
    if (program.has_source(f)) {
      ++report.functions_found;
      if (use.names && index(key.qualified) == 0) {
        const std::string qualified =
            qualified_name(program.scan(place.file), place.scope, program.inlined_comprehensions());
        if (qualified != profile.text(key.name)) key.qualified = result.builder().intern(qualified);
      }
    }
    result.add_whole(f, key);
  }
  if (use.calls) {
    const std::vector<TrueLines> lines = find_true_lines(program);
    note_rules(program, lines, report);
    CallDivider divider(profile, result);
    for (std::size_t i = 0; i < lines.size(); ++i) divider.add(i, lines[i]);
  } else {
    for (std::size_t i = 0; i < profile.calls.size(); ++i) result.add_call(i);
  }
  result.add_stacks(Rebuild::Dropped::cut);
  result.add_recorded();
  return std::move(result).finish();
}

}  // namespace profconv
