#include "base/text_order.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <numeric>
#include <utility>

#include "base/parallel.hpp"
#include "base/prefetch.hpp"

namespace profconv {
namespace {

struct Key {
  std::uint64_t bytes;  // the eight at the depth in question, the first one on top
  std::uint32_t text;
};

constexpr std::size_t step = sizeof(std::uint64_t);

// Bytes beyond the end are zeros.
std::uint64_t bytes_at(std::string_view text, std::size_t depth) noexcept {
  std::uint64_t bytes = 0;
  if (text.size() >= depth + step) {
    std::memcpy(&bytes, text.data() + depth, step);
  } else if (text.size() > depth) {
    std::memcpy(&bytes, text.data() + depth, text.size() - depth);
  }
  if constexpr (std::endian::native == std::endian::little) bytes = __builtin_bswap64(bytes);
  return bytes;
}

// Has fetched what leads to the bytes that will be looked at soon, and them.
void fetch_ahead(std::span<const Key> group, std::span<const std::string_view> texts, std::size_t i,
                 std::size_t depth) noexcept {
  constexpr std::size_t ahead = 8;
  if (i + 2 * ahead < group.size()) prefetch(&texts[group[i + 2 * ahead].text]);
  if (i + ahead < group.size()) prefetch(texts[group[i + ahead].text].data() + depth);
}

// How many bytes from the beginning of both texts are the same, in steps of eight, `most` at most.
std::size_t same_bytes(std::string_view a, std::string_view b, std::size_t most) noexcept {
  most = std::min({most, a.size(), b.size()});
  std::size_t same = 0;
  while (same + step <= most && std::memcmp(&a[same], &b[same], step) == 0) same += step;
  return same;
}

// Gives the keys of a group the eight bytes behind those from `depth` on that all its texts share; returns where these
// are. A few texts nearly always tell how far the others are the same: then each is looked at once. Where they do not,
// a text is looked at again for eight of its bytes that are not the same after all, so that it is linear even then.
std::size_t read_behind_shared(std::span<Key> group, std::span<const std::string_view> texts, std::size_t depth) {
  constexpr std::size_t few = 16;
  const std::string_view first = texts[group.front().text].substr(depth);
  std::size_t shared = first.size() / step * step;
  for (std::size_t i = 1; i <= few && group.size() > 4 * few; ++i)
    shared = same_bytes(first, texts[group[(group.size() - 1) * i / few].text].substr(depth), shared);
  for (std::size_t i = 0; i < group.size(); ++i) {
    fetch_ahead(group, texts, i, depth);
    const std::string_view text = texts[group[i].text].substr(depth);
    const std::size_t same = same_bytes(first, text, shared);
    if (same < shared) {  // those before this one have bytes from too far behind
      shared = same;
      for (Key& key : group.first(i)) key.bytes = bytes_at(texts[key.text], depth + shared);
    }
    group[i].bytes = bytes_at(text, shared);
  }
  return depth + shared;
}

// Bits in which the bytes of a group differ.
std::uint64_t differing_bits(std::span<const Key> group) noexcept {
  std::uint64_t differing = 0;
  for (const Key& key : group) differing |= key.bytes ^ group.front().bytes;
  return differing;
}

// Texts that have `depth` bytes, the same ones; not a recursion: a hostile text may be a million bytes long.
struct Group {
  std::size_t begin, end, depth;
  bool has_bytes;  // its keys have those at the depth

  std::size_t size() const noexcept { return end - begin; }
};

/// Puts groups of keys in order, one after the other. Several may work on groups that have no key in common.
class Sorter {
 public:
  Sorter(std::span<const std::string_view> texts, std::span<Key> keys) : texts_(texts), keys_(keys) {}

  /// Puts a group in order, or divides it into some that are added to `groups`.
  void divide(Group group, std::vector<Group>& groups);

 private:
  std::span<const std::string_view> texts_;
  std::span<Key> keys_;
  std::vector<Key> moved_;
};

void Sorter::divide(Group group, std::vector<Group>& groups) {
  const auto add = [&](const Group& part) {
    if (part.size() > 1) groups.push_back(part);
  };
  const std::span<Key> part = keys_.subspan(group.begin, group.size());
  if (!group.has_bytes) group.depth = read_behind_shared(part, texts_, group.depth);

  constexpr std::size_t few = 24;
  if (part.size() <= few) {
    std::ranges::sort(part, [&](const Key& a, const Key& b) {
      if (a.bytes != b.bytes) return a.bytes < b.bytes;
      const int order = texts_[a.text].substr(group.depth).compare(texts_[b.text].substr(group.depth));
      return order != 0 ? order < 0 : a.text < b.text;
    });
    return;
  }
  if (const std::uint64_t differing = differing_bits(part); differing != 0) {
    const int shift = (63 - std::countl_zero(differing)) / 8 * 8;  // of the first byte that differs
    const auto byte = [&](const Key& key) { return static_cast<std::uint8_t>(key.bytes >> shift); };
    // Often a digit: of the 256 bytes few are looked at.
    std::size_t least = 255, most = 0;
    for (const Key& key : part) {
      least = std::min<std::size_t>(least, byte(key));
      most = std::max<std::size_t>(most, byte(key));
    }
    std::array<std::size_t, 257> places;
    const std::span<std::size_t> next = std::span(places).first(most - least + 2);
    std::ranges::fill(next, 0);
    for (const Key& key : part) ++next[byte(key) - least + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    if (moved_.size() < part.size()) moved_.resize(part.size());
    const std::span<Key> by_byte = std::span(moved_).first(part.size());
    for (const Key& key : part) by_byte[next[byte(key) - least]++] = key;
    std::ranges::copy(by_byte, part.begin());
    std::size_t begin = 0;
    for (const std::size_t end : next.first(next.size() - 1)) {  // each moved on to where the next byte's keys begin
      add({group.begin + begin, group.begin + end, group.depth, true});
      begin = end;
    }
    return;
  }

  // Texts that end within the eight bytes come first; what sets them apart is how many zeros they end with.
  const std::size_t depth = group.depth + step;
  const auto longer =
      std::stable_partition(part.begin(), part.end(), [&](const Key& key) { return texts_[key.text].size() < depth; });
  std::stable_sort(part.begin(), longer,
                   [&](const Key& a, const Key& b) { return texts_[a.text].size() < texts_[b.text].size(); });
  add({group.begin + static_cast<std::size_t>(longer - part.begin()), group.end, depth, false});
}

}  // namespace

// A radix sort, a byte at a time, from the first one on, that looks at no byte which all texts of a group share: of
// eight bytes at a time it has numbers, and knows from these which byte is the first that differs. What it takes is
// linear in the length of all texts, whatever they are.
std::vector<std::uint32_t> order_of_texts(std::span<const std::string_view> texts) {
  std::vector<Key> keys(texts.size());
  for (std::uint32_t i = 0; i < keys.size(); ++i) keys[i] = {0, i};

  // Large groups level by level, then what they were divided into; on all cores.
  constexpr std::size_t large = 4096;
  std::vector<Group> level, small;
  if (keys.size() > 1) (keys.size() >= large ? level : small).push_back({0, keys.size(), 0, false});
  while (!level.empty()) {
    std::mutex mutex;  // guards what is left
    std::vector<Group> left;
    std::atomic<std::size_t> next{0};
    run_on_cores(level.size(), [&] {
      Sorter own(texts, keys);
      std::vector<Group> parts;
      for (std::size_t i = next++; i < level.size(); i = next++) own.divide(level[i], parts);
      const std::scoped_lock lock(mutex);
      for (const Group& part : parts) (part.size() >= large ? left : small).push_back(part);
    });
    level = std::move(left);
  }
  std::atomic<std::size_t> next{0};
  run_on_cores(keys.size() < large ? 1 : small.size(), [&] {
    Sorter own(texts, keys);
    std::vector<Group> left;
    for (std::size_t i = next++; i < small.size(); i = next++) {
      left.push_back(small[i]);
      while (!left.empty()) {
        const Group group = left.back();
        left.pop_back();
        own.divide(group, left);
      }
    }
  });

  std::vector<std::uint32_t> order;
  order.reserve(keys.size());
  for (const Key& key : keys) order.push_back(key.text);
  return order;
}

}  // namespace profconv
