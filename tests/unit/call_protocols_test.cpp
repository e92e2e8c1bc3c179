// Calls of methods with underscores, which operators, statements and built-in functions stand for.

#include <doctest/doctest.h>

#include <cstdint>
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

TEST_CASE("apply sources: what a handler caught is an exception, and no object of another class") {
  SourcedProgram p(
      "class Node:\n  def __str__(self): pass\nclass Error(Exception):\n  def __str__(self): pass\ndef f(x):\n"
      "  try:\n    y = str(x)\n  except (ValueError, TypeError) as e:\n    y = str(e)\n  except Error as x:\n"
      "    y = str(x)\n  return y\n");
  const FunctionId f = p.function("f", 5, 2);
  p.call(f, p.function("__str__", 2, 2), 2, 20);
  p.call(f, p.function("__str__", 4), 1, 30);
  p.finish();
  CHECK(p.lines_of("__str__") == "7*2=20 11*1=30");
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

TEST_CASE("apply sources: a literal is no operand of an operator that another one took it from") {
  SourcedProgram p(
      "class V:\n  def __add__(self, o): pass\n  def __mul__(self, o): pass\n  def __rmul__(self, o): pass\n"
      "def f(a, b, c):\n  c[0] == 2\n  return a * 2 + b\ndef g(x):\n  y = 3 * x\n  return x * 3 * x\n");
  p.call(p.function("f", 5), p.function("__add__", 2), 1, 10);
  const FunctionId g = p.function("g", 8);
  p.call(g, p.function("__rmul__", 4), 1, 20);
  p.call(g, p.function("__mul__", 3, 2), 2, 40);
  p.finish();
  CHECK(p.lines_of("__add__") == "7*1=10");
  CHECK(p.lines_of("__rmul__") == "9*1=20");
  CHECK(p.lines_of("__mul__") == "10*2=40");
}

TEST_CASE("apply sources: async with awaits __aexit__, no other await does") {
  SourcedProgram p(
      "class D:\n  async def __aexit__(self, *e): pass\nasync def f(d, q):\n  async with d:\n    await q.ask()\n    "
      "await q\n");
  p.call(p.function("f", 3), p.function("__aexit__", 2), 1, 10);
  p.finish();
  CHECK(p.lines_of("__aexit__") == "4*1=10");
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
  CHECK(p.lines_of("g") == "8*19=190 10*1=10");
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

TEST_CASE("apply sources: what a range gives are numbers, which no method of a class shows") {
  SourcedProgram p(
      "def f(n):\n  for i in range(50):\n    names.append(f'{i}')\n  return str(n)\nclass C:\n  def __str__(self): "
      "pass\n");
  p.call(p.function("f", 1), p.function("__str__", 6, 10), 10, 100);
  p.finish();
  CHECK(p.lines_of("__str__") == "4*10=100");
}
