#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "common/heap.hpp"
#include "support/temporary_folder.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE("heap: all inputs together decide how it is prepared") {
  constexpr std::size_t kibibyte = 1024, mebibyte = 1024 * kibibyte;
  const TemporaryFolder folder;
  const std::string tiny = folder.write("tiny", std::string(40 * kibibyte, 'x')),
                    small = folder.write("small", std::string(mebibyte, 'x')),
                    huge = folder.write("huge", std::string(5 * mebibyte, 'x'));
  CHECK(cli::heap_on_huge_pages({tiny}) == 0);
  CHECK(cli::heap_on_huge_pages({small}) == 14 * mebibyte);
  CHECK(cli::heap_on_huge_pages({huge}) == 16 * mebibyte);
  CHECK(cli::heap_on_huge_pages({tiny, tiny}) == 8 * mebibyte + 6 * 80 * kibibyte);
  CHECK(cli::heap_on_huge_pages({small, huge}) == 16 * mebibyte);
  CHECK(cli::heap_on_huge_pages({small, small, small, small, tiny}) == 16 * mebibyte);
  CHECK(cli::heap_on_huge_pages({small, "-"}) == 0);  // of unknown size
  CHECK(cli::heap_on_huge_pages({small, folder / "missing"}) == 0);
}
