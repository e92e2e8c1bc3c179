#include "common/inputs.hpp"

#include <algorithm>
#include <utility>

#include <profconv/error.hpp>

#include "common/progress.hpp"
#include "common/source_options.hpp"

namespace profconv::cli {

void add_input_options(CLI::App& app, InputOptions& options) {
  add_source_options(app, options.sources);
  app.add_flag("!--no-recovered-calls", options.recover_calls,
               "Finds no calls between functions of which only lines were profiled.");
}

Profile read_inputs(const std::vector<std::string>& names, const ReadOptions& options, const FuseOptions& fuse_options,
                    const Messages& messages, Report& report) {
  if (std::count(names.begin(), names.end(), "-") > 1)
    throw UsageError("- is given more than once, and standard input can be read once");
  Fuser fuser;
  Progress progress(messages);
  for (std::size_t i = 0; i < names.size(); ++i) {
    progress.show("reading " + names[i] +
                  (names.size() > 1 ? ", " + std::to_string(i + 1) + " of " + std::to_string(names.size()) : ""));
    Diagnostics diagnostics;
    Input input = Input::open(names[i], options.limits);
    fuser.add(read(input, options, diagnostics));
    progress.hide();
    messages.report(diagnostics);
  }
  Diagnostics diagnostics;
  FuseReport fused;
  Profile profile = std::move(fuser).finish(fuse_options, diagnostics, &fused);
  messages.report(diagnostics);
  report.add("Fusion", to_lines(fused));
  return profile;
}

}  // namespace profconv::cli
