#pragma once

#include <optional>
#include <string>
#include <vector>

/// The formats of reports, which the ending of an output's name may say.

namespace profconv::cli {

/// What prof2text --format takes: all that is written and that no other tool writes.
std::vector<std::string> report_formats();

/// The format that the ending of an output's name says, if any.
std::optional<std::string> format_of(const std::string& output);

/// Whether the ending of the output's name says a format in which no style is.
bool says_no_style(const std::string& output);

/// Throws UsageError where it does, as a style was asked for, which is text.
void refuse_format_for_style(const std::string& output, const std::string& style);

}  // namespace profconv::cli
