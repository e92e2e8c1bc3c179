#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/transforms.hpp>

#include "support/temporary_folder.hpp"

using namespace profconv;

namespace {

/// A program of one file, and a profile of it that is made by name and line.
class Program {
 public:
  explicit Program(std::string_view text) : file_(folder_.write("p.py", text)) {}

  FunctionId function(std::string_view name, std::uint32_t line, std::int64_t calls = 1) {
    const bool c = line == 0;
    const FunctionId f = builder_.function({.name = name, .file = c ? "~" : std::string_view(file_), .line = line});
    builder_.mark_entry(f);
    builder_.add_counts(f, {calls, calls});
    builder_.add_self(f, cost(1));
    builder_.add_total(f, cost(1000));
    return f;
  }
  void call(FunctionId caller, FunctionId callee, std::int64_t calls, std::int64_t total) {
    builder_.add_call({caller, callee, 0}, {calls, calls}, cost(1), cost(total));
  }
  void finish() { profile_ = apply_sources(std::move(builder_).finish(), SourceFiles(), {}, report_, diagnostics_); }

  /// "LINE*CALLS=COST" of the calls of a callee, in the order of the lines.
  std::string lines_of(std::string_view callee) const {
    std::string text;
    for (std::size_t i = 0; i < profile_.calls.size(); ++i) {
      if (profile_.text(profile_.function(profile_.calls[i].callee).name) != callee) continue;
      text += (text.empty() ? "" : " ") + std::to_string(profile_.calls[i].line) + "*" +
              std::to_string(profile_.call_counts[i].calls) + "=" + std::to_string(profile_.call_total.at(i, 0));
    }
    return text;
  }
  std::string qualified(std::string_view name) const {
    for (const Function& f : profile_.functions) {
      if (profile_.text(f.name) == name) return std::string(profile_.text(f.qualified));
    }
    return "absent";
  }
  const SourceReport& report() const { return report_; }
  const Diagnostics& diagnostics() const { return diagnostics_; }

 private:
  static std::vector<std::int64_t> cost(std::int64_t value) { return {value}; }

  test::TemporaryFolder folder_;
  std::string file_;
  ProfileBuilder builder_{std::vector<MetricKey>{time_metric}};
  Profile profile_;
  SourceReport report_;
  Diagnostics diagnostics_;
};

}  // namespace

TEST_CASE("apply sources: a call stands on the line that makes it, and functions have qualified names") {
  Program p("class C:\n  def m(self):\n    x = 1\n    self.n()\n    len(x)\n  def n(self): pass\n");
  const FunctionId m = p.function("m", 2);
  p.call(m, p.function("n", 6), 1, 70);
  p.call(m, p.function("<built-in method builtins.len>", 0), 1, 5);
  p.finish();
  CHECK(p.lines_of("n") == "4*1=70");
  CHECK(p.lines_of("<built-in method builtins.len>") == "5*1=5");
  CHECK(p.qualified("m") == "C.m");
  CHECK(p.qualified("<built-in method builtins.len>").empty());
  CHECK(p.report().functions_found == 2);
}

TEST_CASE("apply sources: C(...) calls C.__init__, also of a class that inherits it") {
  Program p(
      "class A:\n  def __init__(self): pass\nclass B(A): pass\nclass X:\n  def __init__(self): pass\ndef f():\n  X()\n "
      " B()\n");
  const FunctionId f = p.function("f", 6);
  p.call(f, p.function("__init__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__init__") == "8*1=10");
}

TEST_CASE("apply sources: counts decide between branches") {
  // g is called 10 times in 100: in the branch that h, called 10 times, is in.
  Program p(
      "def f(x):\n  if x:\n    h()\n    g()\n  else:\n    k()\n    g()\ndef g(): pass\ndef h(): pass\ndef k(): pass\n");
  const FunctionId f = p.function("f", 1, 100);
  p.call(f, p.function("g", 8, 100), 100, 1000);
  p.call(f, p.function("h", 9, 10), 10, 10);
  p.call(f, p.function("k", 10, 90), 90, 90);
  p.finish();
  CHECK(p.lines_of("g") == "4*10=100 7*90=900");
}

TEST_CASE("apply sources: a branch whose calls were never made did not run") {
  Program p("def f(x):\n  if x:\n    h()\n    g()\n  else:\n    g()\ndef g(): pass\ndef h(): pass\n");
  const FunctionId f = p.function("f", 1, 100);
  p.call(f, p.function("g", 7, 100), 100, 1000);
  p.function("h", 8, 1);
  p.finish();
  CHECK(p.lines_of("g") == "4*1=5 6*99=995");
}

TEST_CASE("apply sources: one call is on one line, whatever the candidates") {
  Program p("def f(x):\n  if x:\n    return g(1)\n  elif x:\n    return g(2)\n  return g(3)\ndef g(x): pass\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("g", 7), 1, 33);
  p.finish();
  CHECK(std::ranges::count(p.lines_of("g"), '*') == 1);
}

TEST_CASE("apply sources: operators, with, iteration and properties call methods") {
  Program p(
      "class C:\n  def __add__(self, o): pass\n  def __enter__(self): pass\n  def __iter__(self): pass\n  @property\n  "
      "def p(self): "
      "pass\ndef f():\n  c = C()\n  c + c\n  with c:\n    pass\n  for x in c: pass\n  c.p\n");
  const FunctionId f = p.function("f", 7);
  for (const auto& [name, line] :
       std::vector<std::pair<const char*, std::uint32_t>>{{"__add__", 2}, {"__enter__", 3}, {"__iter__", 4}, {"p", 5}})
    p.call(f, p.function(name, line), 1, line);
  p.finish();
  CHECK(p.lines_of("__add__") == "9*1=2");
  CHECK(p.lines_of("__enter__") == "10*1=3");
  CHECK(p.lines_of("__iter__") == "12*1=4");
  CHECK(p.lines_of("p") == "13*1=5");
}

TEST_CASE("apply sources: a callee that nothing names is called where something unknown is called") {
  Program p("def f(table, x):\n  len(x)\n  handler = table[x]\n  handler(x)\ndef g(x): pass\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("g", 5), 1, 9);
  p.finish();
  CHECK(p.lines_of("g") == "4*1=9");
  CHECK(p.report().by_rule[static_cast<std::size_t>(SourceReport::Rule::elimination)].edges == 1);
}

TEST_CASE("apply sources: a function of C that nothing names is called where something unknown is called, too") {
  Program p("def f(x):\n  len(x)\n  for how in x:\n    how(1)\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("<method 'match' of 're.Pattern' objects>", 0), 3, 30);
  p.finish();
  CHECK(p.lines_of("<method 'match' of 're.Pattern' objects>") == "4*3=30");
}

TEST_CASE("apply sources: what follows a try that returns is hardly ever reached") {
  Program p("def f(x):\n  try:\n    return g(x)\n  except E:\n    pass\n  return g(0)\ndef g(x): pass\n");
  const FunctionId f = p.function("f", 1, 100);
  p.call(f, p.function("g", 7, 100), 100, 1000);
  p.finish();
  CHECK(p.lines_of("g") == "3*99=999 6*1=1");
}

TEST_CASE("apply sources: a loop over a generator that never ran, did not run") {
  Program p("def f(x):\n  for a in gen():\n    g()\n  g()\ndef gen():\n  yield 1\ndef g(): pass\n");
  const FunctionId f = p.function("f", 1, 10);
  p.call(f, p.function("g", 7, 10), 10, 1000);
  p.finish();
  CHECK(p.lines_of("g") == "3*1=1 4*9=999");
}

TEST_CASE("apply sources: a generator is resumed behind a plain function that gives it on") {
  Program p(
      "def f(x):\n  len(x)\n  for a in gen(x):\n    pass\ndef gen(x):\n  return _gen(x)\ndef _gen(x):\n  yield 1\n");
  const FunctionId f = p.function("f", 1);
  p.function("gen", 5);
  p.call(f, p.function("_gen", 7, 4), 4, 40);
  p.finish();
  CHECK(p.lines_of("_gen") == "3*4=40");
}

TEST_CASE("apply sources: calling a class calls __call__ of metaclasses only") {
  Program p(
      "class App:\n  def __call__(self): pass\nclass Other:\n  def __init__(self): pass\ndef f(app):\n  app()\n"
      "  Other()\n");
  const FunctionId f = p.function("f", 5);
  p.call(f, p.function("__call__", 2), 1, 10);
  p.call(f, p.function("__init__", 4), 1, 5);
  p.finish();
  CHECK(p.lines_of("__call__") == "6*1=10");
}

TEST_CASE("apply sources: a call of the very name outweighs calls that name nothing") {
  Program p(
      "class A:\n  def run(self): pass\nclass B:\n  def run(self): pass\n  def f(self, make):\n    self.x = B()\n"
      "    make(1)\n    self.x.run()\n");
  const FunctionId f = p.function("f", 5);
  p.call(f, p.function("run", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("run") == "8*1=10");
}

TEST_CASE("apply sources: super() finds a function of C") {
  Program p("class A(B):\n  def __new__(cls):\n    x(1)\n    return super().__new__(cls)\n");
  const FunctionId f = p.function("__new__", 2);
  p.call(f, p.function("<built-in method __new__ of type object at 0x7f00>", 0), 1, 10);
  p.finish();
  CHECK(p.lines_of("<built-in method __new__ of type object at 0x7f00>") == "4*1=10");
}

TEST_CASE("apply sources: a wrapper's calls cost what those of the wrapped functions do") {
  Program p(
      "def deco(g):\n  def wrapper(x):\n    return g(x)\n  return wrapper\n@deco\ndef slow(x): pass\n@deco\n"
      "def quick(x): pass\ndef f():\n  slow(1)\n  quick(2)\n");
  const FunctionId f = p.function("f", 9), wrapper = p.function("wrapper", 2, 2);
  p.call(f, wrapper, 2, 1000);
  p.call(wrapper, p.function("slow", 5), 1, 900);
  p.call(wrapper, p.function("quick", 7), 1, 50);
  p.finish();
  CHECK(p.lines_of("wrapper") == "10*1=925 11*1=75");
}

TEST_CASE("apply sources: what cannot be decided stays without a line") {
  Program p("def f(x):\n  return 1\ndef g(x): pass\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("g", 3), 1, 9);
  p.finish();
  CHECK(p.lines_of("g") == "0*1=9");
  CHECK(p.report().by_rule[static_cast<std::size_t>(SourceReport::Rule::undecided)].cost == 9);
}

TEST_CASE("apply sources: a file of another version is left out, with a warning") {
  Program p("\n\n\ndef f(x):\n  g()\ndef g(): pass\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("g", 3), 1, 9);
  p.finish();
  CHECK(p.lines_of("g") == "0*1=9");
  CHECK(p.diagnostics().has_warnings());
}
