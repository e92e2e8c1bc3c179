// Fusion: calls between functions of which only lines were profiled.

#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "support/fused.hpp"
#include "support/temporary_folder.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE("fuse: calls between line profiles are found in the source, and can be left out") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "def main():\n"
                                        "    for i in range(3):\n"
                                        "        work(i)\n"
                                        "def work(i):\n"
                                        "    # main(i) \"main()\"\n"
                                        "    return 'main()' * i\n");
  const std::string rows = "function 0 \"main\" file \"" + file +
                           "\" line 1 self 100 7 total 100 7\n"
                           "function 1 \"work\" file \"" +
                           file +
                           "\" line 4 self 60 3 total 60 3\n"
                           "line 0 2 self - 4 total 10 -\nline 0 3 self - 3 total 90 -\nline 1 6 self - 3 total 60 -\n";
  const SourceFiles sources;
  const Fused f = fused(list(lines_of(rows)), &sources);
  CHECK(f.profile.calls.size() == 1);
  CHECK(missing(f.profile, "call 0 1 line 3 calls 3 primitive - total 60 3") == "");
  CHECK(missing(f.profile, "line 0 3 self 30 3 total 90 -") == "");
  CHECK(f.profile.self.at(0, 0) == 40);
  CHECK(f.profile.total.at(0, 0) == 100);
  CHECK(f.report.recovered_calls == 1);
  CHECK(fused(list(lines_of(rows)), &sources, false).profile.calls.empty());
  CHECK(fused(list(lines_of(rows))).profile.calls.empty());
}

TEST_CASE("fuse: a function is called as often as its first statement runs") {
  TemporaryFolder folder;
  for (const auto& [body, hits] :
       {std::pair("d = list(\n    1\n  )", "line 1 5 self - 100 total 50 -\nline 1 6 self - 50 total 50 -\n"),
        std::pair("with l:\n    n()", "line 1 5 self - 100 total 50 -\nline 1 6 self - 50 total 50 -\n"),
        std::pair("d = 1", "line 1 5 self - 50 total 50 -\nline 1 6 self - 100 total 50 -\n")}) {
    const std::string file =
        folder.write("t.py", "def f():\n  for i in x:\n    g()\ndef g():\n  " + std::string(body) + "\n");
    const SourceFiles sources;
    const Profile p = fused(list(lines_of("function 0 \"f\" file \"" + file +
                                          "\" line 1 self 150 101 total 150 101\n"
                                          "function 1 \"g\" file \"" +
                                          file +
                                          "\" line 4 self 100 150 total 100 150\n"
                                          "line 0 2 self - 51 total 10 -\nline 0 3 self - 50 total 140 -\n" +
                                          hits)),
                            &sources)
                          .profile;
    CHECK(p.counts[1].calls == 50);
    REQUIRE(p.calls.size() == 1);
    CHECK(p.call_counts[0].calls == 50);
    CHECK(p.call_total.at(0, 0) == 100);
  }
}

TEST_CASE("fuse: decorators and a with of several lines are hit twice in one call") {
  TemporaryFolder folder;
  for (const std::string body : {"@w(x)\n  def h(): pass\n  return h\n", "with l(x), \\\n       m(x):\n    n()\n"}) {
    const std::string file = folder.write("t.py", "def f():\n  for i in x:\n    g()\ndef g():\n  " + body);
    const SourceFiles sources;
    const Profile p = fused(list(lines_of("function 0 \"f\" file \"" + file +
                                          "\" line 1 self 150 101 total 150 101\n"
                                          "function 1 \"g\" file \"" +
                                          file +
                                          "\" line 4 self 100 250 total 100 250\n"
                                          "line 0 2 self - 51 total 10 -\nline 0 3 self - 50 total 140 -\n"
                                          "line 1 5 self - 100 total 50 -\nline 1 6 self - 100 total 25 -\n"
                                          "line 1 7 self - 50 total 25 -\n")),
                            &sources)
                          .profile;
    CHECK(p.counts[1].calls == 50);
    REQUIRE(p.calls.size() == 1);
    CHECK(p.call_counts[0].calls == 50);
  }
}

TEST_CASE("fuse: a line that took less time than the function it names did not call it") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py", "def main():\n    work()\ndef work():\n    return 1\n");
  const SourceFiles sources;
  const Fused f = fused(list(lines_of("function 0 \"main\" file \"" + file +
                                      "\" line 1 self 10 1 total 10 1\n"
                                      "function 1 \"work\" file \"" +
                                      file +
                                      "\" line 3 self 60 1 total 60 1\n"
                                      "line 0 2 self - 1 total 10 -\nline 1 4 self - 1 total 60 -\n")),
                        &sources);
  CHECK(f.profile.calls.empty());
}

TEST_CASE("fuse: recovered calls are resolved, not compared as text") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "class Table:\n"
                                        "    def __init__(self): pass\n"
                                        "    def row(self): pass\n"
                                        "class Other:\n"
                                        "    def row(self): pass\n"
                                        "def main(row):\n"
                                        "    '''row(\n"
                                        "    row('''\n"
                                        "    t = Table()  # row()\n"
                                        "    a = t.row(t.row(\n"
                                        "        'row()'), f'{Other().row()}')\n"
                                        "    return [t[i] for i in a]\n"
                                        "def __getitem__(i): pass\n");
  const auto function = [&](const char* id, const char* name, int line, int calls) {
    return std::string("function ") + id + " \"" + name + "\" file \"" + file + "\" line " + std::to_string(line) +
           " self 1 " + std::to_string(calls) + " total 1 " + std::to_string(calls) + "\n" + "line " + id + " " +
           std::to_string(line) + " self - " + std::to_string(calls) + " total 1 -\n";
  };
  const SourceFiles sources;
  const Fused f =
      fused(list(lines_of("function 0 \"main\" file \"" + file + "\" line 6 self 100 4 total 100 4\n" +
                          "line 0 9 self - 1 total 20 -\nline 0 10 self - 1 total 20 -\nline 0 11 self - 1 total 20 -\n"
                          "line 0 12 self - 1 total 20 -\n" +
                          function("1", "__init__", 2, 1) + function("2", "row", 3, 2) + function("3", "row", 5, 1))),
            &sources);
  CHECK(missing(f.profile, "call 0 1 line 9 calls 1 primitive - total 1 1") == "");
  CHECK(missing(f.profile, "call 0 2 line 10 calls 2 primitive - total 1 2") == "");
  CHECK(missing(f.profile, "call 0 3 line 11 calls 1 primitive - total 1 1") == "");
  CHECK(f.profile.calls.size() == 3);
}

TEST_CASE("fuse: of a name that the source does not resolve the count decides") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "class A:\n    def run(self):\n        pass\n"
                                        "class B:\n    def run(self):\n        pass\n"
                                        "def main(x, y):\n    for i in x:\n        i.run()\n    y.run()\n");
  const std::string lines =
      "function 0 \"run\" file \"" + file + "\" line 2 self 1 5 total 1 5\nline 0 3 self - 5 total 1 -\n" +
      "function 1 \"run\" file \"" + file + "\" line 5 self 1 1 total 1 1\nline 1 6 self - 1 total 1 -\n" +
      "function 2 \"main\" file \"" + file + "\" line 7 self 100 12 total 100 12\nline 2 8 self - 6 total 10 -\n" +
      "line 2 9 self - 5 total 50 -\nline 2 10 self - 1 total 40 -\n";
  const SourceFiles sources;
  const Fused f = fused(list(lines_of(lines)), &sources);
  CHECK(missing(f.profile, "call 2 0 line 9 calls 5 primitive - total 1 5 estimated") == "");
  CHECK(missing(f.profile, "call 2 1 line 10 calls 1 primitive - total 1 1 estimated") == "");
}

TEST_CASE("fuse: of a name that several classes have, a line calls them all where none fits alone") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "class A:\n    def run(self):\n        pass\n"
                                        "class B:\n    def run(self):\n        pass\n"
                                        "class Base:\n    def run(self):\n        raise NotImplementedError\n"
                                        "def main(x):\n    for i in x:\n        i.run()\n");
  const auto calls_of = [&](int hits) {
    const std::string lines =
        "function 0 \"run\" file \"" + file + "\" line 2 self 60 30 total 60 30\nline 0 3 self - 30 total 60 -\n" +
        "function 1 \"run\" file \"" + file + "\" line 5 self 20 10 total 20 10\nline 1 6 self - 10 total 20 -\n" +
        "function 2 \"run\" file \"" + file + "\" line 8 self 0 0 total 0 0\n" + "function 3 \"main\" file \"" + file +
        "\" line 10 self 100 " + std::to_string(41 + hits) + " total 100 " + std::to_string(41 + hits) +
        "\nline 3 11 self - 41 total 10 -\nline 3 12 self - " + std::to_string(hits) + " total 90 -\n";
    const SourceFiles sources;
    return fused(list(lines_of(lines)), &sources).profile;
  };
  const Profile p = calls_of(40);
  CHECK(missing(p, "call 3 0 line 12 calls 30 primitive - total 60 30 estimated") == "");
  CHECK(missing(p, "call 3 1 line 12 calls 10 primitive - total 20 10 estimated") == "");
  CHECK(p.calls.size() == 2);
  CHECK(p.self.at(3, 0) == 20);
  // Somebody else called them, too, and nobody knows which.
  CHECK(calls_of(39).calls.empty());
}

TEST_CASE("fuse: a method of a base may be that of a class derived from it") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "class Base:\n"
                                        "    def run(self):\n        pass\n"
                                        "    def all(self):\n        self.run()\n"
                                        "class A(Base):\n"
                                        "    def run(self):\n        super().run()\n"
                                        "class B(Base):\n"
                                        "    def run(self):\n        pass\n");
  const auto rows = [&](const char* runs) {
    return "function 0 \"run\" file \"" + file + "\" line 2 self 10 6 total 10 6\nline 0 3 self - 6 total 10 -\n" +
           "function 1 \"all\" file \"" + file +
           "\" line 4 self 100 12 total 100 12\nline 1 5 self - 12 total 100 -\n" + "function 2 \"run\" file \"" +
           file + "\" line 7 self 20 4 total 20 4\nline 2 8 self - 4 total 20 -\n" + "function 3 \"run\" file \"" +
           file + "\" line 10 self 30 " + runs + " total 30 " + runs + "\nline 3 11 self - " + runs + " total 30 -\n";
  };
  const SourceFiles sources;
  const Profile p = fused(list(lines_of(rows("6"))), &sources).profile;
  // Of six runs of the base's four are those of A's.
  CHECK(missing(p, "call 2 0 line 8 calls 4 primitive - total 7 - estimated") == "");
  CHECK(missing(p, "call 1 0 line 5 calls 2 primitive - total 3 - estimated") == "");
  CHECK(missing(p, "call 1 2 line 5 calls 4 primitive - total 20 4 estimated") == "");
  CHECK(missing(p, "call 1 3 line 5 calls 6 primitive - total 30 6 estimated") == "");
  // Where the numbers do not tell it is what the source says.
  const Profile other = fused(list(lines_of(rows("60"))), &sources).profile;
  CHECK(missing(other, "call 2 0 line 8 calls 2 primitive - total 4 - estimated") == "");
  CHECK(missing(other, "call 1 0 line 5 calls 4 primitive - total 6 - estimated") == "");
  CHECK(other.calls.size() == 2);
}

TEST_CASE("fuse: lines that call whenever they are hit come first where methods of several classes are meant") {
  TemporaryFolder folder;
  const std::string file =
      folder.write("t.py",
                   "class A:\n    def step(self):\n        pass\n"
                   "class B:\n    def step(self):\n        pass\n"
                   "def main(xs):\n    for x in xs:\n        if x.name > 2: x.step()\n        x.step()\n");
  const std::string rows =
      "function 0 \"step\" file \"" + file + "\" line 2 self 80 80 total 80 80\nline 0 3 self - 80 total 80 -\n" +
      "function 1 \"step\" file \"" + file + "\" line 5 self 20 20 total 20 20\nline 1 6 self - 20 total 20 -\n" +
      "function 2 \"main\" file \"" + file +
      "\" line 7 self 140 301 total 140 301\nline 2 8 self - 101 total 10 -\nline 2 9 self - 100 total 10 -\n"
      "line 2 10 self - 100 total 120 -\n";
  const SourceFiles sources;
  const Profile p = fused(list(lines_of(rows)), &sources).profile;
  CHECK(missing(p, "call 2 0 line 10 calls 80 primitive - total 80 80 estimated") == "");
  CHECK(missing(p, "call 2 1 line 10 calls 20 primitive - total 20 20 estimated") == "");
  CHECK(p.calls.size() == 2);
}

TEST_CASE("fuse: a plain attribute of another class has no time for a property") {
  TemporaryFolder folder;
  const std::string file =
      folder.write("t.py",
                   "class Image:\n    @property\n    def size(self):\n        return 1\n"
                   "class Sub(Image):\n    @property\n    def size(self):\n        return super().size\n"
                   "def boxes(bs):\n    return [b.size for b in bs]\n"
                   "def images(xs):\n    return [x.size for x in xs]\n");
  const auto rows = [&](const char* sub) {
    return "function 0 \"size\" file \"" + file +
           "\" line 2 self 1000 10 total 1000 10\nline 0 4 self - 10 total 1000 -\n" + "function 1 \"boxes\" file \"" +
           file + "\" line 9 self 30 1 total 30 1\nline 1 10 self - 1 total 30 -\n" + "function 2 \"images\" file \"" +
           file + "\" line 11 self 1100 1 total 1100 1\nline 2 12 self - 1 total 1100 -\n" + sub;
  };
  const SourceFiles sources;
  const Profile p = fused(list(lines_of(rows(""))), &sources).profile;
  CHECK(missing(p, "call 2 0 line 12 calls 10 primitive - total 1000 10 estimated") == "");
  CHECK(p.calls.size() == 1);
  // super().size is that of the base.
  const std::string of_sub =
      "function 3 \"size\" file \"" + file + "\" line 6 self 1050 10 total 1050 10\nline 3 8 self - 10 total 1050 -\n";
  const Profile q = fused(list(lines_of(rows(of_sub.c_str()))), &sources).profile;
  for (std::size_t i = 0; i < q.calls.size(); ++i)
    CHECK((q.calls[i].caller != FunctionId{3} || q.calls[i].callee == FunctionId{0}));
}

TEST_CASE("fuse: a function that is given to one which calls it has the calls that no other line made") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "def work(n):\n    return n\n"
                                        "def main(x):\n    a = work(1)\n    b = list(map(work, x))\n"
                                        "    apply(work)\n    return sorted(x, key=lambda i: i)\n"
                                        "def apply(f):\n    f()\n");
  const std::string rows = "function 0 \"work\" file \"" + file +
                           "\" line 1 self 60 6 total 60 6\nfunction 1 \"main\" file \"" + file +
                           "\" line 3 self 100 4 total 100 4\nline 0 2 self - 6 total 60 -\n"
                           "line 1 4 self - 1 total 12 -\nline 1 5 self - 1 total 55 -\n"
                           "line 1 6 self - 1 total 30 -\nline 1 7 self - 1 total 3 -\n";
  const SourceFiles sources;
  const Profile p = fused(list(lines_of(rows)), &sources).profile;
  CHECK(missing(p, "call 1 0 line 4 calls 1 primitive - total 10 - estimated") == "");
  CHECK(missing(p, "call 1 0 line 5 calls 5 primitive - total 50 - estimated") == "");
  CHECK(p.calls.size() == 2);
}

TEST_CASE("fuse: properties are called where an attribute is read or stored") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "class Cell:\n"
                                        "    @property\n    def v(self):\n        return 1\n"
                                        "    @v.setter\n    def v(self, x):\n        pass\n"
                                        "    @cached_property\n    def once(self):\n        return 1\n"
                                        "class Round(Cell):\n"
                                        "    @property\n    def v(self):\n        return 2\n"
                                        "class Other:\n"
                                        "    v = once = 1\n"
                                        "def main(items):\n"
                                        "    c = Cell()\n"
                                        "    c.v = c.v\n"
                                        "    r = Round().v\n"
                                        "    for i in range(9):\n        c.once\n"
                                        "    return Other().v + Other().once\n"
                                        "def any_of(items):\n    return [i.v for i in items]\n");
  const auto function = [&](const char* id, const char* name, int line, int body, const char* costs) {
    return std::string("function ") + id + " \"" + name + "\" file \"" + file + "\" line " + std::to_string(line) +
           " self " + costs + " total " + costs + "\nline " + id + " " + std::to_string(body) + " self - " +
           std::string(costs).substr(std::string(costs).find(' ') + 1) + " total 5 -\n";
  };
  const auto profile = [&](const char* reads) {
    const std::string rows =
        function("0", "v", 2, 4, reads) + function("1", "v", 5, 7, "10 1") + function("2", "once", 8, 10, "20 1") +
        function("3", "v", 12, 14, "30 1") + "function 4 \"main\" file \"" + file +
        "\" line 17 self 187 23 total 187 23\nfunction 5 \"any_of\" file \"" + file +
        "\" line 24 self 100 1 total 100 1\n"
        "line 4 18 self - 1 total 1 -\nline 4 19 self - 1 total 50 -\nline 4 20 self - 1 total 40 -\n"
        "line 4 21 self - 10 total 5 -\nline 4 22 self - 9 total 90 -\nline 4 23 self - 1 total 1 -\n"
        "line 5 25 self - 1 total 100 -\n";
    const SourceFiles sources;
    return fused(list(lines_of(rows)), &sources).profile;
  };
  const Profile p = profile("7 1");
  CHECK(missing(p, "call 4 0 line 19 calls 1 primitive - total 7 1 estimated") == "");
  CHECK(missing(p, "call 4 1 line 19 calls 1 primitive - total 10 1") == "");
  CHECK(missing(p, "call 4 2 line 22 calls 1 primitive - total 20 1") == "");
  CHECK(missing(p, "call 4 3 line 20 calls 1 primitive - total 30 1") == "");
  CHECK(p.calls.size() == 4);
  // What no object of known class accounts for was read of others.
  const Profile more = profile("35 5");
  CHECK(missing(more, "call 4 0 line 19 calls 1 primitive - total 7 - estimated") == "");
  CHECK(missing(more, "call 5 0 line 25 calls 4 primitive - total 28 - estimated") == "");
}

TEST_CASE("fuse: calls are not recovered from a source that does not fit") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py", "\n\ndef other():\n    work()\ndef work(): pass\n");
  const SourceFiles sources;
  const Fused f = fused(list(lines_of("function 0 \"main\" file \"" + file +
                                      "\" line 3 self 10 1 total 10 1\nline 0 4 self - 1 total 10 -\n"
                                      "function 1 \"work\" file \"" +
                                      file + "\" line 5 self 1 1 total 1 1\nline 1 5 self - 1 total 1 -\n")),
                        &sources);
  CHECK(f.profile.calls.empty());
}

TEST_CASE("fuse: what a callee cost on a line is no more than that line's, and on the others the rest") {
  // Six calls, one by one 100 to 300 large; the last line is a comprehension, with more hits than calls.
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "def load(n):\n    return bytes(n)\n"
                                        "def main():\n    a = load(100)\n    b = load(300)\n"
                                        "    c = [load(50) for _ in range(4)]\n");
  const std::string rows = "function 0 \"load\" file \"" + file +
                           "\" line 1 self 6 600 total 6 600\nfunction 1 \"main\" file \"" + file +
                           "\" line 3 self 9 600 total 9 600\n"
                           "line 0 2 self 6 - total - 600\nline 1 4 self 1 - total - 100\n"
                           "line 1 5 self 1 - total - 300\nline 1 6 self 7 - total - 200\n";
  const SourceFiles sources;
  const Fused f = fused(list(memory_of(rows)), &sources);
  CHECK(missing(f.profile, "call 1 0 line 4 calls 1 primitive - total - 100 estimated") == "");
  CHECK(f.profile.call_total.at(1, 1) == 300);
  CHECK(f.profile.call_total.at(2, 1) == 200);
  CHECK(f.profile.call_counts[2].calls == 4);
  CHECK(f.profile.self.at(1, 1) == 0);
}

TEST_CASE("fuse: a comprehension on a line that was hit once makes the calls that no other line made") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "def work(n):\n    return n\n"
                                        "def main(x):\n    a = x and work(1)\n    b = work(1)\n"
                                        "    for c in work(2):\n        pass\n"
                                        "    return sum(work(i) for i in x)\n");
  const std::string rows = "function 0 \"work\" file \"" + file +
                           "\" line 1 self 100 10 total 100 10\nfunction 1 \"main\" file \"" + file +
                           "\" line 3 self 100 7 total 100 7\n"
                           "line 0 2 self - 10 total 100 -\nline 1 4 self - 1 total 0 -\n"
                           "line 1 5 self - 1 total 10 -\nline 1 6 self - 4 total 20 -\nline 1 8 self - 1 total 70 -\n";
  const SourceFiles sources;
  const Profile p = fused(list(lines_of(rows)), &sources).profile;
  std::int64_t calls = 0, time = 0;
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    calls += p.call_counts[i].calls;
    time += p.call_total.at(i, 0);
    if (p.calls[i].line == 5) CHECK(p.call_counts[i].calls == 1);
    if (p.calls[i].line == 6) CHECK(p.call_counts[i].calls <= 4);
    if (p.calls[i].line == 8) CHECK(p.call_counts[i].calls >= 3);
  }
  CHECK(calls == 10);
  CHECK(time == 100);
}

TEST_CASE("fuse: calls that were found in the source are marked as estimated where they are shares") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py",
                                        "def work(n):\n    return n\n"
                                        "def once(n):\n    return work(n)\n"
                                        "def main(x):\n    a = once(1)\n    b = [work(i) for i in x]\n"
                                        "def alone(n):\n    return n * alone(n - 1) if n else alone\n"
                                        "def start():\n    alone(5)\n");
  const auto function = [&](const char* id, const char* name, int line, const char* costs) {
    return std::string("function ") + id + " \"" + name + "\" file \"" + file + "\" line " + std::to_string(line) +
           " self " + costs + " total " + costs + "\n";
  };
  const std::string rows = function("0", "work", 1, "100 10") + function("1", "once", 3, "60 1") +
                           function("2", "main", 5, "200 2") + function("3", "alone", 8, "70 6") +
                           function("4", "start", 10, "80 1") +
                           "line 0 2 self - 10 total 100 -\nline 1 4 self - 1 total 60 -\n"
                           "line 2 6 self - 1 total 70 -\nline 2 7 self - 1 total 130 -\n"
                           "line 3 9 self - 6 total 70 -\nline 4 11 self - 1 total 80 -\n";
  const SourceFiles sources;
  const Profile p = fused(list(lines_of(rows)), &sources).profile;
  // How often once() called work() is known, but not what that cost; main() may have made the others, and no more.
  CHECK(missing(p, "call 1 0 line 4 calls 1 primitive - total 10 - estimated") == "");
  CHECK(missing(p, "call 2 0 line 7 calls 9 primitive - total 90 - estimated") == "");
  // All calls of once() are main()'s.
  CHECK(missing(p, "call 2 1 line 6 calls 1 primitive - total 60 1") == "");
}

TEST_CASE(
    "fuse: what no profiler measured of a function is unknown, and a peak is at least that of what it alone calls") {
  const Profile calls = read_text(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"exec\" file \"~\" line 0 calls 1 primitive 1 self 10 total 100\n"
      "function 1 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 30 total 90\n"
      "function 2 \"low\" file \"t.py\" line 5 calls 1 primitive 1 self 20 total 40\n"
      "function 3 \"both\" file \"t.py\" line 9 calls 4 primitive 4 self 40 total 40\n"
      "call 0 1 line 0 calls 1 primitive 1 self 30 total 90\n"
      "call 1 2 line 0 calls 1 primitive 1 self 20 total 40\n"
      "call 1 3 line 0 calls 2 primitive 2 self 20 total 20\n"
      "call 2 3 line 0 calls 2 primitive 2 self 20 total 20\n");
  const Profile memory = read_text(
      "profconv dump 1\nmetric hits count sum\nmetric mem_grow bytes sum\nmetric mem_peak bytes max\n"
      "function 0 \"main\" file \"t.py\" line 1 self 1 0 500 total 1 0 500\n"
      "function 1 \"both\" file \"t.py\" line 9 self 4 0 900 total 4 0 900\n"
      "line 0 2 self 1 - 500 total - 0 -\nline 1 10 self 4 - 900 total - 0 -\n");
  const Profile p = fused(list(calls, memory)).profile;
  const std::size_t peak = *p.metric("mem_peak");
  CHECK(p.total.at(0, peak) == 500);
  CHECK(p.self.at(0, peak) == 0);
  CHECK(p.total.at(1, peak) == 500);  // both() may have had its peak when low() called it
  CHECK(p.total.at(2, peak) == 0);

  const std::string json = written(p, "json");
  const std::size_t exec = json.find("\"name\": \"exec\"");
  const std::string row = json.substr(exec, json.find('\n', exec) - exec);
  CAPTURE(row);
  CHECK(row.find("\"self\": {\"time\": 10, \"mem_grow\": 0}") != std::string::npos);
  CHECK(row.find("\"mem_peak\": 500") != std::string::npos);
  CHECK(row.find("\"hits\"") == std::string::npos);
}
