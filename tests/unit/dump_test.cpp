// The dump reader and writer: every table, and what broken dumps are told.

#include <string>

#include <doctest/doctest.h>

#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

const std::string first_line = "profconv dump 1\n";

std::string refusal(const std::string& text) {
  ReadOptions options;
  options.format = "dump";
  std::string message = message_of([&] { read_text(text, options); });
  return message.starts_with("t.prof: ") ? message.substr(8) : message;
}

}  // namespace

TEST_CASE("dump: every table is read and written again") {
  const std::string text =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "metric mem_peak bytes max\n"
      "source \"run.prof\" format \"pstats\" command \"t.py\" mtime 1700000000000000000 interval 1000\n"
      "source \"-\" format \"dump\"\n"
      "function 0 \"main\" qualified \"T.main\" file \"t.py\" line 9 context \"x\" calls 1 primitive 1 self 12351 0 "
      "total 25096 7\n"
      "function 1 \"fib\" file \"t.py\" line 2 calls 14 primitive - self 12745 -5 total 12745 0\n"
      "call 0 1 line 13 calls 1 primitive 1 self 12745 - total - 3 # \"main\" -> \"fib\"\n"
      "call 1 1 line 0 calls - primitive 13 self - - total 5 5 # \"fib\" -> \"fib\"\n"
      "line 0 9 self 12351 - total 25096 1 # \"main\"\n"
      "node 0 parent - function 0 line 13 # \"main\"\n"
      "node 1 parent 0 function 1 line 2 # \"fib\"\n"
      "labels 1 process \"4711\" thread \"main\" status 37\n"
      "sample 1 labels 1 cost 1000 -\n"
      "sample 0 labels 0 cost 5 9\n"
      "recorded\n"
      "key 0 \"t.py\" -9 \"main\"\n"
      "key 1 \"t.py\" 2 \"<code>\"\n"
      "entry 0 1 1 1.2351e-05 2.5096e-05\n"
      "entry 1 true 14.0 nan -inf\n"
      "caller 0 14 2 1.1e-05 0.0\n"
      "caller 1 2.5\n";
  CHECK(dump_of(read_text(text)) == text);
}

TEST_CASE("dump: comments, blank lines and CR LF are taken") {
  CHECK(dump_of(read_text("profconv dump 1\r\nmetric time ns sum\r\n\r\nfunction 0 \"f\" file \"\" line 0 self 1 # "
                          "what a function\r\n")) ==
        "profconv dump 1\nmetric time ns sum\nfunction 0 \"f\" file \"\" line 0 self 1\n");
}

TEST_CASE("dump: any bytes survive in names") {
  const std::string text =
      first_line + "metric time ns sum\nfunction 0 \"\\xff\\x00\\x0a\\\"\\\\\" file \"größe.py\" line 4294967295\n";
  CHECK(dump_of(read_text(text)) == text);
}

TEST_CASE("dump: a broken row says what was expected, with its line") {
  const std::string one = first_line + "metric time ns sum\n";
  const std::string two = one + "function 0 \"f\" file \"\" line 0\n";
  CHECK(refusal("") == "line 0: expected 'profconv dump 1', found ''");
  CHECK(refusal("profconv") == "line 1: expected 'profconv dump 1', found 'profconv'");
  CHECK(refusal("profconv dump 2\n") == "line 1: version '2' of the dump is unknown, known is 1");
  CHECK(refusal(first_line + "metric speed ns sum\n") == "line 2: unknown metric 'speed'");
  CHECK(refusal(one + "metric time ns sum\n") == "line 3: metric 'time' is doubled or out of order");
  CHECK(refusal(first_line + "metric hits count sum\nmetric time ns sum\n") ==
        "line 3: metric 'time' is doubled or out of order");
  CHECK(refusal(first_line + "metric time bytes sum\n") == "line 2: expected ns, found ' bytes sum'");
  CHECK(refusal(first_line + "metric mem_peak bytes sum\n") == "line 2: expected max, found ' sum'");
  CHECK(refusal(one + "nonsense 1\n") == "line 3: expected a row of a table, found 'nonsense'");
  CHECK(refusal(two + "metric hits count sum\n") == "line 4: expected a row of a table, found 'metric'");
  CHECK(refusal(one + "function 1 \"f\" file \"\" line 0\n") == "line 3: expected function 0, found 1");
  CHECK(refusal(two + "function 1 \"f\" file \"\" line 0\n") == "line 4: the function is there already, as number 0");
  CHECK(refusal(one + "function 0 f file \"\" line 0\n") ==
        "line 3: expected a text in double quotes, found 'f file \"\" line 0'");
  CHECK(refusal(one + "function 0 \"f\" line 0\n") == "line 3: expected file, found ' line 0'");
  CHECK(refusal(one + "function 0 \"f\" file \"\" line -1\n") == "line 3: expected a line number, found '-1'");
  CHECK(refusal(one + "source-line \"t.py\" 0 \"x\"\n") == "line 3: expected a line number from 1 on, found 0");
  CHECK(refusal(one + "function 0 \"f\" file \"\" line 0 calls 1 primitive -2\n") == "line 3: a count is negative");
  CHECK(refusal(one + "function 0 \"f\" file \"\" line 0 self\n") == "line 3: expected a cost, found ''");
  CHECK(refusal(one + "function 0 \"f\" file \"\" line 0 self 1 2\n") ==
        "line 3: expected the end of the line, found '2'");
  CHECK(refusal(one + "function 0 \"f\" file \"\" line 0 self 9223372036854775808\n") ==
        "line 3: expected a cost, found '9223372036854775808'");
  CHECK(refusal(one + "function 0 \"f\" file \"\" line 0 self -9223372036854775808\n") ==
        "line 3: expected a cost, found -9223372036854775808");
  CHECK(refusal(two + "call 0 1 line 0\n") == "line 4: function 1 is not there, 1 are known");
  CHECK(refusal(two + "node 0 parent 0 function 0 line 0\n") == "line 4: node 0 is not there, 0 are known");
  CHECK(refusal(two + "sample 0 labels 0\n") == "line 4: node 0 is not there, 0 are known");
  CHECK(refusal(two + "labels 1 process \"\" thread \"\" status 0\n") ==
        "line 4: the labels are there already, as number 0");
  CHECK(refusal(two + "recorded\ncaller 0 1\n") == "line 5: a caller before the first entry");
  CHECK(refusal(two + "key 0 \"\" 1 \"\"\n") == "line 4: expected a row of a table, found 'key'");
}

TEST_CASE("dump: a dump that breaks an invariant is a FormatError") {
  const std::string text = first_line + "metric time ns sum\nfunction 0 \"f\" file \"\" line 0 self -\n";
  CHECK(refusal(text) == "");  // not measured: costs nothing
  CHECK(refusal(first_line + "metric time ns sum\nfunction 0 \"f\" file \"\" line 0 self 5\nline 0 1 self 4\n") ==
        "broken profile: the lines of a function do not add up to its self cost (row 0)");
}

TEST_CASE("dump: a last line that does not end may be cut") {
  Diagnostics diagnostics;
  const std::string text =
      "profconv dump 1\nmetric time ns sum\nfunction 0 \"f\" file \"t.py\" line 1 calls 1 primitive 1 self 1 total 1 # "
      "f";
  CHECK(read_text(text, {}, diagnostics).functions.size() == 1);
  CHECK(text_of(diagnostics).find("the input looks cut off: its last line does not end") != std::string::npos);
  Diagnostics none;
  read_text(text + "\n", {}, none);
  CHECK(text_of(none).empty());
}
