#include "base/text_order.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include "base/hash.hpp"
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

// Puts keys below the pivot first and those above it last; returns where those that are equal begin and end.
std::pair<std::size_t, std::size_t> divide(std::span<Key> keys, std::uint64_t pivot) noexcept {
  std::size_t less = 0, greater = keys.size();
  for (std::size_t i = 0; i < greater;) {
    if (keys[i].bytes < pivot) {
      std::swap(keys[i++], keys[less++]);
    } else if (keys[i].bytes > pivot) {
      std::swap(keys[i], keys[--greater]);
    } else {
      ++i;
    }
  }
  return {less, greater};
}

}  // namespace

// Quicksort by eight bytes at a time: what is equal to the pivot goes on behind them, so that a common beginning is
// looked at once. The pivots are chosen by a seed that no input knows.
std::vector<std::uint32_t> order_of_texts(std::span<const std::string_view> texts) {
  std::vector<Key> keys(texts.size());
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
  std::uint64_t random = random_seed();
  while (!groups.empty()) {
    const Group group = groups.back();
    groups.pop_back();
    const std::span<Key> part = std::span(keys).subspan(group.begin, group.end - group.begin);

    constexpr std::size_t few = 8;
    if (part.size() <= few) {
      std::ranges::sort(part, [&](const Key& a, const Key& b) {
        const int order = texts[a.text].substr(group.depth).compare(texts[b.text].substr(group.depth));
        return order != 0 ? order < 0 : a.text < b.text;
      });
      continue;
    }
    if (!group.has_bytes) {
      constexpr std::size_t ahead = 8;  // what leads to the bytes, and they, are fetched meanwhile
      for (std::size_t i = 0; i < part.size(); ++i) {
        if (i + 2 * ahead < part.size()) prefetch(&texts[part[i + 2 * ahead].text]);
        if (i + ahead < part.size()) prefetch(texts[part[i + ahead].text].data() + group.depth);
        part[i].bytes = bytes_at(texts[part[i].text], group.depth);
      }
    }
    random = hash_mix(random, part.size());
    const auto [less, greater] = divide(part, part[random % part.size()].bytes);
    add({group.begin, group.begin + less, group.depth, true});
    add({group.begin + greater, group.end, group.depth, true});

    // Texts that end within the eight bytes come first; what sets them apart is how many zeros they end with.
    const std::size_t depth = group.depth + step;
    const std::span<Key> same = part.subspan(less, greater - less);
    const auto longer =
        std::partition(same.begin(), same.end(), [&](const Key& key) { return texts[key.text].size() < depth; });
    std::ranges::sort(same.begin(), longer, [&](const Key& a, const Key& b) {
      const std::size_t x = texts[a.text].size(), y = texts[b.text].size();
      return x != y ? x < y : a.text < b.text;
    });
    add({group.begin + less + static_cast<std::size_t>(longer - same.begin()), group.begin + greater, depth, false});
  }

  std::vector<std::uint32_t> order;
  order.reserve(keys.size());
  for (const Key& key : keys) order.push_back(key.text);
  return order;
}

}  // namespace profconv
