#include "base/first_touch.hpp"

#include <algorithm>

#include "base/parallel.hpp"

namespace profconv {

void touch_on_cores(void* memory, std::size_t bytes) {
  constexpr std::size_t page = 4096, stretch = std::size_t{2} << 20, few = 2 * stretch;
  if (bytes < few) return;
  auto* const begin = static_cast<volatile char*>(memory);
  run_on_parts((bytes + stretch - 1) / stretch, [&](std::size_t part) {
    const std::size_t at = part * stretch;
    for (std::size_t i = at; i < std::min(at + stretch, bytes); i += page) begin[i] = 0;
  });
}

}  // namespace profconv
