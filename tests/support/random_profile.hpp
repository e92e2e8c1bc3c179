#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

/// Random profiles for property tests. The same seed gives the same profiles on every platform: the standard's
/// generators are specified to the bit, its distributions are not, so there are none here.

namespace profconv::test {

/// Numbers from a generator, or from given bytes, so that a fuzzer can steer what is made of them; zeros once these
/// end.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  explicit Random(std::span<const std::uint8_t> bytes) : given_(bytes), steered_(true) {}
  std::uint64_t bits() { return steered_ ? take(8) : engine_(); }
  /// From 0 to n - 1.
  std::size_t below(std::size_t n) {
    if (!steered_) return static_cast<std::size_t>(engine_() % n);
    return static_cast<std::size_t>(take(n <= 256 ? 1 : 8) % n);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }

 private:
  std::uint64_t take(std::size_t size) {
    std::uint64_t value = 0;
    for (; size > 0 && !given_.empty(); --size, given_ = given_.subspan(1)) value = value << 8 | given_.front();
    return value;
  }

  std::mt19937_64 engine_;
  std::span<const std::uint8_t> given_ = {};
  bool steered_ = false;
};

/// PROFCONV_SEED or the fixed one.
inline std::uint64_t seed() {
  const char* given = std::getenv("PROFCONV_SEED");
  constexpr std::uint64_t fixed = 20240229;
  return given == nullptr ? fixed : std::strtoull(given, nullptr, 10);
}

/// What cProfile would record of a made-up program run: calls nest, times add up, nothing is lost. Has recursion and
/// circles, C functions, names that are alike, calls without a caller, times that cProfile's floats would round.
inline Profile random_run(Random& random) {
  struct Totals {
    std::int64_t calls = 0, primitive = 0, self = 0, total = 0;
    int active = 0;
  };
  const std::size_t functions = 1 + random.below(12);
  std::vector<Totals> entries(functions);
  std::map<std::pair<std::size_t, std::size_t>, Totals> edges;  // caller, callee
  std::vector<std::vector<std::size_t>> callees(functions);     // whom a function may call
  for (auto& list : callees) {
    for (std::size_t n = random.below(4); n > 0; --n) list.push_back(random.below(functions));
  }

  std::int64_t clock = 0;
  std::size_t budget = 300;  // calls of this run
  const auto call = [&](const auto& self, std::size_t caller, std::size_t f, std::size_t depth) -> void {
    --budget;
    Totals& entry = entries[f];
    Totals* const edge = caller == functions ? nullptr : &edges[{caller, f}];
    const std::int64_t begin = clock;
    std::int64_t own = 0;
    for (Totals* t : {&entry, edge}) {
      if (t == nullptr) continue;
      ++t->calls;
      if (t->active++ == 0) ++t->primitive;
    }
    const auto work = [&] {
      const auto time = static_cast<std::int64_t>(random.one_in(3) ? 0 : random.below(1000));
      own += time;
      clock += time;
    };
    work();
    for (std::size_t n = random.below(4); n > 0 && !callees[f].empty() && depth < 30 && budget > 0; --n) {
      self(self, f, callees[f][random.below(callees[f].size())], depth + 1);
      work();
    }
    for (Totals* t : {&entry, edge}) {
      if (t == nullptr) continue;
      t->self += own;
      if (--t->active == 0) t->total += clock - begin;
    }
  };
  for (std::size_t n = 1 + random.below(3); n > 0 && budget > 0; --n) call(call, functions, random.below(functions), 0);

  static constexpr std::array names = {"f", "g", "<module>", "__init__", "<lambda>", "(3) x", "größe", "f:1"};
  static constexpr std::array files = {
      "t.py", "/srv/a/__init__.py", "/srv/b/__init__.py", "/usr/lib/python3.11/json/decoder.py", "~", "<string>"};
  ProfileBuilder builder(std::array{time_metric});
  builder.add_source("run.prof", "pstats", "", 0, 0);
  std::vector<FunctionId> ids;
  for (std::size_t f = 0; f < functions; ++f) {
    std::uint32_t line = static_cast<std::uint32_t>(random.below(3));
    FunctionKey key{.name = names[random.below(names.size())], .file = files[random.below(files.size())], .line = line};
    FunctionId id = builder.function(key);
    while (std::find(ids.begin(), ids.end(), id) != ids.end()) {
      key.line = ++line;
      id = builder.function(key);
    }
    ids.push_back(id);
    const Totals& t = entries[f];
    if (t.calls == 0) continue;  // was never called: not recorded, and nobody mentions it
    builder.mark_entry(id);
    builder.add_counts(id, {t.calls, t.primitive});
    builder.add_self(id, {&t.self, 1});
    builder.add_total(id, {&t.total, 1});
  }
  for (const auto& [edge, t] : edges) {
    builder.add_call({ids[edge.first], ids[edge.second], 0}, {t.calls, t.primitive}, {&t.self, 1}, {&t.total, 1});
  }
  return std::move(builder).finish();
}

/// Anything that a profile may hold, likely or not: every table, unknown and negative values, large ones, odd names.
inline Profile random_tables(Random& random, bool sampled = false) {
  const auto text = [&]() -> std::string {
    static constexpr std::array texts = {"",
                                         "f",
                                         "g",
                                         "???",
                                         "(3) x",
                                         "a b",
                                         "\n",
                                         "\"",
                                         "\\",
                                         "#",
                                         "größe",
                                         "\xff",
                                         "\xed\xa0\x80",
                                         "<built-in method x at 0x7f01>",
                                         "<built-in method x at 0x7f02>",
                                         "f\\n",
                                         "f\n",
                                         "events: ns",
                                         "-",
                                         "\xe2\x80\xae"};
    std::string s = texts[random.below(texts.size())];
    if (random.one_in(8)) s += std::string(1, '\0');
    if (random.one_in(16)) {
      for (std::size_t n = random.below(8); n > 0; --n) s += static_cast<char>(random.below(256));
    }
    return s;
  };
  const auto value = [&]() -> std::int64_t {
    const auto v = static_cast<std::int64_t>(random.below(2000));
    if (random.one_in(10)) return -v;
    if (random.one_in(10)) return v << 40;
    return v;
  };
  const auto count = [&]() -> std::int64_t {
    return random.one_in(6) ? not_counted : static_cast<std::int64_t>(random.below(20));
  };

  std::vector<MetricKey> metrics;
  for (const MetricKey& key : all_metrics) {
    const bool wanted = key.name == samples_metric.name ? sampled : key.name == time_metric.name || random.one_in(3);
    if (wanted) metrics.push_back(key);
  }
  const auto row = [&](bool may_lack) {
    std::vector<std::int64_t> costs;
    for (const MetricKey& metric : metrics) {
      const std::int64_t cost = value();
      const bool gauge = metric.combine == Combine::max;  // a peak is never negative
      costs.push_back(may_lack && random.one_in(5) ? not_measured : gauge ? std::abs(cost) : cost);
    }
    return costs;
  };

  ProfileBuilder builder(metrics);
  for (std::size_t n = random.below(3); n > 0; --n)
    builder.add_source(text(), "pstats", text(), static_cast<std::int64_t>(random.below(3)),
                       static_cast<std::int64_t>(random.below(3)));
  const std::size_t functions = random.below(10);
  const bool counts = !random.one_in(4), self = !random.one_in(5), total = !random.one_in(5), lines = random.one_in(3);
  std::vector<FunctionId> ids;
  for (std::size_t i = 0; i < functions; ++i) {
    const FunctionId f = builder.function({.name = text(),
                                           .qualified = random.one_in(3) ? text() : "",
                                           .file = text(),
                                           .context = random.one_in(5) ? text() : "",
                                           .line = static_cast<std::uint32_t>(random.below(3))});
    if (std::find(ids.begin(), ids.end(), f) != ids.end()) continue;  // is there already
    ids.push_back(f);
    if (!random.one_in(3)) builder.mark_entry(f);
    if (counts) builder.add_counts(f, {count(), count()});
    const std::vector<std::int64_t> cost = row(false);
    if (self) builder.add_self(f, cost);
    if (total) builder.add_total(f, row(false));
    if (lines && self && random.one_in(2)) {  // two lines that add up
      std::vector<std::int64_t> first = row(false), rest = cost;
      for (std::size_t m = 0; m < metrics.size(); ++m) {
        if (metrics[m].combine == Combine::sum) rest[m] -= first[m];
      }
      builder.add_line({f, 1}, first, random.one_in(2) ? row(true) : std::vector<std::int64_t>{});
      builder.add_line({f, 2}, rest, {});
    }
  }
  if (!ids.empty()) {
    const auto any = [&] { return ids[random.below(ids.size())]; };
    for (std::size_t n = random.below(20); n > 0; --n) {
      builder.add_call({any(), any(), static_cast<std::uint32_t>(random.below(2))}, {count(), count()},
                       random.one_in(2) ? row(true) : std::vector<std::int64_t>{},
                       random.one_in(4) ? std::vector<std::int64_t>{} : row(true));
    }
    std::vector<NodeId> nodes;
    for (std::size_t n = random.one_in(2) ? random.below(10) : 0; n > 0; --n) {
      nodes.push_back(builder.node(nodes.empty() || random.one_in(3) ? no_parent : nodes[random.below(nodes.size())],
                                   any(), static_cast<std::uint32_t>(random.below(3))));
    }
    for (std::size_t n = nodes.empty() ? 0 : random.below(8); n > 0; --n) {
      const LabelsId labels = builder.labels(random.one_in(2) ? "" : "p", random.one_in(2) ? "" : "t",
                                             static_cast<std::uint32_t>(random.below(2)));
      builder.add_sample({nodes[random.below(nodes.size())], labels}, row(true));
    }
    if (random.one_in(3)) {
      Recorded recorded;
      using Kind = Recorded::Number::Kind;
      const auto number = [&]() -> Recorded::Number {
        if (random.one_in(6)) return {1, 1, Kind::boolean};
        if (random.one_in(2)) return {static_cast<double>(value()) / 7, 0, Kind::real};
        const std::int64_t v = value();
        return {static_cast<double>(v), v, Kind::integer};
      };
      for (const FunctionId f : ids)
        recorded.keys.push_back({f, builder.intern(text()), builder.intern(text()), value()});
      for (std::uint32_t k = 0; k < recorded.keys.size(); ++k) {
        Recorded::Entry entry{.key = k,
                              .primitive = number(),
                              .calls = number(),
                              .self_s = number(),
                              .total_s = number(),
                              .first_caller = recorded.callers.size()};
        for (std::size_t n = random.below(3); n > 0; --n, ++entry.callers) {
          Recorded::Caller caller;
          caller.key = static_cast<std::uint32_t>(random.below(recorded.keys.size()));
          caller.counts_only = random.one_in(2);
          caller.calls = number();
          if (!caller.counts_only) caller.primitive = caller.self_s = caller.total_s = number();
          recorded.callers.push_back(caller);
        }
        recorded.entries.push_back(entry);
      }
      builder.set_recorded(std::move(recorded));
    }
    if (random.one_in(3)) {
      RecordedLines recorded{.unit_s = 1e-7, .entries = {}, .rows = {}};
      using Kind = Recorded::Number::Kind;
      for (const FunctionId f : ids) {
        recorded.entries.push_back({f, recorded.rows.size(), random.below(3)});
        for (std::size_t n = recorded.entries.back().rows; n > 0; --n) {
          const std::int64_t hits = value();
          recorded.rows.push_back({value(), {static_cast<double>(hits), hits, Kind::integer}, {0.5, 0, Kind::real}});
        }
      }
      builder.set_recorded(std::move(recorded));
    }
  }
  return std::move(builder).finish();
}

}  // namespace profconv::test
