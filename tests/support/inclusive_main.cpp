// Checks the callgrind files of profiles as KCachegrind would read them (support/inclusive.hpp).
// Usage: profconv_test_inclusive FILE...; exit status 1: there are faults.

#include <cstdio>
#include <exception>
#include <string>

#include <profconv/formats.hpp>

#include "support/inclusive.hpp"

int main(int argc, char** argv) {
  using namespace profconv;
  std::size_t faults = 0;
  for (int i = 1; i < argc; ++i) {
    try {
      Diagnostics diagnostics;
      Input input = Input::open(argv[i]);
      const Profile profile = read(input, {}, diagnostics);
      for (const std::string& fault : test::callgrind_faults(profile, true)) {
        std::printf("%s: %s\n", argv[i], fault.c_str());
        ++faults;
      }
    } catch (const std::exception& error) {
      std::printf("%s: %s\n", argv[i], error.what());
      ++faults;
    }
  }
  std::printf("%d files, %zu faults\n", argc - 1, faults);
  return faults == 0 ? 0 : 1;
}
