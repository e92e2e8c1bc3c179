#include "common/inputs.hpp"

#include <algorithm>
#include <utility>

#include <profconv/error.hpp>
#include <profconv/transforms.hpp>

namespace profconv::cli {

Profile read_inputs(const std::vector<std::string>& names, const ReadOptions& options, const Messages& messages) {
  if (std::count(names.begin(), names.end(), "-") > 1)
    throw UsageError("- is given more than once, and standard input can be read once");
  Merger merger;
  for (const std::string& name : names) {
    Diagnostics diagnostics;
    Input input = Input::open(name, options.limits);
    merger.add(read(input, options, diagnostics));
    messages.report(diagnostics);
  }
  return std::move(merger).finish();
}

}  // namespace profconv::cli
