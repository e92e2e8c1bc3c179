#include "common/report.hpp"

#include <cstdio>

#include <unistd.h>

#include <profconv/error.hpp>
#include <profconv/output.hpp>

#include "common/names.hpp"

namespace profconv::cli {

void add_report_option(CLI::App& app, ReportOptions& options) {
  app.add_flag("--report{}", options.files, "Tells what was decided and by what, on standard error or in FILE.")
      ->option_text("[=FILE]");
}

void refuse_as_input(const std::string& option, const std::string& first_input, const std::string& what) {
  if (first_input == "-" || ::access(first_input.c_str(), F_OK) == 0) return;
  throw UsageError("there is no input '" + first_input + "'", what + " stands after =: " + option + "=" + first_input);
}

void refuse_report_as_input(const ReportOptions& options, const std::vector<std::string>& inputs) {
  if (options.wanted() && !options.to_file() && !inputs.empty()) refuse_as_input("--report", inputs.front(), "a file");
}

void check_report(const ReportOptions& options, const std::string& output, const std::vector<std::string>& inputs) {
  if (!options.to_file()) return;
  const std::string& file = options.files.back();
  refuse_overwriting(file, inputs);
  if (!output.empty() && same_output(file, output))
    throw UsageError("the report " + file + " is the output " + output, "--report alone prints it on standard error");
  check_writable(file);
}

void Report::add(std::string title, std::vector<std::string> lines) {
  if (!lines.empty()) sections_.emplace_back(std::move(title), std::move(lines));
}

void Report::print(const ReportOptions& options) const {
  if (!options.wanted()) return;
  std::string text;
  for (const auto& [title, lines] : sections_) {
    if (!text.empty()) text += '\n';
    text += title + "\n";
    for (const std::string& line : lines) text += "  " + line + "\n";
  }
  if (text.empty()) text = "nothing to report\n";
  if (!options.to_file()) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    return;
  }
  Output output = Output::file(options.files.back());
  output.write(text);
  output.finish();
}

}  // namespace profconv::cli
