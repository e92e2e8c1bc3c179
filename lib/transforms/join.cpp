#include "transforms/join.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include <profconv/builder.hpp>

#include "transforms/function_matcher.hpp"

namespace profconv {
namespace {

using Row = std::vector<std::int64_t>;
constexpr std::size_t calls_kind = static_cast<std::size_t>(ProfileKind::calls),
                      lines_kind = static_cast<std::size_t>(ProfileKind::lines);

bool is_memory(std::string_view metric) {
  return metric == mem_grow_metric.name || metric == mem_free_metric.name || metric == mem_peak_metric.name;
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
    for (std::size_t kind = 0; kind < profile_kinds; ++kind) {
      if (profiles_[kind] != nullptr) add_functions(kind);
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
    const std::vector<FunctionMatcher::Found> found =
        origins_.empty() ? std::vector<FunctionMatcher::Found>(p.functions.size()) : matcher_.match(p);
    std::vector<FunctionId>& ids = ids_[kind];
    for (std::size_t i = 0; i < p.functions.size(); ++i) {
      const Function& f = p.functions[i];
      FunctionId id = found[i].function;
      if (found[i].how == FuseReport::Match::none) {
        id = builder_.function({p.text(f.name), p.text(f.qualified), p.text(f.file), p.text(f.context), f.line});
        builder_.mark_entry(id);
      }
      ids.push_back(id);
      if (origins_.size() <= index(id)) origins_.resize(index(id) + 1);
      origins_[index(id)].seen[kind] = true;
      origins_[index(id)].match[kind] = found[i].how;
    }
    for (const FunctionId id : ids) matcher_.add(id);
  }

  // Whether the numbers of a metric that this kind has of a function are used: those of one kind, or they would be
  // there twice. Of memory it is the last kind's, which knows lines where mprof knows functions.
  bool rules(std::size_t kind, FunctionId function, std::string_view metric) const {
    const Joined::Origin& origin = origins_[index(function)];
    const auto is_known = [&](std::size_t k) { return origin.seen[k] && profiles_[k]->metric(metric); };
    for (std::size_t k = 0; k < profile_kinds; ++k) {
      const bool is_before = is_memory(metric) ? k > kind : k < kind;
      if (is_before && is_known(k)) return false;
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
      const bool counted = kind == calls_kind && !p.counts.empty();
      if (counted || !origins_[index(ids[i])].seen[calls_kind])
        builder_.add_counts(ids[i], counted ? p.counts[i] : Counts{});
      builder_.add_self(ids[i], spread(kind, p.self, i, ids[i], self_));
      builder_.add_total(ids[i], spread(kind, p.total, i, ids[i], total_));
    }
    for (std::size_t i = 0; i < p.calls.size(); ++i) {
      const Call& c = p.calls[i];
      const FunctionId caller = ids[index(c.caller)], callee = ids[index(c.callee)];
      builder_.add_call({caller, callee, c.line}, p.call_counts.empty() ? Counts{} : p.call_counts[i],
                        spread(kind, p.call_self, i, callee, self_), spread(kind, p.call_total, i, callee, total_));
    }
    for (std::size_t i = 0; i < p.lines.size(); ++i) {
      const FunctionId function = ids[index(p.lines[i].function)];
      builder_.add_line({function, p.lines[i].line}, spread(kind, p.line_self, i, function, self_),
                        line_total(kind, i, function));
    }
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
  Row self_, total_;  // scratch
};

}  // namespace

ProfileKind kind_of(const Profile& profile) {
  if (!profile.calls.empty() || !profile.counts.empty()) return ProfileKind::calls;
  for (const Metric& metric : profile.metrics) {
    if (is_memory(profile.text(metric.name))) return ProfileKind::memory;
  }
  return profile.metric(hits_metric.name) ? ProfileKind::lines : ProfileKind::calls;
}

Joined join(const Profile* const (&profiles)[profile_kinds], const SourceFiles* sources) {
  return Joiner(profiles, sources).run();
}

}  // namespace profconv
