#include "transforms/settle_lines.hpp"

#include <algorithm>
#include <vector>

#include <profconv/builder.hpp>

#include "base/wide_int.hpp"
#include "model/apportion.hpp"
#include "model/call_graph.hpp"
#include "model/call_shares.hpp"
#include "model/calls_to.hpp"
#include "transforms/circle_order.hpp"

namespace profconv {
namespace {

std::int64_t known(std::int64_t value) { return std::max<std::int64_t>(value, 0); }
std::int64_t clamped(WideInt value) { return static_cast<std::int64_t>(std::clamp<WideInt>(value, 0, INT64_MAX)); }

class Settler {
 public:
  Settler(Profile& profile, std::span<FuseReport::Function> functions)
      : p_(profile),
        functions_(functions),
        graph_(profile),
        calls_to_(profile),
        order_(profile, graph_, calls_to_),
        shares_(profile, graph_, calls_to_),
        first_line_(profile.functions.size() + 1, 0) {
    for (const Line& line : p_.lines) ++first_line_[index(line.function) + 1];
    for (std::size_t f = 0; f < p_.functions.size(); ++f) first_line_[f + 1] += first_line_[f];
    complete(p_.line_self, p_.lines.size(), not_measured);
    complete(p_.call_total, p_.calls.size(), not_measured);
    complete(p_.self, p_.functions.size(), 0);
    complete(p_.total, p_.functions.size(), 0);
  }

  void run() {
    // What a call carries is known before its line is settled.
    const std::vector<FunctionId>& functions = order_.callees_first();
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
      if (p_.metrics[m].combine != Combine::sum) continue;
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
    for (const FunctionId f : functions) {
      if (!inherits(f, m)) shares_.fill(f, m, p_.call_total);
    }
    for (const FunctionId f : functions) {
      if (!is_inclusive(f, m)) continue;
      if (is_time(m) && functions_[index(f)].in_calls) {
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

  bool is_time(std::size_t m) const { return p_.text(p_.metrics[m].name) == time_metric.name; }

  void complete(CostTable& table, std::size_t rows, std::int64_t value) const {
    if (table.columns() == 0) table = CostTable(p_.metrics.size());
    table.resize(rows, value);
  }

  // Whether only inclusive costs of the function's lines are known.
  bool is_inclusive(FunctionId f, std::size_t m) const {
    bool inclusive = false;
    for (std::size_t i = first_line_[index(f)]; i < first_line_[index(f) + 1]; ++i) {
      if (p_.line_self.at(i, m) != not_measured) return false;
      inclusive = inclusive || (!p_.line_total.empty() && p_.line_total.at(i, m) != not_measured);
    }
    return inclusive;
  }

  // Nobody recorded the metric for the function. Hits are self only.
  bool inherits(FunctionId f, std::size_t m) const {
    if (p_.text(p_.metrics[m].name) == hits_metric.name || (is_time(m) && functions_[index(f)].in_calls)) return false;
    return p_.total.at(index(f), m) == 0 && p_.self.at(index(f), m) == 0 && !is_inclusive(f, m);
  }

  // Calls of f on each of its lines; calls whose line has no costs are visited with no_line.
  template <class Visit>
  void each_call(FunctionId f, Visit visit) const {
    const auto begin = p_.lines.begin() + static_cast<std::ptrdiff_t>(first_line_[index(f)]),
               end = p_.lines.begin() + static_cast<std::ptrdiff_t>(first_line_[index(f) + 1]);
    const CallGraph::Range calls = graph_.calls_from(f);
    for (std::size_t c = calls.begin; c < calls.end; ++c) {
      const std::uint32_t number = p_.calls[c].line;
      const auto line = std::ranges::lower_bound(begin, end, number, {}, &Line::line);
      const bool found = number != 0 && line != end && line->line == number;
      visit(c, found ? static_cast<std::size_t>(line - begin) : no_line);
    }
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
    each_call(f, [&](std::size_t c, std::size_t line) {
      const std::int64_t cost = known(p_.call_total.at(c, m));
      const FunctionId callee = p_.calls[c].callee;
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
      WideInt sum = 0;
      for (const std::size_t c : calls[i]) sum += known(p_.call_total.at(c, m));
      if (sum > known(recorded)) {  // a callee that cost more when others called it
        std::vector<std::int64_t> wanted, given(calls[i].size());
        for (const std::size_t c : calls[i]) wanted.push_back(known(p_.call_total.at(c, m)));
        apportion(known(recorded), wanted, given);
        for (std::size_t k = 0; k < given.size(); ++k) p_.call_total.at(calls[i][k], m) = given[k];
        sum = known(recorded);
      }
      p_.line_self.at(begin + i, m) = static_cast<std::int64_t>(recorded - sum);
      self += recorded - sum;
    }
    p_.self.at(index(f), m) = static_cast<std::int64_t>(self);  // no more than it was: the sum of all lines
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

  Profile& p_;
  std::span<FuseReport::Function> functions_;
  CallGraph graph_;
  CallsTo calls_to_;
  CircleOrder order_;
  CallShares shares_;
  std::vector<std::size_t> first_line_;  // per function: its first row of p_.lines
};

}  // namespace

void settle_lines(Profile& profile, std::span<FuseReport::Function> functions) {
  if (profile.metrics.empty()) return;
  Settler(profile, functions).run();
  check(profile);
}

}  // namespace profconv
