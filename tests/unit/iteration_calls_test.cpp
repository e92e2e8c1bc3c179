// Going through objects and generators: who is asked for iterators and items, and where generators are resumed.

#include <doctest/doctest.h>

#include <string>

#include <profconv/transforms.hpp>

#include "support/sourced_program.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE("apply sources: what has no __iter__ is iterated by its items") {
  SourcedProgram p("class C:\n  def __getitem__(self, i): pass\ndef f():\n  c = C()\n  for x in c:\n    x[0]\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("__getitem__", 2), 9, 90);
  p.finish();
  CHECK(p.lines_of("__getitem__").find("5*") == 0);
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

TEST_CASE("apply sources: an await is no loop") {
  SourcedProgram p(
      "class A:\n  async def __anext__(self): pass\nasync def f(t):\n  async for v in A():\n    pass\n  await t\n");
  const FunctionId f = p.function("f", 3);
  p.call(f, p.function("__anext__", 2), 4, 40);
  p.finish();
  CHECK(p.lines_of("__anext__") == "4*4=40");
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

TEST_CASE("apply sources: who goes through an object runs its __iter__, if that is a generator") {
  SourcedProgram p(
      "class Bag:\n  def __iter__(self):\n    yield 1\ndef f():\n  bag = Bag()\n  for x in bag: pass\n  return "
      "list(bag)\n");
  const FunctionId f = p.function("f", 4);
  p.call(f, p.function("__iter__", 2, 4), 4, 40);
  p.finish();
  CHECK(p.lines_of("__iter__") == "6*3=32 7*1=8");
}

TEST_CASE("apply sources: an await resumes what a decorator put in the place of a coroutine") {
  SourcedProgram p(
      "def timed(fn):\n  async def wrapper(*a): return await fn(*a)\n  return wrapper\n@timed\n"
      "async def fetch(job): pass\nasync def f(queue):\n  job = await queue.get()\n  return await fetch(job)\n"
      "async def g(queue, x):\n  job = await queue.get()\n  return await x.fetch(job)\n");
  const FunctionId wrapper = p.function("wrapper", 2, 2);
  p.call(p.function("f", 6), wrapper, 1, 10);
  p.call(p.function("g", 9), wrapper, 1, 20);
  p.finish();
  CHECK(p.lines_of("wrapper") == "8*1=10 11*1=20");
}

TEST_CASE("apply sources: an await resumes no coroutine of another object's class or of other arguments") {
  SourcedProgram p(
      "class Client:\n  async def get(self, url): pass\nclass Worker:\n  async def run(self):\n"
      "    item = await self.queue.get()\n    await self.client.get(item)\nclass Queue:\n  async def get(self, url): "
      "pass\nasync def f(x):\n  q, c = Queue(), Client()\n  await q.get(1)\n  await x.get(1)\n  await c.get(1)\n");
  const FunctionId get = p.function("get", 2, 2), run = p.function("run", 4);
  p.module("queues", "class Queue:\n  async def get(self): pass\n", 100);
  p.call(run, get, 1, 10);
  p.call(run, p.function_of("queues", "get", 2), 1, 30);
  p.call(p.function("f", 9), get, 1, 20);
  p.finish();
  CHECK(p.lines_of("get") == "6*1=10 5*1=30 13*1=20");
}

TEST_CASE("apply sources: an attribute that is declared to be anything may be a generator of its name") {
  SourcedProgram p(
      "from typing import Any\nclass Mixin:\n  items: Any\n  def f(self, c):\n    yield from self.items(1)\n"
      "    if c:\n      yield from c.items(1)\nclass C(Mixin):\n  def items(self, n):\n    yield n\n");
  p.module("typing", "class Any: pass\n", 100);
  p.call(p.function("f", 4, 10), p.function("items", 9, 20), 20, 200);
  p.finish();
  CHECK(p.lines_of("items") == "5*15=150 7*5=50");
}
