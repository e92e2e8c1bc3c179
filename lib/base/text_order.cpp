#include "base/text_order.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

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

}  // namespace

std::vector<std::uint32_t> order_of_texts(std::span<const std::string_view> texts) {
  std::vector<Key> keys(texts.size());
  for (std::uint32_t i = 0; i < keys.size(); ++i) keys[i] = {0, i};

  // Texts in a group have `depth` bytes, the same ones. Not a recursion: a hostile text may be a million bytes long.
  struct Group {
    std::size_t begin, end, depth;
  };
  std::vector<Group> groups;
  if (keys.size() > 1) groups.push_back({0, keys.size(), 0});
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
    for (Key& key : part) key.bytes = bytes_at(texts[key.text], group.depth);
    const bool all_equal = std::ranges::all_of(part, [&](const Key& key) { return key.bytes == part[0].bytes; });
    if (!all_equal) {
      std::ranges::sort(
          part, [](const Key& a, const Key& b) { return a.bytes != b.bytes ? a.bytes < b.bytes : a.text < b.text; });
    }

    const std::size_t depth = group.depth + step;
    for (std::size_t begin = group.begin; begin < group.end;) {
      std::size_t end = begin + 1;
      while (end < group.end && keys[end].bytes == keys[begin].bytes) ++end;
      if (end - begin == 1) {
        begin = end;
        continue;
      }
      // Texts that end within the eight bytes come first; what sets them apart is how many zeros they end with.
      const std::span<Key> same = std::span(keys).subspan(begin, end - begin);
      const auto longer = std::stable_partition(same.begin(), same.end(),
                                                [&](const Key& key) { return texts[key.text].size() < depth; });
      std::ranges::sort(same.begin(), longer, [&](const Key& a, const Key& b) {
        const std::size_t x = texts[a.text].size(), y = texts[b.text].size();
        return x != y ? x < y : a.text < b.text;
      });
      const std::size_t rest = begin + static_cast<std::size_t>(longer - same.begin());
      if (end - rest > 1) groups.push_back({rest, end, depth});
      begin = end;
    }
  }

  std::vector<std::uint32_t> order;
  order.reserve(keys.size());
  for (const Key& key : keys) order.push_back(key.text);
  return order;
}

}  // namespace profconv
