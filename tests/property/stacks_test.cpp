// What is derived from random stacks, against the definition counted sample by sample.

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/convert.hpp"
#include "support/random_profile.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

struct Stack {
  std::vector<std::pair<char, unsigned>> frames;  // name, line; outermost first
  std::int64_t samples;
};

std::string text_of(const std::vector<Stack>& stacks) {
  std::string text;
  for (const Stack& s : stacks) {
    for (std::size_t i = 0; i < s.frames.size(); ++i)
      text +=
          (i == 0 ? "t.py:" : ";t.py:") + std::string(1, s.frames[i].first) + ":" + std::to_string(s.frames[i].second);
    text += " " + std::to_string(s.samples) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("property: each function, call and line of stacks costs what its samples are") {
  Random random(seed());
  for (int round = 0; round < 500; ++round) {
    CAPTURE(round);
    std::vector<Stack> stacks;
    for (std::size_t n = 1 + random.below(12); n > 0; --n) {
      Stack stack{{}, 1 + static_cast<std::int64_t>(random.below(9))};
      for (std::size_t depth = 1 + random.below(8); depth > 0; --depth)
        stack.frames.emplace_back(static_cast<char>('a' + random.below(4)), 1 + static_cast<unsigned>(random.below(3)));
      stacks.push_back(std::move(stack));
    }
    using Edge = std::tuple<char, char, unsigned>;
    using Spot = std::pair<char, unsigned>;
    std::map<char, std::array<std::int64_t, 2>> functions;  // self, total
    std::map<Edge, std::array<std::int64_t, 2>> calls;
    std::map<Spot, std::array<std::int64_t, 2>> lines;
    for (const Stack& s : stacks) {
      std::set<char> on_stack;
      std::map<std::pair<char, char>, Edge> edges;  // the outermost of each caller and callee
      std::set<Spot> spots(s.frames.begin(), s.frames.end());
      for (std::size_t i = 0; i < s.frames.size(); ++i) {
        on_stack.insert(s.frames[i].first);
        if (i == 0) continue;
        const auto& [caller, line] = s.frames[i - 1];
        const char callee = s.frames[i].first;
        edges.emplace(std::pair{caller, callee}, Edge{caller, callee, line});
        calls[{caller, callee, line}];  // a row, if with nothing
      }
      for (const char f : on_stack) functions[f][1] += s.samples;
      for (const auto& [pair, edge] : edges) calls[edge][1] += s.samples;
      for (const Spot& l : spots) lines[l][1] += s.samples;
      functions[s.frames.back().first][0] += s.samples;
      lines[s.frames.back()][0] += s.samples;
      if (s.frames.size() > 1)
        calls[edges.at({s.frames[s.frames.size() - 2].first, s.frames.back().first})][0] += s.samples;
    }

    const Profile p = read_text(text_of(stacks), {.format = "collapsed"});
    const auto name = [&](FunctionId f) { return p.text(p.function(f).name).front(); };
    const auto row = [](const CostTable& self, const CostTable& total, std::size_t i) {
      return std::array{self.at(i, 0), total.at(i, 0)};
    };
    REQUIRE(p.functions.size() == functions.size());
    for (std::size_t i = 0; i < p.functions.size(); ++i)
      REQUIRE(row(p.self, p.total, i) == functions.at(name(FunctionId{static_cast<std::uint32_t>(i)})));
    REQUIRE(p.calls.size() == calls.size());
    for (std::size_t i = 0; i < p.calls.size(); ++i)
      REQUIRE(row(p.call_self, p.call_total, i) ==
              calls.at({name(p.calls[i].caller), name(p.calls[i].callee), p.calls[i].line}));
    REQUIRE(p.lines.size() == lines.size());
    for (std::size_t i = 0; i < p.lines.size(); ++i)
      REQUIRE(row(p.line_self, p.line_total, i) == lines.at({name(p.lines[i].function), p.lines[i].line}));

    // And written stacks are read back as the same profile.
    const WriteOptions cpython{.collapsed = {.frames = CollapsedOptions::Frames::cpython}};
    const std::string once = written(p, "collapsed", cpython);
    REQUIRE(written(read_text(once, {.format = "collapsed"}), "collapsed", cpython) == once);
  }
}
