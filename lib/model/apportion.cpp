#include "model/apportion.hpp"

#include <algorithm>
#include <limits>

#include "base/wide_int.hpp"

namespace profconv {

bool apportion(std::int64_t value, std::span<const std::int64_t> weights, std::span<std::int64_t> parts) noexcept {
  std::ranges::fill(parts, std::int64_t{0});
  WideInt sum = 0;
  for (const std::int64_t weight : weights) sum += std::max<std::int64_t>(weight, 0);
  if (sum == 0) return false;
  // 63 bits of value times 64 bits of weight fit; larger sums lose their lowest bits.
  unsigned shift = 0;
  while ((sum >> shift) > WideInt{std::numeric_limits<std::int64_t>::max()}) ++shift;

  const bool negative = value < 0;
  const WideInt amount = negative ? -WideInt{value} : WideInt{value};
  WideInt running = 0, shared = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    running += std::max<std::int64_t>(weights[i], 0);
    const WideInt upto = running == sum ? amount : amount * (running >> shift) / (sum >> shift);
    parts[i] = static_cast<std::int64_t>(upto - shared);
    if (negative) parts[i] = -parts[i];
    shared = upto;
  }
  return true;
}

}  // namespace profconv
