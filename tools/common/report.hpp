#pragma once

#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace profconv::cli {

/// --report[=FILE], as often as it was given; "" is standard error.
struct ReportOptions {
  std::vector<std::string> files = {};

  bool wanted() const noexcept { return !files.empty(); }
  bool to_file() const noexcept { return wanted() && !files.back().empty(); }
};

/// Declares --report. `options` must outlive `app`.
void add_report_option(CLI::App& app, ReportOptions& options);

/// For an option that stands alone or has a value behind =: throws UsageError where the first input is not there, since
/// it may have been meant for the value. `what` says what that is.
void refuse_as_input(const std::string& option, const std::string& first_input, const std::string& what);
/// The same for --report.
void refuse_report_as_input(const ReportOptions& options, const std::vector<std::string>& inputs);

/// Throws UsageError when the report would overwrite an input or go where the output goes ("": to a file of its own),
/// IoError when it cannot be written: it is the last thing that is, and nothing should be before it fails.
void check_report(const ReportOptions& options, const std::string& output, const std::vector<std::string>& inputs);

/// What the transforms decided, for people who want to trust the result: sections of lines, in the order of the work.
class Report {
 public:
  /// A section without lines is left out.
  void add(std::string title, std::vector<std::string> lines);
  /// Prints it where the last --report says, if one was given. Throws what writing throws.
  void print(const ReportOptions& options) const;

 private:
  std::vector<std::pair<std::string, std::vector<std::string>>> sections_;
};

}  // namespace profconv::cli
