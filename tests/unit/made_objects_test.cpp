// Making objects and calling them: constructors, metaclasses, `__call__`, what decorators put in a function's place.

#include <doctest/doctest.h>

#include <string>

#include <profconv/transforms.hpp>

#include "support/sourced_program.hpp"

using namespace profconv;
using namespace profconv::test;

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

TEST_CASE("apply sources: a variable that holds one of several classes makes each of them") {
  SourcedProgram p(
      "class A:\n  def __init__(self, n): pass\nclass B(A):\n  def __init__(self, n): pass\n"
      "def f(n):\n  if n:\n    klass = A\n  else:\n    klass = B\n  return klass(n)\n");
  const FunctionId f = p.function("f", 5, 10);
  p.call(f, p.function("__init__", 2, 5), 5, 50);
  p.call(f, p.function("__init__", 4, 5), 5, 70);
  p.finish();
  CHECK(p.lines_of("__init__") == "10*5=50 10*5=70");
}

TEST_CASE("apply sources: super().__init__() makes no other objects") {
  SourcedProgram p(
      "class Item:\n  def __init__(self, n): pass\nclass Err(Exception):\n  def __init__(self, n):\n"
      "    super().__init__(n)\n    self.a = Item(n)\nclass Base:\n  def __init__(self, n): pass\n"
      "class Kid(Base):\n  def __init__(self, n):\n    Base.__init__(self, n)\n    self.b = Item(n)\n");
  const FunctionId item = p.function("__init__", 2, 2);
  p.call(p.function("__init__", 4), item, 1, 10);
  p.call(p.function("__init__", 10), item, 1, 20);
  p.finish();
  CHECK(p.lines_of("__init__") == "6*1=10 12*1=20");
}

TEST_CASE("apply sources: __init__ of a base is called for the object itself and for others that inherit it") {
  SourcedProgram p(
      "class Widget:\n  def __init__(self, n): pass\nclass Label(Widget): pass\nclass Window(Widget):\n"
      "  def __init__(self, n):\n    super().__init__(n)\n    self.a = Label(n)\n");
  p.call(p.function("__init__", 5, 10), p.function("__init__", 2, 20), 20, 200);
  p.finish();
  CHECK(p.lines_of("__init__") == "6*10=100 7*10=100");
}

TEST_CASE("apply sources: an __init__ that was made at run time is called by super() of a class that has one") {
  SourcedProgram p(
      "import dataclasses\n@dataclasses.dataclass\nclass Data:\n  x: int\nclass Kid(Data):\n"
      "  def __init__(self, n):\n    super().__init__(n)\n    self.a = Data(n)\nclass Err(Exception):\n"
      "  def __init__(self, n):\n    super().__init__(n)\n    self.a = Data(n)\n");
  const FunctionId made = p.generated("__init__");
  p.call(p.function("__init__", 6), made, 2, 20);
  p.call(p.function("__init__", 10), made, 2, 40);
  p.finish();
  CHECK(p.lines_of("__init__") == "7*1=10 8*1=10 12*2=40");
}
