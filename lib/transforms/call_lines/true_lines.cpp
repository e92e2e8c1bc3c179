#include "transforms/call_lines/true_lines.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <span>

#include <profconv/builder.hpp>

#include "base/parallel.hpp"
#include "transforms/call_lines/call_sites.hpp"
#include "transforms/call_lines/line_runs.hpp"

namespace profconv {
namespace {

using Scope = PythonScan::Scope;
using Value = PythonScan::Value;

// Every callee of a function is compared with every expression in it. A real function needs up to 50,000 looks, a
// program 100 for each call; a made-up profile that has a large function call everything stops at these bounds, and the
// lines of the calls that are left stay unknown.
constexpr std::size_t most_looks = std::size_t{1} << 20;
constexpr std::size_t least_looks = std::size_t{1} << 22, looks_per_call = 256;
// A function that calls more than this is not taken for the wrapper of others.
constexpr std::size_t most_wrapped = 256;
// A wrapper calls what it wraps through this many functions, each of which spends this part of its time in the next.
constexpr int deepest_wrapper = 4;
constexpr double mostly = 0.7;

/// The values of each scope of a file, with those of comprehensions that run as part of it.
struct FileIndex {
  std::vector<std::uint32_t> first;   // per scope, into `values`
  std::vector<std::uint32_t> values;  // grouped by scope
  std::vector<std::uint32_t> outer;   // per block: around an inlined comprehension's, else `none`; may be empty

  explicit FileIndex(const PythonScan& scan, bool inlined) {
    std::vector<std::uint32_t> owner(scan.scopes.size());
    for (std::uint32_t s = 0; s < owner.size(); ++s) owner[s] = s;
    if (inlined) {
      outer.assign(scan.blocks.size(), PythonScan::none);
      for (const Value& v : scan.values) {
        if (v.kind != Value::Kind::comprehension || scan.scopes[v.base].kind == Scope::Kind::generator) continue;
        outer[scan.scopes[v.base].block] = v.block;
        owner[v.base] = v.scope;
      }
      // A comprehension in another one is made before it.
      for (std::uint32_t& o : owner) {
        for (std::size_t steps = 0; owner[o] != o && steps < 200; ++steps) o = owner[o];
      }
    }
    first.assign(scan.scopes.size() + 1, 0);
    for (const Value& v : scan.values) ++first[owner[v.scope] + 1];
    for (std::size_t s = 0; s < scan.scopes.size(); ++s) first[s + 1] += first[s];
    values.resize(scan.values.size());
    std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
    for (std::uint32_t v = 0; v < scan.values.size(); ++v) values[next[owner[scan.values[v].scope]]++] = v;
  }
};

class TrueLineFinder {
 public:
  explicit TrueLineFinder(const Program& program)
      : program_(program),
        profile_(program.profile()),
        metric_(static_cast<std::uint32_t>(profile_.metric(time_metric.name).value_or(0))) {
    run_both(
        profile_.functions.size() + profile_.calls.size(), [&] { imports_.emplace(program, metric_); },
        [&] {
          resolver_.emplace(program);
          for (const Program::File& file : program.files())
            index_.emplace_back(file.code->scan, program.inlined_comprehensions());
          for (std::uint32_t f = 0; f < profile_.functions.size(); ++f)
            callees_.push_back(callee_of(program, FunctionId{f}));
        });
    first_line_.assign(profile_.functions.size() + 1, 0);
    for (const Line& line : profile_.lines) ++first_line_[index(line.function) + 1];
    for (std::size_t f = 0; f < profile_.functions.size(); ++f) first_line_[f + 1] += first_line_[f];
    hits_ = profile_.metric(hits_metric.name);
    result_.resize(profile_.calls.size());
  }

  std::vector<TrueLines> run() && {
    struct Range {
      std::size_t begin, end;
    };
    std::vector<Range> callers;
    std::size_t looks_left = least_looks + looks_per_call * profile_.calls.size();
    for (std::size_t i = 0; i < profile_.calls.size();) {
      std::size_t end = i + 1;
      while (end < profile_.calls.size() && profile_.calls[end].caller == profile_.calls[i].caller) ++end;
      if (program_.has_source(profile_.calls[i].caller)) {
        const std::size_t looks = (end - i) * values_of(profile_.calls[i].caller).size();
        if (looks <= std::min(most_looks, looks_left)) {
          looks_left -= looks;
          callers.push_back({i, end});
        }
      }
      i = end;
    }
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      CallSites sites(program_, *resolver_, *imports_, metric_);
      constexpr std::size_t portion = 16;
      for (std::size_t i = next.fetch_add(portion); i < callers.size(); i = next.fetch_add(portion)) {
        for (std::size_t k = i; k < std::min(i + portion, callers.size()); ++k)
          look_at(sites, callers[k].begin, callers[k].end);
      }
    };
    constexpr std::size_t most_threads = 8, worth_a_thread = 100;
    run_on_cores(std::min(most_threads, callers.size() / worth_a_thread + 1), work);
    return std::move(result_);
  }

 private:
  double cost_of(std::size_t call) const {
    if (profile_.call_total.empty()) return 0;
    return static_cast<double>(std::max<std::int64_t>(profile_.call_total.at(call, metric_), 0));
  }

  bool is_counted(std::size_t call) const {
    return !profile_.call_counts.empty() && profile_.call_counts[call].calls != not_counted;
  }

  double calls_of(std::size_t call) const {
    const std::int64_t count = profile_.call_counts.empty() ? not_counted : profile_.call_counts[call].calls;
    return count == not_counted ? 1 : static_cast<double>(std::max<std::int64_t>(count, 1));
  }

  // Of a function with source: what is written in it.
  std::span<const std::uint32_t> values_of(FunctionId function) const {
    const Program::Place place = program_.place(function);
    const FileIndex& file = index_[place.file];
    return std::span(file.values)
        .subspan(file.first[place.scope], file.first[place.scope + 1] - file.first[place.scope]);
  }

  void look_at(CallSites& sites, std::size_t begin, std::size_t end) {
    const FunctionId caller = profile_.calls[begin].caller;
    const Program::Place place = program_.place(caller);
    const FileIndex& file = index_[place.file];
    const std::size_t line_rows = first_line_[index(caller) + 1] - first_line_[index(caller)];
    sites.begin(place, values_of(caller), hits_.has_value() && line_rows != 0);

    std::vector<std::size_t> rows;
    std::vector<Callee> callees;
    std::vector<double> calls, costs;
    for (std::size_t i = begin; i < end; ++i) {
      if (profile_.calls[i].line != 0) continue;
      if (const Function& callee = profile_.function(profile_.calls[i].callee);
          makes_type_parameters(profile_.text(callee.name)) && callee.file == profile_.function(caller).file) {
        result_[i] = {SourceReport::Rule::exact, {{callee.line, 1, 1}}};
        continue;
      }
      rows.push_back(i);
      callees.push_back(callees_[index(profile_.calls[i].callee)]);
      calls.push_back(calls_of(i));
      costs.push_back(cost_of(i));
    }
    if (rows.empty()) return;
    const std::int64_t count = profile_.counts.empty() ? not_counted : profile_.counts[index(caller)].calls;
    std::vector<FoundSites> found =
        sites.find(callees, calls, costs, static_cast<double>(std::max<std::int64_t>(count, 1)));

    std::vector<CallSite> places = sites.sites();
    const std::vector<SiteHits> hits = note_hits(caller, places);
    std::vector<SitedEdge> edges(found.size());
    for (std::size_t e = 0; e < found.size(); ++e) {
      const bool one_a_run = found[e].one_a_run && count != not_counted && is_counted(rows[e]);
      edges[e] = {calls[e], found[e].tells_counts, one_a_run, found[e].shares};
    }
    const bool resumed = program_.scope(place).is_generator || program_.scope(place).is_async;
    const double times = std::max(1.0, static_cast<double>(count));
    CallFlow(program_.scan(place.file), file.outer, places, resumed ? -times : times, sites.doubts()).share(edges);

    for (std::size_t e = 0; e < found.size(); ++e) {
      TrueLines& lines = result_[rows[e]];
      lines.rule = found[e].rule;
      if (edges[e].shares.empty()) continue;
      if (found[e].cost_weights.empty())
        weigh_arguments(sites, profile_.calls[rows[e]].callee, costs[e], edges[e], found[e].cost_weights);
      fill(lines, edges[e], found[e].cost_weights, places, hits, calls[e]);
    }
  }

  // What a callee calls back (a key, a generator expression) stands in the arguments of one of its calls, what a
  // wrapper calls has the name that is called; and what that cost is known: the call gets it.
  void weigh_arguments(CallSites& sites, FunctionId callee, double cost, const SitedEdge& edge,
                       std::vector<double>& weights) const {
    if (edge.shares.size() < 2 || profile_.call_total.empty()) return;
    const auto [first_row, called] = calls_from(callee);
    std::vector<double> known(edge.shares.size(), 0);
    double sum = 0;
    for (std::size_t i = 0; i < edge.shares.size(); ++i) {
      const std::uint32_t site = edge.shares[i].site;
      for (const std::uint32_t function : sites.given_to(site)) {
        auto row = std::ranges::lower_bound(called, FunctionId{function}, {}, &Call::callee);
        for (; row != called.end() && index(row->callee) == function; ++row)
          known[i] += cost_of(first_row + static_cast<std::size_t>(row - called.begin()));
      }
      sum += known[i];
    }
    weigh_wrapped(sites, callee, edge, known, sum);
    if (sum <= 0) return;
    const double rest = std::max(cost - sum, cost * 0.02);
    for (std::size_t i = 0; i < edge.shares.size(); ++i)
      weights.push_back(known[i] * std::min(1.0, cost / sum) + edge.shares[i].part * rest);
  }

  struct CallsFrom {
    std::size_t first_row;
    std::span<const Call> calls;
  };
  CallsFrom calls_from(FunctionId function) const {
    const auto first = std::ranges::lower_bound(profile_.calls, function, {}, &Call::caller);
    return {static_cast<std::size_t>(first - profile_.calls.begin()),
            std::span(first, std::ranges::upper_bound(profile_.calls, function, {}, &Call::caller))};
  }

  // A wrapper calls what it wraps, which is named where the wrapper is called; maybe through others: functions that
  // spend most of their time in a single callee.
  void weigh_wrapped(const CallSites& sites, FunctionId callee, const SitedEdge& edge, std::vector<double>& known,
                     double& sum) const {
    FunctionId wrapper = callee;
    for (int step = 0; step < deepest_wrapper; ++step) {
      const auto [first_row, called] = calls_from(wrapper);
      if (called.empty() || std::max(called.size(), edge.shares.size()) > most_wrapped) return;
      bool found = false;
      double all = 0, dearest = -1;
      FunctionId next = wrapper;
      for (std::size_t row = first_row; row < first_row + called.size(); ++row) {
        const FunctionId wrapped = profile_.calls[row].callee;
        const double cost = cost_of(row);
        all += cost;
        if (cost > dearest) {
          dearest = cost;
          next = wrapped;
        }
        const std::string_view name = callees_[index(wrapped)].name;
        if (wrapped == callee || name == callees_[index(callee)].name) continue;
        for (std::size_t i = 0; i < edge.shares.size(); ++i) {
          if (sites.called_name(edge.shares[i].site) != name) continue;
          found = true;
          const double part = cost * std::min(1.0, edge.calls * edge.shares[i].part / calls_of(row));
          known[i] += part;
          sum += part;
        }
      }
      if (found || next == callee || dearest < all * mostly) return;
      wrapper = next;
    }
  }

  // How often the places ran, by the hits of their lines; empty where nobody counted these.
  std::vector<SiteHits> note_hits(FunctionId caller, std::vector<CallSite>& places) const {
    if (!hits_ || profile_.line_self.empty()) return {};
    LineRuns runs;
    bool any = false;
    for (std::size_t i = first_line_[index(caller)]; i < first_line_[index(caller) + 1]; ++i) {
      const std::int64_t value = profile_.line_self.at(i, *hits_);
      if (value <= 0) continue;
      runs.note_hits(profile_.lines[i].line, value);
      any = true;
    }
    if (!any) return {};
    const std::uint32_t file = program_.place(caller).file;
    const PythonScan& scan = program_.scan(file);
    const auto is_head = [&](const Value& value) {
      return begins_loop_or_with(program_.files()[file].source->line(value.statement));
    };
    for (const std::uint32_t v : values_of(caller)) runs.note(scan.values[v], is_head(scan.values[v]));
    std::vector<SiteHits> hits(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      CallSite& site = places[i];
      const Value& value = scan.values[site.value];
      site.hits = 0;
      const std::uint32_t line = runs.line_of(value, site.line);
      if (line == 0) continue;
      site.line = line;
      hits[i] = runs.of(scan, value, line, is_head(value));
      // Of a loop on one line hits do not tell.
      site.hits = hits[i].repeats ? -1 : static_cast<double>(hits[i].sure) + static_cast<double>(hits[i].maybe);
    }
    return hits;
  }

  // Sites on one line are one; n calls are on n lines at most, the most likely ones.
  static void fill(TrueLines& lines, const SitedEdge& edge, const std::vector<double>& cost_weights,
                   const std::vector<CallSite>& places, std::span<const SiteHits> hits, double calls) {
    std::map<std::uint32_t, TrueLines::Part> by_line;
    double cost_sum = 0;
    for (const double weight : cost_weights) cost_sum += weight;
    for (std::size_t i = 0; i < edge.shares.size(); ++i) {
      const std::uint32_t line = places[edge.shares[i].site].line;
      TrueLines::Part& part = by_line.try_emplace(line, TrueLines::Part{line, 0, 0}).first->second;
      if (!hits.empty()) {
        const SiteHits& site = hits[edge.shares[i].site];
        part.hits += edge.shares[i].repeats ? SiteHits{0, std::max(site.sure, site.maybe), true} : site;
      }
      part.calls += edge.shares[i].part;
      part.cost += cost_weights.empty() || cost_sum <= 0 ? edge.shares[i].part : cost_weights[i] / cost_sum;
    }
    for (const auto& [line, part] : by_line) lines.parts.push_back(part);
    const auto is_nothing = [](const TrueLines::Part& part) { return part.calls <= 0 && part.cost <= 0; };
    if (!std::ranges::all_of(lines.parts, is_nothing)) std::erase_if(lines.parts, is_nothing);
    const double most = std::max(1.0, calls);
    if (static_cast<double>(lines.parts.size()) > most) {
      std::ranges::stable_sort(lines.parts, std::ranges::greater{},
                               [&](const auto& p) { return cost_weights.empty() ? p.calls : p.cost; });
      lines.parts.resize(static_cast<std::size_t>(most));
      std::ranges::sort(lines.parts, {}, &TrueLines::Part::line);
    }
    double calls_left = 0, cost_left = 0;
    for (const auto& part : lines.parts) {
      calls_left += part.calls;
      cost_left += part.cost;
    }
    for (auto& part : lines.parts) {
      part.calls = calls_left > 0 ? part.calls / calls_left : 1.0 / static_cast<double>(lines.parts.size());
      part.cost = cost_left > 0 ? part.cost / cost_left : part.calls;
    }
  }

  const Program& program_;
  const Profile& profile_;
  const std::uint32_t metric_;
  std::optional<const Resolver> resolver_;
  std::optional<const ImportTimes> imports_;
  std::vector<FileIndex> index_;
  std::vector<Callee> callees_;
  std::vector<std::size_t> first_line_;
  std::optional<std::size_t> hits_;
  std::vector<TrueLines> result_;
};

}  // namespace

std::vector<TrueLines> find_true_lines(const Program& program) { return TrueLineFinder(program).run(); }

}  // namespace profconv
