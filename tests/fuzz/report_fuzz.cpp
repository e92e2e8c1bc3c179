// The reports that repeat what another tool prints: whatever the bytes are read as, a report of the numbers as they
// stood is printed or one of our errors thrown. The sum of all bytes chooses options.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string>

#include <profconv/error.hpp>
#include <profconv/formats.hpp>
#include <profconv/line_profiler_report.hpp>
#include <profconv/memory_profiler_report.hpp>
#include <profconv/pstats_report.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace profconv;

void print(const std::function<void(Output&)>& report) {
  std::string text;
  Output output = Output::string(text);
  try {
    report(output);
    output.finish();
  } catch (const Error&) {  // anything else is a fault of ours
  }
}

void print_reports(std::span<const Profile> profiles, unsigned choice) {
  const auto chosen = [choice](unsigned bit) { return (choice >> bit & 1) != 0; };
  const bool visible = chosen(0);
  print([&](Output& output) {
    PstatsReportOptions options;
    options.visible = visible;
    options.strip_dirs = chosen(1);
    options.reverse = chosen(2);
    if (chosen(3)) options.sort_keys = {"cumulative", "name"};
    using Part = PstatsReportOptions::Part;
    options.sections = {{Part::stats, {"0.5"}}, {Part::callers, {}}, {Part::callees, {"20"}}};
    write_pstats_report(profiles, options, output);
  });
  print([&](Output& output) {
    const LineProfilerReportOptions options{.output_unit_s = chosen(1) ? 1e-9 : 1e-6,
                                            .skip_zero = chosen(2),
                                            .sort = chosen(3),
                                            .summarize = chosen(4),
                                            .visible = visible};
    const SourceFiles none(SourceOptions{.enabled = false});
    write_line_profiler_report(profiles, options, none, output);
  });
  print([&](Output& output) { write_memory_profiler_report(profiles, visible, output); });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  const unsigned choice = std::accumulate(bytes.begin(), bytes.end(), 0U);
  ReadOptions options;
  options.limits.max_size = std::uint64_t{64} << 20;
  options.as_recorded = true;
  try {
    Input input = Input::view(std::as_bytes(bytes), "input", options.limits);
    Diagnostics diagnostics;
    const Profile profile = read(input, options, diagnostics);
    const Profile both[] = {profile, profile};
    print_reports(std::span(both).first(1), choice);
    print_reports(both, choice);  // added up
  } catch (const Error&) {
  }
  return 0;
}
