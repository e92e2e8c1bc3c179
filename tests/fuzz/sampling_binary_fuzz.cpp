#include "fuzz/read.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return profconv::fuzz::run("sampling-binary", data, size);
}
