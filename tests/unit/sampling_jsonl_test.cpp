// JSONL summaries of Python 3.15's sampling profiler that are cut off.

#include <string>

#include <doctest/doctest.h>
#include <profconv/formats.hpp>

#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

const std::string before =
    R"({"type":"meta","v":0,"run_id":"9d27","sample_interval_usec":1000,"mode":"wall"})"
    "\n"
    R"({"type":"string_table","v":0,"run_id":"9d27","strings":[{"str_id":0,"value":"f"},{"str_id":1,"value":"t.py"}]})"
    "\n"
    R"({"type":"frame_table","v":0,"run_id":"9d27","frames":[{"frame_id":0,"path_str_id":1,"func_str_id":0,"line":9},)"
    R"({"frame_id":1,"path_str_id":1,"func_str_id":0,"line":12}]})"
    "\n";
const std::string entries =
    R"({"type":"agg","v":0,"run_id":"9d27","kind":"frame","scope":"final","samples_total":5,"entries":[)"
    R"({"frame_id":0,"self":4,"cumulative":4},{"frame_id":1,"self":1,"cumulative":1}]})";
const std::string end = R"({"type":"end","v":0,"run_id":"9d27","samples_total":5})";

Profile salvaged(const std::string& text, Diagnostics& diagnostics) {
  ReadOptions options;
  options.salvage = true;
  return read_text(text, options, diagnostics);
}

std::int64_t samples(const std::string& text) {
  Diagnostics diagnostics;
  const Profile p = salvaged(text, diagnostics);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < p.self.rows(); ++i) sum += p.self.at(i, 1);
  CHECK(text_of(diagnostics).find("the record of type 'end' is missing: the file looks cut off") != std::string::npos);
  return sum;
}

}  // namespace

TEST_CASE("sampling-jsonl: a file that is cut off within its last record is refused, and salvaged on request") {
  const std::string text = before + entries + "\n" + end.substr(0, 20);
  CHECK(message_of([&] { read_text(text); }) ==
        "t.prof: line 5: the line is no JSON from column 21 on (hint: the file looks cut off; --salvage converts what "
        "is there)");
  Diagnostics diagnostics;
  const Profile p = salvaged(text, diagnostics);
  CHECK(p.self.at(0, 1) == 5);
  CHECK(text_of(diagnostics)
            .starts_with("warning: t.prof: line 5: the record of type 'end' is missing: the file looks cut off\n"));
}

TEST_CASE(
    "sampling-jsonl: of a file that is cut off within its first record nothing can be salvaged, and no hint says so") {
  CHECK(message_of([] { read_text(before.substr(0, 40)); }).find("--salvage") == std::string::npos);
}

TEST_CASE("sampling-jsonl: frames before the cut are salvaged, those within a line as well") {
  const std::size_t second = entries.find("},{") + 1;
  CHECK(samples(before + entries) == 5);
  CHECK(samples(before + entries.substr(0, entries.size() - 1)) == 5);
  CHECK(samples(before + entries.substr(0, entries.size() - 3)) == 4);
  CHECK(samples(before + entries.substr(0, second)) == 4);
  CHECK(samples(before + entries.substr(0, second - 1)) == 0);
  CHECK(samples(before + entries.substr(0, 5)) == 0);
  CHECK(samples(before.substr(0, before.size() - 30)) == 0);
}

TEST_CASE("sampling-jsonl: a record that is damaged before the end is refused, salvaged or not") {
  Diagnostics diagnostics;
  CHECK(message_of([&] { salvaged(before + entries.substr(0, 60) + "\n" + end + "\n", diagnostics); }) ==
        "t.prof: line 4: the line is no JSON from column 61 on (hint: the file looks cut off or damaged)");
  CHECK(message_of([&] { salvaged(before.substr(0, 50), diagnostics); }).find("line 1: the line is no JSON") !=
        std::string::npos);
}

TEST_CASE("sampling-jsonl: several recordings in one file are refused") {
  const std::string one = before + entries + "\n" + end + "\n";
  CHECK(message_of([&] { read_text(one + one); }) ==
        "t.prof: line 6: another recording begins here (hint: give each as a file of its own: they are added up)");
}
