// Converts files to any format on standard output, with nothing in it that depends on the day or the folder: sources
// are called by their base names and have no time.
//
//     profconv_test_convert [--as-recorded] [--salvage] [--split] [--sources] [--fold-imports]
//                           [--time-unit SECONDS] [--interval NS] [--from FORMAT] [--frames pyspy|cpython|name] FORMAT
//                           FILE...
//     profconv_test_convert --detect FILE...
//
// Warnings and notes go to standard error, one a line; exit status 1: refused, with the message there.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/error.hpp>
#include <profconv/formats.hpp>
#include <profconv/transforms.hpp>

#include "support/convert.hpp"

namespace {

using namespace profconv;

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw IoError(path, "cannot open", errno);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string base_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

int run(std::vector<std::string> arguments) {
  ReadOptions options;
  WriteOptions write_options;
  bool only_detect = false, is_split = false, uses_sources = false, folds_imports = false;
  while (!arguments.empty() && arguments.front().starts_with("--")) {
    const std::string option = arguments.front();
    arguments.erase(arguments.begin());
    if (option == "--as-recorded") options.as_recorded = true;
    if (option == "--salvage") options.salvage = true;
    if (option == "--detect") only_detect = true;
    if (option == "--split") is_split = true;
    if (option == "--sources") uses_sources = true;
    if (option == "--fold-imports") folds_imports = true;
    const auto value = [&arguments] {
      const std::string text = arguments.at(0);
      arguments.erase(arguments.begin());
      return text;
    };
    if (option == "--time-unit") options.time_unit_s = std::strtod(value().c_str(), nullptr);
    if (option == "--interval") options.interval_ns = std::strtoll(value().c_str(), nullptr, 10);
    if (option == "--from") options.format = value();
    if (option == "--frames") {
      using Frames = CollapsedOptions::Frames;
      const std::string name = value();
      write_options.collapsed.frames = name == "cpython" ? Frames::cpython
                                       : name == "name"  ? Frames::name
                                                         : Frames::pyspy;
    }
  }
  if (only_detect) {
    for (const std::string& path : arguments) {
      const std::string content = content_of(path);
      Input input = Input::view(test::bytes_of(content), "no name");
      std::printf("%s %s\n", std::string(detect(input).name).c_str(), base_name(path).c_str());
    }
    return 0;
  }
  if (arguments.size() < 2) return 2;

  Diagnostics diagnostics;
  Merger merger;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    merger.add(test::read_text(content_of(arguments[i]), options, diagnostics, base_name(arguments[i])));
  }
  Profile profile = std::move(merger).finish();
  const SourceFiles sources({.enabled = uses_sources});
  if (is_split || folds_imports)
    profile = split(std::move(profile), {.sources = &sources, .estimate_importers = folds_imports}, diagnostics);
  if (folds_imports) profile = fold(std::move(profile), {.imports = true}, diagnostics);
  Output output = Output::file("-");
  write(profile, arguments[0], write_options, output, diagnostics);
  output.finish();
  std::fputs(test::text_of(diagnostics).c_str(), stderr);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
