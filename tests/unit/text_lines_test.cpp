// prof2text's listing of lines.

#include <string>

#include <doctest/doctest.h>

#include <profconv/source.hpp>

#include "support/convert.hpp"
#include "support/temporary_folder.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

std::string listing(const Profile& profile, const SourceFiles* sources, std::string_view format = "text",
                    const TextOptions& text = {}) {
  WriteOptions options;
  options.text = text;
  options.text.view = TextOptions::View::lines;
  options.text.sources = sources;
  return written(profile, format, options);
}

constexpr const char* source_text =
    "import x\n"
    "@profile\n"
    "def f(n):\n"
    "\ttotal = 0\n"
    "    for i in range(n):\n"
    "        total += i\n"
    "\n"
    "    return total\n";

std::string profile_of(const std::string& file) {
  return "profconv dump 1\nmetric time ns sum\nmetric hits count sum\n"
         "function 0 \"g\" file \"" +
         file +
         "\" line 20 self 10 1 total 10 1\n"
         "function 1 \"f\" file \"" +
         file +
         "\" line 2 calls 1 primitive 1 self 4000 22 total 4000 22\n"
         "line 0 21 self - 1 total 10 -\n"
         "line 1 4 self - 1 total 500 -\nline 1 5 self - 11 total 1000 -\nline 1 6 self - 10 total 2500 -\n"
         "function 2 \"h\" file \"~\" line 0 self 0 0 total 0 0\n";
}

}  // namespace

TEST_CASE("text: lines with their source, hottest functions first; inclusive times are called so") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py", source_text);
  const SourceFiles sources;
  CHECK(listing(read_text(profile_of(file)), &sources) ==
        "3 functions, 1 call, 4.01 µs, 23 hits\n"
        "\n"
        "f  t.py:2\n"
        "4.00 µs, 1 call\n"
        "\n"
        "line  hits    total      %  per hit  source\n"
        "   2                                 @profile\n"
        "   3                                 def f(n):\n"
        "   4     1   500 ns   12.5   500 ns          total = 0\n"
        "   5    11  1.00 µs   25.0    90 ns      for i in range(n):\n"
        "   6    10  2.50 µs   62.5   250 ns          total += i\n"
        "\n"
        "g  t.py:20\n"
        "10 ns\n"
        "\n"
        "line  hits    total      %  per hit  source\n"
        "  21     1    10 ns  100.0    10 ns\n"
        "\n"
        "Times of lines hold the calls made there: the line profiler alone does not tell them apart.\n");
}

TEST_CASE("text: without sources, lines that were measured; a file that does not fit shows nothing") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py", "secret\n\n\n\n\n\n\n");
  const SourceFiles sources;
  const std::string text = listing(read_text(profile_of(file)), &sources);
  CHECK(text.find("secret") == std::string::npos);
  CHECK(text == listing(read_text(profile_of(file)), nullptr));
  CHECK(text.find("   5    11  1.00 µs") != std::string::npos);
}

TEST_CASE("text: of a sampled function the lines that ran tell where it stands") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py", source_text);
  const SourceFiles sources;
  const auto listing_of = [&](const std::string& frame) {
    return listing(read_text("main;" + frame + " (" + file + ":6) 42\n"), &sources);
  };
  const std::string shown = listing_of("f");
  CHECK(shown.find("\n42 samples\n") != std::string::npos);
  CHECK(shown.find("total += i") != std::string::npos);
  CHECK(listing_of("g").find("total += i") == std::string::npos);
}

TEST_CASE("text: many lines between two that were measured are left out") {
  TemporaryFolder folder;
  std::string text = "def f():\n    a = 1\n";
  for (int i = 0; i < 50; ++i) text += "    # comment\n";
  text += "    return a\n";
  const std::string file = folder.write("t.py", text);
  const SourceFiles sources;
  const Profile p = read_text("profconv dump 1\nmetric time ns sum\nfunction 0 \"f\" file \"" + file +
                              "\" line 1 self 30 total 30\nline 0 2 self 10\nline 0 53 self 20\n");
  CHECK(listing(p, &sources)
            .find("   2  10 ns  33.3      a = 1\n"
                  "                   ... 50 lines\n"
                  "  53  20 ns  66.7      return a\n") != std::string::npos);
}

TEST_CASE("text: functions of a memory profile are listed by growth, and only lines that grow say so") {
  const Profile p = read_text(
      "profconv dump 1\nmetric hits count sum\nmetric mem_grow bytes sum\nmetric mem_peak bytes max\n"
      "function 0 \"f\" file \"t.py\" line 1 self 100 0 4096 total 100 0 4096\nline 0 2 self 100 - 4096 total - 0 -\n"
      "function 1 \"g\" file \"t.py\" line 9 self 1 8192 9000 total 1 8192 9000\nline 1 10 self 1 - 9000 total - 8192 "
      "-\n");
  const std::string text = listing(p, nullptr);
  CHECK(text.find("g  t.py:9\n8.00 KiB mem_grow, 8.79 KiB mem_peak\n") < text.find("f  t.py:1\n"));
  CHECK(text.find("   2   100            4.00 KiB\n") != std::string::npos);
}

TEST_CASE("text: lines for programs") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py", source_text);
  const SourceFiles sources;
  const Profile p = read_text(profile_of(file));
  const std::string csv = listing(p, &sources, "csv");
  CHECK(csv.starts_with(
      "name,qualified,file,line,context,source_line,time_self,time_total,hits_self,hits_total,source\r\n"
      "f,," +
      file + ",2,,4,,500,1,,\\ttotal = 0\r\n"));
  const std::string json = listing(p, &sources, "json");
  CHECK(json.find("\"view\": \"lines\"") != std::string::npos);
  CHECK(
      json.find(
          "{\"line\": 6, \"self\": {\"hits\": 10}, \"total\": {\"time\": 2500}, \"source\": \"        total += i\"}") !=
      std::string::npos);
  TextOptions percent;
  percent.percent = true;
  CHECK(listing(p, &sources, "csv", percent)
            .starts_with("name,qualified,file,line,context,source_line,time_self,time_total,time_self_percent,"
                         "time_total_percent,hits_self,hits_total,hits_self_percent,hits_total_percent,source\r\n"));
  CHECK(listing(p, &sources, "csv", percent).find(",6,,2500,,62.3,10,,43.5,,") != std::string::npos);
  CHECK(listing(p, &sources, "json", percent).find("\"total_percent\": {\"time\": 62.3}") != std::string::npos);
  CHECK(listing(p, &sources, "markdown").find("| 6 | 10 | 2.50 µs | 62.5 | 250 ns | &nbsp;") != std::string::npos);
}

TEST_CASE("text: a profile without lines has no listing") {
  const Profile p = read_text("profconv dump 1\nmetric time ns sum\nfunction 0 \"f\" file \"t.py\" line 1 self 1\n");
  CHECK(message_of([&] { listing(p, nullptr); }) ==
        "the profile knows no lines (hint: line_profiler and memory_profiler record them)");
  const Profile grouped = read_text(
      "profconv dump 1\nmetric time ns sum\nmetric hits count sum\nfunction 0 \"t\" file \"t.py\" line 0 self 1 1\n");
  CHECK(message_of([&] { listing(grouped, nullptr); }).starts_with("the profile knows no lines"));
}

TEST_CASE("text: the listing of a line profiler's file is empty where none of its functions ran") {
  const Profile p = read_text(
      "profconv dump 1\nmetric time ns sum\nmetric hits count sum\n"
      "function 0 \"f\" file \"t.py\" line 1 self 0 0 total 0 0\n");
  CHECK(listing(p, nullptr) == "1 function, 0 ns, 0 hits\n\n");
  CHECK(listing(p, nullptr, "csv").find('\n') == listing(p, nullptr, "csv").size() - 1);
}
