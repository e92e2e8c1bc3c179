#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <profconv/formats.hpp>

#include "support/convert.hpp"

namespace profconv::test {

constexpr std::int64_t mib = 1 << 20;

/// What the reader made of a listing, and what it said.
struct MemoryListing {
  Profile profile;
  std::string diagnostics;

  std::int64_t cell(const CostTable& table, std::size_t row, std::string_view metric) const {
    return table.at(row, profile.metric(metric).value());
  }
  /// Row of the line in the tables of lines.
  std::size_t line(std::uint32_t number) const {
    for (std::size_t i = 0; i < profile.lines.size(); ++i) {
      if (profile.lines[i].line == number) return i;
    }
    FAIL("no line " << number);
    return 0;
  }
  std::int64_t grown(std::uint32_t number) const { return cell(profile.line_total, line(number), "mem_grow"); }
  std::int64_t freed(std::uint32_t number) const { return cell(profile.line_total, line(number), "mem_free"); }
  std::int64_t peak(std::uint32_t number) const { return cell(profile.line_self, line(number), "mem_peak"); }
  std::int64_t hits(std::uint32_t number) const { return cell(profile.line_self, line(number), "hits"); }
  std::string name(std::size_t function) const {
    const Function& f = profile.functions[function];
    return std::string(profile.text(f.name)) + " " + std::string(profile.text(f.file)) + ":" + std::to_string(f.line);
  }
};

/// Reads a text as a report of memory_profiler.
inline MemoryListing read_listing(const std::string& text) {
  Diagnostics diagnostics;
  MemoryListing result{read_text(text, {}, diagnostics, "t.txt"), {}};
  CHECK(result.profile.text(result.profile.sources.at(0).format) == "memory_profiler");
  result.diagnostics = text_of(diagnostics);
  return result;
}

inline const std::string header_61 =
    "Line #    Mem usage    Increment  Occurrences   Line Contents\n"
    "=============================================================\n";
inline const std::string header_57 =
    "Line #    Mem usage    Increment   Line Contents\n"
    "================================================\n";

/// MiB, as the listings of two decimals would round them.
inline std::int64_t in_hundredths(std::int64_t bytes) { return (bytes * 100 + mib / 2) / mib; }

inline std::string listing_61(const std::string& rows) { return "Filename: t.py\n\n" + header_61 + rows + "\n\n"; }

}  // namespace profconv::test
