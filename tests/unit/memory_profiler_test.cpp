// The reader of memory_profiler's text, rule by rule; memory_growth_test.cpp has what increments hide. Listings are
// those of `show_results` of the version named.

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "support/memory_listing.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE("memory_profiler: increments are growth or release, usage the peak, occurrences hits") {
  const MemoryListing r =
      read_listing(listing_61("     2     21.9 MiB     21.9 MiB           1   @profile\n"
                              "     3                                         def my_func():\n"
                              "     4     29.5 MiB      7.5 MiB           1       a = [1] * (10 ** 6)\n"
                              "     5    182.0 MiB    152.5 MiB           4       for i in range(3):\n"
                              "     6     29.5 MiB   -152.5 MiB           1       del b\n"));
  CHECK(r.name(0) == "my_func t.py:2");
  CHECK(r.profile.lines.size() == 4);  // not the one that was never executed
  CHECK(r.grown(4) == 15 * mib / 2);
  CHECK(r.grown(5) == 305 * mib / 2);
  CHECK(r.grown(6) == 0);
  CHECK(r.freed(6) == 305 * mib / 2);
  CHECK(r.peak(5) == 182 * mib);
  CHECK(r.hits(5) == 4);
  CHECK(r.cell(r.profile.line_self, 0, "mem_grow") == not_measured);  // a line's own growth is not known
  CHECK(r.cell(r.profile.line_total, 0, "hits") == not_measured);
  CHECK(r.cell(r.profile.self, 0, "mem_grow") == 160 * mib);
  CHECK(r.cell(r.profile.total, 0, "mem_free") == 305 * mib / 2);
  CHECK(r.cell(r.profile.self, 0, "mem_peak") == 182 * mib);
  CHECK(r.cell(r.profile.self, 0, "hits") == 7);
  CHECK(r.profile.counts.empty());
  CHECK(r.diagnostics.empty());
}

TEST_CASE("memory_profiler: the first row's increment is the memory at entry, no growth") {
  const MemoryListing r =
      read_listing(listing_61("     6   28.785 MiB  101.457 MiB           4   @profile\n"
                              "     7                                         def grow(n):\n"
                              "     8   29.574 MiB    9.895 MiB           4       a = [0] * n\n"));
  CHECK(r.grown(6) == 0);
  CHECK(r.freed(6) == 0);
  CHECK(r.peak(6) == 30183260);
  CHECK(r.grown(8) == 10375660);
}

TEST_CASE("memory_profiler: without occurrences (0.28 to 0.57) there are no hits") {
  const MemoryListing r = read_listing("Filename: t.py\n\n" + header_57 +
                                       "    13  25.33594 MiB   0.00000 MiB   @profile(precision=5)\n"
                                       "    14                             async def main():\n"
                                       "    15                                 # a comment\n"
                                       "    16  25.34375 MiB   0.00781 MiB       x = 1\n\n\n");
  CHECK(r.diagnostics.empty());
  CHECK_FALSE(r.profile.metric("hits"));
  CHECK(r.name(0) == "main t.py:13");
}

TEST_CASE("memory_profiler: 0.58 writes Occurences, and its source stands where the header says") {
  const MemoryListing r = read_listing(
      "Filename: t.py\n\nLine #    Mem usage    Increment  Occurences   Line Contents\n"
      "============================================================\n"
      "     4  40.6484 MiB  40.6484 MiB           1   @profile(precision=4)\n"
      "     5                                         def my_func():\n"
      "     6  48.2812 MiB   7.6328 MiB           1       a = [1] * (10 ** 6)\n");
  CHECK(r.name(0) == "my_func t.py:4");
  CHECK(r.grown(6) == 8003571);
}

TEST_CASE("memory_profiler: before 0.28 MiB were called MB; before 0.10 there are no increments, nor file names") {
  const MemoryListing r = read_listing(
      "Line #    Mem usage   Line Contents\n==================================\n"
      "     1     10.00 MB   @profile\n"
      "     2                def f():\n"
      "     3     12.50 MB       a = 1\n"
      "     4     11.00 MB       del a\n");
  CHECK(r.name(0) == "f :1");
  CHECK(r.grown(3) == 5 * mib / 2);  // as later versions print it: the difference to the row above
  CHECK(r.freed(4) == 3 * mib / 2);
  CHECK(r.peak(3) == 25 * mib / 2);
}

TEST_CASE("memory_profiler: numbers that outgrow their column shift the row") {
  const MemoryListing r =
      read_listing(listing_61("999999     15.0 MiB     15.0 MiB           1   @profile\n"
                              "1000000                                         def f():\n"
                              "1000001    125.6 MiB -699453.25 MiB  1000001000001       x = 1  # 12 MiB\n"));
  CHECK(r.name(0) == "f t.py:999999");
  CHECK(r.freed(1000001) == 733429891072);
  CHECK(r.hits(1000001) == 1000001000001);
}

TEST_CASE("memory_profiler: what the program printed may stand anywhere") {
  const MemoryListing r = read_listing("hello\n   5\nLine # 3\nend without a newlineFilename: t.py\n\n" + header_61 +
                                       "     1     15.0 MiB     15.0 MiB           1   @profile\n"
                                       "a thread speaks\n"
                                       "     2                                         def f():\n"
                                       "     3     16.0 MiB      1.0 MiB           1       print('Filename: x')\n"
                                       "\n\n     4\nbye\n");
  CHECK(r.name(0) == "f t.py:1");
  CHECK(r.profile.lines.size() == 2);
  CHECK(r.diagnostics == "note: t.txt: line 1: 6 lines are not part of a listing; ignored\n");
}

TEST_CASE("memory_profiler: several listings of one function add up, their peak does not") {
  const std::string once = listing_61(
      "     1     15.0 MiB     15.0 MiB           1   @profile\n"
      "     2                                         def f():\n"
      "     3     16.0 MiB      1.0 MiB           1       x = 1\n");
  const MemoryListing r = read_listing(once + once);
  CHECK(r.profile.functions.size() == 1);
  CHECK(r.grown(3) == 2 * mib);
  CHECK(r.hits(3) == 2);
  CHECK(r.peak(3) == 16 * mib);
  CHECK(r.cell(r.profile.self, 0, "mem_peak") == 16 * mib);
}

TEST_CASE("memory_profiler: a shortened listing goes on, one that goes back is another function's") {
  const MemoryListing r =
      read_listing(listing_61("     2     15.0 MiB     15.0 MiB           1   @profile\n"
                              "     3                                         def f():\n"
                              "     6     16.0 MiB      1.0 MiB           1       x = 1\n"
                              "     8                                         \n"
                              "     9     18.0 MiB      2.0 MiB           1       y = 1\n"
                              "     5     15.0 MiB     15.0 MiB           1   @profile\n"
                              "     6                                         def g():\n"));
  CHECK(r.name(0) == "f t.py:2");
  CHECK(r.name(1) == "g t.py:5");
  CHECK(r.grown(9) == 2 * mib);
  CHECK(r.diagnostics ==
        "warning: t.txt: line 10: 1 row goes back to an earlier line; taken for the start of another function\n"
        "warning: t.txt: line 7: 2 gaps in listings: rows are missing\n");
}

TEST_CASE("memory_profiler: functions without a def, without a source, without memory") {
  const MemoryListing r =
      read_listing("ERROR: Could not find file <stdin>\n" +
                   listing_61("     1     15.0 MiB     15.0 MiB           1   f = profile(lambda x: x)\n") +
                   listing_61("     9     -1.0 MiB     -1.0 MiB           1   exec(code)\n"));
  CHECK(r.name(0) == "<lambda> t.py:1");
  CHECK(r.name(1) == "<function at line 9> t.py:9");
  CHECK(r.peak(9) == not_measured);
  CHECK(r.diagnostics ==
        "warning: t.txt: line 1: 1 function has no listing: memory_profiler did not find its source\n"
        "warning: t.txt: line 13: 1 row has a negative memory, which memory_profiler could not read; left out\n");
}

TEST_CASE("memory_profiler: what is no report is refused") {
  ReadOptions options;
  options.format = "memory_profiler";
  CHECK(message_of([&] { read_text("hello\n", options); }) ==
        "t.prof: no listing of memory_profiler was found (no line \"Line #    Mem usage ...\") (hint: was the program "
        "ended before it printed its report?)");
  CHECK(message_of([&] { read_text(header_61, options); }) ==
        "t.prof: the listing has no rows (hint: was the program ended before it printed its report?)");
  CHECK(message_of([&] { read_text(listing_61("     1 99999999999999.0 MiB  0.0 MiB           1   x\n"), options); }) ==
        "t.prof: line 5: the memory 99999999999999.0 MiB does not fit 64 bits of bytes");
}

TEST_CASE("memory_profiler: line ends of Windows, and rows without trailing blanks") {
  std::string text = listing_61(
      "     1     15.0 MiB     15.0 MiB           1   @profile\n"
      "     2                                         def f():\n"
      "     3\n"
      "     4     16.0 MiB      1.0 MiB           1       x = 1\n");
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.insert(at, "\r");
  const MemoryListing r = read_listing(text);
  CHECK(r.name(0) == "f t.py:1");
  CHECK(r.grown(4) == mib);
}

TEST_CASE("memory_profiler: a text that is cut off within a row is said to be, one without a last newline is not") {
  const std::string text = "Filename: t.py\n\n" + header_61 +
                           "     9     15.0 MiB     15.0 MiB           1   @profile\n"
                           "    10                                         def f():\n"
                           "    11     16.0 MiB      1.0 MiB          12       x = 1";
  const MemoryListing whole = read_listing(text);
  CHECK(whole.diagnostics.empty());
  CHECK(whole.hits(11) == 12);
  const std::size_t row = text.rfind('\n') + 1;
  for (std::size_t size = row + 5; size < text.size() - 5; ++size) {
    CAPTURE(text.substr(row, size - row));
    const MemoryListing cut = read_listing(text.substr(0, size));
    CHECK(cut.profile.lines.size() == 1);  // no number that was cut is taken
    // Behind its number it might be a row without source.
    if (text.substr(row, size - row).find_last_not_of(' ') < 6) continue;
    CHECK(cut.diagnostics ==
          "warning: t.txt: line 7: the input looks cut off: its last row is not complete; left out\n");
  }
  // In the first row of a listing, too.
  const std::string first = "Filename: u.py\n\n" + header_61 + "     5     16.0 MiB     16.0 MiB           1";
  const MemoryListing second = read_listing(text + "\n\n\n" + first);
  CHECK(second.profile.functions.size() == 1);
  CHECK(second.diagnostics ==
        "warning: t.txt: line 14: the input looks cut off: its last row is not complete; left out\n");
  CHECK(message_of([&] { read_text(first); }) ==
        "t.prof: the listing has no rows (hint: was the program ended before it printed its report?)");
  // Of a text without any source nothing is missing.
  CHECK(read_listing("Filename: u.py\n\n" + header_61 +
                     "     5     16.0 MiB     16.0 MiB           1\n"
                     "     6     16.0 MiB      0.0 MiB           1")
            .diagnostics.empty());
  // After the end of a listing numbers are the program's own.
  CHECK(read_listing(text + "\n\n\n   12").diagnostics ==
        "note: t.txt: line 10: 1 line is not part of a listing; ignored\n");
}
