// What follows from whole stacks: functions, calls and lines, each counted once per sample.

#include "model/from_stacks.hpp"

#include <limits>
#include <string>

#include <doctest/doctest.h>
#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "model/call_tree.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

FunctionId function(const Profile& p, std::string_view name) {
  for (std::size_t i = 0; i < p.functions.size(); ++i) {
    if (p.text(p.functions[i].name) == name) return FunctionId{static_cast<std::uint32_t>(i)};
  }
  FAIL("no function ", std::string(name));
  return {};
}

std::int64_t self(const Profile& p, std::string_view name) { return p.self.at(index(function(p, name)), 0); }
std::int64_t total(const Profile& p, std::string_view name) { return p.total.at(index(function(p, name)), 0); }

/// "caller:line > callee total self", one a line.
std::string calls(const Profile& p) {
  std::string text;
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    const Call& c = p.calls[i];
    text += std::string(p.text(p.function(c.caller).name)) + ":" + std::to_string(c.line) + " > " +
            std::string(p.text(p.function(c.callee).name)) + " " + std::to_string(p.call_total.at(i, 0)) + " " +
            std::to_string(p.call_self.at(i, 0)) + "\n";
  }
  return text;
}

/// "function:line total self"
std::string lines(const Profile& p) {
  std::string text;
  for (std::size_t i = 0; i < p.lines.size(); ++i) {
    text += std::string(p.text(p.function(p.lines[i].function).name)) + ":" + std::to_string(p.lines[i].line) + " " +
            std::to_string(p.line_total.at(i, 0)) + " " + std::to_string(p.line_self.at(i, 0)) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("stacks: a sample counts once for a function, however often it is on the stack") {
  const Profile p =
      read_stacks("t.py:main:9;t.py:fib:3;t.py:fib:3;t.py:fib:2 10\nt.py:main:9;t.py:fib:3 4\nt.py:main:8 1\n");
  CHECK(total(p, "main") == 15);
  CHECK(self(p, "main") == 1);
  CHECK(total(p, "fib") == 14);
  CHECK(self(p, "fib") == 14);
}

TEST_CASE("stacks: a call edge has the caller's line, and counts once per sample as well") {
  const Profile p = read_stacks(
      "t.py:main:9;t.py:fib:3;t.py:fib:3;t.py:fib:2 10\nt.py:main:9;t.py:fib:3 4\nt.py:main:8;t.py:fib:2 1\n");
  CHECK(calls(p) == "main:8 > fib 1 1\nmain:9 > fib 14 4\nfib:3 > fib 10 10\n");
  CHECK(p.counts.empty());
  CHECK(p.call_counts.empty());
}

TEST_CASE("stacks: circles of functions do not inflate costs either") {
  const Profile p = read_stacks("t.py:a:1;t.py:b:2;t.py:a:1;t.py:b:2;t.py:a:5 7\n");
  CHECK(total(p, "a") == 7);
  CHECK(total(p, "b") == 7);
  CHECK(calls(p) == "a:1 > b 7 0\nb:2 > a 7 7\n");
  CHECK(lines(p) == "a:1 7 0\na:5 7 7\nb:2 7 0\n");
}

TEST_CASE("stacks: a caller on several lines calls once per sample, on the line of the outermost call") {
  const Profile p = read_stacks("t.py:f:5;t.py:g:20;t.py:f:9;t.py:g:21 10\nt.py:f:9;t.py:g:20 1\n");
  CHECK(calls(p) == "f:5 > g 10 10\nf:9 > g 1 1\ng:20 > f 10 0\n");
  CHECK(lines(p) == "f:5 10 0\nf:9 11 0\ng:20 11 1\ng:21 10 10\n");  // lines count for themselves
}

TEST_CASE("stacks: a line that calls only inside of another line's call of the same callee has the call with nothing") {
  CHECK(calls(read_stacks("t.py:f:5;t.py:f:9;t.py:f:7 3\n")) == "f:5 > f 3 3\nf:9 > f 0 0\n");
}

TEST_CASE("stacks: self costs stand on the innermost frame's line") {
  const Profile p = read_stacks("t.py:f:1 2\nt.py:f:2 3\nt.py:f:2;t.py:g:0 5\n<GC> 1\n");
  CHECK(lines(p) == "f:1 2 2\nf:2 8 3\n");  // neither g nor <GC> has a line that is known
  CHECK(self(p, "f") == 5);
  CHECK(total(p, "f") == 10);
  CHECK(self(p, "<GC>") == 1);
}

TEST_CASE("stacks: where some frames of a function have no line, the rest is on line 0") {
  CHECK(lines(read_stacks("t.py:f:0 2\nt.py:f:7 3\n")) == "f:0 2 2\nf:7 3 3\n");
}

TEST_CASE("stacks: costs that do not fit 64 bits are an error") {
  const std::string most = std::to_string(std::numeric_limits<std::int64_t>::max());
  CHECK(message_of([&] { read_stacks("a;b " + most + "\na;c 1\n"); }) ==
        "t.prof: the costs (samples) of all stacks do not fit 64 bits");
}

TEST_CASE("stacks: they are complete unless a part of the costs has none") {
  const Profile p = read_stacks("a;b 2\n");
  CHECK(has_complete_stacks(p));
  CHECK_FALSE(
      has_complete_stacks(read_text("profconv dump 1\nmetric samples count sum\nfunction 0 \"a\" file \"\" line 0 "
                                    "self 3 total 3\nnode 0 parent - function 0 line 0\nsample 0 labels 0 "
                                    "cost 2\n")));
  CHECK_FALSE(
      has_complete_stacks(read_text("profconv dump 1\nmetric samples count sum\nfunction 0 \"a\" file \"\" line 0 "
                                    "self 3 total 3\n")));
}

TEST_CASE("stacks: the tree is the stacks, recursion level by level") {
  const Profile p = read_stacks("t.py:m:1;t.py:f:2;t.py:f:3 6\nt.py:m:1;t.py:f:3 3\nt.py:m:2;t.py:f:2;t.py:g:4 1\n");
  const CallTree tree = call_tree(p, {.threshold = 0.2});
  REQUIRE(tree.exact);
  std::string text;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const CallTree::Node& n = tree.nodes[i];
    CHECK(n.proved);
    text += std::string(n.depth, ' ') + std::string(p.text(p.function(n.function).name)) + " " +
            std::to_string(tree.total.at(i, 0)) + " " + std::to_string(tree.self.at(i, 0)) + " " +
            std::to_string(tree.hidden.at(i, 0)) + "\n";
  }
  CHECK(text == "m 10 0 0\n f 10 3 1\n  f 6 6 0\n");
}

TEST_CASE("stacks: the tree keeps to its limits and hides the rest") {
  const Profile p = read_stacks("a;b;c;d 4\na;b;x 2\na;y 1\n");
  const CallTree flat = call_tree(p, {.max_depth = 2});
  REQUIRE(flat.nodes.size() == 3);
  CHECK(flat.hidden.at(1, 0) == 6);
  const CallTree small = call_tree(p, {.max_nodes = 2});
  REQUIRE(small.nodes.size() == 2);
  CHECK(small.hidden.at(0, 0) == 1);
  CHECK(small.hidden.at(1, 0) == 6);
}
