// pstats dumps that the bytes choose, instead of being them: most of them get as far as the profile.

#include <span>
#include <string>

#include "fuzz/marshal_maker.hpp"
#include "fuzz/read.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  profconv::test::Random random(std::span(data, size));
  const std::string dump = profconv::fuzz::MarshalMaker(random).stats();
  return profconv::fuzz::run("pstats", reinterpret_cast<const std::uint8_t*>(dump.data()), dump.size());
}
