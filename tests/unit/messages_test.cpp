// Messages of readers and writers that no test of their own compares: each as it is said, by the smallest input that
// makes it.

#include <string>

#include <doctest/doctest.h>

#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

std::string said(std::string_view content, const ReadOptions& options = {}) {
  Diagnostics diagnostics;
  try {
    read_text(content, options, diagnostics);
  } catch (const Error& error) {
    return error.what();
  }
  return text_of(diagnostics);
}

std::string said_of(std::string_view format, std::string_view content) {
  ReadOptions options;
  options.format = format;
  return said(content, options);
}

constexpr std::string_view report =
    "Timer unit: 1e-06 s\n\n"
    "Total time: 5e-06 s\nFile: t.py\nFunction: f at line 1\n\n"
    "Line #      Hits         Time  Per Hit   % Time  Line Contents\n"
    "==============================================================\n"
    "     1                                           def f():\n";

}  // namespace

TEST_CASE("messages: collapsed stacks") {
  CHECK(said_of("collapsed", "a;b 1\nnonsense\nmore\n") ==
        "warning: t.prof: line 2: 2 lines have no number at their end and are left out\n");
  CHECK(said_of("collapsed", "a;b 1\n 3\n 4\n") == "warning: t.prof: line 2: 2 lines have no stack and are left out\n");
  CHECK(said_of("collapsed", "a;b 1.5\na;c 2.5\n") ==
        "warning: t.prof: line 1: 2 numbers have decimals and are rounded\n");
}

TEST_CASE("messages: text of line_profiler") {
  CHECK(said_of("line_profiler-text", "nothing\n") ==
        "t.prof: expected a line \"Timer unit: ... s\", found none (hint: is this a report of line_profiler (kernprof "
        "-lv)?)");
  ReadOptions options;
  options.time_unit_s = 1e-3;
  const std::string plain = std::string(report) + "     2         1          5.0      5.0    100.0      x = 1\n";
  CHECK(said(plain, options).find("the report says its unit of time itself; --time-unit is not used") !=
        std::string::npos);
  const std::string without = "\nTotal time: 0 s\nFile: t.py\nFunction: g at line 5\n";
  CHECK(said(plain + without + without)
            .find("2 functions have no table of lines; where printing one failed, later functions are missing") !=
        std::string::npos);
}

TEST_CASE("messages: dumps") {
  const std::string begin =
      "profconv dump 1\nmetric time ns sum\nfunction 0 \"f\" file \"t.py\" line 1 self 3 total 3\n";
  CHECK(said(begin + "node 0 parent - function 0 line 1\nnode 1 parent - function 0 line 1\n")
            .find("the node is there already, as number 0") != std::string::npos);
}

TEST_CASE("messages: names of files and functions that a limit refuses") {
  ReadOptions options;
  options.limits.max_functions = 1;
  CHECK(
      said("profconv dump 1\nmetric time ns sum\nfunction 0 \"f\" file \"t.py\" line 1\nfunction 1 \"g\" file \"t.py\" "
           "line 2\n",
           options) == "t.prof: has more than 1 functions (hint: --max-functions raises the limit)");
}
