#pragma once

#include <string>
#include <utility>
#include <vector>

#include <profconv/fuse.hpp>

#include "support/convert.hpp"

/// What the tests of fusions share. Profiles are written as dumps: the numbers stand in the test.

namespace profconv::test {

inline Profile calls_of(const std::string& rows) { return read_text("profconv dump 1\nmetric time ns sum\n" + rows); }
inline Profile lines_of(const std::string& rows) {
  return read_text("profconv dump 1\nmetric time ns sum\nmetric hits count sum\n" + rows);
}
inline Profile memory_of(const std::string& rows) {
  return read_text("profconv dump 1\nmetric hits count sum\nmetric mem_grow bytes sum\n" + rows);
}

struct Fused {
  Profile profile;
  FuseReport report;
  std::string notes;
};

inline Fused fused(std::vector<Profile> profiles, const SourceFiles* sources = nullptr, bool recover = true) {
  Fused result;
  Diagnostics diagnostics;
  result.profile = fuse(std::move(profiles), {sources, recover}, diagnostics, &result.report);
  result.notes = text_of(diagnostics);
  return result;
}

template <class... Profiles>
std::vector<Profile> list(Profiles... profiles) {
  std::vector<Profile> all;
  (all.push_back(std::move(profiles)), ...);
  return all;
}

/// "" when the dump has this row, else the dump without its comments.
inline std::string missing(const Profile& profile, const std::string& row) {
  std::string rows;
  for (std::string rest = dump_of(profile); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string line = rest.substr(0, std::min(end, rest.find(" # ")));
    if (line == row) return {};
    rows += line + "\n";
    rest.erase(0, end + 1);
  }
  return rows;
}

inline std::string function_row(const std::string& id, const std::string& name, const std::string& file, int line,
                                const std::string& costs = "self 10 total 10") {
  return "function " + id + " \"" + name + "\" file \"" + file + "\" line " + std::to_string(line) +
         " calls 1 primitive 1 " + costs + "\n";
}
inline std::string lined_row(const std::string& name, const std::string& file, int line) {
  return "function 0 \"" + name + "\" file \"" + file + "\" line " + std::to_string(line) +
         " self 20 1 total 20 1\nline 0 " + std::to_string(line + 1) + " self - 1 total 20 -\n";
}

}  // namespace profconv::test
