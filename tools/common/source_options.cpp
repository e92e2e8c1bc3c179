#include "common/source_options.hpp"

#include "common/options.hpp"

namespace profconv::cli {

void add_source_options(CLI::App& app, SourceOptions& options) {
  takes(app.add_option("--source-dir", options.folders,
                       "Looks below DIR for source files that are not where the profile says."),
        "DIR")
      ->allow_extra_args(false);
  app.add_flag("!--no-source", options.enabled, "Opens no source file.");
}

}  // namespace profconv::cli
