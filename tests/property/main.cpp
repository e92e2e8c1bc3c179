#define DOCTEST_CONFIG_IMPLEMENT
#include <cstdio>

#include <doctest/doctest.h>

#include "support/random_profile.hpp"

int main(int argc, char** argv) {
  std::printf("seed %llu (PROFCONV_SEED=N for another one)\n", static_cast<unsigned long long>(profconv::test::seed()));
  return doctest::Context(argc, argv).run();
}
