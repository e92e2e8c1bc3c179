// Attributes that call something where they are read or stored: properties, `__getattr__`, members of enumerations.

#include <doctest/doctest.h>

#include <string>

#include <profconv/transforms.hpp>

#include "support/sourced_program.hpp"

using namespace profconv;
using namespace profconv::test;

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

TEST_CASE("apply sources: x = property(lambda self: ...)") {
  SourcedProgram p(
      "class C:\n  p = property(lambda self: 1, lambda self, v: v)\n  q = property(lambda self: 2)\ndef f():\n"
      "  c = C()\n  c.q\n  c.p\ndef g():\n  c = C()\n  c.p = 1\n  c.q\n");
  p.call(p.function("f", 4), p.function("<lambda>", 2), 1, 10);
  p.call(p.function("g", 8), p.function("<lambda>", 3), 1, 20);
  p.finish();
  CHECK(p.lines_of("<lambda>") == "7*1=10 11*1=20");
}

TEST_CASE("apply sources: a module's __getattr__ makes the names that it does not have otherwise") {
  SourcedProgram p("import lazy\ndef f(x):\n  lazy.there(x)\n  lazy.made(x)\n  x.made\n  lazy.kept\n");
  p.module("lazy", "def __getattr__(name):\n  global kept\n  kept = name\n  return kept\ndef there(x): pass\n", 100);
  p.call(p.function("f", 2), p.function_of("lazy", "__getattr__", 1), 2, 10);
  p.finish();
  CHECK(p.lines_of("__getattr__") == "4*1=5 6*1=5");
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

TEST_CASE("apply sources: an attribute that the object was given is not looked up by __getattr__") {
  SourcedProgram p(
      "class B:\n  def __init__(self, w): self.world = w\nclass C(B):\n  def __getattr__(self, name):\n"
      "    if name == 'made': self.made = 1\n    return self.made\ndef f(c):\n  c.world\n  c.made\ndef g():\n"
      "  c = C(1)\n  c.world\n  c.made\n");
  const FunctionId getter = p.function("__getattr__", 4, 2);
  p.call(p.function("f", 7), getter, 1, 10);
  p.call(p.function("g", 10), getter, 1, 20);
  p.finish();
  CHECK(p.lines_of("__getattr__") == "9*1=10 13*1=20");
}

TEST_CASE("apply sources: __getattr__ is not asked for methods that are called there") {
  SourcedProgram p(
      "class C:\n  def __getattr__(self, name): pass\nclass World:\n  def near(self): pass\ndef f(c):\n"
      "  c.world.append(1)\n  c.world.near()\n  return c.made\ndef g(c):\n  return c.near()\n");
  const FunctionId f = p.function("f", 5, 3), g = p.function("g", 9), near = p.function("near", 4, 4);
  const FunctionId getter = p.function("__getattr__", 2, 10);
  p.call(f, near, 3, 3);
  p.call(f, p.function("<method 'append' of 'list' objects>", 0, 3), 3, 3);
  p.call(f, getter, 9, 90);
  p.call(g, near, 1, 1);
  p.call(g, getter, 1, 20);
  p.finish();
  CHECK(p.lines_of("__getattr__") == "6*3=30 7*3=30 8*3=30 10*1=20");
}

TEST_CASE("apply sources: a descriptor is asked for attributes of the names that classes have such objects by") {
  SourcedProgram p(
      "class Field:\n  def __get__(self, o, c): pass\n  def __set__(self, o, v): pass\nclass Ref(Field):\n"
      "  def __get__(self, o, c): pass\nclass Book:\n  title = Field()\n  author = Ref()\n  pages = 3\n"
      "def f(book):\n  book.pages\n  book.author\n  book.title\ndef g():\n  b = Book()\n  b.pages = 1\n"
      "  b.author = 2\n  b.title = 3\ndef h():\n  b = Book()\n  b.pages\n  b.author\n  b.title\n");
  const FunctionId field = p.function("__get__", 2, 2), ref = p.function("__get__", 5, 2);
  const FunctionId f = p.function("f", 10), h = p.function("h", 19);
  p.call(f, field, 1, 10);
  p.call(f, ref, 1, 20);
  p.call(p.function("g", 14), p.function("__set__", 3, 2), 2, 40);
  p.call(h, field, 1, 50);
  p.call(h, ref, 1, 60);
  p.finish();
  CHECK(p.lines_of("__get__") == "13*1=10 12*1=20 23*1=50 22*1=60");
  CHECK(p.lines_of("__set__") == "17*1=20 18*1=20");
}

TEST_CASE("apply sources: an attribute of what a descriptor gives is none of the descriptor's") {
  SourcedProgram p(
      "class Field:\n  def __get__(self, o, c): pass\n  def __set__(self, o, v): pass\nclass Author:\n"
      "  name = Field()\nclass Book:\n  author = Field()\ndef f():\n  b = Book()\n  b.author = 1\n"
      "  b.author.name = 2\n");
  p.call(p.function("f", 8), p.function("__set__", 3, 2), 2, 40);
  p.finish();
  CHECK(p.lines_of("__set__") == "10*1=20 11*1=20");
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

TEST_CASE("apply sources: an attribute of an object of another class is not a class's property of that name") {
  SourcedProgram p(
      "class D:\n  def __init__(self, f): self.f = f; self.name = 'x'\n  def __get__(self, o, c):\n    x = self.name\n"
      "    return self.f(o)\nclass E:\n  @D\n  def name(self): pass\n  @property\n  def name(self): pass\n");
  p.call(p.function("__get__", 3, 10), p.function("name", 9, 10), 10, 100);
  p.finish();
  CHECK(p.lines_of("name") == "5*10=100");
}

TEST_CASE("apply sources: an operator whose method has a second name") {
  SourcedProgram p(
      "class P:\n  def __init__(self, c): self.c = c\n  def __mul__(self, o): pass\n  __rmul__ = __mul__\n"
      "def f():\n  p = P(1)\n  q = 3 * p\n  return p * p\n");
  const FunctionId f = p.function("f", 5, 10);
  p.call(f, p.function("__mul__", 3, 10), 10, 100);
  p.finish();
  CHECK(p.lines_of("__mul__") == "7*5=50 8*5=50");
}

TEST_CASE("apply sources: operators that a call made for a class call what stands in it") {
  SourcedProgram p(
      "class N:\n  def make(op):\n    def forward(a, b): pass\n    def reverse(b, a): pass\n"
      "    return forward, reverse\n  __add__, __radd__ = make(1)\n  __mul__, __rmul__ = make(2)\n"
      "  __matmul__ = make(3)\ndef f():\n  n = N()\n  k = 1\n  n + k\n  n - k\n  n * k\n  n @ k\n");
  const FunctionId f = p.function("f", 9);
  p.call(f, p.function("forward", 3, 3), 3, 30);
  p.finish();
  CHECK(p.lines_of("forward") == "12*1=10 14*1=10 15*1=10");
}

TEST_CASE("apply sources: a variable that holds what a function chose may be any of it") {
  SourcedProgram p(
      "class C:\n  def chosen(self, a):\n    if a:\n      return getattr(self, a)\n    return self.check\n"
      "  def check(self, a): pass\n  def check_list(self, a): pass\n  def equal(self, a):\n"
      "    function = self.chosen(a)\n    function(a)\n");
  const FunctionId equal = p.function("equal", 8, 10);
  p.call(equal, p.function("chosen", 2, 10), 10, 10);
  p.call(equal, p.function("check", 6, 5), 5, 50);
  p.call(equal, p.function("check_list", 7, 5), 5, 70);
  p.finish();
  CHECK(p.lines_of("check_list") == "10*5=70");
  CHECK(p.lines_of("check") == "10*5=50");
}

TEST_CASE("apply sources: what shows in the profile does not call in its caller's name") {
  SourcedProgram p("def w(x): pass\ndef f():\n  handlers = []\n  handlers.append(w)\n  for h in handlers:\n    h(1)\n");
  const FunctionId f = p.function("f", 2, 10);
  p.call(f, p.function("<method 'append' of 'list' objects>", 0, 10), 10, 10);
  p.call(f, p.function("w", 1, 10), 10, 100);
  p.finish();
  CHECK(p.lines_of("w") == "6*10=100");
}
