#include "transforms/fusion/settle_lines.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include <profconv/builder.hpp>

#include "base/wide_int.hpp"
#include "model/apportion.hpp"
#include "model/call_graph.hpp"
#include "model/call_shares.hpp"
#include "model/calls_to.hpp"
#include "model/known.hpp"
#include "model/proportional_fit.hpp"
#include "transforms/fusion/circle_order.hpp"

namespace profconv {
namespace {

class Settler {
 public:
  Settler(Profile& profile, std::span<FuseReport::Function> functions)
      : p_(profile),
        functions_(functions),
        graph_(profile),
        calls_to_(profile),
        order_(profile, graph_, calls_to_),
        shares_(profile, graph_, calls_to_),
        first_line_(profile.functions.size() + 1, 0),
        is_inclusive_(profile.functions.size()) {
    for (const Line& line : p_.lines) ++first_line_[index(line.function) + 1];
    for (std::size_t f = 0; f < p_.functions.size(); ++f) first_line_[f + 1] += first_line_[f];
    find_lines_of_calls();
    find_only_callers();
    complete(p_.line_self, p_.lines.size(), not_measured);
    complete(p_.call_total, p_.calls.size(), not_measured);
    complete(p_.self, p_.functions.size(), 0);
    complete(p_.total, p_.functions.size(), 0);
  }

  void run() {
    // What a call carries is known before its line is settled.
    const std::vector<FunctionId>& functions = order_.callees_first();
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
      if (p_.metrics[m].combine != Combine::sum) {
        for (const FunctionId f : functions) settle_peak(f, m);
        continue;
      }
      if (p_.text(p_.metrics[m].name) == hits_metric.name) {
        settle_hits(m);
        continue;
      }
      find_inclusive(m);
      if (is_time(m)) compare_clocks(m);
      share_out(m);
      for (auto begin = functions.begin(); begin != functions.end();) {
        const auto end = std::find_if(begin, functions.end(),
                                      [&](FunctionId f) { return graph_.component(f) != graph_.component(*begin); });
        settle_component({begin, end}, m);
        begin = end;
      }
    }
  }

 private:
  // Functions that call each other in a circle, or one function: what their calls carry is said first, then what is
  // left of their lines.
  void settle_component(std::span<const FunctionId> functions, std::size_t m) {
    if (is_time(m)) ratio_ = ratio_of(functions, m);
    for (const FunctionId f : functions) {
      if (!is_inclusive_[index(f)]) continue;
      if (is_proportional(f, m)) {
        settle_proportions(f, m);
      } else {
        settle_recorded(f, m);
      }
    }
    for (const FunctionId f : functions) {
      if (!inherits(f, m)) continue;
      inherit(f, m);
      shares_.fill(f, m, p_.call_total);
    }
  }

  // Whether its recorded lines tell how its time is divided, not how much it is.
  bool is_proportional(FunctionId f, std::size_t m) const { return is_time(m) && functions_[index(f)].in_calls; }
  bool is_time(std::size_t m) const { return p_.text(p_.metrics[m].name) == time_metric.name; }

  void complete(CostTable& table, std::size_t rows, std::int64_t value) const {
    if (table.columns() == 0) table = CostTable(p_.metrics.size());
    table.resize(rows, value);
  }

  // What calls of functions carry whose costs are known: shares by the counts of calls, as far as the lines on which
  // these stand have cost that much; what one has no room for is in the callee's other calls.
  void share_out(std::size_t m) {
    ProportionalFit fit;
    std::vector<std::uint32_t> fitted;  // calls
    std::vector<FunctionId> callees;    // per column
    std::vector<std::uint32_t> row(p_.lines.size(), no_row);
    std::vector<double> room(p_.lines.size(), 0);  // on each line, beside the calls that were measured
    for (std::size_t i = 0; i < room.size() && !p_.line_total.empty(); ++i)
      room[i] = static_cast<double>(known(p_.line_total.at(i, m)));
    for (std::size_t c = 0; c < p_.calls.size(); ++c) {
      if (line_of_[c] != no_line) room[line_of_[c]] -= static_cast<double>(known(p_.call_total.at(c, m)));
    }
    const std::uint32_t unbounded = fit.add_row(std::numeric_limits<double>::infinity(), false),
                        without_room = fit.add_row(0, false);
    const auto row_of = [&](std::uint32_t call) {
      const FunctionId caller = p_.calls[call].caller;
      if (!is_inclusive_[index(caller)] || is_proportional(caller, m)) return unbounded;
      const std::size_t line = line_of_[call];
      if (line == no_line || p_.line_total.at(line, m) == not_measured) return without_room;
      if (row[line] == no_row) row[line] = fit.add_row(std::max(room[line], 0.0), false);
      return row[line];
    };
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
      if (inherits(FunctionId{f}, m)) continue;
      std::vector<std::uint32_t> missing;
      for (const std::uint32_t call : calls_to_[FunctionId{f}]) {
        if (p_.call_total.at(call, m) == not_measured) missing.push_back(call);
      }
      shares_.fill(FunctionId{f}, m, p_.call_total);
      std::erase_if(missing, [&](std::uint32_t call) { return p_.call_total.at(call, m) <= 0; });
      if (missing.empty()) continue;
      callees.push_back(FunctionId{f});
      const std::uint32_t column = fit.add_column(0);
      for (const std::uint32_t call : missing) {
        fitted.push_back(call);
        fit.add(row_of(call), column, static_cast<double>(p_.call_total.at(call, m)));
      }
    }
    fit.run(0.5);
    std::vector<std::int64_t> parts;
    for (std::uint32_t column = 0; column < callees.size(); ++column) {
      const std::span<const std::uint32_t> numbers = fit.column(column);
      WideInt sum = 0;
      for (const std::uint32_t i : numbers) sum += p_.call_total.at(fitted[i], m);
      if (!fit.whole_units(column, clamped(sum), parts)) continue;  // settle_recorded says what fits
      for (std::size_t i = 0; i < parts.size(); ++i) p_.call_total.at(fitted[numbers[i]], m) = parts[i];
    }
  }

  // Hits stay with their lines. Which of them a call led to is known where all calls of a function are one; what is not
  // known stays so, and views share it out.
  void settle_hits(std::size_t m) {
    for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
      const FunctionId f{i};
      std::vector<std::uint32_t> others;
      for (const std::uint32_t call : calls_to_[f]) {
        if (p_.call_total.at(call, m) != not_measured) continue;
        if (p_.calls[call].caller == f) {
          p_.call_total.at(call, m) = 0;  // a part of those that led to it
        } else {
          others.push_back(call);
        }
      }
      if (others.size() == 1 && only_caller_[i] == p_.calls[others.front()].caller)
        p_.call_total.at(others.front(), m) = p_.total.at(i, m);
    }
  }

  // A caller has at least the peak of what it alone calls. Of what others call, too, nobody knows when it had its peak.
  void settle_peak(FunctionId f, std::size_t m) {
    const CallGraph::Range calls = graph_.calls_from(f);
    for (std::size_t c = calls.begin; c < calls.end; ++c) {
      const FunctionId callee = p_.calls[c].callee;
      const std::int64_t peak = p_.total.at(index(callee), m);
      if (peak == 0 || callee == f || only_caller_[index(callee)] != f) continue;
      std::int64_t& whole = p_.total.at(index(f), m);
      whole = std::max(whole, peak);
      if (p_.call_total.at(c, m) == not_measured) p_.call_total.at(c, m) = peak;
    }
  }

  // Per function, the one that made all calls of it, apart from its own; nobody where that is not known.
  void find_only_callers() {
    only_caller_.assign(p_.functions.size(), nobody);
    if (p_.counts.empty() || p_.call_counts.empty()) return;
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
      WideInt calls = 0;
      std::optional<FunctionId> only;
      bool is_one = true;
      for (const std::uint32_t call : calls_to_[FunctionId{f}]) {
        calls += known(p_.call_counts[call].calls);
        const FunctionId caller = p_.calls[call].caller;
        if (caller == FunctionId{f}) continue;
        is_one = is_one && only.value_or(caller) == caller;
        only = caller;
      }
      if (is_one && calls == p_.counts[f].calls) only_caller_[f] = only.value_or(nobody);
    }
  }

  // Of which functions only inclusive costs of the lines are known.
  void find_inclusive(std::size_t m) {
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) is_inclusive_[f] = has_inclusive_lines(f, m);
  }
  bool has_inclusive_lines(std::uint32_t f, std::size_t m) const {
    bool inclusive = false;
    for (std::size_t i = first_line_[f]; i < first_line_[f + 1]; ++i) {
      if (p_.line_self.at(i, m) != not_measured) return false;
      inclusive = inclusive || (!p_.line_total.empty() && p_.line_total.at(i, m) != not_measured);
    }
    return inclusive;
  }

  // Nobody recorded the metric for the function.
  bool inherits(FunctionId f, std::size_t m) const {
    if (is_proportional(f, m)) return false;
    return p_.total.at(index(f), m) == 0 && p_.self.at(index(f), m) == 0 && !is_inclusive_[index(f)];
  }

  void find_lines_of_calls() {
    line_of_.assign(p_.calls.size(), no_line);
    calls_on_.assign(p_.lines.size(), 0);
    for (std::size_t c = 0; c < p_.calls.size(); ++c) {
      const auto [caller, callee, number] = p_.calls[c];
      const auto begin = p_.lines.begin() + static_cast<std::ptrdiff_t>(first_line_[index(caller)]),
                 end = p_.lines.begin() + static_cast<std::ptrdiff_t>(first_line_[index(caller) + 1]);
      const auto line = std::ranges::lower_bound(begin, end, number, {}, &Line::line);
      if (number == 0 || line == end || line->line != number) continue;
      line_of_[c] = static_cast<std::size_t>(line - p_.lines.begin());
      ++calls_on_[line_of_[c]];
    }
  }

  // Calls of f, each with its line as one of those of f; no_line where that has no costs.
  template <class Visit>
  void each_call(FunctionId f, Visit visit) const {
    const CallGraph::Range calls = graph_.calls_from(f);
    for (std::size_t c = calls.begin; c < calls.end; ++c)
      visit(c, line_of_[c] == no_line ? no_line : line_of_[c] - first_line_[index(f)]);
  }

  void settle_proportions(FunctionId f, std::size_t m) {
    const std::size_t begin = first_line_[index(f)], n = first_line_[index(f) + 1] - begin;
    const std::int64_t self = p_.self.at(index(f), m);
    std::vector<std::int64_t> recorded(n), budget(n), own(n), parts(n);
    WideInt recorded_sum = 0, whole = known(self), residue = 0;
    for (std::size_t i = 0; i < n; ++i) {
      recorded[i] = known(p_.line_total.at(begin + i, m));
      recorded_sum += recorded[i];
    }
    std::vector<WideInt> calls(n, 0);
    std::vector<std::int64_t> inside_costs, inside_parts;
    std::vector<std::size_t> inside_lines;
    std::vector<bool> recurses(n, false);
    each_call(f, [&](std::size_t c, std::size_t line) {
      const std::int64_t cost = known(p_.call_total.at(c, m));
      const FunctionId callee = p_.calls[c].callee;
      if (line != no_line && graph_.component(callee) == graph_.component(f)) recurses[line] = true;
      if (graph_.component(callee) != graph_.component(f)) {
        whole += cost;
        if (line != no_line) calls[line] += cost;
      } else if (callee != f) {
        inside_costs.push_back(cost);
        inside_lines.push_back(line);
      }
    });
    // Calls that stay in the circle lead to the function again, and its own cost holds what it did then; of itself it
    // calls nothing else. What it spent in the others is what is left of its inclusive cost.
    inside_parts.resize(inside_costs.size());
    const std::int64_t inside = clamped(p_.total.at(index(f), m) - whole);
    if (apportion(inside, inside_costs, inside_parts)) whole += inside;
    for (std::size_t i = 0; i < inside_lines.size(); ++i) {
      if (inside_lines[i] != no_line) calls[inside_lines[i]] += inside_parts[i];
    }
    take_repeated(recurses, whole, recorded);
    apportion(clamped(whole), recorded, budget);
    for (std::size_t i = 0; i < n; ++i) {
      own[i] = clamped(budget[i] - calls[i]);
      residue += std::max<WideInt>(calls[i] - budget[i], 0);
    }
    // Nothing left anywhere, although the function itself took time: then as the lines were recorded, else evenly.
    if (!apportion(self, own, parts) && !apportion(self, recorded, parts)) {
      std::ranges::fill(own, 1);
      apportion(self, own, parts);
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (p_.line_total.at(begin + i, m) == not_measured && parts[i] == 0) continue;
      p_.line_self.at(begin + i, m) = parts[i];
      p_.line_total.at(begin + i, m) = clamped(parts[i] + calls[i]);
    }
    FuseReport::Function& report = functions_[index(f)];
    report.profiled_ns = clamped(whole);
    report.lines_ns = clamped(recorded_sum);
    report.residue_ns = clamped(residue);
  }

  // A line that leads to its function again was recorded with all that it took there, once for each level: so long that
  // nothing would be left for the others. What all lines together took beyond the outermost levels is taken from these.
  void take_repeated(const std::vector<bool>& recurses, WideInt whole, std::vector<std::int64_t>& recorded) const {
    std::vector<std::int64_t> repeated(recorded.size(), 0), parts(recorded.size());
    WideInt all = 0, most = 0;
    for (std::size_t i = 0; i < recorded.size(); ++i) {
      all += recorded[i];
      if (recurses[i]) repeated[i] = recorded[i];
      most += repeated[i];
    }
    const auto outermost = static_cast<WideInt>(static_cast<double>(clamped(whole)) * ratio_);
    apportion(clamped(std::min(all - outermost, most)), repeated, parts);
    for (std::size_t i = 0; i < recorded.size(); ++i) recorded[i] -= parts[i];
  }

  // How much longer the calls of these functions took for the line profiler, which slows a program down more: by the
  // lines of others that call them, else by all functions.
  double ratio_of(std::span<const FunctionId> functions, std::size_t m) const {
    WideInt recorded = 0, profiled = 0;
    for (const FunctionId f : functions) {
      for (const std::uint32_t call : calls_to_[f]) {
        const FunctionId caller = p_.calls[call].caller;
        const std::size_t line = line_of_[call];
        if (graph_.component(caller) == graph_.component(f) || line == no_line || !is_inclusive_[index(caller)] ||
            !is_proportional(caller, m) || calls_on_[line] != 1)
          continue;
        recorded += known(p_.line_total.at(line, m));
        profiled += known(p_.call_total.at(call, m));
      }
    }
    return recorded > 0 && profiled > 0 ? static_cast<double>(recorded) / static_cast<double>(profiled) : ratio_of_all_;
  }
  void compare_clocks(std::size_t m) {
    WideInt recorded = 0, profiled = 0;
    for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
      const FunctionId f{i};
      if (!is_inclusive_[i] || !is_proportional(f, m) || graph_.in_cycle(f) || calls_itself(f)) continue;
      profiled += known(p_.total.at(i, m));
      for (std::size_t line = first_line_[i]; line < first_line_[i + 1]; ++line)
        recorded += known(p_.line_total.at(line, m));
    }
    ratio_of_all_ = recorded > 0 && profiled > 0 ? static_cast<double>(recorded) / static_cast<double>(profiled) : 1;
  }
  bool calls_itself(FunctionId f) const {
    const CallGraph::Range calls = graph_.calls_from(f);
    return std::any_of(p_.calls.begin() + static_cast<std::ptrdiff_t>(calls.begin),
                       p_.calls.begin() + static_cast<std::ptrdiff_t>(calls.end),
                       [&](const Call& call) { return call.callee == f; });
  }

  void settle_recorded(FunctionId f, std::size_t m) {
    const std::size_t begin = first_line_[index(f)], n = first_line_[index(f) + 1] - begin;
    std::vector<std::vector<std::size_t>> calls(n);  // per line
    each_call(f, [&](std::size_t c, std::size_t line) {
      if (line != no_line && p_.line_total.at(begin + line, m) != not_measured) {
        calls[line].push_back(c);
      } else {
        p_.call_total.at(c, m) = 0;  // nothing was recorded where it stands
      }
      // A callee that inherits, in one circle with this function.
      if (p_.call_total.at(c, m) == not_measured) p_.call_total.at(c, m) = 0;
    });
    WideInt self = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::int64_t recorded = p_.line_total.at(begin + i, m);
      if (recorded == not_measured) continue;
      const std::int64_t left = fit_calls(calls[i], m, known(recorded));
      p_.line_self.at(begin + i, m) = left + std::min<std::int64_t>(recorded, 0);
      self += p_.line_self.at(begin + i, m);
    }
    p_.self.at(index(f), m) = static_cast<std::int64_t>(self);  // no more than it was: the sum of all lines
  }

  // Calls on a line cost no more than the line, where a callee cost more when others called it: first those of which is
  // known what they cost, then the others. Returns what is left of the line.
  std::int64_t fit_calls(const std::vector<std::size_t>& calls, std::size_t m, std::int64_t line) {
    for (const bool estimated : {false, true}) {
      std::vector<std::size_t> some;
      WideInt sum = 0;
      for (const std::size_t c : calls) {
        if (p_.is_share(c) != estimated) continue;
        some.push_back(c);
        sum += known(p_.call_total.at(c, m));
      }
      if (sum > line) {
        std::vector<std::int64_t> wanted, given(some.size());
        for (const std::size_t c : some) wanted.push_back(known(p_.call_total.at(c, m)));
        apportion(line, wanted, given);
        for (std::size_t k = 0; k < given.size(); ++k) p_.call_total.at(some[k], m) = given[k];
        sum = line;
      }
      line -= static_cast<std::int64_t>(sum);
    }
    return line;
  }

  // What is below the function is all there is.
  void inherit(FunctionId f, std::size_t m) {
    WideInt sum = 0;
    const CallGraph::Range calls = graph_.calls_from(f);
    for (std::size_t c = calls.begin; c < calls.end; ++c) {
      std::int64_t& cost = p_.call_total.at(c, m);
      if (order_.leads_back(c) && cost == not_measured) cost = 0;
      if (!order_.leads_back(c)) sum += known(cost);
    }
    p_.total.at(index(f), m) = clamped(sum);
  }

  static constexpr std::size_t no_line = SIZE_MAX;
  static constexpr FunctionId nobody{UINT32_MAX};
  static constexpr std::uint32_t no_row = UINT32_MAX;

  Profile& p_;
  std::span<FuseReport::Function> functions_;
  CallGraph graph_;
  CallsTo calls_to_;
  CircleOrder order_;
  CallShares shares_;
  std::vector<std::size_t> first_line_;  // per function: its first row of p_.lines
  std::vector<FunctionId> only_caller_;  // per function
  std::vector<bool> is_inclusive_;       // per function, of the metric that is looked at
  std::vector<std::size_t> line_of_;     // per call: the row of p_.lines on which it stands, or no_line
  std::vector<std::uint32_t> calls_on_;  // per row of p_.lines: how many of these there are
  double ratio_of_all_ = 1, ratio_ = 1;  // of recorded time to profiled time; of the functions at hand
};

}  // namespace

void settle_lines(Profile& profile, std::span<FuseReport::Function> functions) {
  if (profile.metrics.empty()) return;
  Settler(profile, functions).run();
  check(profile);
}

}  // namespace profconv
