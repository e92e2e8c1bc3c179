#include <profconv/transforms.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "model/call_totals.hpp"
#include "model/checked.hpp"

namespace profconv {
namespace {

/// Where an address begins and ends in a C function's name: "<built-in method __new__ of type object at 0x7f12ab>".
std::optional<std::pair<std::size_t, std::size_t>> find_address(std::string_view name) {
  constexpr std::string_view mark = " at 0x";
  const std::size_t begin = name.find(mark);
  if (begin == std::string_view::npos) return std::nullopt;
  std::size_t end = begin + mark.size();
  while (end < name.size() && std::string_view("0123456789abcdefABCDEF").find(name[end]) != std::string_view::npos)
    ++end;
  if (end == begin + mark.size()) return std::nullopt;
  return std::pair(begin, end);
}

bool is_sampled(const Profile& profile) { return profile.metric(samples_metric.name).has_value(); }

/// Adds whole profiles to a builder.
class Adder {
 public:
  explicit Adder(std::vector<MetricKey> metrics) : metrics_(std::move(metrics)), builder_(metrics_) {}

  const std::vector<MetricKey>& metrics() const { return metrics_; }

  void add(const Profile& p) {
    for (const Source& s : p.sources)
      builder_.add_source(p.text(s.name), p.text(s.format), p.text(s.command), s.mtime_ns, s.interval_ns);
    builder_.add_source_lines(p);
    const std::vector<FunctionId> functions = add_functions(p);
    columns_.clear();
    for (const Metric& metric : p.metrics) {
      const auto found = std::ranges::find(metrics_, p.text(metric.name), &MetricKey::name);
      columns_.push_back(static_cast<std::size_t>(found - metrics_.begin()));
    }
    for (std::size_t i = 0; i < functions.size(); ++i) {
      builder_.add_counts(functions[i], p.counts.empty() ? Counts{} : p.counts[i]);
      builder_.add_self(functions[i], row(p.self, i, self_));
      builder_.add_total(functions[i], row(p.total, i, total_));
    }
    add_calls(p, functions);
    note_lines(p, functions);
    for (std::size_t i = 0; i < p.lines.size(); ++i) {
      builder_.add_line({functions[index(p.lines[i].function)], p.lines[i].line}, row(p.line_self, i, self_),
                        row(p.line_total, i, total_));
    }
    add_stacks(p, functions);
    // Equal calls of many profiles are added up now and then, so memory follows the union and not the number of
    // profiles.
    constexpr std::size_t few = 4096;
    if (builder_.call_count() + builder_.line_count() > 2 * compacted_ + few) {
      builder_.compact();
      compacted_ = builder_.call_count() + builder_.line_count();
    }
  }

  Profile finish() && {
    // The lines of a function are to add up to its self cost: what profiles without its lines know goes to no line.
    for (std::size_t f = 0; f * metrics_.size() < lined_.size(); ++f) {
      const FunctionId function{static_cast<std::uint32_t>(f)};
      Row rest(metrics_.size(), not_measured);
      for (std::size_t m = 0; m < rest.size(); ++m) {
        const std::int64_t lined = lined_[f * rest.size() + m];
        if (lined == not_measured || metrics_[m].combine != Combine::sum) continue;
        std::int64_t unlined = builder_.self(function, m);
        add(unlined, -lined);
        if (unlined != 0) rest[m] = unlined;
      }
      if (std::ranges::count(rest, not_measured) != std::ssize(rest)) builder_.add_line({function, 0}, rest, {});
    }
    Profile sum = std::move(builder_).finish();
    // What a profile did not know adds nothing: or the sum of sums would estimate it anew, from all of them.
    if (knows_totals_) {
      for (std::size_t i = 0; i < sum.call_total.rows(); ++i)
        std::ranges::replace(sum.call_total.row(i), not_measured, std::int64_t{0});
    }
    return sum;
  }

 private:
  std::vector<FunctionId> add_functions(const Profile& p) {
    std::vector<FunctionId> functions;
    functions.reserve(p.functions.size());
    std::map<std::tuple<StringId, std::uint32_t, std::string>, unsigned>
        met;  // functions of this profile without their address
    std::string name;
    for (const Function& f : p.functions) {
      FunctionKey key{p.text(f.name), p.text(f.qualified), p.text(f.file), p.text(f.context), f.line};
      if (const auto address = find_address(key.name)) {
        name.assign(key.name, 0, address->first);
        name.append(key.name.substr(address->second));
        const unsigned before = met[{f.file, f.line, name}]++;
        if (before != 0) name += " #" + std::to_string(before + 1);
        key.name = name;
      }
      const FunctionId id = builder_.function(key);
      builder_.mark_entry(id);
      functions.push_back(id);
    }
    return functions;
  }

  void note_lines(const Profile& p, const std::vector<FunctionId>& functions) {
    if (p.line_self.empty() || p.self.empty()) return;
    const std::size_t width = metrics_.size();
    lined_.resize(std::max(lined_.size(), builder_.function_count() * width), not_measured);
    for (std::size_t i = 0; i < p.lines.size(); ++i) {
      const std::size_t first = index(functions[index(p.lines[i].function)]) * width;
      for (std::size_t m = 0; m < columns_.size(); ++m) add(lined_[first + columns_[m]], p.line_self.at(i, m));
    }
  }
  static void add(std::int64_t& sum, std::int64_t value) {
    if (!combine_checked(sum, value, Combine::sum)) throw Error("the lines of a function do not fit 64 bits together");
  }

  void add_calls(const Profile& p, const std::vector<FunctionId>& functions) {
    if (p.calls.empty()) return;
    const CallTotals totals(p);  // a sum of measured and unknown costs needs the estimates
    const bool known = !p.call_total.empty() || !p.total.empty();
    knows_totals_ = knows_totals_ || known;
    for (std::size_t i = 0; i < p.calls.size(); ++i) {
      const Call& c = p.calls[i];
      const Counts counts = p.call_counts.empty() ? Counts{} : p.call_counts[i];
      builder_.add_call({functions[index(c.caller)], functions[index(c.callee)], c.line}, counts,
                        row(p.call_self, i, self_),
                        known ? spread(totals.row(i), total_) : std::span<const std::int64_t>{}, p.is_share(i));
    }
  }

  void add_stacks(const Profile& p, const std::vector<FunctionId>& functions) {
    std::vector<NodeId> nodes;
    nodes.reserve(p.nodes.size());
    for (const Node& n : p.nodes)
      nodes.push_back(builder_.node(n.parent == no_parent ? no_parent : nodes[index(n.parent)],
                                    functions[index(n.function)], n.line));
    std::vector<LabelsId> labels;
    for (const Labels& l : p.labels) labels.push_back(builder_.labels(p.text(l.process), p.text(l.thread), l.status));
    for (std::size_t i = 0; i < p.samples.size(); ++i) {
      builder_.add_sample({nodes[index(p.samples[i].leaf)], labels[index(p.samples[i].labels)]},
                          row(p.sample_cost, i, self_));
    }
  }

  using Row = std::vector<std::int64_t>;
  // A row of the profile's table in the builder's columns; empty when the table is.
  std::span<const std::int64_t> row(const CostTable& table, std::size_t i, Row& wide) const {
    return table.empty() ? std::span<const std::int64_t>{} : spread(table.row(i), wide);
  }
  std::span<const std::int64_t> spread(std::span<const std::int64_t> costs, Row& wide) const {
    if (costs.size() == metrics_.size()) return costs;  // both are in the fixed order of metrics
    wide.assign(metrics_.size(), not_measured);
    for (std::size_t m = 0; m < costs.size(); ++m) wide[columns_[m]] = costs[m];
    return wide;
  }

  std::vector<MetricKey> metrics_;
  ProfileBuilder builder_;
  bool knows_totals_ = false;         // of calls
  Row lined_;                         // per function and metric: the self cost that lines account for
  std::vector<std::size_t> columns_;  // of the profile being added -> the builder's
  Row self_, total_;                  // scratch
  std::size_t compacted_ = 0;         // calls and lines after the last compact()
};

std::vector<MetricKey> metrics_of(const Profile& p) {
  std::vector<MetricKey> metrics;
  for (const MetricKey& key : all_metrics) {
    if (p.metric(key.name)) metrics.push_back(key);
  }
  return metrics;
}

}  // namespace

struct Merger::Impl {
  std::optional<Profile> single;
  std::optional<Adder> sum;
  bool sampled = false;
  bool is_whole = true;  // no profile was added in part

  void require_whole() const {
    if (!is_whole) throw Error("the sum is not whole: a profile before could not be added to it");
  }
};

Merger::Merger() : impl_(std::make_unique<Impl>()) {}
Merger::Merger(Merger&&) noexcept = default;
Merger& Merger::operator=(Merger&&) noexcept = default;
Merger::~Merger() = default;

void Merger::add(Profile&& profile) {
  Impl& m = *impl_;
  m.require_whole();
  if (!m.single && !m.sum) {
    m.sampled = is_sampled(profile);
    m.single = std::move(profile);
    return;
  }
  if (m.sampled != is_sampled(profile)) {
    throw UsageError("a sampled profile and one that counted calls cannot be added up: samples are no calls");
  }
  m.is_whole = false;
  if (!m.sum) {
    m.sum.emplace(metrics_of(*m.single));
    m.sum->add(*m.single);
    m.single.reset();
  }
  std::vector<MetricKey> metrics;
  for (const MetricKey& key : all_metrics) {
    if (profile.metric(key.name) || std::ranges::count(m.sum->metrics(), key.name, &MetricKey::name) != 0)
      metrics.push_back(key);
  }
  if (metrics.size() != m.sum->metrics().size()) {  // a new column: rare, so the sum is simply built anew
    const Profile before = std::move(*m.sum).finish();
    m.sum.emplace(std::move(metrics));
    m.sum->add(before);
  }
  m.sum->add(profile);
  m.is_whole = true;
}

Profile Merger::finish() && {
  impl_->require_whole();
  if (impl_->single) return std::move(*impl_->single);
  return std::move(*impl_->sum).finish();
}

Profile merge(std::vector<Profile>&& profiles) {
  Merger merger;
  for (Profile& profile : profiles) merger.add(std::move(profile));
  return std::move(merger).finish();
}

}  // namespace profconv
