// Transforms of profiles that follow from their stacks: exact, since they change the stacks.

#include <algorithm>
#include <string>

#include <doctest/doctest.h>
#include <profconv/error.hpp>
#include <profconv/transforms.hpp>

#include "model/call_graph.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

std::string names(const Profile& p) {
  return written(p, "collapsed", {.collapsed = {.frames = CollapsedOptions::Frames::name}});
}

std::int64_t total(const Profile& p, std::string_view name) {
  for (std::size_t i = 0; i < p.functions.size(); ++i) {
    if (p.text(p.functions[i].name) == name) return p.total.at(i, 0);
  }
  return -1;
}

}  // namespace

TEST_CASE("stacks: focus keeps the stacks through a match, and only their cost") {
  Diagnostics diagnostics;
  const Profile p = focus(read_stacks("a;s;x 3\nb;s;y 4\nb 1\n"), {.focus = {"[(]x[)]"}}, diagnostics);
  CHECK(names(p) == "a;s;x 3\n");
  CHECK(total(p, "s") == 3);  // a call graph would say 7
  CHECK(total(p, "b") == -1);
}

TEST_CASE("stacks: ignore drops the stacks through a match") {
  Diagnostics diagnostics;
  const Profile p = focus(read_stacks("a;s;x 3\nb;s;y 4\nb 1\n"), {.ignore = {"[(]y[)]"}}, diagnostics);
  CHECK(names(p) == "a;s;x 3\nb 1\n");
  CHECK(focus(read_stacks("a 1\n"), {.ignore = {"a"}}, diagnostics).functions.empty());
  CHECK(text_of(diagnostics).ends_with("warning: focus and ignore left nothing\n"));
}

TEST_CASE("stacks: folded frames are left out, the sum of self costs stays") {
  Diagnostics diagnostics;
  const Profile p = fold(read_stacks("a;s;x 3\nb;s;y 4\nb;s 2\ns;s 1\n"), {.globs = {"s"}}, diagnostics);
  CHECK(names(p) == "b;y 4\na;x 3\nb 2\ns 1\n");
  CHECK(total_cost(p) == std::vector<std::int64_t>{10});
}

TEST_CASE("stacks: groups have the cost of the stacks that enter them") {
  Diagnostics diagnostics;
  const Profile p =
      group(read_stacks("a.py:f:1;a.py:g:2;b.py:h:3;a.py:f:4 5\nb.py:h:1 2\n"), GroupBy::file, diagnostics);
  CHECK(names(p) == "a.py;b.py;a.py 5\nb.py 2\n");
  CHECK(total(p, "a.py") == 5);
  CHECK(total(p, "b.py") == 7);
}

TEST_CASE("stacks: marks of native code are split by caller, so that they make no circle") {
  Diagnostics diagnostics;
  const Profile p =
      split(read_stacks("a;<native>;b;<native>;<native>;c 3\na;<native>;d 1\n<native>;a 1\n<GC> 1\n"), {}, diagnostics);
  const CallGraph graph(p);
  std::string copies;
  for (std::size_t i = 0; i < p.functions.size(); ++i) {
    CHECK_FALSE(graph.in_cycle(FunctionId{static_cast<std::uint32_t>(i)}));
    if (p.text(p.functions[i].file) == "~")
      copies += std::string(p.text(p.functions[i].name)) + "'" + std::string(p.text(p.functions[i].context)) + " " +
                std::to_string(p.total.at(i, 0)) + "\n";
  }
  CHECK(copies.find("<native>'a 4\n") != std::string::npos);
  CHECK(copies.find("<native>'b 3\n") != std::string::npos);
  CHECK(copies.find("<native>' 1\n") != std::string::npos);
  CHECK(copies.find("<GC>' 1\n") != std::string::npos);
  CHECK(total_cost(p) == std::vector<std::int64_t>{6});
}

TEST_CASE("stacks: callers of one name have copies of their own") {
  Diagnostics diagnostics;
  const Profile p = split(read_stacks("x.py:f:1;<native>;y.py:f:1;<native>;g 1\n"), {}, diagnostics);
  CHECK(std::ranges::count(p.functions, true, [&](const Function& f) {
          return p.text(f.context) == "f (x.py)" || p.text(f.context) == "f (y.py)";
        }) == 2);
}

TEST_CASE("stacks: threads of one name in several processes stay apart") {
  Diagnostics diagnostics;
  const std::string text =
      "process 12;thread (0x1F): Main;f 5\nprocess 13;thread (0x1F): Main;f 6\nprocess 13;thread (0x2F);g 1\n";
  const Profile p = select_samples(read_stacks(text), {.separate_threads = true}, diagnostics);
  CHECK(names(p) ==
        "process 13;thread (0x1F): Main of process 13;f 6\n"
        "process 12;thread (0x1F): Main of process 12;f 5\n"
        "process 13;thread (0x2F);g 1\n");
}

TEST_CASE("stacks: of those that are folded as a whole the outermost frame is left") {
  Diagnostics diagnostics;
  const Profile p = fold(read_stacks("main (t.py:1);f (lib.py:1) 9\nrun (lib.py:7);f (lib.py:1) 1\n"),
                         {.globs = {"lib.py"}}, diagnostics);
  CHECK(names(p) == "main 9\nrun 1\n");
}

TEST_CASE("stacks: samples are selected by thread, and threads shown apart") {
  const std::string text = "tid:1;a;b 3\ntid:2;a 2\ntid:11;c 1\n";
  Diagnostics diagnostics;
  CHECK(names(select_samples(read_stacks(text), {.threads = {"1"}}, diagnostics)) == "a;b 3\n");
  CHECK(names(select_samples(read_stacks(text), {.threads = {"1*"}}, diagnostics)) == "a;b 3\nc 1\n");
  CHECK(names(select_samples(read_stacks(text), {.threads = {"2"}, .separate_threads = true}, diagnostics)) ==
        "thread (2);a 2\n");
  CHECK(message_of([&] { select_samples(read_stacks(text), {.threads = {"7"}}, diagnostics); }) ==
        "there is no thread '7' (hint: there are '1', '2', '11')");
  CHECK(message_of([&] { select_samples(read_stacks("a 1\n"), {.threads = {"7"}}, diagnostics); }) ==
        "there is no thread '7' (hint: the profile does not tell threads apart)");
  CHECK(message_of([&] { select_samples(read_stacks(text), {.only = {SampleOptions::State::gil}}, diagnostics); }) ==
        "the profile does not say which samples were of state gil (hint: binary recordings of Python 3.15's profiler "
        "do)");
}
