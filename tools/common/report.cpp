#include "common/report.hpp"

#include <cstdio>

#include <profconv/output.hpp>

namespace profconv::cli {

void add_report_option(CLI::App& app, ReportOptions& options) {
  app.add_flag("--report{}", options.files, "Tells what was decided and by what, on standard error or in FILE.")
      ->option_text("[=FILE]");
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
  const std::string& file = options.files.back();
  if (file.empty()) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    return;
  }
  Output output = Output::file(file);
  output.write(text);
  output.finish();
}

}  // namespace profconv::cli
