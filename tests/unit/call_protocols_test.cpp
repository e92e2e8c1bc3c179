// Calls of methods with underscores, which operators, statements and built-in functions stand for.

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <profconv/transforms.hpp>

#include "support/sourced_program.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE("apply sources: operators, with, iteration and properties call methods") {
  SourcedProgram p(
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

TEST_CASE("apply sources: calling a class calls __call__ of metaclasses only") {
  SourcedProgram p(
      "class App:\n  def __call__(self): pass\nclass Other:\n  def __init__(self): pass\ndef f(app):\n  app()\n"
      "  Other()\n");
  const FunctionId f = p.function("f", 5);
  p.call(f, p.function("__call__", 2), 1, 10);
  p.call(f, p.function("__init__", 4), 1, 5);
  p.finish();
  CHECK(p.lines_of("__call__") == "6*1=10");
}

TEST_CASE("apply sources: making an object does not call __call__ of its class") {
  SourcedProgram p(
      "class M:\n  def __init__(self): pass\n  def __call__(self): pass\ndef f():\n  m = M()\n  for i in m.x:\n"
      "    m()\n");
  const FunctionId f = p.function("f", 4);
  p.call(f, p.function("__init__", 2), 1, 5);
  p.call(f, p.function("__call__", 3, 10), 10, 100);
  p.finish();
  CHECK(p.lines_of("__init__") == "5*1=5");
  CHECK(p.lines_of("__call__") == "7*10=100");
}

TEST_CASE("apply sources: __call__ of a parameter is not called where such an object is made") {
  SourcedProgram p("class M:\n  def __call__(self): pass\ndef f(m):\n  k = M()\n  return m()\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("__call__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__call__") == "5*1=10");
}

TEST_CASE("apply sources: a metaclass's __call__ makes objects, the class's is called by them") {
  SourcedProgram p(
      "class T(type):\n  def __call__(cls): pass\nclass M(metaclass=T):\n  def __call__(self): pass\ndef f():\n"
      "  m = M()\n  return m()\n");
  const FunctionId f = p.function("f", 5);
  p.call(f, p.function("__call__", 2), 1, 10);
  p.call(f, p.function("__call__", 4), 1, 20);
  p.finish();
  CHECK(p.lines_of("__call__") == "6*1=10 7*1=20");
}

TEST_CASE("apply sources: what a decorator made an object of calls its __call__") {
  SourcedProgram p(
      "class M:\n  def __call__(self): pass\ndef deco(f): return M()\n@deco\ndef g(): pass\ndef f():\n  m = M()\n"
      "  g()\n");
  const FunctionId f = p.function("f", 6);
  p.call(f, p.function("__call__", 2), 1, 10);
  p.function("deco", 3);
  p.finish();
  CHECK(p.lines_of("__call__") == "8*1=10");
}

TEST_CASE("apply sources: x = property(get, set)") {
  SourcedProgram p(
      "class C:\n  def get(self): pass\n  def put(self, v): pass\n  p = property(get, put)\ndef f():\n  c = C()\n"
      "  c.p = 1\n  c.p\n");
  const FunctionId f = p.function("f", 5);
  p.call(f, p.function("get", 2), 1, 10);
  p.call(f, p.function("put", 3), 1, 20);
  p.finish();
  CHECK(p.lines_of("get") == "8*1=10");
  CHECK(p.lines_of("put") == "7*1=20");
}

TEST_CASE("apply sources: x[i] += y stores an item, and x.a += y an attribute") {
  SourcedProgram p(
      "class C:\n  def __setitem__(self, i, v): pass\n  def __setattr__(self, a, v): pass\ndef f():\n  c = C()\n"
      "  c[1] += 2\n  c.a += 2\n");
  const FunctionId f = p.function("f", 4);
  p.call(f, p.function("__setitem__", 2), 1, 10);
  p.call(f, p.function("__setattr__", 3), 1, 20);
  p.finish();
  CHECK(p.lines_of("__setitem__") == "6*1=10");
  CHECK(p.lines_of("__setattr__") == "7*1=20");
}

TEST_CASE("apply sources: del calls other methods than assignments do") {
  SourcedProgram p(
      "class C:\n  def __setitem__(self, i, v): pass\n  def __delitem__(self, i): pass\n"
      "  def __setattr__(self, a, v): pass\n  def __delattr__(self, a): pass\n  def put(self, v): pass\n"
      "  def drop(self): pass\n  p = property(None, put, drop)\ndef f():\n  c = C()\n  c[1] = 2\n  c.a = 2\n  c.p = 2\n"
      "  del c[3], c.a\n  del c.p\n");
  const FunctionId f = p.function("f", 9);
  for (const auto& [name, line] : std::vector<std::pair<const char*, std::uint32_t>>{
           {"__setitem__", 2}, {"__delitem__", 3}, {"put", 6}, {"drop", 7}})
    p.call(f, p.function(name, line), 1, line);
  p.call(f, p.function("__setattr__", 4, 2), 2, 20);
  p.call(f, p.function("__delattr__", 5, 2), 2, 40);
  p.finish();
  CHECK(p.lines_of("__setitem__") == "11*1=2");
  CHECK(p.lines_of("__delitem__") == "14*1=3");
  CHECK(p.lines_of("__setattr__") == "12*1=10 13*1=10");
  CHECK(p.lines_of("__delattr__") == "14*1=20 15*1=20");
  CHECK(p.lines_of("put") == "13*1=6");
  CHECK(p.lines_of("drop") == "15*1=7");
}

TEST_CASE("apply sources: making an object calls none of its other methods") {
  SourcedProgram p("class N:\n  def __eq__(self, o): pass\ndef f(x):\n  n = N()\n  g = x[0]\n  g(n)\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("__eq__", 2), 3, 30);
  p.finish();
  CHECK(p.lines_of("__eq__") == "6*3=30");

  SourcedProgram q("class N:\n  def __eq__(self, o): pass\ndef f():\n  n = N()\n  return n\n");
  const FunctionId g = q.function("f", 3);
  q.call(g, q.function("__eq__", 2), 1, 10);
  q.finish();
  CHECK(q.lines_of("__eq__") == "0*1=10");
}

TEST_CASE("apply sources: what is called of a table may be an object, and so may a method of the name") {
  SourcedProgram p(
      "class M:\n  def __call__(self): pass\n  def keys(self): pass\ndef f(x, table):\n  try:\n    table[x](1)\n"
      "  except KeyError:\n    x.keys()\nclass O:\n  def __init__(self): pass\n");
  p.function("keys", 3);
  const FunctionId f = p.function("f", 4);
  p.call(f, p.function("__call__", 2), 1, 10);
  p.call(f, p.function("__init__", 10), 1, 5);
  p.finish();
  CHECK(p.lines_of("__call__") == "6*1=10");
  CHECK(p.lines_of("__init__") == "6*1=5");
}

TEST_CASE("apply sources: an object is asked for its index in brackets") {
  SourcedProgram p(
      "class N:\n  def __index__(self): pass\nclass S:\n  def __getitem__(self, i): pass\ndef f():\n  n = N()\n"
      "  S()[n]\n  [1, 2][0]\n  [1, 2][n]\n");
  const FunctionId f = p.function("f", 5);
  p.call(f, p.function("__index__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__index__") == "9*1=10");
}

TEST_CASE("apply sources: a type that is called asks what it is given") {
  SourcedProgram p(
      "class N:\n  def __reversed__(self): pass\n  def __bool__(self): pass\n  def __iter__(self): pass\n"
      "  def __float__(self): pass\ndef f():\n  n = N()\n  list()\n  list([1])\n  float(3)\n  reversed(n)\n"
      "  tuple(n)\n  float(n)\n  return not n\n");
  const FunctionId f = p.function("f", 6);
  for (const auto& [name, line] : std::vector<std::pair<const char*, std::uint32_t>>{
           {"__reversed__", 2}, {"__bool__", 3}, {"__iter__", 4}, {"__float__", 5}})
    p.call(f, p.function(name, line), 1, line);
  p.finish();
  CHECK(p.lines_of("__reversed__") == "11*1=2");
  CHECK(p.lines_of("__bool__") == "14*1=3");
  CHECK(p.lines_of("__iter__") == "12*1=4");
  CHECK(p.lines_of("__float__") == "13*1=5");
}

TEST_CASE("apply sources: each way to make text of an object has its method") {
  SourcedProgram p(
      "class N:\n  def __str__(self): pass\n  def __repr__(self): pass\n  def __format__(self, how): pass\ndef f():\n"
      "  n = N()\n  f'{n!s}'\n  f'{n!r:>5}'\n  f'{n:>{5}}'\n");
  const FunctionId f = p.function("f", 5);
  for (const auto& [name, line] :
       std::vector<std::pair<const char*, std::uint32_t>>{{"__str__", 2}, {"__repr__", 3}, {"__format__", 4}})
    p.call(f, p.function(name, line), 1, line);
  p.finish();
  CHECK(p.lines_of("__str__") == "7*1=2");
  CHECK(p.lines_of("__repr__") == "8*1=3");
  CHECK(p.lines_of("__format__") == "9*1=4");
}

TEST_CASE("apply sources: text of an object is made by the first method that it has") {
  SourcedProgram p(
      "class A:\n  def __repr__(self): pass\nclass B:\n  def __str__(self): pass\n  def __repr__(self): pass\ndef "
      "f():\n"
      "  a = A()\n  b = B()\n  f'{a}'\n  '%s' % b\n  f'{b=}'\n");
  const FunctionId f = p.function("f", 6);
  p.call(f, p.function("__repr__", 2), 1, 10);
  p.call(f, p.function("__str__", 4), 1, 20);
  p.call(f, p.function("__repr__", 5), 1, 30);
  p.finish();
  CHECK(p.lines_of("__repr__") == "9*1=10 11*1=30");
  CHECK(p.lines_of("__str__") == "10*1=20");
}

TEST_CASE("apply sources: one function may be all methods that make text of an object") {
  SourcedProgram p(
      "class N:\n  def __str__(self): pass\n  __repr__ = __str__\ndef f():\n  n = N()\n  f'{1!r}'\n  f'{n!r}'\n");
  const FunctionId f = p.function("f", 4);
  p.call(f, p.function("__str__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__str__") == "7*1=10");
}

TEST_CASE("apply sources: a sign is no difference") {
  SourcedProgram p("class N:\n  def __neg__(self): pass\ndef f(a):\n  a - a\n  a += -a\n  a -= a\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("__neg__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__neg__") == "5*1=10");
}

TEST_CASE("apply sources: 1 / x calls the reflected method") {
  SourcedProgram p(
      "class C:\n  def __truediv__(self, o): pass\n  def __rtruediv__(self, o): pass\ndef f(x, y):\n  x / y\n"
      "  1 / x\n");
  const FunctionId f = p.function("f", 4);
  p.call(f, p.function("__truediv__", 2), 1, 10);
  p.call(f, p.function("__rtruediv__", 3), 1, 20);
  p.finish();
  CHECK(p.lines_of("__truediv__") == "5*1=10");
  CHECK(p.lines_of("__rtruediv__") == "6*1=20");
}

TEST_CASE("apply sources: what has no __iter__ is iterated by its items") {
  SourcedProgram p("class C:\n  def __getitem__(self, i): pass\ndef f():\n  c = C()\n  for x in c:\n    x[0]\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("__getitem__", 2), 9, 90);
  p.finish();
  CHECK(p.lines_of("__getitem__").find("5*") == 0);
}

TEST_CASE("apply sources: a class whose methods are all its own calls none that was made at run time") {
  SourcedProgram p(
      "import collections, dataclasses\nclass Plain:\n  pass\nPair = collections.namedtuple('Pair', 'x y')\n"
      "class Named(Pair):\n  pass\n@dataclasses.dataclass\nclass Data(Plain):\n  x: int\nclass Error(ValueError):\n  "
      "pass\n"
      "def f():\n  Plain()\n  Error()\n  Data(1)\n  Named(1, 2)\n"
      "def g():\n  Plain()\n  Error()\n  Data(1)\n");
  p.call(p.function("f", 12), p.generated("<lambda>"), 1, 10);
  p.call(p.function("g", 17), p.generated("__init__"), 1, 20);
  p.finish();
  CHECK(p.lines_of("<lambda>") == "16*1=10");
  CHECK(p.lines_of("__init__") == "20*1=20");
}

TEST_CASE("apply sources: who writes a comprehension asks for the iterator of what it goes through first") {
  SourcedProgram p(
      "class Q:\n  def __iter__(self): return iter([])\ndef f(x):\n  for i in x:\n    pass\n  return [r for r in Q()]\n"
      "def g(x):\n  for i in x:\n    pass\n  return sum(r for r in Q() for s in r)\n");
  const FunctionId iter = p.function("__iter__", 2);
  p.call(p.function("f", 3), iter, 1, 10);
  p.call(p.function("g", 7), iter, 1, 20);
  p.finish();
  CHECK(p.lines_of("__iter__") == "6*1=10 10*1=20");
}

TEST_CASE("apply sources: async with awaits __aexit__, no other await does") {
  SourcedProgram p(
      "class D:\n  async def __aexit__(self, *e): pass\nasync def f(d, q):\n  async with d:\n    await q.ask()\n    "
      "await q\n");
  p.call(p.function("f", 3), p.function("__aexit__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__aexit__") == "4*1=10");
}

TEST_CASE("apply sources: no for goes through a coroutine of async with") {
  SourcedProgram p(
      "class D:\n  async def __aenter__(self): pass\n  async def __aexit__(self, *e): pass\nasync def f(d, rows):\n"
      "  async with d:\n    for r in rows:\n      pass\n");
  const FunctionId f = p.function("f", 4);
  p.call(f, p.function("__aenter__", 2), 1, 10);
  p.call(f, p.function("__aexit__", 3), 1, 20);
  p.finish();
  CHECK(p.lines_of("__aenter__") == "5*1=10");
  CHECK(p.lines_of("__aexit__") == "5*1=20");
}

TEST_CASE("apply sources: comparisons that total_ordering makes are called by their operators") {
  SourcedProgram p("def f(a, b):\n  for i in range(9):\n    if a <= b:\n      pass\n    x = a >= b\n");
  p.module("functools", "def _le_from_lt(self, other): pass\ndef _ge_from_lt(self, other): pass\n", 100);
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function_of("functools", "_le_from_lt", 1), 9, 90);
  p.call(f, p.function_of("functools", "_ge_from_lt", 2), 9, 45);
  p.finish();
  CHECK(p.lines_of("_le_from_lt") == "3*9=90");
  CHECK(p.lines_of("_ge_from_lt") == "5*9=45");
}

TEST_CASE("apply sources: a module's __getattr__ makes the names that it does not have otherwise") {
  SourcedProgram p("import lazy\ndef f(x):\n  lazy.there(x)\n  lazy.made(x)\n  x.made\n  lazy.kept\n");
  p.module("lazy", "def __getattr__(name):\n  global kept\n  kept = name\n  return kept\ndef there(x): pass\n", 100);
  p.call(p.function("f", 2), p.function_of("lazy", "__getattr__", 1), 2, 10);
  p.finish();
  CHECK(p.lines_of("__getattr__") == "4*1=5 6*1=5");
}

TEST_CASE("apply sources: an object that is taken apart is iterated") {
  SourcedProgram p(
      "class C:\n  def __iter__(self): pass\ndef f():\n  c, d = C(), 1\n  for i in range(3):\n    x, y = c\n"
      "    z = [x]\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("__iter__", 2), 3, 30);
  p.finish();
  CHECK(p.lines_of("__iter__") == "6*3=30");
}

TEST_CASE("apply sources: taking apart what nobody knows is no iteration of objects") {
  SourcedProgram p("class C:\n  def __iter__(self): pass\ndef f(a, b):\n  x, y = a\n  for z in b:\n    x = z\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("__iter__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__iter__") == "5*1=10");
}

TEST_CASE("apply sources: keys in braces are hashed, a number that is looked for is not") {
  SourcedProgram p(
      "class C:\n  def __hash__(self): pass\ndef f(t):\n  c = C()\n  5 in t\n  t[1]\n  {c: 1, c: 2}\n  {}\n  [c]\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("__hash__", 2), 2, 20);
  p.finish();
  CHECK(p.lines_of("__hash__") == "7*2=20");
}

TEST_CASE("apply sources: what leaves a with is what entered it") {
  SourcedProgram p(
      "class A:\n  def __exit__(self, *a): pass\nclass B:\n  def __exit__(self, *a): pass\ndef f():\n  with A():\n"
      "    pass\n  with B() as b:\n    pass\n  with A(), B():\n    pass\n");
  const FunctionId f = p.function("f", 5);
  p.call(f, p.function("__exit__", 4), 2, 20);
  p.finish();
  CHECK(p.lines_of("__exit__") == "8*1=10 10*1=10");
}

TEST_CASE("apply sources: an await is no loop") {
  SourcedProgram p(
      "class A:\n  async def __anext__(self): pass\nasync def f(t):\n  async for v in A():\n    pass\n  await t\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("__anext__", 2), 4, 40);
  p.finish();
  CHECK(p.lines_of("__anext__") == "4*4=40");
}

TEST_CASE("apply sources: a table of literals hashes no objects") {
  SourcedProgram p(
      "class C:\n  def __hash__(self): pass\ndef f(c):\n  {1: 'a', 'b': [2, 3]}\n  {c: 1}\n  {(1, 2), 3}\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("__hash__", 2), 1, 20);
  p.finish();
  CHECK(p.lines_of("__hash__") == "5*1=20");
}

TEST_CASE("apply sources: braces say how often nothing runs") {
  SourcedProgram p(
      "class C:\n  def __hash__(self): pass\ndef g(): pass\ndef f(a):\n  for i in a:\n    {C(): 1, C(): 2}\n    try:\n"
      "      g()\n    except E:\n      g()\n");
  const FunctionId f = p.function("f", 4);
  p.call(f, p.function("__hash__", 2), 20, 20);
  p.call(f, p.function("g", 3), 20, 200);
  p.finish();
  CHECK(p.lines_of("g") == "8*16=158 10*4=42");
}

TEST_CASE("apply sources: an attribute that the class has is not looked up by __getattr__") {
  SourcedProgram p(
      "class C:\n  def __getattr__(self, name): pass\n  @property\n  def there(self): pass\ndef f(c):\n  c.there\n"
      "  c.elsewhere\n");
  const FunctionId f = p.function("f", 5);
  p.call(f, p.function("__getattr__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__getattr__") == "7*1=10");
}

TEST_CASE("apply sources: making an object calls the metaclass that the class has") {
  SourcedProgram p(
      "class M(type):\n  def __call__(cls): pass\nclass A(metaclass=M): pass\nclass B(A): pass\nclass Z(ValueError): "
      "pass\n"
      "class O(type): pass\nclass P(metaclass=O): pass\ndef f():\n  Z()\n  P()\n  B()\n");
  const FunctionId f = p.function("f", 8);
  p.call(f, p.function("__call__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__call__") == "11*1=10");
}

TEST_CASE("apply sources: map goes through what stands behind the function") {
  SourcedProgram p("class C:\n  def __iter__(self): pass\ndef g(): pass\ndef f(c):\n  map(g, (1, 2))\n  map(g, c)\n");
  const FunctionId f = p.function("f", 4);
  p.call(f, p.function("__iter__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__iter__") == "6*1=10");
}

TEST_CASE("apply sources: a generator expression that a function returns is resumed where that is gone through") {
  SourcedProgram p(
      "def made(xs):\n  all = (x for x in xs)\n  return all\ndef g(): pass\ndef f(k):\n  for y in k: pass\n"
      "  for x in map(g, made([1])):\n    pass\n");
  const FunctionId f = p.function("f", 5);
  p.call(f, p.function("made", 1), 1, 1);
  p.call(f, p.function("<genexpr>", 2), 3, 30);
  p.finish();
  CHECK(p.lines_of("<genexpr>") == "7*3=30");
}

// Without an end to what is followed this would take years.
TEST_CASE("apply sources: names that are bound to each other again and again are not followed for ever") {
  std::string source = "def made():\n  yield 1\ndef again():\n";
  for (int i = 0; i < 3000; ++i) source += "  x = x\n";
  source += "  return x\ndef f(y):\n";
  for (int i = 0; i < 3000; ++i) source += "  y = y\n";
  source += "  for v in again(): pass\n  for v in y: pass\n";
  SourcedProgram p(source);
  const FunctionId f = p.function("f", 3005);
  p.call(f, p.function("made", 1), 2, 20);
  p.finish();
  CHECK_FALSE(p.lines_of("made").empty());
}

TEST_CASE("apply sources: bases that are named again and again are not followed for ever") {
  std::string source = "class M(type):\n  def __call__(cls): pass\nclass A0: pass\n";
  for (int i = 1; i < 9; ++i) {
    source += "class A" + std::to_string(i) + "(";
    for (int k = 0; k < 60; ++k) source += "A" + std::to_string(i - 1) + ", ";
    source += "): pass\n";
  }
  source += "def f():\n  A8()\n";
  SourcedProgram p(source);
  const FunctionId f = p.function("f", 12);
  p.call(f, p.function("__call__", 2), 1, 10);
  p.finish();
  CHECK_FALSE(p.lines_of("__call__").empty());
}

TEST_CASE("apply sources: nobody asks for the truth of what `in` and `is` say") {
  SourcedProgram p(
      "class C:\n  def __bool__(self): pass\ndef f(c, d):\n  if c:\n    pass\n  if 3 in c:\n    pass\n"
      "  while c is not d:\n    break\n  if c is d and d:\n    pass\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("__bool__", 2, 2), 2, 10);
  p.finish();
  CHECK(p.lines_of("__bool__") == "4*1=7 10*1=3");
}

TEST_CASE("apply sources: what reversed gives is iterated by no class") {
  SourcedProgram p(
      "class C:\n  def __iter__(self): pass\n  def __reversed__(self): pass\ndef f(c):\n  for x in reversed(c): pass\n"
      "  for x in c: pass\n");
  const FunctionId f = p.function("f", 4);
  p.call(f, p.function("__iter__", 2), 1, 10);
  p.call(f, p.function("__reversed__", 3), 1, 20);
  p.finish();
  CHECK(p.lines_of("__iter__") == "6*1=10");
  CHECK(p.lines_of("__reversed__") == "5*1=20");
}

TEST_CASE("apply sources: members of enumerations are objects") {
  SourcedProgram p(
      "import enum\nclass Color(enum.Flag):\n  RED = 1\n  BLUE = 2\n  def __or__(self, o): pass\ndef f():\n  x = 1\n"
      "  y = 1 | 2\n  return Color.RED | Color.BLUE\n");
  const FunctionId f = p.function("f", 6);
  p.call(f, p.function("__or__", 5), 1, 10);
  p.finish();
  CHECK(p.lines_of("__or__") == "9*1=10");
}

TEST_CASE("apply sources: a cached property is made where it is read first") {
  SourcedProgram p(
      "class cached_property:\n  def __init__(self, f): pass\n  def __get__(self, o, k): pass\nclass C:\n"
      "  @cached_property\n  def total(self): pass\ndef f(c, d):\n  if d.other:\n    x = c.total\n  y = c.total\n"
      "  if d.other:\n    z = c.total\n  return y + c.total + d.total\n");
  const FunctionId f = p.function("f", 7);
  p.call(f, p.function("__get__", 3, 5), 5, 50);
  p.finish();
  CHECK(p.lines_of("__get__") == "9*1=10 10*2=20 13*2=20");  // line 13: of d
}

TEST_CASE("apply sources: the guard of a case is asked where the pattern fits") {
  SourcedProgram p(
      "def g(): pass\ndef f(x):\n  match x:\n    case 1 if g():\n      pass\n    case 2:\n      return g()\n"
      "    case _:\n      return g()\n");
  const FunctionId f = p.function("f", 2, 60);
  p.call(f, p.function("g", 1, 60), 60, 600);
  p.finish();
  CHECK(p.lines_of("g") == "4*20=200 7*20=200 9*20=200");
}

TEST_CASE("apply sources: lists and slices ask for no hash, dicts for no index") {
  SourcedProgram p(
      "class C:\n  def __hash__(self): pass\n  def __index__(self): pass\ndef f(t, s):\n  c = C()\n  [1, 2][c]\n"
      "  t[c:]\n  {1: 2}[c]\n");
  const FunctionId f = p.function("f", 4);
  p.call(f, p.function("__hash__", 2), 1, 10);
  p.call(f, p.function("__index__", 3, 2), 2, 20);
  p.finish();
  CHECK(p.lines_of("__hash__") == "8*1=10");
  CHECK(p.lines_of("__index__") == "6*1=10 7*1=10");
}

TEST_CASE("apply sources: a property is read by what looks attributes up, not where they are asked for") {
  SourcedProgram p(
      "class T:\n  @property\n  def v(self): pass\nclass P:\n  def __init__(self, t): pass\n"
      "  def __getattr__(self, name): return getattr(self.t, name)\ndef f():\n  t = T()\n  t.v\n  p = P(t)\n  p.v\n");
  const FunctionId f = p.function("f", 7);
  p.call(f, p.function("v", 2), 1, 10);
  p.call(f, p.function("__getattr__", 6), 1, 20);
  p.finish();
  CHECK(p.lines_of("v") == "9*1=10");
  CHECK(p.lines_of("__getattr__") == "11*1=20");
}

TEST_CASE("apply sources: thousands of reads of a cached property are not all compared with each other") {
  std::string source =
      "class cached_property:\n  def __get__(self, o, k): pass\nclass C:\n  @cached_property\n"
      "  def total(self): pass\ndef f():\n  return 1";
  for (int i = 0; i < 60'000; ++i) source += " and c" + std::to_string(i) + ".total";
  SourcedProgram p(source + "\n");
  const FunctionId f = p.function("f", 6);
  p.call(f, p.function("__get__", 2), 1, 10);
  p.finish();
  CHECK_FALSE(p.lines_of("__get__").empty());
}

TEST_CASE("apply sources: managers of one with are entered and left on its line, from Python 3.13 on on their own") {
  for (const auto& [library, enter, exit] : {std::tuple("/usr/lib/python3.12/abc.py", "6*2=20", "6*1=10"),
                                             std::tuple("/usr/lib/python3.13/abc.py", "6*1=10 7*1=10", "7*1=10"),
                                             std::tuple("C:\\Python314\\Lib\\abc.py", "6*1=10 7*1=10", "7*1=10")}) {
    SourcedProgram p(
        "class A:\n  def __enter__(self): pass\nclass B(A):\n  def __exit__(self, *a): pass\ndef f():\n  with (A() as "
        "a,\n"
        "        B() as b):\n    pass\n");
    const FunctionId f = p.function("f", 5);
    p.call(f, p.function("__enter__", 2), 2, 20);
    p.call(f, p.function("__exit__", 4), 1, 10);
    p.elsewhere(library);
    p.finish();
    CHECK(p.lines_of("__enter__") == enter);
    CHECK(p.lines_of("__exit__") == exit);
  }
}

TEST_CASE("apply sources: a function that a decorator nobody follows replaced may be an object") {
  SourcedProgram p("import cmd\n@cmd.group()\ndef cli(): pass\n@cli.command()\ndef one(): pass\ncli()\n");
  const FunctionId m = p.function("<module>", 1);
  p.module("cmd",
           "class Group:\n  def command(self): pass\n  def __call__(self): pass\n  def set(self, f):\n"
           "    self.command = f\ndef group():\n  def decorator(f):\n    return kinds[f](f)\n  return decorator\n",
           10);
  p.call(m, p.function_of("cmd", "command", 2), 1, 10);
  p.call(m, p.function_of("cmd", "__call__", 3), 1, 100);
  p.finish();
  CHECK(p.lines_of("command") == "4*1=10");
  CHECK(p.lines_of("__call__") == "6*1=100");
}

TEST_CASE("apply sources: type(name, bases, attributes) calls the metaclass of bases") {
  SourcedProgram p(
      "class Base(type):\n  def __new__(cls, name, bases, attrs): pass\nclass Model(metaclass=Base): pass\n"
      "def f(model):\n  meta = type('Meta', (), {'x': type(model)})\n  return type('Through', (model,), {'m': "
      "meta})\n");
  const FunctionId f = p.function("f", 4);
  p.call(f, p.function("__new__", 2), 2, 100);
  p.finish();
  CHECK(p.lines_of("__new__") == "6*2=100");
}

TEST_CASE("apply sources: `yield from` asks an iterator for each item") {
  SourcedProgram p(
      "def f(n):\n  x = n\n  yield from R(n)\nclass R:\n  def __iter__(self): return self\n  def __next__(self): "
      "pass\n");
  const FunctionId f = p.function("f", 1, 11);
  p.call(f, p.function("__iter__", 5), 1, 10);
  p.call(f, p.function("__next__", 6, 11), 11, 110);
  p.finish();
  CHECK(p.lines_of("__iter__") == "3*1=10");
  CHECK(p.lines_of("__next__") == "3*11=110");
}

TEST_CASE("apply sources: what a range gives are numbers, which no method of a class shows") {
  SourcedProgram p(
      "def f(n):\n  for i in range(50):\n    names.append(f'{i}')\n  return str(n)\nclass C:\n  def __str__(self): "
      "pass\n");
  p.call(p.function("f", 1), p.function("__str__", 6, 10), 10, 100);
  p.finish();
  CHECK(p.lines_of("__str__") == "4*10=100");
}

TEST_CASE("apply sources: an attribute of an object of another class is not a class's property of that name") {
  SourcedProgram p(
      "class D:\n  def __init__(self, f): self.f = f; self.name = 'x'\n  def __get__(self, o, c):\n    x = self.name\n"
      "    return self.f(o)\nclass E:\n  @D\n  def name(self): pass\n  @property\n  def name(self): pass\n");
  p.call(p.function("__get__", 3, 10), p.function("name", 9, 10), 10, 100);
  p.finish();
  CHECK(p.lines_of("name") == "5*10=100");
}

TEST_CASE("apply sources: going through an object goes through the generator that its __iter__ returns") {
  SourcedProgram p(
      "class C:\n  def __iter__(self): return (x for x in self.a)\ndef f(n):\n  c = C()\n  g(1 for y in n)\n"
      "  for x in c:\n    pass\n");
  p.call(p.function("f", 3), p.function("<genexpr>", 2, 10), 10, 100);
  p.finish();
  CHECK(p.lines_of("<genexpr>") == "6*10=100");
  SourcedProgram q(
      "class M(type):\n  def __iter__(cls): return (x for x in cls.a)\nclass B(metaclass=M): pass\nclass C(B): pass\n"
      "def f(n):\n  for y in n:\n    pass\n  for x in C:\n    pass\n");
  q.call(q.function("f", 5), q.function("<genexpr>", 2, 10), 10, 100);
  q.finish();
  CHECK(q.lines_of("<genexpr>") == "8*10=100");
}
