#include "writers/text_units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/visible.hpp"
#include "codecs/number_text.hpp"

namespace profconv {
namespace {

std::string fixed(double value, int decimals) {
  std::string text;
  append_fixed(text, value, decimals);
  return text;
}

struct Step {
  double size;
  const char* name;
};
constexpr std::array time_steps = {Step{1e3, " µs"}, Step{1e6, " ms"}, Step{1e9, " s"}};
constexpr std::array byte_steps = {Step{1024., " KiB"}, Step{1048576., " MiB"}, Step{1073741824., " GiB"}};

// Three digits: 1.23, 12.3, 123; more when the largest unit is too small.
std::string in_steps(std::int64_t value, const char* smallest, std::span<const Step> steps) {
  const double amount = std::fabs(static_cast<double>(value));
  if (amount < steps.front().size) return std::to_string(value) + smallest;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const double scaled = amount / steps[i].size;
    // 999.7 would be shown as 1000: that is 1.00 of the next unit.
    if (i + 1 < steps.size() && scaled >= 0.9995 * steps[i + 1].size / steps[i].size) continue;
    const int decimals = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
    return (value < 0 ? "-" : "") + fixed(scaled, decimals) + steps[i].name;
  }
  return {};
}

bool is_combining(char32_t c) {
  return (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x20d0 && c <= 0x20ff) ||
         (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xfe20 && c <= 0xfe2f) || c == 0x200b || c == 0x200c || c == 0x200d;
}

bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0x303e) || (c >= 0x3041 && c <= 0xa4cf) ||
         (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe4f) ||
         (c >= 0xff00 && c <= 0xff60) || (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1f64f) ||
         (c >= 0x1f900 && c <= 0x1f9ff) || (c >= 0x20000 && c <= 0x3fffd);
}

struct Character {
  std::size_t bytes, columns;
};

Character first_character(std::string_view text) {
  char32_t c = 0;
  const std::size_t bytes = utf8_sequence(text, c);
  if (bytes == 0) return {1, 1};
  return {bytes, is_combining(c) ? std::size_t{0} : is_wide(c) ? std::size_t{2} : std::size_t{1}};
}

}  // namespace

std::string fitting_unit(std::int64_t value, Unit unit) {
  if (value == not_measured) return "-";
  switch (unit) {
    case Unit::nanoseconds: return in_steps(value, " ns", time_steps);
    case Unit::bytes: return in_steps(value, " B", byte_steps);
    case Unit::count: break;
  }
  return std::to_string(value);
}

std::string named_amount(const Profile& profile, std::size_t metric, std::int64_t value) {
  const Metric& m = profile.metrics[metric];
  std::string text = fitting_unit(value, m.unit);
  if (m.unit != Unit::count) return text;
  text.append(" ").append(profile.text(m.name));
  if (value == 1 && text.ends_with('s')) text.pop_back();
  return text;
}

std::string percent_of(std::int64_t part, std::int64_t whole) {
  if (whole == 0 || part == not_measured) return "-";
  return fixed(100 * static_cast<double>(part) / static_cast<double>(whole), 1);
}

std::string counts_text(Counts counts) {
  if (counts.calls == not_counted) return "-";
  std::string text = std::to_string(counts.calls);
  if (counts.primitive != not_counted && counts.primitive != counts.calls)
    text += "/" + std::to_string(counts.primitive);
  return text;
}

std::size_t display_columns(std::string_view text) {
  if (is_plain_text(text)) return text.size();
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character c = first_character(text);
    columns += c.columns;
    text.remove_prefix(c.bytes);
  }
  return columns;
}

std::string_view first_columns(std::string_view text, std::size_t columns) {
  std::size_t bytes = 0, used = 0;
  while (bytes < text.size()) {
    const Character c = first_character(text.substr(bytes));
    if (used + c.columns > columns) break;
    used += c.columns;
    bytes += c.bytes;
  }
  return text.substr(0, bytes);
}

std::string_view last_columns(std::string_view text, std::size_t columns) {
  std::size_t whole = display_columns(text);
  while (whole > columns) {
    const Character c = first_character(text);
    whole -= c.columns;
    text.remove_prefix(c.bytes);
  }
  return text;
}

std::string wrapped(std::string text, std::size_t width) {
  constexpr std::size_t longest = 4000;  // bytes; nobody reads more as a paragraph
  if (text.size() > longest) return text;
  std::size_t begin = 0, blank = 0, pause = 0;
  for (std::size_t i = 0; width != 0 && i < text.size(); ++i) {
    if (text[i] == ' ' && i > 0) {
      const char before = text[i - 1];
      if (before < '0' || before > '9') blank = i;
      if (before == ',' || before == ':') pause = i;
    }
    const std::size_t end = pause > begin + width / 2 ? pause : blank;
    if (display_columns(std::string_view(text).substr(begin, i + 1 - begin)) <= width || end <= begin) continue;
    text[end] = '\n';
    begin = end + 1;
  }
  return text;
}

}  // namespace profconv
