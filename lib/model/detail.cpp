#include <profconv/detail.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace profconv {

std::string to_string(Detail details) {
  constexpr std::pair<Detail, std::string_view> names[] = {
      {Detail::calls, "calls"}, {Detail::counts, "counts"}, {Detail::primitive, "primitive counts"},
      {Detail::lines, "lines"}, {Detail::stacks, "stacks"}, {Detail::metrics, "several metrics"}};
  std::string text;
  for (const auto& [detail, name] : names) {
    if ((details & detail) != Detail::none) (text += text.empty() ? "" : ", ") += name;
  }
  return text.empty() ? "nothing else" : text;
}

Detail details_of(const Profile& profile) {
  const auto is_recursive = [](const Counts& counts) { return counts.primitive != counts.calls; };
  const auto has_line = [](const Node& node) { return node.line != 0; };
  const auto is_counted = [](const Counts& counts) { return counts.calls != not_counted; };
  Detail details = Detail::none;
  const auto add = [&](Detail detail, bool is_there) { details = is_there ? details | detail : details; };
  add(Detail::calls, !profile.calls.empty());
  add(Detail::counts, std::ranges::any_of(profile.counts, is_counted));
  add(Detail::primitive, std::ranges::any_of(profile.counts, is_recursive));
  add(Detail::lines, !profile.lines.empty() || std::ranges::any_of(profile.nodes, has_line));
  add(Detail::stacks, !profile.samples.empty());
  add(Detail::metrics, profile.metrics.size() > 1);
  return details;
}

}  // namespace profconv
