// Which file, and which version of it, the functions of a profile are of; what only some Pythons run or make.

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include <profconv/transforms.hpp>

#include "support/convert.hpp"
#include "support/sourced_program.hpp"
#include "support/temporary_folder.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE("apply sources: a file of another version is left out, with a warning") {
  SourcedProgram p("\n\n\ndef f(x):\n  g()\ndef g(): pass\n");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("g", 3), 1, 9);
  p.finish();
  CHECK(p.lines_of("g") == "0*1=9");
  CHECK(p.diagnostics().has_warnings());
}

TEST_CASE("apply sources: functions without a first line, as samplers record them, make no other version of a file") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py", "def g():\n  pass\ndef main():\n  g()\nmain()\n");
  const auto frame = [&](const std::string& name, int line) {
    return name + " (" + file + ":" + std::to_string(line) + ")";
  };
  Diagnostics diagnostics;
  SourceReport report;
  Profile p = read_text(frame("<module>", 5) + ";" + frame("main", 4) + ";" + frame("g", 2) + " 3\n");
  p = apply_sources(std::move(p), SourceFiles(), {}, report, diagnostics);
  CHECK_FALSE(diagnostics.has_warnings());
  CHECK(report.files_used == 1);
}

TEST_CASE("apply sources: a report that ends before a function's name is no other version of its file") {
  Diagnostics diagnostics;
  SourceReport report;
  Profile p = read_text(
      "Filename: zz.py\n\n"
      "Line #    Mem usage    Increment  Occurrences   Line Contents\n"
      "=============================================================\n"
      "     6   91.984 MiB 1028.922 MiB          15   @profile\n");
  const SourceFiles sources;
  show_source_lines(p, sources);
  apply_sources(std::move(p), sources, {}, report, diagnostics);
  CHECK_FALSE(diagnostics.has_warnings());
}

TEST_CASE("apply sources: comprehensions are a part of qualified names where they are functions") {
  for (const bool inlined : {true, false}) {
    SourcedProgram p(
        "def f(xs):\n  return [sum(y for y in xs) for x in xs], {x: (lambda: g(x)) for x in xs}\ndef g(x): pass\n");
    const FunctionId f = p.function("f", 1), sum = p.function("<genexpr>", 2), lambda = p.function("<lambda>", 2);
    p.call(f, sum, 1, 10);
    p.call(f, lambda, 1, 10);
    p.call(lambda, p.function("g", 3), 1, 5);
    if (!inlined) p.call(f, p.function("<listcomp>", 2), 1, 3);
    p.finish();
    CHECK(p.qualified("<genexpr>") == (inlined ? "f.<locals>.<genexpr>" : "f.<locals>.<listcomp>.<genexpr>"));
    CHECK(p.qualified("<lambda>") == (inlined ? "f.<locals>.<lambda>" : "f.<locals>.<dictcomp>.<lambda>"));
  }
}

TEST_CASE("apply sources: type parameters are made where they stand, and make no other version of a file") {
  SourcedProgram p(
      "def k(): pass\nclass S[T]:\n  def m(self):\n    k()\ndef h[T: (int, str)](x): return x\ntype A[T] = "
      "list[T]\nS().m()\n");
  const FunctionId module = p.function("<module>", 1), make = p.function("<generic parameters of S>", 2);
  p.call(module, make, 1, 10);
  p.call(module, p.function("<generic parameters of h>", 5), 1, 3);
  p.call(module, p.function("<generic parameters of A>", 6), 1, 2);
  p.call(module, p.function("T", 5), 1, 1);
  p.call(module, p.function("A", 6), 1, 1);
  const FunctionId m = p.function("m", 3);
  p.call(module, m, 1, 5);
  p.call(m, p.function("k", 1), 1, 4);
  p.finish();
  CHECK_FALSE(p.diagnostics().has_warnings());
  CHECK(p.lines_of("<generic parameters of S>") == "2*1=10");
  CHECK(p.lines_of("<generic parameters of h>") == "5*1=3");
  CHECK(p.lines_of("<generic parameters of A>") == "6*1=2");
  CHECK(p.lines_of("m") == "7*1=5");
  CHECK(p.lines_of("k") == "4*1=4");
  CHECK(p.qualified("m") == "S.m");
}

TEST_CASE("apply sources: of several files that a name may mean it is the first that fits") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "other");
  std::filesystem::create_directories(folder / "runs");
  folder.write("other/app.py", "print('another program')\n");
  folder.write("runs/app.py", "def f():\n  pass\n\n\n  g()\ndef g(): pass\n");
  for (const bool fits : {true, false}) {
    SourceOptions options;
    options.folders = {folder / "other"};
    options.beside = {folder / "other", folder / "runs"};
    const SourceFiles files(options);
    const std::string at = fits ? "6" : "4";
    Diagnostics diagnostics;
    SourceReport report;
    const Profile p = apply_sources(
        read_text("profconv dump 1\nmetric time ns sum\nfunction 0 \"f\" file \"app.py\" line " +
                  std::string(fits ? "1" : "2") +
                  " calls 1 primitive 1 self 1 total 2\nfunction 1 \"g\" file \"app.py\" line " + at +
                  " calls 1 primitive 1 self 1 total 1\ncall 0 1 line 0 calls 1 primitive 1 self 1 total 1\n"),
        files, {}, report, diagnostics);
    CHECK(p.calls.at(0).line == (fits ? 5 : 0));
    CHECK(diagnostics.has_warnings() == !fits);
    CHECK(files.find("app.py")->text().starts_with(fits ? "def f" : "print"));
  }
}

TEST_CASE("apply sources: branches for other Pythons and systems did not run") {
  SourcedProgram p(
      "def f():\n  if sys.version_info >= (3, 12):\n    g(1)\n  else:\n    g(2)\n"
      "  if sys.platform == 'win32':\n    return h(1)\n  return h(2)\ndef g(x): pass\ndef h(x): pass\n");
  p.elsewhere("/usr/lib/python3.11/abc.py");
  const FunctionId f = p.function("f", 1);
  p.call(f, p.function("g", 9), 1, 10);
  p.call(f, p.function("h", 10), 1, 10);
  p.finish();
  CHECK(p.lines_of("g") == "5*1=10");
  CHECK(p.lines_of("h") == "8*1=10");
}

TEST_CASE("apply sources: modules inside the interpreter stand beside the others of its library") {
  const auto lines_in_library = [](bool has_path, std::string_view text) {
    SourcedProgram p("def f(): pass\n");
    const std::string file = p.library("abc.py", "def g(): pass\n");
    p.library("posixpath.py", text);
    if (has_path) p.elsewhere(file);
    p.function("f", 1);
    const FunctionId join = p.frozen("posixpath", "join", 2);
    p.call(join, p.frozen("posixpath", "get_sep", 6), 1, 10);
    p.finish();
    CHECK(p.file_of("join") == "<frozen posixpath>");
    return p.lines_of("get_sep");
  };
  constexpr std::string_view text =
      "import os\ndef join(a):\n  a = fspath(a)\n  return get_sep(a)\n\ndef get_sep(a): pass\n";
  CHECK(lines_in_library(true, text) == "4*1=10");
  CHECK(lines_in_library(false, text) == "0*1=10");
  CHECK(lines_in_library(true, "# another version\n" + std::string(text)) == "0*1=10");
}
