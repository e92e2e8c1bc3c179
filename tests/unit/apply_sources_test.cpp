// What the lines of calls are found by, in general. How often each place made a call: call_flow_test.cpp; methods
// that operators stand for: call_protocols_test.cpp; objects that are made and called, their attributes, and going
// through them: made_objects_test.cpp, attribute_calls_test.cpp, iteration_calls_test.cpp; which file and version a
// function is of: program_test.cpp.

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <profconv/transforms.hpp>

#include "support/sourced_program.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE("apply sources: a call stands on the line that makes it, and functions have qualified names") {
  SourcedProgram p("class C:\n  def m(self):\n    x = 1\n    self.n()\n    len(x)\n  def n(self): pass\n");
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
  SourcedProgram p(
      "class A:\n  def __init__(self): pass\nclass B(A): pass\nclass X:\n  def __init__(self): pass\ndef f():\n  X()\n "
      " B()\n");
  const FunctionId f = p.function("f", 6);
  p.call(f, p.function("__init__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__init__") == "8*1=10");
}

TEST_CASE("apply sources: a callee that nothing names is called where something unknown is called") {
  SourcedProgram p("def f(table, x):\n  len(x)\n  handler = table[x]\n  handler(x)\ndef g(x): pass\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("g", 5), 1, 9);
  p.finish();
  CHECK(p.lines_of("g") == "4*1=9");
  CHECK(p.report().by_rule[static_cast<std::size_t>(SourceReport::Rule::elimination)].edges == 1);
}

TEST_CASE("apply sources: a function of C that nothing names is called where something unknown is called, too") {
  SourcedProgram p("def f(x):\n  len(x)\n  for how in x:\n    how(1)\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("<method 'match' of 're.Pattern' objects>", 0), 3, 30);
  p.finish();
  CHECK(p.lines_of("<method 'match' of 're.Pattern' objects>") == "4*3=30");
}

TEST_CASE("apply sources: a partial is made without a call of what it is given") {
  SourcedProgram p(
      "import functools\ndef f(ways, way):\n  for w in ways:\n    way = functools.partial(w, way)\n  return way(1)\n"
      "def g(x): pass\n");
  p.call(p.function("f", 2, 10), p.function("g", 6, 10), 10, 10);
  p.finish();
  CHECK(p.lines_of("g") == "5*10=10");
}

TEST_CASE("apply sources: a generator is resumed behind a plain function that gives it on") {
  SourcedProgram p(
      "def f(x):\n  len(x)\n  for a in gen(x):\n    pass\ndef gen(x):\n  return _gen(x)\ndef _gen(x):\n  yield 1\n");
  const FunctionId f = p.function("f", 1);
  p.function("gen", 5);
  p.call(f, p.function("_gen", 7, 4), 4, 40);
  p.finish();
  CHECK(p.lines_of("_gen") == "3*4=40");
}

TEST_CASE("apply sources: a call of the very name outweighs calls that name nothing") {
  SourcedProgram p(
      "class A:\n  def run(self): pass\nclass B:\n  def run(self): pass\n  def f(self, make):\n    self.x = B()\n"
      "    make(1)\n    self.x.run()\n");
  const FunctionId f = p.function("f", 5);
  p.call(f, p.function("run", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("run") == "8*1=10");
}

TEST_CASE("apply sources: objects of unrelated classes do not call each other's methods") {
  SourcedProgram p(
      "class A:\n  def run(self): pass\nclass B:\n  def run(self): pass\ndef f(x):\n  a = A()\n  b = B()\n  a.run()\n"
      "  for i in x:\n    b.run()\n");
  p.call(p.function("f", 5), p.function("run", 2), 5, 50);
  p.finish();
  CHECK(p.lines_of("run") == "8*5=50");
}

TEST_CASE("apply sources: who is asked for the message of an assertion raises it") {
  SourcedProgram p("def tell(x): pass\ndef f(x):\n  assert x > 0, tell(x)\n  if x:\n    tell(x)\n");
  p.call(p.function("f", 2), p.function("tell", 1), 1, 10);
  p.finish();
  CHECK(p.lines_of("tell") == "5*1=10");
}

TEST_CASE("apply sources: a class in a pattern is not called") {
  SourcedProgram p(
      "class P:\n  def __init__(self): pass\ndef f(x):\n  match x:\n    case P(x=0) | P(x=1):\n      return 1\n"
      "    case P() if P():\n      return 2\n");
  p.call(p.function("f", 3), p.function("__init__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__init__") == "7*1=10");
}

TEST_CASE("apply sources: a function of C in the place of one of Python with another name, and of its methods") {
  SourcedProgram p(
      "class Date:\n  def show(self): pass\ndef _dumps(x): pass\ndumps = _dumps\ndef f(g):\n  d = Date()\n  g(1)\n"
      "  d.show()\n  return dumps(2)\n");
  const FunctionId f = p.function("f", 5);
  p.call(f, p.function("<built-in method _pickle.dumps>", 0), 1, 10);
  p.call(f, p.function("<method 'show' of 'datetime.date' objects>", 0), 1, 20);
  p.finish();
  CHECK(p.lines_of("<built-in method _pickle.dumps>") == "9*1=10");
  CHECK(p.lines_of("<method 'show' of 'datetime.date' objects>") == "8*1=20");
}

TEST_CASE("apply sources: a class that decorates is called there") {
  SourcedProgram p(
      "class Memo:\n  def __init__(self, f): pass\nclass Tag:\n  def __init__(self, n): pass\n  def __call__(self, f): "
      "pass\n"
      "def f():\n  @Tag(1)\n  def a(): pass\n  @Memo\n  def b(): pass\n");
  p.call(p.function("f", 6), p.function("__init__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__init__") == "9*1=10");
}

TEST_CASE("apply sources: super() finds a function of C") {
  SourcedProgram p("class A(B):\n  def __new__(cls):\n    x(1)\n    return super().__new__(cls)\n");
  const FunctionId f = p.function("__new__", 2);
  p.call(f, p.function("<built-in method __new__ of type object at 0x7f00>", 0), 1, 10);
  p.finish();
  CHECK(p.lines_of("<built-in method __new__ of type object at 0x7f00>") == "4*1=10");
}

TEST_CASE("apply sources: a wrapper's calls cost what those of the wrapped functions do") {
  SourcedProgram p(
      "def deco(g):\n  def wrapper(x):\n    return g(x)\n  return wrapper\n@deco\ndef slow(x): pass\n@deco\n"
      "def quick(x): pass\ndef f():\n  slow(1)\n  quick(2)\n");
  const FunctionId f = p.function("f", 9), wrapper = p.function("wrapper", 2, 2);
  p.call(f, wrapper, 2, 1000);
  p.call(wrapper, p.function("slow", 5), 1, 900);
  p.call(wrapper, p.function("quick", 7), 1, 50);
  p.finish();
  CHECK(p.lines_of("wrapper") == "10*1=925 11*1=75");
}

TEST_CASE("apply sources: a decorator that a call made, kept in a variable") {
  SourcedProgram p(
      "def make(n):\n  def deco(g):\n    def wrapper(x):\n      return g(x)\n    return wrapper\n  return deco\n"
      "cached = make(100)\n@cached\ndef known(x): pass\ndef f(mapping):\n  known(1)\n  mapping.fetch(2)\n");
  p.call(p.function("f", 10), p.function("wrapper", 3), 5, 1000);
  p.finish();
  CHECK(p.lines_of("wrapper") == "11*5=1000");
}

TEST_CASE("apply sources: of two decorators the outer one's function is called") {
  SourcedProgram p(
      "def memoize(g):\n  def wrapper(x): return g(x)\n  return wrapper\ndef trace(g):\n"
      "  def traced(x): return g(x)\n  return traced\n@memoize\ndef one(x): pass\n@trace\n@memoize\n"
      "def two(x): pass\ndef f():\n  one(1)\n  two(2)\n");
  const FunctionId f = p.function("f", 12, 3), wrapper = p.function("wrapper", 2, 6),
                   traced = p.function("traced", 5, 3);
  p.call(f, wrapper, 3, 30);
  p.call(f, traced, 3, 60);
  p.call(traced, wrapper, 3, 45);
  p.finish();
  CHECK(p.lines_of("wrapper") == "13*3=30 5*3=45");
  CHECK(p.lines_of("traced") == "14*3=60");
}

TEST_CASE("apply sources: a variable that holds a known function first, and then what that gives") {
  SourcedProgram p(
      "class C:\n  def run(self):\n    state = self.first\n    while state:\n      state = state()\n"
      "  def first(self): return self.second\n  def second(self): return None\n");
  const FunctionId run = p.function("run", 2);
  p.call(run, p.function("first", 6), 2, 10);
  p.call(run, p.function("second", 7), 2, 20);
  p.finish();
  CHECK(p.lines_of("first") == "5*2=10");
  CHECK(p.lines_of("second") == "5*2=20");
}

TEST_CASE("apply sources: nothing is called with more arguments than it takes, or fewer") {
  SourcedProgram p(
      "def f(self, hooks, state):\n  for hook in hooks: hook(self, state)\n  for hook2 in hooks: hook2(self, 1, "
      "state)\n"
      "def three(a, b, c): pass\ndef two(a, b): pass\n"
      "class C:\n  def g(self, x):\n    first = table.get(x)\n    first(x, self)\n    second = getattr(x, 'm')\n"
      "    second(x)\n  def m(self, x): pass\n");
  const FunctionId f = p.function("f", 1), g = p.function("g", 7), two = p.function("two", 5);
  p.call(f, p.function("three", 4), 5, 30);
  p.call(f, two, 5, 20);
  p.call(g, two, 1, 20);
  p.call(g, p.function("m", 12), 1, 10);
  p.finish();
  CHECK(p.lines_of("three") == "3*5=30");
  CHECK(p.lines_of("two") == "2*5=20 9*1=20");
  CHECK(p.lines_of("m") == "11*1=10");
}

TEST_CASE("apply sources: what a class calls a method as well") {
  SourcedProgram p(
      "class Lock:\n  def acquire(self): pass\n  def release(self, *error): pass\n"
      "  __enter__ = acquire\n  __exit__ = release\n  again = acquire\n"
      "def f(job):\n  lock = Lock()\n  with lock:\n    job()\ndef g():\n  lock = Lock()\n  lock.again()\n"
      "def h(job):\n  lock = Lock()\n  for i in range(20):\n    with lock:\n      job()\n  lock.again()\n");
  const FunctionId f = p.function("f", 7), acquire = p.function("acquire", 2);
  p.call(f, acquire, 1, 10);
  p.call(f, p.function("release", 3), 1, 20);
  p.call(p.function("g", 11), acquire, 1, 10);
  p.call(p.function("h", 14), acquire, 21, 210);
  p.finish();
  CHECK(p.lines_of("acquire") == "9*1=10 13*1=10 17*20=200 19*1=10");
  CHECK(p.lines_of("release") == "9*1=20");
}

TEST_CASE("apply sources: a mixin calls methods of what it is mixed with") {
  SourcedProgram p(
      "class Base:\n  def __setattr__(self, k, v): pass\nclass Mixin:\n  def count(self):\n    x = 1\n"
      "    self.called = True\nclass Mock(Mixin, Base): pass\n");
  p.call(p.function("count", 4), p.function("__setattr__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__setattr__") == "6*1=10");
}

TEST_CASE("apply sources: a coroutine that is an object's call is awaited where such an object is called") {
  SourcedProgram p(
      "class App:\n  async def __call__(self, m): pass\nasync def tick(): pass\n"
      "async def main():\n  app = App()\n  await tick()\n  await asyncio.sleep(0)\n  for i in range(3): await "
      "app(i)\n");
  const FunctionId main = p.function("main", 4);
  p.call(main, p.function("__call__", 2), 6, 60);
  p.call(main, p.function("tick", 3), 1, 10);
  p.finish();
  CHECK(p.lines_of("__call__") == "8*6=60");
  CHECK(p.lines_of("tick") == "6*1=10");
}

TEST_CASE("apply sources: an attribute that holds one method after the other calls all of them") {
  SourcedProgram p(
      "class C:\n  def __init__(self): self.state = self.a\n  def run(self):\n    len(self)\n    self.state()\n"
      "  def a(self): self.state = self.b\n  def b(self): self.states.append(self.c); self.state = self.states.pop()\n"
      "  def c(self): pass\n");
  const FunctionId run = p.function("run", 3);
  for (const auto& [name, line] : std::vector<std::pair<const char*, std::uint32_t>>{{"a", 6}, {"b", 7}, {"c", 8}})
    p.call(run, p.function(name, line), 1, line);
  p.finish();
  CHECK(p.lines_of("a") == "5*1=6");
  CHECK(p.lines_of("b") == "5*1=7");
  CHECK(p.lines_of("c") == "5*1=8");
}

TEST_CASE("apply sources: partial(f, ...) calls f, where it decorates as well") {
  SourcedProgram p(
      "def update(a, b): pass\ndef wraps(b): return partial(update, b=b)\n"  // as functools has it
      "def deco(f):\n  @wraps(f)\n  def wrapper(): return f()\n  return wrapper\n"
      "def g():\n  x = 1\n  later = wraps(x)\n  later(x)\n");
  const FunctionId deco = p.function("deco", 3), g = p.function("g", 7), update = p.function("update", 1);
  p.call(deco, p.function("wraps", 2), 1, 10);
  p.call(deco, update, 1, 20);
  p.call(g, update, 1, 30);
  p.finish();
  CHECK(p.lines_of("wraps") == "4*1=10");
  CHECK(p.lines_of("update") == "4*1=20 10*1=30");
}

TEST_CASE("apply sources: a partial is called where it is given to something that calls it") {
  SourcedProgram p(
      "from functools import partial\ndef power(b, e): pass\ncube = partial(power, e=3)\ndef f(xs, g):\n  g(3)\n"
      "  return map(cube, xs)\ndef h(xs, g):\n  square = partial(power, e=2)\n  g(3)\n"
      "  return sorted(xs, key=square)\n");
  const FunctionId power = p.function("power", 2, 20);
  p.call(p.function("f", 4), power, 10, 100);
  p.call(p.function("h", 7), power, 10, 200);
  p.finish();
  CHECK(p.lines_of("power") == "6*10=100 10*10=200");
}

// Looked for from the function's beginning, the calls around them take minutes.
TEST_CASE("apply sources: calls around thousands of mentions are looked for where these stand") {
  std::string source = "from functools import partial\ndef power(b, e): pass\ncube = partial(power, e=3)\ndef f(xs):\n";
  for (int i = 0; i < 100'000; ++i) source += "  map(cube, xs)\n";
  SourcedProgram p(source);
  p.call(p.function("f", 4), p.function("power", 2, 10), 10, 100);
  p.finish();
  CHECK_FALSE(p.lines_of("power").empty());
}

TEST_CASE("apply sources: a variable may call more than what has its name") {
  SourcedProgram p(
      "def f(event):\n  try:\n    for callback in event.callbacks:\n      callback(event)\n  except ValueError:\n"
      "    put(Later(1))\ndef callback(e): pass\ndef resume(e): pass\ndef put(e): pass\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("callback", 7), 1, 10);
  p.call(f, p.function("resume", 8), 5, 50);
  p.function("put", 9);
  p.finish();
  CHECK(p.lines_of("callback") == "4*1=10");
  CHECK(p.lines_of("resume") == "4*5=50");
}

TEST_CASE("apply sources: a function of C in the place of one of Python that never ran") {
  SourcedProgram p("def f(queue):\n  len(queue)\n  heappop(queue)\ndef heappop(queue): pass\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("<built-in method _heapq.heappop>", 0), 1, 10);
  p.finish();
  CHECK(p.lines_of("<built-in method _heapq.heappop>") == "3*1=10");
}

TEST_CASE("apply sources: a generator is resumed where what itertools made of it is gone through") {
  SourcedProgram p(
      "def gen(n):\n  yield n\n"
      "def f(names):\n  for n in names: pass\n  for x in takewhile(small, gen(9)): pass\n"
      "def g(names):\n  for n in names: pass\n  for k, v in groupby(gen(9), small): pass\n"
      "def h(names):\n  for n in names: pass\n  return list(chain.from_iterable([gen(4), gen(4)]))\n");
  const FunctionId gen = p.function("gen", 1);
  p.call(p.function("f", 3), gen, 10, 100);
  p.call(p.function("g", 6), gen, 10, 100);
  p.call(p.function("h", 9), gen, 10, 100);
  p.finish();
  CHECK(p.lines_of("gen") == "5*10=100 8*10=100 11*10=100");
}

TEST_CASE("apply sources: a generator that nothing keeps is resumed where it is called") {
  SourcedProgram p(
      "def gen(n):\n  yield n\n"
      "def f(names):\n  for n in names: pass\n  return 5 in gen(9)\n"
      "def g(names):\n  for n in names: pass\n  names += gen(9)\n"
      "def h(names):\n  for n in names: pass\n  first, *rest = gen(4)\n");
  const FunctionId gen = p.function("gen", 1);
  p.call(p.function("f", 3), gen, 10, 100);
  p.call(p.function("g", 6), gen, 10, 100);
  p.call(p.function("h", 9), gen, 10, 100);
  p.finish();
  CHECK(p.lines_of("gen") == "5*10=100 8*10=100 11*10=100");
}

TEST_CASE("apply sources: a generator is not resumed by loops over lists and strings") {
  SourcedProgram p(
      "def f(tokens):\n  for line in text().split(1):\n    for i in range(3): pass\n  for token in tokens:\n"
      "    pass\ndef g():\n  yield 1\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("g", 6), 100, 1000);
  p.finish();
  CHECK(p.lines_of("g") == "4*100=1000");
}

TEST_CASE("apply sources: types that are declared tell what is called") {
  const std::string classes = "class A:\n  def m(self): pass\nclass B:\n  def m(self): pass\n";
  for (const char* function :
       {"def f(a: A, b: B):\n  a.m()\n  b.m()\n", "def f(a: 'A', b: \"B\"):\n  a.m()\n  b.m()\n",
        "def f(a: A | None, b: Optional[B] = None):\n  a.m()\n  b.m()\n",
        "def f(x):\n  a().m()\n  b(x).m()\ndef a() -> A: return table[0]\ndef b(x) -> 'B' | None: return x\n",
        "def f(x):\n  A().m(); a: A = x\n  (x or B()).m(); b = x or B(); b.m()\n"}) {
    SourcedProgram p(classes + function);
    const FunctionId f = p.function("f", 5);
    p.call(f, p.function("m", 2), 1, 10);
    p.call(f, p.function("m", 4), 1, 20);
    p.finish();
    INFO(function);
    CHECK(p.lines_of("m") == "6*1=10 7*1=20");
  }
}

TEST_CASE("apply sources: a base with a type in brackets is a base") {
  SourcedProgram p(
      "class A(Generic[T]):\n  def m(self): pass\nclass B(A[int]):\n  def n(self):\n    other.m()\n    self.m()\n");
  const FunctionId n = p.function("n", 4);
  p.call(n, p.function("m", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("m") == "6*1=10");
}

TEST_CASE("apply sources: the cost that a base adds to class statements is that of its subclasses") {
  SourcedProgram p("class A:\n  def __init_subclass__(cls): pass\nclass B(A):\n  x = 1\nclass C:\n  x = 1\n");
  const FunctionId module = p.function("<module>", 1);
  const FunctionId build = p.function("<built-in method builtins.__build_class__>", 0, 3);
  p.call(module, build, 3, 9000);
  p.call(build, p.function("A", 1), 1, 1000);
  p.call(build, p.function("B", 3), 1, 1000);
  p.call(build, p.function("C", 5), 1, 1000);
  p.finish();
  const std::string lines = p.lines_of("<built-in method builtins.__build_class__>");
  CHECK(lines.find("1*1=3") == 0);  // `A` has the method as well
  CHECK(lines.find("5*1=10") != std::string::npos);
}

TEST_CASE("apply sources: an object that stands for functions calls them under their names") {
  // m.hook.start(...) is a call of Hook.__call__, which calls `start`, through one more function.
  SourcedProgram p(
      "def main(m):\n  if not m:\n    raise TypeError(m.text.format(1))\n  m.hook.start(1)\n  m.hook.stop(1)\n"
      "class Hook:\n  def __call__(self, x): return run(self.functions, x)\ndef run(functions, x):\n"
      "  for f in functions: f(x)\ndef start(x): pass\ndef stop(x): pass\n");
  const FunctionId main = p.function("main", 1), call = p.function("__call__", 7, 2), run = p.function("run", 8, 2);
  p.call(main, call, 2, 1000);
  p.call(call, run, 2, 990);
  p.call(run, p.function("start", 10), 1, 900);
  p.call(run, p.function("stop", 11), 1, 80);
  p.finish();
  const std::string lines = p.lines_of("__call__");
  CHECK(lines.find("4*1=9") == 0);
  CHECK(lines.find(" 5*1=") != std::string::npos);
}

TEST_CASE("apply sources: only names that packages are asked for are looked for among modules") {
  SourcedProgram p(
      "from __future__ import annotations\nfrom os import path\nfrom plain import x\nfrom package import y\n");
  const FunctionId main = p.function("<module>", 1);
  p.module("plain", "x = 1\n", 10);
  p.call(main, p.import_system("_handle_fromlist"), 1, 100);
  p.finish();
  CHECK(p.lines_of("_handle_fromlist") == "4*1=100");
}

TEST_CASE(
    "apply sources: what is written in Python and is not in the profile was loaded before, what is in C may be new") {
  SourcedProgram p("import os\nimport re\nfrom collections import namedtuple\nimport _decimal\nimport _sqlite3\n");
  const FunctionId main = p.function("<module>", 1), find = p.import_system();
  p.call(main, find, 2, 100);
  p.finish();
  CHECK(p.lines_of("_find_and_load") == "4*1=50 5*1=50");
}

TEST_CASE("apply sources: an import that took long loaded what took as long, whoever may have come first") {
  // By the order of all imports a.py loaded queue; but main made one call for as long, and a.py none.
  SourcedProgram p("import itertools\nimport queue\nimport types\n");
  const FunctionId main = p.function("<module>", 1), find = p.import_system();
  const FunctionId a = p.module("a", "import queue\n", 900), queue = p.module("queue", "y = 1\n", 500);
  p.call(a, find, 1, 600);
  p.call(main, find, 1, 600);
  p.call(find, queue, 1, 500);
  p.finish();
  CHECK(p.lines_of("_find_and_load").find("2*1=600") != std::string::npos);
}

TEST_CASE("apply sources: an import that took no time has loaded nothing") {
  // a.py may have imported c, but made no such call.
  SourcedProgram p("import a\nimport c\n");
  const FunctionId main = p.function("<module>", 1), find = p.import_system();
  const FunctionId a = p.module("a", "if x:\n  import c\n", 50), c = p.module("c", "y = 1\n", 850);
  p.call(main, find, 2, 920);
  p.call(find, a, 1, 50);
  p.call(find, c, 1, 850);
  p.finish();
  CHECK(p.lines_of("_find_and_load") == "1*1=57 2*1=863");
}

TEST_CASE("apply sources: a name stands for what ran of several definitions") {
  SourcedProgram p(
      "if x:\n  def quick(): pass\n  write = quick\nelse:\n  def slow(): pass\n  write = slow\ndef f():\n  len(x)\n"
      "  write()\n");
  const FunctionId f = p.function("f", 7);
  p.call(f, p.function("slow", 5), 1, 10);
  p.finish();
  CHECK(p.lines_of("slow") == "9*1=10");
  CHECK(p.report().by_rule[static_cast<std::size_t>(SourceReport::Rule::exact)].edges == 1);
}

TEST_CASE("apply sources: an attribute of nearly the function's name") {
  SourcedProgram p(
      "class C:\n  def __init__(self, load): self.load = load\ndef f(self):\n  self.table[1]()\n  self.load(1)\n"
      "def _load(x): pass\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("_load", 6), 1, 10);
  p.finish();
  CHECK(p.lines_of("_load") == "5*1=10");
}

TEST_CASE("apply sources: what cannot be decided stays without a line") {
  SourcedProgram p("def f(x):\n  return 1\ndef g(x): pass\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("g", 3), 1, 9);
  p.finish();
  CHECK(p.lines_of("g") == "0*1=9");
  CHECK(p.report().by_rule[static_cast<std::size_t>(SourceReport::Rule::undecided)].cost == 9);
}

TEST_CASE("apply sources: a made-up function that calls everything is not looked at") {
  // A few kilobytes of a profile, and a large function of an innocent file: every callee beside every expression.
  constexpr std::uint32_t sites = 2000, callees = 2000;
  std::string text = "def f(x):\n";
  for (std::uint32_t i = 0; i < sites; ++i) text += "  x[0]()\n";
  SourcedProgram p(text + "def g(): pass\ndef h():\n  g()\n");
  const FunctionId f = p.function("f", 1);
  for (std::uint32_t i = 1; i <= callees; ++i)
    p.call(f, p.function("<built-in method z.z" + std::to_string(i) + ">", 0), 1, 1);
  p.call(p.function("h", sites + 3), p.function("g", sites + 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("<built-in method z.z1>") == "0*1=1");
  CHECK(p.report().by_rule[static_cast<std::size_t>(SourceReport::Rule::undecided)].edges == callees);
  CHECK(p.lines_of("g") == std::to_string(sites + 4) + "*1=10");
}

TEST_CASE("apply sources: a parameter that has a builtin's name and called it calls nothing else") {
  SourcedProgram p(
      "def f(keys, emit, id=id, isinstance=isinstance):\n  for key in keys:\n    id(key)\n    if isinstance(key, "
      "str):\n"
      "      emit(key)\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("<built-in method builtins.id>", 0, 50), 50, 50);
  p.call(f, p.function("<built-in method builtins.isinstance>", 0, 50), 50, 50);
  p.call(f, p.function("<built-in function encode_basestring_ascii>", 0, 50), 50, 500);
  p.finish();
  CHECK(p.lines_of("<built-in function encode_basestring_ascii>") == "5*50=500");
}

TEST_CASE("apply sources: what shows in the profile calls what it is given itself, and partial() calls nothing yet") {
  SourcedProgram p(
      "def f(xs):\n  a = g(1)\n  b = sorted(xs, key=g)\n  part = partial(g, 1)\n  for x in xs:\n    part(x)\n"
      "def g(x): pass\n");
  const FunctionId f = p.function("f", 1), sorted = p.function("<built-in method builtins.sorted>", 0),
                   g = p.function("g", 7, 40);
  p.call(f, sorted, 1, 50);
  p.call(sorted, g, 30, 30);
  p.call(f, g, 10, 100);
  p.finish();
  CHECK(p.lines_of("g").find("3*") == std::string::npos);
  CHECK(p.lines_of("g").find("4*") == std::string::npos);
}

TEST_CASE("apply sources: a property has the other names that its class gives it") {
  SourcedProgram p(
      "class P:\n  @property\n  def ident(self):\n    return 1\n  pid = ident\ndef f(p, q):\n  q()\n  return p.pid\n");
  const FunctionId f = p.function("f", 6);
  p.call(f, p.function("ident", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("ident") == "8*1=10");
}

TEST_CASE(
    "apply sources: what is given to something that calls it has the calls that its own places cannot have made") {
  SourcedProgram p(
      "def f(xs):\n  a = g(1)\n  b = list(map(g, xs))\n  c = sorted(xs, key=g)\n  return getattr(xs, 'h', g)\n"
      "def k(xs):\n  for x in xs:\n    g(x)\n  return map(g, xs)\ndef g(x): pass\n");
  const FunctionId g = p.function("g", 10, 30);
  p.call(p.function("f", 1), g, 9, 90);
  p.finish();
  CHECK(p.lines_of("g") == "2*1=10 3*4=40 4*4=40");
}

TEST_CASE("apply sources: what defaultdict is given is called where a key is looked for") {
  SourcedProgram p(
      "def f(xs, other):\n  d = defaultdict(lambda: make())\n  other[0]\n  for i in xs:\n    d[i].append(i)\n"
      "def g(xs):\n  d = defaultdict(make)\n  for i in xs:\n    d[i].append(i)\n"
      "def make():\n  pass\n"
      "def h():\n  def d(): pass\n  d[0]\n  return defaultdict(make)\n");
  p.call(p.function("h", 12), p.function("make", 10, 10), 1, 5);
  p.call(p.function("f", 1), p.function("<lambda>", 2, 9), 9, 90);
  p.call(p.function("g", 6), p.function("make", 10, 9), 9, 45);
  p.finish();
  CHECK(p.lines_of("<lambda>") == "5*9=90");
  CHECK(p.lines_of("make") == "14*1=5 9*9=45");
}
