#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "source/python_scan.hpp"
#include "source/python_tokens.hpp"

using namespace profconv;
using Value = PythonScan::Value;
using Block = PythonScan::Block;

namespace {

/// "qualified:first-last" of every scope but the module.
std::vector<std::string> scopes(std::string_view text) {
  const PythonScan scan = scan_python(text);
  std::vector<std::string> found;
  for (std::uint32_t s = 1; s < scan.scopes.size(); ++s) {
    found.push_back(qualified_name(scan, s) + ":" + std::to_string(scan.scopes[s].first_line) + "-" +
                    std::to_string(scan.scopes[s].last_line));
  }
  return found;
}

using Names = std::vector<std::string>;

/// "name:line" of every call, the name being that of the function or method.
Names calls(std::string_view text) {
  const PythonScan scan = scan_python(text);
  Names found;
  for (const Value& value : scan.values) {
    if (value.kind != Value::Kind::call) continue;
    const std::string name(value.base == PythonScan::none ? "" : scan.values[value.base].name);
    found.push_back(name + ":" + std::to_string(value.line));
  }
  return found;
}

/// The kind of block in which a call of `name` stands, and of those around it, from the inside.
std::vector<Block::Kind> blocks_of(const PythonScan& scan, std::string_view name) {
  std::vector<Block::Kind> kinds;
  for (const Value& value : scan.values) {
    if (value.kind != Value::Kind::call || scan.values[value.base].name != name) continue;
    for (std::uint32_t b = value.block; b != PythonScan::none; b = scan.blocks[b].parent)
      kinds.push_back(scan.blocks[b].kind);
    break;
  }
  return kinds;
}

}  // namespace

TEST_CASE("python scan: functions, classes, lambdas and comprehensions with their names and lines") {
  CHECK(scopes("def f(a, b=1):\n  def g():\n    pass\n  return g\n\nclass C(f):\n  def m(self): pass\n") ==
        Names{"f:1-4", "f.<locals>.g:2-3", "C:6-7", "C.m:7-7"});
  CHECK(scopes("x = lambda a, b=(1, 2): [a for a in b]\n") ==
        Names{"<lambda>:1-1", "<lambda>.<locals>.<listcomp>:1-1"});
  CHECK(scopes("sum(\n x for x in y)\n{a: b for a, b in c}\n{a for a in b}") ==
        Names{"<genexpr>:1-2", "<dictcomp>:3-3", "<setcomp>:4-4"});
  CHECK(scopes("[(lambda: x) for x in y]") == Names{"<listcomp>.<lambda>:1-1", "<listcomp>:1-1"});
}

TEST_CASE("python scan: how the fields of text are converted") {
  const PythonScan scan = scan_python("f'{a} {b!r:>{w}} {c=} {d=:5} {e=!s} {g!a}'\n");
  Names found;
  for (const Value& value : scan.values) {
    if (value.kind != Value::Kind::format) continue;
    found.push_back(std::string(scan.values[value.base].name) + ":" + std::string(value.name));
  }
  CHECK(found == Names{"a:", "w:", "b:r", "c:r", "d:", "e:s", "g:a"});
}

TEST_CASE("python scan: what is read, stored and deleted") {
  const PythonScan scan = scan_python("a.x\na.y = 1\na.z += 1\ndel a.u, a[0], a.v\n");
  Names read, stored, deleted;
  for (const Value& value : scan.values) {
    if (value.kind != Value::Kind::attribute) continue;
    (value.access() == Value::Access::read    ? read
     : value.access() == Value::Access::store ? stored
                                              : deleted)
        .push_back(std::string(value.name));
  }
  CHECK(read == Names{"x", "z"});
  CHECK(stored == Names{"y", "z"});
  CHECK(deleted == Names{"u", "v"});
}

TEST_CASE("python scan: braces are dicts and sets") {
  const auto literals = [](std::string_view text) {
    Names found;
    for (const Value& value : scan_python(text).values) {
      if (value.kind == Value::Kind::literal && value.name != "number") found.emplace_back(value.name);
    }
    return found;
  };
  CHECK(literals("{}\n{1: 2}\n{1: 2, 3: 4,}\n{**a}\n{**a, 1: 2}\n{\n}\n") ==
        Names{"dict", "dict", "dict", "dict", "dict", "dict"});
  CHECK(literals("{1}\n{1, 2}\n{*a}\n{*a, 1}\n{1,}\n") == Names{"set", "set", "set", "set", "set"});
}

TEST_CASE("python scan: of a table of literals no parts are kept, of others all") {
  const auto kept = [](std::string_view text) {
    Names found;
    for (const Value& value : scan_python(text).values) found.emplace_back(value.name);
    return found;
  };
  CHECK(kept("[(1, 'a', [2, 3]), (4, 'b', [])]\n") == Names{"list"});
  CHECK(kept("{1: {'a': 2}, (3, 4): {5}}\n") == Names{"dict"});
  CHECK(kept("[1, a]\n") == Names{"number", "a", "list"});
  CHECK(kept("{1: a}\n") == Names{"number", "a", "{}", "dict"});
  CHECK(kept("f((1, 2), 3)\n") == Names{"f", "tuple", "number", ""});
  CHECK(kept("[1 if 2 else 3]\n").size() > 1);
}

TEST_CASE("python scan: what several names are assigned to") {
  // "name=value" of the bindings that are assignments; "?": unknown
  const auto assigned = [](std::string_view text) {
    const PythonScan scan = scan_python(text);
    Names found;
    for (const PythonScan::Binding& b : scan.bindings) {
      if (b.kind != PythonScan::Binding::Kind::assignment && b.kind != PythonScan::Binding::Kind::attribute) continue;
      found.push_back(std::string(b.name) + "=" +
                      (b.value == PythonScan::none ? "?" : std::string(scan.values[b.value].name)));
    }
    return found;
  };
  CHECK(assigned("a, b = x, y\n") == Names{"a=x", "b=y"});
  CHECK(assigned("a, b = x\n") == Names{"a==", "b=="});  // of what is gone through
  CHECK(assigned("a, b = x, y, z\n") == Names{"a=?", "b=?"});
  CHECK(assigned("a, *b = x, y\n") == Names{"a=?", "b=?"});
  CHECK(assigned("a, b = *x, y\n") == Names{"a=?", "b=y"});
  CHECK(assigned("a, b = x + 1, y\n") == Names{"a=?", "b=y"});
  CHECK(assigned("a, b = 0, ''\n") == Names{"a=?", "b=str"});
  CHECK(assigned("a, b = number, y\n") == Names{"a=number", "b=y"});
  CHECK(assigned("self.a, self.b = x, y\n") == Names{"a=x", "b=y"});
  CHECK(assigned("a, b = c = x, y\n") == Names{"a=x", "b=y", "c=?"});
  CHECK(assigned("a, b[0] = x, y\nc = z\n") == Names{"a=x", "c=z"});
}

TEST_CASE("python scan: the first line is that of the first decorator") {
  CHECK(scopes("@a\n@b(1,\n  2)\n\ndef f():\n  x\n  y\n\n\n\nz\n") == Names{"f:1-7"});
  CHECK(scopes("@a\nclass C:\n  async def m(self):\n    pass") == Names{"C:1-4", "C.m:3-4"});
}

TEST_CASE("python scan: a name declared global has no parents in its qualified name") {
  CHECK(scopes("def f():\n  global g, C\n  def g(): pass\n  class C:\n    def m(self): pass\n") ==
        Names{"f:1-5", "g:3-3", "C:4-5", "C.m:5-5"});
}

TEST_CASE("python scan: strings, comments and brackets hide nothing and show nothing") {
  CHECK(scopes("x = '''\ndef no(): pass\n'''\n# def no(): pass\ny = (1,\ndef_, 'def no():')\ndef yes(): pass") ==
        Names{"yes:7-7"});
  CHECK(scopes("x = 'it\\'s' \"\\\\\"\ndef f(): pass") == Names{"f:2-2"});
  CHECK(scopes("x = 1 + \\\n  2\ndef f(): pass") == Names{"f:3-3"});
  CHECK(scopes("\xef\xbb\xbf"
               "def f():\r\n\tpass\r\n") == Names{"f:1-2"});
}

TEST_CASE("python scan: f-strings hold expressions, of every version") {
  CHECK(calls("f'{a()} {{b()}} {c(1)!r:>{d()}} {e():%Y-%m}'") == Names{"a:1", "c:1", "d:1", "e:1"});
  CHECK(calls("f\"{f\"{f'{a()}'}\"}\"\nb()") == Names{"a:1", "b:2"});
  CHECK(calls("f'''{\na()\n}'''\nb()") == Names{"a:2", "b:4"});
  CHECK(calls("rf'\\{a()}' f'\\N{LATIN SMALL LETTER A}{b()}'\nc()") == Names{"a:1", "b:1", "c:2"});
  CHECK(calls("t'{a()=}'\nb()") == Names{"a:1", "b:2"});
  CHECK(calls("f'{x:{y}' + a()") == Names{"a:1"});  // not closed: ends with the text
}

TEST_CASE("python scan: a call has the line where Python has it") {
  CHECK(calls("f(\n  g(),\n  h()\n)") == Names{"g:2", "h:3", "f:1"});
  CHECK(calls("(a.b()\n  .c()\n  .d())") == Names{"b:1", "c:2", "d:3"});
  CHECK(calls("x = [\n  f(1)(2),\n  y[0](3),\n]") == Names{"f:2", ":2", ":3"});
  CHECK(calls("@d(1)\ndef f(a=g()): pass") == Names{"d:1", "g:2"});
}

TEST_CASE("python scan: Python 2 is read as well") {
  CHECK(calls("print 'x', f(1)\nprint >>g(), `h()`\nexec 'x' in k()\nraise E, i()\n") ==
        Names{"f:1", "g:2", "h:2", "k:3", "i:4"});
  CHECK(scopes("try:\n  pass\nexcept E, e:\n  def f((a, b), c): return 0777L\n") == Names{"f:4-4"});
}

TEST_CASE("python scan: match, case, type and print may be names") {
  CHECK(calls("match = f(1)\nmatch.x = case(2)\nmatch(3)\nmatch[4](5)\nprint(6)") ==
        Names{"f:1", "case:2", "match:3", ":4", "print:5"});
  const PythonScan scan = scan_python("match f():\n  case [a, b] if g(): h()\n  case _:\n    i()\n");
  CHECK(blocks_of(scan, "h").front() == Block::Kind::branch);
  CHECK(blocks_of(scan, "i").front() == Block::Kind::branch);
}

TEST_CASE("python scan: blocks tell what runs equally often") {
  const PythonScan scan = scan_python(
      "def f():\n  a()\n  if b():\n    c()\n  elif d():\n    return e()\n  g()\n  for x in h():\n    i()\n"
      "  while j(): k()\n  l() if m() else n()\n  o() and p()\n  try: q()\n  except r(): s()\n  finally: t()\n");
  using Kind = Block::Kind;
  const auto kind = [&](std::string_view name) { return blocks_of(scan, name).front(); };
  CHECK(kind("a") == Kind::body);
  CHECK(kind("b") == Kind::body);
  CHECK(blocks_of(scan, "c") == std::vector{Kind::branch, Kind::body});
  CHECK(blocks_of(scan, "e") == std::vector{Kind::branch, Kind::branch, Kind::body});
  CHECK(kind("g") == Kind::rest);
  CHECK(blocks_of(scan, "i") == std::vector{Kind::loop, Kind::rest, Kind::body});
  CHECK(kind("h") == Kind::rest);
  CHECK(kind("j") == Kind::loop);
  CHECK(kind("l") == Kind::branch);
  CHECK(kind("m") == Kind::rest);
  CHECK(kind("n") == Kind::branch);
  CHECK(kind("p") == Kind::maybe);
  CHECK(kind("q") == Kind::attempt);
  CHECK(kind("s") == Kind::handler);
  CHECK(kind("t") == Kind::always);
}

TEST_CASE("python scan: the first iterable of a comprehension is evaluated outside of it") {
  const PythonScan scan = scan_python("def f():\n  return [a(x) for x in b() if c(x) for y in d(x)]\n");
  for (const Value& value : scan.values) {
    if (value.kind != Value::Kind::call) continue;
    const std::string_view name = scan.values[value.base].name;
    CAPTURE(name);
    CHECK(qualified_name(scan, value.scope) == (name == "b" ? "f" : "f.<locals>.<listcomp>"));
  }
}

TEST_CASE("python scan: imports") {
  const PythonScan scan =
      scan_python("import a.b, c as d\nfrom . import e\nfrom ..f.g import (h as i,\n  j)\nfrom k import *\n");
  Names found;
  for (const PythonScan::Import& i : scan.imports) {
    found.push_back(std::string(i.level, '.') + std::string(i.module) + ":" + std::string(i.name) + ":" +
                    std::to_string(i.line) + (i.first ? "" : "+"));
  }
  CHECK(found == Names{"a.b::1", "c::1", ".:e:2", "..f.g:h:3", "..f.g:j:3+", "k:*:5"});
}

TEST_CASE("python scan: how many arguments functions take and calls give") {
  const auto taken = [](std::string_view text) {
    const PythonScan::Scope scope = scan_python(text).scopes[1];
    const bool any = scope.most_arguments == PythonScan::any_number;
    return std::to_string(scope.least_arguments) + "-" + (any ? "*" : std::to_string(scope.most_arguments));
  };
  CHECK(taken("def f(): pass\n") == "0-0");
  CHECK(taken("def f(self, a: int, b: str = 'x, y', *, c, d=None): pass\n") == "3-5");
  CHECK(taken("def f(a, /, b=(1, 2)): pass\n") == "1-2");
  CHECK(taken("def f(a, *args, b=1): pass\n") == "1-*");
  CHECK(taken("def f(a, **more): pass\n") == "1-*");
  CHECK(taken("x = lambda a, b=f(1), c={}: 0\n") == "1-3");
  CHECK(taken("x = lambda: 0\n") == "0-0");
  const auto given = [](std::string_view text) {
    const PythonScan scan = scan_python(text);
    const auto call = std::ranges::find(scan.values.rbegin(), scan.values.rend(), Value::Kind::call, &Value::kind);
    return call->arguments == PythonScan::any_number ? std::string("*") : std::to_string(call->arguments);
  };
  CHECK(given("f()\n") == "0");
  CHECK(given("f(None)\n") == "1");
  CHECK(given("f(a, (1, 2), c=[3], )\n") == "3");
  CHECK(given("f(lambda: 0, 'a' 'b', x if y else z, not x)\n") == "4");
  CHECK(given("f(x for x in y)\n") == "1");
  CHECK(given("f(f'{a, b}', -1, await x)\n") == "3");
  CHECK(given("f(a, *b)\n") == "*");
  CHECK(given("f(**b)\n") == "*");
}

TEST_CASE("python scan: any bytes give some result") {
  for (const std::string_view text : {"",
                                      "\n",
                                      "(",
                                      ")",
                                      "f'",
                                      "f'{",
                                      "f'{x:",
                                      "def",
                                      "class",
                                      "@",
                                      "@\n",
                                      "import",
                                      "from",
                                      "from .",
                                      "lambda",
                                      "lambda:",
                                      "[x for",
                                      "[x for x in",
                                      "{x:",
                                      "x if",
                                      "if x",
                                      "if x:",
                                      "if x: if y:",
                                      "  x\n y\n\tz",
                                      "\\",
                                      "\0\0",
                                      "'\\",
                                      "async",
                                      "async def",
                                      "global",
                                      "with a as",
                                      "with (a as b",
                                      "for x in",
                                      "else:",
                                      "elif x:",
                                      "a.b.",
                                      "1..2",
                                      "0x",
                                      "\xff\xfe",
                                      "def f(",
                                      "def f(a, *, b=",
                                      "class C(x, y=",
                                      "match",
                                      "match x",
                                      "case",
                                      "x := ",
                                      "await",
                                      "yield from",
                                      "f'{x!r:}'"}) {
    CAPTURE(text);
    CHECK(!scan_python(text).scopes.empty());
  }
  CHECK_FALSE(scan_python(std::string(100'000, '(')).complete);
  CHECK(scan_python(std::string(190, '(')).complete);
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "if x:\n";
  CHECK_FALSE(scan_python(deep).complete);
  CHECK_FALSE(scan_python([] {
                std::string text;
                for (int i = 0; i < 10'000; ++i) text += "f'{";
                return text;
              }())
                  .complete);
}

TEST_CASE("python scan: bodies of functions on other lines are passed, whatever is in them") {
  const std::string text =
      "def a():\n  \"\"\"\n def no(): pass\n\"\"\"\n  x = f'{y}' # (\n  def inner(): pass\n  return (1,\n2)\n"
      "@deco\ndef b(x=f()):\n  if x:\n    yield x\n\n  # over\n"
      "class C:\n  def __init__(self):\n    self.x = D()\n  def m(self):\n    return g(r'\\'[')\n"
      "  def n(self):\n    \"\"\"open";
  const PythonScan all = scan_python(text);
  const auto names = [](const PythonScan& scan) {
    std::string listed;
    for (const PythonScan::Scope& s : scan.scopes)
      listed += std::string(s.name) + " " + std::to_string(s.first_line) + "-" + std::to_string(s.last_line) + "; ";
    return listed;
  };
  CHECK(names(all) == "<module> 1-21; a 1-8; inner 6-6; b 9-12; C 15-21; __init__ 16-17; m 18-19; n 20-21; ");
  const PythonScan few = scan_python(text, {});
  CHECK(names(few) == "<module> 1-21; a 1-8; b 9-12; C 15-21; __init__ 16-17; m 18-19; n 20-21; ");
  CHECK(few.skipped.size() == 4);
  CHECK(few.scopes[2].is_generator);
  CHECK_FALSE(few.scopes[1].is_generator);
  // A function that holds a line is looked into, and one inside it.
  const std::vector<std::uint32_t> lines{6, 18};
  const PythonScan some = scan_python(text, lines);
  CHECK(names(some) == names(all));
  CHECK(some.skipped.size() == 2);
  CHECK(some.values.size() < all.values.size());
}

TEST_CASE("python scan: branches tell for which Python they are") {
  const PythonScan scan = scan_python(
      "if sys.version_info >= (3, 12):\n  a()\nelif sys.version_info[:2] > (3, 8) and x:\n  b()\nelse:\n  c()\n"
      "def f():\n  if os.name == 'nt':\n    return d()\n  e()\n  if PY2 or x: g()\n  else: h()\n");
  const auto runs = [&](std::string_view name, const Runtime& runtime) {
    for (const Value& v : scan.values) {
      if (v.kind == Value::Kind::call && scan.values[v.base].name == name)
        return scan.blocks[v.block].needs.may_hold(runtime);
    }
    return false;
  };
  const auto all = [&](const Runtime& runtime) {
    std::string names;
    for (const char* name : {"a", "b", "c", "d", "e", "g", "h"}) names += runs(name, runtime) ? name : "";
    return names;
  };
  CHECK(all({}) == "abcdegh");
  CHECK(all({312, Runtime::System::windows}) == "ad");
  CHECK(all({311, Runtime::System::other}) == "bcegh");
  CHECK(all({308, {}}) == "cdegh");
  CHECK(all({207, {}}) == "cdeg");
}

TEST_CASE("python scan: conditions that ask for a Python, as they are written") {
  const auto versions = [](std::string_view text) {
    const RuntimeCondition c = runtime_condition(text);
    return std::to_string(c.holds.least) + "-" + std::to_string(c.holds.below);
  };
  for (const char* text : {"sys.version_info >= (3, 9)", "(sys.version_info > (3,9))", "version_info[:2] > (3, 8)"})
    CHECK(versions(text) == "309-65535");
  for (const char* text :
       {"sys.version_info < (3, 9)", "sys.version_info <= (3, 9)", "sys.version_info[0:2] <= (3, 8)"})
    CHECK(versions(text) == "0-309");
  for (const char* text : {"sys.version_info[0] == 2", "sys.version_info.major < 3", "sys.version_info < (3,)", "PY2"})
    CHECK(versions(text) == "0-300");
  for (const char* text :
       {"sys.version_info >= (3, 9, 2)", "sys.version_info >= x", "not PY3", "sys.version_info == (3, 9)",
        "sys.version_info >= (3, 9) # or less", "sys.version_info >= (3, 9) or x", "version_info"})
    CHECK(versions(text) == "0-65535");
}

TEST_CASE("python scan: an f-string that has its own quote in a field is not passed over") {
  const PythonScan scan = scan_python("def a():\n  x = f\"{y[\"k\"]}\"\n  return 1\ndef b():\n  return 2\n", {});
  CHECK(scan.scopes.back().name == "b");
  CHECK(scan.skipped.size() == 1);
}

namespace {

/// "OPERATOR:LEFT" of every operator: what stands before it, or the operator that makes it.
Names left_operands(std::string_view text) {
  const PythonScan scan = scan_python(text);
  Names found;
  for (const Value& value : scan.values) {
    if (value.kind != Value::Kind::operation) continue;
    const std::string left(value.base == PythonScan::none ? "" : scan.values[value.base].name);
    found.push_back(std::string(value.name) + ":" + left);
  }
  return found;
}

}  // namespace

TEST_CASE("python scan: the left operand of an operator is what others that bind as tightly make") {
  CHECK(left_operands("a * 2 + b") == Names{"*:a", "+:*"});
  CHECK(left_operands("a - b ** 2 @ c - d") == Names{"-:a", "**:b", "@:**", "-:-"});
  CHECK(left_operands("a ** b ** c % d") == Names{"**:a", "**:b", "%:**"});
  CHECK(left_operands("a + 1 < b + 2 in c") == Names{"+:a", "<:+", "+:b", "in:+"});
  CHECK(left_operands("a * -2 | b") == Names{"*:a", "-:", "|:*"});
  CHECK(left_operands("x = a * 2 and b + c * 3 if d * 4 else e - 5") == Names{"*:a", "+:b", "*:c", "*:d", "-:e"});
  CHECK(left_operands("f(a * 2, b + c)[a * 2:b - 3] + d") == Names{"*:a", "+:b", "*:a", "-:b", "+::"});
}

TEST_CASE("python scan: what operators make of literals is a literal") {
  CHECK(left_operands("60 * 60 * x + y") == Names{"*:number", "*:number", "+:*"});
  CHECK(left_operands("'-' * 3 + x; '%s' % x + y") == Names{"*:str", "+:str", "%:str", "+:str"});
  CHECK(left_operands("2 * None + x") == Names{"*:number", "+:*"});
}
