#include "common/report_format.hpp"

#include <utility>

#include <profconv/error.hpp>
#include <profconv/formats.hpp>

#include "common/names.hpp"

namespace profconv::cli {

std::vector<std::string> report_formats() {
  std::vector<std::string> names;
  for (const Format& format : formats()) {
    const bool is_elsewhere = format.options == Format::Options::callgrind || format.options == Format::Options::dot;
    if (format.write != nullptr && !is_elsewhere) names.emplace_back(format.name);
  }
  return names;
}

std::optional<std::string> format_of(const std::string& output) {
  const std::string ending = ending_of(output);
  for (std::string& format : report_formats()) {
    if (has_ending(format_named(format), ending)) return std::move(format);
  }
  return std::nullopt;
}

bool says_no_style(const std::string& output) { return format_of(output).value_or("text") != "text"; }

void refuse_format_for_style(const std::string& output, const std::string& style) {
  if (!says_no_style(output)) return;
  throw UsageError("the output " + output + " says a format, and --style " + style + " prints text",
                   "-o NAME.txt takes it");
}

}  // namespace profconv::cli
