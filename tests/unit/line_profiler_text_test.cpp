// Text reports of line_profiler, as profiles.

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "codecs/terminal_text.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

const std::string ruler(62, '=');

std::string report(const std::string& unit, const std::string& total, const std::string& rows) {
  return "Timer unit: " + unit + " s\n\nTotal time: " + total +
         " s\nFile: a.py\nFunction: f at line 8\n\n"
         "Line #      Hits         Time  Per Hit   % Time  Line Contents\n" +
         ruler + "\n" + rows;
}

// The rows of a dump that begin so.
std::string rows_of(const std::string& dump, std::string_view keyword) {
  std::string rows;
  for (std::size_t begin = 0, end = 0; begin < dump.size(); begin = end) {
    end = std::min(dump.find('\n', begin), dump.size() - 1) + 1;
    if (std::string_view(dump).substr(begin).starts_with(keyword)) rows += dump.substr(begin, end - begin);
  }
  return rows;
}

std::string lines_of(const std::string& text) {
  Diagnostics diagnostics;
  const std::string dump = dump_of(read_text(text, {}, diagnostics));
  return rows_of(dump, "line ") + text_of(diagnostics);
}

std::string source_lines_of(const std::string& text) { return rows_of(dump_of(read_text(text)), "source-line "); }

}  // namespace

TEST_CASE("line_profiler-text: source that begins with numbers is no value") {
  CHECK(lines_of(report("1e-06", "1.54e-05",
                        "     8                                               42 7 7 7\n"
                        "     9         8          2.3      0.3     14.9  42\n")) ==
        "line 0 9 self - 8 total 2295 - # \"f\"\n"  // 14.9 % of 15.4 us
        "warning: t.prof: line 3: 1 function's lines do not add up to its total time; is the timer unit right?\n");
}

TEST_CASE("line_profiler-text: of time and share the one that is printed more exactly is taken") {
  // 0.0 of a second is exact to 50 ms, 33.3 % of 3 ms to 1.5 us
  CHECK(lines_of(report("1", "0.003",
                        "     8         1          0.0      0.0     33.3  x\n     9         2          0.0      0.0    "
                        " 66.7  y\n")) ==
        "line 0 8 self - 1 total 999000 - # \"f\"\nline 0 9 self - 2 total 2001000 - # \"f\"\n");
  // 1.1 us is exact to 50 ns
  CHECK(lines_of(report("1e-06", "0.0004",
                        "     8         1          1.1      1.1      0.3  x\n     9         2        398.9    199.5    "
                        " 99.7  y\n")) ==
        "line 0 8 self - 1 total 1100 - # \"f\"\nline 0 9 self - 2 total 398900 - # \"f\"\n");
}

TEST_CASE("line_profiler-text: of rows that go on below only the sources are lost") {
  // 80 columns: sources stand beside the numbers of other rows.
  const std::string text = report("1e-06", "0.0002071",
                                  "     8                                       @profile\n"
                                  "     9                                       def m(self, n):\n"
                                  "    10         1        196.4    196.4           for i in range(n): self.h(i)\n"
                                  "94.8                                             if n > 100:\n"
                                  "    11         1         10.7     10.7               never()\n"
                                  "5.2                                              return n\n");
  CHECK(lines_of(text) == "line 0 10 self - 1 total 196400 - # \"f\"\n"
                          "line 0 11 self - 1 total 10700 - # \"f\"\n");
  CHECK(dump_of(read_text(text)).find("source-line") == std::string::npos);
}

TEST_CASE("line_profiler-text: rows that do not follow each other are counted and left out") {
  CHECK(lines_of(report("1e-06", "1e-06",
                        "     8         1          1.0      1.0    100.0  x\n    12         1          1.0      1.0    "
                        "100.0  x\nnoise\n")) ==
        "line 0 8 self - 1 total 1000 - # \"f\"\n"
        "warning: t.prof: line 10: 2 rows are broken (by a narrow console?) and left out\n");
}

TEST_CASE("line_profiler-text: numbers beyond all bounds are refused or cut") {
  CHECK(message_of([] { read_text(report("1", "1", "     8         1      1e+300      1.0    100.0  x\n")); }) ==
        "");  // 100 % of 1 s
  CHECK(message_of([] { read_text(report("1", "1e+300", "     8         1      1e+300      1.0    100.0  x\n")); }) ==
        "t.prof: line 9: the time does not fit 64 bits of nanoseconds");
  CHECK(lines_of(report("1", "1", "     8     1e+30          1.0      1.0    100.0  x\n")) ==
        "warning: t.prof: line 9: 1 row is broken (by a narrow console?) and left out\n");
  CHECK(message_of([] { read_text("Timer unit: 0 s\n"); }) == "t.prof: line 1: expected a timer unit above 0");
}

TEST_CASE(
    "line_profiler-text: a report that is cut off within a table is said to be, one without a last newline is not") {
  const std::string rows =
      "     8                                           def f():\n"
      "     9        10         25.0      2.5     25.0      for x in y:\n"
      "    10         9         30.0      3.3     30.0          z()\n"
      "    11                                               else:\n"
      "    12         1         45.0     45.0     45.0          w()\n";
  const std::string whole = report("1e-06", "0.0001", rows);
  const std::string lines = lines_of(whole);
  CHECK(lines.find("warning") == lines.npos);
  CHECK(lines_of(whole.substr(0, whole.size() - 1)) == lines);
  std::string windows = whole;
  for (std::size_t at = 0; (at = windows.find('\n', at)) != std::string::npos; at += 2) windows.insert(at, "\r");
  CHECK(lines_of(windows.substr(0, windows.size() - 2)) == lines);

  // From the ruler on to the last row's source, every place but the ends of lines.
  const std::size_t begin = whole.find(ruler) + 1, end = whole.find("w()");
  const std::string hits_before = lines.substr(0, lines.find("line 0 12"));
  for (std::size_t size = begin; size < end; ++size) {
    if (whole[size - 1] == '\n') continue;
    CAPTURE(whole.substr(0, size));
    const std::string cut = lines_of(whole.substr(0, size));
    const auto line = std::to_string(std::count(whole.begin(), whole.begin() + static_cast<long>(size), '\n') + 1);
    const std::string warning = "warning: t.prof: line " + line + ": the input looks cut off: ";
    const bool is_row = cut.ends_with(warning + "its last row is not complete; left out\n");
    const bool is_sum =
        cut.ends_with(warning + "it has no newline at its end, and the rows do not add up to the total time\n");
    CHECK((is_row || is_sum));
    // No number that was cut is taken.
    const std::string read = cut.substr(0, cut.find("warning"));
    CHECK(lines.starts_with(read));
  }
}

TEST_CASE("line_profiler-text: the source that it shows is kept, also where numbers were too wide for their columns") {
  CHECK(source_lines_of(report("1e-06", "1e-06",
                               "     8                                           @profile\n"
                               "     9                                           \n"
                               "    10         1          1.0      1.0    100.0      return  x \n"
                               "    11   1234567  123456789012.0     12.0      0.0      go()\n")) ==
        "source-line \"a.py\" 8 \"@profile\"\n"
        "source-line \"a.py\" 9 \"\"\n"
        "source-line \"a.py\" 10 \"    return  x\"\n"
        "source-line \"a.py\" 11 \"    go()\"\n");
  // Where the file was not found when it was printed there is none.
  CHECK(source_lines_of(report("1e-06", "1e-06", "     8         1          1.0      1.0    100.0  \n")).empty());
}

TEST_CASE("line_profiler-text: a report without sources has no columns to miss") {
  const std::string rows = "     8         1        100.0    100.0    100.0\n";
  CHECK(lines_of(report("1e-06", "0.0001", rows.substr(0, rows.size() - 1))) ==
        lines_of(report("1e-06", "0.0001", rows)));
}

TEST_CASE("line_profiler-text: what tells a terminal how to show a text is no part of it") {
  std::string scratch;
  const auto shown = [&](std::string_view line) { return std::string(without_control_sequences(line, scratch)); };
  CHECK(shown("a.py:8 - f") == "a.py:8 - f");
  CHECK(shown("\x1b[1;36ma\x1b[0m\x1b[K.\x1b[?25lp\x1b[38:2::1:2:3my\x1b[!p") == "a.py");
  CHECK(shown("\x1b]8;id=1;/work/a.py\x1b\\a\x1b]8;;\x1b\\.\x1b]8;;file:///gr\u00f6\u00dfe.py\apy\x1b]8;;\a") ==
        "a.py");
  // What is not whole, or no such sequence, stays as it is.
  for (const char* const line :
       {"a\x1b", "a\x1b[", "a\x1b[1;3", "a\x1b]8;;x", "a\x1b]8;;x\x1b", "\x1b\x1b(B", "\x1b[1\xc3m"})
    CHECK(shown(line) == line);
  CHECK(shown("\x1b]8;;\x1b[1ma\x1b]8;;\x1b]8;;\ab") == "\x1b]8;;a\x1b]8;;b");
}

TEST_CASE("line_profiler-text: a line full of beginnings of commands takes no longer than its length") {
  std::string line;
  for (int i = 0; i < 1'000'000; ++i) line += "\x1b]8;";
  std::string scratch;
  CHECK(without_control_sequences(line, scratch) == line);  // hours, if each were looked through to the end
}
