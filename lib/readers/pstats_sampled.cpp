#include "readers/pstats_sampled.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "base/wide_int.hpp"
#include "model/apportion.hpp"
#include "model/call_graph.hpp"
#include "readers/sampled_function.hpp"

namespace profconv {
namespace {

constexpr std::size_t samples_column = 1;  // after time

std::int64_t samples_of(std::int64_t count) { return count == not_counted ? 0 : count; }

/// Time of a number of samples.
class Clock {
 public:
  /// The interval is in no field of the dump: it is the quotient of any entry's time and samples, best of the one with
  /// most.
  explicit Clock(const Profile& entries) {
    std::size_t best = 0;
    std::int64_t most = 0;
    for (std::size_t i = 0; i < entries.counts.size(); ++i) {
      if (entries.counts[i].calls > most) {
        most = entries.counts[i].calls;
        best = i;
      }
    }
    if (most > 0) interval_ns_ = static_cast<double>(entries.total.at(best, 0)) / static_cast<double>(most);
    if (!(interval_ns_ > 0)) interval_ns_ = 0;
    // Recorders count in whole microseconds; only float noise lies beside them.
    if (std::fabs(interval_ns_ - std::round(interval_ns_)) < 1e-3) interval_ns_ = std::round(interval_ns_);
  }

  std::int64_t interval_ns() const { return std::llround(interval_ns_); }

  std::int64_t time_ns(std::int64_t samples) const {
    const double ns = interval_ns_ * static_cast<double>(samples);
    constexpr double limit = 9223372036854774784.0;
    if (!(std::fabs(ns) <= limit))
      throw Error("the time of " + std::to_string(samples) + " samples does not fit 64 bits of nanoseconds");
    return std::llround(ns);
  }

  /// A row of costs: time, samples.
  std::array<std::int64_t, 2> cost(std::int64_t samples) const { return {time_ns(samples), samples}; }

 private:
  double interval_ns_ = 0;
};

void add_to(std::int64_t& sum, std::int64_t value) {
  if (__builtin_add_overflow(sum, value, &sum)) throw Error("the samples of a function do not fit 64 bits");
}

/// Of a function.
struct Flow {
  std::int64_t on_stack = 0;  // sum over the lines of samples with the line on the stack
  std::int64_t entered = 0;   // from other functions
  std::int64_t roots = 0;     // occurrences as the outermost frame: on top + calls made - calls received
};

// Samples per component of the graph. A stack that has left a circle does not come back to it, or the circle would be
// larger: it begins in there or enters it, once.
std::vector<std::int64_t> samples_of_circles(const Profile& profile, const CallGraph& graph,
                                             const std::vector<Flow>& flows) {
  std::vector<std::int64_t> samples(graph.components(), 0);
  for (std::size_t f = 0; f < flows.size(); ++f)
    add_to(samples[graph.component(FunctionId{static_cast<std::uint32_t>(f)})],
           std::max<std::int64_t>(flows[f].roots, 0));
  for (std::size_t i = 0; i < profile.calls.size(); ++i) {
    const Call& call = profile.calls[i];
    if (graph.component(call.caller) == graph.component(call.callee)) continue;
    add_to(samples[graph.component(call.callee)], std::max<std::int64_t>(profile.call_total.at(i, samples_column), 0));
  }
  return samples;
}

// Samples with each function on the stack. Without recursion that is the sum over its lines. A function that calls only
// itself stands on a stack in one piece, so every sample with it enters it once: from another function or as the root.
// In a circle of several functions it may be entered more than once a sample, but in no sample that is not the
// circle's. Returns of how many functions only a bound is known.
std::size_t set_totals(Profile& profile, const CallGraph& graph, const std::vector<Flow>& flows, const Clock& clock) {
  std::vector<bool> recursive(profile.functions.size(), false);
  for (const Call& call : profile.calls) {
    if (call.caller == call.callee) recursive[index(call.caller)] = true;
  }
  const std::vector<std::int64_t> of_circle = samples_of_circles(profile, graph, flows);
  std::int64_t all = 0;  // each has one frame on top
  for (std::size_t f = 0; f < profile.self.rows(); ++f) add_to(all, profile.self.at(f, samples_column));
  std::size_t bounds = 0;
  profile.total = CostTable(profile.metrics.size());
  for (std::size_t f = 0; f < profile.functions.size(); ++f) {
    const Flow& flow = flows[f];
    const FunctionId function{static_cast<std::uint32_t>(f)};
    const bool cycle = graph.in_cycle(function);
    std::int64_t samples = flow.on_stack;
    if (recursive[f] || cycle) {
      std::int64_t entered = flow.entered;
      add_to(entered, std::max<std::int64_t>(flow.roots, 0));
      samples = std::min({samples, entered, of_circle[graph.component(function)], all});
    }
    if (cycle) ++bounds;
    profile.total.append(clock.cost(samples));
  }
  return bounds;
}

// In recursion a pair of caller and callee stands on one stack many times, and the dump counts each. Samples with the
// pair are no more than those with either; what is too much is taken from all lines of the caller alike.
void bound_calls_in_circles(Profile& profile, const CallGraph& graph, const Clock& clock) {
  std::vector<std::int64_t> counts, parts;
  for (std::size_t first = 0, end = 0; first < profile.calls.size(); first = end) {
    const Call& call = profile.calls[first];
    WideInt sum = 0;
    counts.clear();
    for (; end < profile.calls.size() && profile.calls[end].caller == call.caller &&
           profile.calls[end].callee == call.callee;
         ++end) {
      counts.push_back(std::max<std::int64_t>(profile.call_total.at(end, samples_column), 0));
      sum += counts.back();
    }
    if (graph.component(call.caller) != graph.component(call.callee)) continue;
    const std::int64_t most = std::min(profile.total.at(index(call.caller), samples_column),
                                       profile.total.at(index(call.callee), samples_column));
    if (sum <= most) continue;
    parts.resize(counts.size());
    apportion(most, counts, parts);
    for (std::size_t i = 0; i < parts.size(); ++i)
      std::ranges::copy(clock.cost(parts[i]), profile.call_total.row(first + i).begin());
  }
}

}  // namespace

Profile fold_sampled(const Profile& entries, const Bytes& bytes, const Limits& limits, Diagnostics& diagnostics) {
  const Clock clock(entries);
  ProfileBuilder builder(std::array{time_metric, samples_metric}, limits);
  builder.add_source(bytes.source, "pstats", {}, bytes.mtime_ns, clock.interval_ns());

  std::vector<FunctionId> folded;  // entry -> function
  folded.reserve(entries.functions.size());
  for (const Function& entry : entries.functions) {
    const FunctionId f = builder.function(sampled_function(entries.text(entry.file), entries.text(entry.name)));
    builder.mark_entry(f);
    folded.push_back(f);
  }

  std::vector<Flow> flows(builder.function_count());
  for (std::size_t i = 0; i < entries.functions.size(); ++i) {
    const Counts counts = entries.counts.empty() ? Counts{} : entries.counts[i];
    const std::int64_t on_stack = samples_of(counts.calls), on_top = samples_of(counts.primitive);
    const auto self = clock.cost(on_top), total = clock.cost(on_stack);
    builder.add_line({folded[i], entries.functions[i].line}, self, total);
    builder.add_self(folded[i], self);
    add_to(flows[index(folded[i])].on_stack, on_stack);
    add_to(flows[index(folded[i])].roots, on_top);
  }
  for (std::size_t i = 0; i < entries.calls.size(); ++i) {
    const Call& call = entries.calls[i];
    const FunctionId caller = folded[index(call.caller)], callee = folded[index(call.callee)];
    const std::int64_t samples = entries.call_counts.empty() ? 0 : samples_of(entries.call_counts[i].calls);
    builder.add_call({caller, callee, entries.function(call.caller).line}, Counts{}, {}, clock.cost(samples));
    add_to(flows[index(caller)].roots, samples);
    add_to(flows[index(callee)].roots, -samples);
    if (caller != callee) add_to(flows[index(callee)].entered, samples);
  }
  if (entries.recorded) {
    Recorded recorded = *entries.recorded;
    for (Recorded::Key& key : recorded.keys) {
      key.file = builder.intern(entries.text(key.file));
      key.name = builder.intern(entries.text(key.name));
      key.function = folded[index(key.function)];
    }
    builder.set_recorded(std::move(recorded));
  }
  Profile profile = std::move(builder).finish();

  const CallGraph graph(profile);
  const std::size_t bounds = set_totals(profile, graph, flows, clock);
  bound_calls_in_circles(profile, graph, clock);
  if (bounds != 0) {
    diagnostics.note(
        std::string(bytes.source), {},
        "the inclusive samples of " + std::to_string(bounds) +
            " functions that call each other in circles are upper bounds: a sampled pstats dump keeps no stacks");
  }
  check(profile);
  return profile;
}

}  // namespace profconv
