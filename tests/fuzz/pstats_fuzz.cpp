#include <cstdio>
#include <cstdlib>

#include "fuzz/read.hpp"
#include "support/plain_pstats.hpp"

// And both readers of pstats make the same of the bytes.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  profconv::ReadOptions options;
  options.want = profconv::Want::call_self;
  options.as_recorded = true;
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  if (const auto read = profconv::test::read_plainly(content, options); !read.difference.empty()) {
    std::fprintf(stderr, "the readers of pstats differ: %s\n", read.difference.c_str());
    std::abort();
  }
  return profconv::fuzz::run("pstats", data, size);
}
