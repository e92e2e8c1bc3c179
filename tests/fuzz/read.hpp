#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <profconv/error.hpp>
#include <profconv/formats.hpp>

/// The body of every reader's fuzz target: whatever the bytes, a reader makes a profile or throws one of our errors,
/// and what it made can be written in every format.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace profconv::fuzz {

inline void read_and_write(std::string_view format, std::span<const std::uint8_t> bytes, const ReadOptions& given) {
  ReadOptions options = given;
  options.format = format;
  Diagnostics diagnostics;
  try {
    Input input = Input::view(std::as_bytes(bytes), "input", options.limits);
    const Profile profile = read(input, options, diagnostics);
    for (const Format& target : formats()) {
      if (target.write == nullptr) continue;
      std::string text;
      Output output = Output::string(text);
      write(profile, target.name, {}, output, diagnostics);
      output.finish();
    }
  } catch (const Error&) {  // anything else is a fault of ours
  }
}

/// Reads the bytes as `format`, once strictly and once with everything that options can ask of a reader.
inline int run(std::string_view format, const std::uint8_t* data, std::size_t size) {
  // Small enough that a fault shows as an error and not as a slow run.
  ReadOptions options;
  options.limits.max_size = std::uint64_t{64} << 20;
  read_and_write(format, {data, size}, options);
  options.salvage = true;
  options.as_recorded = true;
  options.time_unit_s = 1e-3;
  read_and_write(format, {data, size}, options);
  return 0;
}

}  // namespace profconv::fuzz
