#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <profconv/dot.hpp>

#include "support/convert.hpp"
#include "writers/dot_graph.hpp"
#include "writers/dot_ways.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

struct Called {
  int caller, callee, cost;
};

/// Functions `0`, `1`, ... with these inclusive costs.
Profile graph_of(const std::vector<int>& costs, const std::vector<Called>& calls) {
  std::string text = "profconv dump 1\nmetric time ns sum\n";
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const std::string number = std::to_string(i);
    text += "function " + number + " \"" + number + "\" file \"t.py\" line 1 calls 1 primitive 1 self 1 total " +
            std::to_string(costs[i]) + "\n";
  }
  for (const Called& call : calls) {
    text += "call " + std::to_string(call.caller) + " " + std::to_string(call.callee) +
            " line 0 calls 1 primitive 1 total " + std::to_string(call.cost) + "\n";
  }
  return read_text(text);
}

/// Their numbers, the hottest first, and the calls between them.
std::string drawn(const Profile& profile, DotOptions options) {
  options.node_percent = options.edge_percent = 0;
  const DotGraph graph(profile, options);
  const auto name = [&](std::uint32_t node) {
    return std::string(profile.text(profile.function(graph.nodes()[node].function).name));
  };
  std::string text;
  for (std::uint32_t i = 0; i < graph.nodes().size(); ++i) text += name(i) + " ";
  for (const DotGraph::Edge& e : graph.edges()) text += "| " + name(e.from) + ">" + name(e.to) + " ";
  return text;
}

// 0 calls 1 and 2, these call 3 and that 4; 5 to 7 are hotter than what leads to 4.
Profile two_ways() {
  return graph_of({1000, 30, 40, 20, 10, 500, 400, 300},
                  {{0, 1, 30}, {0, 2, 40}, {1, 3, 12}, {2, 3, 8}, {3, 4, 10}, {0, 5, 500}, {5, 6, 400}, {6, 7, 300}});
}

}  // namespace

TEST_CASE("dot: what --leaf names is drawn however little it costs, on a costliest way from where it begins") {
  CHECK(drawn(two_ways(), {.leaf = "t:1:4", .max_nodes = 4}) == "0 1 3 4 | 0>1 | 1>3 | 3>4 ");
  CHECK(drawn(two_ways(), {.leaf = "t:1:4", .max_nodes = 5}) == "0 2 1 3 4 | 0>2 | 0>1 | 2>3 | 1>3 | 3>4 ");
  CHECK(drawn(two_ways(), {.leaf = "t:1:4", .max_nodes = 2}) == "3 4 | 3>4 ");
  CHECK(drawn(two_ways(), {.leaf = "t:1:4", .max_nodes = 1}) == "4 ");
  CHECK(drawn(two_ways(), {.root = "t:1:2", .leaf = "t:1:4", .max_nodes = 3}) == "2 3 4 | 2>3 | 3>4 ");
}

TEST_CASE("dot: what --root names is drawn when callees in a circle cost more") {
  const Profile p = graph_of({10, 50, 60, 70}, {{0, 1, 10}, {1, 2, 10}, {2, 3, 10}, {3, 1, 10}});
  CHECK(drawn(p, {.root = "t:1:0", .max_nodes = 3}) == "3 2 0 | 2>3 ");
  CHECK(drawn(p, {.root = "t:1:0", .leaf = "t:1:3", .max_nodes = 1}) == "3 ");
  CHECK(drawn(p, {.leaf = "t:1:1", .max_nodes = 2}) == "1 0 | 0>1 ");
}

TEST_CASE("dot: of many leaves the hottest are drawn") {
  CHECK(drawn(two_ways(), {.leaf = "*", .max_nodes = 3}) == "0 5 6 | 0>5 | 5>6 ");
}

TEST_CASE("dot: calls on the way to a leaf stay when there are too many calls") {
  // Everything calls everything; what nobody else calls, 0, has the cheapest call.
  std::vector<Called> calls{{0, 1, 1}};
  for (int a = 1; a < 5; ++a) {
    for (int b = 1; b < 5; ++b) calls.push_back({a, b, 10 + a + b});
  }
  const std::string text = drawn(graph_of({5, 40, 30, 20, 10}, calls), {.leaf = "t:1:1", .max_nodes = 3});
  CHECK(text.find("0>1") != text.npos);
}

TEST_CASE("dot ways: the cheapest call of a way is as costly as can be, a shorter one comes first") {
  using Edge = DotGraph::Edge;
  const auto edge = [](std::uint32_t from, std::uint32_t to, double share) {
    Edge e;
    e.from = from;
    e.to = to;
    e.share = share;
    return e;
  };
  const std::vector<Edge> edges = {edge(0, 1, 0.9), edge(1, 2, 0.8), edge(0, 2, 0.5), edge(2, 3, 0.1),
                                   edge(0, 3, 0.1), edge(4, 5, 0.1), edge(5, 4, 0.9), edge(4, 4, 1)};
  const std::vector<std::uint32_t> found =
      costliest_callers(edges, {0, 1, 2, 3, 5, 4}, {true, false, false, false, false, false});
  CHECK(found == std::vector<std::uint32_t>{no_caller, 0, 1, 0, 5, no_caller});
  CHECK(costliest_callers({}, {}, {}).empty());
}
