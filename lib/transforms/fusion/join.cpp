#include "transforms/fusion/join.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string_view>

#include <profconv/builder.hpp>

#include "base/hash_tables.hpp"
#include "transforms/fusion/function_matcher.hpp"

namespace profconv {
namespace {

using Row = std::vector<std::int64_t>;

// Which kind's numbers of memory rule the next one's: lines say more than calls.
constexpr std::array memory_order = {memory_kind, traced_kind, lines_kind, calls_kind};
static_assert(memory_order.size() == profile_kinds);

bool is_memory(std::string_view metric) {
  return metric == mem_grow_metric.name || metric == mem_free_metric.name || metric == mem_peak_metric.name;
}

bool has_memory(const Profile& profile) {
  return std::ranges::any_of(profile.metrics, [&](const Metric& m) { return is_memory(profile.text(m.name)); });
}

bool has_files(const Profile& profile) {
  return std::ranges::any_of(profile.functions, [](const Function& f) { return index(f.file) != 0; });
}

std::vector<MetricKey> metrics_of_all(const Profile* const (&profiles)[profile_kinds]) {
  std::vector<MetricKey> metrics;
  for (const MetricKey& key : all_metrics) {
    if (std::ranges::any_of(profiles, [&](const Profile* p) { return p != nullptr && p->metric(key.name); }))
      metrics.push_back(key);
  }
  return metrics;
}

class Joiner {
 public:
  Joiner(const Profile* const (&profiles)[profile_kinds], const SourceFiles* sources)
      : profiles_(profiles), metrics_(metrics_of_all(profiles)), builder_(metrics_), matcher_(builder_, sources) {}

  Joined run() {
    // A name without a file is looked for among those that have one.
    for (const bool with_files : {true, false}) {
      for (std::size_t kind = 0; kind < profile_kinds; ++kind) {
        if (profiles_[kind] != nullptr && has_files(*profiles_[kind]) == with_files) add_functions(kind);
      }
    }
    for (std::size_t kind = 0; kind < profile_kinds; ++kind) {
      if (profiles_[kind] != nullptr) add_costs(kind);
    }
    Joined joined;
    joined.profile = std::move(builder_).finish();
    joined.origins = std::move(origins_);  // every function has an entry, in the order of their ids
    return joined;
  }

 private:
  void add_functions(std::size_t kind) {
    const Profile& p = *profiles_[kind];
    for (const Source& s : p.sources)
      builder_.add_source(p.text(s.name), p.text(s.format), p.text(s.command), s.mtime_ns, s.interval_ns);
    builder_.add_source_lines(p);
    const std::vector<FunctionMatcher::Found> found =
        origins_.empty() ? std::vector<FunctionMatcher::Found>(p.functions.size()) : matcher_.match(p);
    std::vector<FunctionId>& ids = ids_[kind];
    std::vector<FunctionId> added;
    for (std::size_t i = 0; i < p.functions.size(); ++i) {
      const Function& f = p.functions[i];
      FunctionId id = found[i].function;
      if (found[i].how == FuseReport::Match::none) {
        id = builder_.function({p.text(f.name), p.text(f.qualified), p.text(f.file), p.text(f.context), f.line});
        builder_.mark_entry(id);
        added.push_back(id);
      }
      ids.push_back(id);
      if (origins_.size() <= index(id)) origins_.resize(index(id) + 1);
      origins_[index(id)].seen[kind] = true;
      origins_[index(id)].match[kind] = found[i].how;
      if (!found[i].among.empty()) among_[id] = found[i].among;
    }
    for (const FunctionId id : added) matcher_.add(id);
  }

  // Whether the numbers of a metric that this kind has of a function are used: those of one kind, or they would be
  // there twice.
  bool rules(std::size_t kind, FunctionId function, std::string_view metric) const {
    const Joined::Origin& origin = origins_[index(function)];
    const bool memory = is_memory(metric);
    // The time of a function that was not found among the others' is in theirs, under another name.
    if (kind == traced_kind && !memory && profiles_[calls_kind] != nullptr && profiles_[calls_kind]->metric(metric))
      return false;
    // So is the memory of one that was not found as it may be any of several.
    if (memory && is_among_measured(function)) return false;
    for (std::size_t i = 0; i < profile_kinds; ++i) {
      const std::size_t k = memory ? memory_order[i] : i;
      if (k == kind) return true;
      if (origin.seen[k] && profiles_[k]->metric(metric)) return false;
    }
    return false;
  }

  // Whether a function that mprof traced is one of several, and the memory profiler has them.
  bool is_among_measured(FunctionId function) const {
    const auto known = among_.find(function);
    return known != among_.end() &&
           std::ranges::any_of(known->second, [&](FunctionId f) { return origins_[index(f)].seen[memory_kind]; });
  }

  // Whether it is a function that was traced and is one of several of the call graph, which has its calls.
  bool may_be_several(std::size_t kind, FunctionId function) const {
    return kind == traced_kind && profiles_[calls_kind] != nullptr && among_.contains(function);
  }

  // Whether this kind says how often a function was called: the only one that counted it, or nobody did.
  bool counts(std::size_t kind, FunctionId function) const {
    if (may_be_several(kind, function)) return false;
    for (const std::size_t k : {calls_kind, traced_kind}) {
      if (origins_[index(function)].seen[k]) return k == kind;
    }
    return true;
  }

  // A row in the builder's columns; a cell that another kind rules is `not_measured`.
  std::span<const std::int64_t> spread(std::size_t kind, const CostTable& table, std::size_t i, FunctionId function,
                                       Row& wide) const {
    if (table.empty()) return {};
    const Profile& p = *profiles_[kind];
    wide.assign(metrics_.size(), not_measured);
    for (std::size_t m = 0; m < p.metrics.size(); ++m) {
      const std::string_view name = p.text(p.metrics[m].name);
      if (!rules(kind, function, name)) continue;
      const auto column = std::ranges::find(metrics_, name, &MetricKey::name) - metrics_.begin();
      wide[static_cast<std::size_t>(column)] = table.at(i, m);
    }
    return wide;
  }

  void add_costs(std::size_t kind) {
    const Profile& p = *profiles_[kind];
    const std::vector<FunctionId>& ids = ids_[kind];
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (counts(kind, ids[i])) builder_.add_counts(ids[i], p.counts.empty() ? Counts{} : p.counts[i]);
      builder_.add_self(ids[i], spread(kind, p.self, i, ids[i], self_));
      builder_.add_total(ids[i], spread(kind, p.total, i, ids[i], total_));
    }
    for (std::size_t i = 0; i < p.calls.size(); ++i) add_call(kind, i);
    for (std::size_t i = 0; i < p.lines.size(); ++i) {
      const FunctionId function = ids[index(p.lines[i].function)];
      builder_.add_line({function, p.lines[i].line}, spread(kind, p.line_self, i, function, self_),
                        line_total(kind, i, function));
    }
  }

  void add_call(std::size_t kind, std::size_t i) {
    const Profile& p = *profiles_[kind];
    const FunctionId caller = ids_[kind][index(p.calls[i].caller)], callee = ids_[kind][index(p.calls[i].callee)];
    Call call{caller, callee, p.calls[i].line};
    Counts counts = p.call_counts.empty() ? Counts{} : p.call_counts[i];
    const std::uint64_t pair = pair_of(static_cast<std::uint32_t>(caller), static_cast<std::uint32_t>(callee));
    if (kind == calls_kind) {
      if (profiles_[traced_kind] != nullptr) line_of_call_.try_emplace(pair, call.line);
    } else if (origins_[index(caller)].seen[calls_kind] && origins_[index(callee)].seen[calls_kind]) {
      // The call graph has both functions, and so each call from one to the other. One that it does not have went
      // through a function that was not traced.
      const auto known = line_of_call_.find(pair);
      if (known == line_of_call_.end()) return;
      call.line = known->second;
      counts = {0, 0};
    } else if (may_be_several(kind, callee)) {
      counts = {0, 0};
    }
    builder_.add_call(call, counts, spread(kind, p.call_self, i, callee, self_),
                      spread(kind, p.call_total, i, callee, total_));
  }

  // Inclusive times of lines are wanted even where the call graph has the function's time: as proportions.
  std::span<const std::int64_t> line_total(std::size_t kind, std::size_t i, FunctionId function) {
    const Profile& p = *profiles_[kind];
    const std::span<const std::int64_t> costs = spread(kind, p.line_total, i, function, total_);
    if (kind != lines_kind || costs.empty()) return costs;
    const auto time = p.metric(time_metric.name);
    const auto column = std::ranges::find(metrics_, time_metric.name, &MetricKey::name) - metrics_.begin();
    if (time) total_[static_cast<std::size_t>(column)] = p.line_total.at(i, *time);
    return costs;
  }

  const Profile* const (&profiles_)[profile_kinds];
  std::vector<MetricKey> metrics_;
  ProfileBuilder builder_;
  FunctionMatcher matcher_;
  std::vector<FunctionId> ids_[profile_kinds];
  std::vector<Joined::Origin> origins_;
  std::map<FunctionId, std::vector<FunctionId>> among_;  // of a function that was not found: what it may be
  NumberMap<std::uint32_t> line_of_call_;  // per caller and callee of the call graph, where others have calls
  Row self_, total_;                       // scratch
};

}  // namespace

ProfileKind kind_of(const Profile& profile) {
  if (!profile.calls.empty() || !profile.counts.empty())
    return has_memory(profile) && !has_files(profile) ? ProfileKind::traced_memory : ProfileKind::calls;
  if (has_memory(profile)) return ProfileKind::memory;
  return profile.metric(hits_metric.name) ? ProfileKind::lines : ProfileKind::calls;
}

Joined join(const Profile* const (&profiles)[profile_kinds], const SourceFiles* sources) {
  return Joiner(profiles, sources).run();
}

}  // namespace profconv
