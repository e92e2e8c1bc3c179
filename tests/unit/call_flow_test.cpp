// How often each place made a call: branches, loops, exits, and what runs whenever the function does.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <profconv/transforms.hpp>

#include "support/sourced_program.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE("apply sources: counts decide between branches") {
  // g is called 10 times in 100: in the branch that h, called 10 times, is in.
  SourcedProgram p(
      "def f(x):\n  if x:\n    h()\n    g()\n  else:\n    k()\n    g()\ndef g(): pass\ndef h(): pass\ndef k(): pass\n");
  const FunctionId f = p.function("f", 1, 100);
  p.call(f, p.function("g", 8, 100), 100, 1000);
  p.call(f, p.function("h", 9, 10), 10, 10);
  p.call(f, p.function("k", 10, 90), 90, 90);
  p.finish();
  CHECK(p.lines_of("g") == "4*10=100 7*90=900");
}

TEST_CASE("apply sources: a branch whose calls were never made did not run") {
  SourcedProgram p("def f(x):\n  if x:\n    h()\n    g()\n  else:\n    g()\ndef g(): pass\ndef h(): pass\n");
  const FunctionId f = p.function("f", 1, 100);
  p.call(f, p.function("g", 7, 100), 100, 1000);
  p.function("h", 8, 1);
  p.finish();
  CHECK(p.lines_of("g") == "4*1=5 6*99=995");
}

TEST_CASE("apply sources: one call is on one line, whatever the candidates") {
  SourcedProgram p("def f(x):\n  if x:\n    return g(1)\n  elif x:\n    return g(2)\n  return g(3)\ndef g(x): pass\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("g", 7), 1, 33);
  p.finish();
  CHECK(std::ranges::count(p.lines_of("g"), '*') == 1);
}

TEST_CASE("apply sources: a block is left as often as what follows in it does not run") {
  // g is called 48 times in 60: the exit before it was taken 12 times, whatever is likely.
  SourcedProgram p(
      "def f(n):\n  if n == 0:\n    raise E(7)\n  x = g(n)\n  if n % 3 == 0:\n    raise E(n)\n  return x\n"
      "class E(Exception):\n  def __init__(self, c): pass\ndef g(n): pass\n");
  const FunctionId f = p.function("f", 1, 60);
  p.call(f, p.function("__init__", 9, 24), 24, 240);
  p.call(f, p.function("g", 10, 48), 48, 48);
  p.finish();
  CHECK(p.lines_of("__init__") == "3*12=120 6*12=120");
}

TEST_CASE("apply sources: what follows an exit may be a try, whose handler runs as often as its calls tell") {
  SourcedProgram p(
      "def f(n):\n  if n == 0:\n    raise E(7)\n  try:\n    return f(n - 1)\n  except E:\n    if n % 3 == 0:\n"
      "      raise E(n)\n    raise\nclass E(Exception):\n  def __init__(self, c): pass\n");
  const FunctionId f = p.function("f", 1, 780);
  p.call(f, f, 720, 720);
  p.call(f, p.function("__init__", 11, 300), 300, 300);
  p.finish();
  CHECK(p.lines_of("__init__") == "3*60=60 8*240=240");
}

TEST_CASE("apply sources: of several exits none is taken more often than what follows leaves") {
  SourcedProgram p(
      "def f(n):\n  if n == 0:\n    return h(7)\n  elif n == 1:\n    return 0\n  g(n)\n  return h(n)\n"
      "def g(n): pass\ndef h(n): pass\n");
  const FunctionId f = p.function("f", 1, 60);
  p.call(f, p.function("g", 8, 59), 59, 59);
  p.call(f, p.function("h", 9, 60), 60, 60);
  p.finish();
  CHECK(p.lines_of("h") == "3*1=1 7*59=59");
}

TEST_CASE("apply sources: a loop runs as often as there are items, if they are written there") {
  SourcedProgram p(
      "def f(ys):\n  for i in range(60):\n    g(i)\n  for y in ys:\n    g(y)\n  for y in 1, 2:\n    with y:\n"
      "      h(y)\n  while more():\n    h(0)\ndef g(x): pass\ndef h(x): pass\ndef more(): pass\n");
  const FunctionId f = p.function("f", 1, 2);
  p.call(f, p.function("g", 11, 126), 126, 126);
  p.call(f, p.function("h", 12, 104), 104, 104);
  p.finish();
  CHECK(p.lines_of("g") == "3*120=120 5*6=6");
  CHECK(p.lines_of("h") == "8*4=4 10*100=100");
}

TEST_CASE("apply sources: a loop that may end early goes round no more often than there are items") {
  SourcedProgram p("def f(ys):\n  for i in range(5):\n    if g(i): break\n  for y in ys:\n    g(y)\ndef g(x): pass\n");
  const FunctionId f = p.function("f", 1, 2);
  p.call(f, p.function("g", 6, 100), 100, 100);
  p.finish();
  CHECK(p.lines_of("g") == "3*10=10 5*90=90");
}

TEST_CASE("apply sources: a coroutine that constant loops await") {
  SourcedProgram p(
      "async def f(q, ws):\n  for i in range(60):\n    await q.put(i)\n  for _ in ws:\n    await q.put(None)\n"
      "class Q:\n  async def put(self, x): pass\n");
  p.call(p.function("f", 1, 64), p.function("put", 7, 63), 63, 63);
  p.finish();
  CHECK(p.lines_of("put") == "3*60=60 5*3=3");
}

TEST_CASE("apply sources: what follows a try that returns is hardly ever reached") {
  SourcedProgram p("def f(x):\n  try:\n    return g(x)\n  except E:\n    pass\n  return g(0)\ndef g(x): pass\n");
  const FunctionId f = p.function("f", 1, 100);
  p.call(f, p.function("g", 7, 100), 100, 1000);
  p.finish();
  CHECK(p.lines_of("g") == "3*100=1000");
}

TEST_CASE("apply sources: a loop over a generator that never ran, did not run") {
  SourcedProgram p("def f(x):\n  for a in gen():\n    g()\n  g()\ndef gen():\n  yield 1\ndef g(): pass\n");
  const FunctionId f = p.function("f", 1, 10);
  p.call(f, p.function("g", 7, 10), 10, 1000);
  p.finish();
  CHECK(p.lines_of("g") == "4*10=1000");
}

TEST_CASE("apply sources: what runs whenever the function does has its calls first, a loop and a branch what is left") {
  for (const auto& [calls, lines] : {std::pair(90, "2*90=90"), std::pair(270, "2*90=90 4*180=180")}) {
    SourcedProgram p("def f(x):\n  a = g(x)\n  while more(x):\n    a = g(a)\ndef g(x): pass\ndef more(x): pass\n");
    const FunctionId f = p.function("f", 1, 90);
    p.call(f, p.function("g", 5, calls), calls, calls);
    p.call(f, p.function("more", 6, calls), calls, calls);
    p.finish();
    CHECK(p.lines_of("g") == lines);
  }
  SourcedProgram fewer("def f(x):\n  g(x)\n  for y in x:\n    g(y)\ndef g(x): pass\n");
  fewer.call(fewer.function("f", 1, 90), fewer.function("g", 5, 30), 30, 30);
  fewer.finish();
  CHECK(fewer.lines_of("g") == "2*30=30");
}

TEST_CASE("apply sources: what a function calls whenever it runs is the only callee that may be there, named or not") {
  SourcedProgram p(
      "class App:\n  def __call__(self, n): pass\ndef run(app, n):\n  out = app(n)\n"
      "  close = getattr(app, 'close', None)\n  if close is not None:\n    close()\n  return out\n");
  const FunctionId run = p.function("run", 3, 90);
  p.call(run, p.function("__call__", 2, 90), 90, 900);
  p.finish();
  CHECK(p.lines_of("__call__") == "4*90=900");
}

TEST_CASE("apply sources: a statement that runs once makes one call of what nothing names") {
  SourcedProgram p(
      "class M: pass\nsetattr(M, 'create', make())\nm = M()\nm.create(0)\nfor i in range(20):\n  m.create(i)\n"
      "m.create(3)\ndef make():\n  def method(self, n): pass\n  return method\n");
  const FunctionId m = p.function("<module>", 1, 1);
  p.call(m, p.function("method", 9, 22), 22, 2200);
  p.finish();
  CHECK(p.lines_of("method") == "4*1=100 6*20=2000 7*1=100");
}

TEST_CASE("apply sources: where a call is the callee's for sure it is made first, others may make what is left") {
  const char* const text = "def run(x): pass\ndef f(p):\n  run(1)\n  for t in p:\n    p.run(t)\n";
  const auto lines = [&](std::int64_t calls) {
    SourcedProgram p(text);
    p.call(p.function("f", 2), p.function("run", 1), calls, 10 * calls);
    p.finish();
    return p.lines_of("run");
  };
  CHECK(lines(1) == "3*1=10");
  CHECK(lines(4) == "3*1=10 5*3=30");

  SourcedProgram p("def run(x): pass\ndef f(p, items):\n  for t in items:\n    run(t)\n  p.run(1)\n");
  p.call(p.function("f", 2), p.function("run", 1), 100, 1000);  // more than anybody would guess of the loop
  p.finish();
  CHECK(p.lines_of("run") == "4*100=1000");
}

TEST_CASE("apply sources: what ends in raise hardly ever runs") {
  SourcedProgram p("def f(x):\n  if x:\n    raise ValueError(show(x))\n  return show(x)\ndef show(x): pass\n");
  const FunctionId f = p.function("f", 1, 100);
  p.call(f, p.function("show", 5, 100), 100, 1000);
  p.finish();
  const std::string lines = p.lines_of("show");
  CHECK(lines.find("4*9") != std::string::npos);
}

TEST_CASE("apply sources: what a try makes each time leaves nothing for what stands behind a return") {
  // len was called as often as f, in the first try: nothing behind the return ran.
  SourcedProgram p(
      "def f(x, y=None):\n  try:\n    n = len(x)\n  except E:\n    n = 3\n  if y is None:\n    return g(x)\n"
      "  try:\n    m = len(y)\n  except E:\n    m = 4\n  return g(y)\ndef g(x): pass\n");
  const FunctionId f = p.function("f", 1, 1000);
  p.call(f, p.function("<built-in method builtins.len>", 0, 1000), 1000, 1000);
  p.call(f, p.function("g", 13, 1000), 1000, 5000);
  p.finish();
  CHECK(p.lines_of("<built-in method builtins.len>") == "3*1000=1000");
  CHECK(p.lines_of("g") == "7*999=4995 12*1=5");
}

TEST_CASE("apply sources: code whose calls the profile does not have hardly ran") {
  const auto lines_of_g = [](const std::string& text, std::uint32_t line) {
    SourcedProgram p(text);
    p.call(p.function("f", 2, 100), p.function("g", line, 100), 100, 1000);
    p.finish();
    return p.lines_of("g");
  };
  // A function of a module that is not in the profile; a type of one calls nothing that shows.
  CHECK(lines_of_g("import time\ndef f(t):\n  if t is None:\n    g(1)\n  else:\n    g(t - time.monotonic())\n"
                   "def g(x): pass\n",
                   7) == "4*95=950 6*5=50");
  CHECK(lines_of_g("import time\ndef f(t):\n  if t is None:\n    g(1)\n  else:\n    g(t - time.timedelta())\n"
                   "def g(x): pass\n",
                   7) == "4*50=500 6*50=500");
  // A method by another name.
  CHECK(lines_of_g("import x\ndef f(t):\n  seen = set()\n  add = seen.add\n  if t:\n    g(1)\n  else:\n    add(2)\n"
                   "    g(2)\ndef g(x): pass\n",
                   10) == "6*97=974 9*3=26");
  // A class with an __init__ of its own.
  CHECK(lines_of_g("import x\ndef f(t):\n  if t:\n    g(1)\n  else:\n    c = C\n    g(c(t))\ndef g(x): pass\n"
                   "class C:\n  def __init__(self, x): pass\n",
                   8) == "4*99=990 7*1=10");
}

TEST_CASE("apply sources: what the known places leave of the calls is what the one other block made") {
  SourcedProgram p(
      "def f(n):\n  if n < 2:\n    return 1\n  if n % 3:\n    r = g(n)\n  else:\n    r = best(g(n - 1), g(n - 2))\n  "
      "return r\n"
      "def g(n): pass\ndef best(a, b): pass\n");
  const FunctionId f = p.function("f", 1, 3000);
  p.call(f, p.function("g", 9, 3997), 3997, 3997);
  p.call(f, p.function("best", 10, 999), 999, 999);
  p.finish();
  CHECK(p.lines_of("g") == "5*1999=1999 7*1998=1998");
}

TEST_CASE("apply sources: a loop goes round more often before what hardly ever runs in it does") {
  // g is called 1,000 times in 50: nobody says how often the loop goes round.
  SourcedProgram p(
      "def f(xs):\n  for x in xs:\n    if x < 0:\n      raise E(g(x))\n    g(x)\n  else:\n    h()\ndef g(x): pass\n"
      "def h(): pass\nclass E(Exception): pass\n");
  const FunctionId f = p.function("f", 1, 50);
  p.call(f, p.function("g", 8, 1000), 1000, 1000);
  p.finish();
  CHECK(p.lines_of("g") == "4*26=26 5*974=974");
}

TEST_CASE("apply sources: what raises in a loop runs no more often than the function") {
  SourcedProgram p(
      "def f(xs):\n  while xs:\n    if a(xs):\n      raise E(g(1))\n    if xs:\n      g(2)\ndef g(x): pass\n");
  const FunctionId f = p.function("f", 1, 10);
  p.call(f, p.function("g", 7, 1000), 1000, 1000);
  p.finish();
  CHECK(p.lines_of("g") == "4*10=10 6*990=990");
}

TEST_CASE("apply sources: the condition of a while is asked once more than it holds") {
  SourcedProgram p(
      "def f(s):\n  while g(s):\n    h(s)\n    g(0)\ndef g(s): pass\ndef h(s): pass\n"
      "def k(s):\n  if s:\n    return h(s)\n  g(s)\n  while m(s):\n    g(0)\ndef m(s): pass\n");
  const FunctionId f = p.function("f", 1, 20), k = p.function("k", 7, 100), g = p.function("g", 5, 370);
  const FunctionId h = p.function("h", 6, 140);
  p.call(f, g, 220, 220);
  p.call(f, h, 100, 100);
  p.call(k, h, 40, 40);
  p.call(k, g, 150, 150);
  p.call(k, p.function("m", 13, 150), 150, 150);
  p.finish();
  CHECK(p.lines_of("g") == "2*120=120 4*100=100 10*60=60 12*90=90");
}

TEST_CASE("apply sources: a function that remembers its results is not called each time that it is asked") {
  SourcedProgram p(
      "import functools\ndef f(n):\n  a = g(n)\n  if n:\n    g(n - 1)\n@functools.lru_cache(None)\n"
      "def g(n): pass\n");
  const FunctionId f = p.function("f", 2, 100);
  p.call(f, p.function("g", 6, 60), 60, 600);
  p.finish();
  CHECK(p.lines_of("g") == "3*40=400 5*20=200");
}

TEST_CASE("apply sources: what may be another's call explains nothing where the callee's own do") {
  SourcedProgram p("def f(self, xs):\n  self.sink.append(0)\n  kept = []\n  for x in xs:\n    kept.append(x)\n");
  const FunctionId f = p.function("f", 1, 10);
  p.call(f, p.function("<method 'append' of 'list' objects>", 0, 1000), 1000, 1000);
  p.finish();
  CHECK(p.lines_of("<method 'append' of 'list' objects>") == "5*1000=1000");
}
