// What lines and functions of memory_profiler's listings grew by, where increments do not say it: those of lines that
// call profiled functions hold the whole memory of the process.

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "support/memory_listing.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE("memory_profiler: a line that calls a profiled function has the whole memory for an increment") {
  // 0.61 on `def main(): t = make(1500); return sum(t)` with make profiled as well
  const MemoryListing r =
      read_listing(listing_61("    80   22.000 MiB   22.000 MiB           1   @profile\n"
                              "    81                                         def main():\n"
                              "    82   23.500 MiB   23.500 MiB           1       t = make_table(1500)\n"
                              "    83   23.500 MiB    0.000 MiB           1       x = 1\n"
                              "    84   23.500 MiB   70.000 MiB           3       return per_city(t)\n"));
  CHECK(r.grown(82) == 3 * mib / 2);
  CHECK(r.grown(84) == 0);
  CHECK(r.diagnostics ==
        "warning: t.txt: line 7: 2 lines call profiled functions, and their increments hold the whole memory of the "
        "process; what the readings around them rose by is used\n");
}

TEST_CASE("memory_profiler: a line that calls a profiled function now and then has it in its increment as often") {
  // 0.61 on main: sum(len(f(i)) for i in range(30)), a loop that grows, all(f(i) for i in range(12) if i % 2)
  const std::string f =
      "     1   98.348 MiB 1810.000 MiB          36   @profile\n"
      "     2                                         def f(i):\n"
      "     3   98.348 MiB    0.082 MiB          36       return bytearray(1000 * i)\n";
  const std::string main =
      "    12   50.406 MiB   50.406 MiB           1   @profile\n"
      "    13                                         def main():\n"
      "    14   50.453 MiB 1512.586 MiB          63       a = sum(len(f(i)) for i in range(30))\n"
      "    18   98.332 MiB    0.000 MiB          51       for i in range(50):\n"
      "    19   98.332 MiB   47.852 MiB          50           big.append(bytearray(1_000_000))\n"
      "    20   98.348 MiB  590.047 MiB          21       d = all(f(i) for i in range(12) if i % 2)\n";
  const MemoryListing r = read_listing(listing_61(f) + "\n\n" + listing_61(main));
  CHECK(r.grown(14) == 49283);  // 0.047 MiB
  CHECK(r.grown(19) == 50176459);
  CHECK(r.grown(20) == 16777);
  CHECK(r.diagnostics.find("2 lines call profiled functions, and their increments hold the whole memory") !=
        std::string::npos);
  // Without a profiled function that was called so often there is no such explanation.
  CHECK(read_listing(listing_61(main)).grown(14) == 1586061378);
}

TEST_CASE("memory_profiler: of a line that calls a profiled function the memory at its entries is taken off") {
  // python -m memory_profiler 0.61: [load(10) for _ in range(20)] as a loop; the memory grows fivefold.
  const std::string load =
      "     1  240.422 MiB 2907.641 MiB          20   @profile\n"
      "     2                                         def load(n):\n"
      "     3  250.426 MiB  200.082 MiB          20       a = bytearray(n * 1024 * 1024)\n"
      "     4  250.426 MiB    0.004 MiB          20       return a\n";
  const auto main = [](const std::string& call) {
    return "     5   50.340 MiB   50.340 MiB           1   @profile\n"
           "     6                                         def main():\n"
           "     7   50.340 MiB    0.000 MiB           1       keep = []\n"
           "     8  250.426 MiB    0.000 MiB          21       for i in range(20):\n"
           "     9  250.426 MiB 3107.727 MiB          20           " +
           call + "\n";
  };
  const MemoryListing r = read_listing(listing_61(load) + listing_61(main("keep.append(load(10))")));
  CHECK(r.grown(9) == 209805378);  // 200.086 MiB
  CHECK(r.diagnostics ==
        "note: t.txt: line 19: 1 line calls a profiled function, and its increment holds the whole memory of the "
        "process; "
        "that at the entry of the function is taken off\n");
  // Nothing here names the function; the readings tell.
  CHECK(read_listing(listing_61(load) + listing_61(main("keep.append(x.reload (10))"))).grown(9) == 209805377);
}

TEST_CASE("memory_profiler: calls on several lines are told apart where all but one are in lines that ran once") {
  const std::string load =
      "     1  600.414 MiB 2302.410 MiB           6   @profile\n"
      "     2                                         def load(n):\n"
      "     3  650.418 MiB  600.023 MiB           6       return bytearray(n * 1024 * 1024)\n";
  const std::string main =
      "     5   50.391 MiB   50.391 MiB           1   @profile\n"
      "     6                                         def main():\n"
      "     7  150.395 MiB  150.395 MiB           1       a = load(100)\n"
      "     8  450.398 MiB  450.398 MiB           1       b = load(300)\n"
      "     9  650.418 MiB 2301.641 MiB           7       c = [load(50) for _ in range(4)]\n";
  const auto in_mib = [](std::int64_t bytes) { return (bytes + mib / 2) / mib; };
  const MemoryListing r = read_listing(listing_61(load) + listing_61(main));
  CHECK(in_mib(r.grown(7)) == 100);
  CHECK(in_mib(r.grown(8)) == 300);
  CHECK(in_mib(r.grown(9)) == 200);
  const MemoryListing two = read_listing(
      listing_61(load) +
      listing_61(main + "    10  650.418 MiB 2301.641 MiB           7       d = [load(50) for _ in range(4)]\n"));
  CHECK(in_mib(two.grown(9)) == 200);  // nobody knows which of the two had how much, but the readings
  CHECK(in_mib(two.grown(10)) == 0);
}

TEST_CASE("memory_profiler: no function grows by more than its readings do") {
  // 0.61, a generator that keeps a MiB at each step; comprehensions whose turns call a function.
  const std::string blocks =
      "     1   22.941 MiB   22.941 MiB           1   @profile\n"
      "     2                                         def blocks(n):\n"
      "     3   27.961 MiB    0.000 MiB           6       for i in range(n):\n"
      "     4   27.961 MiB  134.785 MiB          10           yield bytearray(b'1') * 2**20\n";
  CHECK(read_listing(listing_61(blocks)).grown(4) == 5263852);  // 5.02 MiB
  const std::string load =
      "     1   34.969 MiB  202.699 MiB           7   @profile\n"
      "     2                                         def load(n):\n"
      "     3   35.973 MiB   13.027 MiB           7       return bytearray(b'1') * (n * 2**20)\n";
  const std::string main =
      "     9   22.945 MiB   22.945 MiB           1   @profile\n"
      "    10                                         def main():\n"
      "    11   28.957 MiB   80.859 MiB           6       rest = [load(2) for _ in range(3)]\n"
      "    12   34.969 MiB   98.895 MiB           6       more = [load(2) for _ in range(3)]\n"
      "    13   34.969 MiB    0.000 MiB           1       return rest\n";
  const MemoryListing r = read_listing(listing_61(load) + listing_61(main));
  CHECK(r.grown(11) == 6304039);  // 6.012 MiB
  CHECK(r.grown(12) == 6304039);
}

TEST_CASE("memory_profiler: f(g(x)) began with the memory at the entry of g; a generator is entered again and again") {
  const std::string g =
      "     1   50.000 MiB  150.000 MiB           3   @profile\n"
      "     2                                         def g(n):\n"
      "     3   51.000 MiB    3.000 MiB           3       return bytearray(n)\n";
  const std::string f =
      "     5   51.000 MiB  153.000 MiB           3   @profile\n"
      "     6                                         def f(x):\n"
      "     7   52.000 MiB    3.000 MiB           3       return x + x\n";
  const std::string main =
      "    10   50.000 MiB   50.000 MiB           1   @profile\n"
      "    11                                         def main():\n"
      "    12   50.000 MiB    0.000 MiB           4       for i in range(3):\n"
      "    13   52.000 MiB  156.000 MiB           3           f(g(1000))\n"
      "    14   52.000 MiB   -6.000 MiB           3           gc.collect()\n";
  CHECK(read_listing(listing_61(g) + listing_61(f) + listing_61(main)).grown(13) == 6 * mib);

  const std::string generator =
      "    18   61.641 MiB   61.641 MiB           1   @profile\n"
      "    19                                         def gen(n):\n"
      "    20   66.645 MiB    5.004 MiB           1       buf = bytearray(5 * 1024 * 1024)\n"
      "    21   66.645 MiB    0.000 MiB           6       for i in range(n):\n"
      "    22   66.645 MiB  333.223 MiB          10           yield i\n"
      "    23   61.641 MiB   -5.004 MiB           1       del buf\n";
  const std::string loop =
      "    70   61.641 MiB   61.641 MiB           1   @profile\n"
      "    71                                         def main():\n"
      "    72   66.645 MiB  394.863 MiB           6       for v in gen(5):\n"
      "    73   66.645 MiB    0.000 MiB           5           pass\n";
  const MemoryListing r = read_listing(listing_61(generator) + listing_61(loop));
  CHECK(r.grown(72) == 0);
  CHECK(r.freed(72) < mib / 100);
}

TEST_CASE("memory_profiler: lines in loops that call one function grow by what readings rose by") {
  // 0.61: load(4) five times, load(6) four times, all of it kept.
  const std::string load = listing_61(
      "     5   60.996 MiB  362.816 MiB           9   @profile\n"
      "     6                                         def load(mb):\n"
      "     7   67.000 MiB   44.035 MiB           9       return b\"x\" * (mb << 20)\n");
  const std::string first = listing_61(
      "     8   22.961 MiB   22.961 MiB           1   @profile\n"
      "     9                                         def first(n):\n"
      "    10   22.961 MiB    0.000 MiB           1       out = []\n"
      "    11   42.984 MiB    0.000 MiB           6       for i in range(n):\n"
      "    12   42.984 MiB  174.875 MiB           5           out.append(load(4))\n"
      "    13   42.984 MiB    0.000 MiB           1       return out\n");
  const std::string second = listing_61(
      "    14   42.984 MiB   42.984 MiB           1   @profile\n"
      "    15                                         def second(n):\n"
      "    16   42.984 MiB    0.000 MiB           1       out = []\n"
      "    17   67.000 MiB    0.000 MiB           5       while n:\n"
      "    18   67.000 MiB  231.977 MiB           4           out.append(load(6))\n"
      "    19   67.000 MiB    0.000 MiB           4           n -= 1\n"
      "    20   67.000 MiB    0.000 MiB           1       return out\n");
  const std::string main = listing_61(
      "    21   22.957 MiB   22.957 MiB           1   @profile\n"
      "    22                                         def main():\n"
      "    23   42.984 MiB   42.984 MiB           1       a = first(5)\n"
      "    24   67.000 MiB   67.000 MiB           1       b = second(4)\n"
      "    25   67.000 MiB    0.000 MiB           1       return a, b\n");
  const MemoryListing r = read_listing(load + first + second + main);
  CHECK(in_hundredths(r.grown(12)) == 2002);
  CHECK(in_hundredths(r.grown(18)) == 2402);
  CHECK(in_hundredths(r.grown(23)) == 2002);
  CHECK(in_hundredths(r.grown(24)) == 2402);
  // Together they grew by all that the increments hold beyond the memory at the entries of load.
  CHECK(in_hundredths(r.grown(12) + r.grown(18)) == 4404);
}

TEST_CASE("memory_profiler: a loop has no release because the row above it shows a later reading") {
  // 0.61 on mem1.py: rec calls itself, alloc is called on five lines.
  const std::string alloc = listing_61(
      "     7   63.098 MiB  439.797 MiB          11   @profile\n"
      "     8                                         def alloc(mb):\n"
      "     9   93.102 MiB    0.797 MiB          11       b = bytearray(mb * 1024 * 1024)\n"
      "    10   93.102 MiB -189.246 MiB          11       b[::4096] = b\"x\" * len(b[::4096])\n"
      "    11   93.102 MiB -189.246 MiB          11       return b\n");
  const std::string build = listing_61(
      "    12   23.070 MiB   23.070 MiB           1   @profile\n"
      "    13                                         def build(n):\n"
      "    14   23.070 MiB    0.000 MiB           1       out = []\n"
      "    15   43.090 MiB    0.000 MiB           6       for i in range(n):\n"
      "    16   43.090 MiB  175.410 MiB           5           out.append(alloc(4))\n"
      "    17   43.090 MiB    0.000 MiB           1       time.sleep(0.3)\n"
      "    18   43.090 MiB    0.000 MiB           1       return out\n");
  const std::string temp = listing_61(
      "    19   43.094 MiB   43.094 MiB           1   @profile\n"
      "    20                                         def temp():\n"
      "    21   63.098 MiB   63.098 MiB           1       x = alloc(20)\n"
      "    22   93.102 MiB   93.102 MiB           1       y = alloc(30)\n"
      "    23   73.098 MiB  -20.004 MiB           1       del x\n"
      "    24   43.094 MiB  -30.004 MiB           1       del y\n"
      "    25   43.094 MiB    0.000 MiB           1       return 1\n");
  const std::string rec = listing_61(
      "    26   46.039 MiB   43.094 MiB           4   @profile\n"
      "    27                                         def rec(n):\n"
      "    28   46.039 MiB    0.000 MiB           4       if n == 0:\n"
      "    29   48.043 MiB   48.043 MiB           1           return alloc(2)\n"
      "    30   46.039 MiB  135.117 MiB           3       KEEP.append(alloc(1))\n"
      "    31   48.043 MiB    0.000 MiB           3       return rec(n - 1)\n");
  const MemoryListing r = read_listing(alloc + build + temp + rec);
  CHECK(in_hundredths(r.grown(16)) == 2002);
  CHECK(in_hundredths(r.grown(21)) == 2000);
  CHECK(in_hundredths(r.grown(22)) == 3000);
  CHECK(in_hundredths(r.grown(29)) == 200);
  CHECK(in_hundredths(r.grown(30)) == 294);  // three of 1 MiB
  CHECK(r.freed(30) == 0);
  // Each call of alloc was compared with that of 30 MiB; nothing but the two lines of temp released anything.
  CHECK(r.freed(10) == 0);
  CHECK(r.freed(11) == 0);
  CHECK(in_hundredths(r.freed(23) + r.freed(24)) == 5001);
  CHECK(
      r.diagnostics.find("2 lines have releases against an earlier call's larger readings, which never happened; left "
                         "out") != std::string::npos);
}

TEST_CASE("memory_profiler: rows that call a function one after the other differ by what happened in between") {
  // 0.61: load(1) and load(2) in one loop, five times.
  const std::string load = listing_61(
      "     1   35.980 MiB  294.629 MiB          10   @profile\n"
      "     2                                         def load(mb):\n"
      "     3   37.984 MiB   15.039 MiB          10       return b\"x\" * (mb << 20)\n");
  const std::string pairs = listing_61(
      "    11   22.941 MiB   22.941 MiB           1   @profile\n"
      "    12                                         def pairs(n):\n"
      "    13   22.945 MiB    0.004 MiB           1       keep = []\n"
      "    14   37.984 MiB    0.000 MiB           6       for i in range(n):\n"
      "    15   35.980 MiB  149.824 MiB           5           keep.append(load(1))\n"
      "    16   35.980 MiB    0.000 MiB           5           x = len(keep)\n"
      "    17   37.984 MiB  159.844 MiB           5           keep.append(load(2))\n"
      "    18   37.984 MiB    0.000 MiB           1       return keep\n");
  const MemoryListing r = read_listing(load + pairs);
  CHECK(in_hundredths(r.grown(15)) == 502);
  CHECK(in_hundredths(r.grown(17)) == 1002);
}

TEST_CASE("memory_profiler: what branches of a loop grew by is known together only, and a warning says so") {
  // 0.61: other(3) four times, other(1) three times.
  const std::string other = listing_61(
      "     6   56.977 MiB  325.875 MiB           7   @profile\n"
      "     7                                         def other(mb):\n"
      "     8   56.977 MiB   18.988 MiB           7       return bytearray(b\"y\" * (mb << 20))\n");
  const std::string branches = listing_61(
      "    21   37.984 MiB   37.984 MiB           1   @profile\n"
      "    22                                         def branches(n):\n"
      "    23   37.984 MiB    0.000 MiB           1       keep = []\n"
      "    24   56.977 MiB    0.004 MiB           8       for i in range(n):\n"
      "    25   56.977 MiB    0.000 MiB           7           if i % 3:\n"
      "    26   56.977 MiB  200.922 MiB           4               keep.append(other(3))\n"
      "    27                                                 else:\n"
      "    28   56.977 MiB  143.941 MiB           3               keep.append(other(1))\n"
      "    29   56.977 MiB    0.000 MiB           1       return keep\n");
  const MemoryListing r = read_listing(other + branches);
  CHECK(in_hundredths(r.grown(26) + r.grown(28)) == 1899);
  CHECK(r.grown(26) > r.grown(28));
  CHECK(r.diagnostics ==
        "warning: t.txt: line 19: 2 lines call profiled functions, and their increments hold the whole memory of the "
        "process; what each of them grew by is not known, and what they did together is shared over them\n");
}

TEST_CASE("memory_profiler: branches of a loop that ran as often are no rows one after the other") {
  // 0.61: f(1000000) and f(500000), three times each.
  const std::string f = listing_61(
      "     6   77.094 MiB  382.402 MiB           6   @profile\n"
      "     7                                         def f(n):\n"
      "     8   84.727 MiB   34.352 MiB           6       return [0]*n\n");
  const auto main = [](const std::string& branch) {
    return listing_61(
        "     9   50.375 MiB   50.375 MiB           1   @profile\n"
        "    10                                         def main():\n"
        "    11   50.375 MiB    0.000 MiB           1       k = []\n"
        "    12   84.727 MiB    0.000 MiB           7       for i in range(6):\n"
        "    13   77.094 MiB    0.000 MiB           6           if i % 2:\n"
        "    14   84.727 MiB  219.828 MiB           3               k.append(f(1000000))\n" +
        branch +
        "    16   77.094 MiB  196.926 MiB           3               k.append(f(500000))\n"
        "    17   84.727 MiB    0.000 MiB           1       return k\n");
  };
  for (const std::string branch : {"    15                                                 else:\n",
                                   "    15   77.094 MiB    0.000 MiB           3           elif i < 5:\n"}) {
    const MemoryListing r = read_listing(f + main(branch));
    CHECK(in_hundredths(r.grown(14)) == 1718);
    CHECK(in_hundredths(r.grown(16)) == 1718);
    CHECK(r.freed(16) == 0);
    CHECK(r.diagnostics.find("2 lines call profiled functions") != std::string::npos);
    CHECK(r.diagnostics.find("what they did together is shared over them") != std::string::npos);
  }
}

TEST_CASE("memory_profiler: a block above that leaves its turn of a loop ran in other turns") {
  const std::string f = listing_61(
      "     6   77.094 MiB  382.402 MiB           6   @profile\n"
      "     7                                         def f(n):\n"
      "     8   84.727 MiB   34.352 MiB           6       return [0]*n\n");
  const MemoryListing r =
      read_listing(f + listing_61("     9   50.375 MiB   50.375 MiB           1   @profile\n"
                                  "    10                                         def main():\n"
                                  "    11   50.375 MiB    0.000 MiB           1       k = []\n"
                                  "    12   84.727 MiB    0.000 MiB           7       for i in range(6):\n"
                                  "    13   77.094 MiB    0.000 MiB           6           if i % 2:\n"
                                  "    14   84.727 MiB  219.828 MiB           3               k.append(f(1000000))\n"
                                  "    15   84.727 MiB    0.000 MiB           3               continue\n"
                                  "    16   77.094 MiB    0.000 MiB           3           if k is not None:\n"
                                  "    17   77.094 MiB  196.926 MiB           3               k.append(f(500000))\n"
                                  "    18   84.727 MiB    0.000 MiB           1       return k\n"));
  CHECK(in_hundredths(r.grown(14)) == 1718);
  CHECK(in_hundredths(r.grown(17)) == 1718);
}

TEST_CASE("memory_profiler: rows of functions that were called several times grow by what their callers know") {
  // 0.61: batch is called three times, each time with a loop of four load(2); twice four times.
  const std::string load = listing_61(
      "     1   71.012 MiB 1174.816 MiB          25   @profile\n"
      "     2                                         def load(mb):\n"
      "     3   71.031 MiB   56.066 MiB          25       return b\"x\" * (mb << 20)\n");
  const std::string batch = listing_61(
      "     6   38.980 MiB   92.895 MiB           3   @profile\n"
      "     7                                         def batch(n):\n"
      "     8   38.980 MiB    0.000 MiB           3       keep = []\n"
      "     9   46.996 MiB    0.000 MiB          15       for i in range(n):\n"
      "    10   46.996 MiB  431.695 MiB          12           keep.append(load(2))\n"
      "    11   46.996 MiB    0.000 MiB           3       return keep\n");
  const std::string twice = listing_61(
      "    14   59.020 MiB  212.031 MiB           4   @profile\n"
      "    15                                         def twice(n):\n"
      "    16   60.023 MiB  216.047 MiB           4       a = load(1)\n"
      "    17   63.027 MiB  228.062 MiB           4       b = load(3)\n"
      "    18   63.027 MiB    0.000 MiB           4       return a, b\n");
  const std::string temporary = listing_61(
      "    21   63.027 MiB   63.027 MiB           1   @profile\n"
      "    22                                         def temporary(n):\n"
      "    23   71.012 MiB    0.000 MiB           6       for i in range(n):\n"
      "    24   71.031 MiB  355.078 MiB           5           x = load(8)\n"
      "    25   71.012 MiB   -8.082 MiB           5           del x\n"
      "    26   71.012 MiB    0.000 MiB           1       return n\n");
  const std::string main = listing_61(
      "    29   22.945 MiB   22.945 MiB           1   @profile\n"
      "    30                                         def main():\n"
      "    31   22.949 MiB    0.004 MiB           1       keep = []\n"
      "    32   46.996 MiB    0.000 MiB           4       for i in range(3):\n"
      "    33   46.996 MiB  116.941 MiB           3           keep.append(batch(4))\n"
      "    34   63.027 MiB    0.000 MiB           5       for i in range(4):\n"
      "    35   63.027 MiB  228.062 MiB           4           keep.append(twice(i))\n"
      "    36   71.012 MiB   71.012 MiB           1       temporary(5)\n"
      "    37   71.012 MiB    0.000 MiB           1       return keep\n");
  const MemoryListing r = read_listing(load + batch + twice + temporary + main);
  CHECK(in_hundredths(r.grown(10)) == 2405);
  CHECK(in_hundredths(r.grown(16)) == 402);
  CHECK(in_hundredths(r.grown(17)) == 1202);
  CHECK(in_hundredths(r.grown(33)) == 2405);
  CHECK(in_hundredths(r.grown(35)) == 1603);
  CHECK(in_hundredths(r.grown(24) - r.freed(25)) == 798);  // as the readings around the loop
  CHECK(r.diagnostics.find("not known") == std::string::npos);
}

TEST_CASE("memory_profiler: a method that calls the one of its base is told by their counts") {
  // 0.61: B(1000000) four times in a loop; A and B take as much each.
  const auto base = [](int calls) {
    return listing_61("     6   96.184 MiB  293.133 MiB           " + std::to_string(calls) +
                      "       @profile\n"
                      "     7                                             def __init__(self, n):\n"
                      "     8  103.816 MiB   30.531 MiB           " +
                      std::to_string(calls) + "           self.d = [0] * n\n");
  };
  const auto derived = [](const std::string& before) {
    return listing_61(
        "    10   96.184 MiB  293.133 MiB           4       @profile\n"
        "    11                                             def __init__(self, n):\n" +
        before +
        "    13  103.816 MiB  323.664 MiB           4           super().__init__(n)\n"
        "    14  111.449 MiB   30.531 MiB           4           self.e = [0] * n\n");
  };
  const MemoryListing r = read_listing(base(4) + derived(""));
  CHECK(in_hundredths(r.grown(13)) == 3053);
  CHECK(in_hundredths(r.grown(14)) == 3053);
  CHECK(r.diagnostics.find("left out") == std::string::npos);
  // Where a row above ran now and then, the entry of B.__init__ does not tell; those of A.__init__ do, if nobody else
  // called that.
  const std::string before = "    12   96.184 MiB    0.000 MiB           2           self.x = 0\n";
  CHECK(in_hundredths(read_listing(base(4) + derived(before)).grown(13)) == 3053);
  CHECK(read_listing(base(5) + derived(before)).diagnostics.find("left out") != std::string::npos);
}

TEST_CASE("memory_profiler: a method of that name that is not profiled keeps its increments") {
  const std::string add =
      "     1   60.000 MiB 1100.000 MiB          20   @profile\n"
      "     2                                         def add(self, n):\n"
      "     3   62.000 MiB   10.000 MiB          20       self.items.append(bytearray(n))\n";
  const std::string main =
      "    10   50.000 MiB   50.000 MiB           1   @profile\n"
      "    11                                         def main():\n"
      "    12   90.000 MiB   40.000 MiB          20           seen.add(bytearray(1000000))\n";
  CHECK(read_listing(listing_61(add) + listing_61(main)).grown(12) == 40 * mib);
}

TEST_CASE("memory_profiler: readings of a function that was called several times are the largest of all calls") {
  // 0.61 on `def main(): return list(map(fetch, [30, 20, 10]))`: 60 MiB in three calls, the last one from 73 on.
  const MemoryListing r = read_listing(
      listing_61("     5   73.340 MiB   23.340 MiB           3   @profile\n"
                 "     6                                         def fetch(n):\n"
                 "     7   83.340 MiB   60.000 MiB           3       return bytearray(b'f' * n * MB)\n") +
      listing_61("     8   23.340 MiB   23.340 MiB           1   @profile\n"
                 "     9                                         def main():\n"
                 "    10   83.340 MiB   83.340 MiB           1       return list(map(fetch, [30, 20, 10]))\n"));
  CHECK(r.grown(7) == 60 * mib);
  CHECK(r.grown(10) == 60 * mib);
}

TEST_CASE("memory_profiler: a row that calls a profiled function now and then grows by no more than its readings") {
  const MemoryListing r =
      read_listing(listing_61("     2   33.375 MiB  169.586 MiB           8   @profile\n"
                              "     3                                         def f0(x):\n"
                              "     4   34.379 MiB    8.031 MiB           8       grow(1)\n") +
                   listing_61("     6   30.863 MiB  107.352 MiB           6   @profile\n"
                              "     7                                         def f1(x):\n"
                              "     8   31.367 MiB    3.023 MiB           6       grow(0.5)\n"
                              "     9   32.371 MiB   59.211 MiB           6       if x%2: f0(x)\n"
                              "    10   32.371 MiB    0.000 MiB           6       return x%2==0\n") +
                   listing_61("    16   23.316 MiB   23.316 MiB           1   @profile\n"
                              "    17                                         def main():\n"
                              "    18   34.379 MiB   63.227 MiB           2       work1(2)\n"));
  CHECK(r.grown(9) < 12 * mib);
}

TEST_CASE("memory_profiler: a generator that calls a profiled function grows by that, its yields do not") {
  const MemoryListing r =
      read_listing(listing_61("     5   37.391 MiB   86.172 MiB           3   @profile\n"
                              "     6                                         def fetch(n):\n"
                              "     7   39.391 MiB   14.000 MiB           3       return bytearray(b'f' * n * MB)\n") +
                   listing_61("     8   23.391 MiB   23.391 MiB           1   @profile\n"
                              "     9                                         def stream(ns):\n"
                              "    10   37.391 MiB    0.000 MiB           4       for n in ns:\n"
                              "    11   37.391 MiB  100.173 MiB           3           buf = fetch(n)\n"
                              "    12   37.391 MiB  100.173 MiB           6           yield buf\n"));
  CHECK(in_hundredths(r.grown(11)) == 1400);
  CHECK(r.grown(12) == 0);
}

TEST_CASE("memory_profiler: what a line calls besides may have the memory in its increment as well") {
  // `out.append(load(4 * MB) if i % 2 else Frame(MB))`, with Frame.__init__ profiled, too: readings rose by 4 MiB.
  const MemoryListing r = read_listing(
      listing_61("     6   83.371 MiB  250.113 MiB           3       @profile\n"
                 "     7                                             def __init__(self, n):\n"
                 "     8   83.371 MiB    0.000 MiB           3           self.col = bytearray(b'x' * n)\n") +
      listing_61("     9   83.371 MiB  250.117 MiB           3   @profile\n"
                 "    10                                         def load(n):\n"
                 "    11   87.371 MiB   12.000 MiB           3       return bytearray(b'a' * n)\n") +
      listing_61("    15   83.371 MiB   83.371 MiB           1   @profile\n"
                 "    16                                         def build(k):\n"
                 "    18   87.371 MiB    0.000 MiB           7       for i in range(k):\n"
                 "    19   87.371 MiB  504.230 MiB           6           out.append(load(4 * MB) if i % 2 else F(MB))\n"
                 "    20   87.371 MiB    0.000 MiB           1       return out\n"));
  CHECK(in_hundredths(r.grown(19)) == 400);
}

TEST_CASE("memory_profiler: what a line in a straight function did stands between its neighbours") {
  // A comprehension that calls a profiled function, which others call unseen: the readings around it are the same.
  const MemoryListing r = read_listing(
      listing_61("     4   83.363 MiB  566.906 MiB           8   @profile\n"
                 "     5                                         def load(n):\n"
                 "     6   83.363 MiB   60.000 MiB           8       return bytearray(b'a' * n)\n") +
      listing_61("     9   23.363 MiB   23.363 MiB           1   @profile\n"
                 "    10                                         def main():\n"
                 "    11   43.359 MiB   43.359 MiB           1       a = load(10 * MB)\n"
                 "    12   83.363 MiB   83.363 MiB           1       b = helper(20 * MB)\n"
                 "    13   83.367 MiB  500.184 MiB           7       l = [load(2 * MB) for _ in range(6)]\n"
                 "    14   83.367 MiB    0.000 MiB           1       return a, b, l\n"));
  CHECK(r.freed(13) <= 0);
  CHECK(in_hundredths(r.grown(13)) == 0);
}

TEST_CASE("memory_profiler: a row is measured against none that is executed again behind it") {
  // 0.61, Python 3.11, f(1000000) and f(2000000): in a `with`, in a list, with arguments on lines of their own.
  const std::string f = listing_61(
      "     5   58.090 MiB  108.547 MiB           2   @profile\n"
      "     6                                         def f(n):\n"
      "     7   73.352 MiB   22.895 MiB           2       return [0]*n\n");
  const std::string main =
      "    13   50.457 MiB   50.457 MiB           1   @profile\n"
      "    14                                         def main():\n";
  const std::string in_with =
      listing_61(main +
                 "    15   73.352 MiB    0.000 MiB           2       with contextlib.nullcontext():\n"
                 "    16   58.090 MiB   58.090 MiB           1           k = f(1000000)\n"
                 "    17   73.352 MiB   73.352 MiB           1           j = f(2000000)\n"
                 "    18   73.352 MiB    0.000 MiB           1       return k, j\n");
  const std::string in_list = listing_61(main +
                                         "    15   73.352 MiB    0.000 MiB           1       k = [  # ( is none\n"
                                         "    16   58.090 MiB   58.090 MiB           1           f(1000000),\n"
                                         "    17   73.352 MiB   73.352 MiB           1           f(2000000),\n"
                                         "    18                                             ]\n"
                                         "    19   73.352 MiB    0.000 MiB           1       return k\n");
  for (const std::string& text : {in_with, in_list}) {
    const MemoryListing r = read_listing(f + text);
    CHECK(in_hundredths(r.grown(16)) == 763);
    CHECK(in_hundredths(r.grown(17)) == 1526);
    CHECK(r.freed(16) == 0);
  }
  const MemoryListing r =
      read_listing(f + listing_61(main + "    15   58.090 MiB   58.090 MiB           2       k = f(\n"
                                         "    16   50.457 MiB    0.000 MiB           1           1000000\n"
                                         "    17                                             )\n"
                                         "    18   73.352 MiB   73.352 MiB           2       j = f(\n"
                                         "    19   58.090 MiB    0.000 MiB           1           n=\")\",\n"
                                         "    20                                             )\n"
                                         "    21   73.352 MiB    0.000 MiB           1       return k, j\n"));
  CHECK(in_hundredths(r.grown(15)) == 763);
  CHECK(in_hundredths(r.grown(18)) == 1526);
}

TEST_CASE("memory_profiler: what a with took before its block, and what rows in brackets did, is theirs") {
  const std::string f = listing_61(
      "     5   68.000 MiB  128.000 MiB           2   @profile\n"
      "     6                                         def f(n):\n"
      "     7   83.000 MiB   23.000 MiB           2       return [0]*n\n");
  const MemoryListing with =
      read_listing(f + listing_61("    13   50.000 MiB   50.000 MiB           1   @profile\n"
                                  "    14                                         def main():\n"
                                  "    15   83.000 MiB   10.000 MiB           2       with table() as t:\n"
                                  "    16   68.000 MiB   68.000 MiB           1           k = f(1000000)\n"
                                  "    17   83.000 MiB   83.000 MiB           1           j = f(2000000)\n"
                                  "    18   83.000 MiB    0.000 MiB           1       return k, j\n"));
  CHECK(in_hundredths(with.grown(15)) == 1000);
  CHECK(in_hundredths(with.grown(16)) == 800);
  CHECK(in_hundredths(with.grown(17)) == 1500);
  const MemoryListing brackets =
      read_listing(f + listing_61("    13   50.000 MiB   50.000 MiB           1   @profile\n"
                                  "    14                                         def main():\n"
                                  "    15   68.000 MiB   68.000 MiB           2       k = f(\n"
                                  "    16   60.000 MiB   10.000 MiB           1           [0] * 1250000)\n"
                                  "    17   83.000 MiB   83.000 MiB           1       j = f(2000000)\n"
                                  "    18   83.000 MiB    0.000 MiB           1       return k, j\n"));
  CHECK(in_hundredths(brackets.grown(15)) == 800);
  CHECK(in_hundredths(brackets.grown(16)) == 1000);
  CHECK(in_hundredths(brackets.grown(17)) == 1500);
  // Both rows hold memories: one of the argument's three calls is no growth of it.
  const MemoryListing both =
      read_listing(f +
                   listing_61("     8   60.000 MiB  165.000 MiB           3   @profile\n"
                              "     9                                         def load(n):\n"
                              "    10   65.000 MiB   15.000 MiB           3       return [0]*n\n") +
                   listing_61("    13   50.000 MiB   50.000 MiB           1   @profile\n"
                              "    14                                         def main():\n"
                              "    15   70.000 MiB   70.000 MiB           2       x = self.more(\n"
                              "    16   65.000 MiB  180.000 MiB           4           [load(i) for i in range(3)])\n"
                              "    17   70.000 MiB    0.000 MiB           1       return x\n"));
  CHECK(in_hundredths(both.grown(15)) == 500);
  CHECK(in_hundredths(both.grown(16)) == 1500);
}

TEST_CASE("memory_profiler: a large true increment is not taken for the whole memory") {
  // A loop that takes 152 MiB and gives them back, ten times.
  const MemoryListing r =
      read_listing(listing_61("     1     20.0 MiB     20.0 MiB           1   @profile\n"
                              "     2                                         def f():\n"
                              "     3    172.0 MiB   -760.0 MiB          11       for i in range(10):\n"
                              "     4    172.0 MiB   1520.0 MiB          10           b = [0] * n\n"));
  CHECK(r.grown(4) == 1520 * mib);
  CHECK(r.diagnostics.empty());
  // tracemalloc counts from nothing.
  const MemoryListing t =
      read_listing(listing_61("     1      0.0 MiB      0.0 MiB           1   @profile\n"
                              "     2                                         def f():\n"
                              "     3     76.3 MiB     76.3 MiB           1       b = [0] * n\n"));
  CHECK(t.grown(3) == 80006349);
  CHECK(t.diagnostics.empty());
}
