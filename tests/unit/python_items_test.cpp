#include "source/python_items.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

#include "source/python_scan.hpp"

using namespace profconv;

namespace {

/// "3", "-" if it is not written there.
std::string items(std::string_view expression) {
  const std::optional<std::uint32_t> found = written_items(expression);
  return found ? std::to_string(*found) : "-";
}

/// The same of the first loop of a text, "cut" where it may end early.
std::string loop(std::string_view text) {
  const PythonScan scan = scan_python(text);
  for (const PythonScan::Block& block : scan.blocks) {
    if (block.kind != PythonScan::Block::Kind::loop) continue;
    return (block.items == PythonScan::none ? "-" : std::to_string(block.items)) + (block.is_cut ? " cut" : "");
  }
  return "absent";
}

}  // namespace

TEST_CASE("python items: a range of plain numbers") {
  CHECK(items("range(60)") == "60");
  CHECK(items(" range(2, 10) ") == "8");
  CHECK(items("range(0, 10, 3)") == "4");
  CHECK(items("range(10, 0, -3)") == "4");
  CHECK(items("range(-2, 3,)") == "5");
  CHECK(items("xrange(3)") == "3");
  CHECK(items("range(5, 2)") == "0");
  for (const char* open : {"range(n)", "range(1, 2, 0)", "range(3.5)", "range(2 * 3)", "range(3)[1:]", "range()",
                           "range(1, 2, 3, 4)", "range(99999999999)", "arrange(3)", "range"})
    CHECK_MESSAGE(items(open) == "-", open);
}

TEST_CASE("python items: what stands in a row, whatever it is") {
  CHECK(items("(1, 2, 3)") == "3");
  CHECK(items("[f(1, 2), {3: 4, 5: 6},\n \"a, b\"]") == "3");
  CHECK(items("a, b") == "2");
  CHECK(items("(a,)") == "1");
  CHECK(items("[a]") == "1");
  CHECK(items("[]") == "0");
  CHECK(items("range(3), range(4)") == "2");
  CHECK(items("[f\"{a, b}\", (x for x in y)]") == "2");
  for (const char* open : {"", "(a)", "a", "[*a, b]", "[x for x in a, b]", "[a, b] * 3", "[a] + [b]", "f(a, b)",
                           "{1, 2}", "lambda a, b: a", "(x for x in (1, 2))"})
    CHECK_MESSAGE(items(open) == "-", open);
}

TEST_CASE("python scan: a for goes through as many items as are written there, unless something ends it early") {
  CHECK(loop("for i in range(60):\n  f(i)\n") == "60");
  CHECK(loop("for i in 1, 2: f(i)\n") == "2");
  CHECK(loop("for i in range(9):\n  if i: continue\n  f(i)\n") == "9");
  CHECK(loop("for i in range(9):\n  if i: break\n") == "9 cut");
  CHECK(loop("def f():\n  for i in range(9):\n    for j in k:\n      return j\n") == "9 cut");
  CHECK(loop("for i in range(9):\n  for j in k:\n    break\n") == "9");
  CHECK(loop("for i in range(9):\n  def f(): return 1\n") == "9");
  CHECK(loop("for i in k:\n  raise i\n") == "- cut");
}
