#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <profconv/formats.hpp>

#include "readers/pstats_plain.hpp"
#include "support/convert.hpp"

namespace profconv::test {

/// What the two readers of pstats make of the same bytes.
struct PlainPstats {
  bool is_plain = false;
  std::string difference;  ///< Empty: the bytes are not plain, or the general reader makes the same of them.
};

inline bool same_recorded(const Profile& a, const Profile& b) {
  if (!a.recorded || !b.recorded) return a.recorded.has_value() == b.recorded.has_value();
  const auto same_key = [&](const Recorded::Key& x, const Recorded::Key& y) {
    return x.function == y.function && a.text(x.file) == b.text(y.file) && a.text(x.name) == b.text(y.name) &&
           x.line == y.line;
  };
  const auto same_entry = [](const Recorded::Entry& x, const Recorded::Entry& y) {
    return x.key == y.key && x.primitive == y.primitive && x.calls == y.calls && x.self_s == y.self_s &&
           x.total_s == y.total_s && x.first_caller == y.first_caller && x.callers == y.callers;
  };
  return std::ranges::equal(a.recorded->keys, b.recorded->keys, same_key) &&
         std::ranges::equal(a.recorded->entries, b.recorded->entries, same_entry) && a.recorded->callers.empty() &&
         b.recorded->callers.empty();
}

inline PlainPstats read_plainly(std::string_view content, const ReadOptions& options) {
  const Bytes bytes{bytes_of(content), "t.prof"};
  const std::optional<Profile> plain = read_plain_pstats(bytes, options);
  if (!plain) return {};
  PlainPstats result{true, {}};
  Diagnostics diagnostics;
  std::optional<Profile> general;
  result.difference = message_of([&] { general = read_general_pstats(bytes, options, diagnostics); });
  if (!general) return result;
  result.difference = text_of(diagnostics);
  if (result.difference.empty() && dump_of(*plain) != dump_of(*general)) result.difference = "another profile";
  if (result.difference.empty() && !same_recorded(*plain, *general)) result.difference = "other recorded numbers";
  return result;
}

}  // namespace profconv::test
