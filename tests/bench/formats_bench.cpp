// Speed of every reader and writer of the table of formats, in bytes of the format per second, on made-up programs of
// three sizes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include <profconv/formats.hpp>

#include "support/convert.hpp"
#include "support/marshal_writer.hpp"

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
    if (name != "pstats" && format.write == nullptr) continue;  // nothing to read
    const std::string bytes = name == "pstats" ? pstats : test::written(profile, name);
    benchmark::RegisterBenchmark(title("read").c_str(),
                                 [=](benchmark::State& state) { read_bench(state, name, bytes); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const std::size_t functions : {100u, 3'000u, 60'000u}) register_all(functions);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
