#pragma once

#include <cstdint>
#include <span>

namespace profconv {

/// Shares `value` out by weight, in whole units that add up to it exactly: the running sum is rounded down. Weights at
/// or below 0 count as 0; a negative value is shared like its opposite. One part per weight goes to `parts`; returns
/// false, with all parts 0, when no weight is above 0. Weights that add up to `value` are the parts. REQUIRES: as many
/// parts as weights; value != not_measured.
bool apportion(std::int64_t value, std::span<const std::int64_t> weights, std::span<std::int64_t> parts) noexcept;

/// Shares `value` out by weight, in whole units that add up to it: each part is the nearest below its share, and those
/// with the largest rest get one more, the first ones of equal rests. All parts are 0 when no weight is above 0. For
/// few units: the one call that somebody made goes to the largest weight. O(n log n). REQUIRES: as for `apportion`;
/// value >= 0.
void apportion_nearest(std::int64_t value, std::span<const std::int64_t> weights, std::span<std::int64_t> parts);

/// The same as `apportion` with no part above what stands for it in `most`: what that cuts off goes to the others by
/// their weights. Returns what nobody has room for. O(n log n). REQUIRES: value >= 0; as many bounds as weights.
std::int64_t apportion_within(std::int64_t value, std::span<const std::int64_t> weights,
                              std::span<const std::int64_t> most, std::span<std::int64_t> parts);

}  // namespace profconv
