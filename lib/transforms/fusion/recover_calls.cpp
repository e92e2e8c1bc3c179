#include "transforms/fusion/recover_calls.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "base/wide_int.hpp"
#include "model/known.hpp"
#include "transforms/call_lines/site_calls.hpp"
#include "transforms/fusion/recovered_sites.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {
namespace {

class Recovery {
 public:
  Recovery(const Profile& profile, const SourceFiles& sources)
      : p_(profile),
        sources_(sources),
        program_(profile, sources),
        resolver_(program_),
        time_(profile.metric(time_metric.name)),
        hits_(profile.metric(hits_metric.name)) {
    const std::size_t functions = p_.functions.size();
    recorded_.first_line.assign(functions + 1, 0);
    recorded_.runs.resize(functions);
    recorded_.calls.assign(functions, not_counted);
    for (const Line& line : p_.lines) ++recorded_.first_line[index(line.function) + 1];
    for (std::size_t f = 0; f < functions; ++f) recorded_.first_line[f + 1] += recorded_.first_line[f];
  }

  RecoveredCalls run() && {
    note_runs();
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) recorded_.calls[f] = calls_of(FunctionId{f});
    std::vector<std::vector<RecoveredSite>> found = recovered_sites(program_, resolver_, recorded_);
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) add(FunctionId{f}, found[f]);
    return finish();
  }

 private:
  struct Edge {
    Call call;
    std::int64_t calls;
    bool is_estimated;
  };
  std::int64_t hits(std::size_t row) const {
    const std::int64_t value = p_.line_self.empty() ? not_measured : p_.line_self.at(row, *hits_);
    return std::max<std::int64_t>(value, 0);
  }

  void note_runs() {
    for (std::size_t i = 0; i < p_.lines.size(); ++i) {
      if (hits(i) != 0) recorded_.runs[index(p_.lines[i].function)].note_hits(p_.lines[i].line, hits(i));
    }
    for (std::uint32_t file = 0; file < program_.files().size(); ++file) {
      if (program_.files()[file].source == nullptr) continue;
      for (const PythonScan::Value& value : program_.scan(file).values) {
        const FunctionId caller = function_of(program_, {file, value.scope});
        if (index(caller) != Program::none) recorded_.runs[index(caller)].note(value, is_head(program_, file, value));
      }
    }
  }

  // How often the first line ran that was executed, if that is executed once per call. A `with` is hit again at its
  // end, and so are decorators and what they decorate, when they are called and when it gets its name: what comes next
  // is not.
  std::int64_t calls_of(FunctionId f) const {
    const SourceFile* const source = sources_.find(p_.text(p_.function(f).file));
    const LineRuns& runs = recorded_.runs[index(f)];
    std::int64_t least = not_counted;
    std::uint32_t statement = 0;  // that is hit again; 0: none yet
    bool is_decorated = false;
    for (std::size_t i = recorded_.first_line[index(f)]; i < recorded_.first_line[index(f) + 1]; ++i) {
      if (hits(i) == 0) continue;
      if (source == nullptr) return not_counted;
      const std::uint32_t number = p_.lines[i].line;
      const std::string_view line = source->line(number);
      const bool goes_on = statement != 0 && runs.statement_of(number) == statement;
      if (!goes_on && is_loop(*source, number)) return not_counted;
      least = least == not_counted ? runs.of_line(number) : std::min(least, runs.of_line(number));
      if (goes_on) continue;
      const bool is_decorator = begins_with_one_of(line, {"@"});
      const bool is_defined = is_decorated && begins_with_one_of(line, {"def ", "async def ", "class "});
      if (!is_decorator && !is_defined && !begins_with_one_of(line, {"with ", "async with "})) return least;
      statement = number;
      is_decorated = is_decorator;
    }
    return least;
  }

  static bool is_loop(const SourceFile& source, std::uint32_t line) {
    return begins_with_one_of(source.line(line), {"for ", "while ", "async for "});
  }

  bool took_long_enough(const RecoveredSite& found, FunctionId callee, std::int64_t calls) const {
    if (!time_ || p_.line_total.empty() || p_.total.empty() || found.caller == callee) return true;
    const std::int64_t line = p_.line_total.at(found.line, *time_), all = recorded_.calls[index(callee)];
    if (line == not_measured || all <= 0) return true;
    // Clocks are read once more for the line than for what it calls; an average call may cost less than this one.
    return calls < all || WideInt{p_.total.at(index(callee), *time_)} <= WideInt{line} + line / 20;
  }

  // Calls that need not have been made on a line took no longer than it, if each took as long as the others: those of
  // an attribute or method that another class has, too, show in that.
  void bound_by_time(SiteHits& site, const RecoveredSite& found, FunctionId callee) const {
    const std::int64_t all = recorded_.calls[index(callee)];
    if (site.maybe == 0 || all <= 0 || !time_ || p_.line_total.empty() || p_.total.empty() || found.caller == callee)
      return;
    const std::int64_t line = p_.line_total.at(found.line, *time_), total = p_.total.at(index(callee), *time_);
    if (line == not_measured || total <= 0) return;
    const WideInt most = WideInt{std::max<std::int64_t>(line, 0)} * all * 3 / 2 / total;
    if (site.repeats && most < site.maybe) site.repeats = false;
    site.maybe = clamped(std::min<WideInt>(site.maybe, most));
  }

  // Calls on one line are one edge. What it cost is known where all calls of the function are on it, apart from those
  // of itself; else it is a share.
  void add(FunctionId callee, std::vector<RecoveredSite>& found) {
    const std::int64_t all = recorded_.calls[index(callee)];
    std::vector<SiteHits> sites = join_lines(found);
    for (std::size_t i = 0; i < found.size(); ++i) bound_by_time(sites[i], found[i], callee);
    const std::vector<std::int64_t> calls = calls_of_sites(all, sites);
    const std::vector<bool> decided = decided_sites(all, sites);
    const std::size_t first = edges_.size();
    std::size_t others = 0;  // callers' lines
    WideInt sum = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (calls[i] == 0 || !took_long_enough(found[i], callee, calls[i])) continue;
      edges_.push_back(
          {{found[i].caller, callee, p_.lines[found[i].line].line}, calls[i], found[i].is_guess || !decided[i]});
      if (found[i].caller != callee) ++others;
      sum += calls[i];
    }
    const bool cost_is_known = others == 1 && sum == all;
    for (Edge& edge : std::span(edges_).subspan(first))
      edge.is_estimated |= !cost_is_known && edge.call.caller != callee;
  }

  // What was found on one line becomes one; returns the hits.
  static std::vector<SiteHits> join_lines(std::vector<RecoveredSite>& found) {
    std::ranges::sort(found, {}, [](const RecoveredSite& f) { return std::tuple(f.caller, f.line); });
    std::vector<SiteHits> sites;
    std::size_t kept = 0;
    for (const RecoveredSite& f : found) {
      if (kept > 0 && found[kept - 1].caller == f.caller && found[kept - 1].line == f.line) {
        sites.back() += f.hits;
        found[kept - 1].is_guess |= f.is_guess;
      } else {
        sites.push_back(f.hits);
        found[kept++] = f;
      }
    }
    found.resize(kept);
    return sites;
  }

  RecoveredCalls finish() {
    Rebuild result(p_);
    for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
      const FunctionId f{i};
      result.add_function(f);
      result.builder().add_counts(f, {recorded_.calls[i], not_counted});
      result.add_costs(f);
      result.add_lines(f);
    }
    for (const Edge& e : edges_) result.builder().add_call(e.call, {e.calls, not_counted}, {}, {}, e.is_estimated);
    result.add_stacks(Rebuild::Dropped::cut);
    return {std::move(result).finish(), edges_.size()};
  }

  const Profile& p_;
  const SourceFiles& sources_;
  const Program program_;
  const Resolver resolver_;
  std::optional<std::size_t> time_, hits_;
  RecordedRuns recorded_;
  std::vector<Edge> edges_;
};

}  // namespace

RecoveredCalls recover_calls(Profile&& profile, const SourceFiles* sources) {
  const bool possible = sources != nullptr && sources->enabled() && profile.calls.empty() && !profile.lines.empty() &&
                        profile.metric(hits_metric.name).has_value();
  if (!possible) return {std::move(profile), 0};
  RecoveredCalls recovered = Recovery(profile, *sources).run();
  if (recovered.edges == 0) return {std::move(profile), 0};
  return recovered;
}

}  // namespace profconv
