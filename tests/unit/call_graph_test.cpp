// Calls as a graph.

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>

#include "model/call_graph.hpp"
#include "model/calls_to.hpp"

using namespace profconv;

namespace {

ProfileBuilder time_builder() { return ProfileBuilder(std::array{time_metric}); }

// Functions f0, f1, ... with calls between them; a call is (caller, callee).
Profile graph_of(std::size_t functions, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& calls) {
  ProfileBuilder builder = time_builder();
  for (std::size_t i = 0; i < functions; ++i) builder.function({.name = "f" + std::to_string(i)});
  for (const auto& [caller, callee] : calls) builder.add_call({FunctionId{caller}, FunctionId{callee}}, {1, 1}, {}, {});
  return std::move(builder).finish();
}

}  // namespace

TEST_CASE("call graph: who calls and who is called") {
  const Profile p = graph_of(4, {{0, 1}, {0, 2}, {1, 2}, {2, 2}});
  const CallGraph graph(p);
  CHECK(graph.calls_from(FunctionId{0}).begin == 0);
  CHECK(graph.calls_from(FunctionId{0}).end == 2);
  CHECK(graph.calls_from(FunctionId{3}).begin == graph.calls_from(FunctionId{3}).end);
  const CallsTo calls_to(p);
  const auto to = calls_to[FunctionId{2}];
  CHECK(std::vector(to.begin(), to.end()) == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(calls_to[FunctionId{3}].empty());
}

TEST_CASE("call graph: rows of callers, some of which call nobody") {
  constexpr std::uint32_t functions = 60'000;  // more calls than one core goes through alone
  const auto calls_of = [](std::uint32_t f) { return f < 3 || f % 5 == 2 || f + 4 > functions ? 0U : f % 3; };
  std::vector<std::pair<std::uint32_t, std::uint32_t>> calls;
  for (std::uint32_t f = 0; f < functions; ++f) {
    for (std::uint32_t i = 0; i < calls_of(f); ++i) calls.emplace_back(f, i);
  }
  const CallsFrom calls_from(graph_of(functions, calls));
  std::size_t next = 0, wrong = 0;
  for (std::uint32_t f = 0; f < functions; ++f) {
    const auto [begin, end] = calls_from[FunctionId{f}];
    wrong += begin == next && end - begin == calls_of(f) ? 0U : 1U;
    next = end;
  }
  CHECK(wrong == 0);
  CHECK(next == calls.size());
}

TEST_CASE("call graph: components are numbered callees first") {
  const Profile p = graph_of(6, {{0, 1}, {1, 2}, {2, 1}, {2, 3}, {3, 4}, {4, 3}, {3, 5}});
  const CallGraph graph(p);
  CHECK(graph.components() == 4);
  CHECK(graph.component(FunctionId{1}) == graph.component(FunctionId{2}));
  CHECK(graph.component(FunctionId{3}) == graph.component(FunctionId{4}));
  CHECK(graph.component(FunctionId{0}) > graph.component(FunctionId{1}));
  CHECK(graph.component(FunctionId{2}) > graph.component(FunctionId{3}));
  CHECK(graph.component(FunctionId{3}) > graph.component(FunctionId{5}));
  CHECK(graph.in_cycle(FunctionId{1}));
  CHECK_FALSE(graph.in_cycle(FunctionId{0}));
}

TEST_CASE("call graph: calling itself is no cycle") {
  const Profile p = graph_of(2, {{0, 0}, {0, 1}});
  const CallGraph graph(p);
  CHECK_FALSE(graph.in_cycle(FunctionId{0}));
}

TEST_CASE("call graph: a call that nobody made closes no cycle") {
  ProfileBuilder builder = time_builder();
  const FunctionId a = builder.function({.name = "a"}), b = builder.function({.name = "b"});
  const std::int64_t zero = 0, one = 1;
  builder.add_call({a, b}, {1, 1}, {}, {&one, 1});
  builder.add_call({b, a}, {0, 0}, {}, {&zero, 1});
  const Profile p = std::move(builder).finish();
  CHECK_FALSE(CallGraph(p).in_cycle(a));
}

TEST_CASE("call graph: a chain of 200,000 calls needs no deep stack") {
  constexpr std::uint32_t n = 200'000;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> calls;
  for (std::uint32_t i = 0; i + 1 < n; ++i) calls.emplace_back(i, i + 1);
  CHECK(CallGraph(graph_of(n, calls)).components() == n);
  calls.emplace_back(n - 1, 0);
  CHECK(CallGraph(graph_of(n, calls)).components() == 1);
}
