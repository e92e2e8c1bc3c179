#include "writers/text_restriction.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <profconv/error.hpp>

#include "base/visible.hpp"
#include "writers/pstats_report_text.hpp"

namespace profconv {

TextRestriction::TextRestriction(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const char* const end = digits.data() + digits.size();
  std::int64_t integer = 0;
  double real = 0;
  const auto is_whole = [end](const std::from_chars_result& result) {
    return result.ec == std::errc{} && result.ptr == end;
  };
  const bool number =
      !digits.empty() && digits.find_first_not_of("0123456789.eE+-") == std::string_view::npos;  // "nan" is a name
  if (number && is_whole(std::from_chars(digits.data(), end, integer))) {
    count_ = integer;
    printed_ = std::to_string(integer);
  } else if (number && is_whole(std::from_chars(digits.data(), end, real))) {
    if (real < 0 || real > 1) throw UsageError("the fraction " + quoted(text) + " is not between 0 and 1");
    fraction_ = real;
    append_repr(printed_, real);
  } else {
    pattern_ = Pattern::regex(text);
    append_repr(printed_, text);
  }
}

std::size_t TextRestriction::kept(std::size_t count) const noexcept {
  if (fraction_ && *fraction_ < 1)
    return std::min(count, static_cast<std::size_t>(std::floor(static_cast<double>(count) * *fraction_ + .5)));
  if (count_ && *count_ >= 0 && static_cast<std::uint64_t>(*count_) < count) return static_cast<std::size_t>(*count_);
  return count;
}

}  // namespace profconv
