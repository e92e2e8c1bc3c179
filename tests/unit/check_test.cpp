// What holds for every profile, and the sum over one.

#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>
#include <profconv/profile.hpp>

#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE("total_cost adds up the self costs and refuses to wrap") {
  ProfileBuilder builder(std::array{time_metric, mem_peak_metric});
  for (const std::uint32_t line : {1u, 2u})
    builder.add_self(builder.function({.name = "f", .line = line}), std::array<std::int64_t, 2>{4, 10 * line});
  CHECK(total_cost(std::move(builder).finish()) == std::vector<std::int64_t>{8, 20});

  ProfileBuilder too_much = time_builder();
  for (const std::uint32_t line : {1u, 2u})
    too_much.add_self(too_much.function({.name = "f", .line = line}), {&largest, 1});
  CHECK(message_of([&] {
          std::move(too_much).finish();
        }).starts_with("the self costs (time) of all functions together do not fit 64 bits"));
}

namespace {

// Something in every table.
Profile complete_profile() {
  ProfileBuilder builder(std::array{time_metric, hits_metric});
  builder.add_source("t", "dump", "", 0, 0);
  const FunctionId f = builder.function({.name = "f", .file = "a.py", .line = 1}),
                   g = builder.function({.name = "g", .file = "a.py", .line = 9});
  const std::array<std::int64_t, 2> cost{5, 1};
  for (const FunctionId function : {f, g}) {
    builder.add_counts(function, {1, 1});
    builder.add_self(function, cost);
    builder.add_total(function, cost);
    builder.add_line({function, 2}, cost, cost);
  }
  builder.add_call({f, g}, {1, 1}, cost, cost);
  builder.add_call({g, f}, {1, 1}, cost, cost);
  const NodeId outer = builder.node(no_parent, f, 1), inner = builder.node(outer, g, 1);
  const LabelsId labels = builder.labels("p", "t", 1);
  builder.add_sample({outer, labels}, cost);
  builder.add_sample({inner, labels}, cost);
  Recorded recorded;
  recorded.keys = {{f, StringId{0}, StringId{0}, 1}, {g, StringId{0}, StringId{0}, 9}};
  recorded.callers.resize(1);
  recorded.entries.resize(1);
  recorded.entries[0].callers = 1;
  builder.set_recorded(std::move(recorded));
  return std::move(builder).finish();
}

// What check() says once `spoil` was at the profile.
template <class Spoil>
std::string fault(Spoil spoil) {
  Profile p = complete_profile();
  spoil(p);
  const std::string message = message_of([&] { check(p); });
  constexpr std::string_view prefix = "broken profile: ";
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

constexpr StringId no_string{10'000};
constexpr FunctionId no_function{10'000};

}  // namespace

TEST_CASE("check: every invariant, broken once") {
  CHECK(fault([](Profile&) {}) == "");
  CHECK(fault([](Profile& p) { p.metrics[0].name = no_string; }) == "a metric's name is out of range (row 0)");
  CHECK(fault([](Profile& p) { std::swap(p.metrics[0], p.metrics[1]); }) ==
        "a metric is unknown, doubled or out of order (row 1)");
  CHECK(fault([](Profile& p) { p.metrics[1] = p.metrics[0]; }) ==
        "a metric is unknown, doubled or out of order (row 1)");
  CHECK(fault([](Profile& p) { p.metrics[0].unit = Unit::bytes; }) == "a metric has the wrong unit (row 0)");
  CHECK(fault([](Profile& p) { p.sources[0].command = no_string; }) == "a source's text is out of range");
  CHECK(fault([](Profile& p) {
          p.self = CostTable(1);
          p.self.resize(2, 0);
        }) == "self has the wrong size");
  CHECK(fault([](Profile& p) { p.total.resize(3, 0); }) == "total has the wrong size");
  CHECK(fault([](Profile& p) { p.call_self.resize(1, 0); }) == "call_self has the wrong size");
  CHECK(fault([](Profile& p) { p.call_total.resize(3, 0); }) == "call_total has the wrong size");
  CHECK(fault([](Profile& p) { p.call_estimated.resize(9, 0); }) == "call_estimated has the wrong size");
  CHECK(fault([](Profile& p) { p.line_self.resize(3, 0); }) == "line_self has the wrong size");
  CHECK(fault([](Profile& p) { p.line_total.resize(1, 0); }) == "line_total has the wrong size");
  CHECK(fault([](Profile& p) { p.sample_cost.resize(1, 0); }) == "sample_cost has the wrong size");
  CHECK(fault([](Profile& p) { p.functions[1].context = no_string; }) == "a function's text is out of range (row 1)");
  CHECK(fault([](Profile& p) { p.counts.pop_back(); }) == "counts has the wrong size");
  CHECK(fault([](Profile& p) { p.counts[1].calls = -2; }) == "a count is negative (row 1)");
  CHECK(fault([](Profile& p) { p.self.at(1, 0) = not_measured; }) == "a function's cost is not measured (row 1)");
  CHECK(fault([](Profile& p) { p.total.at(0, 1) = not_measured; }) == "a function's cost is not measured (row 0)");
  CHECK(fault([](Profile& p) { p.calls[1].caller = no_function; }) == "a call's function is out of range (row 1)");
  CHECK(fault([](Profile& p) { std::swap(p.calls[0], p.calls[1]); }) ==
        "calls are not sorted by caller, callee and line (row 1)");
  CHECK(fault([](Profile& p) { p.calls[1] = p.calls[0]; }) ==
        "calls are not sorted by caller, callee and line (row 1)");
  CHECK(fault([](Profile& p) { p.calls[0].callee = no_function; }) == "a call's function is out of range (row 0)");
  CHECK(fault([](Profile& p) {
          p.calls[1] = p.calls[0];
          ++p.calls[0].line;
        }) == "calls are not sorted by caller, callee and line (row 1)");
  CHECK(fault([](Profile& p) {
          p.calls[1] = p.calls[0];
          ++p.calls[1].line;
        }) == "");
  for (const std::int64_t count : {std::int64_t{-1}, std::int64_t{0}, INT64_MAX})
    CHECK(fault([&](Profile& p) { p.call_counts[1].calls = p.call_counts[1].primitive = count; }) == "");
  for (const std::int64_t count : {std::int64_t{-2}, INT64_MIN + 1, INT64_MIN})
    CHECK(fault([&](Profile& p) { p.call_counts[1].calls = count; }) == "a call's count is negative (row 1)");
  CHECK(fault([](Profile& p) { p.call_counts.pop_back(); }) == "call_counts has the wrong size");
  CHECK(fault([](Profile& p) { p.call_counts[0].primitive = -2; }) == "a call's count is negative (row 0)");
  CHECK(fault([](Profile& p) { p.lines[1].function = no_function; }) == "a line's function is out of range (row 1)");
  CHECK(fault([](Profile& p) { std::swap(p.lines[0], p.lines[1]); }) ==
        "lines are not sorted by function and line (row 1)");
  CHECK(fault([](Profile& p) { p.line_self.at(1, 0) = 4; }) ==
        "the lines of a function do not add up to its self cost (row 1)");
  CHECK(fault([](Profile& p) { p.nodes[0].parent = NodeId{0}; }) == "a node's parent does not precede it (row 0)");
  const StringId file = complete_profile().functions[0].file;
  CHECK(fault([&](Profile& p) {
          p.source_lines = {{file, 1, no_string}};
        }) == "a source line's text is out of range (row 0)");
  CHECK(fault([&](Profile& p) { p.source_lines = {{file, 0, file}}; }) == "a source line has no number (row 0)");
  CHECK(fault([&](Profile& p) {
          p.source_lines = {{file, 2, file}, {file, 2, file}};
        }) == "source lines are not sorted by file and line (row 1)");
  CHECK(fault([](Profile& p) { p.nodes[1].function = no_function; }) == "a node's function is out of range (row 1)");
  CHECK(fault([](Profile& p) { p.labels.clear(); }) == "samples without labels");
  CHECK(fault([](Profile& p) { p.labels[1].thread = no_string; }) == "a label's text is out of range (row 1)");
  CHECK(fault([](Profile& p) { p.samples[1].leaf = NodeId{10'000}; }) == "a sample's leaf is out of range (row 1)");
  CHECK(fault([](Profile& p) { p.samples[0].labels = LabelsId{10'000}; }) ==
        "a sample's labels are out of range (row 0)");
  CHECK(fault([](Profile& p) { p.recorded->keys[0].name = no_string; }) == "a recorded key is out of range (row 0)");
  CHECK(fault([](Profile& p) { p.recorded->entries[0].key = 9; }) == "a recorded entry is out of range (row 0)");
  CHECK(fault([](Profile& p) { p.recorded->entries[0].callers = 9; }) ==
        "a recorded entry's callers are out of range (row 0)");
  CHECK(fault([](Profile& p) { p.recorded->callers[0].key = 9; }) == "a recorded caller is out of range (row 0)");
}

TEST_CASE("check: lines need not say anything about a metric") {
  CHECK(fault([](Profile& p) {
          for (std::size_t row = 0; row < 2; ++row) p.line_self.at(row, 1) = not_measured;
        }) == "");
}
