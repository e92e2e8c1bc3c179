#include "base/random_bits.hpp"

#include <optional>
#include <random>
#include <stdexcept>

namespace profconv {
namespace {

// libstdc++ first asks the processor which instructions it has, unless it is told to ask the system; and a virtual
// machine lets it wait ten microseconds for the answer, one in two hundred of a small conversion.
void open(std::optional<std::random_device>& random) {
  try {
    random.emplace("getentropy");
  } catch (const std::runtime_error&) {  // another library, or another system
    random.emplace();
  }
}

}  // namespace

std::uint64_t random_bits() {
  std::optional<std::random_device> random;
  open(random);
  return (std::uint64_t{(*random)()} << 32) | (*random)();
}

}  // namespace profconv
