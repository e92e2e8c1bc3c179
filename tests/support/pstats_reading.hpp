#pragma once

#include <string>

#include <doctest/doctest.h>
#include <profconv/formats.hpp>

#include "support/convert.hpp"
#include "support/marshal_writer.hpp"

/// What the tests of the pstats reader have in common.

namespace profconv::test::pstats {

inline const std::string header = "profconv dump 1\nmetric time ns sum\nsource \"t.prof\" format \"pstats\"\n";

/// The rows of the dump, without its first lines.
inline std::string rows(const std::string& bytes, const ReadOptions& options = {}) {
  const std::string dump = dump_of(read_text(bytes, options));
  CHECK(dump.starts_with(header));
  return dump.substr(header.size());
}

inline std::string diagnostics_of(const std::string& bytes, const ReadOptions& options = {}) {
  Diagnostics diagnostics;
  read_text(bytes, options, diagnostics);
  return text_of(diagnostics);
}

/// What is said of a dump that is refused, without the name of the file.
inline std::string refusal(const std::string& bytes, const ReadOptions& options = {}) {
  ReadOptions forced = options;
  forced.format = "pstats";
  std::string message = message_of([&] { read_text(bytes, forced); });
  return message.starts_with("t.prof: ") ? message.substr(8) : message;
}

/// Keys of two functions.
inline const std::string f = marshal::key("a.py", 1, "f"), g = marshal::key("a.py", 9, "g");

}  // namespace profconv::test::pstats
