// Folding: whose the costs and the calls of a folded function are.

#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <profconv/transforms.hpp>

#include "support/convert.hpp"
#include "support/folded.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE("fold: the self cost goes to the callers that caused it, the calls by what each spent below") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 200\n"
      "function 1 \"a\" file \"t.py\" line 2 calls 1 primitive 1 self 5 total 95\n"
      "function 2 \"sort\" file \"~\" line 0 calls 4 primitive 4 self 100 total 170\n"
      "function 3 \"key\" file \"t.py\" line 3 calls 10 primitive 10 self 70 total 70\n"
      "call 0 1 line 0 calls 1 primitive 1 self 5 total 95\n"
      "call 0 2 line 0 calls 3 primitive 3 self 80 total 80\n"
      "call 1 2 line 0 calls 1 primitive 1 self 20 total 90\n"
      "call 2 3 line 0 calls 10 primitive 10 self 70 total 70\n";
  CHECK(folded(dump, {.builtins = true}) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 90 total 200\n"
        "function 1 \"a\" file \"t.py\" line 2 calls 1 primitive 1 self 25 total 95\n"
        "function 2 \"key\" file \"t.py\" line 3 calls 10 primitive 10 self 70 total 70\n"
        "call 0 1 line 0 calls 1 primitive 1 self 25 total 95 # \"main\" -> \"a\"\n"
        "call 1 2 line 0 calls 10 primitive 10 self 70 total 70 # \"a\" -> \"key\"\n");
}

TEST_CASE("fold: without recorded self costs per caller the inclusive cost decides, in whole units that add up") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 0 total 1\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 0 total 1\n"
      "function 2 \"c\" file \"t.py\" line 3 calls 1 primitive 1 self 0 total 1\n"
      "function 3 \"len\" file \"~\" line 0 calls 3 primitive 3 self 4 total 4\n"
      "call 0 3 line 7 calls 1 primitive 1 total 1\n"
      "call 1 3 line 8 calls 1 primitive 1 total 1\n"
      "call 2 3 line 9 calls 1 primitive 1 total 2\n";
  CHECK(folded(dump, {.builtins = true}) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 1 total 1\n"
        "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 1 total 1\n"
        "function 2 \"c\" file \"t.py\" line 3 calls 1 primitive 1 self 2 total 2\n");
}

TEST_CASE("fold: what does not fit into an inclusive cost raises it: one label of several functions") {
  // Two lambdas of a line: the cost is that of the last one, the calls are those of both.
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 100\n"
      "function 1 \"<lambda>\" file \"t.py\" line 2 calls 2 primitive 2 self 30 total 50\n"
      "function 2 \"abs\" file \"~\" line 0 calls 4 primitive 4 self 35 total 35\n"
      "call 0 1 line 0 calls 2 primitive 2 self 30 total 50\n"
      "call 1 2 line 0 calls 4 primitive 4 self 35 total 35\n";
  CHECK(folded(dump, {.builtins = true}) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 100\n"
        "function 1 \"<lambda>\" file \"t.py\" line 2 calls 2 primitive 2 self 65 total 65\n"
        "call 0 1 line 0 calls 2 primitive 2 self 65 total 65 estimated # \"main\" -> \"<lambda>\"\n");
}

TEST_CASE("fold: what was called without a recorded caller stays with its part") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 40\n"
      "function 1 \"exec\" file \"~\" line 0 calls 3 primitive 3 self 60 total 90\n"
      "function 2 \"g\" file \"t.py\" line 2 calls 3 primitive 3 self 30 total 30\n"
      "call 0 1 line 0 calls 1 primitive 1 self 20 total 30\n"
      "call 1 2 line 0 calls 3 primitive 3 self 30 total 30\n";
  CHECK(folded(dump, {.builtins = true}) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 30 total 40\n"
        "function 1 \"exec\" file \"~\" line 0 calls 2 primitive 2 self 40 total 60\n"
        "function 2 \"g\" file \"t.py\" line 2 calls 3 primitive 3 self 30 total 30\n"
        "call 0 2 line 0 calls 1 primitive 1 self 10 total 10 estimated # \"main\" -> \"g\"\n"
        "call 1 2 line 0 calls 2 primitive 2 self 20 total 20 estimated # \"exec\" -> \"g\"\n");
}

TEST_CASE("fold: where a program begins inside a circle, its cost stays where it began") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"exec\" file \"~\" line 0 calls 2 primitive 1 self 10 total 90\n"
      "function 1 \"run\" file \"<frozen runpy>\" line 1 calls 1 primitive 1 self 5 total 85\n"
      "function 2 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 75 total 75\n"
      "call 0 1 line 0 calls 1 primitive 1 self 5 total 85\n"
      "call 0 2 line 0 calls 1 primitive 1 self 75 total 75\n"
      "call 1 0 line 0 calls 1 primitive 0 self 5 total 80\n";
  CHECK(folded(dump, {.builtins = true, .stdlib = true}) ==
        "profconv dump 1\n"
        "metric time ns sum\n"
        "function 0 \"exec\" file \"~\" line 0 calls 2 primitive 1 self 15 total 90\n"
        "function 1 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 75 total 75\n"
        "call 0 0 line 0 calls 1 primitive 0 self 5 total 80 # \"exec\" -> \"exec\"\n"
        "call 0 1 line 0 calls 1 primitive 1 self 75 total 75 # \"exec\" -> \"main\"\n");
}

TEST_CASE("fold: calls to a function that recurs through what is folded cost no less than it") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 100\n"
      "function 1 \"format\" file \"/usr/lib/python3.11/ast.py\" line 1 calls 2 primitive 1 self 30 total 90\n"
      "function 2 \"join\" file \"~\" line 0 calls 2 primitive 1 self 60 total 80\n"
      "call 0 1 line 0 calls 1 primitive 1 self 15 total 90\n"
      "call 1 2 line 0 calls 2 primitive 1 self 60 total 80\n"
      "call 2 1 line 0 calls 1 primitive 0 self 15 total 50\n";
  const std::string result = folded(dump, {.stdlib = true});
  CAPTURE(result);
  const std::size_t call = result.find("call 0 1 ");
  REQUIRE(call != std::string::npos);
  CHECK(result.substr(call, result.find('\n', call) - call).find(" total 80 estimated #") != std::string::npos);
}

TEST_CASE("fold: generators and lambdas are called by what they stand in") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"quick\" file \"t.py\" line 1 calls 100 primitive 100 self 10 total 1000\n"
      "function 1 \"slow\" file \"t.py\" line 5 calls 1 primitive 1 self 10 total 9000\n"
      "function 2 \"sum\" file \"~\" line 0 calls 101 primitive 101 self 5000 total 9980\n"
      "function 3 \"<genexpr>\" qualified \"quick.<locals>.<genexpr>\" file \"t.py\" line 2 calls 1100 primitive 1100 "
      "self 500 total 500\n"
      "function 4 \"<genexpr>\" qualified \"slow.<locals>.<genexpr>\" file \"t.py\" line 6 calls 3001 primitive 3001 "
      "self 4480 total 4480\n"
      "call 0 2 line 2 calls 100 primitive 100 self 495 total 990\n"
      "call 1 2 line 6 calls 1 primitive 1 self 4505 total 8990\n"
      "call 2 3 line 0 calls 1100 primitive 1100 self 500 total 500\n"
      "call 2 4 line 0 calls 3001 primitive 3001 self 4480 total 4480\n";
  const std::string calls =
      "call 0 2 line 2 calls 1100 primitive 1100 self 500 total 500 # \"quick\" -> \"<genexpr>\"\n"
      "call 1 3 line 6 calls 3001 primitive 3001 self 4480 total 4480 # \"slow\" -> \"<genexpr>\"\n";
  const std::string named = folded(dump, {.builtins = true});
  CHECK(named.substr(named.find("call 0")) == calls);
  // Without sources, by their lines.
  std::string short_names(dump);
  for (const char* text : {" qualified \"quick.<locals>.<genexpr>\"", " qualified \"slow.<locals>.<genexpr>\""})
    short_names.erase(short_names.find(text), std::string_view(text).size());
  const std::string unnamed = folded(short_names, {.builtins = true});
  CHECK(unnamed.substr(unnamed.find("call 0")) == calls);
}

TEST_CASE("fold: the body of a class is called by code of its file, also where __build_class__ has copies") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"<module>\" file \"a.py\" line 1 calls 1 primitive 1 self 10 total 300\n"
      "function 1 \"<module>\" file \"b.py\" line 1 calls 1 primitive 1 self 10 total 2000\n"
      "function 2 \"make\" file \"b.py\" line 3 calls 1 primitive 1 self 10 total 510\n"
      "function 3 \"<built-in method builtins.__build_class__>\" file \"~\" line 0 context \"a\" calls 2 primitive 2 "
      "self "
      "90 total 1490\n"
      "function 4 \"<built-in method builtins.__build_class__>\" file \"~\" line 0 calls 1 primitive 1 self 10 total "
      "590\n"
      "function 5 \"A\" file \"a.py\" line 2 calls 1 primitive 1 self 200 total 200\n"
      "function 6 \"Inner\" file \"b.py\" line 4 calls 1 primitive 1 self 480 total 480\n"
      "function 7 \"B\" file \"b.py\" line 9 calls 1 primitive 1 self 1300 total 1300\n"
      "call 0 4 line 2 calls 1 primitive 1 self 10 total 290\n"
      "call 1 2 line 0 calls 1 primitive 1 self 10 total 510\n"
      "call 1 3 line 0 calls 1 primitive 1 self 70 total 1390\n"
      "call 2 3 line 0 calls 1 primitive 1 self 20 total 500\n"
      "call 3 5 line 0 calls 1 primitive 1 self 200 total 200\n"
      "call 3 7 line 0 calls 1 primitive 1 self 1300 total 1300\n"
      "call 4 6 line 0 calls 1 primitive 1 self 480 total 480\n";
  Diagnostics diagnostics;
  const std::string result = folded(dump, {.builtins = true}, diagnostics);
  CAPTURE(result);
  CHECK(result.find("call 0 3 line 2 calls 1 primitive 1 self 200 total 200 # \"<module>\" -> \"A\"\n") != result.npos);
  CHECK(result.find("call 1 5 line 0 calls 1 primitive 1 self 1300 total 1300 # \"<module>\" -> \"B\"\n") !=
        result.npos);
  CHECK(result.find("call 2 4 line 0 calls 1 primitive 1 self 480 total 480 # \"make\" -> \"Inner\"\n") != result.npos);
  CHECK(text_of(diagnostics) == "note: folded 1 function into their callers\n");
}

TEST_CASE("fold: nobody has more of what is folded than its inclusive cost leaves room for") {
  // load() imports mod1 for main and mod2 for mod1; nobody recorded its own time by caller.
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"main\" file \"a.py\" line 1 calls 1 primitive 1 self 1000 total 10000\n"
      "function 1 \"load\" file \"b.py\" line 1 calls 2 primitive 1 self 3500 total 9000\n"
      "function 2 \"mod1\" file \"c.py\" line 1 calls 1 primitive 1 self 2000 total 6000\n"
      "function 3 \"mod2\" file \"d.py\" line 1 calls 1 primitive 1 self 3500 total 3500\n"
      "call 0 1 line 0 calls 1 primitive 1 total 9000\n"
      "call 1 2 line 0 calls 1 primitive 1 total 6000\n"
      "call 2 1 line 0 calls 1 primitive 1 total 4000\n"
      "call 1 3 line 0 calls 1 primitive 1 total 3500\n";
  Diagnostics diagnostics;
  const Profile p = read_text(folded(dump, {.globs = {"load"}}, diagnostics));
  REQUIRE(p.functions.size() == 3);
  for (std::uint32_t f = 0; f < 3; ++f) {
    std::int64_t sum = p.self.at(f, 0);
    for (std::size_t c = 0; c < p.calls.size(); ++c)
      sum += p.calls[c].caller == FunctionId{f} ? p.call_total.at(c, 0) : 0;
    CHECK(sum <= p.total.at(f, 0) + 4);
  }
  CHECK(p.self.at(0, 0) + p.self.at(1, 0) + p.self.at(2, 0) == 10000);
  CHECK(p.total.at(1, 0) == 6000);
}

TEST_CASE("fold: what runs while a class is made and is no body is shared by who made classes") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"<module>\" file \"meta.py\" line 1 calls 1 primitive 1 self 10 total 110\n"
      "function 1 \"make\" file \"user.py\" line 3 calls 9 primitive 9 self 10 total 910\n"
      "function 2 \"<built-in method builtins.__build_class__>\" file \"~\" line 0 calls 10 primitive 10 self 0 "
      "total 1000\n"
      "function 3 \"__init_subclass__\" file \"meta.py\" line 5 calls 10 primitive 10 self 1000 total 1000\n"
      "call 0 2 line 0 calls 1 primitive 1 self 0 total 100\n"
      "call 1 2 line 0 calls 9 primitive 9 self 0 total 900\n"
      "call 2 3 line 0 calls 10 primitive 10 self 1000 total 1000\n";
  Diagnostics diagnostics;
  const std::string result = folded(dump, {.builtins = true}, diagnostics);
  CAPTURE(result);
  CHECK(result.find("call 0 2 line 0 calls 1 primitive 1 self 100 total 100 estimated # \"<module>\" -> "
                    "\"__init_subclass__\"\n") != result.npos);
  CHECK(result.find("call 1 2 line 0 calls 9 primitive 9 self 900 total 900 estimated # \"make\" -> "
                    "\"__init_subclass__\"\n") != result.npos);
}

TEST_CASE("fold: what may be of several callers is shared in whole calls, and is an estimate from then on") {
  constexpr std::string_view dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 0 total 10\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 0 total 80\n"
      "function 2 \"c\" file \"t.py\" line 3 calls 1 primitive 1 self 0 total 10\n"
      "function 3 \"map\" file \"~\" line 0 calls 3 primitive 3 self 0 total 100\n"
      "function 4 \"once\" file \"u.py\" line 1 calls 1 primitive 1 self 60 total 60\n"
      "function 5 \"often\" file \"u.py\" line 9 calls 40 primitive 40 self 40 total 40\n"
      "call 0 3 line 0 calls 1 primitive 1 self 0 total 10\n"
      "call 1 3 line 0 calls 1 primitive 1 self 0 total 80\n"
      "call 2 3 line 0 calls 1 primitive 1 self 0 total 10\n"
      "call 3 4 line 0 calls 1 primitive 1 self 60 total 60\n"
      "call 3 5 line 0 calls 40 primitive 40 self 40 total 40\n";
  Diagnostics diagnostics;
  const std::string result = folded(dump, {.builtins = true}, diagnostics);
  CHECK(result.substr(result.find("call 0")) ==
        "call 0 4 line 0 calls 10 primitive 10 self 10 total 10 estimated # \"a\" -> \"often\"\n"
        "call 1 3 line 0 calls 1 primitive 1 self 60 total 60 estimated # \"b\" -> \"once\"\n"
        "call 1 4 line 0 calls 20 primitive 20 self 20 total 20 estimated # \"b\" -> \"often\"\n"
        "call 2 4 line 0 calls 10 primitive 10 self 10 total 10 estimated # \"c\" -> \"often\"\n");
  CHECK(text_of(diagnostics) ==
        "note: folded 1 function into their callers\n"
        "note: 4 calls of what is folded might be of several callers: estimated, by what each of these spent\n");
  CHECK(dump_of(read_text(result)) == result);
}

TEST_CASE("fold: who may have made a call that another one was given has an estimate, too") {
  // f6 spent a little below f7, and may have called f8 there; what f0 gets of f7 comes through f1, which nobody else
  // calls, and f7's callers share.
  const std::string text = folded(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"f0\" file \"d.py\" line 1 calls 1 primitive 1 self 73875 total 1054595\n"
      "function 1 \"f1\" file \"b.py\" line 2 calls 2 primitive 2 self 117127 total 923856\n"
      "function 2 \"f5\" file \"a.py\" line 6 calls 1 primitive 1 self 66846 total 331662\n"
      "function 3 \"f8\" file \"c.py\" line 9 calls 8 primitive 8 self 414499 total 414499\n"
      "function 4 \"f6\" file \"d.py\" line 7 calls 2 primitive 2 self 126334 total 226925\n"
      "function 5 \"f7\" file \"b.py\" line 8 calls 4 primitive 4 self 153846 total 345228\n"
      "function 6 \"f4\" file \"a.py\" line 5 calls 2 primitive 2 self 48252 total 179533\n"
      "function 7 \"f3\" file \"d.py\" line 4 calls 1 primitive 1 self 53816 total 284168\n"
      "call 0 1 line 0 calls 2 primitive 2 self 117127 total 923856\n"
      "call 0 6 line 0 calls 1 primitive 1 self 4814 total 56864\n"
      "call 1 2 line 0 calls 1 primitive 1 self 66846 total 331662\n"
      "call 1 3 line 0 calls 1 primitive 1 self 53560 total 53560\n"
      "call 1 5 line 0 calls 1 primitive 1 self 42310 total 137339\n"
      "call 1 7 line 0 calls 1 primitive 1 self 53816 total 284168\n"
      "call 2 3 line 0 calls 2 primitive 2 self 117122 total 117122\n"
      "call 2 4 line 0 calls 1 primitive 1 self 99538 total 147694\n"
      "call 4 3 line 0 calls 1 primitive 1 self 52435 total 52435\n"
      "call 4 5 line 0 calls 1 primitive 1 self 31193 total 48156\n"
      "call 5 3 line 0 calls 4 primitive 4 self 191382 total 191382\n"
      "call 6 4 line 0 calls 1 primitive 1 self 26796 total 79231\n"
      "call 6 5 line 0 calls 1 primitive 1 self 52050 total 52050\n"
      "call 7 5 line 0 calls 1 primitive 1 self 28293 total 107683\n"
      "call 7 6 line 0 calls 1 primitive 1 self 43438 total 122669\n",
      {.globs = {"f1", "f7"}});
  const auto is_estimated = [&](std::string_view call) {
    const std::size_t end = text.find(call);
    REQUIRE(end != std::string::npos);
    const std::size_t begin = text.rfind('\n', end) + 1;
    return text.substr(begin, end - begin).find(" estimated ") != std::string::npos;
  };
  CHECK(is_estimated("\"f6\" -> \"f8\""));
  CHECK(is_estimated("\"f3\" -> \"f8\""));
  CHECK_FALSE(is_estimated("\"f5\" -> \"f8\""));
}

TEST_CASE("fold: a call from a circle is inside no other where the function was never active twice") {
  // main -> f -> g -> h -> f: f ran twice, one after the other.
  const std::string text = folded(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"f\" file \"a.py\" line 1 calls 3 primitive 3 self 30 total 300\n"
      "function 1 \"g\" file \"a.py\" line 2 calls 1 primitive 1 self 10 total 150\n"
      "function 2 \"h\" file \"a.py\" line 3 calls 1 primitive 1 self 40 total 140\n"
      "function 3 \"k\" file \"a.py\" line 4 calls 1 primitive 1 self 120 total 120\n"
      "call 0 1 line 0 calls 1 primitive 1 self 10 total 150\n"
      "call 0 3 line 0 calls 1 primitive 1 self 120 total 120\n"
      "call 1 2 line 0 calls 1 primitive 1 self 40 total 140\n"
      "call 2 0 line 0 calls 1 primitive 1 self 10 total 100\n",
      {.globs = {"f"}});
  CHECK(text.find("\"f\" file \"a.py\" line 1 calls 2 primitive 2 self ") != std::string::npos);
  CHECK(text.find(" total 200\n") != std::string::npos);
}
