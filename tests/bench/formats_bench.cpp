// Speed of every reader and writer of the table of formats, in bytes of the format per second, on made-up programs of
// three sizes. Formats that nothing here can make are read from their biggest sample below testdata/.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <benchmark/benchmark.h>

#include <profconv/formats.hpp>

#include "support/convert.hpp"
#include "support/marshal_writer.hpp"
#include "support/samples.hpp"

namespace {

using namespace profconv;

// A dump as cProfile writes it: 30 functions per file, 6 callers per function, every file in full each time it is
// named.
std::string make_pstats(std::size_t functions) {
  const auto key = [&](std::size_t number) {
    const std::size_t n = number % functions;
    return marshal::key("/srv/app/package" + std::to_string(n / 900) + "/module" + std::to_string(n / 30) + ".py",
                        static_cast<std::int32_t>(n % 30 * 20 + 1), "function_" + std::to_string(n));
  };
  std::string dump = marshal::code('{');
  for (std::size_t n = 0; n < functions; ++n) {
    std::string callers = marshal::code('{');
    for (std::size_t step = 1; step <= 6; ++step) {
      callers += key(n + step * step * 7) + marshal::caller(4, 4, 0.0001234, 0.0004567);
    }
    dump += key(n) + marshal::entry(24, 24, 0.0007404, 0.0027402, callers + marshal::null());
  }
  return dump + marshal::null();
}

// memory_profiler's listing of functions of 50 lines each, every one after its own heading.
std::string make_memory_profiler(std::size_t functions) {
  std::string text;
  for (std::size_t n = 0; n < functions; ++n) {
    text += "Filename: /srv/app/module" + std::to_string(n / 30) + ".py\n\n" +
            "Line #    Mem usage    Increment  Occurrences   Line Contents\n" +
            "=============================================================\n";
    const std::size_t first = n % 30 * 60 + 1;
    char line[120];
    for (std::size_t i = 0; i < 50; ++i) {
      const double usage = 38.5 + static_cast<double>(n + i) / 16, growth = static_cast<double>(i % 8) / 4;
      std::snprintf(line, sizeof line, "%6zu %10.3f MiB %10.3f MiB %11zu   %s\n", first + i, usage, growth, i * 3 + 1,
                    i == 0 ? "def function(rows):" : "    rows = [row for row in rows if row.total > 0]");
      text += line;
    }
    text += "\n\n";
  }
  return text;
}

// The biggest sample of a format; "" when there is none.
std::string biggest_sample(std::string_view format) {
  std::string biggest;
  for (const auto& path : test::samples()) {
    if (test::format_of(path) != format) continue;
    std::string content = test::content_of(path);
    if (content.size() > biggest.size()) biggest = std::move(content);
  }
  return biggest;
}

void read_bench(benchmark::State& state, std::string_view format, const std::string& bytes) {
  ReadOptions options;
  options.format = format;
  for (auto _ : state) benchmark::DoNotOptimize(test::read_text(bytes, options));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size()) * state.iterations());
}

void write_bench(benchmark::State& state, std::string_view format, const Profile& profile) {
  std::size_t size = 0;
  for (auto _ : state) size = test::written(profile, format).size();
  state.SetBytesProcessed(static_cast<std::int64_t>(size) * state.iterations());
}

void register_all(std::size_t functions) {
  const std::string pstats = make_pstats(functions);
  const Profile profile = test::read_text(pstats);
  for (const Format& format : formats()) {
    const std::string_view name = format.name;
    const auto title = [&](std::string_view verb) {
      return std::string(verb) + "/" + std::string(name) + "/" + std::to_string(functions);
    };
    if (format.write != nullptr) {
      benchmark::RegisterBenchmark(title("write").c_str(),
                                   [=](benchmark::State& state) { write_bench(state, name, profile); });
    }
    if (format.read == nullptr) continue;
    const std::string bytes = name == "pstats"            ? pstats
                              : name == "memory_profiler" ? make_memory_profiler(functions)
                              : format.write != nullptr   ? test::written(profile, name)
                                                          : std::string();
    if (bytes.empty()) continue;
    benchmark::RegisterBenchmark(title("read").c_str(),
                                 [=](benchmark::State& state) { read_bench(state, name, bytes); });
  }
}

void register_samples() {
  for (const Format& format : formats()) {
    if (format.read == nullptr || format.write != nullptr) continue;
    const std::string_view name = format.name;
    const std::string bytes = biggest_sample(name);
    if (bytes.empty()) continue;
    const std::string title = "read/" + std::string(name) + "/sample of " + std::to_string(bytes.size()) + " bytes";
    benchmark::RegisterBenchmark(title.c_str(), [=](benchmark::State& state) { read_bench(state, name, bytes); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const std::size_t functions : {100u, 3'000u, 60'000u}) register_all(functions);
  register_samples();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
