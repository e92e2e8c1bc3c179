// The search for circles, against reachability found the long way.

#include "model/components.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

using namespace profconv;

namespace {

struct Graph {
  std::vector<std::uint32_t> first_call{0}, leads_to;

  void add_function(const std::vector<std::uint32_t>& callees) {
    leads_to.insert(leads_to.end(), callees.begin(), callees.end());
    first_call.push_back(static_cast<std::uint32_t>(leads_to.size()));
  }
  std::uint32_t functions() const { return static_cast<std::uint32_t>(first_call.size() - 1); }
};

// Per pair of functions: whether the second is the first, or is reached from it.
std::vector<std::vector<bool>> reachability(const Graph& graph) {
  const std::uint32_t n = graph.functions();
  std::vector<std::vector<bool>> reaches(n, std::vector<bool>(n, false));
  for (std::uint32_t f = 0; f < n; ++f) {
    reaches[f][f] = true;
    for (std::uint32_t call = graph.first_call[f]; call < graph.first_call[f + 1]; ++call) {
      if (graph.leads_to[call] != Components::leads_nowhere) reaches[f][graph.leads_to[call]] = true;
    }
  }
  for (std::uint32_t via = 0; via < n; ++via) {
    for (std::uint32_t a = 0; a < n; ++a) {
      for (std::uint32_t b = 0; b < n; ++b) reaches[a][b] = reaches[a][b] || (reaches[a][via] && reaches[via][b]);
    }
  }
  return reaches;
}

void check_components(const Graph& graph, const Components& components) {
  const std::uint32_t n = graph.functions();
  REQUIRE(components.of.size() == n);
  const auto reaches = reachability(graph);
  std::vector<std::uint32_t> size(components.size.size(), 0);
  for (std::uint32_t a = 0; a < n; ++a) {
    REQUIRE(components.of[a] < size.size());
    ++size[components.of[a]];
    for (std::uint32_t b = 0; b < n; ++b) {
      CHECK((components.of[a] == components.of[b]) == (reaches[a][b] && reaches[b][a]));
      if (reaches[a][b]) CHECK(components.of[b] <= components.of[a]);  // callees before callers
    }
  }
  CHECK(size == components.size);
}

// Also as a large graph is searched.
void check_components(const Graph& graph) {
  for (const std::size_t many : {std::size_t{1'000}, std::size_t{0}})
    check_components(graph, {graph.first_call, graph.leads_to, many});
}

}  // namespace

TEST_CASE("components: functions that reach each other are one, and callees come before callers") {
  std::mt19937 random(1);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  for (int round = 0; round < 2000; ++round) {
    const std::uint32_t n = round % 20 == 0 ? 50 + below(100) : 1 + below(12);
    const std::uint32_t most_calls = 1 + below(round % 20 == 0 ? 8 : 3);
    Graph graph;
    for (std::uint32_t f = 0; f < n; ++f) {
      std::vector<std::uint32_t> callees(below(most_calls + 1));
      for (std::uint32_t& callee : callees) callee = below(10) == 0 ? Components::leads_nowhere : below(n);
      graph.add_function(callees);
    }
    check_components(graph);
  }
}

TEST_CASE("components: no functions, no calls, a function that calls itself") {
  check_components(Graph{});
  Graph graph;
  graph.add_function({});
  graph.add_function({1, 1});
  check_components(graph);
}

TEST_CASE("components: a chain and a circle of a million functions need no deep stack") {
  constexpr std::uint32_t n = 1'000'000;
  Graph chain, circle;
  for (std::uint32_t f = 0; f < n; ++f) {
    chain.add_function({f + 1 < n ? f + 1 : Components::leads_nowhere});
    circle.add_function({(f + 1) % n});
  }
  const Components apart(chain.first_call, chain.leads_to), together(circle.first_call, circle.leads_to);
  CHECK(apart.size.size() == n);
  CHECK(apart.of[0] == n - 1);
  CHECK(apart.of[n - 1] == 0);
  CHECK(together.size == std::vector<std::uint32_t>{n});
}
