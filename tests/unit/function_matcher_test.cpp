// Fusion: which functions of several profilers are the same.

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "support/fused.hpp"
#include "support/temporary_folder.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

using How = FuseReport::Match;

// How the one line-profiled function was found among the call graph's.
How match_of(const std::string& calls, const std::string& lines, const SourceFiles* sources = nullptr) {
  const Fused f = fused(list(calls_of(calls), lines_of(lines)), sources);
  REQUIRE(!f.report.functions.empty());
  return f.report.functions.front().lines_matched;
}

}  // namespace

TEST_CASE("fuse: functions are the same by file, first line and the last part of the name") {
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("m", "/srv/t.py", 4)) == How::exact);
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("K.m", "/srv/t.py", 4)) == How::exact);
  CHECK(match_of(function_row("0", "<lambda>", "/srv/t.py", 4), lined_row("f.<locals>.<lambda>", "/srv/t.py", 4)) ==
        How::exact);
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("n", "/srv/t.py", 4)) == How::none);
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("m", "/opt/t.py", 4)) == How::none);
}

TEST_CASE("fuse: one path may be the end of the other when the functions agree") {
  CHECK(match_of(function_row("0", "m", "/srv/app/t.py", 4), lined_row("m", "app/t.py", 4)) == How::path_end);
  CHECK(match_of(function_row("0", "m", "t.py", 4), lined_row("m", "/srv/t.py", 4)) == How::path_end);
  CHECK(match_of(function_row("0", "m", "C:\\\\srv\\\\t.py", 4), lined_row("m", "./t.py", 4)) == How::path_end);
  CHECK(match_of(function_row("0", "m", "/srv/at.py", 4), lined_row("m", "t.py", 4)) == How::none);
}

TEST_CASE("fuse: of several files that a path may be the end of, the one whose functions agree most") {
  const std::string both = function_row("0", "m", "/srv/a/t.py", 4) + function_row("1", "m", "/srv/b/t.py", 4);
  CHECK(match_of(both, lined_row("m", "t.py", 4)) == How::none);  // nobody knows
  const Fused f =
      fused(list(calls_of(both + function_row("2", "n", "/srv/b/t.py", 8)),
                 lines_of(lined_row("m", "t.py", 4) + "function 1 \"n\" file \"t.py\" line 8 self 1 1 total 1 1\n"
                                                      "line 1 9 self - 1 total 1 -\n")));
  CHECK(f.profile.functions.size() == 3);
  CHECK(f.report.functions.front().name == "/srv/b/t.py:4(m)");
}

TEST_CASE("fuse: a file may have two names on this machine") {
  TemporaryFolder folder;
  const std::string file = folder.write("t.py", "\n\n\ndef m():\n    pass\n");
  std::filesystem::create_symlink(file, folder / "link.py");
  const SourceFiles sources;
  CHECK(match_of(function_row("0", "m", file, 4), lined_row("m", folder / "link.py", 4), &sources) ==
        How::none);  // another base name: looked up by it
  std::filesystem::create_directory_symlink(folder.path(), folder / "folder");
  CHECK(match_of(function_row("0", "m", file, 4), lined_row("m", folder / "folder/t.py", 4), &sources) ==
        How::real_path);
}

TEST_CASE("fuse: a function without a name is found by its line, one whose decorators were not counted by its name") {
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("<function at line 4>", "/srv/t.py", 4)) ==
        How::line);
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("m", "/srv/t.py", 6)) == How::name);
  CHECK(match_of(function_row("0", "m", "/srv/t.py", 4), lined_row("m", "/srv/t.py", 60)) == How::none);
}

TEST_CASE("fuse: module and name find what has no file") {
  const Fused f = fused(list(calls_of(function_row("0", "m", "/srv/shop/cart.py", 4)),
                             memory_of("function 0 \"m\" qualified \"shop.cart.m\" file \"\" line 0 self 0 4096 total "
                                       "0 4096\n")));
  REQUIRE(f.profile.functions.size() == 1);
  CHECK(f.report.functions.front().memory_matched == How::module);
  CHECK(f.profile.self.at(0, 2) == 4096);
}
