// The call tree estimated from a call graph: what is exact, what is proved, what is a share.

#include "model/call_tree.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <profconv/builder.hpp>

#include "model/shares.hpp"
#include "support/convert.hpp"
#include "support/samples.hpp"

using namespace profconv;

namespace {

/// A profile by names; costs in nanoseconds.
class Graph {
 public:
  Graph() : builder_(std::array{time_metric}) {}

  Graph& function(const std::string& name, std::int64_t calls, std::int64_t self, std::int64_t total) {
    return function(name, calls, calls, self, total);
  }
  Graph& function(const std::string& name, std::int64_t calls, std::int64_t primitive, std::int64_t self,
                  std::int64_t total) {
    const FunctionId f = id(name);
    builder_.mark_entry(f);
    builder_.add_counts(f, {calls, primitive});
    builder_.add_self(f, {&self, 1});
    builder_.add_total(f, {&total, 1});
    return *this;
  }
  Graph& call(const std::string& caller, const std::string& callee, std::int64_t calls, std::int64_t total) {
    builder_.add_call({id(caller), id(callee), 0}, {calls, calls}, {}, {&total, 1});
    return *this;
  }
  Profile finish() { return std::move(builder_).finish(); }

 private:
  FunctionId id(const std::string& name) { return builder_.function({.name = name, .file = "t.py", .line = 1}); }

  ProfileBuilder builder_;
};

/// One line a node: indented name, total, self, hidden where there is any, and what is known of it.
std::string text_of(const Profile& p, const CallTree& tree) {
  std::string text;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const CallTree::Node& node = tree.nodes[i];
    text += std::string(node.depth, ' ') + std::string(p.text(p.function(node.function).name)) + " " +
            std::to_string(tree.total.at(i, 0)) + " " + std::to_string(tree.self.at(i, 0));
    if (tree.hidden.at(i, 0) != 0) text += " hidden " + std::to_string(tree.hidden.at(i, 0));
    text += node.proved ? " proved" : " estimated";
    text += node.recursion ? " recursion\n" : "\n";
  }
  return text;
}

std::string tree_of(const Profile& p, const CallTreeOptions& options = {}) {
  return text_of(p, estimate_call_tree(p, options));
}

void check_sums(const CallTree& tree) {
  for (std::size_t m = 0; m < tree.total.columns(); ++m) {
    std::vector<std::int64_t> children(tree.nodes.size(), 0);
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      const std::uint32_t parent = tree.nodes[i].parent;
      if (parent == CallTree::no_node) continue;
      REQUIRE(parent < i);
      CHECK(tree.nodes[i].depth == tree.nodes[parent].depth + 1);
      children[parent] += tree.total.at(i, m);
    }
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      CHECK(tree.total.at(i, m) == tree.self.at(i, m) + tree.hidden.at(i, m) + children[i]);
    }
  }
}

}  // namespace

TEST_CASE("call tree: functions with one caller each are proved, and their numbers are the recorded ones") {
  const Profile p = Graph()
                        .function("main", 1, 10, 100)
                        .function("a", 2, 20, 60)
                        .function("b", 3, 40, 40)
                        .function("c", 5, 30, 30)
                        .call("main", "a", 2, 60)
                        .call("a", "b", 3, 40)
                        .call("main", "c", 5, 30)
                        .finish();
  CHECK(tree_of(p) ==
        "main 100 10 proved\n"
        " a 60 20 proved\n"
        "  b 40 40 proved\n"
        " c 30 30 proved\n");
}

TEST_CASE("call tree: below a function with two callers everything is a share") {
  // The counter-example of the header: only b has g called, and half of it shows below a.
  const Profile p = Graph()
                        .function("main", 1, 0, 100)
                        .function("a", 3, 0, 50)
                        .function("b", 3, 0, 50)
                        .function("f", 6, 40, 100)
                        .function("g", 6, 60, 60)
                        .call("main", "a", 3, 50)
                        .call("main", "b", 3, 50)
                        .call("a", "f", 3, 50)
                        .call("b", "f", 3, 50)
                        .call("f", "g", 6, 60)
                        .finish();
  CHECK(tree_of(p) ==
        "main 100 0 proved\n"
        " a 50 0 proved\n"
        "  f 50 20 proved\n"
        "   g 30 30 estimated\n"
        " b 50 0 proved\n"
        "  f 50 20 proved\n"
        "   g 30 30 estimated\n");
}

TEST_CASE("call tree: a function that calls itself is one node") {
  const Profile p = Graph()
                        .function("main", 1, 10, 100)
                        .function("fib", 9, 90, 90)
                        .call("main", "fib", 1, 90)
                        .call("fib", "fib", 8, 80)
                        .finish();
  CHECK(tree_of(p) == "main 100 10 proved\n fib 90 90 proved\n");
}

TEST_CASE("call tree: in a circle, each call of a function is taken to cost itself the same") {
  const Profile p = Graph()
                        .function("main", 1, 10, 100)
                        .function("even", 4, 50, 90)
                        .function("odd", 4, 40, 60)
                        .call("main", "even", 1, 90)
                        .call("even", "odd", 4, 60)
                        .call("odd", "even", 3, 45)
                        .finish();
  CHECK(tree_of(p) ==
        "main 100 10 proved\n"
        " even 90 30 proved\n"
        "  odd 60 40 estimated\n"
        "   even 20 20 estimated recursion\n");
}

TEST_CASE("call tree: at the top of a circle the costliest callee is proved when it was called once") {
  // exec runs the script, which imports a module, which exec runs too.
  const Profile p = Graph()
                        .function("exec", 2, 4, 100)
                        .function("script", 1, 26, 98)
                        .function("import", 1, 30, 70)
                        .function("module", 1, 40, 40)
                        .call("exec", "script", 1, 98)
                        .call("exec", "module", 1, 40)
                        .call("script", "import", 1, 70)
                        .call("import", "exec", 1, 42)
                        .finish();
  const CallTree tree = estimate_call_tree(p, {});
  check_sums(tree);
  CHECK(text_of(p, tree) ==
        "exec 100 2 proved\n"
        " script 98 28 proved\n"
        "  import 70 29 proved\n"
        "   exec 41 1 estimated recursion\n"
        "    module 40 40 estimated\n");
}

TEST_CASE("call tree: what a function called once leads to alone is proved, below a circle too") {
  const Profile p = Graph()
                        .function("exec", 2, 2, 100)
                        .function("script", 1, 10, 98)
                        .function("work", 3, 20, 60)
                        .function("leaf", 9, 40, 40)
                        .function("import", 1, 8, 28)
                        .function("module", 1, 20, 20)
                        .call("exec", "script", 1, 98)
                        .call("exec", "module", 1, 20)
                        .call("script", "work", 3, 60)
                        .call("work", "leaf", 9, 40)
                        .call("script", "import", 1, 28)
                        .call("import", "exec", 1, 20)
                        .finish();
  CHECK(tree_of(p) ==
        "exec 100 2 proved\n"
        " script 98 10 proved\n"
        "  work 60 20 proved\n"
        "   leaf 40 40 proved\n"
        "  import 28 8 proved\n"
        "   exec 20 0 estimated recursion\n"
        "    module 20 20 estimated\n");
}

TEST_CASE("call tree: a path goes on through a function that it meets again") {
  // A decorator at two levels: only the inner function does anything.
  const Profile p = Graph()
                        .function("wrapper", 2, 1, 2, 100)
                        .function("outer", 1, 3, 99)
                        .function("inner", 1, 95, 95)
                        .call("wrapper", "outer", 1, 99)
                        .call("wrapper", "inner", 1, 95)
                        .call("outer", "wrapper", 1, 96)
                        .finish();
  CHECK(tree_of(p) ==
        "wrapper 100 1 proved\n"
        " outer 99 3 proved\n"
        "  wrapper 96 1 estimated recursion\n"
        "   inner 95 95 estimated\n");
}

TEST_CASE("call tree: a circle's functions have what they cost themselves, however often a path meets them") {
  // Modules that import each other through one chain of functions.
  Graph graph;
  graph.function("exec", 4, 1, 4, 100).function("load", 4, 1, 8, 90);
  std::int64_t total = 100;
  for (const char* module : {"a", "b", "c", "d"}) {
    total -= 1;
    graph.function(module, 1, 22, total).call("exec", module, 1, total).call(module, "load", 1, total - 22);
    total -= 24;
  }
  graph.call("load", "exec", 4, 80);
  const Profile p = graph.finish();
  const CallTree tree = estimate_call_tree(p, {});
  std::vector<std::int64_t> self(p.functions.size(), 0);
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) self[index(tree.nodes[i].function)] += tree.self.at(i, 0);
  for (std::size_t f = 0; f < self.size(); ++f) {
    if (p.text(p.functions[f].name).size() == 1) CHECK(self[f] <= 22);
    CHECK(self[f] > 0);
  }
}

TEST_CASE("call tree: of recorded programs no function costs more in the tree than it did") {
  for (const std::filesystem::path& sample : test::samples()) {
    if (sample.filename().string().find("cProfile-wordcount") == std::string::npos) continue;
    CAPTURE(sample);
    const Profile p = test::read_text(test::content_of(sample));
    const CallTree tree = estimate_call_tree(p, {});
    std::vector<std::int64_t> left(p.functions.size());
    for (std::size_t f = 0; f < left.size(); ++f) left[f] = p.self.at(f, 0);
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) left[index(tree.nodes[i].function)] -= tree.self.at(i, 0);
    constexpr std::int64_t rounding = 50;
    for (std::size_t f = 0; f < left.size(); ++f) CHECK(left[f] >= -rounding);
  }
}

TEST_CASE("call tree: inclusive cost of which no call was recorded is nobody's own") {
  const Profile p = Graph().function("main", 1, 1, 100).function("f", 3, 99, 99).finish();
  const CallTree tree = estimate_call_tree(p, {});
  CHECK(text_of(p, tree) == "main 100 1 hidden 99 proved\nf 99 99 proved\n");
  CHECK(tree.unrecorded.at(0, 0) == 99);
}

TEST_CASE("call tree: what was called without a recorded caller is at the top with its part") {
  const Profile p = Graph().function("main", 1, 50, 80).function("f", 3, 50, 50).call("main", "f", 2, 30).finish();
  CHECK(tree_of(p) == "main 80 50 proved\n f 30 30 proved\nf 20 20 proved\n");
}

TEST_CASE("call tree: what only a function without costs calls is at the top, as in dumps of profile") {
  // Its first call is made by "profiler", which was never called; calls have counts and no times.
  const auto dump = [](std::int64_t calls_of_g, std::int64_t total_of_f) {
    return Graph()
        .function("profiler", 0, 0, 0)
        .function("main", 1, 10, 100)
        .function("f", 2, 30, total_of_f)
        .function("g", 4, 60, 60)
        .call("profiler", "main", 1, not_measured)
        .call("main", "f", 2, not_measured)
        .call("main", "g", 4 - calls_of_g, not_measured)
        .call("f", "g", calls_of_g, not_measured)
        .finish();
  };
  CHECK(tree_of(dump(4, 90)) ==
        "main 100 10 proved\n"
        " f 90 30 estimated\n"
        "  g 60 60 estimated\n");
  CHECK(tree_of(dump(3, 75)) ==
        "main 100 10 proved\n"
        " f 75 30 estimated\n"
        "  g 45 45 estimated\n"
        " g 15 15 estimated\n");
}

TEST_CASE(
    "call tree: a program that profile recorded is below the exec that runs it, though its imports are run by it") {
  const Profile p = Graph()
                        .function("profiler", 0, 0, 0)
                        .function("top", 1, 1, 1000)
                        .function("exec", 5, 1, 9, 999)
                        .function("script", 1, 590, 990)
                        .function("import", 4, 1, 80, 400)
                        .function("module", 4, 320, 320)
                        .call("profiler", "top", 1, not_measured)
                        .call("top", "exec", 1, not_measured)
                        .call("exec", "script", 1, not_measured)
                        .call("exec", "module", 4, not_measured)
                        .call("script", "import", 4, not_measured)
                        .call("import", "exec", 4, not_measured)
                        .finish();
  CHECK(tree_of(p) ==
        "top 1000 1 proved\n"
        " exec 999 9 estimated\n"
        "  script 990 590 estimated\n"
        "   import 400 80 estimated\n"
        "    exec 320 0 estimated recursion\n"
        "     module 320 320 estimated\n");
}

TEST_CASE("call tree: of a called-once function that costs more than there is room for, that much is shown") {
  // Two functions of one label: f's recorded cost is that of the first one.
  const Profile p = Graph()
                        .function("main", 1, 10, 100)
                        .function("f", 2, 10, 50)
                        .function("g", 1, 70, 70)
                        .call("main", "f", 2, 50)
                        .call("f", "g", 1, 70)
                        .finish();
  CHECK(tree_of(p) == "main 100 10 hidden 40 proved\n f 50 10 proved\n  g 40 40 estimated\n");
}

TEST_CASE("call tree: a circle that nothing leads to begins with its costliest function") {
  const Profile p =
      Graph().function("a", 1, 10, 30).function("b", 1, 20, 40).call("a", "b", 1, 30).call("b", "a", 1, 20).finish();
  CHECK(tree_of(p).starts_with("b 40 "));
}

TEST_CASE("call tree: cheap, deep and many nodes are hidden, and their cost is not lost") {
  Graph graph;
  graph.function("main", 1, 0, 1000);
  for (int i = 1; i <= 10; ++i) {
    const std::string name = "f" + std::to_string(i);
    graph.function(name, 1, i == 10 ? 550 : 50, i == 10 ? 550 : 50).call("main", name, 1, i == 10 ? 550 : 50);
  }
  const Profile p = graph.finish();
  CHECK(tree_of(p, {.threshold = 0.1}) == "main 1000 0 hidden 450 proved\n f10 550 550 proved\n");
  CHECK(tree_of(p, {.max_depth = 1}) == "main 1000 0 hidden 1000 proved\n");
  CHECK(tree_of(p, {.max_nodes = 3}).starts_with("main 1000 0 hidden 400 proved\n f10 550 550 proved\n f1 50 50"));
}

TEST_CASE("call tree: a chain of 100000 calls is cut at the greatest depth") {
  Graph graph;
  constexpr int n = 100000;
  for (int i = 0; i < n; ++i) {
    graph.function("f" + std::to_string(i), 1, 1, n - i);
    if (i > 0) graph.call("f" + std::to_string(i - 1), "f" + std::to_string(i), 1, n - i);
  }
  const Profile p = graph.finish();
  const CallTree tree = estimate_call_tree(p, {});
  CHECK(tree.nodes.size() == 1000);
  CHECK(tree.nodes.back().proved);
  CHECK(tree.total.at(999, 0) == n - 999);
  CHECK(tree.hidden.at(999, 0) == n - 1000);
}

TEST_CASE("call tree: a profile without costs has an empty one") {
  CHECK(tree_of(Graph().finish()) == "");
  CHECK(tree_of(Graph().function("main", 1, 0, 0).finish()) == "");
}

TEST_CASE("call tree: on random graphs every node's parts add up, and the top is no more than the whole") {
  std::mt19937 random(20261124);
  const auto upto = [&](int n) { return std::uniform_int_distribution<int>(0, n)(random); };
  for (int round = 0; round < 300; ++round) {
    Graph graph;
    const int n = 1 + upto(12);
    for (int i = 0; i < n; ++i) graph.function("f" + std::to_string(i), upto(5), upto(100) - 5, upto(1000) - 5);
    for (int k = upto(3 * n); k > 0; --k)
      graph.call("f" + std::to_string(upto(n - 1)), "f" + std::to_string(upto(n - 1)), upto(5), upto(600) - 5);
    const Profile p = graph.finish();
    const CallTree tree = estimate_call_tree(p, {.threshold = upto(2) * 0.01, .max_depth = 30, .max_nodes = 2000});
    check_sums(tree);
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      CHECK(tree.total.at(i, 0) > 0);
      CHECK(tree.total.at(i, 0) <= Shares(p, 0).whole());
      CHECK(tree.self.at(i, 0) >= 0);
    }
  }
}
