#include <array>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <profconv/builder.hpp>
#include <profconv/transforms.hpp>

#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

//  main -> load -> parse -> len
//  main -> save -> len
//  main -> parse
constexpr std::string_view dump =
    "profconv dump 1\n"
    "metric time ns sum\n"
    "function 0 \"main\" file \"app.py\" line 1 calls 1 primitive 1 self 1 total 100\n"
    "function 1 \"load\" file \"io.py\" line 10 calls 1 primitive 1 self 2 total 50\n"
    "function 2 \"parse\" qualified \"Reader.parse\" file \"io.py\" line 20 calls 2 primitive 2 self 3 total 60\n"
    "function 3 \"save\" file \"out.py\" line 30 calls 1 primitive 1 self 4 total 20\n"
    "function 4 \"len\" file \"~\" line 0 calls 9 primitive 9 self 5 total 5\n"
    "call 0 1 line 0 calls 1 primitive 1 total 50\n"
    "call 0 2 line 0 calls 1 primitive 1 total 20\n"
    "call 0 3 line 0 calls 1 primitive 1 total 20\n"
    "call 1 2 line 0 calls 1 primitive 1 total 40\n"
    "call 2 4 line 0 calls 4 primitive 4 total 3\n"
    "call 3 4 line 0 calls 5 primitive 5 total 2\n";

std::string focused(const FocusOptions& options) {
  Diagnostics diagnostics;
  return functions_and_calls(focus(read_text(dump), options, diagnostics));
}

}  // namespace

TEST_CASE("focus: keeps what is on a path through a match, and no call past it") {
  CHECK(focused({.focus = {"load"}}) == "main load parse len | main>load load>parse parse>len");
  CHECK(focused({.focus = {"\\(save\\)$"}}) == "main save len | main>save save>len");
  CHECK(focused({.focus = {"^io\\.py:20"}}) == "main load parse len | main>load main>parse load>parse parse>len");
  CHECK(focused({.focus = {"Reader\\.parse"}}) == focused({.focus = {"^io\\.py:20"}}));
  CHECK(focused({.focus = {"load", "save"}}) ==
        "main load parse save len | main>load main>save load>parse parse>len save>len");
}

TEST_CASE("ignore: drops the matches and what only they lead to") {
  CHECK(focused({.ignore = {"io\\.py"}}) == "main save len | main>save save>len");
  CHECK(focused({.ignore = {"save"}}) == "main load parse len | main>load main>parse load>parse parse>len");
  CHECK(focused({.ignore = {"~"}}) == "main load parse save | main>load main>parse main>save load>parse");
  CHECK(focused({.focus = {"len"}, .ignore = {"io\\.py"}}) == "main save len | main>save save>len");
}

TEST_CASE("focus: what stays keeps its costs, and a note says what was dropped") {
  Diagnostics diagnostics;
  const Profile p = focus(read_text(dump), {.focus = {"save"}}, diagnostics);
  CHECK(text_of(diagnostics) == "note: focus and ignore dropped 2 of 5 functions and 4 of 6 calls\n");
  CHECK(p.total.at(0, 0) == 100);
  CHECK(p.self.at(2, 0) == 5);
  CHECK(p.call_total.at(1, 0) == 2);
  CHECK(p.counts[2].calls == 9);
}

TEST_CASE("focus: nothing left is said; nothing asked is nothing done") {
  Diagnostics diagnostics;
  CHECK(focus(read_text(dump), {.focus = {"nowhere"}}, diagnostics).functions.empty());
  CHECK(text_of(diagnostics).find("warning: focus and ignore left nothing\n") != std::string::npos);
  Diagnostics none;
  CHECK(dump_of(focus(read_text(dump), {}, none)) == dump_of(read_text(dump)));
  CHECK(dump_of(focus(read_text(dump), {.focus = {"."}}, none)) == dump_of(read_text(dump)));
  CHECK(none.all().empty());
}

TEST_CASE("ignore: a circle that nothing leads to is not lost") {
  constexpr std::string_view circle =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 1 total 2\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 1 total 2\n"
      "function 2 \"c\" file \"t.py\" line 3 calls 1 primitive 1 self 1 total 1\n"
      "call 0 1 line 0 calls 1 primitive 1 total 1\n"
      "call 1 0 line 0 calls 1 primitive 1 total 1\n";
  Diagnostics diagnostics;
  CHECK(functions_and_calls(focus(read_text(circle), {.ignore = {"c"}}, diagnostics)) == "a b | a>b b>a");
}

TEST_CASE("ignore: a circle is entered where counts say so") {
  // a, which nothing is recorded to call, -> b -> c -> a
  Diagnostics diagnostics;
  const Profile p = focus(read_text("profconv dump 1\nmetric time ns sum\n"
                                    "function 0 \"a\" file \"t.py\" line 1 calls 3 primitive 1 self 1 total 9\n"
                                    "function 1 \"b\" file \"t.py\" line 2 calls 3 primitive 1 self 1 total 8\n"
                                    "function 2 \"c\" file \"t.py\" line 3 calls 2 primitive 1 self 1 total 7\n"
                                    "call 0 1 line 0 calls 3 primitive 1 total 8\n"
                                    "call 1 2 line 0 calls 2 primitive 1 total 7\n"
                                    "call 2 0 line 0 calls 2 primitive 0 total 6\n"),
                          {.ignore = {"\\(b\\)"}}, diagnostics);
  CHECK(functions_and_calls(p) == "a |");
}

TEST_CASE("focus: says which expressions match nothing") {
  for (const char* expression : {"lod", "json.*loads", "xx|yy", "a{3}b"}) {
    Diagnostics diagnostics;
    focus(read_text(dump), {.ignore = {expression}}, diagnostics);
    CHECK(text_of(diagnostics).find("no function matches '" + std::string(expression) + "'") != std::string::npos);
  }
  for (const char* expression : {"load", "io.*parse", "^out", "xx|save", "\\)$"}) {
    Diagnostics diagnostics;
    warn_of_unknown_functions(read_text(dump), std::array{std::string(expression)}, diagnostics);
    CHECK(diagnostics.all().empty());
  }
}

TEST_CASE("focus: an expression that RE2 refuses is wrong usage") {
  Diagnostics diagnostics;
  CHECK_THROWS_AS(focus(read_text(dump), {.focus = {"("}}, diagnostics), UsageError);
  CHECK(message_of([&] { focus(read_text(dump), {.ignore = {"a(?=b)"}}, diagnostics); }) ==
        "bad regular expression 'a(?=b)': invalid perl operator: (?=");
}

TEST_CASE("focus: stacks with a dropped function are dropped") {
  ProfileBuilder builder(std::array{time_metric});
  const FunctionId main = builder.function({.name = "main"}), a = builder.function({.name = "a"}),
                   b = builder.function({.name = "b"});
  builder.add_call({main, a, 0}, {}, {}, {});
  builder.add_call({main, b, 0}, {}, {}, {});
  const NodeId root = builder.node(no_parent, main, 0);
  const LabelsId none = builder.labels("", "", 0);
  const std::int64_t one[] = {1};
  for (const NodeId leaf : {root, builder.node(root, a, 0), builder.node(root, b, 0)})
    builder.add_sample({leaf, none}, one);
  Diagnostics diagnostics;
  const Profile p = focus(std::move(builder).finish(), {.focus = {"\\(a\\)"}}, diagnostics);
  CHECK(p.samples.size() == 2);
  CHECK(p.nodes.size() == 2);
}
