// What holds for every profile: dumps are read back, callgrind files are well-formed and true, sums obey the laws of
// sums.

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/transforms.hpp>

#include "support/convert.hpp"
#include "support/inclusive.hpp"
#include "support/random_profile.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

constexpr int rounds = 2000;

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// A profile as a set of facts: sums may be in another order.
std::vector<std::string> facts_of(const Profile& p) {
  std::vector<std::string> facts;
  const auto name = [&](FunctionId id) {
    const Function& f = p.function(id);
    return std::string(p.text(f.file)) + "|" + std::to_string(f.line) + "|" + std::string(p.text(f.name)) + "|" +
           std::string(p.text(f.qualified)) + "|" + std::string(p.text(f.context));
  };
  const auto costs = [](const CostTable& table, std::size_t row) {
    std::string text = ";";
    if (table.empty()) return text;
    for (const std::int64_t value : table.row(row)) text += " " + std::to_string(value);
    return text;
  };
  const auto counts = [](const CountTable& table, std::size_t row) {
    return table.empty() ? std::string("; - -")
                         : "; " + std::to_string(table[row].calls) + " " + std::to_string(table[row].primitive);
  };
  for (const Source& s : p.sources) facts.push_back("source " + std::string(p.text(s.name)));
  for (std::size_t i = 0; i < p.functions.size(); ++i) {
    facts.push_back("function " + name(FunctionId{static_cast<std::uint32_t>(i)}) + counts(p.counts, i) +
                    costs(p.self, i) + costs(p.total, i));
  }
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    const Call& c = p.calls[i];
    facts.push_back("call " + name(c.caller) + " > " + name(c.callee) + "|" + std::to_string(c.line) +
                    counts(p.call_counts, i) + costs(p.call_self, i) + costs(p.call_total, i));
  }
  for (std::size_t i = 0; i < p.lines.size(); ++i)
    facts.push_back("line " + name(p.lines[i].function) + "|" + std::to_string(p.lines[i].line) +
                    costs(p.line_self, i));
  std::ranges::sort(facts);
  return facts;
}

// Facts that only one of two profiles has, one a line.
std::string difference(const Profile& a, const Profile& b) {
  std::vector<std::string> of_a = facts_of(a), of_b = facts_of(b), lines;
  std::ranges::set_symmetric_difference(of_a, of_b, std::back_inserter(lines));
  return joined(lines);
}

Profile copy_of(const Profile& p) { return read_text(dump_of(p)); }

Profile sum_of(const Profile& a, const Profile& b) {
  std::vector<Profile> profiles;
  profiles.push_back(copy_of(a));
  profiles.push_back(copy_of(b));
  return merge(std::move(profiles));
}

}  // namespace

TEST_CASE("property: a dump is read back as it was written") {
  Random random(seed());
  for (int i = 0; i < rounds; ++i) {
    CAPTURE(i);
    const std::string dump = dump_of(i % 2 == 0 ? random_run(random) : random_tables(random, random.one_in(3)));
    REQUIRE(dump_of(read_text(dump)) == dump);
  }
}

TEST_CASE("property: KCachegrind shows every function of a run with its self and inclusive cost") {
  Random random(seed());
  std::size_t outside_of_cycles = 0;
  for (int i = 0; i < rounds; ++i) {
    CAPTURE(i);
    const Profile p = random_run(random);
    REQUIRE(joined(callgrind_faults(p, true)) == "");
    const Callgrind c(written(p, "callgrind"));
    for (std::size_t f = 0; f < c.functions.size(); ++f) outside_of_cycles += c.in_cycle(f) ? 0u : 1u;
  }
  CHECK(outside_of_cycles > rounds);  // or the property above says little
}

TEST_CASE("property: KCachegrind finds every circle, beginning at the root") {
  Random random(seed());
  for (int i = 0; i < rounds; ++i) {
    CAPTURE(i);
    const Profile p = i % 2 == 0 ? random_run(random) : random_tables(random);
    const Callgrind c(written(p, "callgrind"));
    for (std::size_t f = 0; f < c.functions.size(); ++f) {
      if (c.in_cycle(f)) REQUIRE(c.reachable(c.function("(root)"))[f]);
    }
  }
}

TEST_CASE("property: any profile makes a callgrind file without a fault") {
  Random random(seed());
  for (int i = 0; i < rounds; ++i) {
    CAPTURE(i);
    const Profile p = random_tables(random, random.one_in(3));
    CAPTURE(dump_of(p));
    REQUIRE(joined(callgrind_faults(p, false)) == "");
    REQUIRE(written(p, "callgrind") == written(copy_of(p), "callgrind"));
  }
}

TEST_CASE("property: sums do not depend on order or grouping, and conserve costs") {
  Random random(seed());
  for (int i = 0; i < rounds / 2; ++i) {
    CAPTURE(i);
    const bool sampled = random.one_in(3);
    const auto make = [&] {
      return !sampled && random.one_in(2) ? random_run(random) : random_tables(random, sampled);
    };
    const Profile a = make(), b = make(), c = make();
    CAPTURE(dump_of(a));
    CAPTURE(dump_of(b));
    // An order of their own for functions that differ in nothing but an address: they are matched by their order.
    const Profile ab = sum_of(a, b), ba = sum_of(b, a);
    REQUIRE(difference(ab, ba) == "");
    REQUIRE(difference(sum_of(ab, c), sum_of(a, sum_of(b, c))) == "");

    for (const std::string_view metric : {"time", "hits", "mem_grow", "mem_free"}) {
      const auto of = [&](const Profile& p) { return p.metric(metric) ? total_cost(p)[*p.metric(metric)] : 0; };
      REQUIRE(of(ab) == of(a) + of(b));
    }
  }
}

// What splitting may not change: per function (its copies added up) self cost and calls, per pair of functions the
// calls, and the self costs of these calls.
static std::vector<std::string> sums_of(const Profile& p) {
  std::map<std::string, std::array<std::int64_t, 2>> sums;
  const auto name = [&](FunctionId id) {
    const Function& f = p.function(id);
    return std::string(p.text(f.file)) + "|" + std::to_string(f.line) + "|" + std::string(p.text(f.name));
  };
  for (std::uint32_t f = 0; f < p.functions.size(); ++f) {
    auto& sum = sums[name(FunctionId{f})];
    sum[0] += p.counts[f].calls;
    sum[1] += p.self.at(f, 0);
  }
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    if (p.call_counts[i] == Counts{0, 0} && p.call_self.at(i, 0) == 0) continue;
    auto& sum = sums[name(p.calls[i].caller) + " > " + name(p.calls[i].callee)];
    sum[0] += p.call_counts[i].calls;
    sum[1] += p.call_self.at(i, 0);
  }
  std::vector<std::string> lines;
  for (const auto& [key, sum] : sums)
    lines.push_back(key + " " + std::to_string(sum[0]) + " " + std::to_string(sum[1]));
  return lines;
}

TEST_CASE("property: splitting keeps the sums of every function, and is done once") {
  Random random(seed());
  std::size_t copies = 0;
  for (int i = 0; i < rounds; ++i) {
    CAPTURE(i);
    const Profile p = random_run(random);
    Diagnostics diagnostics;
    Profile once = split(copy_of(p), {.estimate_importers = random.one_in(2)}, diagnostics);
    check(once);
    REQUIRE(sums_of(once) == sums_of(p));
    REQUIRE(joined(callgrind_faults(once, false)) == "");
    copies += once.functions.size() - p.functions.size();
    const std::string dump = dump_of(once);
    REQUIRE(dump_of(split(std::move(once), {}, diagnostics)) == dump);
  }
  CHECK(copies > rounds / 50);  // or the property above says little
}

TEST_CASE("property: splitting takes any profile, and keeps its cost") {
  Random random(seed());
  for (int i = 0; i < rounds; ++i) {
    CAPTURE(i);
    const Profile p = random_tables(random, random.one_in(3));
    Diagnostics diagnostics;
    Profile result = split(copy_of(p), {.estimate_importers = true}, diagnostics);
    check(result);
    REQUIRE(total_cost(result) == total_cost(p));
  }
}
