#include "model/apportion.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <vector>

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

void apportion_nearest(std::int64_t value, std::span<const std::int64_t> weights, std::span<std::int64_t> parts) {
  std::ranges::fill(parts, std::int64_t{0});
  WideInt sum = 0;
  for (const std::int64_t weight : weights) sum += std::max<std::int64_t>(weight, 0);
  if (sum == 0) return;
  struct Rest {
    WideInt rest;
    std::size_t i;
  };
  std::vector<Rest> rests;
  std::int64_t left = value;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    const WideInt product = WideInt{weights[i]} * value;
    parts[i] = static_cast<std::int64_t>(product / sum);
    left -= parts[i];
    if (product % sum != 0) rests.push_back({product % sum, i});
  }
  std::ranges::stable_sort(rests, std::ranges::greater{}, &Rest::rest);
  for (std::size_t k = 0; left > 0 && k < rests.size(); ++k, --left) ++parts[rests[k].i];
}

std::int64_t apportion_within(std::int64_t value, std::span<const std::int64_t> weights,
                              std::span<const std::int64_t> most, std::span<std::int64_t> parts) {
  std::ranges::fill(parts, std::int64_t{0});
  struct Share {
    std::size_t i;
    WideInt weight, most;
  };
  std::vector<Share> shares;
  WideInt sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    shares.push_back({i, weights[i], std::max<std::int64_t>(most[i], 0)});
    sum += weights[i];
  }
  // Those with the least room for their weight first: each one that is filled leaves more for the others' weights, so
  // the first one that is not ends the search. Products of two numbers of 63 bits fit.
  std::ranges::stable_sort(shares,
                           [](const Share& a, const Share& b) { return a.most * b.weight < b.most * a.weight; });
  unsigned shift = 0;
  while ((sum >> shift) > WideInt{std::numeric_limits<std::int64_t>::max()}) ++shift;
  std::int64_t left = value;
  auto share = shares.begin();
  for (; share != shares.end() && share->most * (sum >> shift) < left * (share->weight >> shift); ++share) {
    parts[share->i] = static_cast<std::int64_t>(share->most);
    left -= parts[share->i];
    sum -= share->weight;
  }
  std::vector<std::int64_t> others(weights.begin(), weights.end()), rest(weights.size());
  for (auto filled = shares.begin(); filled != share; ++filled) others[filled->i] = 0;
  if (!apportion(left, others, rest)) return left;
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] += rest[i];
  return 0;
}

}  // namespace profconv
