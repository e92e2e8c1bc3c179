// The callgrind writer and its names. Profiles are written as dumps: the numbers stand in the test.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/builder.hpp>
#include <profconv/version.hpp>

#include "support/callgrind_reader.hpp"
#include "support/convert.hpp"
#include "writers/callgrind_ids.hpp"
#include "writers/callgrind_names.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

Profile profile_of(const std::string& rows) { return read_text("profconv dump 1\nmetric time ns sum\n" + rows); }

Callgrind callgrind_of(const std::string& rows) {
  const Callgrind c(written(profile_of(rows), "callgrind"));
  CHECK(c.distinct());
  return c;
}

std::string notes_of(const std::string& rows) {
  Diagnostics diagnostics;
  written(profile_of(rows), "callgrind", {}, diagnostics);
  return text_of(diagnostics);
}

using Costs = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("callgrind: the whole file of a small program") {
  const std::string text =
      written(profile_of("source \"/srv/t.prof\" format \"pstats\"\n"
                         "function 0 \"main\" file \"/srv/t.py\" line 9 calls 1 primitive 1 self 12351 total 29930\n"
                         "function 1 \"fib\" file \"/srv/t.py\" line 2 calls 15 primitive 1 self 12745 total 12745\n"
                         "function 2 \"<built-in method builtins.sorted>\" file \"~\" line 0 calls 1 primitive 1 self "
                         "4834 total 4834\n"
                         "call 0 1 line 0 calls 1 primitive 1 total 12745\n"
                         "call 0 2 line 13 calls 1 primitive 1 total 4834\n"
                         "call 1 1 line 0 calls 14 primitive 2 total 11309\n"),
              "callgrind");
  CHECK(text == "# callgrind format\nversion: 1\ncreator: profconv " PROFCONV_VERSION
                "\n"
                "cmd: t.prof\npositions: line\nevent: ns : Time (ns)\nevents: ns\nsummary: 29930\n"
                "\nfl=(1) ~\nfn=(1) (root)\n0 0\n"
                "cob=(1) t\ncfl=(2) /srv/t.py\ncfn=(2) main\ncalls=1 9\n0 29930\n"
                "\nob=(1)\nfl=(2)\nfn=(3) fib\n2 12745\ncfn=(3)\ncalls=14 2\n2 11309\n"
                "\nfn=(2)\n9 12351\n"
                "cfn=(3)\ncalls=1 2\n9 12745\n"
                "cob=(2) built-in\ncfl=(1)\ncfn=(4) <built-in method builtins.sorted>\ncalls=1 0\n13 4834\n"
                "\nob=(2)\nfl=(1)\nfn=(4)\n0 4834\n");
  const Callgrind c(text);
  CHECK(c.inclusive(c.function("fib")) == 12745);
  CHECK(c.inclusive(c.function("main")) == 29930);
}

TEST_CASE("callgrind: a line with a number too long to be kept ready is written all the same") {
  const std::string text = written(
      profile_of("function 0 \"f\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 30\n"
                 "function 1 \"g\" file \"t.py\" line 9999999 calls 1 primitive 1 self 10 total 30\n"
                 "function 2 \"far\" file \"t.py\" line 12345678 calls 2 primitive 2 self 40 total 40\n"
                 "call 0 2 line 0 calls 1 primitive 1 total 20\ncall 1 2 line 0 calls 1 primitive 1 total 20\n"),
      "callgrind");
  const std::string mention = "cfn=(4)";  // after the root, f and g
  CHECK(text.find(mention + " far\ncalls=1 12345678\n1 20\n") != std::string::npos);
  CHECK(text.find(mention + "\ncalls=1 12345678\n9999999 20\n") != std::string::npos);
  CHECK(text.find("calls=1 9999999\n") != std::string::npos);
}

TEST_CASE("callgrind: without a root on request") {
  const Profile p = profile_of("function 0 \"f\" file \"t.py\" line 1 calls 2 primitive 2 self 5 total 5\n");
  WriteOptions options;
  options.callgrind.root = false;
  CHECK(written(p, "callgrind", options).find("(root)") == std::string::npos);
  CHECK(written(p, "callgrind").find("(root)") != std::string::npos);
}

TEST_CASE("callgrind: the root calls what was called without a recorded caller, with the rest of count and cost") {
  const Callgrind c = callgrind_of(
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 0 total 60\n"
      "function 1 \"f\" file \"t.py\" line 5 calls 5 primitive 5 self 100 total 100\n"
      "call 0 1 line 0 calls 3 primitive 3 total 60\n");
  REQUIRE(c.call("(root)", "f") != nullptr);
  CHECK(c.call("(root)", "f")->count == 2);
  CHECK(c.call("(root)", "f")->cost == Costs{40});
  CHECK(c.call("(root)", "main")->cost == Costs{60});
  CHECK(c.inclusive(c.function("f")) == 100);
  CHECK(c.functions[c.function("(root)")].self == Costs{0});
}

TEST_CASE("callgrind: of stacks the root calls the outermost frames, also those that stand deeper elsewhere") {
  const Callgrind c(written(read_stacks("<module>;load;exec;<module>;work 70\n<module>;main;work 30\n"), "callgrind"));
  REQUIRE(c.call("(root)", "<module>") != nullptr);
  CHECK(c.call("(root)", "<module>")->cost == Costs{100});
  CHECK(c.call("(root)", "load") == nullptr);
  CHECK(c.call("(root)", "exec") == nullptr);
}

TEST_CASE(
    "callgrind: a function in a circle that is the outermost of some stacks is called by the root and by others") {
  const Callgrind c(written(read_stacks("a;b;a 5\nb;a 2\nmain;a;b 3\nc 1\n"), "callgrind"));
  CHECK(c.call("(root)", "a")->cost == Costs{5});
  CHECK(c.call("(root)", "b")->cost == Costs{2});
  CHECK(c.call("(root)", "main")->cost == Costs{3});
  CHECK(c.call("main", "a")->cost == Costs{3});
  CHECK(c.call("(root)", "c")->cost == Costs{1});
}

TEST_CASE("callgrind: one sample of the root is no rounding of a call") {
  const Callgrind c(written(read_stacks("main;f 9\nf 1\n"), "callgrind"));
  CHECK(c.call("main", "f")->cost == Costs{9});
  REQUIRE(c.call("(root)", "f") != nullptr);
  CHECK(c.call("(root)", "f")->cost == Costs{1});
  CHECK(c.inclusive(c.function("f")) == 10);
}

TEST_CASE("callgrind: the root's count leaves calls of itself aside") {
  // 14 of fib's 15 calls are its own; one came from nobody.
  const Callgrind c = callgrind_of(
      "function 0 \"fib\" file \"t.py\" line 1 calls 15 primitive 1 self 9 total 9\n"
      "call 0 0 line 0 calls 14 primitive 2 total 8\n");
  CHECK(c.call("(root)", "fib")->count == 1);
  CHECK(c.call("(root)", "fib")->cost == Costs{9});
  CHECK(c.call("fib", "fib")->cost == Costs{8});
  CHECK(c.inclusive(c.function("fib")) == 9);
}

TEST_CASE("callgrind: a difference of rounding goes to the costliest call") {
  const Callgrind c = callgrind_of(
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 0 total 10\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 0 total 20\n"
      "function 2 \"f\" file \"t.py\" line 5 calls 2 primitive 2 self 31 total 31\n"
      "call 0 2 line 0 calls 1 primitive 1 total 10\n"
      "call 1 2 line 0 calls 1 primitive 1 total 20\n");
  CHECK(c.call("a", "f")->cost == Costs{10});
  CHECK(c.call("b", "f")->cost == Costs{21});
  CHECK(c.call("(root)", "f") == nullptr);
}

TEST_CASE("callgrind: rounding never makes a cost negative, in any column") {
  // The costliest call in time has no hits, and the hits are one too many.
  const Callgrind c(written(read_text("profconv dump 1\nmetric time ns sum\nmetric hits count sum\n"
                                      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 0 0 total 10 0\n"
                                      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 0 0 total 20 2\n"
                                      "function 2 \"f\" file \"t.py\" line 5 calls 2 primitive 2 self 31 1 total 31 1\n"
                                      "call 0 2 line 0 calls 1 primitive 1 total 20 0\n"
                                      "call 1 2 line 0 calls 1 primitive 1 total 10 2\n"),
                            "callgrind"));
  CHECK(c.inclusive(c.function("f"), 0) == 31);
  CHECK(c.inclusive(c.function("f"), 1) == 1);
}

TEST_CASE("callgrind: calls of zero or one are cut to a total of 0 exactly") {
  const Callgrind c = callgrind_of(
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 5 total 5\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 5 total 5\n"
      "function 2 \"f\" file \"t.py\" line 5 calls 2 primitive 2 self 0 total 0\n"
      "call 0 2 line 0 calls 1 primitive 1 total 1\n"
      "call 1 2 line 0 calls 1 primitive 1 total 1\n");
  CHECK(c.inclusive(c.function("f")) == 0);
}

TEST_CASE("callgrind: calls that cost more than their callee are scaled down to it, with a note") {
  const std::string rows =
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 0 total 90\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 0 total 180\n"
      "function 2 \"<lambda>\" file \"t.py\" line 5 calls 2 primitive 2 self 100 total 100\n"
      "call 0 2 line 0 calls 1 primitive 1 total 90\n"
      "call 1 2 line 0 calls 1 primitive 1 total 180\n";
  const Callgrind c = callgrind_of(rows);
  CHECK(c.call("a", "<lambda>")->cost == Costs{33});
  CHECK(c.call("b", "<lambda>")->cost == Costs{67});
  CHECK(notes_of(rows).starts_with(
      "note: 1 function costs less than the calls to it together; their costs are scaled down to its own\n"));
}

TEST_CASE("callgrind: scaled in one column and rounded in another") {
  const Callgrind c(written(read_text("profconv dump 1\nmetric time ns sum\nmetric hits count sum\n"
                                      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 0 0 total 10 0\n"
                                      "function 1 \"f\" file \"t.py\" line 5 calls 1 primitive 1 self 31 8 total 10 8\n"
                                      "call 0 1 line 0 calls 1 primitive 1 total 20 7\n"),
                            "callgrind"));
  CHECK(c.inclusive(c.function("f"), 0) == 10);
  CHECK(c.inclusive(c.function("f"), 1) == 8);
}

TEST_CASE("callgrind: the largest numbers do not overflow") {
  const std::string most = "9223372036854775807";
  const Callgrind c =
      callgrind_of("function 0 \"a\" file \"t.py\" line 1 calls " + most + " primitive 1 self 0 total " + most +
                   "\n"
                   "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 0 total 5\n"
                   "function 2 \"f\" file \"t.py\" line 5 calls 1 primitive 1 self 7 total " +
                   most +
                   "\n"
                   "function 3 \"c\" file \"t.py\" line 6 calls 1 primitive 1 self 0 total 5\n"
                   "call 0 2 line 0 calls " +
                   most + " primitive 1 total " + most +
                   "\n"
                   "call 1 2 line 0 calls " +
                   most + " primitive 1 total " + most +
                   "\n"
                   "call 3 2 line 0 calls " +
                   most + " primitive 1 total " + most + "\n");
  CHECK(c.inclusive(c.function("f")) == 9223372036854775807u);
}

TEST_CASE("callgrind: self costs that do not fit together are refused") {
  const std::string most = "9223372036854775807";
  CHECK(message_of([&] {
          profile_of("function 0 \"a\" file \"\" line 1 self " + most +
                     " total 0\nfunction 1 \"b\" file \"\" line 1 self 1 total 0\n");
        }).find("do not fit 64 bits") != std::string::npos);
  // negative ones are written as 0, so the sum of what is written may be larger than the profile's
  CHECK(message_of([&] {
          written(
              profile_of("function 0 \"a\" file \"\" line 1 self -5 total 0\nfunction 1 \"b\" file \"\" line 1 self " +
                         most + " total 0\nfunction 2 \"c\" file \"\" line 1 self 5 total 0\n"),
              "callgrind");
        }).find("do not fit 64 bits") != std::string::npos);
}

TEST_CASE("callgrind: a circle that nothing leads to is called by the root, with count and cost 0") {
  const Callgrind c = callgrind_of(
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 5 total 10\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 5 total 10\n"
      "call 0 1 line 0 calls 1 primitive 1 total 10\n"
      "call 1 0 line 0 calls 1 primitive 1 total 10\n");
  REQUIRE(c.call("(root)", "a") != nullptr);
  CHECK(c.call("(root)", "a")->count == 0);
  CHECK(c.call("(root)", "b") == nullptr);
}

TEST_CASE("callgrind: a circle behind a function that the root does not call is called by the root") {
  // `profile`'s root has no calls and no cost: KCachegrind would begin its search inside the circle.
  const Callgrind c = callgrind_of(
      "function 0 \"profiler\" file \"profile\" line 0 calls 0 primitive 0 self 0 total 0\n"
      "function 1 \"a\" file \"t.py\" line 1 calls 2 primitive 1 self 5 total 10\n"
      "function 2 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 5 total 10\n"
      "call 0 1 line 0 calls 1 primitive - total 10\n"
      "call 1 2 line 0 calls 1 primitive - total 10\n"
      "call 2 1 line 0 calls 1 primitive - total 0\n");
  const std::vector<bool> met = c.reachable(c.function("(root)"));
  CHECK(met[c.function("a")]);
}

TEST_CASE("callgrind: calls that carry nothing are left out, and close no circle") {
  const Callgrind c = callgrind_of(
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 5 total 15\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 3 primitive 3 self 10 total 10\n"
      "call 0 1 line 0 calls 2 primitive 2 total 6\n"
      "call 1 0 line 0 calls 0 primitive 0 total 0\n");
  CHECK(c.call("b", "a") == nullptr);
  CHECK(c.inclusive(c.function("a")) == 15);
  CHECK(c.inclusive(c.function("b")) == 10);
}

TEST_CASE("callgrind: the root does not call what ran inside of others, called by nobody knows whom") {
  const Callgrind c = callgrind_of(
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 5 total 25\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 0 primitive 0 self 2 total 10\n"
      "function 2 \"c\" file \"t.py\" line 3 calls 2 primitive 2 self 16 total 16\n"
      "call 0 2 line 0 calls 1 primitive 1 total 8\n"
      "call 1 2 line 0 calls 1 primitive 1 total 8\n");
  CHECK(c.call("(root)", "a") != nullptr);
  CHECK(c.call("(root)", "b") == nullptr);
  CHECK(c.inclusive(c.function("b")) == 10);
  CHECK(c.inclusive(c.function("c")) == 16);
}

TEST_CASE("callgrind: a warning says that the program took longer than all functions that were recorded") {
  const auto of_main = [](std::string_view self) {
    return notes_of("function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self " + std::string(self) +
                    " total 300\n");
  };
  CHECK(of_main("100").find(
            "viewers will show 300 % for (root): what it calls took longer than all functions together, as "
            "not all of them, or not all calls of them, are in the profile (other threads, a cut input, --ignore, "
            "code of one file, line and name)") != std::string::npos);
  CHECK(of_main("290").empty());
}

TEST_CASE("callgrind: the warning names functions that are called by others of their line and name alone") {
  const std::string notes = notes_of(
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 100\n"
      "function 1 \"<listcomp>\" file \"t.py\" line 2 calls 9 primitive 9 self 90 total 90\n"
      "call 1 1 line 0 calls 9 primitive 9 total 90\n");
  CHECK(notes.find("viewers will show 190 % for (root)") != std::string::npos);
  CHECK(notes.find("the callers of 1 function are lost: cProfile keeps one of several functions of one file, line and "
                   "name") != std::string::npos);
}

TEST_CASE("callgrind: calls that nobody counted or measured are still calls") {
  const Callgrind c = callgrind_of(
      "function 0 \"a\" file \"t.py\" line 1 self 5\nfunction 1 \"b\" file \"t.py\" line 2 self 10\n"
      "call 0 1 line 0\n");
  REQUIRE(c.call("a", "b") != nullptr);
  CHECK(c.call("a", "b")->count == 0);
}

TEST_CASE("callgrind: a call with a cost is counted once where nobody counted") {
  const Callgrind c = callgrind_of(
      "function 0 \"a\" file \"t.py\" line 1 self 5 total 15\nfunction 1 \"b\" file \"t.py\" line 2 self 10 total 10\n"
      "call 0 1 line 0 total 10\n");
  CHECK(c.call("a", "b")->count == 1);
  CHECK(c.call("(root)", "a")->count == 1);
  CHECK(c.inclusive(c.function("a")) == 15);
  CHECK(c.inclusive(c.function("b")) == 10);
}

TEST_CASE("callgrind: negative costs are written as 0, with a warning") {
  const std::string rows =
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self -3 total -3\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 4 total 4\n";
  const Callgrind c = callgrind_of(rows);
  CHECK(c.summary == Costs{4});
  CHECK(c.inclusive(c.function("a")) == 0);
  CHECK(notes_of(rows) == "warning: 2 costs are negative; callgrind has only positive ones, 0 is written\n");
}

TEST_CASE("callgrind: costs of calls that were only counted are estimated, with a note") {
  const std::string rows =
      "function 0 \"a\" file \"t.py\" line 1 calls 1 primitive 1 self 0 total 30\n"
      "function 1 \"b\" file \"t.py\" line 2 calls 1 primitive 1 self 0 total 70\n"
      "function 2 \"f\" file \"t.py\" line 5 calls 10 primitive 10 self 100 total 100\n"
      "call 0 2 line 0 calls 3 primitive -\ncall 1 2 line 0 calls 7 primitive -\n";
  const Callgrind c = callgrind_of(rows);
  CHECK(c.call("a", "f")->cost == Costs{30});
  CHECK(c.call("b", "f")->cost == Costs{70});
  CHECK(notes_of(rows) ==
        "note: the inclusive costs of 2 calls are estimated from call counts; the source has no times for calls\n");
}

TEST_CASE("callgrind: lines carry their costs, what no line accounts for stands on the first line") {
  const Callgrind c(written(read_text("profconv dump 1\nmetric time ns sum\nmetric samples count sum\n"
                                      "function 0 \"f\" file \"t.py\" line 0 self 30 3 total 30 3\nfunction 1 \"g\" "
                                      "file \"t.py\" line 7 self 5 0 total 5 0\n"
                                      "line 0 4 self 10 1\nline 0 6 self 20 2\n"),
                            "callgrind"));
  CHECK(c.events == std::vector<std::string>{"ns", "samples"});
  CHECK(c.summary == Costs{35, 3});
  CHECK(c.functions[c.function("f")].lines.at(4) == Costs{10, 1});
  CHECK(c.functions[c.function("f")].lines.at(6) == Costs{20, 2});
  CHECK(c.functions[c.function("g")].lines.at(7) == Costs{5, 0});
}

TEST_CASE("callgrind: gauges are not written") {
  const Callgrind c(written(read_text("profconv dump 1\nmetric time ns sum\nmetric mem_peak bytes max\nfunction 0 "
                                      "\"f\" file \"t.py\" line 1 self 3 900 total 3 900\n"),
                            "callgrind"));
  CHECK(c.events == std::vector<std::string>{"ns"});
}

TEST_CASE("callgrind: an empty profile makes a file that is well-formed") {
  const Callgrind c(written(profile_of(""), "callgrind"));
  CHECK(c.summary == Costs{0});
  CHECK(c.functions.empty());
}

TEST_CASE("callgrind: the title is what was profiled, else the first file") {
  const auto title = [](const std::string& sources) {
    for (const auto& [keyword, value] : Callgrind(written(profile_of(sources), "callgrind")).header) {
      if (keyword == "cmd") return value;
    }
    return std::string("none");
  };
  CHECK(title("") == "none");
  CHECK(title("source \"-\" format \"pstats\"\n") == "none");
  CHECK(title("source \"/srv/run.prof\" format \"pstats\"\n") == "run.prof");
  CHECK(title("source \"run\\x0aevents: x.prof\" format \"pstats\"\n") == "run\\nevents: x.prof");
  CHECK(title("source \"a.prof\" format \"pstats\" command \"t.py -x\"\n") == "t.py -x");
  CHECK(title("source \"a.prof\" format \"pstats\"\nsource \"b.prof\" format \"pstats\"\n") == "a.prof and 1 more");
}

// ---- names ----

namespace {

struct Named {
  std::string name, file;
  std::uint32_t line = 1;
};

// The names under which functions are written, in the order in which they are given.
std::vector<std::string> names_of(const std::vector<Named>& functions) {
  ProfileBuilder builder(std::vector<MetricKey>{time_metric});
  for (const Named& f : functions) builder.function({.name = f.name, .file = f.file, .line = f.line});
  const Profile p = std::move(builder).finish();
  CallgrindNames names(p);
  names.make_unique();
  std::vector<std::string> texts(functions.size());
  for (std::size_t i = 0; i < functions.size(); ++i) {
    std::string made;
    texts[i] = names.name(FunctionId{static_cast<std::uint32_t>(i)}, made);
  }
  CHECK(Callgrind(written(p, "callgrind")).distinct());
  return texts;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("callgrind names: as little as makes a name unique under KCachegrind's key") {
  CHECK(names_of({{"f", "a.py"}, {"g", "a.py"}}) == Names{"f", "g"});
  CHECK(names_of({{"f", "a.py"}, {"f", "b.py"}}) == Names{"f", "f"});
  CHECK(names_of({{"f", "a.py", 1}, {"f", "a.py", 9}}) == Names{"f:1", "f:9"});
  // equal base names of file and package: directories do not count
  CHECK(names_of({{"f", "/x/a.py", 1}, {"f", "/y/a.py", 9}}) == Names{"f:1", "f:9"});
  CHECK(names_of({{"f", "/x/a.py", 1}, {"f", "/y/a.py", 1}}) == Names{"f:1 [/x/a.py]", "f:1 [/y/a.py]"});
  // other packages: nothing to do
  CHECK(names_of({{"f", "/lib/python3.11/json/a.py"}, {"f", "/lib/python3.11/xml/a.py"}}) == Names{"f", "f"});
}

TEST_CASE("callgrind names: what looks alike is numbered") {
  CHECK(names_of({{"f\n", "a.py"}, {"f\\n", "a.py"}}) == Names{"f\\n:1 [a.py] #1", "f\\n:1 [a.py] #2"});
}

TEST_CASE("callgrind names: a name that another one would get is no trap") {
  CHECK(names_of({{"f", "a.py", 1}, {"f", "a.py", 9}, {"f:1", "a.py", 3}}) ==
        Names{"f:1 [a.py]", "f:9", "f:1:3 [a.py]"});
  names_of({{"f\n", "a.py"},
            {"f\\n", "a.py"},
            {"f\\n:1 [a.py] #1", "a.py"},
            {"f\\n:1 [a.py] #2", "a.py"},
            {"f\\n:1 [a.py] #1:1 [a.py] #1", "a.py"}});
}

TEST_CASE("callgrind names: names that foresee the numbers take no more time") {
  // Every number up to a large one; and those that a search in rounds over all functions would try.
  for (const std::size_t step : {std::size_t{1}, std::size_t{50'000}}) {
    std::vector<Named> functions{{"f\n", "a"}, {"f\\n", "a"}};
    for (std::size_t i = 0; i + 2 < 50'000; ++i)
      functions.push_back({"f\\n:1 [a] #" + std::to_string(i * step + 1), "a"});
    const Names names = names_of(functions);
    CHECK(names[0] == "f\\n:1 [a] #" + std::to_string(step == 1 ? 49'999 : 2));
    CHECK(names[1] == "f\\n:1 [a] #" + std::to_string(step == 1 ? 50'000 : 3));
    CHECK(names[2] == "f\\n:1 [a] #1");
  }
}

TEST_CASE("callgrind names: nothing in a name changes the file's meaning") {
  CHECK(names_of({{"(3) x", "a.py"}}) == Names{"(3) x"});  // every name is compressed: the rest is free text
  CHECK(names_of({{"", "a.py"}}) == Names{"<unnamed>"});
  CHECK(names_of({{"???", "a.py"}}) == Names{"<\?\?\?>"});
  CHECK(names_of({{"a\nfn=(9) b\r\t\x7f", "a.py"}}) == Names{"a\\nfn=(9) b\\r\\t\\x7f"});
  CHECK(names_of({{std::string("a\0c", 3), "a.py"}}) == Names{"a\\x00c"});
  CHECK(names_of({{"\xff\xfe", "a.py"}}) == Names{"\\xff\\xfe"});
  CHECK(names_of({{"größe", "größe.py"}}) == Names{"größe"});
}

TEST_CASE("callgrind names: a blank at the beginning is visible") {
  CHECK(names_of({{" ", " "}, {"  f", " a.py"}}) == Names{"\\x20", "\\x20 f"});
}

TEST_CASE("callgrind names: what has no file is no C function, its file and object are unknown") {
  const std::string dump =
      "function 0 \"<len>\" file \"~\" line 0 calls 1 primitive 1 self 1 total 1\n"
      "function 1 \"__main__.main\" file \"\" line 0 calls 1 primitive 1 self 1 total 1\n"
      "function 2 \"work\" file \"\" line 3 calls 1 primitive 1 self 1 total 1\n";
  const Callgrind c = callgrind_of(dump);
  CHECK(c.functions[c.function("<len>")].file == "~");
  CHECK(c.functions[c.function("<len>")].object == "built-in");
  for (const char* const name : {"__main__.main", "work"}) {
    CHECK(c.functions[c.function(name)].file == "?\?\?");
    CHECK(c.functions[c.function(name)].object == "?\?\?");
  }
  WriteOptions options;
  options.callgrind.names = CallgrindOptions::Names::full;
  const Callgrind full(written(read_text("profconv dump 1\nmetric time ns sum\n" + dump), "callgrind", options));
  for (const char* const name : {"len", "__main__.main", "work"})
    CHECK(full.functions[full.function(name)].name == name);
}

TEST_CASE("callgrind names: what Python and its profilers put in brackets stays as it is") {
  WriteOptions options;
  options.callgrind.names = CallgrindOptions::Names::qualified;
  const Callgrind c(written(read_text("profconv dump 1\nmetric samples count sum\n"
                                      "function 0 \"<GC>\" file \"~\" line 0 self 1 total 1\n"
                                      "function 1 \"<native>\" file \"~\" line 0 self 1 total 1\n"
                                      "function 2 \"<module>\" file \"\" line 0 self 1 total 1\n"
                                      "function 3 \"<lambda>\" file \"\" line 0 self 1 total 1\n"
                                      "function 4 \"lambda\" file \"\" line 0 self 1 total 1\n"
                                      "function 5 \"<len>\" file \"~\" line 0 self 1 total 1\n"),
                            "callgrind", options));
  for (const char* const name : {"<GC>", "<native>", "<module>", "<lambda>", "lambda", "len"})
    CHECK(c.functions[c.function(name)].name == name);
}

TEST_CASE("callgrind names: a file called ??? is no unknown file") {
  const Callgrind c = callgrind_of("function 0 \"f\" file \"?\?\?\" line 1 calls 1 primitive 1 self 1 total 1\n");
  CHECK(c.functions[c.function("f")].file == "<\?\?\?>");
}

TEST_CASE("callgrind names: files keep their path, Windows or not") {
  const Callgrind c = callgrind_of(
      "function 0 \"f\" file \"C:\\\\w\\\\t.py\" line 1 calls 1 primitive 1 self 1 total 1\n"
      "function 1 \"f\" file \"/w/t.py\" line 1 calls 1 primitive 1 self 1 total 1\n");
  CHECK(c.functions[1].file == "/w/t.py");
  CHECK(c.functions[2].file == "C:\\w\\t.py");
}

TEST_CASE("callgrind names: the order of the output is file, line, name") {
  const Callgrind c = callgrind_of(
      "function 0 \"z\" file \"b.py\" line 1 calls 0 primitive 0 self 1 total 1\n"
      "function 1 \"y\" file \"a.py\" line 10 calls 0 primitive 0 self 1 total 1\n"
      "function 2 \"x\" file \"a.py\" line 9 calls 0 primitive 0 self 1 total 1\n"
      "function 3 \"w\" file \"a.py\" line 9 calls 0 primitive 0 self 1 total 1\n");
  std::vector<std::string> order;
  const std::string text =
      written(profile_of("function 0 \"z\" file \"b.py\" line 1 calls 0 primitive 0 self 1 total 1\n"
                         "function 1 \"y\" file \"a.py\" line 10 calls 0 primitive 0 self 1 total 1\n"
                         "function 2 \"x\" file \"a.py\" line 9 calls 0 primitive 0 self 1 total 1\n"
                         "function 3 \"w\" file \"a.py\" line 9 calls 0 primitive 0 self 1 total 1\n"),
              "callgrind");
  CHECK(c.functions.size() == 5);
  std::size_t at = text.find("\nob=(1)\n");
  for (const char* id : {"w", "x", "y", "z"}) {
    const std::size_t defined = text.find(std::string(") ") + id + "\n");
    const std::size_t open = text.rfind('(', defined);
    const std::size_t used = text.find("\nfn=" + text.substr(open, defined - open + 1), at);
    CHECK(used != std::string::npos);
    at = used;
  }
}

TEST_CASE("callgrind: mentions are whole, whatever their numbers are") {
  const std::vector<std::uint32_t> numbers{1, 23, 9'999, 10'000, 99'999, 100'000, 999'999, 1'000'000, 9'999'999};
  std::size_t fitting = 0;
  for (const std::uint32_t object : numbers) {
    for (const std::uint32_t file : numbers) {
      for (const std::uint32_t function : numbers) {
        const CallgrindMention mention(7, 8, object, file, function, 9'999'999);
        CHECK(mention.file_slot() == 7);
        CHECK(mention.object_slot() == 8);
        if (!mention.fits()) continue;
        ++fitting;
        const std::string o = "ob=(" + std::to_string(object) + ")\n", l = "fl=(" + std::to_string(file) + ")\n",
                          n = "fn=(" + std::to_string(function) + ")\n";
        CHECK(mention.text(7, 8) == "c" + n + "calls=");
        CHECK(mention.text(6, 8) == "c" + l + "c" + n + "calls=");
        CHECK(mention.text(6, 9) == "c" + o + "c" + l + "c" + n + "calls=");
        std::array<char, 64> own{};
        const auto appended = [&](std::uint32_t file_slot, std::uint32_t object_slot) {
          return std::string(own.data(), mention.append_function(file_slot, object_slot, own.data()));
        };
        CHECK(appended(7, 8) == n);
        CHECK(appended(6, 8) == l + n);
        CHECK(appended(6, 9) == o + l + n);
        CHECK(std::string(own.data(), mention.append_first_line(own.data())) == "9999999\n");
      }
    }
  }
  CHECK(fitting > 300);
}

TEST_CASE("callgrind: a profile without any cost is refused, as no reader takes a file without events") {
  const Profile p = read_text(
      "profconv dump 1\nmetric mem_peak bytes max\n"
      "function 0 \"f\" file \"a.py\" line 1 self 5 total 5\n");
  std::string text;
  Output output = Output::string(text);
  Diagnostics diagnostics;
  CHECK_THROWS_WITH_AS(write(p, "callgrind", {}, output, diagnostics),
                       "nothing in the profile can be written as callgrind: it has no time, counts or growth of memory "
                       "(hint: a peak of memory is no cost)",
                       Error);
}
