#include "base/text_order.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <numeric>

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

// How many bytes from `depth` on the texts of a group share, in steps of eight.
std::size_t shared_bytes(std::span<const Key> group, std::span<const std::string_view> texts, std::size_t depth) {
  const std::string_view first = texts[group.front().text].substr(depth);
  std::size_t shared = first.size() / step * step;
  for (std::size_t i = 1; i < group.size() && shared != 0; ++i) {
    fetch_ahead(group, texts, i, depth);
    const std::string_view text = texts[group[i].text].substr(depth);
    std::size_t same = 0;
    while (same < shared && same + step <= text.size() && std::memcmp(&text[same], &first[same], step) == 0)
      same += step;
    shared = same;
  }
  return shared;
}

// Bits in which the bytes of a group differ.
std::uint64_t differing_bits(std::span<const Key> group) noexcept {
  std::uint64_t differing = 0;
  for (const Key& key : group) differing |= key.bytes ^ group.front().bytes;
  return differing;
}

}  // namespace

// A radix sort, a byte at a time, from the first one on, that looks at no byte which all texts of a group share: of
// eight bytes at a time it has numbers, and knows from these which byte is the first that differs. What it takes is
// linear in the length of all texts, whatever they are.
std::vector<std::uint32_t> order_of_texts(std::span<const std::string_view> texts) {
  std::vector<Key> keys(texts.size()), moved(texts.size());
  for (std::uint32_t i = 0; i < keys.size(); ++i) keys[i] = {0, i};

  // Texts in a group have `depth` bytes, the same ones. Not a recursion: a hostile text may be a million bytes long.
  struct Group {
    std::size_t begin, end, depth;
    bool has_bytes;  // its keys have those at the depth
  };
  std::vector<Group> groups;
  const auto add = [&](const Group& group) {
    if (group.end - group.begin > 1) groups.push_back(group);
  };
  add({0, keys.size(), 0, false});
  while (!groups.empty()) {
    Group group = groups.back();
    groups.pop_back();
    const std::span<Key> part = std::span(keys).subspan(group.begin, group.end - group.begin);
    if (!group.has_bytes) {
      group.depth += shared_bytes(part, texts, group.depth);
      for (std::size_t i = 0; i < part.size(); ++i) {
        fetch_ahead(part, texts, i, group.depth);
        part[i].bytes = bytes_at(texts[part[i].text], group.depth);
      }
    }

    constexpr std::size_t few = 24;
    if (part.size() <= few) {
      std::ranges::sort(part, [&](const Key& a, const Key& b) {
        if (a.bytes != b.bytes) return a.bytes < b.bytes;
        const int order = texts[a.text].substr(group.depth).compare(texts[b.text].substr(group.depth));
        return order != 0 ? order < 0 : a.text < b.text;
      });
      continue;
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
      const std::span<Key> by_byte = std::span(moved).first(part.size());
      for (const Key& key : part) by_byte[next[byte(key) - least]++] = key;
      std::ranges::copy(by_byte, part.begin());
      std::size_t begin = 0;
      for (const std::size_t end : next.first(next.size() - 1)) {  // each moved on to where the next byte's keys begin
        add({group.begin + begin, group.begin + end, group.depth, true});
        begin = end;
      }
      continue;
    }

    // Texts that end within the eight bytes come first; what sets them apart is how many zeros they end with.
    const std::size_t depth = group.depth + step;
    const auto longer =
        std::stable_partition(part.begin(), part.end(), [&](const Key& key) { return texts[key.text].size() < depth; });
    std::stable_sort(part.begin(), longer,
                     [&](const Key& a, const Key& b) { return texts[a.text].size() < texts[b.text].size(); });
    add({group.begin + static_cast<std::size_t>(longer - part.begin()), group.end, depth, false});
  }

  std::vector<std::uint32_t> order;
  order.reserve(keys.size());
  for (const Key& key : keys) order.push_back(key.text);
  return order;
}

}  // namespace profconv
