#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <profconv/transforms.hpp>

#include "support/convert.hpp"
#include "support/two_files.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

std::string pruned(const PruneOptions& options) {
  Diagnostics diagnostics;
  return functions_and_calls(prune(read_text(two_files), options, diagnostics));
}

}  // namespace

TEST_CASE("prune: what is below the threshold goes, what is on it stays") {
  CHECK(pruned({.functions_percent = 5}) == "main f g | main>f f>f f>g f>g");
  CHECK(pruned({.functions_percent = 5.1}) == "main f | main>f f>f");
  CHECK(pruned({.calls_percent = 3.1}) == "main f g len | main>f f>g f>g");  // the lines of one call together
  CHECK(pruned({.functions_percent = 100}) == "main |");
}

TEST_CASE("prune: what reports show first decides, not how often lines ran") {
  Diagnostics diagnostics;
  const Profile p = read_text(
      "profconv dump 1\nmetric hits count sum\nmetric mem_grow bytes sum\n"
      "function 0 \"big\" file \"t.py\" line 1 self 3 1000 total 3 1000\n"
      "function 1 \"loop\" file \"t.py\" line 5 self 900 2 total 900 2\n");
  CHECK(functions_and_calls(prune(Profile(p), {.functions_percent = 5}, diagnostics)) == "big |");
}

TEST_CASE("prune: says what it dropped; nothing asked is nothing done") {
  Diagnostics diagnostics;
  prune(read_text(two_files), {.functions_percent = 5.1}, diagnostics);
  CHECK(text_of(diagnostics) == "note: pruning dropped 2 of 4 functions and 3 of 5 calls\n");
  Diagnostics none;
  CHECK(dump_of(prune(read_text(two_files), {}, none)) == dump_of(read_text(two_files)));
  CHECK(none.all().empty());
}
