#pragma once

#include <string_view>

namespace profconv::test {

/// main -> f -> f, f -> g -> len: two files and a built-in, as a dump.
inline constexpr std::string_view two_files =
    "profconv dump 1\n"
    "metric time ns sum\n"
    "function 0 \"main\" file \"/s/app.py\" line 1 calls 1 primitive 1 self 100 total 1000\n"
    "function 1 \"f\" file \"/s/app.py\" line 2 calls 3 primitive 2 self 850 total 890\n"
    "function 2 \"g\" file \"/s/u.py\" line 2 calls 2 primitive 2 self 40 total 50\n"
    "function 3 \"len\" file \"~\" line 0 calls 4 primitive 4 self 10 total 10\n"
    "call 0 1 line 0 calls 2 primitive 2 self 850 total 890\n"
    "call 1 1 line 0 calls 1 primitive 0 self 20 total 30\n"
    "call 1 2 line 3 calls 1 primitive 1 self 20 total 25\n"
    "call 1 2 line 4 calls 1 primitive 1 self 20 total 25\n"
    "call 2 3 line 0 calls 4 primitive 4 self 10 total 10\n";

}  // namespace profconv::test
